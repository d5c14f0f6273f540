# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dates, flags, sizes and refusals of servers that keep to no RFC: what can be kept is kept, the rest is told."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from tests.support.compare_runner import compare, explained, told
from tests.support.dovecot import DovecotServer
from tests.support.odd_server import OddServer
from tests.support.odd_store import ARRIVAL, CAPABILITIES, Arriving, Oddities
from tests.support.plain_imap import PlainImap
from tests.support.sync_runner import Migration, counts

USER = "user@example.com"
DATE = b"01-Feb-2024 10:00:00 +0130"
KEPT = (DATE, b" 1-Feb-2024 10:00:00 +0130", b"01-Feb-2024 10:00:00 -0000", b"01-Feb-2024 10:00:00 -1200",
        b"29-Feb-2024 23:59:59 +1400", b"02-Jan-1970 00:00:00 +0000")
RESPELLED = {
    b"1-Feb-2024 10:00:00 +0000": b"01-Feb-2024 10:00:00 +0000",
    b"01-feb-2024 10:00:00 +0000": b"01-Feb-2024 10:00:00 +0000",
    b"31-Dec-2016 23:59:60 +0000": b"31-Dec-2016 23:59:59 +0000",
}
UNUSABLE = (b"NIL", b"", b"01-Jan-1970 00:00:00 +0000", b"31-Dec-1899 00:00:00 +0000", b"01-Jan-0001 00:00:00 +0000",
            b"01-Jan-9999 00:00:00 +0000", b"01-Feb-2024 10:00:00 +9999", b"01-Feb-2024 10:00:00 +01",
            b"30-Feb-2024 10:00:00 +0000", b"01-Feb-2024 24:00:00 +0000", b"01-Feb-2024 10:00:00 GMT", b"yesterday",
            b"01-M\xe4r-2024 10:00:00 +0000", b"00-Feb-2024 10:00:00 +0000")
HEADERS = {
    b"Date: Tue, 06 Mar 2018 12:00:00 +0330\r\n": b"06-Mar-2018 12:00:00 +0330",
    b"Received: by a; Mon, 05 Mar 2018 11:00:00 +0200\r\nReceived: by b; Mon, 06 Mar 2017 11:00:00 +0200\r\n":
        b"05-Mar-2018 11:00:00 +0200",
    b"Date: never\r\nSubject: none\r\n": ARRIVAL,
}


def between(source: OddServer, destination: OddServer | DovecotServer, state_dir: Path, user: str = USER) -> Migration:
    return Migration(source, destination, user, state_dir)


@pytest.mark.parametrize("header", HEADERS)
def test_possible_dates_are_kept_and_others_come_from_the_header(header: bytes, state_dir: Path) -> None:
    wanted = {**dict.fromkeys(UNUSABLE, HEADERS[header]), **RESPELLED, **{date: date for date in KEPT}}
    with OddServer() as source, OddServer() as destination:
        for date in wanted:
            source.folder().add(header + b"X-Internal: " + date + b"\r\n\r\nbody", (), date)
        migration = between(source, destination, state_dir)

        assert counts(migration.run()) == {"copied": len(wanted)}

        found = {each.content.split(b"X-Internal: ")[1].split(b"\r\n")[0]: each.received
                 for each in destination.folder().messages}
        assert found == wanted
        assert destination.complaints == []
        for journal in (True, False):
            verdict = compare(migration, journal=journal)
            assert told(verdict) == []
            assert [(kind, count) for kind, _unused, count in explained(verdict)] == [("dates_differ", len(UNUSABLE))]


def test_destination_that_keeps_no_dates_fails_the_proof(state_dir: Path) -> None:
    with OddServer() as source, OddServer(Oddities(keeps_dates=False)) as destination:
        source.folder().add(b"Subject: a\r\n\r\nbody", (), DATE)
        migration = between(source, destination, state_dir)

        migration.run()

        assert told(compare(migration)) == [("dates_differ", "INBOX")]


