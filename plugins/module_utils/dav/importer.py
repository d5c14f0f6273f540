# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One user's files into an address book and a calendar. Knows nothing of Ansible."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from ..core.errors import MigrationError
from ..sync.lock import mailbox_lock
from .bulk import LEAST, put_all, stand_in
from .collection import Collection, find, make
from .dav_http import DavHttp, Login
from .discovery import Resolve, Service, Whereabouts, home_of
from .gather import gather
from .meaning import meaning
from .plan import Fate, Step, known_there, plan
from .record import CONFIRMED, CREATING, UPDATING, Imported, Record
from .remote import Put, RemoteCollection
from .values import Gathered, Item, Kind, Note, Origin, Refusal
from .writer import Outcome, Writer, why_not_written

WRITES = (Fate.CREATE, Fate.UPDATE)
_ROUNDS = 2


@dataclass(frozen=True)
class Place:
    """The collection that entries go into: the last part of its address, and the name that people see."""

    slug: str
    name: str


@dataclass(frozen=True)
class ImportRequest:
    """What to import for whom. ``files`` are octets by the name under which they are reported.

    ``connections`` is how many requests are under way at once; ``check`` writes nothing, no record either.
    """

    mailbox: str
    files: Mapping[str, bytes]
    where: Whereabouts
    login: Login
    state_dir: str
    address_book: Place
    calendar: Place
    connections: int = 4
    check: bool = False
    lock_wait: float = 0.0


@dataclass
class ImportResult:
    """The whole. ``collections`` are the addresses of what was used, ``made`` of what was made."""

    outcomes: list[Outcome] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    superseded: list[Origin] = field(default_factory=list)
    entries: dict[str, int] = field(default_factory=dict)
    collections: dict[str, Collection] = field(default_factory=dict)
    made: list[str] = field(default_factory=list)
    troubles: list[MigrationError] = field(default_factory=list)
    requests: int = 0

    @property
    def changed(self) -> bool:
        return bool(self.made) or any(each.fate in WRITES for each in self.outcomes)


def import_files(
    request: ImportRequest, resolve: Resolve, *, now: Callable[[], float] = time.time,
    stopped: Callable[[], bool] = lambda: False,
) -> ImportResult:  # fmt: skip
    """Import, or say what would be. Troubles with a whole side are in the result, not raised."""
    result = ImportResult()
    path = Record.path(request.state_dir, request.mailbox)
    try:
        if request.check:
            record = Record.open_copy(path, request.mailbox)
            try:
                _Import(request, record, result, resolve, now, stopped).run()
            finally:
                record.close()
        else:
            with mailbox_lock(path, request.mailbox, wait=request.lock_wait, now=now()):
                record = Record.open(path, request.mailbox)
                try:
                    _Import(request, record, result, resolve, now, stopped).run()
                finally:
                    record.close()
    except MigrationError as error:
        result.troubles.append(error)
    return result


