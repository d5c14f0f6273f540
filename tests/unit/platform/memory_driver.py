# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A platform in memory: the plainest thing that fulfils the driver's contract."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, ClassVar

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import PlatformError
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import ABILITIES, Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Outcome
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    LocalDelivery,
    Mailbox,
    Remove,
    State,
    Step,
)


class MemoryPlatform(Driver):
    name: ClassVar[str] = "memory"
    abilities: ClassVar[frozenset[str]] = frozenset(ABILITIES)
    lacking: ClassVar[Mapping[str, str]] = {}

    def __init__(self, aliases: Iterable[Alias] = ()) -> None:
        self._domains: dict[str, Domain] = {}
        self._mailboxes: dict[str, Mailbox] = {}
        self._local_delivery: dict[str, LocalDelivery] = {}
        self._aliases: dict[str, Alias] = {alias.key: alias for alias in aliases}

    @classmethod
    def opened(cls, options: Mapping[str, Any]) -> MemoryPlatform:
        return cls()

    def read(self, domains: Collection[str]) -> State:
        return State(
            {key: domain for key, domain in self._domains.items() if key in domains},
            {key: mailbox for key, mailbox in self._mailboxes.items() if mailbox.domain in domains},
            {key: alias for key, alias in self._aliases.items() if key.rpartition("@")[2] in domains},
            local_delivery={key: switch for key, switch in self._local_delivery.items() if key in domains},
        )

    def addresses(self) -> list[str]:
        return sorted(mailbox.address for mailbox in self._mailboxes.values() if mailbox.active)

    def apply(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        before = (dict(self._domains), dict(self._mailboxes), dict(self._aliases), dict(self._local_delivery))
        try:
            for step in steps:
                self._apply(step)
        except PlatformError:
            self._domains, self._mailboxes, self._aliases, self._local_delivery = before
            raise
        return steps

    def _apply(self, step: Step) -> None:
        if isinstance(step.item, LocalDelivery):
            self._switch(step)
            return
        if isinstance(step.item, Alias):
            self._lead(step, step.item)
            return
        there = step.item.key in self._domains or step.item.key in self._mailboxes
        if there == isinstance(step, Create):
            raise PlatformError("somebody else was here", where=step.item.key)
        if isinstance(step, Remove):
            for store in (self._domains, self._mailboxes, self._aliases):
                store.pop(step.item.key, None)
            return
        item = step.item if isinstance(step, Create) else step.result()
        if isinstance(item, Domain):
            self._domains[item.key] = item
        elif isinstance(item, Mailbox):
            self._mailboxes[item.key] = replace(item, routed=True)
            self._aliases.setdefault(item.key, Alias(item.address, (item.address,), item.active))

    def _lead(self, step: Step, known: Alias) -> None:
        if self._aliases.get(known.key) != (None if isinstance(step, Create) else known):
            raise PlatformError("somebody else was here", where=known.key)
        if isinstance(step, Remove):
            del self._aliases[known.key]
            return
        item = step.item if isinstance(step, Create) else step.result()
        if isinstance(item, Alias):
            self._aliases[item.key] = item

    def _switch(self, step: Step) -> None:
        if (step.item.key in self._local_delivery) == isinstance(step, Create):
            raise PlatformError("somebody else was here", where=step.item.key)
        if isinstance(step, Remove):
            del self._local_delivery[step.item.key]
            return
        item = step.item if isinstance(step, Create) else step.result()
        if isinstance(item, LocalDelivery):
            self._local_delivery[item.key] = item
