# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Our mail platform and an old provider for the tests: real Postfix, our Dovecot, any of the databases."""

from __future__ import annotations

import contextlib
import email
import email.policy
import os
import shutil
import signal
import smtplib
import subprocess
import tempfile
from email.message import EmailMessage
from pathlib import Path

from ansible_collections.mailops.migration.plugins.module_utils.platform.next_hop import NextHop
from ansible_collections.mailops.migration.plugins.module_utils.platform.postfix_sql import PostfixSql
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Create,
    Domain,
    LocalDelivery,
    Mailbox,
    Remove,
    Update,
)

from tests.support.certificates import session_authority
from tests.support.databases import Database
from tests.support.dovecot import free_ports, scratch_folder
from tests.support.dovecot_config import mail_uid
from tests.support.platform_role import PlatformRole
from tests.support.postfix import PostfixServer, wait_for
from tests.support.watcher import Watcher, watch_over

WORLD = "127.0.0.9"
"""From where test mail comes, unless it comes from the old provider."""
OLD_ADDRESS = "127.0.0.3"
MASTER_SERVICES = """\
{address}:{port} inet n - n - - smtpd
cleanup   unix  n - n -   0 cleanup
qmgr      unix  n - n 300 1 qmgr
rewrite   unix  - - n -   - trivial-rewrite
bounce    unix  - - n -   0 bounce
defer     unix  - - n -   0 bounce
trace     unix  - - n -   0 bounce
verify    unix  - - n -   1 verify
proxymap  unix  - - n -   - proxymap
smtp      unix  - - n -   - smtp
relay     unix  - - n -   - smtp
showq     unix  n - n -   - showq
error     unix  - - n -   - error
retry     unix  - - n -   - error
discard   unix  - - n -   - discard
virtual   unix  - n n -   - virtual
anvil     unix  - - n -   1 anvil
scache    unix  - - n -   1 scache
postlog   unix-dgram n - n - 1 postlogd
"""
PEOPLE = r"^(stays|old[0-9]+)(\+[^@]*)?@"
OLD_SETTINGS = """\
compatibility_level = 3.6
queue_directory = {folder}/queue
data_directory = {folder}/data
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
maillog_file_prefixes = {folder}
maillog_file = {folder}/postfix.log
multi_instance_name = postfix-{name}
myhostname = mx.old.example
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
smtp_bind_address = {address}
mynetworks =
default_transport = error:5.7.1 no mail leaves the tests
local_transport = error:5.1.1 no system users
alias_maps =
local_recipient_maps =
recipient_delimiter = +
virtual_mailbox_domains = static:all
virtual_mailbox_maps = regexp:{folder}/config/mailboxes
virtual_mailbox_base = {folder}/mail
virtual_uid_maps = static:{uid}
virtual_gid_maps = static:{uid}
virtual_minimum_uid = 1
virtual_transport = virtual
transport_maps = regexp:{folder}/config/transports
smtpd_relay_restrictions = reject_unauth_destination
in_flow_delay = 0
"""


class Sender:
    """Offers mail to a server at an address and port, as the world does."""

    address: str
    port: int

    def offer(
        self, recipient: str, subject: str = "", *, client: str = WORLD, sender: str = "ann@partner.example"
    ) -> tuple[int, str]:
        """Offer one message; the answer to RCPT where that refused it, else the answer to its end."""
        with smtplib.SMTP(self.address, self.port, timeout=60, source_address=(client, 0)) as session:
            session.ehlo("partner.example")
            session.mail(sender)
            code, text = session.rcpt(recipient)
            if code == 250:
                text_of_it = f"To: {recipient}\r\nFrom: {sender}\r\nSubject: {subject}\r\n\r\nHello.\r\n"
                code, text = session.data(text_of_it)
            return code, text.decode()


def delivered(folder: Path) -> list[EmailMessage]:
    """The messages that lie in a Maildir."""
    files = [file for part in ("new", "cur") for file in (folder / part).glob("*")]
    return [email.message_from_bytes(file.read_bytes(), policy=email.policy.default) for file in files]


