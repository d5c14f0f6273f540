# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pass writes beside its journal: the mailbox's log, and the file that says how far it is."""

from __future__ import annotations

import json
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.sync.log import log_path

from tests.integration.conftest import MakeProxy
from tests.support.dovecot import PASSWORD, DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message
from tests.support.proxy_faults import Fault, Stall, answer, before_answer
from tests.support.sync_runner import Migration, total

THROTTLED = answer(b"NO Request is throttled. Suggested Backoff Time: 300 milliseconds", "UID FETCH", 2)
LARGE = make_message("large", "attachment", size=90_000)
SPEC = MailboxSpec((FolderSpec(("INBOX",), (*make_folder(("INBOX",), 20, "log", size=500).messages, LARGE)),
                    make_folder(("Work",), 30, "log", size=500)))


def log_of(migration: Migration) -> list[dict[str, Any]]:
    path = log_path(str(migration.state_dir), migration.user)
    return [json.loads(line) for line in Path(path).read_text().splitlines()]


def test_log_tells_what_happened_and_nothing_of_what_is_in_the_mail(
    migration: Migration, make_proxy: MakeProxy
) -> None:
    with DovecotServer(DovecotShape(largest_message="50k", fsync="never")) as narrow:
        migration = Migration(migration.source, narrow, migration.user, migration.state_dir)
        migration.fill(SPEC)
        result = migration.through(source=make_proxy(migration.source, THROTTLED)).run(limits={"connections": 1})

    log = log_of(migration)
    events = [line["event"] for line in log]
    assert (events[0], events[-1]) == ("pass_begin", "pass_end")
    assert {line["side"] for line in log if line["event"] == "login"} == {"source", "destination"}
    [throttled] = [line for line in log if line["event"] == "throttled"]
    assert "Request is throttled" in throttled["reason"] and 0.3 <= throttled["seconds"] < 1
    ended = {line["folder"]: line["copied"] for line in log if line["event"] == "folder_end"}
    assert ended == {"INBOX": 20, "Work": 30}
    refused = next(line for line in log if line["event"] == "failure" and "uid" in line)
    assert (refused["kind"], refused["folder"], refused["uid"]) == ("refused", "INBOX", 21)
    assert refused["digest"] == result["failures"][0]["digest"] and "refuses it" in refused["reason"]
    assert (log[-1]["outcome"], log[-1]["copied"], log[-1]["refused"]) == ("complete", 50, 1)
    written = Path(log_path(str(migration.state_dir), migration.user)).read_text()
    assert PASSWORD not in written and "subject" not in written.lower()


def test_messages_of_a_killed_run_that_had_arrived_are_told_by_the_next(
    migration: Migration, make_proxy: MakeProxy
) -> None:
    migration.fill(MailboxSpec((make_folder(("INBOX",), 10, "killed", size=500),)))
    silent = make_proxy(migration.destination, Fault(before_answer("APPEND", 1), Stall()))
    engine = migration.through(destination=silent).start()
    until = time.monotonic() + 30
    while not total(migration.at_destination()) and time.monotonic() < until:
        time.sleep(0.05)
    assert engine.kill()
    recovered = migration.run()["counts"]["recovered"]
    log = log_of(migration)
    assert [line["process"] == engine.pid for line in log if line["event"] == "pass_begin"] == [True, False]
    assert [line["messages"] for line in log if line["event"] == "recovered"] == [recovered] and recovered > 0


def test_plan_leaves_no_log(migration: Migration) -> None:
    migration.fill(SPEC)
    assert migration.run(check=True)["complete"]
    assert list(migration.state_dir.iterdir()) == []


def test_progress_file_follows_the_pass_and_goes_with_it(migration: Migration, tmp_path: Path) -> None:
    migration.fill(MailboxSpec((make_folder(("INBOX",), 250, "live", size=500),)))
    path, seen = tmp_path / "live" / "state.json", []
    with ThreadPoolExecutor(1) as pool:
        run = pool.submit(migration.run, limits={"messages_per_second": 100, "connections": 1},
                          progress_file=str(path))
        while not run.done():
            if path.exists():
                seen.append(json.loads(path.read_text()))
            time.sleep(0.05)
    assert run.result()["complete"] and not path.exists()
    last = seen[-1]
    assert last["mailbox"] == migration.user and last["stage"] == "copying" and last["folders"] == ["INBOX"]
    assert [each["copied"] for each in seen] == sorted(each["copied"] for each in seen)
    assert 0 < last["copied"] < 250 and last["left"] == 250 - last["copied"] and last["bytes_left"] > 0
