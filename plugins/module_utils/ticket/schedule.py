# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Jobs that are to be run at certain times, as the text of systemd's units and of AWX schedules."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import islice
from typing import Any
from zoneinfo import ZoneInfo

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import DAYS, Window, mistake, occurrences

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,120}")
_CLOCK_TIME = re.compile(r"([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?")
_SAFE_WORD = re.compile(r"[A-Za-z0-9_./:=@,+-]+")


@dataclass(frozen=True)
class Place:
    """Where and how jobs are run. ``program`` is ansible-playbook, ``options`` come before the playbook.

    ``playbooks`` holds ``{}`` where the name of a playbook of this collection goes. ``delay`` is systemd's time span by
    which starts are spread. ``now``: no schedule begins before it.
    """

    program: str
    directory: str
    now: datetime
    options: tuple[str, ...] = ()
    environment: Mapping[str, str] = field(default_factory=dict)
    playbooks: str = "mailops.migration.{}"
    user: str = ""
    delay: str = "10min"


@dataclass(frozen=True)
class Job:
    """A playbook with its variables, started whenever one of ``windows`` opens.

    A ``playbook`` without a dot is one of this collection. ``only_while_open``: a start while the ticket's window is
    closed is left out, which is no failure. No secrets.
    """

    name: str
    playbook: str
    windows: tuple[Window, ...]
    timezone: str = "UTC"
    only_while_open: bool = False
    variables: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Job:
        """A job as people write it: ``at`` and ``days`` in place of windows. Raises ConfigurationError."""
        job = dict(values)
        where, at, days = f"job {job.get('name')}", job.pop("at", None), tuple(job.pop("days", None) or ())
        _check_time(where, at, days)
        windows = [Window.from_dict(window) for window in job.pop("windows", None) or ()]
        windows += [Window(start=str(at), end=str(at), days=days)] if at else []
        if not windows or any(map(mistake, windows)):
            raise ConfigurationError("no time is given", where=where, remedy="Give at, such as '03:00', and days")
        unknown = set(job) - {"name", "playbook", "timezone", "only_while_open", "variables"}
        if unknown or not {"name", "playbook"} <= set(job) or not _NAME.fullmatch(str(job["name"])):
            raise ConfigurationError(
                f"it has no good name or playbook, or keys that are not known: {', '.join(sorted(unknown))}",
                where=where,
                remedy="A job has name (letters, digits, '.', '_', '-'), playbook, at, days, timezone, variables",
            )
        try:
            ZoneInfo(str(job.get("timezone") or "UTC"))
            found = cls(**{**job, "windows": tuple(windows)})
            tuple(calendar(window, found.timezone) for window in windows)
        except (ValueError, OSError, LookupError):
            raise ConfigurationError(
                "its time or zone is none", where=where, remedy="Write at: '03:00' and timezone: Europe/Berlin"
            ) from None
        return found


def _check_time(where: str, at: object, days: Sequence[object]) -> None:
    if at and not (isinstance(at, str) and _CLOCK_TIME.fullmatch(at)):
        raise ConfigurationError(
            f"at is {at!r}, which is no time of the day",
            where=where,
            remedy="Write one from 00:00 to 23:59, in quotes in YAML, such as at: '03:00', or -e at=03:00",
        )
    unknown = [day for day in days if day not in DAYS]
    if unknown:
        raise ConfigurationError(
            f"days has {unknown[0]!r}, which is no day of the week",
            where=where,
            remedy="Write a list of days, such as days: [monday, friday]",
        )


def unit_files(job: Job, place: Place) -> dict[str, str]:
    """The text of the job's service and timer by file name."""
    unit = f"mailops-{job.name}"
    return {f"{unit}.service": _service(job, place), f"{unit}.timer": _timer(job, place)}


def calendar(window: Window, zone: str) -> str:
    """When a window opens, for systemd's OnCalendar (systemd.time(7)). Dates that bound weekdays are left out of it."""
    there = ZoneInfo(zone)
    if window.is_dated:
        start = next(occurrences(window, zone, datetime(1990, 1, 1, tzinfo=UTC))).start
        return f"{start.astimezone(there):%Y-%m-%d %H:%M:%S} {zone}"
    days = ",".join(day[:3].capitalize() for day in DAYS if day in window.days)
    return f"{days} *-*-* {_clock(window)} {zone}".strip()


