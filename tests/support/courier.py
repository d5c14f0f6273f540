# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A real Courier for the tests: Maildir++, ``INBOX.`` before every name, keywords, UIDPLUS, and little else."""

from __future__ import annotations

import os
import re
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.support import fill, oracle
from tests.support.dovecot import PASSWORD
from tests.support.dovecot_config import MAIL_UID
from tests.support.fill import MAILDIR_FLAGS, folder_name
from tests.support.mail_maker import MailboxSpec, MessageSpec
from tests.support.oracle import OracleMailbox, canonical
from tests.support.rooted_server import RootedServer

CAPABILITIES = "IMAP4rev1 UIDPLUS CHILDREN NAMESPACE THREAD=ORDEREDSUBJECT THREAD=REFERENCES SORT QUOTA IDLE"
UIDDB, KEYWORDS, SUBSCRIPTIONS = "courierimapuiddb", "courierimapkeywords", "courierimapsubscribed"
UID_VALIDITY = 795_000_000


@dataclass(frozen=True)
class CourierShape:
    """How one Courier is set up; the defaults are Debian's.

    ``connections`` are those from one address. ``quota`` is in Courier's words (``1000000S,100C``); empty means none.
    """

    connections: int = 100
    quota: str = ""
    separator: str = "."
    prefix: str = "INBOX."


class CourierServer(RootedServer):
    """One Courier instance; a mailbox is made when it is first filled or logged in to."""

    name = "courier"

    def __init__(self, shape: CourierShape | None = None, parent: Path | None = None) -> None:
        super().__init__(parent)
        self.shape = shape or CourierShape()

    def _prepare(self) -> None:
        self._answer_logins("run/courier/authdaemon/socket", self._admit)

    def _command(self) -> str:
        """The notifier comes first, for Courier up to 5.0 waits for its locks with it; it knows its own by a name."""
        name = uuid.uuid4().hex
        settings = {"GAM_CLIENT_ID": name, "IMAP_CAPABILITY": f"'{CAPABILITIES}'", "IMAP_KEYWORDS": "1",
                    "IMAP_USELOCKS": "1", "IMAP_ACL": "1", "IMAP_TRASHFOLDERNAME": "Trash", "MAILDIRPATH": "Maildir"}
        words = " ".join(f"{key}={value}" for key, value in settings.items())
        options = f"-maxprocs=1000 -maxperip={self.shape.connections} -nodnslookup -noidentlookup"
        notifier = "usr/libexec/gam_server"
        return (f"test ! -e {notifier} || chroot --userspec={MAIL_UID}:{MAIL_UID} . /{notifier} --notimeout {name} & "
                f"{words} exec chroot . /usr/sbin/couriertcpd -address=127.0.0.1 {options} {self.place.imap_port} "
                "/usr/lib/courier/courier/imaplogin /usr/bin/imapd Maildir")

    def _admit(self, request: bytes) -> bytes:
        """Courier's authdaemon protocol: service, kind, user and password, a line each, after AUTH and their length."""
        asked = re.search(rb"^AUTH (\d+)\n", request, re.MULTILINE)
        if asked is None or len(request) < asked.end() + int(asked[1]):
            return b""
        _service, _kind, user, password, *_rest = request[asked.end():].decode().split("\n")
        if password != PASSWORD or "/" in user:
            return b"FAIL\n"
        self.maildir(user)
        home = f"/mail/{user}"
        return f"UID={MAIL_UID}\nGID={MAIL_UID}\nADDRESS={user}\nHOME={home}\nMAILDIR={home}/Maildir\n.\n".encode()

    def maildir(self, user: str) -> Path:
        """The folder on disk that is the user's INBOX."""
        for name in ("cur", "new", "tmp"):
            self.place.make_folder(f"mail/{user}/Maildir/{name}")
        maildir = self.place.folder / "mail" / user / "Maildir"
        sizes = maildir / "maildirsize"
        if self.shape.quota and not sizes.exists():
            sizes.write_text(f"{self.shape.quota}\n")
            os.chown(sizes, MAIL_UID, MAIL_UID)
        return maildir

    def folder(self, user: str, name: str) -> Path:
        """The folder on disk of an IMAP folder by its full decoded name."""
        return self.maildir(user) / name.removeprefix("INBOX")


