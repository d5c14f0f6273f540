# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What became of the ticket's domains and users on the platform."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from .outcome import Problem
from .report_text import count, listing

ROUTES = ("aliases", "forwards", "lists")


@dataclass(frozen=True)
class Platform:
    """What provisioning did, or would do when ``planned``. ``known`` is false where it was left out of the run.

    ``awaiting`` are users whose domain the platform does not have and that were not to be created.
    ``failed_items`` are the addresses of mailboxes that ``problems`` speak of. ``aliases``, ``forwards`` and ``lists``
    are the addresses of which something was written. ``missing_domains``: those that ``problems`` speak of;
    ``refused_rows``: places of such rows in the customer's files (``lists.csv:4``); ``unchecked_rows``: how many
    of them could not be held against the platform, for it does not have their domains yet.
    """

    known: bool = False
    planned: bool = False
    created_domains: tuple[str, ...] = ()
    created: tuple[str, ...] = ()
    updated: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    forwards: tuple[str, ...] = ()
    lists: tuple[str, ...] = ()
    awaiting: tuple[str, ...] = ()
    problems: tuple[Problem, ...] = ()
    failed_items: tuple[str, ...] = ()
    missing_domains: tuple[str, ...] = ()
    refused_rows: tuple[str, ...] = ()
    unchecked_rows: int = 0

    def as_dict(self) -> dict[str, Any]:
        """Plain types for the plugin boundary."""
        lists = {name: list(value) for name, value in vars(self).items() if isinstance(value, tuple)}
        return {**vars(self), **lists, "problems": [vars(problem) for problem in self.problems]}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Platform:
        """What :meth:`as_dict` made."""
        lists = {name: tuple(value) for name, value in values.items() if isinstance(value, list)}
        return cls(**{**values, **lists, "problems": tuple(Problem(**problem) for problem in values["problems"])})


def provision_outcome(
    domains: Mapping[str, Any],
    mailboxes: Mapping[str, Any],
    addresses: Sequence[str],
    *,
    routes: Mapping[str, Mapping[str, Any]],
    create_domains: bool,
    planned: bool,
    unchecked_rows: int = 0,
) -> Platform:
    """The outcome that results of ``mail_domain`` and ``mailbox`` tell.

    :param addresses: all those of ``users.csv``.
    :param routes: the results of the other modules by ``aliases``, ``forwards`` and ``lists``.
    :param create_domains: whether domains that miss were to be created; otherwise their creation was only planned.
    """
    new_domains = tuple(domains.get("created", ()))
    without_domain = tuple(address for address in addresses if address.rpartition("@")[2] in new_domains)
    refused = [failure["item"] for failure in domains.get("failures", ())]
    awaiting = (
        *(() if create_domains else without_domain),
        *(address for address in addresses if address.rpartition("@")[2] in refused),
    )
    return Platform(
        known=True,
        planned=planned,
        created_domains=new_domains if create_domains else (),
        created=tuple(mailboxes.get("created", ())),
        updated=tuple(mailboxes.get("updated", ())),
        **{kind: _written(routes.get(kind, {})) for kind in ROUTES},
        awaiting=awaiting,
        problems=(
            *(() if create_domains or not new_domains else (_missing(new_domains, awaiting),)),
            *dict.fromkeys(
                problem
                for result in (domains, mailboxes, *(routes.get(kind, {}) for kind in ROUTES))
                for problem in _problems(result)
            ),
        ),
        failed_items=tuple(failure["item"].lower() for failure in mailboxes.get("failures", ())),
        missing_domains=(*(() if create_domains else new_domains), *refused),
        refused_rows=tuple(
            failure["where"]
            for kind in ROUTES
            for failure in routes.get(kind, {}).get("failures", ())
            if failure.get("where")
        ),
        unchecked_rows=unchecked_rows,
    )


def _missing(domains: Sequence[str], awaiting: Sequence[str]) -> Problem:
    held_up = f"; {count(len(awaiting), 'mailbox', 'mailboxes')} of users.csv cannot be created" if awaiting else ""
    noun, verb = ("domain", "is") if len(domains) == 1 else ("domains", "are")
    return Problem(
        f"the {noun} {listing(domains)} {verb} not on the platform{held_up}",
        "Add them there and have their ownership verified; once it is, -e mailops_create_domains=true adds them, too",
    )


def _problems(result: Mapping[str, Any]) -> list[Problem]:
    """What a result says that it could not do; of a task that never began its message."""
    if "counts" not in result:
        return [] if result.get("skipped") or not result.get("msg") else [Problem(str(result["msg"]))]
    return [_problem(failure) for failure in result.get("failures", ())]


def _problem(failure: Mapping[str, str]) -> Problem:
    place = f"{failure['where']}: " if "where" in failure else ""
    return Problem(f"{place}{failure['item']} {failure['reason']}", failure["remedy"])


def _written(result: Mapping[str, Any]) -> tuple[str, ...]:
    return (*result.get("created", ()), *result.get("updated", ()))
