# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real Cyrus for the tests: a message store of its own, nearly every extension, and strict about what it takes."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from tests.support import fill, oracle
from tests.support.dovecot import PASSWORD
from tests.support.dovecot_config import SPECIAL_FOLDERS
from tests.support.mail_maker import MailboxSpec
from tests.support.oracle import OracleMailbox
from tests.support.plain_imap import PlainImap
from tests.support.rooted_server import RootedServer

FOLDERS = ("db", "log", "msg", "proc", "quota", "socket", "sync", "user")
ADMIN = "admin"


@dataclass(frozen=True)
class CyrusShape:
    """How one Cyrus is set up; the defaults are Debian's but for the separator, for addresses hold dots.

    With ``alt_namespace`` folders stand beside INBOX, else below it. ``special_folders`` (name, special use) are made
    with a new mailbox. ``quota`` is that of a new mailbox in kB, 0 means none. ``suppressed`` capabilities are hidden
    and refused. ``extra`` are lines for imapd.conf.
    """

    separator: str = "/"
    alt_namespace: bool = False
    special_folders: tuple[tuple[str, str], ...] = ()
    quota: int = 0
    suppressed: tuple[str, ...] = ()
    extra: str = ""

    @property
    def prefix(self) -> str:
        """What stands before every folder but INBOX."""
        return "" if self.alt_namespace else f"INBOX{self.separator}"


WITH_SPECIAL_FOLDERS = CyrusShape(special_folders=SPECIAL_FOLDERS)


class CyrusServer(RootedServer):
    """One Cyrus instance; a mailbox is made when it is first logged in to.

    ``admin`` logs in for anybody by SASL PLAIN with an authorization id, with the same password as all.
    """

    name = "cyrus"

    def __init__(self, shape: CyrusShape | None = None, parent: Path | None = None) -> None:
        super().__init__(parent)
        self.shape = shape or CyrusShape()

    def _prepare(self) -> None:
        place = self.place
        place.write("etc/imapd.conf", _settings(self.shape))
        place.write("etc/cyrus.conf", _services(place.imap_port))
        # Calendars don't matter here, but without any time zone Cyrus does not start.
        place.write("usr/share/zoneinfo/zone.tab", "??\t+0000+00000\tUTC\n")
        for folder in (*(f"var/config/{name}" for name in FOLDERS), "var/mail", "run/proc", "run/lock"):
            place.make_folder(folder)
        self._take_log()
        self._answer_logins("run/mux", _admit)

    def _command(self) -> str:
        return "exec chroot . /usr/lib/cyrus/bin/master -C /etc/imapd.conf -M /etc/cyrus.conf -D"

    def folder(self, mailbox_id: str) -> Path:
        """The folder on disk of an IMAP folder, by its MAILBOXID (RFC 8474)."""
        return self.place.folder.joinpath("var/mail/uuid", mailbox_id[0], mailbox_id[1], mailbox_id)


def _settings(shape: CyrusShape) -> str:
    special = "".join(f"xlist-{use[1:].lower()}: {name}\n" for name, use in shape.special_folders)
    if special:
        names = "|".join(name for name, _use in shape.special_folders)
        special += f"autocreate_inbox_folders: {names}\nautocreate_subscribe_folders: {names}\n"
    if shape.suppressed:
        special += f"suppress_capabilities: {' '.join(shape.suppressed)}\n"
    return f"""configdirectory: /var/config
defaultpartition: default
partition-default: /var/mail
proc_path: /run/proc
mboxname_lockpath: /run/lock
idlesocket: /run/idle
lmtpsocket: /run/lmtp
notifysocket: /run/notify
cyrus_user: mail
servername: localhost
virtdomains: userid
defaultdomain: localhost
admins: {ADMIN}
proxyservers: {ADMIN}
allowplaintext: yes
failedloginpause: 0
sasl_pwcheck_method: saslauthd
sasl_saslauthd_path: /run/mux
sasl_mech_list: PLAIN
altnamespace: {_yes(shape.alt_namespace)}
unixhierarchysep: {_yes(shape.separator == "/")}
autocreate_quota: {shape.quota}
{special}{shape.extra}
"""


def _yes(value: object) -> str:
    return "yes" if value else "no"


def _services(port: int) -> str:
    return f"""START {{
  recover cmd="ctl_cyrusdb -r"
}}
SERVICES {{
  imap cmd="imapd" listen="127.0.0.1:{port}" prefork=0 maxchild=200
}}
EVENTS {{
}}
"""


def _admit(request: bytes) -> bytes:
    """The saslauthd protocol: user, password, service and realm, each after its length in two bytes."""
    fields, at = [], 0
    while len(fields) < 4:
        size = int.from_bytes(request[at:at + 2], "big")
        if len(request) < at + 2 + size:
            return b""
        fields.append(request[at + 2:at + 2 + size])
        at += 2 + size
    said = b"OK" if fields[1].decode() == PASSWORD else b"NO"
    return len(said).to_bytes(2, "big") + said


@fill.fill_mailbox.register
def fill_by_imap(server: CyrusServer, user: str, spec: MailboxSpec) -> None:
    """Write the mailbox by APPEND; existing folders are added to."""
    shape = server.shape
    fill.fill_by_append(server.endpoint(user), spec, separator=shape.separator, prefix=shape.prefix)


@oracle.read_mailbox.register
def read_spool(server: CyrusServer, user: str) -> OracleMailbox:
    """Bytes from the spool, flags and dates by a bare IMAP client."""
    with PlainImap(server.endpoint(user)) as client:
        def stored(name: str) -> Mapping[int, bytes]:
            mailbox_id = oracle.status(client, name, "MAILBOXID").rpartition("(")[2].strip(")")
            files = server.folder(mailbox_id).glob("[0-9]*.")
            return {int(file.name[:-1]): file.read_bytes() for file in files}

        return oracle.read_stored(server.endpoint(user), stored)


@oracle.snapshot.register
def snapshot(server: CyrusServer, user: str) -> str:
    """A digest of everything, with the sequence number that counts every change of a folder."""
    return oracle.snapshot_by_imap(server.endpoint(user), oracle.read_mailbox(server, user), "HIGHESTMODSEQ")