@fill.fill_mailbox.register
def fill_maildir(server: CourierServer, user: str, spec: MailboxSpec) -> None:
    """Write the mailbox as files with LF line ends. UIDs count from 1; its folders must be empty before."""
    inbox = server.maildir(user)
    named = {folder_name(each.path, server.shape): each for each in spec.folders}
    for number, (name, each) in enumerate(named.items()):
        folder = server.folder(user, name)
        for part in ("cur", "new", "tmp", KEYWORDS):
            (folder / part).mkdir(parents=True, exist_ok=True)
        if folder != inbox:
            (folder / "maildirfolder").touch()
        _write_messages(folder, UID_VALIDITY + number, each.messages)
    subscribed = "".join(f"{name}\n" for name, each in named.items() if each.subscribed)
    (inbox / SUBSCRIPTIONS).write_text(subscribed)
    for path in (inbox, *inbox.rglob("*")):
        os.chown(path, MAIL_UID, MAIL_UID)


def _write_messages(folder: Path, uid_validity: int, messages: Sequence[MessageSpec]) -> None:
    if (folder / UIDDB).exists():
        raise ValueError(f"{folder} was filled before; fill only empty folders")
    names = [_write_message(folder / "cur", number, message) for number, message in enumerate(messages, 1)]
    rows = [f"1 {uid_validity} {len(names) + 1}", *(f"{number} {name}" for number, name in enumerate(names, 1))]
    (folder / UIDDB).write_text("".join(row + "\n" for row in rows))
    words = [sorted(message.flags - MAILDIR_FLAGS.keys()) for message in messages]
    known = sorted({word for each in words for word in each})
    rows = [f"{name}:{' '.join(str(known.index(word)) for word in each)}"
            for name, each in zip(names, words, strict=True) if each]
    if rows:
        (folder / KEYWORDS / ":list").write_text("".join(row + "\n" for row in [*known, "", *rows]))


def _write_message(folder: Path, number: int, message: MessageSpec) -> str:
    """One file; returns its name without flags."""
    content = canonical(message.content()).replace(b"\r\n", b"\n")
    received = int(message.received.timestamp())
    name = f"{received}.M{number}P1.maker,S={len(content)}"
    letters = "".join(sorted(MAILDIR_FLAGS[flag] for flag in message.flags if flag in MAILDIR_FLAGS))
    path = folder / f"{name}:2,{letters}"
    path.write_bytes(content)
    os.utime(path, (received, received))
    return name


@oracle.read_mailbox.register
def read_files(server: CourierServer, user: str) -> OracleMailbox:
    """Bytes from the files, flags and dates by a bare IMAP client."""
    def stored(name: str) -> Mapping[int, bytes]:
        folder = server.folder(user, name)
        files = {path.name.partition(":")[0]: path for part in ("cur", "new") for path in (folder / part).iterdir()}
        rows = (row.split(" ", 1) for row in (folder / UIDDB).read_text().splitlines()[1:])
        return {int(uid): files[file].read_bytes() for uid, file in rows if file in files}

    return oracle.read_stored(server.endpoint(user), stored)


@oracle.snapshot.register
def snapshot(server: CourierServer, user: str) -> str:
    """A digest of everything, with the names of all message files: those that no client has seen lie in ``new``."""
    mailbox = oracle.read_mailbox(server, user)
    files = sorted(str(path) for name in mailbox for path in server.folder(user, name).glob("[cn][ue][rw]/*"))
    return oracle.snapshot_by_imap(server.endpoint(user), mailbox) + oracle.digest("\n".join(files).encode())
