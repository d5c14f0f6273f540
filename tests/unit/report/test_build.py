# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The value of a report: what each source of facts tells, and what they come to."""

from __future__ import annotations

from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace
from ansible_collections.mailops.migration.plugins.module_utils.core.mx_history import MxSeen
from ansible_collections.mailops.migration.plugins.module_utils.report.build import ticket_report
from ansible_collections.mailops.migration.plugins.module_utils.report.material import (
    Account,
    FolderCount,
    JournalFacts,
    Material,
)
from ansible_collections.mailops.migration.plugins.module_utils.report.values import TicketReport

from tests.support.report_example import (
    NOW,
    STAND,
    SWITCH,
    failure,
    folder,
    large,
    material,
    sync_result,
    verify_result,
)

ANNA, BERT = "anna@example.com", "bert@example.com"
TWO = sync_result(folder("INBOX", copied=5, bytes=500), folder("Sent", already_there=2, matched=1))


def state_of(given: Material) -> str:
    return ticket_report(given).mailboxes[0].state


def test_pass_without_a_journal_here_counts_what_it_found_there() -> None:
    report = ticket_report(material({ANNA: TWO}))
    line = report.mailboxes[0]
    assert (line.messages, line.here, line.octets) == (8, 8, 500)
    assert [(each.source, each.here) for each in line.folders] == [("INBOX", 5), ("Sent", 3)]
    assert any("journals of 1 mailbox are not on this machine" in text for text in report.missing)


def test_journal_s_numbers_come_before_the_pass_s_and_the_comparison_s_before_both() -> None:
    journal = JournalFacts({"INBOX": FolderCount(7, 700, "INBOX")}, {}, NOW)
    known = material({ANNA: TWO}, journals={ANNA: journal})
    assert [(each.here, each.octets) for each in ticket_report(known).mailboxes[0].folders] == [(7, 700), (3, 0)]
    proved = material({ANNA: TWO}, journals={ANNA: journal}, verify={ANNA: verify_result(("INBOX", 9, 8))})
    assert (ticket_report(proved).mailboxes[0].folders[0].messages, ticket_report(proved).totals["here"]) == (9, 11)


def test_journal_of_two_accounts_in_one_mailbox_is_not_counted_for_each() -> None:
    journal = JournalFacts({"INBOX": FolderCount(12, 1200, "INBOX")}, {}, NOW)
    given = material({ANNA: TWO}, journals={ANNA: journal})
    both = replace(given, accounts=[*given.accounts, Account("other", ANNA, "imap.other.example")])
    assert ticket_report(both).totals["here"] == 8


@pytest.mark.parametrize(
    ("given", "state"),
    [
        (material(mailboxes=[ANNA]), "waiting"),
        (material(mailboxes=[ANNA], journals={ANNA: JournalFacts({}, {}, NOW, True)}), "copied"),
        (material({ANNA: TWO}), "copied"),
        (material({ANNA: sync_result(folder("INBOX", left=3), complete=False)}), "partial"),
        (material({ANNA: sync_result(failures=[failure("no")], complete=False)}), "failed"),
        (material({ANNA: {"msg": "the worker died"}}), "failed"),
        (material({ANNA: TWO}, verify={ANNA: verify_result(("INBOX", 5, 5))}), "proved"),
        (material({ANNA: TWO}, verify={ANNA: verify_result(("INBOX", 5, 4), passed=False)}), "failed"),
        (material({ANNA: TWO}, verify={ANNA: {"passed": False, "msg": "cannot log in"}}), "failed"),
    ],
)
def test_state_of_a_mailbox(given: Material, state: str) -> None:
    assert state_of(given) == state
    assert ticket_report(given).states[state] == 1


def test_one_reason_in_many_mailboxes_is_one_group() -> None:
    names = [f"person{number}@example.com" for number in range(10, 70)]
    refused = {name: failure(f"{name} at imap:993: login refused") for name in names}
    said = {name: sync_result(failures=[refused[name]], complete=False) for name in names}
    group = ticket_report(material(said)).groups[0]
    assert (group.kind, group.count, group.mailboxes, len(group.places)) == ("failed", 60, 60, 50)
    assert group.reason == "… at imap:993: login refused"
    assert [place.detail for place in group.places[:2]] == [
        f"person{n}@example.com at imap:993: login refused" for n in (10, 11)]  # fmt: skip


def test_numbers_that_differ_are_left_out_of_what_a_group_is_called() -> None:
    said = [failure(f"too big: {size:,} of 100 octets", "refused", "INBOX", size) for size in (5_000, 7_000)]
    group = ticket_report(material({ANNA: sync_result(failures=said, complete=False)})).groups[0]
    assert (group.reason, group.count) == ("too big: … of … octets", 2)


