# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The archiver killed -9, cut off and refused at any point: another run ends as one would have."""

from __future__ import annotations

import itertools
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.archive.engine import archive_mailbox
from ansible_collections.mailops.migration.plugins.module_utils.support.archive_task import archive_request

from tests.support.archive_runner import TODAY, Archiving, checked_arguments, over_years
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.mail_maker import with_twins
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import Cut, Fault, Place, Stall, answer, at_command, before_answer, hide_append_uid

MOVE, COPY = ("IMAP4rev1", "MOVE", "UIDPLUS"), ("IMAP4rev1", "UIDPLUS")
# Below the threshold before the last year is gone.
FOLDERS = (
    with_twins(over_years(("INBOX",), (2019, 2020, 2021, 2026), "killed", 3)),
    over_years(("Leads",), (2019, 2020, 2021, 2026), "killed", 3),
)
LIMIT = {"threshold": 10}
PATHS = (("INBOX",), ("Leads",))
POINTS = {
    MOVE: [at_command("UID MOVE", 3), before_answer("UID MOVE", 1), before_answer("UID MOVE", 3),
           before_answer("CREATE")],
    COPY: [at_command("UID COPY", 4), before_answer("UID COPY", 1), before_answer("UID COPY", 3),
           before_answer("UID STORE", 2), before_answer("UID EXPUNGE", 3)],
}
CASES = [(names, place) for names, places in POINTS.items() for place in places]


@pytest.fixture(scope="module")
def servers() -> Iterator[dict[tuple[str, ...], DovecotServer]]:
    """A server with MOVE, and one with UIDPLUS alone."""
    shapes = {names: DovecotShape(separator=".", layout="maildir++", fsync="never", capabilities=names)
              for names in POINTS}
    with DovecotServer(shapes[MOVE]) as moving, DovecotServer(shapes[COPY]) as copying:
        yield {MOVE: moving, COPY: copying}


def named(case: object) -> str:
    if isinstance(case, Place):
        return f"{case.point.name.lower()}-{case.verb.replace(' ', '-')}-{case.number}"
    return "move" if "MOVE" in str(case) else "copy"


@pytest.mark.parametrize("names, place", CASES, ids=named)
def test_killed_run_and_another_end_as_one_would_have(
    names: tuple[str, ...], place: Place, servers: dict[tuple[str, ...], DovecotServer], mailbox_name: str,
    state_dir: Path,
) -> None:
    mailbox = Archiving(servers[names], mailbox_name, state_dir)
    mailbox.fill(*FOLDERS)
    before = mailbox.found()
    with FaultProxy(address(mailbox), Fault(place, Stall())) as proxy:
        engine = mailbox.through(proxy).start(**LIMIT)
        while engine.is_alive() and not proxy.script.fired:
            time.sleep(0.005)
        assert engine.kill()

    result, again = mailbox.run(**LIMIT), mailbox.run(**LIMIT)

    assert result["complete"] and not result["failures"] and not result.get("warnings")
    assert mailbox.found() == mailbox.expected(*FOLDERS, archived=PATHS)
    assert not again["changed"]
    mailbox.run(state="absent")
    assert mailbox.found() == before


@pytest.mark.parametrize("names, place", [(MOVE, before_answer("UID MOVE", 2)), (COPY, before_answer("UID COPY", 2))],
                         ids=named)
def test_lost_connection_is_made_up_for_in_the_same_run(
    names: tuple[str, ...], place: Place, servers: dict[tuple[str, ...], DovecotServer], mailbox_name: str,
    state_dir: Path,
) -> None:
    mailbox = Archiving(servers[names], mailbox_name, state_dir)
    mailbox.fill(*FOLDERS)

    with FaultProxy(address(mailbox), Fault(place, Cut())) as proxy:
        result = mailbox.through(proxy).run(**LIMIT)

    assert result["complete"] and result["interruptions"] == 1
    assert mailbox.found() == mailbox.expected(*FOLDERS, archived=PATHS)
    assert result["counts"]["moved"] + result["counts"]["recovered"] == 19


