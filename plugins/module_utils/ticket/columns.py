# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which columns each file has and by which names customers call them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

_MARKS = re.compile(r"\[(required|optional)\]|\((required|optional|mb|mib)\)", re.IGNORECASE)
_NOISE = re.compile(r"[\W_]+")


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
    """What the cells of a header line mean; ``names`` holds an empty string for each column that is ignored."""

    names: tuple[str, ...]
    missing: tuple[str, ...]
    doubled: tuple[str, ...]

    @property
    def recognised(self) -> int:
        return sum(map(bool, self.names))


def normalise(header: str) -> str:
    """Header names are compared without case, spaces, underscores, hyphens and marks such as [Required]."""
    return _NOISE.sub("", _MARKS.sub("", header)).casefold()


def match_header(kind: FileKind, cells: Sequence[str]) -> Header:
    """Hold a line against the columns of a file. A line with an address in it is data and matches nothing."""
    if any("@" in cell for cell in cells):
        return Header(("",) * len(cells), (), ())
    names = tuple(kind.canonical(cell) for cell in cells)
    missing = tuple(" or ".join(group) for group in kind.required if not set(group) & set(names))
    doubled = tuple(name for name in kind.columns if names.count(name) > 1)
    return Header(names, missing, doubled)


MAILBOXES = FileKind(
    "mailboxes.csv",
    {
        "email": ("email", "emailaddress", "sourceemail", "sourceemailaddress", "sourceaddress", "address", "mailbox"),
        "password": ("password", "sourcepassword", "pass1", "password1", "pass", "passwd", "imappassword"),
        "imap_server": (
            "imapserver",
            "server",
            "host1",
            "host",
            "hostname",
            "imaphost",
            "remotehostname",
            "sourceserver",
            "sourcehost",
            "incomingserver",
            "incomingmailserver",
        ),
        "username": ("username", "sourceusername", "user1", "user", "login", "loginname", "imapusername"),
        "port": ("port", "imapport", "port1", "sourceport"),
        "encryption": ("encryption", "security", "sslmode", "imapencryption"),
        "auth": ("auth", "authentication", "authmech1", "authmethod"),
        "destination_email": (
            "destinationemail",
            "destinationemailaddress",
            "destinationaddress",
            "destination",
            "targetemail",
            "newemail",
            "user2",
        ),
        "authorization_id": ("authorizationid", "authzid"),
        "domain": ("domain",),
    },
    (("email", "username", "destination_email"), ("password",)),
)

USERS = FileKind(
    "users.csv",
    {
        "email": ("email", "emailaddress", "mailbox", "address", "username", "user"),
        "password": ("password", "pass", "passwd"),
        "first_name": ("firstname", "givenname", "forename"),
        "last_name": ("lastname", "surname", "familyname"),
        "quota_mb": ("quotamb", "quota", "mailboxquota", "quotainmb"),
        "full_name": ("fullname", "name", "displayname"),
        "domain": ("domain",),
    },
    (("email",), ("password",)),
)

ALIASES = FileKind(
    "aliases.csv",
    {
        "alias": ("alias", "source", "address", "aliasaddress", "aliasemail"),
        "mailbox": ("mailbox", "target", "goto", "destination", "email", "emailaddress"),
    },
    (("alias",), ("mailbox",)),
)

FORWARDS = FileKind(
    "forwards.csv",
    {
        "email": ("email", "source", "emailaddress", "address", "mailbox"),
        "forward_to": ("forwardto", "target", "forward", "goto", "destination", "forwardingaddress"),
        "keep_copy": ("keepcopy", "keepacopy", "keep", "copy"),
    },
    (("email",), ("forward_to",)),
)

LISTS = FileKind(
    "lists.csv",
    {
        "list": ("list", "group", "listaddress", "listemail", "groupemail", "distributionlist"),
        "member": ("member", "account", "email", "emailaddress", "memberemail", "memberaddress"),
    },
    (("list",), ("member",)),
)

KINDS = (MAILBOXES, USERS, ALIASES, FORWARDS, LISTS)
