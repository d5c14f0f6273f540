# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which columns each file has and by which names customers call them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_MARKS = re.compile(r"\[(required|optional)\]|\((required|optional|mb|mib)\)", re.IGNORECASE)
_NOISE = re.compile(r"[\W_]+")
# German customers write either.
_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


@dataclass(frozen=True)
class FileKind:
    """One of the customer's files.

    :param columns: canonical name to what it is called in the field, in normal form (see ``normalise``).
    :param required: groups of columns; a header has at least one of each group.
    """

    name: str
    columns: Mapping[str, tuple[str, ...]]
    required: tuple[tuple[str, ...], ...]

    def canonical(self, header: str) -> str:
        """The canonical name of a header cell, or an empty string."""
        wanted = normalise(header)
        return next((name for name, names in self.columns.items() if wanted in names), "")


@dataclass(frozen=True)
class Header:
    """What the cells of a header line mean; ``names`` holds an empty string for each column that is ignored.

    ``known``: cell and canonical name of each column that is not ignored.
    """

    names: tuple[str, ...]
    missing: tuple[str, ...]
    doubled: tuple[str, ...]
    known: tuple[tuple[str, str], ...] = ()

    @property
    def renamed(self) -> list[tuple[str, str]]:
        """Those of ``known`` that the line calls by another name than ours."""
        return [(cell, name) for cell, name in self.known if normalise(cell) != normalise(name)]

    @property
    def recognised(self) -> int:
        return sum(map(bool, self.names))

    def called(self, name: str) -> list[str]:
        """What the line calls a column, as it is written there."""
        return [cell for cell, meant in self.known if meant == name]


def normalise(header: str) -> str:
    """Header names are compared without case, spaces, underscores, hyphens and marks such as [Required]; ä is ae."""
    composed = unicodedata.normalize("NFKC", header)
    return _NOISE.sub("", _MARKS.sub("", composed)).casefold().translate(_UMLAUTS)


def match_header(kind: FileKind, cells: Sequence[str]) -> Header:
    """Hold a line against the columns of a file. A line with an address in it is data and matches nothing."""
    if any("@" in cell for cell in cells):
        return Header(("",) * len(cells), (), ())
    names = tuple(kind.canonical(cell) for cell in cells)
    missing = tuple(" or ".join(group) for group in kind.required if not set(group) & set(names))
    doubled = tuple(name for name in kind.columns if names.count(name) > 1)
    known = tuple((cell.strip(), name) for cell, name in zip(cells, names, strict=True) if name)
    return Header(names, missing, doubled, known)


def _names(words: str) -> tuple[str, ...]:
    """What a column is called in the field, in English and then in German, in normal form."""
    return tuple(words.split())


MAILBOXES = FileKind(
    "mailboxes.csv",
    {
        "email": _names(
            "email emailaddress emailaccount sourceemail sourceemailaddress sourceaddress oldemail oldemailaddress "
            "currentemail address mail mailaddress mailbox emailadresse mailadresse emailkonto postfach quellemail "
            "quelladresse quellpostfach alteemail alteemailadresse alteadresse bisherigeemailadresse"
        ),
        "password": _names(
            "password sourcepassword pass1 password1 pass passwd imappassword emailpassword mailpassword "
            "mailboxpassword apppassword currentpassword oldpassword temporarypassword passwort kennwort "
            "emailpasswort mailpasswort postfachpasswort imappasswort apppasswort anwendungspasswort quellpasswort "
            "altespasswort bisherigespasswort temporaerespasswort emailkennwort postfachkennwort"
        ),
        "imap_server": _names(
            "imapserver server host1 host hostname imaphost imaphostname imapserveraddress remotehostname "
            "sourceserver sourcehost mailserver incomingserver incomingmailserver servername serveradresse "
            "posteingangsserver eingangsserver imapposteingangsserver quellserver"
        ),
        "username": _names(
            "username sourceusername user1 user userid login loginname imapusername imapuser imaplogin benutzername "
            "benutzer benutzerkennung anmeldename imapbenutzername imapbenutzer nutzername"
        ),
        "port": _names("port imapport port1 sourceport serverport"),
        "encryption": _names(
            "encryption security connectionsecurity sslmode imapencryption verschluesselung verbindungssicherheit "
            "sicherheit"
        ),
        "auth": _names(
            "auth authentication authenticationmethod authmech1 authmethod authentifizierung authentifizierungsmethode"
        ),
        "destination_email": _names(
            "destinationemail destinationemailaddress destinationaddress destinationmailbox destination targetemail "
            "targetaddress newemail newemailaddress newaddress user2 zielemail zielemailadresse zieladresse "
            "zielpostfach ziel neueemail neueemailadresse neueadresse"
        ),
        "authorization_id": _names("authorizationid authzid"),
        "domain": _names("domain"),
    },
    (("email", "username", "destination_email"), ("password",)),
)

