# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Local Delivery of a ticket's domains: what it should be, and what became of it, in words.

Values are plain as modules return them: ``stands`` are the domains of migration_phase, ``switches`` those of
local_delivery_info, ``results`` those of local_delivery.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any

from .mail_route import MxPlace
from .phase import moment
from .report_text import count, listing

_OURS = (MxPlace.OURS.value, MxPlace.MIXED.value)


@dataclass(frozen=True)
class Wish:
    """``off``: rows of domains to be under "No"; ``on``: those to be under "Yes"; ``notes``: why others are left."""

    off: tuple[Mapping[str, str], ...]
    on: tuple[Mapping[str, str], ...]
    notes: tuple[str, ...]


def wish(
    stands: Iterable[Mapping[str, Any]],
    switches: Sequence[Mapping[str, Any]],
    old_mx: Mapping[str, str],
    asked: bool | None = None,
) -> Wish:
    """What Local Delivery of each domain should be: what was ``asked``, else what the MX records want.

    "No" while they name the old provider, "Yes" once they name us. What somebody switched against the guards stays, and
    so does everything where DNS does not tell. ``old_mx``: the old provider's server by domain where somebody said it.
    """
    by_domain = {switch["domain"]: switch for switch in switches}
    off, on, notes = [], [], []
    for stand in stands:
        domain = stand["domain"]
        enabled, note = (asked, "") if asked is not None else _by_mx(stand, by_domain[domain])
        if note:
            notes.append(f"{domain}: {note}")
        if enabled:
            on.append({"name": domain})
        elif enabled is not None:
            off.append({"name": domain, **_next_hop(stand, by_domain[domain], old_mx)})
    return Wish(tuple(off), tuple(on), tuple(notes))


def told(
    stands: Iterable[Mapping[str, Any]],
    switches: Sequence[Mapping[str, Any]],
    zone: tzinfo,
) -> list[str]:
    """Where each domain stands, for whoever is on call at the cutover."""
    by_domain = {switch["domain"]: switch for switch in switches}
    lines = []
    for stand in stands:
        lines.append(f"{stand['domain']} is in phase {stand['phase']}, for {stand['why']}.")
        lines += [f"    {line}" for line in _stand_lines(stand, by_domain.get(stand["domain"]), zone)]
    return lines


def switch_text(switch: Mapping[str, Any], zone: tzinfo, wanted: bool | None = None) -> str:
    """How a domain is switched. ``wanted``: what the MX records want, None where they are not known."""
    if not switch["exists"]:
        return "Local Delivery: the domain is not on the platform yet."
    agrees = wanted == switch["enabled"] and not (wanted and switch["missing"])
    reason = f" Switched against the guards: {switch['reason']}." if switch["reason"] and not agrees else ""
    if switch["enabled"]:
        return f'Local Delivery: "Yes", names without a mailbox here are refused.{reason}'
    until = f" until {moment(switch['expires'], zone)}" if switch["expires"] else ""
    return f'Local Delivery: "No"{until}, names without a mailbox here are asked for at {switch["old_mx"]}.{reason}'


def became(result: Mapping[str, Any], *, enabled: bool, planned: bool, reason: str) -> dict[str, list[Any]]:
    """What became of a switch: ``lines`` to tell, ``problems`` that fail the run, and guards that were overridden.

    ``reason``: why the guards were to be overridden, empty where they were not. The result of no task is no switch.
    """
    word = '"Yes"' if enabled else '"No"'
    if not result or result.get("skipped"):
        return {"lines": [], "problems": [], "overrides": []}
    if "failures" not in result:
        why = str(result.get("msg") or "the task ended without a reason")
        problem = {"reason": f"Local Delivery could not be switched to {word}: {why}", "remedy": ""}
        return {"lines": [], "problems": [problem], "overrides": []}
    changed = sorted({*result["created"], *result["updated"]})
    overrides = [{"domain": name, "action": f"Local Delivery {word}", "reason": reason} for name in changed if reason]
    return {
        "lines": list(_switched_lines(result, changed, word, planned)),
        "problems": [_refused(failure, enabled, forced=bool(reason)) for failure in result["failures"]],
        "overrides": overrides,
    }


