# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sends what waits in the ticket's outbox: each step is noted before it goes out and after it is through.

So a run that is killed leaves a step behind that may have been sent. It is asked for where the ticket system tells,
done again where that does no harm, and left to a person otherwise.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace

from ..core.errors import MigrationError
from ..ticket_state.store import TicketState
from ..ticket_state.values import DOUBTFUL, DROPPED, SENDING, SENT, WAITING, Queued
from .values import Driver, MaybeTaken, NotTaken, Step, Update

_LOOK = "Look at the ticket, then say -e ticket_update_doubtful=send, or =drop if it is there"


@dataclass
class Delivery:
    """Keys by what became of them in this run, and what went wrong in words."""

    sent: list[str] = field(default_factory=list)
    waiting: list[str] = field(default_factory=list)
    doubtful: list[str] = field(default_factory=list)
    dropped: list[str] = field(default_factory=list)
    problems: list[str] = field(default_factory=list)


def deliver(state: TicketState, driver: Driver, clock: Callable[[], float], doubtful: str) -> Delivery:
    """Send what waits, in the order in which it came. Whoever calls holds :func:`alone`.

    :param doubtful: what becomes of updates that may have been sent: ``tell``, ``send`` (again), ``drop``.
    """
    delivery = Delivery()
    stopped = ""
    for update in state.updates():
        if update.state in (SENT, DROPPED):
            continue
        known = replace(update, state=DOUBTFUL) if update.state == SENDING else update
        if known.state == DOUBTFUL and doubtful == "drop":
            state.note_update(replace(known, state=DROPPED), clock())
            delivery.dropped.append(known.key)
        elif stopped:
            state.note_update(replace(known, problem=stopped) if known.state == WAITING else known, clock())
            (delivery.waiting if known.state == WAITING else delivery.doubtful).append(known.key)
        else:
            stopped = _send(state, driver, clock, known, delivery, again=doubtful == "send")
    return delivery


@contextlib.contextmanager
def alone(state_dir: str) -> Iterator[None]:
    """Only one run sends a ticket's updates; a second one waits. The lock is the kernel's, so a killed run frees it."""
    lock = os.open(os.path.join(state_dir, "ticket.updates.lock"), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _send(
    state: TicketState, driver: Driver, clock: Callable[[], float], queued: Queued, delivery: Delivery, *, again: bool
) -> str:
    """One update, step by step. Returns the reason for which others need not be tried."""
    now = queued
    try:
        for step in driver.steps(Update.from_dict(queued.payload)):
            if step.name in now.done:
                continue
            if now.state == DOUBTFUL and now.step == step.name and not again and _is_open(step):
                raise MaybeTaken(now.problem or "the run was ended while it was sent")
            if not (now.state == DOUBTFUL and now.step == step.name and not again and _is_there(step)):
                now = replace(now, state=SENDING, step=step.name, problem="")
                state.note_update(now, clock())
                step.send()
            now = replace(now, state=WAITING, done=(*now.done, step.name), step="")
            state.note_update(now, clock())
    except MaybeTaken as error:
        fresh = now.state == SENDING
        left = replace(now, state=DOUBTFUL, problem=error.what)
        problem = _gone_wrong(state, clock, left, delivery.doubtful, delivery)
        return problem if fresh else ""
    except MigrationError as error:
        # A doubtful step whose system could not be asked stays doubtful.
        left = replace(now, state=DOUBTFUL if now.state == DOUBTFUL else WAITING, problem=error.text())
        place = delivery.doubtful if left.state == DOUBTFUL else delivery.waiting
        problem = _gone_wrong(state, clock, left, place, delivery)
        return problem if isinstance(error, NotTaken) and error.everybody else ""
    state.note_update(replace(now, state=SENT, step="", problem=""), clock())
    delivery.sent.append(now.key)
    return ""


def _is_open(step: Step) -> bool:
    """Whether nobody but a person can say if the step was carried out."""
    return not step.repeatable and step.was_done is None


def _is_there(step: Step) -> bool:
    return not step.repeatable and step.was_done is not None and step.was_done()


def _gone_wrong(
    state: TicketState, clock: Callable[[], float], queued: Queued, place: list[str], delivery: Delivery
) -> str:
    state.note_update(queued, clock())
    place.append(queued.key)
    if queued.state == DOUBTFUL:
        text = f"The update {queued.key} may have been sent or not ({queued.step}): {queued.problem}. {_LOOK}."
    else:
        text = f"The update {queued.key} was not sent: {queued.problem}. It waits for the next run."
    delivery.problems.append(text)
    return queued.problem


def planned(driver: Driver, updates: Sequence[Update]) -> list[dict[str, object]]:
    """What would be sent, for check mode; no secret is in it."""
    told: list[dict[str, object]] = []
    for update in updates:
        try:
            shown = [step.shown for step in driver.steps(update)]
        except MigrationError as error:
            shown = [error.text()]
        told.append({"key": update.key, "steps": shown, "comment": update.comment, "status": update.status})
    return told