USERS = FileKind(
    "users.csv",
    {
        "email": _names(
            "email emailaddress mail mailaddress mailbox address username user emailadresse mailadresse postfach "
            "benutzername benutzer"
        ),
        "password": _names(
            "password pass passwd newpassword initialpassword temporarypassword passwort kennwort neuespasswort "
            "neueskennwort initialpasswort startpasswort temporaerespasswort"
        ),
        "first_name": _names("firstname givenname forename vorname rufname"),
        "last_name": _names("lastname surname familyname nachname familienname zuname"),
        "quota_mb": _names(
            "quotamb quota mailboxquota quotainmb mailboxsize kontingent kontingentmb speicherplatz speicherplatzmb "
            "postfachgroesse postfachgroessemb speicherkontingent"
        ),
        "full_name": _names("fullname name displayname anzeigename vollstaendigername vorundnachname"),
        "domain": _names("domain"),
    },
    (("email",), ("password",)),
)

ALIASES = FileKind(
    "aliases.csv",
    {
        "alias": _names(
            "alias source address aliasaddress aliasemail aliasemailaddress aliasadresse aliasemailadresse "
            "zweitadresse zusatzadresse quelle quelladresse"
        ),
        "mailbox": _names(
            "mailbox target goto destination email emailaddress targetaddress destinationaddress targetmailbox "
            "postfach ziel zieladresse zielpostfach emailadresse hauptadresse"
        ),
    },
    (("alias",), ("mailbox",)),
)

FORWARDS = FileKind(
    "forwards.csv",
    {
        "email": _names(
            "email source emailaddress address mailbox sourceaddress emailadresse mailadresse postfach quelle "
            "quelladresse"
        ),
        "forward_to": _names(
            "forwardto target forward forwardsto forwarding goto destination forwardingaddress forwardaddress "
            "targetaddress destinationaddress weiterleitung weiterleitungan weiterleitenan weiterleitungnach "
            "weiterleitungsadresse weiterleitungsziel ziel zieladresse"
        ),
        "keep_copy": _names(
            "keepcopy keepacopy keep copy keeplocalcopy kopie kopiebehalten kopieimpostfach kopieimpostfachbehalten "
            "lokalekopie"
        ),
    },
    (("email",), ("forward_to",)),
)

LISTS = FileKind(
    "lists.csv",
    {
        "list": _names(
            "list group listaddress listemail groupemail groupaddress distributionlist mailinglist liste "
            "listenadresse verteiler verteilerliste verteileradresse mailingliste gruppe gruppenadresse"
        ),
        "member": _names(
            "member members account email emailaddress memberemail memberaddress subscriber mitglied mitglieder "
            "mitgliedsadresse teilnehmer emailadresse"
        ),
    },
    (("list",), ("member",)),
)

KINDS = (MAILBOXES, USERS, ALIASES, FORWARDS, LISTS)
