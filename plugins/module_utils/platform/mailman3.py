# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lists of Mailman 3, over the REST interface of Mailman core 3.3.2 or later.

Nobody is sent mail: members are added without welcome message and without confirmation, and removed together, for
which Mailman says no goodbye. There are no transactions, but each change may be asked for again.
Source: Mailman core's own code and tests, ``mailman/rest/members.py`` and ``mailman/rest/lists.py``.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar
from urllib.parse import quote

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError, PlatformError
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.mailman3_http import (
    Access,
    MailmanHttp,
    Reply,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Failure, Outcome
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Domain,
    State,
    Step,
    Update,
)

_PAGE = 1000
"""Entries asked for at once: Mailman's web server gives up on answers that take more than half a minute."""

_AT_ONCE = 200
"""Members removed by one request."""

_ELSEWHERE = "Mailman has lists only; use the driver of the platform that has the mailboxes for this"
_QUIETLY = (
    ("pre_verified", "true"),
    ("pre_confirmed", "true"),
    ("pre_approved", "true"),
    ("send_welcome_message", "false"),
)


class Mailman3(Driver):
    """The lists of one Mailman core; its mail hosts are the domains."""

    name: ClassVar[str] = "mailman3"
    abilities: ClassVar[frozenset[str]] = frozenset({"lists"})
    lacking: ClassVar[Mapping[str, str]] = {
        "domains": "a mail host of Mailman is no domain with mailboxes",
        "mailboxes": "Mailman has no mailboxes",
        "mailbox_list": "Mailman has no mailboxes",
        "mailbox_removal": "Mailman has no mailboxes",
        "aliases": "Mailman has lists only",
        "forwards": "Mailman has no mailboxes",
        "local_delivery": "Mailman delivers to no mailbox",
    }

    def __init__(self, access: Access) -> None:
        self._http = MailmanHttp(access)

    @classmethod
    def opened(cls, options: Mapping[str, Any]) -> Mailman3:
        """See :meth:`Driver.opened`. Of the options it takes those of a REST interface."""
        url, user, password = options["api_url"], options["api_user"], options["api_password"]
        return cls(Access(url, user, password, options["ca_file"] or "", options["plain_http"]))

    def read(self, domains: Collection[str]) -> State:
        """See :meth:`Driver.read`. Every list of the domains, with its members."""
        hosts = {entry["mail_host"].lower(): entry["mail_host"] for entry in self._entries("domains")}
        known = sorted(hosts.keys() & set(domains))
        lists = [entry for name in known for entry in self._entries(f"domains/{quote(hosts[name])}/lists")]
        aliases = [Alias(entry["fqdn_listname"], self._members(entry["list_id"])) for entry in lists]
        return State(
            domains={name: Domain(name) for name in known},
            aliases={alias.key: alias for alias in aliases},
            empty_lists=True,
        )

    def apply(self, steps: Sequence[Step]) -> Sequence[Outcome]:
        """See :meth:`Driver.apply`. A member that Mailman refuses is a finding and holds nothing up."""
        outcomes: list[Outcome] = []
        for number, step in enumerate(steps):
            work = _Work(_list_step(step))
            try:
                self._carry_out(work)
            except MigrationError as error:
                rest = [_not_begun(later, error) for later in steps[number + 1 :]]
                work.failures.append(work.broken_off(error))
                return [*outcomes, *work.outcomes(), *rest]
            outcomes += work.outcomes()
        return outcomes

    def _carry_out(self, work: _Work) -> None:
        reply = self._http.send("GET", f"lists/{quote(work.address)}")
        if reply.status == 404:
            work.failures.append(
                Failure(work.address, "is no list on the platform any more", "Create the list in the admin panel first")
            )
            return
        list_id = self._good(reply)["list_id"]
        for member in work.to_add:
            self._add(work, list_id, member)
        for start in range(0, len(work.to_remove), _AT_ONCE):
            self._remove(work, list_id, work.to_remove[start : start + _AT_ONCE])

    def _add(self, work: _Work, list_id: str, member: str) -> None:
        reply = self._http.send("POST", "members", [("list_id", list_id), ("subscriber", member), *_QUIETLY])
        if reply.status == 201:
            work.added.append(member)
        elif "Unexpected parameters" in reply.words:
            raise PlatformError(
                f"this Mailman does not know how to add members without telling them ({reply.words})",
                remedy="Update Mailman core to 3.3.2 or later",
            )
        elif reply.status in (202, 400, 409):
            # 409 is said of members and of requests that wait for somebody, so the list is asked.
            if reply.status != 409 or not self._has(list_id, member):
                work.failures.append(_refused(work.address, member, reply))
        else:
            raise self._http.unexpected(reply)

    def _remove(self, work: _Work, list_id: str, members: Sequence[str]) -> None:
        form = [("emails", member) for member in members]
        answers = self._good(self._http.send("DELETE", f"lists/{quote(list_id)}/roster/member", form))
        work.removed += [member for member in members if answers.get(member) is True]

    def _has(self, list_id: str, member: str) -> bool:
        reply = self._http.send("GET", f"lists/{quote(list_id)}/member/{quote(member, safe='@')}")
        return reply.status == 200

    def _members(self, list_id: str) -> tuple[str, ...]:
        return tuple(entry["email"] for entry in self._entries(f"lists/{quote(list_id)}/roster/member", fields="email"))

    def _entries(self, path: str, **query: str) -> Iterator[Mapping[str, Any]]:
        page = 1
        while True:
            reply = self._http.send("GET", path, query={**query, "count": _PAGE, "page": page})
            data = self._good(reply)
            yield from data.get("entries", [])
            if page * _PAGE >= data.get("total_size", 0):
                return
            page += 1

    def _good(self, reply: Reply) -> Mapping[str, Any]:
        if reply.status != 200:
            raise self._http.unexpected(reply)
        return reply.data


