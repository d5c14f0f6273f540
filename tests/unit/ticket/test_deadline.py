# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The deadline of ticket.yml is one moment for a whole run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.deadline import deadline_moment
from hypothesis import given
from hypothesis import strategies as st

EVENING = datetime(2027, 3, 26, 21, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "zone", "moment"),
    [
        ("06:00", "Europe/Berlin", "2027-03-27T06:00:00+01:00"),
        ("23:30", "Europe/Berlin", "2027-03-26T23:30:00+01:00"),
        ("22:00", "Europe/Berlin", "2027-03-27T22:00:00+01:00"),
        ("6:00", "UTC", "2027-03-27T06:00:00+00:00"),
        ("06:00:30", "UTC", "2027-03-27T06:00:30+00:00"),
        ("06:00 +02:00", "UTC", "2027-03-27T06:00:00+02:00"),
        ("2027-03-31 6:00", "Europe/Berlin", "2027-03-31T06:00:00+02:00"),
        ("2027-03-31T06:00Z", "Europe/Berlin", "2027-03-31T06:00:00+00:00"),
        ("2027-03-31 06:00 +0530", "Europe/Berlin", "2027-03-31T06:00:00+05:30"),
    ],
)
def test_deadline_is_the_moment_that_a_person_means(text: str, zone: str, moment: str) -> None:
    assert deadline_moment(text, zone, EVENING) == moment


@given(st.times(), st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1)), st.sampled_from(["UTC", "Europe/Berlin"]))
def test_time_of_the_day_lies_ahead_and_within_about_a_day(clock: object, now: datetime, zone: str) -> None:
    begun = now.replace(tzinfo=UTC)
    text = f"{clock:%H:%M}"
    ahead = datetime.fromisoformat(deadline_moment(text, zone, begun)) - begun
    assert timedelta(hours=-1) <= ahead <= timedelta(hours=25)


@pytest.mark.parametrize(("text", "zone"), [("soon", "UTC"), ("06:00", "Mars/Olympus"), ("2027-02-30 06:00", "UTC")])
def test_what_is_no_moment_is_refused_with_a_remedy(text: str, zone: str) -> None:
    with pytest.raises(ConfigurationError, match=r"limits\.deadline") as caught:
        deadline_moment(text, zone, EVENING)
    assert caught.value.remedy