class MailPlatform(Sender):
    """Our platform as the role configures it, on a database with the tables; ``variables`` are the role's."""

    def __init__(self, database: Database, **variables: object) -> None:
        self.database = database
        self._driver = PostfixSql(database.dsn)
        self.folder = Path(tempfile.mkdtemp(prefix="platform-", dir=scratch_folder()))
        self.folder.chmod(0o755)
        self.address = "127.0.0.1"
        self.port, imap_port, imaps_port = free_ports(3)
        certificate = session_authority().issue("localhost")
        choices = {
            "mail_platform_default_transport": "error:5.7.1 no mail leaves the tests",
            **self._place_of(database),
            **variables,
        }
        self._role = PlatformRole(
            mail_platform_directory=str(self.folder),
            mail_platform_hostname="mx.platform.example",
            mail_platform_smtp_port=self.port,
            mail_platform_imap_port=imap_port,
            mail_platform_imaps_port=imaps_port,
            mail_platform_certificate=str(certificate.certificate),
            mail_platform_private_key=str(certificate.key),
            mail_platform_mail_uid=mail_uid(),
            mail_platform_mail_gid=mail_uid(),
            mail_platform_fsync="never",
            mail_platform_master_password="not needed here",
            **choices,
        )
        self.postfix = PostfixServer(self.folder / "postfix", self.address, self.port)
        self._dovecot: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    def __enter__(self) -> MailPlatform:
        try:
            self._write()
            self.postfix.start()
            self._start_dovecot()
        except BaseException:
            self.stop()
            raise
        return self

    def __exit__(self, *unused: object) -> None:
        self.stop()

    def stop(self) -> None:
        """End all of it and remove its folder."""
        self.postfix.stop()
        if self._dovecot is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._dovecot.pid, signal.SIGKILL)
            self._dovecot.wait()
        if self._watcher is not None:
            self._watcher.dismiss()
        shutil.rmtree(self.folder, ignore_errors=True)

    # What the administration holds

    def add_domain(self, name: str) -> None:
        self._driver.apply([Create(Domain(name))])

    def add_alias_domain(self, name: str, target: str) -> None:
        self.add_domain(name)
        self._insert("alias_domain", alias_domain=name, target_domain=target, active=self._truth(True))

    def add_mailbox(self, address: str) -> None:
        self._driver.apply([Create(Mailbox(address, password_hash="{SSHA}unused"))])

    def remove_mailbox(self, address: str) -> None:
        self._driver.apply([Remove(Mailbox(address))])

    def add_alias(self, address: str, *targets: str) -> None:
        """An alias, or the forward of a mailbox, which takes the place of the mailbox's alias to itself."""
        self.database.rows(f"DELETE FROM alias WHERE address = {self._mark}", (address,))
        domain = address.rpartition("@")[2]
        self._insert("alias", address=address, goto=",".join(targets), domain=domain, active=self._truth(True))

    def switch(self, domain: str, *, enabled: bool, old_mx: str = "", expires: int = 0) -> None:
        """Set Local Delivery of a domain."""
        wanted = LocalDelivery(domain, enabled, old_mx, expires)
        now = (self._driver.read({domain}).local_delivery or {}).get(domain)
        changes = tuple((name, value) for name, value in vars(wanted).items() if now and value != getattr(now, name))
        self._driver.apply([Update(now, changes) if now else Create(wanted)])

    # What arrived

    def inbox(self, address: str) -> list[EmailMessage]:
        """The messages in a mailbox's INBOX."""
        name, _at, domain = address.partition("@")
        return delivered(self.folder / "mail" / domain / name / "Maildir")

    def subjects(self, address: str) -> list[str]:
        """Their subjects, once the queue is empty."""
        self.postfix.wait_until_idle()
        return sorted(str(message["Subject"]) for message in self.inbox(address))

    # Making it

    def _write(self) -> None:
        config = self.folder / "postfix" / "config"
        (config / "sql").mkdir()
        for name in ("main.cf", "master.cf"):
            self._role.write(f"postfix/{name}", config / name)
        for name in self._role.variables["mail_platform_questions"]:
            self._role.write(f"postfix/sql/{name}.cf", config / "sql" / f"{name}.cf")
        if self._role.variables["mail_platform_srs_domain"]:
            self._role.write("postfix/srs_loops", config / "srs_loops")
        for name in ("dovecot/run", "dovecot/state", "mail"):
            (self.folder / name).mkdir(parents=True)
        shutil.chown(self.folder / "mail", mail_uid())
        for name in ("dovecot.conf", "dovecot-sql.conf", "master-users"):
            self._role.write(f"dovecot/{name}", self.folder / "dovecot" / name)
        if self.database.kind == "sqlite":
            self._let_postfix_in(Path(self.database.name))

    def _let_postfix_in(self, file: Path) -> None:
        """As the role does: SQLite's write-ahead log is written by every reader."""
        self.database.rows("PRAGMA journal_mode = WAL")
        for path, mode in ((file.parent, 0o2777), (file, 0o666)):
            path.chmod(mode)
        for parent in file.parents:
            if parent.stat().st_uid == os.getuid() and parent != Path("/"):
                parent.chmod(parent.stat().st_mode | 0o011)

    def _start_dovecot(self) -> None:
        log = self.folder / "dovecot" / "start.log"
        with log.open("wb") as output:
            self._dovecot = subprocess.Popen(
                ["dovecot", "-F", "-c", str(self.folder / "dovecot" / "dovecot.conf")], stdout=output, stderr=output,
                stdin=subprocess.DEVNULL, start_new_session=True,
            )  # fmt: skip
        self._watcher = watch_over(self.folder, self._dovecot.pid)
        socket = self.folder / "postfix" / "queue" / "private" / "dovecot-lmtp"
        wait_for(socket.exists, "Dovecot", log.read_text)

    @property
    def _now(self) -> str:
        return "datetime('now')" if self.database.kind == "sqlite" else "now()"

    @property
    def _mark(self) -> str:
        return "?" if self.database.kind == "sqlite" else "%s"

    def _truth(self, value: bool) -> object:
        return value if self.database.kind == "postgresql" else int(value)

    def _insert(self, table: str, **columns: object) -> None:
        stamps = {"created": self._now, "modified": self._now}
        marks = [self._mark] * len(columns) + list(stamps.values())
        statement = f"INSERT INTO {table} ({', '.join([*columns, *stamps])}) VALUES ({', '.join(marks)})"
        self.database.rows(statement, list(columns.values()))

    @staticmethod
    def _place_of(database: Database) -> dict[str, object]:
        if database.kind == "sqlite":
            return {"mail_platform_database": database.name}
        return {
            "mail_platform_database_kind": database.kind,
            "mail_platform_database_host": database.host,
            "mail_platform_database_port": database.port,
            "mail_platform_database_name": database.name,
            "mail_platform_database_user": database.user,
            "mail_platform_database_password": database.password,
        }