class _Import:
    def __init__(
        self, request: ImportRequest, record: Record, result: ImportResult, resolve: Resolve,
        now: Callable[[], float], stopped: Callable[[], bool],
    ) -> None:  # fmt: skip
        self._request = request
        self._record = record
        self._result = result
        self._resolve = resolve
        self._now = now
        self._http = DavHttp(request.login, stopped=stopped)
        self._empty = False
        self._keeps_newer = False

    def run(self) -> None:
        gathered = self._gathered()
        found: dict[Service, tuple[str, Collection] | MigrationError] = {}
        for service in Service:
            if any(_service(item) is service for item in gathered.items):
                taken = {place[1].url for place in found.values() if isinstance(place, tuple)}
                found[service] = self._located(service, taken)
        contacts = found.get(Service.CONTACTS)
        if isinstance(contacts, tuple) and contacts[1].keeps_newer:
            gathered = self._gathered(keeps_newer=True)
        for service, place in found.items():
            items = [each for each in gathered.items if _service(each) is service]
            try:
                if isinstance(place, MigrationError):
                    raise place
                self._one_side(*place, items)
            except MigrationError as error:
                self._result.troubles.append(error)
                self._leave(items, error)
        self._result.requests = self._http.requests

    def _located(self, service: Service, taken: set[str]) -> tuple[str, Collection] | MigrationError:
        """The user's home, and the collection in it that exists or is to be made."""
        place = self._request.address_book if service is Service.CONTACTS else self._request.calendar
        try:
            home = home_of(self._http, self._request.where, service, self._resolve)
            return home, find(self._http, home, service, place.slug, place.name, taken)
        except MigrationError as error:
            return error

    def _gathered(self, *, keeps_newer: bool = False) -> Gathered:
        """What is in the files. ``keeps_newer``: the address book is known to take vCard 4.0."""
        self._keeps_newer = keeps_newer
        gathered = gather(self._request.files, keeps_newer=keeps_newer)
        self._result.refusals = list(gathered.refusals)
        self._result.notes = list(gathered.notes)
        self._result.superseded = list(gathered.superseded)
        self._result.entries = dict(gathered.entries)
        return gathered

    def _leave(self, items: Iterable[Item], error: MigrationError) -> None:
        """Nothing more of this side can go in: what has no outcome yet failed."""
        done = {(each.item.kind, each.item.uid) for each in self._result.outcomes}
        for item in items:
            if (item.kind, item.uid) not in done:
                self._result.outcomes.append(Outcome(item, "failed", error.what, error.remedy))

    def _one_side(self, home: str, collection: Collection, items: list[Item]) -> None:
        self._result.collections[collection.service] = collection
        items = list(self._acceptable(collection, items))
        for again in range(_ROUNDS):
            steps = self._planned(collection, items)
            writes = [step for step in steps if step.fate in WRITES]
            if writes and not collection.exists:
                self._result.made.append(collection.path)
                if not self._request.check:
                    collection = make(self._http, collection, home)
                    self._result.collections[collection.service] = collection
                    # Only now it says what it takes.
                    if collection.keeps_newer and not self._keeps_newer:
                        newer = self._gathered(keeps_newer=True)
                        items = [each for each in newer.items if each.kind is Kind.CONTACT]
                        return self._one_side(home, collection, items)
                    taken = {item.uid for item in self._acceptable(collection, [step.item for step in writes])}
                    steps = [step for step in steps if step.fate not in WRITES or step.item.uid in taken]
                    writes = [step for step in writes if step.item.uid in taken]
            self._settle(collection, steps)
            if self._empty and len(writes) >= LEAST and not self._request.check:
                writes = self._written_at_once(collection, writes)
            items = self._write(collection, writes, last=again == _ROUNDS - 1)
            if not items:
                return

    def _written_at_once(self, collection: Collection, steps: list[Step]) -> list[Step]:
        """Write what can be written at once to a collection that is empty; returns what is left to be written.

        Left is also what the server keeps otherwise than it was sent: by itself it is kept as it is.
        """
        made = collection.path in self._result.made
        begun = ((step.entered, step.item.text, stand_in(step.item)) for step in steps if step.entered)
        rows = [replace(row, stored=meaning(other)) for row, text, other in begun if other != text]
        self._record.enter(collection.path, rows, self._now())
        if not put_all(self._http, collection, [step.item for step in steps], made=made):
            return steps
        remote = RemoteCollection(self._http, collection)
        there = {seen.uid: seen for seen in remote.read(remote.etags())}
        rows, left = [], []
        for step in steps:
            seen = there.get(step.item.uid)
            if seen is None or step.entered is None:
                left.append(step)
                continue
            row = replace(step.entered, href=seen.href, stored=seen.digest, etag=seen.etag, state=CONFIRMED)
            if seen.digest == step.item.digest:
                self._result.outcomes.append(Outcome(step.item, step.fate))
            else:
                row = replace(row, state=UPDATING)
                left.append(replace(step, href=seen.href, etag=seen.etag, entered=row))
            rows.append(row)
        self._record.enter(collection.path, rows, self._now())
        return left

    def _acceptable(self, collection: Collection, items: Iterable[Item]) -> Iterator[Item]:
        for item in items:
            size = len(item.text.encode("utf-8", "replace")) if collection.max_size else 0
            if item.kind is not Kind.CONTACT and not collection.takes(item.kind):
                held = ", ".join(sorted(collection.components))
                self._refuse(item, f"the calendar {collection.name} takes {held} only, and this is a {item.kind}",
                             "Name a calendar that takes it, or enter it by hand")  # fmt: skip
            elif size > collection.max_size:
                reason = f"it is larger ({size:,} octets) than the {collection.max_size:,} octets that the server takes"
                self._refuse(item, reason, "Make its picture or attachment smaller, then import it")
            else:
                yield item

    def _refuse(self, item: Item, reason: str, remedy: str) -> None:
        self._result.outcomes.append(Outcome(item, "refused", reason, remedy))

    def _planned(self, collection: Collection, items: Sequence[Item]) -> list[Step]:
        imported = self._record.imported(collection.path)
        remote = RemoteCollection(self._http, collection)
        etags = remote.etags() if collection.exists else {}
        self._empty = not etags
        there = known_there(imported, self._record.seen(collection.path), etags)
        read = list(remote.read(etags.keys() - there.keys()))
        self._record.remember(collection.path, [each for each in read if each.etag])
        there.update({each.href: each for each in read})
        return plan(items, imported, there)

    def _settle(self, collection: Collection, steps: Sequence[Step]) -> None:
        """What nothing has to be sent for; and the intent of what will be, durable before the first request."""
        if not self._request.check:
            self._record.enter(collection.path, [step.entered for step in steps if step.entered], self._now())
        for step in steps:
            if step.fate not in WRITES:
                self._result.outcomes.append(Outcome(step.item, step.fate, step.why))

    def _write(self, collection: Collection, steps: list[Step], *, last: bool) -> list[Item]:
        """Send; returns what has to be planned anew because the destination changed meanwhile."""
        if self._request.check:
            self._result.outcomes += [Outcome(step.item, step.fate) for step in steps]
            return []
        writer = Writer(self._http, collection, self._request.connections)
        again, untagged = [], []
        for batch in writer.batches(steps):
            confirmed, dropped = [], []
            for step, answer in batch:
                if isinstance(answer, Put) and answer.done:
                    row = step.entered
                    if row is not None:
                        confirmed.append(replace(row, stored=row.sent, etag=answer.etag, state=CONFIRMED))
                        untagged += [] if answer.etag else [confirmed[-1]]
                    self._result.outcomes.append(Outcome(step.item, step.fate))
                elif isinstance(answer, Put) and answer.status == 412 and not last:
                    again.append(step.item)
                else:
                    self._result.outcomes.append(why_not_written(step, answer))
                    if isinstance(answer, Put) and step.entered and step.entered.state == CREATING:
                        dropped.append(step.item.uid)
            self._record.enter(collection.path, confirmed, self._now())
            self._record.forget(collection.path, dropped)
        if untagged:
            self._read_back(collection, untagged)
        self._result.notes += writer.notes
        if writer.trouble is not None:
            self._result.troubles.append(writer.trouble)
        return again

    def _read_back(self, collection: Collection, rows: Sequence[Imported]) -> None:
        """The tags that a server did not tell, and the words in which it keeps what it was sent."""
        remote = RemoteCollection(self._http, collection)
        etags = remote.etags()
        by_name = {row.href: row for row in rows}
        found = [
            replace(by_name[seen.href], stored=seen.digest, etag=seen.etag or etags[seen.href])
            for seen in remote.read(by_name.keys() & etags.keys())
        ]
        self._record.enter(collection.path, found, self._now())


def _service(item: Item) -> Service:
    return Service.CONTACTS if item.kind is Kind.CONTACT else Service.CALENDAR
