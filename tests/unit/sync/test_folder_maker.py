# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Destinations of every kind that refuse names, in memory: what is made, what is said, and what the next pass finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import replace
from functools import partial
from typing import Any, cast

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import FolderRefused, NameRefused
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_plan import plan_folders
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import (
    Folder,
    FolderPlan,
    FolderRules,
    Side,
)
from ansible_collections.mailops.migration.plugins.module_utils.imap.session import Session
from ansible_collections.mailops.migration.plugins.module_utils.sync.folder_maker import FolderMaker
from ansible_collections.mailops.migration.plugins.module_utils.sync.request import SyncResult
from hypothesis import given
from hypothesis import strategies as st

Takes = Callable[[str], bool]


class Destination:
    """A server that creates what ``takes`` lets pass, as ``spelled``; with ``alike`` names are the same for it."""

    def __init__(self, takes: Takes = lambda name: True, *, delimiter: str = "/", prefix: str = "",
                 alike: Callable[[str], str] = str, spelled: Callable[[str], str] = str) -> None:
        self.names = {"INBOX"}
        self.tried: list[str] = []
        self.error: type[FolderRefused] = NameRefused
        self._takes, self._alike, self._spelled = takes, alike, spelled
        self._delimiter, self._prefix = delimiter, prefix

    def create(self, name: str) -> bool:
        self.tried.append(name)
        if self.has_folder(name):
            return False
        if not self._takes(name):
            raise self.error("no such name here")
        self.names.add(self._spelled(name))
        return True

    def create_ahead(self, names: Sequence[str]) -> tuple[list[str], None]:
        made = []
        for name in names:
            with suppress(FolderRefused):
                made += [name] if self.create(name) else []
        return made, None

    def has_folder(self, name: str) -> bool:
        return self._alike(name) in map(self._alike, self.names)

    def list_names(self) -> frozenset[str]:
        return frozenset(self.names)

    def list_side(self) -> tuple[Side, dict[str, Any]]:
        folders = tuple(Folder(name, self._delimiter) for name in sorted(self.names))
        return Side(folders, self._delimiter, self._prefix), {}

    def aliases(self, plan: FolderPlan, side: Side) -> Iterator[tuple[str, str]]:
        return Session.aliases(cast(Session, self), plan, side)

    def subscribe(self, names: Sequence[str]) -> dict[str, FolderRefused]:
        assert all(map(self.has_folder, names))
        return {name: FolderRefused("no subscriptions here") for name in names if name == "Unsubscribed"}


def run(destination: Destination, *names: str, delimiter: str = "/") -> tuple[SyncResult, dict[str, str]]:
    """One pass over these source folders: what it did, and where they went."""
    source = Side(tuple(Folder(name, delimiter, subscribed=True) for name in names), delimiter)
    result = SyncResult()
    make_plan = partial(plan_folders, source, rules=FolderRules())
    side = destination.list_side()[0]
    maker = FolderMaker(cast(Session, destination), side, make_plan, result, writing=True)
    pairs = maker.make(())
    result.plan = maker.plan
    return result, {pair.source: pair.destination for pair in pairs}


def looked_up(destination: Destination, *names: str) -> dict[str, str]:
    """Where the folders are by a plan alone, as check mode and the comparison make it: nothing is tried."""
    source = Side(tuple(Folder(name, "/", subscribed=True) for name in names), "/")
    side = destination.list_side()[0]
    plan = plan_folders(source, side, FolderRules())
    plan = plan_folders(source, replace(side, aliases=tuple(destination.aliases(plan, side))), FolderRules())
    return {pair.source: pair.destination for pair in plan.pairs}


def notes(result: SyncResult) -> str:
    return "\n".join(result.plan.notes) if result.plan else ""


def levels(limit: int) -> Takes:
    return lambda name: name.count("/") < limit


def test_refused_name_goes_to_another_one_that_every_pass_finds_again() -> None:
    destination = Destination(lambda name: "." not in name)

    result, places = run(destination, "INBOX", "Dr. Jones", "Dr. Jones/2.5", "Dr_ Jones")
    again, same = run(destination, "INBOX", "Dr. Jones", "Dr. Jones/2.5", "Dr_ Jones")

    assert places["Dr. Jones"].startswith("Dr_ Jones~")
    assert places["Dr. Jones/2.5"].startswith(places["Dr. Jones"] + "/2_5~")
    assert places["Dr_ Jones"] == "Dr_ Jones"
    assert '"Dr. Jones" goes to "Dr_ Jones~' in notes(result)
    assert looked_up(destination, "INBOX", "Dr. Jones", "Dr. Jones/2.5", "Dr_ Jones") == places
    assert (same, again.folders_created, result.tally.failures()) == (places, [], [])
    assert set(result.folders_created) == destination.names - {"INBOX"}