class OldPostfix(Sender):
    """The old provider on another address of the loopback, for any domain. It has mailboxes for ``stays`` and
    ``old<number>``, in Maildirs.

    ``forward_to``: it accepts everybody and sends mail for who is unknown to it there; else these are refused.
    """

    def __init__(self, *, forward_to: str = "") -> None:
        self.folder = Path(tempfile.mkdtemp(prefix="old-provider-", dir=scratch_folder()))
        self.folder.chmod(0o755)
        self.address = OLD_ADDRESS
        (self.port,) = free_ports(1)
        self.postfix = PostfixServer(self.folder, self.address, self.port)
        (self.folder / "mail").mkdir()
        shutil.chown(self.folder / "mail", mail_uid())
        self._forward_to = forward_to

    def __enter__(self) -> OldPostfix:
        config = self.folder / "config"
        (config / "master.cf").write_text(MASTER_SERVICES.format(address=self.address, port=self.port))
        settings = {"folder": self.folder, "name": self.folder.name, "address": self.address, "uid": mail_uid()}
        (config / "main.cf").write_text(OLD_SETTINGS.format(**settings))
        accepted = "." if self._forward_to else PEOPLE
        # One Maildir for all: virtual(8) allows no pattern to name the folder.
        (config / "mailboxes").write_text(f"/{accepted}/ all/\n")
        forwarded = f"/./ smtp:{self._forward_to}\n" if self._forward_to else ""
        (config / "transports").write_text(f"/{PEOPLE}/ virtual:\n{forwarded}")
        self.postfix.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self.postfix.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    @property
    def next_hop(self) -> str:
        """As ``local_delivery.old_mx`` has it."""
        return str(NextHop(self.address, self.port))

    def inbox(self, address: str) -> list[EmailMessage]:
        """The messages that were delivered for an address."""
        return [message for message in delivered(self.folder / "mail" / "all") if message["Delivered-To"] == address]

    def subjects(self, address: str) -> list[str]:
        """Their subjects, once the queue is empty."""
        self.postfix.wait_until_idle()
        return sorted(str(message["Subject"]) for message in self.inbox(address))
