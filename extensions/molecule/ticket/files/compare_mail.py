# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether the platform of a sandbox holds what its source holds: ``compare_mail.py FOLDER PORT_BASE``.

Messages are compared by their bytes, flags and dates, through an IMAP client that the collection does not use. Those
that are marked as deleted at the source, or lie in its trash or junk, stay there.
"""

from __future__ import annotations

import csv
import sys
from collections import Counter
from datetime import UTC
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.support.plain_imap import Fetched, PlainImap

NO_FOLDERS = frozenset({"\\noselect", "\\nonexistent"})
LEFT_OUT = frozenset({"\\trash", "\\junk"})
# When the sandbox's mail arrived; a message that lost its date there gets one.
YEARS = range(1971, 2026)


def main(folder: Path, base: int) -> None:
    trust = str(folder / "tls" / "ca.pem")
    master = (folder / "secrets" / "master_password").read_text(encoding="utf-8").strip()
    platform = {"host": "127.0.0.1", "port": base + 22, "encryption": "tls", "ca_file": trust, "password": master}
    different = False
    with (folder / "tickets" / "123" / "mailboxes.csv").open(encoding="utf-8", newline="") as file:
        for row in csv.DictReader(file):
            source = {
                "host": row["imap_server"], "port": int(row["port"]), "encryption": row["encryption"],
                "ca_file": trust, "username": row["email"], "password": row["password"],
            }  # fmt: skip
            wanted = _messages(source, NO_FOLDERS | LEFT_OUT)
            found = _messages({**platform, "username": f"{row['email']}*migrate"}, NO_FOLDERS)
            print(f"{row['email']}: {wanted.total()} at the source, {found.total()} on the platform")
            print(*(f"  misses {each}" for each in wanted - found), sep="\n")
            print(*(f"  too many {each}" for each in found - wanted), sep="\n")
            different = different or wanted != found
    if different:
        raise SystemExit("The platform holds other mail than the source, see above.")


def _messages(options: dict[str, Any], without: frozenset[str]) -> Counter[tuple[str, str, str]]:
    with PlainImap(options) as client:
        return Counter(
            (sha256(message.content).hexdigest(), " ".join(sorted(message.flags)), _date(message))
            for folder in client.list()
            if not folder.attributes & without
            for message in client.fetch_all(folder.name)
            if "\\Deleted" not in message.flags
        )


def _date(message: Fetched) -> str:
    moment = message.received.astimezone(UTC)
    return str(moment) if moment.year in YEARS else ""


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
