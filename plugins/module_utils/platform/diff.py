# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A plan as text before and after, for people. Passwords and their hashes never appear in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Plan
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Item,
    Remove,
    Update,
)

_HIDDEN = "password_hash"


def plan_diff(plan: Plan) -> dict[str, str]:
    """``before`` and ``after`` of the items that change, one line each, by name. Attributes that stay are left out."""
    before = [
        _line(step.item, _shown(step, step.item), "current") for step in plan.steps if not isinstance(step, Create)
    ]
    after = [
        _line(item, _shown(step, item), "new")
        for step in plan.steps
        if not isinstance(step, Remove)
        for item in [step.result() if isinstance(step, Update) else step.item]
    ]
    return {"before": "".join(before), "after": "".join(after)}


def _shown(step: Create | Update | Remove, item: Item) -> Mapping[str, object]:
    attributes = vars(item)
    names: Iterable[str] = dict(step.changes) if isinstance(step, Update) else attributes
    return {name: attributes[name] for name in names}


def _line(item: Item, attributes: Mapping[str, object], password: str) -> str:
    if isinstance(item, Alias):
        # A line for each target, so that a long list shows only what comes and goes.
        return "".join(f"{item.key} leads to {target}\n" for target in sorted(item.targets))
    identity = next(iter(vars(item)))
    texts = [
        f"password: {password}" if name == _HIDDEN else f"{name}: {value}"
        for name, value in sorted(attributes.items())
        if name != identity
    ]
    return f"{item.key}: {', '.join(texts)}\n"


def route_changes(plan: Plan) -> list[dict[str, object]]:
    """For each address that leads elsewhere than asked: the targets that miss there, and those that are too many."""
    changes: list[dict[str, object]] = []
    for step in plan.steps:
        if isinstance(step.item, Alias):
            result = step.result() if isinstance(step, Update) else step.item
            now = () if isinstance(step, Create) else step.item.targets
            then = () if isinstance(step, Remove) or not isinstance(result, Alias) else result.targets
            missing, extra = _without(then, now), _without(now, then)
            changes.append({"address": step.item.key, "missing": missing, "extra": extra})
    return changes


def _without(targets: Iterable[str], others: Iterable[str]) -> list[str]:
    known = {target.lower() for target in others}
    return [target for target in targets if target.lower() not in known]
