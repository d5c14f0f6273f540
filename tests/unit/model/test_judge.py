# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The model sees what is wrong: every way to lose, double or alter a message, and to say what is not so."""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest

from tests.model.judge import Memory, PassSeen, World, judge
from tests.model.knowledge import HELD, LEFT, OPEN, Row
from tests.model.state import Item, Place, Snapshot

DAY = datetime.datetime(2020, 5, 17, tzinfo=datetime.UTC)
TARGET = {"INBOX": "INBOX", "Work": "Work"}
SEEN = frozenset({"\\seen"})
NAMES = ("copied", "moved", "flags_updated", "already_there", "matched", "held", "excluded", "failed", "refused",
         "left", "recovered")


def item(folder: str, uid: int, flags: Iterable[str] = SEEN, content: str = "a", received: datetime.datetime = DAY,
         *, is_deleted: bool = False) -> Item:
    return Item(Place(folder, 1, uid), content, frozenset(flags), received, is_deleted)


def side(*items: Item, folders: Iterable[str] = tuple(TARGET)) -> Snapshot:
    return Snapshot(items, dict.fromkeys(folders, 1), frozenset(), str(items))


def row(source: Item, copy: Item | None, **changes: Any) -> Row:
    return replace(Row(source.place, copy.place if copy else None, copy.flags if copy else None), **changes)


def knows(*rows: Row) -> Memory:
    """A journal that knows these rows of the one content, after a pass over all folders."""
    return Memory((World(False, {"a": frozenset({frozenset(rows)})}),), frozenset(TARGET))


def result(seen: PassSeen, **counts: int) -> dict[str, Any]:
    """A result with these counts, the rest of the source counted as there already."""
    folders = []
    for name in TARGET:
        there = len(seen.source.in_folder(name))
        done = counts.get(f"in_{name}", 0)
        folders.append({"source": name, **dict.fromkeys(NAMES, 0), "copied": done, "already_there": there - done})
    totals = {name: counts.get(name, 0) for name in NAMES}
    changed = any(totals[name] for name in ("copied", "moved", "flags_updated"))
    return {"complete": True, "changed": changed, "counts": totals, "folders": folders, "failures": []}


def scene(source: Snapshot, before: Snapshot, after: Snapshot, **counts: int) -> PassSeen:
    seen = PassSeen(source, source, before, after, (), TARGET)
    return replace(seen, results=(result(seen, **counts),))


def wrong(seen: PassSeen, memory: Memory) -> list[str]:
    return [complaint.kind for complaint in judge(seen, memory)[0]]


A = item("INBOX", 1)
COPY = item("INBOX", 7)
KNOWN = knows(row(A, COPY))


def test_first_pass_that_brings_the_message_is_right() -> None:
    assert wrong(scene(side(A), side(), side(COPY), copied=1, in_INBOX=1), Memory()) == []


@pytest.mark.parametrize(("after", "kind"), [
    ((), "lost"),
    ((COPY, item("INBOX", 8)), "doubled"),
    ((item("Work", 7),), "altered"),
    ((item("INBOX", 7, ()),), "altered"),
    ((item("INBOX", 7, is_deleted=True),), "altered"),
    ((item("INBOX", 7, received=DAY.replace(year=2021)),), "altered"),
    ((item("INBOX", 7, content="b"),), "lost"),
])
def test_first_pass_that_does_anything_else_is_wrong(after: tuple[Item, ...], kind: str) -> None:
    assert kind in wrong(scene(side(A), side(), side(*after), copied=1, in_INBOX=1), Memory())


def test_nothing_new_is_nothing_done() -> None:
    assert wrong(scene(side(A), side(COPY), side(COPY)), KNOWN) == []


@pytest.mark.parametrize("after", [(), (COPY, item("INBOX", 8)), (item("Work", 1),), (item("INBOX", 7, ()),)])
def test_copy_that_changes_for_no_reason_is_wrong(after: tuple[Item, ...]) -> None:
    assert wrong(scene(side(A), side(COPY), side(*after)), KNOWN)


@pytest.mark.parametrize("before", [(), (item("Work", 1),)])
def test_what_the_user_moved_or_removed_must_not_come_back(before: tuple[Item, ...]) -> None:
    stays, back = scene(side(A), side(*before), side(*before)), scene(side(A), side(*before), side(*before, COPY))

    assert wrong(stays, KNOWN) == []
    assert "doubled" in wrong(back, KNOWN)


def test_mail_of_others_stays() -> None:
    own = item("INBOX", 9, content="own")

    assert wrong(scene(side(A), side(COPY, own), side(COPY, own)), KNOWN) == []
    assert "lost" in wrong(scene(side(A), side(COPY, own), side(COPY)), KNOWN)


