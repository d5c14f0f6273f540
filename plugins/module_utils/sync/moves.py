# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Our copies of messages that moved at the source: they move along where the destination's user left them alone.

A move is in the journal before it begins, with the UIDNEXT of the folder it leads to: a run that was killed in the
middle of one is completed by the next, whatever the server had done of it. One that could not begin, for the server did
not say how the copies are, is there with a UIDVALIDITY of 0, and tried by the next.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace

from ..core.errors import FolderRefused
from ..core.identity import Likeness, claim
from ..core.messages import Place, Row
from ..imap.change import can_expunge, can_move, expunge, move
from ..imap.session import Session
from .destination_index import DestinationIndex
from .follow import flags_at, is_untouched
from .identify import Suspect
from .journal import Journal
from .tally import Failure, Tally

_TOUCHED = "they were there before the migration, or were moved, changed or removed at the destination"
_UNABLE = "the destination offers neither MOVE nor UIDPLUS, without which no message can be moved safely"


class Mover:
    """Moves copies. With ``writing`` false nothing is written and what would be done is counted (check mode)."""

    def __init__(
        self, session: Session, journal: Journal, tally: Tally, index: DestinationIndex, *, writing: bool
    ) -> None:
        self._session = session
        self._journal = journal
        self._tally = tally
        self._index = index
        self._writing = writing

    def resume(self) -> int:
        """Complete the moves that an earlier run began; how many it had done, which are not counted as moved."""
        begun = self._journal.open_moves()
        self._index.scan({target.folder for _unused, target in begun})
        arrived = self._arrived([(row, target) for row, target in begun if target.uidvalidity])
        groups: dict[tuple[str, int, str], list[tuple[Row, Place]]] = defaultdict(list)
        for row, target in begun:
            groups[row.destination.folder, row.destination.uidvalidity, target.folder].append((row, target))
        done = 0
        for (folder, uidvalidity, target_folder), group in sorted(groups.items()):
            rows = [row for row, _unused in group]
            try:
                untouched = self._untouched(folder, uidvalidity, rows)
                done += sum(row.id in arrived for row in rows)
                done -= self._drop_doubles(folder, [row for row in untouched if row.id in arrived])
                self._finish(rows, arrived)
                waiting = [row for row in untouched if row.id not in arrived and self._index.exists(target_folder)]
                left = {row.id for row in rows} - arrived.keys() - {row.id for row in waiting}
                self._finish([row for row in rows if row.id in left], dict.fromkeys(left))
                ahead = self._ahead_of(waiting, target_folder)
            except FolderRefused as error:
                self._refused(rows, error)
                continue
            unsent = {row.id for row, target in group if not target.uidvalidity}
            self._begin([row for row in waiting if row.id in unsent], ahead)
            self._carry_out(waiting, folder, ahead)
        return done

    def without_folder(self, moves: Sequence[tuple[Row, Suspect]]) -> list[Suspect]:
        """Messages whose copies would follow them, were the folder there that they lead to."""
        groups: dict[tuple[str, int], list[tuple[Row, Suspect]]] = defaultdict(list)
        for row, suspect in moves if can_move(self._session) else ():
            place, target = row.destination, suspect.work.pair.destination
            if place.folder != target and not self._index.exists(target):
                groups[place.folder, place.uidvalidity].append((row, suspect))
        found: list[Suspect] = []
        for (folder, uidvalidity), group in sorted(groups.items()):
            with suppress(FolderRefused):
                untouched = {row.id for row in self._untouched(folder, uidvalidity, [row for row, _unused in group])}
                found += [suspect for row, suspect in group if row.id in untouched]
        return found

    def follow(self, moves: Sequence[tuple[Row, Suspect]]) -> dict[int, Place]:
        """Enter where these messages lie at the source now, and move their copies along.

        By the id of its row, where each copy lies that is at home now (in check mode: where it would be moved from).
        """
        groups: dict[tuple[str, int, str], list[tuple[Row, Suspect]]] = defaultdict(list)
        self._journal.unkey(row.id for row, _unused in moves)
        for row, suspect in moves:
            key = (row.destination.folder, row.destination.uidvalidity, suspect.work.pair.destination)
            groups[key].append((row, suspect))
        places: dict[int, Place] = {}
        for (folder, uidvalidity, target), group in sorted(groups.items()):
            rows = [replace(row, source=suspect.source) for row, suspect in group]
            is_home = folder == target
            ahead, going, refused = Place(target, 0, 0), list[Row](), False
            try:
                if not is_home and can_move(self._session):
                    going = self._untouched(folder, uidvalidity, rows)
                    ahead = self._ahead_of(going, target)
            except FolderRefused as error:
                self._refused(rows, error)
                going, refused = rows, True
            with self._journal.together():
                for row, suspect in group:
                    self._journal.rekey(row.id, suspect.work.pair.source, suspect.work.uidvalidity, suspect.message)
                    self._tally.add(suspect.work.pair.source, already_there=1, left=-1)
                self._begin(going, ahead)
            if is_home:
                places |= {row.id: row.destination for row in rows}
            elif not refused:
                places |= self._carry_out(going, folder, ahead)
                self._tell_who_stays(group, {row.id for row in going})
        return places

    def _arrived(self, begun: Sequence[tuple[Row, Place]]) -> dict[int, Place]:
        """Where the copies lie that the server had moved, or copied, before the run broke off."""
        targets = {row.id: target for row, target in begun}
        rows = [replace(row, destination=target._replace(uid=0), uidnext=target.uid) for row, target in begun]
        folders = {target.folder for target in targets.values()}
        copies = [copy for copy in self._index.read(Likeness.of_rows(rows)) if copy.place.folder in folders]
        found = [(row, copy) for row, copy in claim(rows, copies) if copy.place.folder == targets[row.id].folder]
        for _unused, copy in found:
            self._index.take(copy)
        return {row.id: copy.place for row, copy in found}

    def _drop_doubles(self, folder: str, rows: Sequence[Row]) -> int:
        """Complete the moves that a server without MOVE does as COPY and EXPUNGE, and that broke off in between.

        How many were completed.
        """
        if rows and not can_expunge(self._session):
            self._tally.warn(
                f"{folder}: {len(rows)} copies were moved on and are still there too; the destination offers no UIDPLUS"
                " to remove them"
            )
            return 0
        if rows and self._writing:
            try:
                self._session.select(folder)
                expunge(self._session, sorted(row.destination.uid for row in rows))
            except FolderRefused as error:
                self._refused(rows, error)
                return 0
        self._count(rows)
        return len(rows)

    def _carry_out(self, rows: Sequence[Row], folder: str, ahead: Place) -> dict[int, Place]:
        """Move the copies of these rows, whose moves are in the journal; where they lie now."""
        if not rows:
            return {}
        if not self._writing:
            self._count(rows)
            return {row.id: row.destination for row in rows}
        try:
            self._session.select(folder)
            uids = move(self._session, sorted(row.destination.uid for row in rows), ahead.folder)
        except FolderRefused as error:
            # The moves stay in the journal: the next pass looks what became of them, and tries again.
            self._refused(rows, error)
            return {}
        places = {row.id: ahead._replace(uid=uids.get(row.destination.uid, 0)) for row in rows}
        self._finish(rows, places, uidnext=ahead.uid)
        self._count(rows)
        self._index.note(ahead.folder, ahead.uidvalidity, uids.values())
        return {row: place for row, place in places.items() if place.uid}

    def _finish(self, rows: Sequence[Row], places: Mapping[int, Place | None], *, uidnext: int = 0) -> None:
        """Enter where the copies of those of these rows lie that are in ``places``."""
        with self._journal.together():
            for row in rows:
                if row.id in places:
                    self._journal.end_move(row.id, places[row.id], uidnext)

    def _count(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._tally.add(row.source.folder, moved=1)
            self._tally.moved_from(row.destination.folder)
            self._tally.wrote()

    def _begin(self, rows: Sequence[Row], ahead: Place) -> None:
        with self._journal.together():
            for row in rows:
                self._journal.begin_move(row.id, ahead)

    def _ahead_of(self, rows: Sequence[Row], target: str) -> Place:
        """What a move of these rows into ``target`` will find: its UIDVALIDITY and UIDNEXT. Raises FolderRefused."""
        if not rows or not self._writing:
            return Place(target, 0, 0)
        status = self._session.status(target)
        return Place(target, status.uidvalidity, status.uidnext)

    def _untouched(self, folder: str, uidvalidity: int, rows: Sequence[Row]) -> list[Row]:
        """Those that we brought and whose copy lies there with the flags that we left it. Raises FolderRefused."""
        if not self._index.exists(folder):
            return []
        present = flags_at(self._session, folder, uidvalidity, rows)
        return [row for row in rows if is_untouched(row, present)]

    def _tell_who_stays(self, group: Sequence[tuple[Row, Suspect]], going: set[int]) -> None:
        staying: dict[tuple[str, str], list[int]] = defaultdict(list)
        for row, suspect in group:
            if row.id not in going:
                staying[suspect.work.pair.source, row.source.folder].append(suspect.message.uid)
        reason = _TOUCHED if can_move(self._session) else _UNABLE
        for (now, before), uids in sorted(staying.items()):
            named = ", ".join(map(str, sorted(uids)[:5])) + (", …" if len(uids) > 5 else "")
            self._tally.warn(
                f"{now}: {len(uids)} messages (uid {named}) were moved there from {before} at the source; their copies"
                f" stay where they are: {reason}"
            )

    def _refused(self, rows: Iterable[Row], error: FolderRefused) -> None:
        """Tell it of each folder of the source that these messages lie in. Their moves are tried again by the next."""
        reason = f"copies cannot follow their messages at the destination: {error.what}"
        for folder in sorted({row.source.folder for row in rows}):
            self._tally.fail(Failure(folder, 0, "failed", reason, error.remedy or "Run again"))
