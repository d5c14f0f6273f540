# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a mail platform holds, as plain values, and the steps that change it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, TypeAlias, TypeVar


@dataclass(frozen=True)
class Domain:
    """A mail domain. Limits: 0 is unlimited, -1 is none at all; quotas are in megabytes as the platform counts them."""

    name: str
    description: str = ""
    active: bool = True
    max_mailboxes: int = 0
    max_aliases: int = 0
    max_mailbox_quota_mb: int = 0
    quota_mb: int = 0
    backup_mx: bool = False

    @property
    def key(self) -> str:
        """The name in lower case, by which a :class:`State` finds it."""
        return self.name.lower()


@dataclass(frozen=True)
class Mailbox:
    """A person's account. ``quota_bytes`` 0 is unlimited.

    ``routed``: the platform leads mail for this very address somewhere, so that a catch-all cannot swallow it.
    """

    address: str
    name: str = ""
    quota_bytes: int = 0
    active: bool = True
    password_hash: str = field(default="", repr=False)
    routed: bool = True

    @property
    def key(self) -> str:
        """The address in lower case, by which a :class:`State` finds it."""
        return self.address.lower()

    @property
    def domain(self) -> str:
        """The part after the last ``@``, in lower case."""
        return self.key.rpartition("@")[2]


@dataclass(frozen=True)
class Alias:
    """An address that leads elsewhere. A catch-all's address is ``@domain``."""

    address: str
    targets: tuple[str, ...]
    active: bool = True

    @property
    def key(self) -> str:
        """The address in lower case, by which a :class:`State` finds it."""
        return self.address.lower()

    @property
    def others(self) -> tuple[str, ...]:
        """The targets besides the address itself."""
        return tuple(target for target in self.targets if target.lower() != self.key)

    @property
    def forwards(self) -> tuple[str, ...]:
        """The targets besides the address itself and what PostfixAdmin puts there for its owner's absence."""
        absence = self.key.replace("@", "#") + "@"
        return tuple(target for target in self.others if not target.lower().startswith(absence))

    @property
    def keeps_copy(self) -> bool:
        """Whether the address itself is among the targets."""
        return len(self.others) < len(self.targets)


@dataclass(frozen=True)
class LocalDelivery:
    """Where mail for those goes who have no mailbox here; a domain without one of these is ``enabled``.

    ``enabled`` refuses them; otherwise they are asked for at ``old_mx``, a next hop ``[host]:port``. ``expires``:
    seconds since 1970, 0 is never. ``reason``: the operator's word for what was done against the guards, if anything.
    """

    domain: str
    enabled: bool = True
    old_mx: str = ""
    expires: int = 0
    ticket: str = ""
    reason: str = ""

    @property
    def key(self) -> str:
        """The domain in lower case, by which a :class:`State` finds it."""
        return self.domain.lower()


@dataclass(frozen=True)
class State:
    """What the platform holds of some domains, by key.

    ``domain_aliases``: alias domain to the domain it stands for. ``local_delivery``: None where the platform's mail
    server is not set up for it. ``target_space``: how many characters the targets of an alias may take, joined by
    commas; 0 is any number. ``empty_lists``: whether a list may be without members.
    """

    domains: Mapping[str, Domain] = field(default_factory=dict)
    mailboxes: Mapping[str, Mailbox] = field(default_factory=dict)
    aliases: Mapping[str, Alias] = field(default_factory=dict)
    domain_aliases: Mapping[str, str] = field(default_factory=dict)
    local_delivery: Mapping[str, LocalDelivery] | None = None
    target_space: int = 0
    empty_lists: bool = False


Item: TypeAlias = Domain | Mailbox | Alias | LocalDelivery
Value: TypeAlias = str | int | bool | tuple[str, ...]
AnyItem = TypeVar("AnyItem", bound=Item)


def changed(item: AnyItem, changes: Iterable[tuple[str, Value]]) -> AnyItem:
    """``item`` with the attributes named in ``changes``."""
    attributes: dict[str, Any] = dict(changes)
    return replace(item, **attributes)


@dataclass(frozen=True)
class Create:
    """Add ``item``, which was not there."""

    item: Item


@dataclass(frozen=True)
class Update:
    """Change the named attributes of ``item`` (as it is now) and leave every other one alone."""

    item: Item
    changes: tuple[tuple[str, Value], ...] = field(repr=False)

    def result(self) -> Item:
        """The item as it will be."""
        return changed(self.item, self.changes)


@dataclass(frozen=True)
class Remove:
    """Take ``item`` away."""

    item: Item


Step: TypeAlias = Create | Update | Remove


def step_order(step: Step) -> tuple[int, int]:
    """The sort key by which domains come before what lives in them when added, and after it when removed."""
    rank = (Domain, Mailbox, Alias, LocalDelivery).index(type(step.item))
    return (Create, Update, Remove).index(type(step)), -rank if isinstance(step, Remove) else rank