def test_changed_flags_of_the_source_must_arrive_where_the_copy_has_the_base() -> None:
    source, updated = side(item("INBOX", 1, ())), side(item("INBOX", 7, ()))

    assert wrong(scene(source, side(COPY), updated, flags_updated=1), KNOWN) == []
    assert wrong(scene(source, side(COPY), side(COPY)), KNOWN) == ["altered"]


def test_flags_that_the_user_changed_must_stay() -> None:
    source, user = side(item("INBOX", 1, ())), side(item("INBOX", 7, ("\\flagged",)))

    assert wrong(scene(source, user, user), KNOWN) == []
    assert "altered" in wrong(scene(source, user, side(item("INBOX", 7, ())), flags_updated=1), KNOWN)


def test_copy_must_follow_a_moved_message_and_only_that_of_nobody_else() -> None:
    source, moved = side(item("Work", 1)), side(item("Work", 3))
    touched = side(item("INBOX", 7, ("\\flagged",)))

    assert wrong(scene(source, side(COPY), moved, moved=1), KNOWN) == []
    assert wrong(scene(source, side(COPY), side(COPY)), KNOWN) == ["altered"]
    assert "doubled" in wrong(scene(source, side(COPY), side(COPY, item("Work", 3)), copied=1), KNOWN)
    assert wrong(scene(source, touched, touched), KNOWN) == []
    assert "altered" in wrong(scene(source, touched, side(item("Work", 3, ("\\flagged",))), moved=1), KNOWN)


def test_new_twin_must_be_copied_wherever_the_user_filed_the_old_one() -> None:
    source, filed = side(A, item("INBOX", 2)), side(item("Work", 5))

    assert wrong(scene(source, filed, side(item("Work", 5), COPY), copied=1, in_INBOX=1), KNOWN) == []
    assert "lost" in wrong(scene(source, filed, filed), KNOWN)


def test_twins_may_be_told_apart_either_way_after_a_renumbering() -> None:
    memory = knows(row(A, COPY), row(item("INBOX", 2, ()), item("INBOX", 8, ())))
    source = side(*(replace(each, place=each.place._replace(uidvalidity=2)) for each in (A, item("INBOX", 2, ()))))
    there = side(COPY, item("INBOX", 8, ()))

    assert wrong(scene(source, there, there), memory) == []
    assert "doubled" in wrong(scene(source, there, side(*there.items, item("INBOX", 9)), copied=1), memory)


def test_lost_journal_matches_what_is_there_and_holds_the_rest() -> None:
    other = item("INBOX", 2, content="b")
    source, there = side(A, other), side(COPY)

    held, memory = judge(scene(source, there, there, matched=1, held=1), Memory())
    copied = scene(source, there, side(COPY, item("INBOX", 8, content="b")), matched=1, copied=1, in_INBOX=1)

    assert held == []
    assert {each.state for each in next(iter(memory.worlds[0].of("b")))} == {HELD}
    assert wrong(copied, Memory()) == []  # it never was there
    assert wrong(copied, Memory(copied={"a": 1, "b": 1})) == ["altered"]
    assert wrong(replace(copied, recopy=True), Memory(copied={"a": 1, "b": 1})) == []


def test_copy_of_a_killed_pass_must_be_found() -> None:
    killed = PassSeen(side(A), side(A), side(), side(COPY), (None,), TARGET, faulty=True)
    complaints, memory = judge(killed, Memory())

    assert complaints == []
    assert {each.state for world in memory.worlds for rows in world.of("a") for each in rows} == {"sent", OPEN}
    assert wrong(scene(side(A), side(COPY), side(COPY)), memory) == []
    assert "doubled" in wrong(scene(side(A), side(COPY), side(COPY, item("INBOX", 8)), copied=1), memory)


def test_moved_copy_of_a_twin_may_be_taken_for_what_a_killed_pass_was_about_to_send_if_its_date_fits() -> None:
    """Nobody can tell it from a message that was stored, and a twin that was removed."""
    twin, memory = item("Work", 2), knows(row(A, COPY))
    killed = PassSeen(side(A, twin), side(A, twin), side(COPY), side(COPY), (None,), TARGET, faulty=True)
    moved, older = item("Work", 5), item("Work", 5, received=DAY.replace(year=2019))

    complaints, after = judge(killed, memory)

    assert complaints == []
    assert wrong(scene(side(A, twin), side(moved), side(moved)), after) == []
    assert "lost" in wrong(scene(side(A, twin), side(moved), side(moved)), memory)  # nothing was begun
    assert "lost" in wrong(scene(side(A, twin), side(older), side(older)), after)
    assert "lost" in wrong(scene(side(A, twin), side(), side()), after)


def test_killed_pass_may_leave_things_undone_and_nothing_wrong() -> None:
    def killed(*after: Item) -> PassSeen:
        return PassSeen(side(A), side(A), side(), side(*after), (None,), TARGET, faulty=True)

    assert wrong(killed(), Memory()) == []
    assert wrong(killed(COPY, item("INBOX", 8)), Memory()) == ["doubled"]
    assert wrong(killed(item("INBOX", 7, ())), Memory()) == ["altered"]


