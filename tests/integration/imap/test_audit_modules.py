# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The audit's modules as an operator runs them: in Ansible's worker process, and as modules on another host."""

from __future__ import annotations

from typing import Any

from tests.support.ansible_runs import Outcome, ad_hoc
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.sync_runner import Migration

SPEC = MailboxSpec((make_folder(("INBOX",), 3, "modules"), make_folder(("Leads",), 12, "modules")))


def in_both_ways(module: str, arguments: dict[str, Any]) -> tuple[Outcome, Outcome]:
    runs = [ad_hoc(module, arguments, connection=connection) for connection in ("local", "elsewhere")]
    here, there = (run.wait() for run in runs)
    return here, there


def test_comparison_tells_the_same_in_the_worker_and_as_module(migration: Migration) -> None:
    migration.fill(SPEC)
    migration.run()
    migration.destination.expunge(migration.user, "mailbox", "Leads", "uid", "1:8")

    here, there = in_both_ways("mailbox_compare_info", migration.arguments())

    for outcome in (here, there):
        assert outcome.code == 0, outcome.output
        assert outcome.result["passed"]
        assert outcome.result["counts"]["explained"] == 8
        assert "8 of 12 copies are no longer at the destination" in outcome.output
        assert "DEPRECATION" not in outcome.output
    assert here.result == without_invocation(there.result)


def test_differences_do_not_fail_the_task_and_a_side_that_cannot_be_read_does(migration: Migration) -> None:
    migration.fill(SPEC)
    arguments = migration.arguments()
    wrong = {**arguments, "destination": {**arguments["destination"], "password": "wrong-one"}}

    different = ad_hoc("mailbox_compare_info", arguments).wait()
    assert (different.code, different.result["passed"], different.result["counts"]["missing"]) == (0, False, 15)
    for outcome in in_both_ways("mailbox_compare_info", wrong):
        assert outcome.code == 2
        assert "refuses the login" in outcome.result["msg"]
        assert "wrong-one" not in outcome.output


def test_refused_login_is_told_the_same_in_the_worker_and_as_module(migration: Migration) -> None:
    source = migration.arguments()["source"]

    here, there = in_both_ways("imap_mailbox_info", {"source": {**source, "password": "wrong-one"}})

    for outcome in (here, there):
        assert outcome.code == 2
        assert outcome.result["login"]["error"] == "login_refused"
        assert "Check user name and password" in outcome.result["login"]["remedy"]
        assert "wrong-one" not in outcome.output
    assert here.result == without_invocation(there.result)


def without_invocation(result: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in result.items() if key != "invocation"}
