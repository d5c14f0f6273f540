# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A morning at the customer's old provider: mail arrives by LMTP, people read and sort theirs by IMAP.

Reads the accounts from a ticket's ``mailboxes.csv``. Each run brings new messages; prints what it did.
"""

from __future__ import annotations

import argparse
import csv
import smtplib
import ssl
import uuid
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime
from pathlib import Path

from imapclient import FLAGGED, SEEN, IMAPClient


@dataclass(frozen=True)
class Account:
    """One person's login at the source."""

    email: str
    password: str
    host: str
    port: int
    encryption: str


def main() -> None:
    arguments = _arguments()
    accounts = _read_accounts(arguments.mailboxes)
    trust = ssl.create_default_context(cafile=arguments.ca_file)
    for account in accounts:
        _deliver(arguments.lmtp_port, account.email, arguments.messages)
    print(f"{arguments.messages} new messages arrived in each of {len(accounts)} mailboxes.")
    for account in accounts:
        with _login(account, trust) as client:
            print(f"{account.email} {_live(client)}.")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--mailboxes", type=Path, required=True, help="mailboxes.csv of the ticket")
    parser.add_argument("--ca-file", required=True)
    parser.add_argument("--lmtp-port", type=int, required=True)
    parser.add_argument("--messages", type=int, default=2, help="how many for each mailbox")
    return parser.parse_args()


def _read_accounts(path: Path) -> list[Account]:
    with path.open(encoding="utf-8", newline="") as file:
        return [
            Account(row["email"], row["password"], row["imap_server"], int(row["port"]), row["encryption"])
            for row in csv.DictReader(file)
        ]


def _deliver(port: int, recipient: str, count: int) -> None:
    with smtplib.LMTP("127.0.0.1", port) as server:
        for number in range(1, count + 1):
            server.send_message(_message(recipient, number))


def _message(recipient: str, number: int) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "Morning Post <post@partner.example>"
    message["To"] = recipient
    message["Subject"] = f"Neues am Morgen, Nr. {number}"
    message["Date"] = format_datetime(datetime.now().astimezone())
    message["Message-ID"] = f"<{uuid.uuid4()}@partner.example>"
    message.set_content(f"This arrived while the mailbox was being moved.\nÜbrigens: {uuid.uuid4()}\n")
    return message


def _login(account: Account, trust: ssl.SSLContext) -> IMAPClient:
    client = IMAPClient(account.host, account.port, ssl=account.encryption == "tls", ssl_context=trust)
    if account.encryption == "starttls":
        client.starttls(trust)
    client.login(account.email, account.password)
    return client


def _live(client: IMAPClient) -> str:
    """Read one unread message, flag another and file a third away, as far as there are any."""
    client.select_folder("INBOX")
    done = []
    unread = client.search("UNSEEN")
    if unread:
        client.add_flags(unread[:1], [SEEN])
        done.append("read a message")
    plain = [uid for uid in client.search("SEEN UNFLAGGED UNDELETED") if uid not in unread]
    if plain:
        client.add_flags(plain[:1], [FLAGGED])
        done.append("flagged one")
    if len(plain) > 1:
        done.append(f"moved one to {_file_away(client, plain[1])!r}")
    return ", ".join(done) or "did nothing"


def _file_away(client: IMAPClient, uid: int) -> str:
    folder = "Done 2025"
    if not client.folder_exists(folder):
        client.create_folder(folder)
        client.subscribe_folder(folder)
    client.move([uid], folder)
    return folder


if __name__ == "__main__":
    main()
