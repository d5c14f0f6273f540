# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs as units of systemd, and as schedules of AWX, which dateutil reads as AWX does."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.schedule import (
    Job,
    Place,
    calendar,
    recurrence,
    unit_files,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import Window, occurrences
from dateutil.rrule import rrulestr

NOW = datetime(2027, 3, 24, 12, 0, tzinfo=UTC)
NIGHTS = Window(start="22:00", end="06:00", days=("saturday", "friday"))
PLACE = Place("/usr/bin/true", "/srv/mail ops", NOW, ("-i", "/srv/100% sure.yml"), {"DIR": 'a "b" $HOME %h'})


def job(**changes: Any) -> Job:
    values = {"name": "ticket-1-migrate", "playbook": "migrate.yml", "windows": (NIGHTS,), "timezone": "Europe/Berlin"}
    return Job(**{**values, **changes})


@pytest.mark.parametrize(
    ("window", "text"),
    [
        (NIGHTS, "Fri,Sat *-*-* 22:00:00 Europe/Berlin"),
        (Window(start="6:05", end="7:00"), "*-*-* 06:05:00 Europe/Berlin"),
        (Window(days=("sunday",)), "Sun *-*-* 00:00:00 Europe/Berlin"),
        (Window(start="2027-03-31 22:00", end="2027-04-01 06:00"), "2027-03-31 22:00:00 Europe/Berlin"),
        (Window(start="2027-03-31 22:00 +05:30", end="2027-04-01 06:00Z"), "2027-03-31 18:30:00 Europe/Berlin"),
    ],
)
def test_systemd_starts_a_job_when_its_window_opens(window: Window, text: str) -> None:
    assert calendar(window, "Europe/Berlin") == text


def test_paths_and_variables_mean_nothing_to_systemd() -> None:
    odd = {"ticket": "123", "note": "50% of $HOME \\ 'q' \"d\" {{ x }} ; rm"}
    service = unit_files(job(variables=odd, only_while_open=True), PLACE)["mailops-ticket-1-migrate.service"]
    assert "WorkingDirectory=/srv/mail ops\n" in service
    assert 'Environment="DIR=a \\"b\\" $HOME %%h"\n' in service
    assert 'ExecStart=/usr/bin/true -i "/srv/100%% sure.yml" migrate.yml -e ' in service
    assert r'ExecCondition=/bin/sh -c "! \"$$@\"" sh /usr/bin/true -i "/srv/100%% sure.yml" mailops.mig' in service
    quoted = re.search(r"ExecStart=.* -e \"(.*)\"\n", service)
    assert quoted
    unquoted = re.sub(r"\\(.)", r"\1", quoted[1]).replace("%%", "%").replace("$$", "$")
    assert json.loads(unquoted) == odd


def test_times_of_several_windows_are_spread_and_made_up_for() -> None:
    files = unit_files(job(windows=(NIGHTS, Window(days=("sunday",)), NIGHTS)), PLACE)
    timer = files["mailops-ticket-1-migrate.timer"]
    assert re.findall("OnCalendar=(.*)", timer) == [
        "Fri,Sat *-*-* 22:00:00 Europe/Berlin",
        "Sun *-*-* 00:00:00 Europe/Berlin",
    ]
    assert "RandomizedDelaySec=10min\nPersistent=true\n" in timer


@pytest.mark.parametrize(
    "window",
    [
        NIGHTS,
        Window(start="01:30", end="04:00"),
        Window(start="20:00", end="22:00", not_before="2027-04-10 00:00", not_after="2027-04-13 00:00"),
        Window(start="2027-03-31 22:00 +05:30", end="2027-04-01 06:00Z"),
    ],
)
def test_awx_starts_a_job_when_its_window_opens(window: Window) -> None:
    written = recurrence(window, "Europe/Berlin", NOW)
    starts = [each.astimezone(UTC) for each in islice(rrulestr(written.replace(" RRULE", "\nRRULE")), 8)]
    assert starts == [each.start for each in islice(occurrences(window, "Europe/Berlin", NOW), 8)]
    assert "INTERVAL=1" in written


def test_window_that_is_over_has_no_recurrence() -> None:
    assert recurrence(Window(start="2027-03-01 22:00", end="2027-03-02 06:00"), "UTC", NOW) == ""
    assert recurrence(Window(start="22:00", end="23:00", not_after="2027-03-02 06:00"), "UTC", NOW) == ""


def test_job_of_the_operator_is_read_with_its_time_and_days() -> None:
    read = Job.from_dict({"name": "archive", "playbook": "archive", "at": "3:00", "days": ["sunday"],
                          "timezone": "Europe/Paris", "variables": {"scope": "platform"}})  # fmt: skip
    assert calendar(read.windows[0], read.timezone) == "Sun *-*-* 03:00:00 Europe/Paris"
    assert read.variables == {"scope": "platform"}


@pytest.mark.parametrize(
    "wrong",
    [
        {"name": "a", "playbook": "b"},
        {"name": "a/../b", "playbook": "b", "at": "03:00"},
        {"name": "a", "playbook": "b", "at": "03:00", "timezone": "Mars/Olympus"},
        {"name": "a", "playbook": "b", "at": "soon"},
        {"name": "a", "playbook": "b", "at": "03:00", "password": "x"},
        {"name": "a", "at": "03:00"},
    ],
)
def test_job_that_could_not_run_is_refused_with_a_remedy(wrong: dict[str, Any]) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Job.from_dict(wrong)
    assert caught.value.remedy


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"at": "25:00"}, "at is '25:00', which is no time of the day"),
        ({"at": "24:00"}, "at is '24:00', which is no time of the day"),
        ({"at": "3:60"}, "at is '3:60', which is no time of the day"),
        ({"at": 180}, "at is 180, which is no time of the day"),
        ({"at": "03:00", "days": ["sonntag"]}, "days has 'sonntag', which is no day of the week"),
    ],
)
def test_refusal_of_a_time_names_option_value_and_what_it_should_be(given: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Job.from_dict({"name": "a", "playbook": "b", **given})
    assert said in caught.value.text()
    assert "job a" in caught.value.text()
    assert "Write" in caught.value.remedy


def test_line_break_cannot_add_a_line_to_a_unit() -> None:
    with pytest.raises(ConfigurationError):
        unit_files(job(variables={"a": "b"}), Place("/bin/x", "/srv\nUser=root", NOW))
