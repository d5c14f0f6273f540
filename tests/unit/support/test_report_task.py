# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is remembered from run to run, and what is written."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.report.material import Account
from ansible_collections.mailops.migration.plugins.module_utils.support.report_task import RunTold, report_result

from tests.support.report_example import (
    NOW,
    STAND,
    SWITCH,
    dav_result,
    entry,
    failure,
    folder,
    sync_result,
    verify_result,
)

ANNA, BERT = (Account(f"{name}@example.com", f"{name}@example.com", "imap.old.example") for name in ("anna", "bert"))
ASSETS = str(Path(__file__).parents[3] / "roles" / "report" / "files")
RUN = {"started": NOW, "ended": NOW + 60, "phase": "first", "mailboxes": 1, "bad": 0, "copied": 5, "octets": 500}


def report(place: Path, told: RunTold, check: bool = False, **more: Any) -> dict[str, Any]:
    params = {
        "ticket": "123", "state_dir": str(place / "state"), "report_dir": str(place / "out"), "assets_dir": ASSETS,
        "timezone": "UTC", "phase": "final", "stands": [STAND], "findings": [], "notes": [], "window_opens": "",
        "only_known": False, "language": "en", **more,
    }  # fmt: skip
    return report_result(params, [ANNA, BERT], told, NOW + 90, check=check)


def synced(account: Account, **counts: int) -> RunTold:
    return RunTold({"sync": {account.host: sync_result(folder("INBOX", **counts))}}, run=RUN)


def test_run_over_a_part_of_the_ticket_leaves_what_was_told_of_the_rest(tmp_path: Path) -> None:
    report(tmp_path, synced(ANNA, copied=5, bytes=500))
    second = report(tmp_path, synced(BERT, copied=2, bytes=20))
    assert (second["states"]["copied"], second["totals"]["here"], second["totals"]["octets"]) == (2, 7, 520)
    proved = report(tmp_path, RunTold({"verify": {ANNA.host: verify_result(("INBOX", 5, 5))}}))
    assert (proved["states"]["proved"], proved["states"]["copied"]) == (1, 1)


def test_contacts_of_an_earlier_run_are_told_again(tmp_path: Path) -> None:
    refused = entry("contacts/carl.vcf", 1, "Cut off", "its END:VCARD is missing")
    report(tmp_path, RunTold(contacts={"carl@example.com": (dav_result("carl", 4, refused=[refused]), False)}))
    report(tmp_path, synced(ANNA, copied=5))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    section = page.partition('<section id="contacts">')[2].partition("</section>")[0]
    assert "carl@example.com" in section and "its END:VCARD is missing" in section


def test_what_was_taken_back_is_forgotten(tmp_path: Path) -> None:
    report(tmp_path, synced(ANNA, copied=5, bytes=500))
    after = report(tmp_path, RunTold(undone=[ANNA.host]))
    assert (after["states"]["waiting"], after["totals"]["here"]) == (2, 0)


def test_check_remembers_and_writes_nothing(tmp_path: Path) -> None:
    found = report(tmp_path, synced(ANNA, copied=5), check=True)
    assert (found["files"], list(tmp_path.iterdir())) == ([], [])
    assert report(tmp_path, RunTold())["totals"]["here"] == 0


def test_only_a_ticket_of_which_something_is_known_gets_files_when_that_is_asked(tmp_path: Path) -> None:
    assert report(tmp_path, RunTold(), only_known=True)["files"] == []
    failed = RunTold({"sync": {ANNA.host: sync_result(failures=[failure("no")], complete=False)}})
    names = {Path(file).name for file in report(tmp_path, failed, only_known=True)["files"]}
    assert names == {"report.html", "report.json", "mailboxes.csv", "folders.csv", "exceptions.csv", "contacts.csv"}


def test_local_delivery_that_was_seen_in_an_earlier_run_is_told_with_its_time(tmp_path: Path) -> None:
    report(tmp_path, RunTold(whole={"switches": [SWITCH]}))
    report(tmp_path, RunTold())
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "names without a mailbox here are refused. (seen on 2026-10-26" in page


def test_local_delivery_that_the_run_switched_is_no_longer_told_as_it_was_before(tmp_path: Path) -> None:
    report(tmp_path, RunTold(whole={"switches": [SWITCH]}))
    report(tmp_path, RunTold(whole={"switches": None}))
    page = (tmp_path / "out" / "report.html").read_text(encoding="utf-8")
    assert "names without a mailbox here are refused" not in page
