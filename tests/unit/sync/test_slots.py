# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import os
import stat
import time
from contextlib import ExitStack
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError, Stopped
from ansible_collections.mailops.migration.plugins.module_utils.imap.endpoint import Endpoint
from ansible_collections.mailops.migration.plugins.module_utils.sync.limits import Limits
from ansible_collections.mailops.migration.plugins.module_utils.sync.request import SyncRequest
from ansible_collections.mailops.migration.plugins.module_utils.sync.slots import ServerSlots, slots_of

from tests.unit.sync.processes import MODULE_UTILS, line_of, python

HOLD_SLOT = f"""
import sys
from {MODULE_UTILS}.sync.slots import ServerSlots
with ServerSlots(sys.argv[1], "IMAP.example.", 993, 1).one(wait=0) as granted:
    print("held" if granted else "none", flush=True)
    sys.stdin.readline()
"""


def slots(folder: Path, cap: int, host: str = "imap.example", port: int = 993) -> ServerSlots:
    return ServerSlots(str(folder), host, port, cap)


def taken(folder: Path, cap: int) -> bool:
    """Whether no slot is free."""
    with slots(folder, cap).one(wait=0) as granted:
        return not granted


def test_no_more_slots_are_given_than_set(tmp_path: Path) -> None:
    two = slots(tmp_path, 2)
    with two.one(wait=0) as first, two.one(wait=0) as second, two.one(wait=0) as third:
        assert (first, second, third) == (True, True, False)
    with two.one(wait=0) as again:
        assert again


def test_slots_count_across_processes_and_are_freed_by_a_kill(tmp_path: Path) -> None:
    with python(HOLD_SLOT, str(tmp_path)) as holder:
        assert line_of(holder) == "held"
        assert taken(tmp_path, 1)
        holder.kill()
        holder.wait()
        assert not taken(tmp_path, 1)


def test_each_server_has_slots_of_its_own(tmp_path: Path) -> None:
    servers = [("imap.example", 993), ("imap.example", 143), ("../imap.example", 993)]
    with ExitStack() as stack:
        held = [stack.enter_context(slots(tmp_path / "in", 1, *server).one(wait=0)) for server in servers]
    assert held == [True, True, True]
    assert [path.name for path in tmp_path.iterdir()] == ["in"]


def test_tickets_with_different_caps_never_have_more_together_than_the_larger_one(tmp_path: Path) -> None:
    with ExitStack() as stack:
        large = [stack.enter_context(slots(tmp_path, 3).one(wait=0)) for _each in range(2)]
        # The smaller one still finds a slot: the larger one takes those first that only it has.
        small = [stack.enter_context(slots(tmp_path, 1).one(wait=0)) for _each in range(2)]
        assert (large, small) == ([True, True], [True, False])
        assert taken(tmp_path, 3)


def test_slots_made_under_any_umask_may_be_locked_by_every_user(tmp_path: Path) -> None:
    before = os.umask(0o077)
    try:
        with slots(tmp_path, 1).one(wait=0):
            pass
    finally:
        os.umask(before)
    [made] = tmp_path.iterdir()
    assert stat.S_IMODE(made.stat().st_mode) == 0o644
    # Another user may only read it.
    made.chmod(0o444)
    with slots(tmp_path, 1).one(wait=0) as granted:
        assert granted


def test_slot_that_is_no_file_is_not_followed(tmp_path: Path) -> None:
    with slots(tmp_path, 1).one(wait=0):
        pass
    [made] = tmp_path.iterdir()
    made.unlink()
    made.symlink_to(tmp_path / "elsewhere")
    with pytest.raises(ConfigurationError, match="cannot be made"), slots(tmp_path, 1).one(wait=0):
        pass
    assert not (tmp_path / "elsewhere").exists()


def test_folder_that_cannot_be_made_is_told_with_the_setting_that_helps(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(ConfigurationError) as error, slots(tmp_path / "file", 1).one(wait=0):
        pass
    assert error.value.where == str(tmp_path / "file") and "mailops_slots_dir" in error.value.remedy


def test_without_a_limit_there_is_always_a_slot_and_no_file(tmp_path: Path) -> None:
    none = slots(tmp_path, 0)
    with none.one(wait=0) as first, none.one(wait=0) as second:
        assert first and second
    assert list(tmp_path.iterdir()) == []


def test_slot_is_waited_for_no_longer_than_told(tmp_path: Path) -> None:
    one = slots(tmp_path, 1)
    with one.one(wait=0):
        began = time.monotonic()
        with one.one(wait=0.3) as granted:
            assert not granted
        assert 0.3 <= time.monotonic() - began < 30


def test_wait_for_a_slot_ends_when_the_run_is_to_stop(tmp_path: Path) -> None:
    def check() -> None:
        raise Stopped("the deadline is reached")

    one = slots(tmp_path, 1)
    with one.one(wait=0), pytest.raises(Stopped, match="deadline"), one.one(check=check):
        pass


def test_slots_of_a_request_lie_where_it_says_else_by_its_journals_else_nowhere(tmp_path: Path) -> None:
    side = Endpoint(host="imap.example", username="jo", password="x")
    limits = Limits(server_connections=1)
    for state_dir, slots_dir, made in ((f"{tmp_path}/9", f"{tmp_path}/all", "all"), (f"{tmp_path}/9", "", "9/slots")):
        request = SyncRequest("jo@example.net", side, side, state_dir, limits=limits, slots_dir=slots_dir)
        with slots_of(request).one(wait=0):
            pass
        assert [path.name for path in (tmp_path / made).iterdir()] == ["imap.example_993.0.lock"]
    with slots_of(SyncRequest("jo@example.net", side, side, "", limits=limits)).one(wait=0) as granted:
        assert granted
