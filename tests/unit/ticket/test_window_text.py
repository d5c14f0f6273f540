# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a run is told about the window, and until when it may copy."""

from __future__ import annotations

from datetime import datetime

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import Window
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window_text import Permission, permission

NIGHTS = Window(start="22:00", end="06:00", days=("friday", "saturday"))
WEDNESDAY = "2027-03-24T12:00+01:00"
FRIDAY_NIGHT = "2027-03-26T23:00+01:00"


def ask(now: str, *windows: Window, zone: str = "Europe/Berlin", deadline: str = "", free: bool = False) -> Permission:
    return permission(windows, zone, datetime.fromisoformat(now), deadline=deadline, free=free)


def test_ticket_without_a_window_binds_nobody() -> None:
    found = ask(WEDNESDAY)
    assert (found.bound, found.open, found.refusal, found.deadline, found.lines) == (False, True, "", "", ())
    assert ask(WEDNESDAY, deadline="06:00").deadline == "2027-03-25T06:00:00+01:00"


def test_refusal_names_the_next_permitted_time_there_and_in_utc_and_the_way_around() -> None:
    assert ask(WEDNESDAY, NIGHTS).refusal == (
        "The ticket's window is closed; it opens Fri 2027-03-26 22:00 Europe/Berlin (21:00 UTC). "
        "Run again then; -e now=true works on it all the same, and is recorded."
    )
    assert "opens Fri 2027-03-26 22:00 UTC. Run" in ask(WEDNESDAY, NIGHTS, zone="UTC").refusal
    assert "22:00 America/New_York (2027-03-27 02:00 UTC)" in ask(WEDNESDAY, NIGHTS, zone="America/New_York").refusal


def test_refusal_without_a_further_window_says_to_agree_on_one() -> None:
    over = Window(start="2027-03-01 22:00", end="2027-03-02 06:00")
    assert ask(WEDNESDAY, over).refusal == (
        "The ticket's window is closed, and none is left that opens. Agree on a window with the customer and write it "
        "into ticket.yml; -e now=true works on it all the same, and is recorded."
    )


def test_window_that_was_requested_too_late_is_named() -> None:
    late = Window(start="2027-03-26 22:00", end="2027-03-27 06:00", requested="2027-03-25 08:00")
    told = "Europe/Berlin (21:00 UTC) is not used: it was requested less than 48 hours before."
    assert told in ask(WEDNESDAY, late).refusal
    short = Window(start="22:00", end="06:00", requested="2027-03-24 11:00")
    assert ask(WEDNESDAY, short).lines[1].endswith("requested less than 24 hours before.")


@pytest.mark.parametrize(
    ("deadline", "ends"),
    [
        ("", "2027-03-27T06:00:00+01:00"),
        ("05:00", "2027-03-27T05:00:00+01:00"),
        ("2027-03-27T04:30Z", "2027-03-27T04:30:00+00:00"),
        ("2027-03-31 06:00", "2027-03-27T06:00:00+01:00"),
    ],
)
def test_copying_ends_with_the_window_or_the_deadline_whichever_comes_first(deadline: str, ends: str) -> None:
    found = ask(FRIDAY_NIGHT, NIGHTS, deadline=deadline)
    assert (found.open, found.refusal, found.deadline, found.ends) == (True, "", ends, "2027-03-27T06:00:00+01:00")
    assert found.lines == (
        "The ticket's window is open until Sat 2027-03-27 06:00 Europe/Berlin (05:00 UTC); "
        "the next one opens Sat 2027-03-27 22:00 Europe/Berlin (21:00 UTC).",
    )


def test_run_that_is_free_of_the_window_has_the_deadline_alone() -> None:
    for now in (WEDNESDAY, FRIDAY_NIGHT):
        assert (ask(now, NIGHTS, free=True).refusal, ask(now, NIGHTS, free=True).deadline) == ("", "")
        assert ask(now, NIGHTS, free=True, deadline="2027-03-31 06:00").deadline == "2027-03-31T06:00:00+02:00"


def test_window_without_an_end_sets_no_deadline() -> None:
    found = ask(WEDNESDAY, Window(not_before="2027-03-01 00:00"))
    assert (found.open, found.deadline, found.lines) == (True, "", ("The ticket's window is open, without an end.",))