def test_destination_that_nests_no_deeper_gets_the_rest_beside_its_parent() -> None:
    destination = Destination(levels(3))
    tree = ["INBOX", "a", "a/b", "a/b/c", "a/b/c/d", "a/b/c/d/e", "a/b/c/f"]

    result, places = run(destination, *tree)

    assert places["a/b/c"] == "a/b/c"
    assert places["a/b/c/d"].startswith("a/b/c_d~")
    assert places["a/b/c/d/e"].startswith("a/b/c_d_e~")
    assert len(set(places.values())) == len(tree)
    assert all(f'"{name}" goes to' in notes(result) for name in tree[4:])
    assert run(destination, *tree)[1] == places


def test_flat_destination_takes_a_tree_whose_parents_hold_no_messages() -> None:
    destination = Destination(levels(1))
    _unused, places = run(destination, "INBOX", "a/b/c", "INBOX/x")
    assert places["a/b/c"].startswith("a_b_c~")
    assert places["INBOX/x"].startswith("x~")


def test_name_that_is_too_long_for_the_server_is_cut() -> None:
    destination = Destination(lambda name: len(name) <= 120)
    long = "/".join(["x" * 30] * 8)
    result, places = run(destination, "INBOX", long, long + "y")
    assert len(set(places.values())) == 3
    assert result.tally.failures() == []


def test_server_of_ascii_names_gets_ascii_names() -> None:
    destination = Destination(str.isascii)
    _unused, places = run(destination, "INBOX", "Entwürfe 2019", "日本語")
    assert places["Entwürfe 2019"].startswith("Entwrfe2019~")
    assert places["日本語"].startswith("folder~")


def test_server_that_wants_all_below_inbox_gets_it() -> None:
    destination = Destination(lambda name: name.startswith("INBOX/"))
    _unused, places = run(destination, "INBOX", "Work")
    assert places["Work"].startswith("INBOX/Work~")


def test_server_that_wants_parents_first_gets_them() -> None:
    destination = Destination()
    destination._takes = lambda name: "/" not in name or name.rpartition("/")[0] in destination.names
    result, places = run(destination, "INBOX", "a/b/c")
    assert places["a/b/c"] == "a/b/c"
    assert result.folders_created == ["a", "a/b", "a/b/c"]


def test_names_that_differ_in_case_are_merged_where_the_server_knows_no_case() -> None:
    destination = Destination(alike=str.casefold)

    result, places = run(destination, "INBOX", "Work", "work", "work/x", "Work/x")
    again, same = run(destination, "INBOX", "Work", "work", "work/x", "Work/x")

    assert places == {"INBOX": "INBOX", "Work": "Work", "work": "Work", "work/x": "Work/x", "Work/x": "Work/x"}
    assert destination.names == {"INBOX", "Work", "Work/x"}
    assert '"Work" and "work" are merged into "Work"' in notes(result)
    assert (same, again.folders_created) == (places, [])


def test_names_that_differ_in_case_stay_apart_elsewhere() -> None:
    _unused, places = run(Destination(), "INBOX", "Work", "work")
    assert places["work"] == "work"


def test_server_that_changes_case_or_adds_a_prefix_is_followed() -> None:
    lower = Destination(alike=str.lower, spelled=str.lower)
    assert run(lower, "INBOX", "Work")[1] == run(lower, "INBOX", "Work")[1] == {"INBOX": "INBOX", "Work": "work"}
    assert run(lower, "INBOX", "Work")[0].folders_created == []


def test_server_that_says_ok_and_makes_nothing_is_reported() -> None:
    destination = Destination(spelled=lambda name: "Elsewhere")
    result, places = run(destination, "INBOX", "Work")
    assert places == {"INBOX": "INBOX"}
    (failure,) = result.tally.failures()
    assert failure.folder == "Work"
    assert "does not list it" in failure.reason