def test_emptied_source_must_change_nothing_and_be_told() -> None:
    quiet = scene(side(), side(COPY), side(COPY))
    told = replace(quiet, results=({**result(quiet), "complete": False, "failed": True},))

    assert wrong(told, KNOWN) == []
    assert wrong(quiet, KNOWN) == ["result"]
    assert "result" in wrong(scene(side(), side(COPY), side()), KNOWN)


@pytest.mark.parametrize("counts", [{}, {"copied": 2, "in_INBOX": 1}, {"copied": 1, "in_INBOX": 1, "moved": 1}])
def test_result_must_tell_what_happened(counts: dict[str, int]) -> None:
    seen = scene(side(A), side(), side(COPY), **counts)

    assert "result" in wrong(seen, Memory())


def test_result_must_count_every_message_of_a_folder() -> None:
    seen = scene(side(A), side(COPY), side(COPY))
    told = result(seen)
    too_many = {**told, "folders": [{**folder, "already_there": 5} for folder in told["folders"]]}

    assert wrong(replace(seen, results=(too_many,)), KNOWN) == ["result", "result"]


def test_pass_without_a_fault_must_be_complete() -> None:
    seen = scene(side(A), side(COPY), side(COPY))

    broken_off = {**result(seen), "complete": False}

    assert "result" in wrong(replace(seen, results=(broken_off,)), KNOWN)


def test_source_must_stay_as_it_is() -> None:
    seen = scene(side(A), side(COPY), side(COPY))

    assert wrong(replace(seen, source_after=side(item("INBOX", 1, ()))), KNOWN) == ["source"]


def test_folder_that_the_user_removed_must_not_come_back() -> None:
    here, less = side(COPY), side(COPY, folders=("INBOX",))

    assert wrong(scene(side(A), less, less), KNOWN) == []
    assert "folders" in wrong(scene(side(A), less, here), KNOWN)
    assert "folders" in wrong(scene(side(A), here, less), KNOWN)


def test_folder_that_is_new_at_the_source_must_arrive() -> None:
    less = side(COPY, folders=("INBOX",))

    assert "folders" in wrong(scene(side(A), less, less), replace(KNOWN, worked_off=frozenset({"INBOX"})))


def test_removed_folder_may_come_back_with_a_message_that_moved_there() -> None:
    less, moved = side(COPY, folders=("INBOX",)), side(item("Work", 3))

    assert wrong(scene(side(item("Work", 1)), less, moved, moved=1), KNOWN) == []


def test_keywords_may_miss_where_the_server_refused_them_and_not_elsewhere() -> None:
    source, there = side(item("INBOX", 1, ("\\seen", "work"))), side(COPY)
    quiet = scene(source, side(), there, copied=1, in_INBOX=1)

    assert wrong(quiet, Memory()) == ["altered"]
    complaints, memory = judge(replace(quiet, faulty=True), Memory())
    assert complaints == []
    assert wrong(scene(source, there, there), memory) == ["altered"]


def test_lost_journal_brings_back_mail_of_a_folder_only_where_no_folder_is_left() -> None:
    """That is what a mailbox looks like, too, of which another tool brought the INBOX alone."""
    source, there = side(A, item("Work", 2, content="b")), side(COPY, folders=["INBOX"])
    after = side(COPY, item("Work", 8, content="b"))
    copied = replace(scene(source, there, after, matched=1, copied=1, in_Work=1), made=frozenset({"Work"}))
    memory = Memory(copied={"a": 1, "b": 1})

    assert wrong(copied, memory) == []
    assert "altered" in wrong(replace(copied, before=replace(there, folders={"INBOX": 1, "Work": 1})), memory)
    assert "altered" in wrong(replace(copied, made=frozenset({"Work", "Leads"}),
                                      before=replace(there, folders={"INBOX": 1, "Leads": 1})), memory)


def test_move_that_broke_off_between_its_two_halves_must_be_ended_by_the_next_pass() -> None:
    """The new copy is there, and the old one goes, unless its user has touched it since."""
    moved, both = item("Work", 3), side(COPY, item("Work", 9))
    killed = PassSeen(side(moved), side(moved), side(COPY), both, (None,), TARGET, faulty=True)
    complaints, memory = judge(killed, KNOWN)
    read, ended = item("INBOX", 7, ()), side(item("Work", 9))

    assert complaints == []
    assert wrong(scene(side(moved), both, ended, moved=1), memory) == []
    assert "lost" in wrong(scene(side(moved), both, side(COPY), moved=1), memory)
    touched = side(read, item("Work", 9))
    assert wrong(scene(side(moved), touched, touched), memory) == []
    half = knows(row(moved, item("Work", 9)), row(moved, COPY, state=LEFT))
    assert wrong(scene(side(moved), both, ended, moved=1), half) == []
    assert wrong(scene(side(moved), both, both), half) == ["altered"]