def test_folder_that_the_server_refuses_holds_up_no_other(
    servers: dict[tuple[str, ...], DovecotServer], mailbox_name: str, state_dir: Path
) -> None:
    mailbox = Archiving(servers[MOVE], mailbox_name, state_dir)
    mailbox.fill(*FOLDERS)

    with FaultProxy(address(mailbox), answer(b"NO [OVERQUOTA] full", "UID MOVE", 2)) as proxy:
        result = mailbox.through(proxy).run(**LIMIT)
    again = mailbox.run(**LIMIT)

    assert [(each["folder"], "full" in each["reason"]) for each in result["failures"]] == [("INBOX", True)]
    assert result["failed"] and result["counts"]["moved"] == 4 + 9
    assert again["counts"]["moved"] == 6
    assert mailbox.found() == mailbox.expected(*FOLDERS, archived=PATHS)


def test_killed_way_back_and_another_end_as_one_would_have(
    servers: dict[tuple[str, ...], DovecotServer], mailbox_name: str, state_dir: Path
) -> None:
    mailbox = Archiving(servers[COPY], mailbox_name, state_dir)
    mailbox.fill(*FOLDERS)
    before = mailbox.found()
    mailbox.run(**LIMIT)
    with FaultProxy(address(mailbox), Fault(before_answer("UID STORE", 2), Stall())) as proxy:
        engine = mailbox.through(proxy).start(state="absent")
        while engine.is_alive() and not proxy.script.fired:
            time.sleep(0.005)
        assert engine.kill()

    mailbox.run(state="absent")

    assert mailbox.found() == before


def test_server_that_tells_no_new_uids_is_asked_for_them(
    servers: dict[tuple[str, ...], DovecotServer], mailbox_name: str, state_dir: Path
) -> None:
    mailbox = Archiving(servers[MOVE], mailbox_name, state_dir)
    mailbox.fill(*FOLDERS)
    before = mailbox.found()
    with FaultProxy(address(mailbox), rewrites=[hide_capabilities_and_uids]) as proxy:
        result = mailbox.through(proxy).run(**LIMIT)
    assert result["counts"]["moved"] == 19 and not result["warnings"]
    mailbox.run(state="absent")
    assert mailbox.found() == before


def hide_capabilities_and_uids(line: bytes) -> bytes:
    """MOVE without UIDPLUS: no COPYUID, tagged or not."""
    bare = line.replace(b" UIDPLUS", b"")
    return b"* OK moved\r\n" if b"[COPYUID " in bare and bare.startswith(b"* OK") else hide_append_uid(bare)


def test_folder_numbered_anew_meanwhile_loses_and_doubles_nothing(
    servers: dict[tuple[str, ...], DovecotServer], mailbox_name: str, state_dir: Path
) -> None:
    mailbox = Archiving(servers[MOVE], mailbox_name, state_dir)
    mailbox.fill(*FOLDERS)
    with FaultProxy(address(mailbox), Fault(before_answer("UID MOVE", 2), Stall())) as proxy:
        engine = mailbox.through(proxy).start(**LIMIT)
        while engine.is_alive() and not proxy.script.fired:
            time.sleep(0.005)
        assert engine.kill()
    servers[MOVE].change_uid_validity(mailbox.user, "INBOX", 4711)

    mailbox.run(threshold=1)

    assert mailbox.found() == mailbox.expected(*FOLDERS, archived=PATHS)


def address(mailbox: Archiving) -> tuple[str, int]:
    return "127.0.0.1", mailbox.server.place.imap_port


def test_deadline_ends_it_between_batches_and_the_next_run_goes_on(
    servers: dict[tuple[str, ...], DovecotServer], mailbox_name: str, state_dir: Path
) -> None:
    mailbox = Archiving(servers[MOVE], mailbox_name, state_dir)
    mailbox.fill(*FOLDERS)
    expected = mailbox.expected(*FOLDERS, archived=PATHS)
    late = mailbox.run(**LIMIT, deadline=TODAY.isoformat())
    assert (late["counts"]["moved"], late["complete"]) == (0, False)
    assert [failure["reason"] for failure in late["failures"]] == ["the deadline is reached"]
    assert [item["reason"] for item in late["over"]] == ["not archived to the end yet"] * 2
    assert mailbox.run(check=True, **LIMIT, deadline=TODAY.isoformat())["complete"]

    # A second passes with each look at the clock.
    request = archive_request(checked_arguments(mailbox.arguments(**LIMIT)), check=False)
    seconds = itertools.count(TODAY.timestamp())
    cut = archive_mailbox(replace(request, deadline=TODAY.timestamp() + 8), now=lambda: next(seconds))
    assert cut.moved > 0 and not cut.complete
    assert cut.over[0][1] == cut.folders[0].left
    assert mailbox.run(**LIMIT)["complete"]
    assert mailbox.found() == expected