STRANGE = {
    "kept": (("$Forwarded",), ("$FORWARDED", "NonJunk"), ("a[b",), ("$",), ("NIL",),
             tuple(f"kw{n}" for n in range(70))),
    "dropped": (("a]b",), ("\xe9t\xe9",), ("a(b",), ("a%b",), ('a"b',), ("a\\b",), ("*",), ("\\XYZ",), ("\\*",)),
}


def test_keywords_that_are_no_atoms_are_dropped_and_named_and_all_others_arrive(state_dir: Path) -> None:
    with OddServer() as source, OddServer() as destination:
        for flags in STRANGE["kept"] + STRANGE["dropped"] + (("\\Recent", "\\Seen"),):
            source.folder().add(f"X: {flags}\r\n\r\n".encode(), flags, DATE)
        migration = between(source, destination, state_dir)

        result = migration.run()

        found = [each.flags for each in destination.folder().messages]
        seen = frozenset({"\\Seen"})
        assert found == [*map(frozenset, STRANGE["kept"]), *[frozenset()] * len(STRANGE["dropped"]), seen]
        assert destination.complaints == []
        for (word,) in STRANGE["dropped"]:
            assert any(word in warning for warning in result["warnings"])
        assert told(compare(migration)) == []


def test_keyword_that_the_server_refuses_costs_no_other_flag_in_any_pass(
    destination_server: DovecotServer, mailbox_name: str, state_dir: Path
) -> None:
    """Dovecot takes no keyword of more than 50 characters."""
    with OddServer() as source:
        source.folder().add(b"Subject: a\r\n\r\n1", ("k" * 60, "\\Seen"), DATE)
        source.folder().add(b"Subject: b\r\n\r\n2", (), DATE)
        migration = between(source, destination_server, state_dir, mailbox_name)
        migration.run()
        source.folder().change(2, flags=frozenset({"l" * 60, "Work", "\\Flagged"}))
        source.folder().add(b"Subject: c\r\n\r\n3", ("\\Answered",), DATE)

        result, again = migration.run(), migration.run()

        assert counts(result) == {"already_there": 2, "copied": 1, "flags_updated": 1}
        assert any(f"keyword {'l' * 60}" in warning for warning in result["warnings"])
        assert (counts(again), again["changed"], again["failures"]) == ({"already_there": 3}, False, [])
        flags = [each.flags for each in migration_flags(migration)]
        assert flags == [{"\\Seen"}, {"\\Flagged", "Work"}, {"\\Answered"}]
        verdict = compare(migration)
        assert (told(verdict), [count for _unused, _unused, count in explained(verdict)]) == ([], [1, 1])


def migration_flags(migration: Migration) -> list[Any]:
    with PlainImap(migration.arguments()["destination"]) as client:
        return list(client.fetch_all("INBOX"))


def refusing(*marks: bytes) -> Callable[[Arriving], bytes]:
    """A server that takes no message with one of these in it, each with its own words."""
    def judge(message: Arriving) -> bytes:
        found = next((mark for mark in marks if mark in message.content), b"")
        return b"NO [CANNOT] invalid message, " + found if found else b""

    return judge


@pytest.mark.parametrize("capabilities", [CAPABILITIES, ("LITERAL+",), ()])
@pytest.mark.parametrize("bad", [{1}, {15}, {30}, {1, 2, 15, 16, 30}, set(range(1, 31)), set(range(2, 31, 2))])
def test_refused_messages_are_listed_and_cost_no_other(
    bad: set[int], capabilities: tuple[str, ...], state_dir: Path
) -> None:
    judge = refusing(b"bad header: \xff", b"bad size")
    with OddServer() as source, OddServer(Oddities(capabilities, judge=judge)) as destination:
        for number in range(1, 31):
            mark = b"bad size" if number % 2 else b"bad header: \xff"
            source.folder().add(b"N: %d\r\n\r\n" % number + (mark if number in bad else b"good"), (), DATE)
        source.folder("Leads").add(b"N: 99\r\n\r\n", (), DATE)
        migration = between(source, destination, state_dir)

        result, again = migration.run(), migration.run()

        expected = {name: value for name, value in (("copied", 31 - len(bad)), ("refused", len(bad))) if value}
        assert counts(result) == expected
        assert {(item["folder"], item["uid"], item["kind"]) for item in result["failures"]} == {
            ("INBOX", number, "refused") for number in bad}
        assert all("invalid message, bad" in item["reason"] and len(item["digest"]) == 64
                   for item in result["failures"])
        assert counts(again) == {"already_there": 31 - len(bad), "refused": len(bad)}
        assert len(destination.folder().messages) == 30 - len(bad)
        assert told(compare(migration)) == [("missing", "INBOX")] * len(bad)


