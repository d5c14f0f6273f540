# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What ``ticket_close`` does: see whether a ticket may end, wipe its secrets, pack its journals, say what is left."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from ..core.close_page import close_page
from ..core.customer_texts import LANGUAGES, Texts
from ..core.errors import ConfigurationError
from ..core.page import as_html, as_markdown
from ..core.report_text import count, printable
from ..sync.pack import journals, pack_journals
from ..ticket_state.store import TicketState, open_ticket_state, read_ticket_state
from ..ticket_state.values import DROPPED, SENT, Override
from .close_secrets import Plan, Unseal, carry_out, plan_wiping

_SHOWN = 10
_ACTION = "end the ticket although something is open"


def close_spec() -> dict[str, Any]:
    """The argument spec of ``ticket_close``."""
    flags = {name: {"type": "bool", "default": False} for name in ("vault", "pack", "only_look")}
    return {
        "ticket": {"type": "str", "required": True},
        "ticket_dir": {"type": "path", "required": True},
        "state_dir": {"type": "path", "required": True},
        "domains": {"type": "list", "elements": "str", "required": True},
        "hosts": {"type": "list", "elements": "str", "default": []},
        "workers": {"type": "list", "elements": "str", "default": []},
        "oauth": {"type": "dict", "default": {}, "no_log": True},
        "verified_since": {"type": "float", "default": 0.0},
        "anyway": {"type": "str", "default": ""},
        "language": {"type": "str", "choices": list(LANGUAGES), "default": LANGUAGES[0]},
        **flags,
    }


def close_ticket(params: Mapping[str, Any], unseal: Unseal, now: float, *, check: bool) -> dict[str, Any]:
    """The result of ``ticket_close`` with validated ``params``. Raises :class:`MigrationError` and OSError.

    :param unseal: decrypts a file of the vault. :param check: plans, and writes nothing.
    """
    looks = check or params["only_look"]
    with (read_ticket_state if looks else open_ticket_state)(params["state_dir"]) as state:
        closed = state.told("close").get("ticket")
        obstacles = [] if closed else list(_obstacles(state, params))
        if obstacles and not looks and not params["anyway"].strip():
            raise ConfigurationError(
                f"ticket {params['ticket']} is not through: {_listed(obstacles)}",
                remedy="Do that first; or say why it ends all the same, and the reason is kept:"
                ' -e \'{"close_anyway": "who decided it, and why"}\'',
            )
        plan = plan_wiping(params["ticket_dir"], params["oauth"], unseal, vault=params["vault"])
        packs = journals(params["state_dir"]) if params["pack"] else []
        archive = ""
        if looks:
            bodies = sum(each.state in (SENT, DROPPED) and bool(each.payload) for each in state.updates())
        else:
            # Without its secrets a ticket cannot be compared again: a run that is cut off from here on is gone on with.
            if not closed:
                _remember(state, params, obstacles, now)
            carry_out(plan, params["ticket_dir"])
            archive = pack_journals(params["state_dir"], now) if packs else ""
            bodies = state.forget_bodies()
        left_open = closed.value["open"] if closed else obstacles
        switches = state.told("whole").get("switches")
        updates = [each.key for each in state.updates() if each.state not in (SENT, DROPPED)]
    left = [*_left(params, plan, switches.value if switches else []), *_unsent(updates)]
    page = close_page(
        params["ticket"], params["domains"], Texts(params["language"]), wiped=not plan.kept, is_open=bool(left_open)
    )
    return {
        "changed": bool(plan.changes or packs or bodies or not closed) and not params["only_look"],
        "closed": closed is not None,
        "obstacles": obstacles,
        "left_open": list(left_open),
        "wiped": [change.text for change in plan.changes],
        "kept": plan.kept,
        "bodies": bodies,
        "packed": len(packs),
        "archive": archive,
        "left": left,
        "page": {"md": as_markdown(page), "html": as_html(page)},
        "lines": _lines(params, plan, packs, archive, bodies, left, would=looks),
    }


def _obstacles(state: TicketState, params: Mapping[str, Any]) -> Iterator[str]:
    """What speaks against ending the ticket."""
    for domain in params["domains"]:
        if state.closed(domain.lower()) is None:
            yield f"{domain} is not closed: migrate.yml says what it waits for"
    verified = state.told("verify")
    since = params["verified_since"]
    for name in params["hosts"]:
        told = verified.get(name)
        if told is None or told.time < since:
            yield f"{printable(name)} was not compared with its source"
        elif not told.value.get("passed"):
            yield f"{printable(name)} differs from its source: the report says where"


def _remember(state: TicketState, params: Mapping[str, Any], obstacles: Sequence[str], now: float) -> None:
    reason = params["anyway"].strip()
    for domain in params["domains"] if obstacles else ():
        state.add_override(Override(domain.lower(), _ACTION, reason, now))
    state.tell("close", {"ticket": {"open": list(obstacles), "reason": reason}}, now)


def _left(params: Mapping[str, Any], plan: Plan, switches: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """What people still have to do, or to decide."""
    for switch in switches:
        if not switch.get("enabled", True):
            yield f'Local Delivery of {switch.get("domain")} is still "No": cutover.yml -e local_delivery=yes'
    if plan.unknown:
        yield (
            f"Look at what else lies in {printable(params['ticket_dir'])}, which nobody but you can judge:"
            f" {_listed(plan.unknown)}"
        )
    if params["workers"]:
        yield (
            f"The workers ({_listed(params['workers'])}) keep their journals of this ticket, which undo.yml needs;"
            " close_pack packs the controller's only."
        )
    yield (
        "Remove what the customer sent, for it still has the passwords: the attachments where they were saved, and in"
        " the mail or the ticket system."
    )
    yield "Backups and snapshots of the ticket's folder keep its secrets until they run out."
    yield (
        f"undo.yml takes the migration back as long as {printable(params['state_dir'])} is kept (packed journals are"
        " brought back first: docs/operating.md). Remove the folder when your retention for proofs has passed."
    )
    yield "The customer raises the TTLs, has the domain transferred, revokes passwords: the letter says it."


def _unsent(keys: Sequence[str]) -> Iterator[str]:
    if keys:
        yield f"Updates of the ticket wait to be sent ({_listed(keys)}): migrate.yml or close.yml again sends them"


def _lines(
    params: Mapping[str, Any],
    plan: Plan,
    packs: Sequence[str],
    archive: str,
    bodies: int,
    left: Sequence[str],
    *,
    would: bool,
) -> list[str]:
    done = "Would be wiped" if would else "Wiped"
    lines = [f"{done}: {change.text}" for change in plan.changes]
    if bodies:
        lines.append(f"{done}: what {count(bodies, 'update')} of the ticket said")
    if packs:
        where = f" in {printable(archive)}, with its checksum beside it" if archive else ""
        lines.append(f"{'Would be packed' if would else 'Packed'}: {count(len(packs), 'journal')}{where}")
    lines += [f"Not wiped: {text}" for text in plan.kept]
    return lines + [f"Left to do: {text}" for text in left] or [f"Ticket {params['ticket']}: nothing is left to do."]


def _listed(texts: Sequence[str]) -> str:
    more = f"; and {len(texts) - _SHOWN} more" if len(texts) > _SHOWN else ""
    return "; ".join(texts[:_SHOWN]) + more
