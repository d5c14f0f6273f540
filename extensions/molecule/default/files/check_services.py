# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Uses each service of a sandbox as its users do: ``check_services.py FOLDER PORT_BASE``; fails when one is silent."""

from __future__ import annotations

import csv
import imaplib
import smtplib
import sqlite3
import ssl
import sys
import time
from pathlib import Path

MAILBOX = "molecule@check.example"


def main(folder: Path, base: int) -> None:
    trust = ssl.create_default_context(cafile=folder / "tls" / "ca.pem")
    with (folder / "tickets" / "123" / "mailboxes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            print(row["email"], _folders_at_source(row, trust), "folders at the source")
    _make_mailbox(folder / "platform" / "database" / "platform.sqlite")
    _send(base + 20, trust)
    password = (folder / "secrets" / "master_password").read_text(encoding="utf-8").strip()
    _wait_for_mail(base + 22, password, trust)
    print("a message came in by SMTP and was read with the master login")


def _folders_at_source(row: dict[str, str], trust: ssl.SSLContext) -> int:
    port = int(row["port"])
    if row["encryption"] == "tls":
        client: imaplib.IMAP4 = imaplib.IMAP4_SSL(row["imap_server"], port, ssl_context=trust)
    else:
        client = imaplib.IMAP4(row["imap_server"], port)
        client.starttls(trust)
    with client:
        client.authenticate("PLAIN", lambda challenge: f"\0{row['email']}\0{row['password']}".encode())
        return len(client.list()[1])


def _make_mailbox(database: Path) -> None:
    local_part, _unused, domain = MAILBOX.partition("@")
    with sqlite3.connect(database) as connection:
        connection.execute("INSERT OR IGNORE INTO domain (domain) VALUES (?)", (domain,))
        connection.execute(
            "INSERT OR IGNORE INTO mailbox (username, maildir, local_part, domain) VALUES (?, ?, ?, ?)",
            (MAILBOX, f"{domain}/{local_part}/", local_part, domain),
        )
        connection.execute(
            "INSERT OR IGNORE INTO alias (address, goto, domain) VALUES (?, ?, ?)", (MAILBOX, MAILBOX, domain)
        )


def _send(port: int, trust: ssl.SSLContext) -> None:
    with smtplib.SMTP("127.0.0.1", port) as server:
        server.starttls(context=trust)
        server.sendmail("check@partner.example", [MAILBOX], b"Subject: check\r\n\r\nHello.\r\n")


def _wait_for_mail(port: int, password: str, trust: ssl.SSLContext) -> None:
    with imaplib.IMAP4_SSL("127.0.0.1", port, ssl_context=trust) as client:
        client.login(f"{MAILBOX}*migrate", password)
        for _attempt in range(100):
            if int(client.select("INBOX", readonly=True)[1][0]) > 0:
                return
            time.sleep(0.1)
    raise SystemExit("the message did not arrive within ten seconds")


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
