# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""imap_preflight_info on real servers: what it says would move is what then moves, and nothing is written."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.audit import sample
from ansible_collections.mailops.migration.plugins.module_utils.support.imap_arguments import sync_spec
from ansible_collections.mailops.migration.plugins.module_utils.support.preflight_task import (
    preflight_spec,
    run_preflight,
)
from ansible_collections.mailops.migration.plugins.module_utils.support.sync_task import run_sync

from tests.support import oracle
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import BARE, DovecotShape
from tests.support.fill import fill_maildir
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder

Result = dict[str, Any]
SPEC = MailboxSpec(
    (
        make_folder(("INBOX",), 5, "preflight"),
        make_folder(("Gesendete Elemente",), 2, "preflight"),
        make_folder(("Projects", "Müller"), 3, "preflight"),
        make_folder(("Trash",), 4, "preflight"),
        FolderSpec(("Empty",), subscribed=False),
    )
)
LARGE = b"Subject: a film\r\n\r\n" + b"x" * 70 + b"\r\n" + (b"y" * 70 + b"\r\n") * 40_000


@pytest.fixture
def sides(
    source_server: DovecotServer, destination_server: DovecotServer, mailbox_name: str, tmp_path: Path
) -> dict[str, Any]:
    fill_maildir(source_server, mailbox_name, SPEC)
    return {
        "mailbox": mailbox_name,
        "source": source_server.endpoint(mailbox_name),
        "destination": destination_server.endpoint(mailbox_name),
        "state_dir": str(tmp_path / "state"),
    }


def look(sides: dict[str, Any], **changes: Any) -> Result:
    checked = ArgumentSpecValidator(preflight_spec()).validate({**sides, **changes})
    assert not checked.error_messages, checked.error_messages
    return run_preflight(checked.validated_parameters, check=False)


def sync(sides: dict[str, Any], *, check: bool = False, **changes: Any) -> Result:
    checked = ArgumentSpecValidator(sync_spec()).validate({**sides, **changes})
    return run_sync(checked.validated_parameters, check=check)


def test_what_is_told_is_what_then_moves_and_nothing_is_written(
    sides: dict[str, Any], source_server: DovecotServer, destination_server: DovecotServer
) -> None:
    name = sides["mailbox"]
    before = oracle.snapshot(source_server, name), oracle.snapshot(destination_server, name)
    told = look(sides)
    assert (oracle.snapshot(source_server, name), oracle.snapshot(destination_server, name)) == before
    assert not Path(sides["state_dir"]).exists()

    plan, done = sync(sides, check=True), sync(sides)
    assert told["counts"]["copied"] == done["counts"]["copied"] == 10
    assert told["counts"]["bytes"] == plan["space"]["needed"] == done["counts"]["bytes"]
    where = {each["source"]: each["destination"] for each in done["folders"]}
    assert {each["source"]: each["destination"] for each in told["folders"]} == where
    assert {each["source"]: each["bytes"] for each in told["folders"]} == {
        each["source"]: each["bytes"] for each in plan["folders"]
    }
    assert set(told["folders_created"]) == set(done["folders_created"])
    (trash,) = told["excluded"]
    size = sum(message.size for message in oracle.read_mailbox(source_server, name)["Trash"])
    assert (trash["source"], trash["messages"], trash["size"]) == ("Trash", 4, size)
    assert (told["complete"], "failed" in told, told["logins"]["source"]["ok"]) == (True, False, True)


def test_what_an_earlier_pass_brought_is_not_counted_again(sides: dict[str, Any], source_server: DovecotServer) -> None:
    sync(sides)
    source_server.save(sides["mailbox"], "INBOX", LARGE)
    told = look(sides)
    assert (told["counts"]["copied"], told["counts"]["already_there"]) == (1, 10)
    assert told["counts"]["bytes"] == sync(sides)["counts"]["bytes"]
    assert told["speed"]["messages"] == 10
    assert told["speed"]["seconds"] > 0


def test_each_side_that_refuses_is_told_with_its_reason(sides: dict[str, Any]) -> None:
    wrong = {**sides["source"], "password": "guess"}
    nowhere = {**sides["destination"], "port": 1}
    told = look(sides, source=wrong, destination=nowhere)
    assert (told["failed"], told["complete"]) == (True, False)
    assert told["logins"]["source"]["error"] == "login_refused"
    assert told["logins"]["destination"]["error"] == "connection_lost"
    assert [bool(re.search("refuses the login|no connection", each["reason"])) for each in told["failures"]] == [
        True
    ] * 2
    assert all(each["remedy"] for each in told["failures"])
    assert "guess" not in str(told)


def test_a_mailbox_that_is_not_there_yet_is_planned_as_empty(sides: dict[str, Any]) -> None:
    told = look(sides, destination={**sides["destination"], "password": "guess"})
    assert (told["destination_found"], told["complete"], "failed" in told) == (False, True, False)
    assert any(text.startswith("not at the destination yet (the server refuses") for text in told["warnings"])
    assert told["counts"]["copied"] == 10


@pytest.fixture(scope="module")
def bare_server() -> Any:
    """A server with nothing but IMAP4rev1, so that sizes are to be added up."""
    with DovecotServer(DovecotShape(capabilities=BARE, fsync="never")) as server:
        yield server


def test_messages_above_the_limit_are_named_with_and_without_status_size(
    sides: dict[str, Any], source_server: DovecotServer, bare_server: DovecotServer
) -> None:
    name = sides["mailbox"]
    fill_maildir(bare_server, name, SPEC)
    found = []
    for server in (source_server, bare_server):
        server.save(name, "Gesendete Elemente", LARGE)
        server.save(name, "Trash", LARGE)
        found.append(look(sides, source=server.endpoint(name), message_limit=1_000_000))
    for told in found:
        (large,) = told["too_large"]
        assert (large["folder"], large["size"], told["too_large_count"]) == ("Gesendete Elemente", len(LARGE), 1)
        assert re.match(r"\d\d-\w\w\w-\d{4} ", large["date"])
        assert any("larger than 1.0 MB" in warning for warning in told["warnings"])
    assert found[0]["counts"] == found[1]["counts"]
    assert look(sides)["too_large"] == []


def test_a_destination_without_room_for_it_fails_before_anything_is_sent(sides: dict[str, Any]) -> None:
    with DovecotServer(DovecotShape(quota="4k", fsync="never")) as narrow:
        told = look(sides, destination=narrow.endpoint(sides["mailbox"]))
    assert told["quota"]["limit"] == 4096
    assert "room for" in told["msg"]
    assert "Raise its quota" in told["failures"][0]["remedy"]


def test_speed_is_measured_by_reading_some_messages_of_a_large_mailbox_and_changes_nothing(
    sides: dict[str, Any], source_server: DovecotServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = oracle.snapshot(source_server, sides["mailbox"])
    assert look(sides)["sample"] == {"seconds": 0.0, "messages": 0, "octets": 0}
    monkeypatch.setattr(sample, "WORTH_OCTETS", 1)
    seen = look(sides)
    largest = max(seen["folders"], key=lambda folder: folder["size"])
    assert (seen["sample"]["messages"], seen["sample"]["octets"]) == (largest["messages"], largest["size"])
    assert oracle.snapshot(source_server, sides["mailbox"]) == before
