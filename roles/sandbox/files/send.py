# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Somebody in the world writes to an address, and our platform is the server that is asked. Tells where it went."""

from __future__ import annotations

import argparse
import smtplib
import time
import uuid
from email.message import EmailMessage
from pathlib import Path

PATIENCE = 30.0
# Not an address of the old provider's servers, whose mail for strangers is refused.
WORLD = "127.0.0.9"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--old-log", type=Path, required=True, help="log of the old provider's Postfix")
    parser.add_argument("recipient")
    options = parser.parse_args()
    mark = f"{uuid.uuid4()}@partner.example"
    try:
        with smtplib.SMTP("127.0.0.1", options.port, source_address=(WORLD, 0), timeout=PATIENCE) as server:
            server.send_message(_message(options.recipient, mark))
    except smtplib.SMTPRecipientsRefused as error:
        code, words = error.recipients[options.recipient]
        print(f"refused in the session: {code} {words.decode(errors='replace')}")
        return
    passed_on = _passed_on(options.old_log, mark)
    print(f"accepted, and {'passed on to the old provider' if passed_on else 'delivered here'}")


def _message(recipient: str, mark: str) -> EmailMessage:
    message = EmailMessage()
    message["From"] = "A partner <partner@partner.example>"
    message["To"] = recipient
    message["Subject"] = "Are you there already?"
    message["Message-ID"] = f"<{mark}>"
    message.set_content("Written while the mailboxes were moving.\n")
    return message


def _passed_on(log: Path, mark: str) -> bool:
    """Whether the old provider's server got it, which it writes down within a moment."""
    patience_ends = time.monotonic() + 5
    while time.monotonic() < patience_ends:
        if log.exists() and mark in log.read_text(encoding="utf-8", errors="replace"):
            return True
        time.sleep(0.1)
    return False


if __name__ == "__main__":
    main()
