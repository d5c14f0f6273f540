# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a report tells of contacts, calendars and DNS records."""

from __future__ import annotations

import csv
import io
from dataclasses import replace

from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import Texts
from ansible_collections.mailops.migration.plugins.module_utils.core.page import as_text
from ansible_collections.mailops.migration.plugins.module_utils.report.build import ticket_report
from ansible_collections.mailops.migration.plugins.module_utils.report.files import csv_files
from ansible_collections.mailops.migration.plugins.module_utils.report.message import customer_message
from ansible_collections.mailops.migration.plugins.module_utils.report.results import contacts_told
from ansible_collections.mailops.migration.plugins.module_utils.report.values import TicketReport

from tests.support.report_example import STAND, dav_result, entry, folder, material, sync_result, verify_result

ANNA = "anna@example.com"
WHOLE = {ANNA: sync_result(folder("INBOX", copied=3))}
BROKEN = entry(f"contacts/{ANNA}.vcf", 17, "Old phone", "its END:VCARD is missing")
NO_SERVER = entry("", 0, "", "dav.new.example: connection refused")


def report(result: dict[str, object]) -> TicketReport:
    proved = {ANNA: verify_result(("INBOX", 3, 3))}
    return ticket_report(material(WHOLE, verify=proved, contacts={ANNA: result}))


def told(found: TicketReport) -> str:
    return as_text(customer_message(found, Texts("en")))


def test_what_was_tried_what_is_here_and_what_cannot_go_in_are_told_with_reasons() -> None:
    found = report(dav_result(ANNA, 5, 2, refused=[BROKEN]))
    [line] = found.contacts
    assert (line.contacts, line.events, line.here, line.refused, line.failed) == (8, 7, 14, 1, 0)
    assert line.problems[0].place == f"contacts/{ANNA}.vcf, entry 17 (Old phone)"
    assert found.verdict == "good"
    assert [step.what for step in found.steps if "contact or event" in step.what]
    assert "cannot be stored here: 1" in told(found)


def test_import_that_failed_needs_somebody_although_all_mail_is_proved() -> None:
    found = report({**dav_result(ANNA, 0, 0), "failures": [NO_SERVER]})
    assert (found.verdict, found.headline) == ("bad", "Contacts or calendars of 1 mailbox need you")
    assert [step.command for step in found.steps if "contacts_calendars" in step.command]
    later = {ANNA: sync_result(folder("INBOX", left=1), complete=False)}
    failed = {ANNA: {**dav_result(ANNA, 0, 0), "failures": [NO_SERVER]}}
    steps = ticket_report(replace(material(later, contacts=failed), window_opens="2026-11-24 22:00")).steps
    assert [step.when for step in steps[:2]] == ["now", "when the window opens at 2026-11-24 22:00"]
    assert "Not all entries of your files are here yet" in told(found)


def test_plan_of_a_verification_counts_what_it_would_write_as_missing() -> None:
    planned = contacts_told(dav_result(ANNA, 5, 2), planned=True)
    assert (planned["here"], planned["failed"]) == (4, 10)


def test_task_that_ended_without_a_result_is_a_failure_in_its_own_words() -> None:
    lost = contacts_told({"msg": "the worker died"}, planned=False)
    assert (lost["failed"], lost["problems"][0]["reason"]) == (1, "the worker died")


def test_each_entry_that_is_not_here_is_a_row_of_the_exceptions() -> None:
    tables = csv_files(report(dav_result(ANNA, 5, refused=[BROKEN])))
    rows = list(csv.DictReader(io.StringIO(tables["exceptions.csv"])))
    assert [(row["kind"], row["reason"]) for row in rows] == [("refused", BROKEN["reason"])]
    assert ANNA in tables["contacts.csv"]


def test_dns_records_that_are_not_as_they_shall_be_are_a_step_beside_the_mx_record() -> None:
    stands = [{**STAND, "phase": "first"}]
    spf = {"domain": "example.com", "state": "missing", "findings": ["example.com (spf): is missing"]}
    found = ticket_report(material(WHOLE, stands=stands, records=[spf]))
    assert found.domains[0].records == ("example.com (spf): is missing",)
    assert [step.when for step in found.steps if "Have the DNS records of example.com" in step.what]
    only_mx = [{**spf, "findings": ["example.com (mx): has an MX elsewhere"]}]
    found = ticket_report(material(WHOLE, stands=stands, records=only_mx))
    assert not [step for step in found.steps if "Have the DNS records" in step.what]
