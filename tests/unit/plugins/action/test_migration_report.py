# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The action plugin takes what a run registered from its hosts, and says what is in the way."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import yaml
from ansible.playbook.task import Task
from ansible_collections.mailops.migration.plugins.action.migration_report import ActionModule
from ansible_collections.mailops.migration.plugins.module_utils.support.report_task import report_spec

from tests.support.report_example import STAND, dav_result, failure, folder, sync_result, verify_result

ROOT = Path(__file__).parents[4]
ANNA, BERT, CARL = (f"{name}@example.com" for name in ("anna", "bert", "carl"))


def run(place: Path, hostvars: dict[str, dict[str, Any]], *, check: bool = False, **more: Any) -> dict[str, Any]:
    task = Task()
    task.action = "mailops.migration.migration_report"
    task.args = {
        "ticket": "123", "state_dir": str(place / "state"), "report_dir": str(place / "out"), "stands": [STAND],
        "assets_dir": str(ROOT / "roles" / "report" / "files"), "hosts": list(hostvars), "mailboxes": [ANNA, CARL],
        "started": 1.5, "timezone": "Europe/Berlin", **more,
    }  # fmt: skip
    task.check_mode = check
    connection = SimpleNamespace(transport="local", _shell=SimpleNamespace(tmpdir=None))
    action = ActionModule(task, connection, SimpleNamespace(), None, None, None)
    result: dict[str, Any] = action.run(task_vars={"hostvars": hostvars})
    return result


def test_registered_results_of_hosts_and_mailboxes_without_a_host_are_in_the_report(tmp_path: Path) -> None:
    good = {
        "sync_pass": sync_result(folder("INBOX", copied=3, bytes=30)),
        "verify_result": verify_result(("INBOX", 3, 3)),
    }
    bad = {"sync_pass": {"msg": "the worker died"}, "verify_result": {"skipped": True}}
    hostvars = {
        "anna_host": {"mailops_mailbox": ANNA, "mailops_source": {"host": "imap.old.example"}, **good},
        "bert_host": {"mailops_mailbox": BERT, **bad},
    }
    result = run(tmp_path, hostvars)
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    found = {line["mailbox"]: (line["state"], line["source"]) for line in report["mailboxes"]}
    assert found == {ANNA: ("proved", "imap.old.example"), BERT: ("failed", ""), CARL: ("waiting", "")}
    assert [(each["mailboxes"], each["copied"], each["octets"]) for each in report["runs"]] == [(2, 3, 30)]
    assert (result["changed"], result["verdict"], Path(result["files"][0]).name) == (False, "bad", "report.html")
    assert result["lines"][0].startswith(f"Report: {tmp_path}/out/report.html (1 mailbox needs you; 3 of 3 messages")


def test_mailbox_without_a_pass_for_its_plan_failed_is_told_with_the_plan_s_reason_and_none_of_its_numbers(
    tmp_path: Path,
) -> None:
    plan = sync_result(folder("INBOX", copied=9), failures=[failure("login refused")], complete=False)
    variables = {"mailops_mailbox": ANNA, "sync_plan": plan, "sync_pass": {"skipped": True}}
    good = {"mailops_mailbox": BERT, "sync_plan": sync_result(folder("INBOX", copied=9))}
    run(tmp_path, {"anna": variables, "bert": good})
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    found = {line["mailbox"]: (line["state"], line["here"]) for line in report["mailboxes"]}
    assert (found[ANNA], found[BERT]) == (("failed", 0), ("waiting", 0))
    assert report["groups"][0]["reason"] == "login refused"


def test_report_that_cannot_be_written_says_why(tmp_path: Path) -> None:
    (tmp_path / "out").write_text("a file where the folder should be", encoding="utf-8")
    result = run(tmp_path, {})
    assert result["failed"] and "The report could not be written: " in result["msg"]


def test_check_writes_nothing(tmp_path: Path) -> None:
    result = run(tmp_path, {"anna": {"mailops_mailbox": ANNA, "sync_pass": sync_result()}}, check=True)
    assert (result["files"], list(tmp_path.iterdir())) == ([], [])


def test_documentation_names_every_option() -> None:
    text = (ROOT / "plugins" / "modules" / "migration_report.py").read_text(encoding="utf-8")
    documented = yaml.safe_load(text.partition('DOCUMENTATION = r"""')[2].partition('"""')[0])["options"]
    assert {name: each.get("type") for name, each in documented.items()} == {
        name: each["type"] for name, each in report_spec().items()
    }


def test_mailbox_that_its_preflight_kept_from_a_pass_is_told_with_the_reason(tmp_path: Path) -> None:
    looked = {"complete": False, "failures": [failure("login refused")], "counts": {"copied": 9}, "folders": []}
    result = run(tmp_path, {"anna_host": {"mailops_mailbox": ANNA, "preflight_result": looked}})
    assert (result["verdict"], result["states"]["failed"], result["totals"]["messages"]) == ("bad", 1, 0)
    fine = {"anna_host": {"mailops_mailbox": ANNA, "preflight_result": {**looked, "failures": [], "complete": True}}}
    assert run(tmp_path / "other", fine)["states"]["waiting"] == 2
    assert run(tmp_path, fine)["headline"] == "Not begun yet"
    cut = {"complete": False, "failures": [failure("late")]}
    late = {"anna_host": {"mailops_mailbox": ANNA, "preflight_result": cut}}
    assert run(tmp_path / "third", late)["states"]["waiting"] == 2


def test_preflight_that_is_fine_takes_back_nothing_of_a_pass(tmp_path: Path) -> None:
    bad = sync_result(folder("INBOX", copied=3), failures=[failure("too large")])
    run(tmp_path, {"anna_host": {"mailops_mailbox": ANNA, "sync_pass": bad}})
    looked = {"complete": True, "failures": [], "counts": {"copied": 0}, "folders": []}
    result = run(tmp_path, {"anna_host": {"mailops_mailbox": ANNA, "preflight_result": looked}})
    assert result["states"]["failed"] == 1


def test_contacts_of_all_owners_are_in_the_report_those_without_a_source_too(tmp_path: Path) -> None:
    hostvars = {
        "anna_host": {"mailops_mailbox": ANNA, "contacts_seen": dav_result("anna", 2), "contacts_result": {"msg": "x"}},
        "carl_host": {"mailops_mailbox": CARL, "contacts_result": dav_result("carl", 4)},
    }
    run(tmp_path, hostvars, hosts=["anna_host"], contact_hosts=list(hostvars))
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    told = {line["mailbox"]: (line["here"], line["failed"]) for line in report["contacts"]}
    # A plan counts what it would write as missing.
    assert told == {ANNA: (0, 4), CARL: (8, 0)}


def test_dns_records_of_an_earlier_run_are_told_again(tmp_path: Path) -> None:
    spf = {"domain": STAND["domain"], "state": "missing", "findings": ["example.com (spf): is missing"], "table": "x"}
    run(tmp_path, {}, records=[spf])
    run(tmp_path, {})
    report = json.loads((tmp_path / "out" / "report.json").read_text(encoding="utf-8"))
    assert report["domains"][0]["records"] == spf["findings"]
