# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Fills the sandbox's source with mail: Maildir folders as Dovecot's ``fs`` layout has them.

Reads ``{"root": …, "uid": …, "gid": …, "share": …, "mailboxes": [{"email", "folders", "messages"}]}`` from standard
input, makes each mailbox once and prints how many messages were written.
"""

from __future__ import annotations

import json
import os
import random
import shutil
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sandbox_messages import Facts, make_message

FIRST_DAY = datetime(2009, 1, 5, 8, 0, tzinfo=UTC)
LAST_DAY = datetime(2025, 6, 30, 18, 0, tzinfo=UTC)
KEYWORDS = ("$Forwarded", "$MDNSent", "Invoice")
# Folder name ("/" parts levels) and its part of the mailbox's messages; 0 makes an empty folder.
FOLDERS: dict[str, dict[str, int]] = {
    "english": {
        "INBOX": 40, "Sent": 15, "Drafts": 1, "Trash": 3, "Junk": 3, "Clients": 0, "Clients/Acme": 8,
        "Clients/Acme/2023": 8, "Clients/Dr. Jones": 6, "Clients/Trash talk": 2, "R&D": 5, "Spam reports": 2,
        "Leads": 6, "Later": 0,
    },
    "german": {
        "INBOX": 40, "Gesendete Elemente": 15, "Entwürfe": 1, "Papierkorb": 3, "Junk": 2, "Persönliches": 5,
        "Persönliches/Übersetzungen": 8, "Persönliches/Übersetzungen/Straße & Platz": 4, "Rechnungen": 10,
    },
    "chinese": {
        "INBOX": 40, "已发送": 15, "Trash": 2, "项目": 0, "项目/二〇二三": 10, "発注書": 8, "🎉 Feste": 6,
    },
    "shared": {"INBOX": 60, "Sent": 20, "Trash": 2, "Junk": 6, "Orders 50%": 5, '"Quoted" name': 3, "Orders*": 4},
    "empty": {"INBOX": 0},
}  # fmt: skip
DRAFTS = ("Drafts", "Entwürfe")
NOT_SUBSCRIBED = ("Later", "Orders*")


@dataclass(frozen=True)
class Owner:
    """Numeric owner of the mail files."""

    uid: int
    gid: int


def main() -> None:
    order = json.load(sys.stdin)
    owner = Owner(order["uid"], order["gid"])
    written = 0
    for mailbox in order["mailboxes"]:
        local_part, _unused, domain = mailbox["email"].partition("@")
        home = Path(order["root"], domain, local_part)
        if not home.exists():
            count = round(mailbox["messages"] * order["share"])
            written += _make_mailbox(home, mailbox["email"], FOLDERS[mailbox["folders"]], count, owner)
    print(written)


def _make_mailbox(home: Path, email: str, folders: dict[str, int], count: int, owner: Owner) -> int:
    """Build beside ``home`` and rename, so that a mailbox is there as a whole or not at all."""
    building = home.with_name(f".{home.name}.building")
    shutil.rmtree(building, ignore_errors=True)
    root = building / "mail"
    written = 0
    for name, part in folders.items():
        directory = root if name == "INBOX" else root / name
        messages = round(count * part / max(1, sum(folders.values())))
        written += _make_folder(directory, email, name, messages)
    subscribed = [name for name in folders if name not in NOT_SUBSCRIBED and name != "INBOX"]
    (root / "subscriptions").write_text("".join(f"{name}\n" for name in subscribed), encoding="utf-8")
    _give_to(building, owner)
    building.rename(home)
    _give_to(home.parent, owner, deep=False)
    return written


def _make_folder(directory: Path, email: str, name: str, count: int) -> int:
    for part in ("cur", "new", "tmp"):
        (directory / part).mkdir(parents=True, exist_ok=True)
    (directory / "dovecot-keywords").write_text("".join(f"{n} {word}\n" for n, word in enumerate(KEYWORDS)))
    written = 0
    for number in range(count):
        written += _write_message(directory, email, name, number, count)
    return written


def _write_message(directory: Path, email: str, name: str, number: int, count: int) -> int:
    """One message, and every 50th twice: identical twins are two messages."""
    seed = random.Random(f"{email}/{name}/{number}")
    date = _date(number, count, seed)
    identity = f"{number}.{seed.getrandbits(64):x}"
    content = make_message(Facts(identity, email, date, seed), number)
    flags = _flags(name, number, count, seed)
    copies = 2 if number % 50 == 20 else 1
    for copy in range(copies):
        stem = f"{int(date.timestamp())}.M{number:06d}P{copy}.sandbox,S={len(content)}"
        path = (
            directory / ("cur" if flags is not None else "new") / (stem + (f":2,{flags}" if flags is not None else ""))
        )
        path.write_bytes(content)
        os.utime(path, (date.timestamp(), date.timestamp()))
    return copies


def _date(number: int, count: int, seed: random.Random) -> datetime:
    """Dates grow with the number over the years; one message per large folder lost its date: 1970-01-01."""
    if number == 33:
        return datetime(1970, 1, 1, tzinfo=UTC)
    step = (LAST_DAY - FIRST_DAY) / max(1, count)
    return FIRST_DAY + step * number + timedelta(seconds=seed.randrange(3600))


def _flags(name: str, number: int, count: int, seed: random.Random) -> str | None:
    """Maildir letters in order, keywords as a, b, c; ``None`` for mail that nobody has listed yet."""
    if name == "INBOX" and number >= count - 3:
        return None
    if name in DRAFTS:
        return "DS"
    letters = set(_letters(seed)) if number < count * 0.9 else set()
    if name == "INBOX" and number == 11:
        letters.add("T")
    return "".join(sorted(letters))


def _letters(seed: random.Random) -> Iterator[str]:
    for letter, chance in (("S", 0.9), ("R", 0.2), ("F", 0.08), ("a", 0.05), ("b", 0.03), ("c", 0.06)):
        if seed.random() < chance:
            yield letter


def _give_to(path: Path, owner: Owner, *, deep: bool = True) -> None:
    os.chown(path, owner.uid, owner.gid)
    if deep:
        for folder, names, files in os.walk(path):
            for name in (*names, *files):
                os.chown(os.path.join(folder, name), owner.uid, owner.gid)


if __name__ == "__main__":
    main()
