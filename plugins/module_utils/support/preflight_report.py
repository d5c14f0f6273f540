# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The results of a preflight and what is known of the ticket, to the files that are written of it."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from ..core.customer_texts import Texts
from ..core.page import as_html, as_markdown
from ..core.preflight_data import preflight_data
from ..core.preflight_letter import letter
from ..core.preflight_page import operator_page
from ..core.report_text import count
from ..ticket.deadline import deadline_moment
from ..ticket.estimate import Booking, Estimate, Speed, Terms, Work, estimate, measured_speed, sampled_speed
from ..ticket.estimate_text import as_dict
from ..ticket.window import Opening, Window, openings
from .in_worker import plain

_LOOKED_AHEAD = timedelta(days=366)
_TODO = ("name", "type", "values", "remove")
_RIGHT = ("ok", "propagating")
_SOURCE = ("host", "port", "encryption", "username")


def looked_at(host: str, variables: Mapping[str, Any], result: Mapping[str, Any]) -> dict[str, Any]:
    """One mailbox: what the inventory says of it, and what was found."""
    source = plain(variables.get("mailops_source") or {})
    return {
        "host": host,
        "mailbox": str(variables.get("mailops_mailbox") or host),
        "source": {name: source.get(name) for name in _SOURCE},
        "limits": plain(variables.get("mailops_limits") or {}),
        "result": result,
    }


def report(ticket: str, mailboxes: Sequence[Mapping[str, Any]], context: Mapping[str, Any]) -> dict[str, Any]:
    """The files' texts: ``json``, ``html`` and ``md`` for operators, ``letter`` for the customer; ``lines`` to tell.

    :param context: ``now`` (ISO 8601), ``settings`` (the variable ``mailops_settings``), and as wanted ``findings``,
        ``platform``, ``dns``, ``dns_records``, ``window``, ``users``, ``booked``, ``forks``, ``speed``, ``free``
        (no window binds).
    Raises ConfigurationError for a deadline that is none.
    """
    settings = context["settings"]
    now = datetime.fromisoformat(context["now"])
    seen = [item for item in mailboxes if item["result"].get("complete")]
    found = as_dict(_estimate(seen, context, now), settings["timezone"])
    unread = sum(not item["result"].get("complete") and "counts" in item["result"] for item in mailboxes)
    unseen = len(mailboxes) - len(seen) - unread
    for number, why in ((unread, "could not be read"), (unseen, "were not looked at")):
        if number:
            found["lines"].append(f"Not counted: {count(number, 'mailbox', 'mailboxes')} that {why}.")
    found["lines"] += [
        f"Ticket {each['ticket']} may read from the same servers, but its files cannot be read: {each['trouble']}."
        for each in context.get("booked") or ()
        if each.get("trouble")
    ]
    data = preflight_data(
        ticket,
        mailboxes,
        findings=context.get("findings") or (),
        platform=context.get("platform"),
        dns=list(_domains(context)),
        window=context.get("window"),
        estimate=found,
        quotas={user["email"]: user.get("quota_mb") for user in context.get("users") or ()},
        made=context["now"],
    )
    page = operator_page(data)
    return {
        "json": json.dumps(data, ensure_ascii=False, indent=1) + "\n",
        "html": as_html(page),
        "md": as_markdown(page),
        "letter": as_markdown(letter(data, Texts(settings["language"]))),
        "lines": data["estimate"]["lines"],
    }


def _domains(context: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    """Each domain with ``todo``, what is to be typed for its records that are not right."""
    for domain in context.get("dns") or ():
        own = (each for each in context.get("dns_records") or () if each["domain"] == domain["domain"])
        todo = [
            {"kind": each["kind"], **{name: each["todo"][name] for name in _TODO}}
            for each in own
            if each["todo"] and each["state"] not in _RIGHT
        ]
        yield {**domain, "todo": todo}


def _estimate(mailboxes: Sequence[Mapping[str, Any]], context: Mapping[str, Any], now: datetime) -> Estimate:
    settings = context["settings"]
    zone, deadline = settings["timezone"], settings["limits"].get("deadline") or ""
    assumed = sampled_speed(_measured(mailboxes, "sample"), Speed(**(context.get("speed") or {})))
    speed = measured_speed(_measured(mailboxes, "speed"), assumed)
    limit = settings["limits"].get("messages_per_second")
    if limit:
        speed = replace(speed, messages_per_second=min(float(limit), speed.messages_per_second))
    windows = () if context.get("free") else tuple(Window.from_dict(window) for window in settings["window"])
    terms = Terms(
        now=now,
        zone=zone,
        windows=windows,
        deadline=datetime.fromisoformat(deadline_moment(deadline, zone, now)) if deadline else None,
        parallel=int(context.get("forks") or 1),
        lanes=dict(_lanes(mailboxes)),
        bookings=tuple(_booking(each, now) for each in context.get("booked") or () if not each.get("trouble")),
    )
    return estimate([_work(item) for item in mailboxes], speed, terms)


def _measured(mailboxes: Sequence[Mapping[str, Any]], name: str) -> list[tuple[float, int, int]]:
    found = [item["result"][name] for item in mailboxes if item["result"].get(name)]
    return [(each["seconds"], each["messages"], each["octets"]) for each in found]


def _work(item: Mapping[str, Any]) -> Work:
    counts, space = item["result"].get("counts") or {}, item["result"].get("space") or {}
    octets = counts.get("bytes", 0)
    return Work(
        mailbox=item["mailbox"],
        server=str(item["source"].get("host") or ""),
        octets=octets,
        messages=counts.get("copied", 0),
        read=max(octets - space.get("label_octets", 0), 0),
        bytes_per_day=int(item["limits"].get("bytes_per_day") or 0),
    )


def _lanes(mailboxes: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, int]]:
    """How many mailboxes the connections that a server is given are enough for."""
    for item in mailboxes:
        slots = int(item["limits"].get("server_connections") or 0)
        if slots:
            yield str(item["source"].get("host") or ""), max(slots // int(item["limits"].get("connections") or 2), 1)


def _booking(row: Mapping[str, Any], now: datetime) -> Booking:
    windows = tuple(Window.from_dict(window) for window in row["window"])
    ahead = now + _LOOKED_AHEAD
    booked = tuple(Opening(each.start, min(each.end, ahead)) for each in openings(windows, row["timezone"], now))
    return Booking(row["ticket"], frozenset(row["servers"]), booked)
