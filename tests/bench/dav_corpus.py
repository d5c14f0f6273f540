# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Exports of contacts and calendars that lie in folders, imported into a real Radicale and a real Xandikos.

    bin/bench dav-corpus DIR…  [--server radicale] [--list]

Each .vcf and .ics file goes into an address book and a calendar of its own, then once more. A line for each folder and
server: files, entries in them, resources that are in, entries that were refused, resources that failed, and what the
second run still changed (it should be 0). The reasons of refusals come below, with the first place of each.
Nothing is fetched: packages' own test data is what one unpacks beforehand.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path

from ansible_collections.mailops.migration.plugins.module_utils.dav.dav_http import Login
from ansible_collections.mailops.migration.plugins.module_utils.dav.discovery import Whereabouts
from ansible_collections.mailops.migration.plugins.module_utils.dav.importer import (
    ImportRequest,
    ImportResult,
    Place,
    import_files,
)

from tests.support.dav_servers import DavLogin, RadicaleServer, XandikosServer

_ENDINGS = (".vcf", ".vcard", ".ics", ".ical", ".icalendar", ".vcs")
_USER = "corpus@example.com"
_IN = ("created", "updated", "unchanged", "kept")


@dataclass
class Row:
    """What became of a folder's files at one server."""

    files: int = 0
    entries: int = 0
    there: int = 0
    superseded: int = 0
    refused: Counter[str] = field(default_factory=Counter)
    failed: Counter[str] = field(default_factory=Counter)
    first: dict[str, str] = field(default_factory=dict)
    again: int = 0
    restless: list[str] = field(default_factory=list)
    crashed: list[str] = field(default_factory=list)
    seconds: float = 0.0


def main() -> int:
    """Import all folders; 1 when an import raised, or when a second run changed anything."""
    parser = argparse.ArgumentParser(prog="bin/bench dav-corpus", description=__doc__.splitlines()[0])
    parser.add_argument("folders", nargs="+", type=Path)
    parser.add_argument("--server", choices=("radicale", "xandikos", "both"), default="both")
    parser.add_argument("--list", action="store_true", help="name every entry that was refused")
    given = parser.parse_args()
    wanted = ("radicale", "xandikos") if given.server == "both" else (given.server,)
    print(f"{'folder':28} {'server':9} files entries    in older refused failed again  seconds")
    good = True
    for name in wanted:
        with ExitStack() as stack:
            login = _started(name, stack)
            state = stack.enter_context(tempfile.TemporaryDirectory())
            for number, folder in enumerate(given.folders):
                row = _imported(folder, login, f"{state}/{number}", f"d{number}", every=given.list)
                _show(folder, name, row)
                good = good and not row.crashed and not row.again
    return 0 if good else 1


def _started(name: str, stack: ExitStack) -> DavLogin:
    if name == "radicale":
        server = stack.enter_context(RadicaleServer({}))
        assert isinstance(server, RadicaleServer)
        return server.add_user(_USER)
    server = stack.enter_context(XandikosServer())
    assert isinstance(server, XandikosServer)
    return server.login()


def _imported(folder: Path, login: DavLogin, state: str, prefix: str, *, every: bool) -> Row:
    row = Row()
    began = time.monotonic()
    for number, path in enumerate(exports(folder)):
        row.files += 1
        name = str(path.relative_to(folder)) if path != folder else path.name
        try:
            result = _run(login, state, f"{prefix}-{number}", name, path.read_bytes())
            again = _run(login, state, f"{prefix}-{number}", name, path.read_bytes())
        except Exception as error:  # the bench tells which file it was, and goes on with the others
            row.crashed.append(f"{name}: {type(error).__name__}: {error}")
            continue
        _count(row, result, name, every=every)
        if again.changed:
            row.again += 1
            row.restless.append(name)
    row.seconds = time.monotonic() - began
    return row


def exports(folder: Path) -> Iterator[Path]:
    found = [folder] if folder.is_file() else sorted(folder.rglob("*"))
    return (path for path in found if path.is_file() and path.name.lower().endswith(_ENDINGS))


def _run(login: DavLogin, state: str, slug: str, name: str, data: bytes) -> ImportResult:
    request = ImportRequest(
        mailbox=_USER,
        files={name: data},
        where=Whereabouts(login.url, "", _USER),
        login=Login(login.username, login.password, encryption="none"),
        state_dir=state,
        address_book=Place(f"{slug}-contacts", f"{slug} contacts"),
        calendar=Place(f"{slug}-calendar", f"{slug} calendar"),
    )
    return import_files(request, lambda _name, _kind: [])


def _count(row: Row, result: ImportResult, name: str, *, every: bool) -> None:
    row.entries += sum(result.entries.values())
    row.superseded += len(result.superseded)
    row.there += sum(outcome.fate in _IN for outcome in result.outcomes)
    bad = [(row.refused, f"{name}#{each.origin.number}", each.reason) for each in result.refusals]
    counters = {"refused": row.refused, "failed": row.failed}
    bad += [
        (counters[outcome.fate], f"{name}#{outcome.item.origins[0].number}", outcome.reason)
        for outcome in result.outcomes
        if outcome.fate in counters
    ]
    bad += [(row.failed, name, trouble.text()) for trouble in result.troubles]
    for counter, place, reason in bad:
        counter[reason] += 1
        row.first.setdefault(reason, place)
        if every:
            print(f"    {place}: {reason}")


def _show(folder: Path, server: str, row: Row) -> None:
    print(
        f"{folder.name[:28]:28} {server:9} {row.files:5} {row.entries:7} {row.there:5} {row.superseded:5}"
        f" {row.refused.total():7} {row.failed.total():6} {row.again:5} {row.seconds:8.1f}"
    )
    for word, counter in (("refused", row.refused), ("failed", row.failed)):
        for reason, number in counter.most_common():
            print(f"    {word} {number:4}: {reason[:200]} (first: {row.first[reason]})")
    for word, names in (("changed again", row.restless), ("RAISED", row.crashed)):
        for each in names[:20]:
            print(f"    {word}: {each}")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