def _switched_lines(result: Mapping[str, Any], changed: Sequence[str], word: str, planned: bool) -> Iterator[str]:
    if changed:
        yield f"Local Delivery of {listing(changed, 20)} {'would be' if planned else 'is'} {word} now."
    if result["flushed"]:
        verb = "would be tried again" if planned else "is tried again now"
        yield f"Delivery of {count(result['flushed'], 'message')} that waited for the old provider {verb}."
    if result["flush_failure"]:
        yield f"The queue could not be asked to try again: {result['flush_failure']}"


def _refused(failure: Mapping[str, Any], enabled: bool, *, forced: bool) -> dict[str, str]:
    word, option = ('"Yes"', "yes") if enabled else ('"No"', "no")
    way_out = f'cutover.yml -e local_delivery={option} -e force=true -e \'{{"reason": "…"}}\' does it all the same'
    remedy = failure["remedy"]
    if "old_mx" in remedy:
        remedy += f'. In ticket.yml: old_mx: {{{failure["item"]}: "[mail-server.of.the.old.provider]:25"}}'
    return {
        "reason": f"Local Delivery of {failure['item']} is not switched to {word}: it {failure['reason']}",
        "remedy": remedy if forced else f"{remedy}. Or {way_out}",
    }


def _by_mx(stand: Mapping[str, Any], switch: Mapping[str, Any]) -> tuple[bool | None, str]:
    """The wanted switch, None to leave it; and why it is left."""
    if not switch["exists"]:
        return None, "Local Delivery is switched once the domain is on the platform"
    wanted = _wanted(stand)
    if wanted is None:
        return None, f"Local Delivery stays as it is, for the domain {stand['mx_text']}"
    if switch["reason"] and wanted != switch["enabled"]:
        word = '"Yes"' if switch["enabled"] else '"No"'
        return None, f"Local Delivery stays {word}, as somebody switched it against the guards: {switch['reason']}"
    return wanted, ""


def _wanted(stand: Mapping[str, Any]) -> bool | None:
    """The switch that the MX records want; None where DNS does not tell."""
    if stand["mx"] in _OURS:
        return True
    return False if stand["mx"] == MxPlace.ELSEWHERE.value else None


def _next_hop(stand: Mapping[str, Any], switch: Mapping[str, Any], old_mx: Mapping[str, str]) -> dict[str, str]:
    """The old provider's server: as said, as it was, else the preferred one that the MX records name."""
    said = old_mx.get(stand["domain"], "")
    if said:
        return {"old_mx": said}
    if switch["old_mx"] or stand["mx"] != MxPlace.ELSEWHERE.value or not stand["mx_hosts"]:
        return {}
    return {"old_mx": f"[{stand['mx_hosts'][0]}]:25"}


def _stand_lines(stand: Mapping[str, Any], switch: Mapping[str, Any] | None, zone: tzinfo) -> list[str]:
    ttl = f" (TTL {count(stand['mx_ttl'], 'second')})" if stand["mx_ttl"] else ""
    lines = [f"DNS: by its own name servers it {stand['mx_text']}{ttl}; a resolver {stand['resolver_text']}."]
    if switch is not None:
        lines += [switch_text(switch, zone, _wanted(stand)), _missing_line(switch)]
        if switch["queued"] is not None:
            lines.append(f"Queue: {count(switch['queued'], 'message waits', 'messages wait')} here for its people.")
    behind = f"{stand['behind']} of them without a complete pass"
    lines.append(f"Mailboxes: {stand['mailboxes']}, {behind}. Passes: {stand['passes']}.")
    lines += [f"Overridden: {text}" for text in stand["overrides"]]
    return [*lines, stand["next"]]


def _missing_line(switch: Mapping[str, Any]) -> str:
    missing = switch["missing"]
    if not missing:
        return f"Missing here: none of {count(switch['expected'], 'address', 'addresses')} of its open tickets."
    expected = count(switch["expected"], "address", "addresses")
    return f"Missing here: {len(missing)} of {expected} of its open tickets: {listing(missing)}."