def test_folder_that_nothing_can_be_made_for_is_reported_and_the_others_go_on() -> None:
    destination = Destination(lambda name: name == "Good")

    result, places = run(destination, "INBOX", "Bad", "Bad/child", "Good")

    assert set(places) == {"INBOX", "Good"}
    assert {failure.folder for failure in result.tally.failures()} == {"Bad", "Bad/child"}
    assert all("no such name here" in failure.reason for failure in result.tally.failures())
    assert all("folders.rename" in failure.remedy for failure in result.tally.failures())


def test_server_that_makes_no_folder_at_all_is_not_asked_for_each_of_many() -> None:
    destination = Destination(lambda name: False)
    result, _unused = run(destination, "INBOX", *(f"F{number}" for number in range(200)))
    assert len(destination.tried) < 450
    assert len(result.tally.failures()) == 200


def test_refusal_for_another_reason_than_the_name_is_not_evaded() -> None:
    destination = Destination(lambda name: False)
    destination.error = FolderRefused
    result, _unused = run(destination, "INBOX", "Work")
    assert set(destination.tried) == {"Work"}
    assert len(result.tally.failures()) == 1


LEVEL = st.one_of(
    st.sampled_from(["Work", "work", "Dr. Jones", "a_b", "a.b", "Entwürfe", "x" * 60, "2019", "Inbox", "cur", "~x"]),
    st.text(st.characters(codec="utf-8"), min_size=1, max_size=5),
).map(lambda level: level.replace("/", "|"))  # fmt: skip
TREES = st.lists(st.lists(LEVEL, min_size=1, max_size=6).map("/".join), max_size=12, unique=True)
SERVERS = st.fixed_dictionaries({
    "refused": st.sampled_from(["", ".", "._ ", "~", "abcdef"]), "depth": st.integers(1, 6),
    "length": st.integers(45, 300), "ascii": st.booleans(), "case": st.booleans(),
})  # fmt: skip


def server(rules: dict[str, Any]) -> Destination:
    def takes(name: str) -> bool:
        return (not set(rules["refused"]) & set(name.partition("~")[0]) and levels(rules["depth"])(name)
                and len(name.encode()) <= rules["length"] and (not rules["ascii"] or name.isascii()))

    return Destination(takes, alike=str if rules["case"] else str.casefold)


@given(TREES, SERVERS)
def test_any_tree_finds_its_place_on_any_server_and_keeps_it(tree: list[str], rules: dict[str, Any]) -> None:
    destination = server(rules)
    tree = sorted({"INBOX", *tree})

    first, places = run(destination, *tree)
    second, same = run(destination, *tree)

    reported = {failure.folder for failure in first.tally.failures()}
    assert first.plan is not None
    assert set(places) | reported == {pair.source for pair in first.plan.pairs}
    assert same == places
    assert places.items() <= looked_up(destination, *tree).items()
    assert second.folders_created == []
    assert set(places.values()) <= destination.names
    for name in places.values():
        shared = [source for source, place in places.items() if place == name]
        assert len(shared) == 1 or all(f'"{source}"' in notes(first) for source in shared)


def test_refused_subscription_is_reported_and_the_folder_is_there() -> None:
    result, places = run(Destination(), "INBOX", "Unsubscribed", "Work")
    assert result.folders_subscribed == ["INBOX", "Work"]
    assert [failure.folder for failure in result.tally.failures()] == ["Unsubscribed"]
    assert "Unsubscribed" in places


def test_check_mode_makes_nothing() -> None:
    destination = Destination()
    source = replace(destination.list_side()[0], folders=(Folder("Work", "/"),))
    make_plan = partial(plan_folders, source, rules=FolderRules())
    result = SyncResult()
    FolderMaker(cast(Session, destination), destination.list_side()[0], make_plan, result, writing=False).make(())
    assert (destination.tried, result.folders_created) == ([], ["Work"])


@pytest.mark.parametrize("seen", [True, False])
def test_folder_that_the_user_removed_is_made_again_only_for_new_messages(seen: bool) -> None:
    destination = Destination()
    source = Side((Folder("Work", "/"),), "/")
    maker = FolderMaker(cast(Session, destination), destination.list_side()[0],
                        partial(plan_folders, source, rules=FolderRules()), SyncResult(), writing=True)  # fmt: skip
    assert [pair.source for pair in maker.make({"Work"} if seen else ())] == ["Work"]
    assert ("Work" in destination.names) is not seen
