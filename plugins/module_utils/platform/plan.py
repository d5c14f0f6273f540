# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a plan is: steps, findings and warnings, decided before anything is written."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TypeAlias, TypeVar

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Create,
    Item,
    Remove,
    Step,
    Update,
    Value,
    changed,
)

Row = TypeVar("Row", bound=Hashable)
LONGEST_TEXT = 255


@dataclass(frozen=True)
class Failure:
    """A row that was not worked: the item, the reason as a sentence about it, and what to do.

    ``where``: the row's place in the customer's file, if it has one.
    """

    item: str
    reason: str
    remedy: str
    where: str = ""

    def as_dict(self) -> dict[str, str]:
        """What is known of it, as plain types."""
        return {name: value for name, value in vars(self).items() if value}


@dataclass(frozen=True)
class Plan:
    """All that will be done, and what will not be done.

    ``passwords`` are those still to be hashed, by key of the mailbox; their steps hold an empty hash until
    :meth:`with_hashes`.
    """

    steps: tuple[Step, ...] = ()
    unchanged: int = 0
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    passwords: Mapping[str, str] = field(default_factory=dict, repr=False)

    def keys(self, kind: type[Step]) -> list[str]:
        """The sorted keys of the items that steps of ``kind`` concern."""
        return sorted(step.item.key for step in self.steps if isinstance(step, kind))

    def counts(self) -> dict[str, int]:
        """Rows by outcome."""
        return {
            "created": len(self.keys(Create)),
            "updated": len(self.keys(Update)),
            "removed": len(self.keys(Remove)),
            "unchanged": self.unchanged,
            "failed": len(self.failures),
        }

    def without(self, findings: Mapping[str, Failure]) -> Plan:
        """The plan less the steps for the keys of ``findings``, which take their place."""
        kept = tuple(step for step in self.steps if step.item.key not in findings)
        told = sorted((*self.failures, *findings.values()), key=_failure_key)
        return replace(self, steps=kept, failures=tuple(told))

    def as_done(self, outcomes: Iterable[Outcome]) -> Plan:
        """The plan with what became of its steps in their place."""
        done = build(outcomes)
        told = sorted((*self.failures, *done.failures), key=_failure_key)
        return replace(self, steps=done.steps, unchanged=self.unchanged + done.unchanged, failures=tuple(told))

    def with_hashes(self, hashes: Mapping[str, str]) -> tuple[Step, ...]:
        """The steps with the hash of every password of :attr:`passwords` filled in."""
        return tuple(_with_hash(step, hashes) for step in self.steps)


Outcome: TypeAlias = Step | Failure | None
"""What became of a row or a step: done, not worked, or None where it was so already."""


def _with_hash(step: Step, hashes: Mapping[str, str]) -> Step:
    hashed = hashes.get(step.item.key)
    if hashed is None:
        return step
    if isinstance(step, Create):
        return Create(changed(step.item, [("password_hash", hashed)]))
    if isinstance(step, Update):
        return replace(step, changes=tuple((k, hashed if k == "password_hash" else v) for k, v in step.changes))
    return step


def build(outcomes: Iterable[Outcome]) -> Plan:
    """A plan from what was decided for each row; None is a row that asks for what is there already."""
    decided = list(outcomes)
    return Plan(
        steps=tuple(sorted((o for o in decided if isinstance(o, Create | Update | Remove)), key=_step_key)),
        failures=tuple(sorted((o for o in decided if isinstance(o, Failure)), key=_failure_key)),
        unchanged=sum(1 for outcome in decided if outcome is None),
    )


def _step_key(step: Step) -> str:
    return step.item.key


def _failure_key(failure: Failure) -> tuple[str, str]:
    return failure.item, failure.where


def normalised(
    rows: Sequence[Row], name: Callable[[Row], str], renamed: Callable[[Row], Row]
) -> tuple[list[Row], list[Failure]]:
    """Each row once and with its name as the platform writes it, and the findings about the others.

    ``renamed`` gives the row with its canonical name or raises :class:`ConfigurationError`. Equal rows merge; of rows
    that name one thing in different ways none is taken.
    """
    failures: list[Failure] = []
    groups: dict[str, set[Row]] = {}
    for row in rows:
        try:
            good = renamed(row)
        except ConfigurationError as error:
            failures.append(Failure(name(row), error.what, error.remedy))
        else:
            groups.setdefault(name(good), set()).add(good)
    failures += [_conflict(key, len(group)) for key, group in groups.items() if len(group) > 1]
    return [next(iter(group)) for group in groups.values() if len(group) == 1], failures


def _conflict(item: str, count: int) -> Failure:
    return Failure(item, f"is given {count} times with different values", "Keep one row")


def text_problem(text: str | None, what: str) -> str:
    """Why no database of a platform takes ``text``, as the end of a sentence; empty when it does."""
    if text is None:
        return ""
    if len(text) > LONGEST_TEXT:
        return f"has a {what} of {len(text)} characters, and {LONGEST_TEXT} are possible"
    if not text.isprintable():
        return f"has a {what} with characters that cannot be shown, such as line ends"
    return ""


def differing(item: Item, wanted: Mapping[str, Value | None]) -> tuple[tuple[str, Value], ...]:
    """The attributes of ``wanted`` that are given (not None) and that ``item`` has otherwise, sorted."""
    return tuple(
        (attribute, value)
        for attribute, value in sorted(wanted.items())
        if value is not None and value != getattr(item, attribute)
    )
