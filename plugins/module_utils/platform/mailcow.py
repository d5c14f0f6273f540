# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mailcow by its REST interface. Experimental: built against the published description, not yet used on a real one."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any, ClassVar, TypeVar
from urllib.parse import quote

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import PlatformError
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import home
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.mailcow_http import MailcowClient, StepRefused
from ansible_collections.mailops.migration.plugins.module_utils.platform.mailcow_rows import (
    MIB,
    alias_of,
    domain_of,
    mailbox_of,
    refusal,
    request_for,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Failure, Outcome
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    Item,
    Mailbox,
    State,
    Step,
    step_order,
)

# The column of an alias's targets is MySQL's TEXT.
_TARGET_SPACE = 65535
Read = TypeVar("Read")


class Mailcow(Driver):
    """A mailcow at ``api_url``, with a key that may read and write."""

    name: ClassVar[str] = "mailcow"
    abilities: ClassVar[frozenset[str]] = frozenset({"domains", "mailboxes", "mailbox_list", "aliases", "lists"})
    lacking: ClassVar[Mapping[str, str]] = {
        "mailbox_removal": "mailcow deletes the mail files of a removed mailbox after some days",
        "forwards": "mailcow refuses targets at a mailbox's address; its mailboxes forward by Sieve filters only",
        "local_delivery": "mailcow relays without asking the old provider for the recipient first, so that it bounces",
    }
    hashes_itself: ClassVar[bool] = True
    megabyte: ClassVar[int] = MIB

    def __init__(self, client: MailcowClient) -> None:
        self._client = client

    @classmethod
    def opened(cls, options: Mapping[str, Any]) -> Mailcow:
        """See :meth:`Driver.opened`. Of the options it takes ``api_url``, ``api_key`` and ``ca_file``."""
        return cls(MailcowClient(options["api_url"], options["api_key"], options["ca_file"]))

    def refusal(self, step: Step) -> Failure | None:
        """See :meth:`Driver.refusal`."""
        return refusal(step)

    def read(self, domains: Collection[str]) -> State:
        """See :meth:`Driver.read`. Three requests, and one for each domain that is there."""
        return self._look(domains)[0]

    def addresses(self) -> list[str]:
        """See :meth:`Driver.addresses`. One request."""
        return sorted(mailbox.address for mailbox in self._values("mailbox/all", mailbox_of) if mailbox.active)

    def apply(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        """See :meth:`Driver.apply`. One request for each step.

        What somebody else changed since the plan was made is found before the first of them, and raises.
        """
        if not steps:
            return []
        state, numbers = self._look({_domain(step.item) for step in steps})
        for step in steps:
            _unchanged(step, state)
        ordered = sorted(steps, key=step_order)
        outcomes: list[Outcome] = []
        for step in ordered:
            try:
                self._client.change(*request_for(step, numbers.get(step.item.key)))
            except StepRefused as error:
                outcomes.append(_not_written(step, error))
            except PlatformError as error:
                rest = ordered[len(outcomes) + 1 :]
                return [*outcomes, _not_written(step, error), *(_not_tried(later, step) for later in rest)]
            else:
                outcomes.append(step)
        return outcomes

    def _look(self, domains: Collection[str]) -> tuple[State, dict[str, int]]:
        """What mailcow holds of ``domains``, and its numbers of the aliases by their keys."""
        found = {domain.key: domain for domain in self._values("domain/all", domain_of) if domain.key in domains}
        mailboxes = [
            mailbox
            for name in sorted(found)
            for mailbox in self._values(f"mailbox/all/{quote(name, safe='')}", mailbox_of)
        ]
        numbered = self._values("alias/all", lambda row: (alias_of(row), int(row["id"])))
        rows = {alias.key: (alias, number) for alias, number in numbered if home(alias.key) in domains}
        pairs = self._values(
            "alias-domain/all", lambda row: (row["alias_domain"].lower(), row["target_domain"].lower())
        )
        # mailcow makes each mailbox's alias to itself, and never shows it.
        own = {mailbox.key: Alias(mailbox.address, (mailbox.address,), mailbox.active) for mailbox in mailboxes}
        state = State(
            domains=found,
            mailboxes={mailbox.key: mailbox for mailbox in mailboxes},
            aliases={**own, **{key: alias for key, (alias, _number) in rows.items()}},
            domain_aliases={alias: target for alias, target in pairs if {alias, target} & set(domains)},
            target_space=_TARGET_SPACE,
        )
        return state, {key: number for key, (_alias, number) in rows.items()}

    def _values(self, path: str, value: Callable[[Mapping[str, Any]], Read]) -> list[Read]:
        try:
            return [value(row) for row in self._client.rows(path)]
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            raise PlatformError(
                f"the answer to get/{path} is not as mailcow's description says ({type(error).__name__}: {error})",
                where=self._client.host,
                remedy="Nothing was written. See which version of mailcow this is, and report it",
            ) from None


def _domain(item: Item) -> str:
    return item.key if isinstance(item, Domain) else home(item.key)


def _unchanged(step: Step, state: State) -> None:
    """Raise :class:`PlatformError` unless mailcow has of the step's item what the plan was made from."""
    item = step.item
    places: Mapping[type[Item], Mapping[str, Item]] = {
        Domain: state.domains,
        Mailbox: state.mailboxes,
        Alias: state.aliases,
    }
    current = places.get(type(item), {}).get(item.key)
    if isinstance(item, Alias) and isinstance(current, Alias) and not isinstance(step, Create):
        same = current.targets == item.targets
    else:
        same = (current is None) == isinstance(step, Create)
    if not same:
        raise PlatformError(
            "somebody else changed or removed it meanwhile",
            where=item.key,
            remedy="Nothing was written. Run this again",
        )


def _not_written(step: Step, error: PlatformError) -> Failure:
    return Failure(step.item.key, f"could not be written: {error.what}", error.remedy)


def _not_tried(step: Step, stopped_at: Step) -> Failure:
    return Failure(
        step.item.key,
        f"was not tried, because mailcow could not be worked any more at {stopped_at.item.key}",
        "Do what is said there, then run this again",
    )
