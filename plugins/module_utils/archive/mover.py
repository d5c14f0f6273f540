# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages moved batch by batch, so that a run may be killed at any point: the next one tells what the server did.

MOVE where it is offered, else COPY and UID EXPUNGE of exactly these uids. A server with neither is left alone: a bare
EXPUNGE also removes what other programs have marked, and nothing but luck keeps them from marking meanwhile.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence

from ..core.digest import Digest
from ..core.errors import FolderRefused
from ..core.internaldate import parse_internaldate
from ..core.messages import Listed, Place
from ..core.uids import format_uids, split_sets
from ..imap.change import can_expunge, expunge, move
from ..imap.fetch import Listing, fetch_digests, groups_of
from ..imap.session import Session
from ..imap.visits import run_ask
from .record import Batch, Record
from .request import ArchiveResult

# Messages of one batch: what a run that was killed leaves open.
BATCH = 5000


class Mover:
    """Moves messages between folders of one mailbox, each batch in the record before it begins."""

    def __init__(self, session: Session, record: Record, result: ArchiveResult, now: Callable[[], float]) -> None:
        self._session = session
        self._record = record
        self._result = result
        self._now = now
        self._ahead: dict[str, Place] = {}

    def move(self, origin: str, uidvalidity: int, uids: Sequence[int], target: str, *, back: bool = False) -> int:
        """Move ascending ``uids`` of the opened folder ``origin`` to ``target``, which is there; how many were moved.

        Those that are gone meanwhile are left out. Raises :class:`FolderRefused`.
        """
        batch = self._record.begin_batch(origin, uidvalidity, uids, self._place(target), self._now(), back=back)
        try:
            moved = move(self._session, uids, target)
        except FolderRefused:
            self.settle(batch)
            raise
        if not moved and not can_expunge(self._session):
            # It offers MOVE and tells no uids.
            return self.settle(batch)
        self._enter(batch, list(moved), list(moved.values()))
        return len(moved)

    def settle(self, batch: Batch) -> int:
        """See what the server made of a batch whose end is not known, and complete what it had half done.

        A message that is in both folders was copied and not expunged: it is expunged where it was. How many of the
        batch are moved now.
        """
        arrivals = self._arrivals(batch)
        left = self._left(batch)
        if left is None:
            self._give_up(batch, arrivals)
            return 0
        doubles = self._doubles(batch, left, arrivals)
        if doubles and not can_expunge(self._session):
            self._result.warn(
                f"{batch.origin}: {len(doubles)} messages were copied to {batch.target.folder} and are still there too;"
                " the server offers no UIDPLUS to remove them"
            )
            doubles = {}
        if doubles:
            self._session.select(batch.origin)
            expunge(self._session, sorted(doubles))
        gone = [uid for uid in batch.uids if uid not in left]
        rest = [uid for uid in arrivals if uid not in doubles.values()]
        pairs = {**doubles, **self._in_order(batch, gone, rest)}
        ordered = sorted(pairs)
        self._enter(batch, ordered, [pairs[uid] for uid in ordered])
        return len(ordered)

    def _enter(self, batch: Batch, uids: Sequence[int], arrived: Sequence[int]) -> None:
        if arrived:
            self._ahead[batch.target.folder] = batch.target._replace(uid=max(arrived) + 1)
        self._record.end_batch(batch, uids, arrived)

    def _place(self, target: str) -> Place:
        """The place where the next message will come, or below it: others may put messages there meanwhile.

        It is asked for once, for STATUS makes some servers look through all files of a folder.
        """
        if target not in self._ahead:
            status = self._session.status(target)
            self._ahead[target] = Place(target, status.uidvalidity, status.uidnext or 1)
        return self._ahead[target]

    def _arrivals(self, batch: Batch) -> dict[int, Listed]:
        """What came to the batch's target since it began, and belongs to no other batch; by uid."""
        target = batch.target
        try:
            selected = self._session.examine(target.folder)
        except FolderRefused:
            return {}
        if selected.uidvalidity != target.uidvalidity or not selected.exists:
            return {}
        listing = Listing(self._session)
        run_ask(self._session, listing.ask(b"%d:*" % target.uid, first=target.uid))
        known = self._record.arrived_in(target.folder, target.uidvalidity)
        return {message.uid: message for message in listing.messages() if message.uid not in known}

    def _left(self, batch: Batch) -> dict[int, Listed] | None:
        """Those of the batch that are where they were; None when that cannot be told."""
        try:
            selected = self._session.examine(batch.origin)
        except FolderRefused:
            return None
        if selected.uidvalidity != batch.uidvalidity:
            return None
        listing = Listing(self._session)
        for uid_set in split_sets(batch.uids) if selected.exists else ():
            run_ask(self._session, listing.ask(uid_set.encode()))
        wanted = frozenset(batch.uids)
        return {message.uid: message for message in listing.messages() if message.uid in wanted}

    def _doubles(self, batch: Batch, left: dict[int, Listed], arrivals: dict[int, Listed]) -> dict[int, int]:
        """Messages that are in both folders: uid here and there. Size and date bring them together, content decides."""
        looks: dict[tuple[int, object], list[int]] = defaultdict(list)
        for uid in sorted(arrivals):
            looks[_look(arrivals[uid])].append(uid)
        suspects = [uid for uid in sorted(left) if _look(left[uid]) in looks]
        if not suspects:
            return {}
        there = self._digests(batch.target.folder, sorted(uid for look in looks.values() for uid in look))
        here = self._digests(batch.origin, suspects)
        shelves: dict[object, list[int]] = defaultdict(list)
        for uid in sorted(there, reverse=True):
            shelves[_look(arrivals[uid]), there[uid].raw].append(uid)
        found = {}
        for uid in suspects:
            same = shelves.get((_look(left[uid]), here[uid].raw)) if uid in here else None
            if same:
                found[uid] = same.pop()
        return found

    def _digests(self, folder: str, uids: Sequence[int]) -> dict[int, Digest]:
        self._session.examine(folder)
        return {uid: found.digest for uid, found in fetch_digests(self._session, groups_of(uids))}

    def _in_order(self, batch: Batch, gone: Sequence[int], rest: Sequence[int]) -> dict[int, int]:
        """Which of the arrivals are the messages that are gone: they come in the order of their uids."""
        if len(gone) == len(rest):
            return dict(zip(gone, sorted(rest), strict=True))
        if rest:
            self._result.warn(
                f"{batch.target.folder}: {len(rest)} messages came there (uid {format_uids(sorted(rest))}) while a run"
                f" was broken off that moved {len(gone)} from {batch.origin}: which is which cannot be told, so"
                " bringing back leaves them there"
            )
        return {}

    def _give_up(self, batch: Batch, arrivals: dict[int, Listed]) -> None:
        """The folder was numbered anew or removed: what is there of the batch is listed again as it is."""
        self._record.end_batch(batch, (), ())
        if arrivals:
            self._result.warn(
                f"{batch.origin}: the folder is not the one any more from which a run that was broken off moved"
                f" messages to {batch.target.folder}; {len(arrivals)} arrived there, look whether any is in both"
            )


def _look(message: Listed) -> tuple[int, object]:
    date = parse_internaldate(message.internaldate)
    return message.size, date.timestamp() if date is not None else None