def recurrence(window: Window, zone: str, now: datetime) -> str:
    """The same for AWX: DTSTART and RRULE (RFC 5545) in one line, beginning after ``now``; empty when it is over."""
    there = ZoneInfo(zone)
    coming = (each.start for each in islice(occurrences(window, zone, now), 15) if each.start > now)
    local = [start.astimezone(there) for start in coming]
    first = next((each for each in local if window.is_dated or f"{each:%H:%M:%S}" == _clock(window)), None)
    if first is None:
        return ""
    head = f"DTSTART;TZID={zone}:{first:%Y%m%dT%H%M%S}"
    if window.is_dated:
        return f"{head} RRULE:FREQ=DAILY;INTERVAL=1;COUNT=1"
    days = ",".join(day[:2].upper() for day in DAYS if day in window.days)
    rule = f"FREQ=WEEKLY;INTERVAL=1;BYDAY={days}" if days else "FREQ=DAILY;INTERVAL=1"
    return f"{head} RRULE:{rule}{_until(window, there)}"


def _clock(window: Window) -> str:
    hour, minute, *second = (window.start or "00:00").split(":")
    return f"{int(hour):02}:{minute}:{second[0] if second else '00'}"


def _until(window: Window, zone: ZoneInfo) -> str:
    if not window.not_after:
        return ""
    dated = Window(start="1991-01-01 00:00", end=window.not_after)
    end = next(occurrences(dated, zone.key, datetime(1990, 1, 1, tzinfo=UTC))).end
    return f";UNTIL={end:%Y%m%dT%H%M%SZ}"


def _service(job: Job, place: Place) -> str:
    lines = [
        "# Written by the role schedule of mailops.migration.",
        "[Unit]",
        f"Description=mailops.migration: {_plain(job.name)}",
        "Wants=network-online.target",
        "After=network-online.target",
        "",
        "[Service]",
        "Type=oneshot",
        f"WorkingDirectory={_plain(place.directory)}",
        "UMask=0077",
    ]
    lines += [f"User={_plain(place.user)}"] if place.user else []
    lines += [f"Environment={_word(f'{name}={value}')}" for name, value in sorted(place.environment.items())]
    lines += [f"ExecCondition={_unless_closed(job, place)}"] if job.only_while_open else []
    return "\n".join([*lines, f"ExecStart={_command(_words(job, place, job.playbook))}", ""])


def _timer(job: Job, place: Place) -> str:
    times = dict.fromkeys(calendar(window, job.timezone) for window in job.windows)
    lines = [
        "# Written by the role schedule of mailops.migration.",
        "[Unit]",
        f"Description=mailops.migration: when {_plain(job.name)} is due",
        "",
        "[Timer]",
        *(f"OnCalendar={time}" for time in times),
        f"RandomizedDelaySec={_plain(place.delay)}",
        "Persistent=true",
        "",
        "[Install]",
        "WantedBy=timers.target",
    ]
    return "\n".join([*lines, ""])


def _unless_closed(job: Job, place: Place) -> str:
    """Leaves a start out where the window is closed for certain; what else may be wrong the job itself tells."""
    return _command(["/bin/sh", "-c", '! "$@"', "sh", *_words(job, place, "window"), "-e", "expect=closed"])


def _words(job: Job, place: Place, playbook: str) -> list[str]:
    variables = ["-e", json.dumps(dict(job.variables), sort_keys=True)] if job.variables else []
    name = playbook if re.search(r"[./]", playbook) else place.playbooks.replace("{}", playbook)
    return [place.program, *place.options, name, *variables]


def _command(words: Sequence[str]) -> str:
    # In a command line, and only there, systemd replaces what begins with a dollar sign.
    return " ".join(_word(word).replace("$", "$$") for word in words)


def _word(text: str) -> str:
    """One word of a line that systemd splits (systemd.syntax(7))."""
    if _SAFE_WORD.fullmatch(text):
        return text
    return '"' + _plain(text).replace("\\", "\\\\").replace('"', '\\"') + '"'


def _plain(text: str) -> str:
    """Text on which systemd puts no meaning of its own. Raises ConfigurationError for one that ends the line."""
    if re.search(r"[\x00-\x1f\x7f\u2028\u2029]", text):
        raise ConfigurationError("a control character cannot stand in a unit file", remedy="Leave it out")
    return text.replace("%", "%%")
