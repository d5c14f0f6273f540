# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where all tickets stand, as a table: what is remembered of each domain, with nobody asked anew."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .domain_pass import DomainPass
from .mail_route import MxPlace
from .mx_history import MxSeen, old_records_end
from .phase import Phase
from .report_text import printable

_HEADS = ("TICKET", "DOMAIN", "PHASE", "MAILBOXES", "FAILED", "LEFT", "VERIFIED", "LAST PASS", "NEXT", "LOCAL DELIVERY")


def domain_row(
    domain: str,
    history: Sequence[MxSeen],
    passes: Sequence[DomainPass],
    closed: float | None,
    *,
    failed: Sequence[str] = (),
    opens: str,
    now: float,
) -> dict[str, Any]:
    """One domain as plain values, times in seconds since 1970 or None.

    :param failed: hosts of the ticket, of any domain, whose last run has to be looked at.
    :param opens: when the ticket's window opens again, while it is closed; ``never`` when it does not.
    """
    last = passes[-1] if passes else None
    phase = _phase(history, closed)
    due, why = _due(phase, last, old_records_end(history), opens, now)
    # A host that is named by a likeness of its address ends with a hash.
    own = re.compile(rf"{re.escape(domain)}(-[0-9a-f]{{6}})?")
    return {
        "domain": domain,
        "phase": phase.value if passes or history or closed else "new",
        "mailboxes": last.mailboxes if last else None,
        "complete": last.complete if last else None,
        "failed": sum(bool(own.fullmatch(host.rpartition("@")[2].lower())) for host in failed) if last else None,
        "left": last.mailboxes - last.complete if last else None,
        "copied": last.copied if last else None,
        "verified": last.verified if last else None,
        "last_pass": last.ended if last else None,
        "due": due,
        "next": why,
        "closed": closed,
    }


def _phase(history: Sequence[MxSeen], closed: float | None) -> Phase:
    if closed is not None:
        return Phase.CLOSED
    ours = bool(history) and history[-1].place in (MxPlace.OURS, MxPlace.MIXED)
    return Phase.FINAL if ours else Phase.FIRST


def _due(
    phase: Phase, last: DomainPass | None, old_end: float | None, opens: str, now: float
) -> tuple[float | None, str]:
    """When the next run is worth its while (None: nobody knows, or never), and in words."""
    if phase is Phase.CLOSED:
        return None, "nothing"
    if opens:
        return (None, "no window is left") if opens == "never" else (_seconds(opens), f"window {_day(_seconds(opens))}")
    if last is None:
        return now, "first pass"
    if not last.is_complete:
        return now, "run again"
    if phase is Phase.FIRST:
        return None, "customer's DNS"
    if old_end is not None and now < old_end:
        return old_end, f"closing pass {_day(old_end)}"
    return now, "closing pass"


def overview(
    tickets: Iterable[Mapping[str, Any]], switches: Iterable[Mapping[str, Any]], now: float
) -> list[dict[str, Any]]:
    """The tickets with each domain's switch of Local Delivery, as ``local_delivery_info`` tells it."""
    known = {str(each["domain"]).lower(): each for each in switches}
    return [
        {**ticket, "domains": [{**row, **_switch(known.get(row["domain"]), now)} for row in ticket["domains"]]}
        for ticket in tickets
    ]


def _switch(found: Mapping[str, Any] | None, now: float) -> dict[str, Any]:
    if found is None:
        return {"local_delivery": "", "expires": None, "expired": False}
    expires = float(found.get("expires") or 0) if not found["enabled"] else 0.0
    return {
        "local_delivery": "yes" if found["enabled"] else "no",
        "expires": expires or None,
        "expired": bool(expires) and expires <= now,
    }


def overview_lines(tickets: Iterable[Mapping[str, Any]]) -> list[str]:
    """The table, a line for each domain; a ticket that cannot be read is a line that says why. Times are UTC."""
    tickets = list(tickets)
    rows = [_HEADS] + [_cells(ticket["ticket"], row) for ticket in tickets for row in ticket["domains"]]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADS))]
    table = ["  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows]
    trouble = [f"{ticket['ticket']}: {printable(ticket['trouble'])}" for ticket in tickets if ticket["trouble"]]
    empty = [
        f"{ticket['ticket']}: names no domain, and no run has seen one"
        for ticket in tickets
        if not ticket["domains"] and not ticket["trouble"]
    ]
    return (table if len(rows) > 1 else []) + trouble + empty or ["There are no tickets."]


def _cells(ticket: str, row: Mapping[str, Any]) -> tuple[str, ...]:
    known = row["mailboxes"] is not None
    return (
        ticket,
        printable(row["domain"]),
        row["phase"],
        f"{row['complete']:,} of {row['mailboxes']:,}" if known else "-",
        f"{row['failed']:,}" if known else "-",
        f"{row['left']:,}" if known else "-",
        f"{row['verified']:,}" if known else "-",
        _day(row["last_pass"]) if row["last_pass"] else "-",
        row["next"],
        _delivery(row),
    )


def _delivery(row: Mapping[str, Any]) -> str:
    if row["local_delivery"] != "no":
        return row["local_delivery"] or "-"
    if not row["expires"]:
        return "NO"
    return f"NO, EXPIRED {_day(row['expires'])}" if row["expired"] else f"NO until {_day(row['expires'])}"


def _seconds(iso: str) -> float:
    return datetime.fromisoformat(iso).timestamp()


def _day(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).strftime("%Y-%m-%d %H:%M")
