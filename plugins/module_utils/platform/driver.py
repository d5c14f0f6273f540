# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The one interface to every platform, and the abilities that a driver declares."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Collection, Mapping, Sequence
from typing import Any, ClassVar

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import Unsupported
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Failure, Outcome
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import State, Step

ABILITIES: Mapping[str, str] = {
    "domains": "create, change and remove mail domains",
    "mailboxes": "create and change mailboxes",
    "mailbox_list": "list the mailboxes of all domains",
    "mailbox_removal": "take mailboxes away and leave their mail files where they are",
    "aliases": "write aliases",
    "forwards": "write forwards of mailboxes",
    "lists": "add members to distribution lists",
    "local_delivery": "switch Local Delivery of a domain",
}


class Driver(ABC):
    """One platform's administration.

    ``abilities`` are keys of :data:`ABILITIES`; ``lacking`` holds the reason for every other one, as the end of the
    sentence "the platform driver cannot … because". ``hashes_itself``: the platform makes the hashes, so that steps
    come with the password in clear as their ``password_hash``. ``megabyte``: the bytes of one in quotas of mailboxes,
    0 where that is the platform's setting.
    """

    name: ClassVar[str]
    abilities: ClassVar[frozenset[str]]
    lacking: ClassVar[Mapping[str, str]]
    hashes_itself: ClassVar[bool] = False
    megabyte: ClassVar[int] = 0

    @classmethod
    @abstractmethod
    def opened(cls, options: Mapping[str, Any]) -> Driver:
        """The driver as the option ``platform`` has it; contacts nobody. Raises :class:`ConfigurationError`."""

    def refusal(self, step: Step) -> Failure | None:
        """The finding about a planned ``step`` that the platform has no way to take; asks nobody."""
        return None

    def require(self, ability: str) -> None:
        """Return when the driver has ``ability``; raise :class:`Unsupported` with the reason otherwise."""
        if ability in self.abilities:
            return
        raise Unsupported(
            f"the platform driver {self.name} cannot {ABILITIES[ability]}, because {self.lacking[ability]}",
            remedy="Do this step in the platform's own administration, or use a driver that has the ability",
        )

    @abstractmethod
    def read(self, domains: Collection[str]) -> State:
        """All that the platform holds of ``domains`` (names in lower case). Raises :class:`PlatformError`."""

    def addresses(self) -> list[str]:
        """The addresses of all active mailboxes of the platform, sorted. Raises :class:`Unsupported` where there is
        no ``mailbox_list``, and :class:`PlatformError`."""
        self.require("mailbox_list")
        raise NotImplementedError

    @abstractmethod
    def apply(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        """Carry out ``steps``, and say what became of them.

        A platform with transactions carries out all of them, or none and raises :class:`PlatformError`. One without
        stops at the first trouble that is not about a single item, and has a finding for all that it did not do.
        """
