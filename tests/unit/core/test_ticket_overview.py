# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.domain_pass import DomainPass
from ansible_collections.mailops.migration.plugins.module_utils.core.mail_route import MxPlace
from ansible_collections.mailops.migration.plugins.module_utils.core.mx_history import MxSeen
from ansible_collections.mailops.migration.plugins.module_utils.core.ticket_overview import (
    domain_row,
    overview,
    overview_lines,
)

NOW = 1_800_000_000.0
THEIRS = MxSeen("example.com", MxPlace.ELSEWHERE, ("mx.old.example",), 3600, NOW - 9000, NOW - 4000)
OURS = MxSeen("example.com", MxPlace.OURS, ("mx.platform.example",), 300, NOW - 1000, NOW - 10)


def done(complete: int = 10, mailboxes: int = 10) -> DomainPass:
    return DomainPass("example.com", "first", NOW - 700, NOW - 600, mailboxes, mailboxes, complete, 500, 0)


def row(history: tuple[MxSeen, ...] = (), passes: tuple[DomainPass, ...] = (), closed: float | None = None,
        opens: str = "") -> dict[str, Any]:
    return domain_row("example.com", history, passes, closed, opens=opens, now=NOW)


@pytest.mark.parametrize(("found", "phase", "due", "words"), [
    (row(), "new", NOW, "first pass"),
    (row((THEIRS,), (done(8),)), "first", NOW, "run again"),
    (row((THEIRS,), (done(),)), "first", None, "customer's DNS"),
    (row((THEIRS, OURS), (done(),)), "final", NOW + 2600, "closing pass 2027-01-15 08:43"),
    (row((OURS,), (done(),)), "final", NOW - 1000 + 86400, "closing pass 2027-01-16 07:43"),
    (row((OURS,), (done(),), NOW - 1), "closed", None, "nothing"),
    (row(opens="2027-01-15T22:00:00+01:00"), "new", 1_800_046_800.0, "window 2027-01-15 21:00"),
    (row(opens="never"), "new", None, "no window is left"),
])  # fmt: skip
def test_domain_says_its_phase_and_what_comes_next(
    found: dict[str, Any], phase: str, due: float | None, words: str
) -> None:
    assert (found["phase"], found["due"], found["next"]) == (phase, due, words)


def test_old_records_that_have_run_out_make_the_closing_pass_due() -> None:
    ours = MxSeen("example.com", MxPlace.OURS, ("mx",), 300, NOW - 8000, NOW)
    assert row((THEIRS, ours), (done(),))["next"] == "closing pass"


def test_table_has_a_line_for_each_domain_and_for_each_broken_ticket() -> None:
    tickets = [
        {"ticket": "123", "trouble": "",
         "domains": [row((THEIRS,), (done(8, 1200),)), row() | {"domain": "b.example"}]},
        {"ticket": "124", "trouble": "ticket.yml:3: error: unknown\x1b[2J", "domains": []},
        {"ticket": "125", "trouble": "", "domains": []},
    ]
    switches = [{"domain": "example.com", "enabled": False, "expires": int(NOW) + 60},
                {"domain": "b.example", "enabled": True, "expires": 0}]
    lines = overview_lines(overview(tickets, switches, NOW))
    assert [line.split()[0] for line in lines[:3]] == ["TICKET", "123", "123"]
    assert "8 of 1,200  0       1,192  0" in lines[1] and lines[1].endswith("NO until 2027-01-15 08:01")
    assert lines[2].endswith("yes") and "b.example" in lines[2]
    assert lines[3] == "124: ticket.yml:3: error: unknown\\x1b[2J"
    assert lines[4] == "125: names no domain, and no run has seen one"
    assert lines[0].index("PHASE") == lines[1].index("first") == lines[2].index("new")


@pytest.mark.parametrize(("expires", "words"), [(0, "NO"), (int(NOW) - 60, "NO, EXPIRED 2027-01-15 07:59")])
def test_local_delivery_that_has_expired_is_told_loudly(expires: int, words: str) -> None:
    found = overview([{"ticket": "1", "trouble": "", "domains": [row()]}],
                     [{"domain": "example.com", "enabled": False, "expires": expires}], NOW)
    assert overview_lines(found)[1].endswith(f"  {words}")
    assert found[0]["domains"][0]["expired"] is (expires > 0)


def test_mailboxes_that_have_to_be_looked_at_are_counted_by_domain() -> None:
    failed = ["anna@example.com", "o_x@Example.com-0a1b2c", "bert@b.example", "x@a.example.com", "y@example.com-x.org"]
    found = domain_row("example.com", (), (done(8),), None, failed=failed, opens="", now=NOW)
    assert (found["failed"], found["left"]) == (2, 2)
    told = overview_lines(overview([{"ticket": "1", "trouble": "", "domains": [found]}], [], NOW))
    assert told[1].split()[6:8] == ["2", "2"]


def test_no_ticket_is_said() -> None:
    assert overview_lines([]) == ["There are no tickets."]