def test_every_message_that_did_not_come_over_is_in_a_group_with_its_kind() -> None:
    result = sync_result(
        folder("INBOX", copied=1, refused=1, held=1, left=4, excluded=2),
        failures=[failure("too big", "refused", "INBOX", 7), failure("held", "held", "INBOX", 8)],
        excluded=[{"source": "Trash", "reason": "it is the Trash folder", "messages": 57}],
        accepted=3,
        complete=False,
    )
    groups = ticket_report(material({ANNA: result})).groups
    found = {(group.kind, group.count) for group in groups}
    assert found == {("refused", 1), ("held", 1), ("left", 4), ("accepted", 3), ("excluded", 2), ("excluded", 57)}
    places = {place.folder: place.count for group in groups for place in group.places if group.kind == "excluded"}
    assert places == {"INBOX": 2, "Trash": 57}


def test_next_steps_name_the_command_for_the_few_that_failed() -> None:
    broken = sync_result(failures=[failure("no")], complete=False)
    names = [f"person{number}@example.com" for number in range(9)]
    report = ticket_report(material({**dict.fromkeys(names, TWO), "x'y@example.com": broken}))
    assert report.steps[0].command.endswith("""migrate -e ticket=123 --limit 'x'"'"'y@example.com'""")
    assert (report.verdict, report.headline) == ("bad", "1 mailbox needs you")
    assert report.steps[-1].what == f"example.com: {STAND['next']}"


def test_ticket_is_done_when_all_is_proved_and_closed() -> None:
    proof = {name: verify_result(("INBOX", 5, 5)) for name in (ANNA, BERT)}
    closed = material({ANNA: TWO, BERT: TWO}, verify=proof, stands=[{**STAND, "phase": "closed", "next": ""}])
    report = ticket_report(closed)
    assert (report.verdict, report.headline) == ("good", "Done: every mailbox is proved")
    assert [step.when for step in report.steps] == ["now"]
    assert report.steps[0].command == "ansible-playbook mailops.migration.close -e ticket=123"


def test_domain_that_nobody_asked_for_shows_what_was_seen_last() -> None:
    seen = MxSeen("example.com", MxPlace.OURS, ("mx.platform.example",), 60, NOW - 90, NOW - 90)
    stands = [{"domain": "example.com", "phase": "final"}]
    report = ticket_report(material({ANNA: TWO}, stands=stands, mx={"example.com": seen}, switches=()))
    line = report.domains[0]
    assert (line.mx, line.mailboxes, line.local_delivery) == ("ours", 1, "")
    assert "last seen on" in line.mx_text and "mx.platform.example" in line.mx_text
    assert len([text for text in report.missing if text.startswith(("DNS was", "Local Delivery was"))]) == 2


def test_local_delivery_is_told_with_the_time_at_which_it_was_seen() -> None:
    switch = {**SWITCH, "enabled": False, "old_mx": "[mx.old.example]:25", "expires": int(NOW)}
    line = ticket_report(material({ANNA: TWO}, switches=[switch], switches_seen=NOW)).domains[0]
    assert line.local_delivery.startswith('"No" until ') and "(seen on " in line.local_delivery


def sums(report: TicketReport) -> tuple[int, int]:
    return sum(span.messages for span in report.spans), sum(span.octets for span in report.spans)


def test_throughput_is_the_journals_where_there_are_any() -> None:
    minutes = {1000: (5, 50), 1001: (1, 10), 9000: (4, 40)}
    report = ticket_report(material({ANNA: TWO}, journals={ANNA: JournalFacts({}, minutes)}))
    assert (report.spans_from, sums(report)) == ("journals", (10, 100))
    assert len(report.spans) <= 120
    assert {span.seconds for span in report.spans} == {7200.0}


@pytest.mark.parametrize("minutes", [0, 1, 119, 120, 10_000, 900_000, 29_000_000])
def test_throughput_of_runs_is_even_and_loses_nothing(minutes: int) -> None:
    run = {"started": NOW, "ended": NOW + 60 * minutes, "phase": "first", "mailboxes": 1, "bad": 0, "copied": 1003,
           "octets": 99_999}  # fmt: skip
    report = ticket_report(material({ANNA: TWO}, runs=[run]))
    assert (report.spans_from, sums(report)) == ("runs", (1003, 99_999))
    assert len(report.spans) <= 120


def test_large_ticket_has_mailboxes_in_every_state() -> None:
    report = ticket_report(large(300, 8))
    assert all(report.states.values())
    assert sum(report.states.values()) == 300
    assert report.totals["folders"] == sum(not each.reason for line in report.mailboxes for each in line.folders)
