# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The running sandbox as tests use it: where it is, its logins, its database."""

from __future__ import annotations

import contextlib
import csv
import os
import smtplib
import socket
import sqlite3
import ssl
from dataclasses import dataclass
from pathlib import Path

import dns.query
import dns.rcode
import dns.tsigkeyring
import dns.update
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Server
from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns
from imapclient import IMAPClient

ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True)
class Sandbox:
    """Where a sandbox lies and the first of its ports."""

    folder: Path
    port_base: int

    @property
    def trust(self) -> ssl.SSLContext:
        context = ssl.create_default_context(cafile=self.folder / "tls" / "ca.pem")
        context.verify_flags |= ssl.VERIFY_X509_STRICT
        return context

    def customers(self) -> list[dict[str, str]]:
        """The rows of the ticket's mailboxes.csv."""
        with (self.folder / "tickets" / "123" / "mailboxes.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def at_source(self, row: dict[str, str]) -> IMAPClient:
        """Logged in as the customer says that it is done."""
        client = IMAPClient(
            row["imap_server"], int(row["port"]), ssl=row["encryption"] == "tls", ssl_context=self.trust
        )
        if row["encryption"] == "starttls":
            client.starttls(self.trust)
        client.login(row["email"], row["password"])
        return client

    def at_platform(self, mailbox: str) -> IMAPClient:
        """Logged in with the master login."""
        client = IMAPClient("127.0.0.1", self.port_base + 22, ssl_context=self.trust)
        client.login(f"{mailbox}*migrate", self.master_password())
        return client

    def master_password(self) -> str:
        return (self.folder / "secrets" / "master_password").read_text(encoding="utf-8").strip()

    def dns(self) -> Dns:
        """The sandbox's name server, as resolver and as every zone's own."""
        server = Server("127.0.0.1", self.port_base + 30)
        return Dns([server], authoritative_port=server.port)

    def send(self, recipient: str, client: str = "127.0.0.9") -> tuple[int, str]:
        """Offer a message by SMTP from this address; the answer to RCPT, or to DATA when the recipient was accepted."""
        place = (client, 0)
        with smtplib.SMTP("127.0.0.1", self.port_base + 20, timeout=60, source_address=place) as server:
            server.starttls(context=self.trust)
            server.ehlo()
            server.mail("sender@partner.example")
            code, text = server.rcpt(recipient)
            if code == 250:
                code, text = server.data(f"To: {recipient}\r\nSubject: sandbox\r\n\r\nHello.\r\n")
            return code, text.decode()

    def write(self, statement: str, *values: object) -> None:
        """Change the platform's database, in a short transaction."""
        connection = sqlite3.connect(self.folder / "platform" / "database" / "platform.sqlite", timeout=20)
        with connection:
            connection.execute(statement, values)
        connection.close()

    def rows(self, statement: str, *values: object) -> list[tuple[object, ...]]:
        """What the platform's database holds."""
        database = self.folder / "platform" / "database" / "platform.sqlite"
        with contextlib.closing(sqlite3.connect(database, timeout=20)) as connection:
            return connection.execute(statement, values).fetchall()

    def set_mx(self, domain: str, host: str, ttl: int) -> None:
        """From now on the domain, one below ``example``, has this MX record and no other (signed RFC 2136)."""
        key = (self.folder / "secrets" / "dns_key").read_text(encoding="utf-8").strip()
        algorithm, name, secret = key.split(":")
        keyring = dns.tsigkeyring.from_text({name: (f"{algorithm}.", secret)})
        change = dns.update.UpdateMessage("example", keyring=keyring)
        change.replace(f"{domain}.", ttl, "MX", f"10 {host}.")
        reply = dns.query.tcp(change, "127.0.0.1", 20, self.port_base + 30)
        assert reply.rcode() == dns.rcode.NOERROR, reply

    def add_mailbox(self, address: str) -> None:
        local_part, _unused, domain = address.partition("@")
        self.write("INSERT OR IGNORE INTO domain (domain) VALUES (?)", domain)
        self.write(
            "INSERT INTO mailbox (username, maildir, local_part, domain) VALUES (?, ?, ?, ?)",
            address, f"{domain}/{local_part}/", local_part, domain,
        )  # fmt: skip
        self.add_alias(address, address)

    def add_alias(self, address: str, target: str) -> None:
        domain = address.partition("@")[2]
        self.write("INSERT INTO alias (address, goto, domain) VALUES (?, ?, ?)", address, target, domain)


def running_sandbox() -> Sandbox:
    """The one that MAILOPS_SANDBOX_DIR and MAILOPS_SANDBOX_PORT_BASE name, else the checkout's own."""
    folder = Path(os.environ.get("MAILOPS_SANDBOX_DIR") or ROOT / ".sandbox")
    sandbox = Sandbox(folder, int(os.environ.get("MAILOPS_SANDBOX_PORT_BASE") or 20000))
    for offset in (10, 11, 12, 13, 20, 21, 22, 30, 40):
        try:
            socket.create_connection(("127.0.0.1", sandbox.port_base + offset), timeout=5).close()
        except OSError as error:
            reason = f"nothing answers at port {sandbox.port_base + offset}: {error}"
            raise RuntimeError(
                f"The sandbox in {folder} does not run, {reason}. Run bin/test, or bin/sandbox start"
            ) from error
    return sandbox
