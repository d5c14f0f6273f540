# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An update of a ticket, the steps in which a driver sends it, and the two ways in which a step goes wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from ..core.errors import MigrationError


class NotTaken(MigrationError):
    """The step was not carried out; it may be sent again. ``everybody``: further updates would fare the same."""

    def __init__(self, what: str, *, where: str = "", remedy: str = "", everybody: bool = False) -> None:
        super().__init__(what, where=where, remedy=remedy)
        self.everybody = everybody


class MaybeTaken(MigrationError):
    """The step went out and no answer came: it may have been carried out or not."""


@dataclass(frozen=True)
class Update:
    """``key`` is said once only. ``attachments`` are paths; ``reference`` is the ticket in the ticket system."""

    key: str
    ticket: str
    reference: str
    comment: str = ""
    status: str = ""
    attachments: tuple[str, ...] = ()
    public: bool = False

    def as_dict(self) -> dict[str, Any]:
        """Plain types, for the outbox."""
        return asdict(self)

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Update:
        """The update of such a dictionary."""
        return cls(**{**values, "attachments": tuple(values["attachments"])})


@dataclass(frozen=True)
class Step:
    """One thing that is sent. ``shown`` says what, without a secret.

    :param send: raises :class:`NotTaken` or :class:`MaybeTaken`.
    :param repeatable: doing it twice is the same as once.
    :param was_done: asks the ticket system whether it is done; None where that cannot be asked.
    """

    name: str
    shown: str
    send: Callable[[], None]
    repeatable: bool = False
    was_done: Callable[[], bool] | None = None


class Driver(Protocol):
    """A ticket system."""

    def steps(self, update: Update) -> Sequence[Step]:
        """What sends the update, in its order. Raises :class:`NotTaken` where it cannot be sent as it is."""