@dataclass
class _Work:
    """What was done of a step so far."""

    step: Update
    added: list[str] = field(default_factory=list)
    removed: list[str] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.address = self.step.item.key
        before, after = _targets(self.step.item), _targets(self.step.result())
        old, new = frozenset(before), frozenset(after)
        self.to_add = [member for member in after if member not in old]
        self.to_remove = [member for member in before if member not in new]

    def outcomes(self) -> list[Outcome]:
        """What the list has gained and lost, and the findings; None where somebody else had done it all."""
        if not self.added and not self.removed:
            return [*self.failures] or [None]
        gone = set(self.removed)
        members = (*(each for each in _targets(self.step.item) if each not in gone), *self.added)
        return [Update(self.step.item, (("targets", members),)), *self.failures]

    def broken_off(self, error: MigrationError) -> Failure:
        """The finding about a list in whose midst ``error`` came."""
        total = len(self.to_add) + len(self.to_remove)
        done = len(self.added) + len(self.removed)
        reason = f"has {done} of {total} changes only, for the work broke off: {error.text()}"
        return Failure(self.address, reason, "Then run again; what was done stays")


def _targets(item: object) -> tuple[str, ...]:
    return item.targets if isinstance(item, Alias) else ()


def _list_step(step: Step) -> Update:
    if isinstance(step, Update) and isinstance(step.item, Alias):
        return step
    raise PlatformError(f"the driver mailman3 cannot change {step.item.key}", remedy=_ELSEWHERE)


def _not_begun(step: Step, error: MigrationError) -> Failure:
    return Failure(step.item.key, f"was not begun, for the work broke off before: {error.what}", "Run again")


def _refused(address: str, member: str, reply: Reply) -> Failure:
    words = "its request waits for somebody's word" if reply.status == 202 else reply.words
    return Failure(
        address,
        f"does not have {member} as a member, for Mailman refused: {words}",
        "Lift the ban or decide on the request in Mailman's administration and run again, or take the line out",
    )
