# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages with several labels: fetched for one of them, and copied at the destination for the others.

The source is read once, which is what Gmail's daily budget is about. The journal is written as for a message that is
sent: the intent before the command, the confirmation after its answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial

from ..core.errors import FolderRefused
from ..core.flags import same_flags
from ..core.message_list import MessageList
from ..core.messages import CONFIRMED, Entry, Listed, Place, Row
from ..core.sync_plan import FolderWork
from ..imap.change import copy
from ..imap.fetch import fetch_flags
from ..imap.session import Session
from .follow import is_untouched
from .sending import BATCH_MESSAGES
from .tools import Tools


@dataclass(frozen=True)
class _Twin:
    """A message to be copied, and the row of the same message under another label."""

    work: FolderWork
    message: Listed
    row: Row


class Twins:
    """Knows under which labels of the source a message lies, for the folders that were listed."""

    def __init__(self) -> None:
        self._places: dict[int, list[Place]] = defaultdict(list)

    def note(self, folder: str, uidvalidity: int, listed: MessageList) -> None:
        """Note the messages that are copied from this folder."""
        for message in listed if listed.has_msgids() else ():
            if message.msgid:
                self._places[message.msgid].append(Place(folder, uidvalidity, message.uid))

    def first(self, works: Sequence[FolderWork]) -> tuple[list[FolderWork], list[FolderWork]]:
        """The works with each message once, and those with the rest."""
        if not self._places:
            return list(works), []
        had: set[int] = set()
        firsts, rests = [], []
        for work in works:
            first, rest = work.new.where(partial(_is_first, had)), work.new.where(partial(_is_further, had))
            had.update(message.msgid for message in first if message.msgid)
            firsts += [replace(work, new=first)] if first else []
            rests += [replace(work, new=rest)] if rest else []
        return firsts, rests

    def copy(self, works: Sequence[FolderWork], session: Session, tools: Tools) -> list[FolderWork]:
        """Copy at the destination what lies there under another label; the works with what is left to be fetched.

        A copy that its user has touched is not copied: it is not what the source has.
        """
        if not self._places or not session.has("UIDPLUS"):
            return list(works)
        done: set[Place] = set()
        groups: dict[tuple[str, int, str], list[_Twin]] = defaultdict(list)
        for twin in self._twins(works, session, tools):
            place = twin.row.destination
            groups[place.folder, place.uidvalidity, twin.work.pair.destination].append(twin)
        for (folder, uidvalidity, target), twins in sorted(groups.items()):
            done |= _copy_group(folder, uidvalidity, target, twins, session, tools)
        session.leave()
        left = [_without(work, done) for work in works]
        return [work for work in left if work.new]

    def _twins(self, works: Sequence[FolderWork], session: Session, tools: Tools) -> Iterable[_Twin]:
        rows: dict[tuple[str, int], Mapping[int, Row]] = {}
        for work in works:
            for message in work.new:
                for place in self._places.get(message.msgid, ()):
                    key = (place.folder, place.uidvalidity)
                    if key not in rows:
                        rows[key] = tools.journal.folder_rows(*key)
                    row = rows[key].get(place.uid)
                    if row is not None and _is_fit(row, message, work.pair.destination, session, tools):
                        yield _Twin(work, message, row)
                        break


def _is_fit(row: Row, message: Listed, target: str, session: Session, tools: Tools) -> bool:
    place = row.destination
    if row.state != CONFIRMED or not place.uid or place.folder == target or row.flags is None:
        return False
    return same_flags(tools.kept.ask(session, place.folder, message.flags).permitted(message.flags)[0], row.flags)


def _copy_group(
    folder: str, uidvalidity: int, target: str, twins: Sequence[_Twin], session: Session, tools: Tools
) -> set[Place]:
    """The places of the source that were copied."""
    done: set[Place] = set()
    try:
        if session.examine(folder).uidvalidity != uidvalidity:
            return done
        present = fetch_flags(session, sorted({twin.row.destination.uid for twin in twins}))
        fit = [twin for twin in twins if is_untouched(twin.row, present)]
        fit.sort(key=lambda twin: twin.row.destination.uid)
        for start in range(0, len(fit), BATCH_MESSAGES):
            done |= _copy_batch(target, fit[start : start + BATCH_MESSAGES], session, tools)
    except FolderRefused:  # what is left is fetched, and told when that fails too
        pass
    return done


def _copy_batch(target: str, batch: Sequence[_Twin], session: Session, tools: Tools) -> set[Place]:
    tools.gate.check()
    tools.gate.admit(len(batch))
    journal = tools.journal
    status = session.status(target)
    entries = [_entry(twin, target) for twin in batch]
    ids = journal.intend(entries, status.uidnext, tools.now(), uidvalidity=status.uidvalidity)
    try:
        new_uids = copy(session, [twin.row.destination.uid for twin in batch], target)
    except FolderRefused:
        journal.forget(ids)
        raise
    done = set()
    with journal.together():
        for row, twin in zip(ids, batch, strict=True):
            uid = new_uids.get(twin.row.destination.uid, 0)
            if uid:
                journal.confirm([row], status.uidvalidity, [uid])
                tools.tally.add(twin.work.pair.source, copied=1, bytes=twin.row.digest.size, left=-1)
                done.add(_place(twin.work, twin.message))
            else:
                journal.forget([row])
    if done:
        tools.tally.wrote()
    return done


def _entry(twin: _Twin, target: str) -> Entry:
    message, row = twin.message, twin.row
    return Entry(_place(twin.work, message), message.size, message.internaldate, row.digest, target, row.flags)


def _is_first(had: Collection[int], message: Listed) -> bool:
    return message.msgid not in had


def _is_further(had: Collection[int], message: Listed) -> bool:
    return message.msgid in had


def _without(work: FolderWork, done: Collection[Place]) -> FolderWork:
    return replace(work, new=work.new.where(lambda message: _place(work, message) not in done))


def _place(work: FolderWork, message: Listed) -> Place:
    return Place(work.pair.source, work.uidvalidity, message.uid)