def test_source_that_shows_less_than_it_counts_or_keeps_content_back_is_told(state_dir: Path) -> None:
    oddities = Oddities(shown=7, withheld=frozenset({2}), given_as=lambda each: None if each.uid == 3 else each.content)
    with OddServer(oddities) as source, OddServer() as destination:
        for number in range(10):
            source.folder().add(b"N: %d\r\n\r\n" % number, (), DATE)
        migration = between(source, destination, state_dir)

        result, again = migration.run(), migration.run()

        for each in (result, again):
            reasons = {(item["folder"], item["uid"]): item["reason"] for item in each["failures"]}
            assert reasons[("INBOX", 0)] == "the server shows 3 messages less than it counts"
            assert reasons.keys() == {("INBOX", 0), ("INBOX", 2), ("INBOX", 3)}
        assert len(destination.folder().messages) == 5
        verdict = compare(migration)
        assert ("unreadable", "INBOX") in told(verdict)
        source.oddities = replace(oddities, shown=2**32, withheld=frozenset(), given_as=lambda each: each.content)
        assert counts(migration.run()) == {"already_there": 5, "copied": 5}
        assert told(compare(migration)) == []


def test_proof_asks_each_folder_which_flags_it_keeps(state_dir: Path) -> None:
    """Leads keeps no keywords and drops them without a word, as a folder does whose table of keywords is full."""
    with OddServer() as source, OddServer(Oddities(permanent={"Leads": "\\Seen \\Answered"})) as destination:
        for folder in ("INBOX", "Leads"):
            source.folder(folder).add(b"Subject: a\r\n\r\nbody", ("Work", "\\Seen"), DATE)
        migration = between(source, destination, state_dir)
        migration.run()
        destination.folder("Leads").change(1, flags=frozenset({"\\Seen"}))

        assert (told(compare(migration)), explained(compare(migration))) == ([], [])
        destination.folder().change(1, flags=frozenset({"\\Seen"}))
        assert told(compare(migration, journal=False)) == [("flags_differ", "INBOX")]


@pytest.mark.parametrize("bad", ["", "Leads"])
def test_folders_lie_below_inbox_where_the_server_wants_that_and_tells_no_namespaces(bad: str, state_dir: Path) -> None:
    """``bad`` is a name that it takes nowhere."""
    def judge(name: str) -> bytes:
        return b"" if name.startswith("INBOX/") and name.split("/")[1] != bad else b"NO Invalid mailbox name"

    names = ("INBOX", "Leads", "Work", "Work/2024", "Zettel")
    with OddServer() as source, OddServer(Oddities(judge_name=judge)) as destination:
        for number, name in enumerate(names):
            source.folder(name).add(b"N: %d\r\n\r\n" % number, (), DATE)
        migration = between(source, destination, state_dir)

        result, again = migration.run(), migration.run()

        assert (counts(result), counts(again), again["changed"]) == ({"copied": 5}, {"already_there": 5}, False)
        expected = {"INBOX", *(f"INBOX/{name}" for name in names[1:] if name != bad)}
        assert {name for name in destination.store.folders if "~" not in name} == expected
        assert len(destination.store.folders) == len(names)
        assert told(compare(migration)) == []
