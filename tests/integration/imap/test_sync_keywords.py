# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Keywords that some folders of the destination keep and others do not: told once, and no reason to fail for ever."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.compare_runner import compare, explained, told
from tests.support.odd_server import OddServer
from tests.support.odd_store import CAPABILITIES, SYSTEM_FLAGS, Oddities
from tests.support.sync_runner import Migration, Result, counts

DATE = b"01-Feb-2024 10:00:00 +0000"
FOLDERS = ("INBOX", "Leads")


def between(source: OddServer, destination: OddServer, state_dir: Path) -> Migration:
    return Migration(source, destination, "user@example.com", state_dir)


def flags_in(server: OddServer) -> dict[str, list[list[str]]]:
    return {name: sorted(sorted(each.flags) for each in server.folder(name).messages) for name in FOLDERS}


def refusing(*places: tuple[str, str]) -> Oddities:
    """A server that lists ``\\*`` and refuses a keyword in a folder."""
    def judge(folder: str, flags: frozenset[str]) -> bytes:
        found = next((word for where, word in places if where == folder and word in flags), "")
        return f"NO [CANNOT] no more keywords: {found}".encode() if found else b""

    return Oddities(judge_flags=judge)


def passes(migration: Migration) -> list[Result]:
    return [migration.run(), migration.run()]


@pytest.mark.parametrize("limited", FOLDERS)
def test_each_folder_gets_the_keywords_that_it_keeps(limited: str, state_dir: Path) -> None:
    with OddServer() as source, OddServer(Oddities(permanent={limited: SYSTEM_FLAGS})) as destination:
        destination.folder("Leads")
        for name in FOLDERS:
            source.folder(name).add(b"Subject: a\r\n\r\n1", ("\\Seen", "Work"), DATE)
            source.folder(name).add(b"Subject: b\r\n\r\n2", (), DATE)
        migration = between(source, destination, state_dir)
        result = migration.run()
        for name in FOLDERS:
            source.folder(name).change(2, flags=frozenset({"Later", "\\Flagged"}))

        second, third = passes(migration)

        assert result["warnings"] == [f"{limited}: the destination does not take the keywords Work"]
        assert (counts(second)["flags_updated"], third["changed"], third["warnings"]) == (2, False, [])
        other = next(name for name in FOLDERS if name != limited)
        assert flags_in(destination) == {limited: [["\\Flagged"], ["\\Seen"]],
                                         other: [["Later", "\\Flagged"], ["Work", "\\Seen"]]}
        assert told(compare(migration)) == []


@pytest.mark.parametrize("capabilities", [CAPABILITIES, ()])
def test_keyword_that_one_folder_refuses_is_told_once_and_is_no_failed_proof(
    capabilities: tuple[str, ...], state_dir: Path
) -> None:
    oddities = refusing(("Leads", "Work"), ("Leads", "Later"))
    with OddServer() as source, OddServer(Oddities(capabilities, judge_flags=oddities.judge_flags)) as destination:
        for name in FOLDERS:
            source.folder(name).add(b"Subject: a\r\n\r\n1", ("\\Seen", "Work"), DATE)
            source.folder(name).add(b"Subject: b\r\n\r\n2", ("Good",), DATE)
        migration = between(source, destination, state_dir)
        result = migration.run()
        for name in FOLDERS:
            source.folder(name).change(2, flags=frozenset({"Good", "Later"}))

        second, third = passes(migration)

        assert result["warnings"] == ["Leads: the destination does not take the keywords Work"]
        assert [warning.split(":")[0] for warning in second["warnings"]] == ["Leads"]
        assert (third["changed"], third["warnings"], third["failures"]) == (False, [], [])
        assert flags_in(destination) == {"INBOX": [["Good", "Later"], ["Work", "\\Seen"]],
                                         "Leads": [["Good"], ["\\Seen"]]}
        verdict = compare(migration)
        assert told(verdict) == []
        reason = "the destination does not take"
        assert explained(verdict) == [("flags_differ", f"{reason} {word}", 1) for word in ("Later", "Work")]
        sent = len(destination.commands)
        source.folder("Leads").add(b"Subject: c\r\n\r\n3", ("Work", "\\Answered"), DATE)
        migration.run()
        appends = [line for line in destination.commands[sent:] if line.startswith(b"APPEND")]
        assert (len(appends), flags_in(destination)["Leads"]) == (1, [["Good"], ["\\Answered"], ["\\Seen"]])


def test_which_of_several_keywords_is_refused_the_next_pass_finds_out(state_dir: Path) -> None:
    with OddServer() as source, OddServer(refusing(("INBOX", "Bad"))) as destination:
        source.folder().add(b"Subject: a\r\n\r\n1", ("Bad", "Good", "\\Seen"), DATE)
        migration = between(source, destination, state_dir)

        first, second = passes(migration)

        assert first["warnings"] == ["INBOX: the destination does not take the keywords Bad, Good"]
        assert counts(second) == {"already_there": 1, "flags_updated": 1}
        assert [each.flags for each in destination.folder().messages] == [{"\\Seen", "Good"}]
        assert told(compare(migration)) == []
        assert migration.run()["changed"] is False


def test_refusal_that_passes_by_itself_costs_no_keyword(state_dir: Path) -> None:
    trouble = iter([b"NO [SERVERBUG] Internal error", b"", b"NO [SERVERBUG] Internal error", b""])
    with OddServer() as source, OddServer(
        Oddities(judge_flags=lambda _folder, flags: next(trouble) if "Work" in flags else b"")
    ) as destination:
        source.folder().add(b"Subject: a\r\n\r\n1", ("Work",), DATE)
        source.folder().add(b"Subject: b\r\n\r\n2", (), DATE)
        migration = between(source, destination, state_dir)
        first = migration.run()
        source.folder().change(2, flags=frozenset({"Work"}))

        second = migration.run()

        assert first["warnings"] == second["warnings"] == []
        assert [each.flags for each in destination.folder().messages] == [{"Work"}, {"Work"}]
