# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The write-ahead log of one mailbox: what was meant to be sent, what is confirmed, and the flags last agreed.

One SQLite file. An intent is durable before the first octet of its message goes out, its confirmation after the tagged
OK; the move of a copy likewise. All methods may be called from any thread; each is one transaction.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import lru_cache

from ..core.messages import (
    APPENDED,
    CONFIRMED,
    FAILED,
    HELD,
    INTENDED,
    MATCHED,
    REFUSED,
    WITHDRAWING,
    WITHDRAWN,
    Entry,
    Listed,
    Place,
    Row,
)
from .journal_file import journal_path, open_journal, open_journal_copy, save_copy, snapshot_path
from .journal_passes import Seen
from .journal_rows import JournalRows, Resent

__all__ = ["Journal", "Resent", "Seen", "journal_path"]

_ENTERED = (
    "id", "folder", "uid", "listed_size", "size", "canonical_size", "internaldate", "digest", "canonical",
    "destination", "destination_uidvalidity", "destination_uid", "uidnext", "flags", "provenance", "state", "reason",
    "pass", "time",
)  # fmt: skip
# Rows that one statement enters: each one lets other threads in, and no SQLite takes less than 999 values.
_AT_ONCE = 999 // len(_ENTERED)


class Journal(JournalRows):
    """The journal of one mailbox, opened for one source account. ``note`` is what the reader should know about it."""

    def __init__(self, connection: sqlite3.Connection, path: str, note: str = "") -> None:
        super().__init__(connection, path, note)
        self._last_row = 0

    @classmethod
    def open(cls, path: str, mailbox: str) -> Journal:
        """Open or make the journal; raises :class:`JournalError` when it is broken, of another kind or newer."""
        connection, note = open_journal(path, mailbox)
        return cls(connection, path, note)

    @classmethod
    def open_copy(cls, path: str, mailbox: str) -> Journal:
        """A copy in memory, empty where there is no journal; what is written to it goes nowhere (check mode)."""
        connection, note = open_journal_copy(path, mailbox)
        return cls(connection, path, note)

    def close(self) -> None:
        self._connection.close()

    def snapshot(self) -> None:
        """Copy the journal beside itself; the copy is whole or it is not there."""
        with self._lock:
            save_copy(self._connection, snapshot_path(self.path))

    def intend(self, entries: Sequence[Entry], uidnext: int, now: float, *, uidvalidity: int = 0) -> list[int]:
        """Enter that these messages are about to be sent; row ids in the same order. Durable on return.

        ``uidnext`` and ``uidvalidity`` are those of the destination's folder before the send.
        """
        return self._enter(entries, INTENDED, APPENDED, uidvalidity=uidvalidity, uidnext=uidnext, now=now)

    def match(self, found: Iterable[tuple[Entry, Place]], now: float) -> None:
        """Enter messages that were at these places of the destination already; they have no base."""
        with self.together():
            for entry, place in found:
                here = entry._replace(destination=place.folder, flags=None)
                self._enter([here], CONFIRMED, MATCHED, uidvalidity=place.uidvalidity, uid=place.uid, now=now)

    def hold(self, entries: Sequence[Entry], reason: str, now: float) -> None:
        """Enter messages that are copied only when told."""
        self._enter(entries, HELD, MATCHED, reason=reason, now=now)

    def refuse(self, entry: Entry, reason: str, now: float) -> None:
        """Enter a message that the destination does not take."""
        self._enter([entry], REFUSED, APPENDED, reason=reason, now=now)

    def give_up(self, entry: Entry, reason: str, now: float) -> None:
        """Enter a message that breaks the connection; the next pass tries it last."""
        self._enter([entry], FAILED, APPENDED, reason=reason, now=now)

    def confirm(self, ids: Sequence[int], uidvalidity: int, uids: Sequence[int]) -> None:
        """Enter that the server has these messages; ``uids`` in the same order, or empty while they are not known."""
        uid = "id + ?" if uids else "0 * ?"
        with self.together():
            for first, last, distance in _runs(zip(ids, uids or ids, strict=True)):
                self._connection.execute(
                    f"UPDATE message SET state='confirmed', destination_uidvalidity=?, destination_uid={uid}"
                    " WHERE id BETWEEN ? AND ?",
                    (uidvalidity, distance, first, last),
                )

    def forget(self, ids: Iterable[int]) -> None:
        """Drop rows of messages that are not at the destination: they are copied as if new."""
        with self.together():
            self._connection.executemany("DELETE FROM message WHERE id = ?", [(row,) for row in ids])

    def send_again(self, rows: Sequence[Row], now: float) -> None:
        """Drop the intents of messages that were not found, and remember that a copy of them may still turn up."""
        values = [
            (row.source.folder, row.source.uid, row.digest.size, row.digest.canonical_size, row.digest.canonical,
             row.destination.folder, row.destination.uidvalidity, row.uidnext, now)
            for row in rows
        ]  # fmt: skip
        with self.together():
            self._connection.executemany(
                "INSERT INTO resent(folder, uid, size, canonical_size, canonical, destination, uidvalidity, uidnext,"
                " time) VALUES (?,?,?,?,?,?,?,?,?)",
                values,
            )
            self.forget(row.id for row in rows)

    def withdrawing(self, ids: Iterable[int]) -> None:
        """Enter that these copies are about to be taken back."""
        self._set_state(ids, WITHDRAWING)

    def keep_after_all(self, ids: Iterable[int]) -> None:
        """Enter that these copies stay after all."""
        self._set_state(ids, CONFIRMED)

    def withdrawn(self, ids: Iterable[int]) -> None:
        """Enter that these copies are no longer at the destination: their messages are new to the next pass."""
        with self.together():
            self._connection.executemany(
                "UPDATE message SET state=?, destination_uidvalidity=0, destination_uid=0, uidnext=0 WHERE id=?",
                [(WITHDRAWN, row) for row in ids],
            )

    def forget_resent(self, ids: Iterable[int]) -> None:
        """No longer look for copies that may turn up late."""
        with self.together():
            self._connection.executemany("DELETE FROM resent WHERE id = ?", [(entry,) for entry in ids])

    def begin_move(self, row: int, target: Place) -> None:
        """Enter that the copy of a message is about to be moved to ``target``: its folder, UIDVALIDITY and UIDNEXT."""
        with self.together():
            self._connection.execute(
                "INSERT OR REPLACE INTO move(message, destination, uidvalidity, uidnext) VALUES (?,?,?,?)",
                (row, self._destination_id(target.folder), target.uidvalidity, target.uid),
            )

    def end_move(self, row: int, place: Place | None, uidnext: int = 0) -> None:
        """Enter where the copy lies since the move, above ``uidnext`` if its uid is not known; None: where it was."""
        with self.together():
            if place is not None:
                self.place(row, place)
                self._connection.execute("UPDATE message SET uidnext = max(uidnext, ?) WHERE id = ?", (uidnext, row))
            self._connection.execute("DELETE FROM move WHERE message = ?", (row,))

    def locate(self, row: Row, place: Place) -> None:
        """Enter where a message was found.

        In another folder than expected it may be our copy that its user moved, or the user's own: it counts as matched,
        so that nothing follows it or takes it back.
        """
        self.place(row.id, place)
        if place.folder != row.destination.folder:
            with self.together():
                self._connection.execute("UPDATE message SET provenance = ? WHERE id = ?", (MATCHED, row.id))

    def place(self, row: int, place: Place) -> None:
        """Enter where the copy of a message lies now."""
        with self.together():
            folder = self._destination_id(place.folder)
            # UIDNEXT goes with the folder: whatever the copy becomes there, its uid will not be lower.
            self._connection.execute(
                "UPDATE message SET destination=?, destination_uidvalidity=?, destination_uid=?, state='confirmed',"
                " uidnext=max(?, CASE WHEN destination=? AND destination_uidvalidity=? THEN uidnext ELSE 0 END)"
                " WHERE id=?",
                (folder, place.uidvalidity, place.uid, place.uid, folder, place.uidvalidity, row),
            )

    def follow_archive(self, folder: str, uidvalidity: int, target: Place, uids: Mapping[int, int]) -> None:
        """Enter that the archiver moved messages from here to ``target``: old uid to new uid; of whatever account.

        They keep their base and their provenance: the flags are the same, and what we brought is still ours.
        """
        with self.together():
            new = self._destination_id(target.folder)
            values = [(new, target.uidvalidity, uid, uid, folder, uidvalidity, old) for old, uid in uids.items()]
            # Without likely() SQLite walks all uids of the folder: the index is of those above 0.
            self._connection.executemany(
                "UPDATE message SET destination=?, destination_uidvalidity=?, destination_uid=?, uidnext=?"
                " WHERE destination = (SELECT id FROM destination WHERE name = ?) AND destination_uidvalidity = ?"
                " AND destination_uid = ? AND likely(destination_uid > 0)",
                values,
            )

    def unkey(self, ids: Iterable[int]) -> None:
        """Enter that these messages are no longer where they lay at the source: other rows may take those places."""
        with self.together():
            self._connection.executemany("UPDATE message SET uid = -id WHERE id = ?", [(row,) for row in ids])

    def rekey(self, row: int, folder: str, uidvalidity: int, message: Listed) -> None:
        """Enter that the message of a row lies elsewhere at the source now; a row that says otherwise is dropped.

        The folder that it left counts as worked off no more: should it be again as it was then, under its old name or
        out of a backup, its messages have to be known again.
        """
        with self.together():
            self._connection.execute(
                "UPDATE seen SET uidnext = 0, messages = 0, highestmodseq = 0, excluded = 0 WHERE (account, name) ="
                " (SELECT f.account, f.name FROM folder f JOIN message m ON m.folder = f.id WHERE m.id = ?)",
                (row,),
            )
            self._connection.execute(
                "UPDATE OR REPLACE message SET folder=?, uid=?, listed_size=?, internaldate=? WHERE id=?",
                (self._folder_id(folder, uidvalidity), message.uid, message.size, message.internaldate, row),
            )

    def agree_flags(self, changes: Iterable[tuple[int, frozenset[str]]]) -> None:
        """Enter ``(row id, flags)`` as agreed by both sides."""
        values = [(_words(flags), row) for row, flags in changes]
        with self.together():
            self._connection.executemany("UPDATE message SET flags = ? WHERE id = ?", values)

    # Inside

    def _set_state(self, ids: Iterable[int], state: str) -> None:
        with self.together():
            self._connection.executemany("UPDATE message SET state=? WHERE id=?", [(state, row) for row in ids])

    def _enter(
        self,
        entries: Sequence[Entry],
        state: str,
        provenance: str,
        *,
        now: float,
        uidvalidity: int = 0,
        uid: int = 0,
        uidnext: int = 0,
        reason: str = "",
    ) -> list[int]:
        with self.together():
            # No id of a row that was dropped comes again while this journal is open.
            last = self._connection.execute("SELECT max(?, coalesce(max(id), 0)) FROM message", (self._last_row,))
            first = last.fetchone()[0] + 1
            self._last_row = first + len(entries) - 1
            places = {(entry.source.folder, entry.source.uidvalidity) for entry in entries}
            folders = {place: self._folder_id(*place) for place in places}
            destinations = {name: self._destination_id(name) for name in {entry.destination for entry in entries}}
            values = [
                value
                for row, entry in enumerate(entries, first)
                for value in (
                    row, folders[entry.source.folder, entry.source.uidvalidity], entry.source.uid, entry.listed_size,
                    entry.digest.size, entry.digest.canonical_size, entry.internaldate, entry.digest.raw,
                    entry.digest.canonical, destinations[entry.destination], uidvalidity, uid, uidnext,
                    None if entry.flags is None else _words(entry.flags), provenance, state, reason, self._pass, now,
                )
            ]  # fmt: skip
            for start in range(0, len(values), _AT_ONCE * len(_ENTERED)):
                some = values[start : start + _AT_ONCE * len(_ENTERED)]
                self._connection.execute(_insertion(len(some) // len(_ENTERED)), some)
        return list(range(first, first + len(entries)))

    def _folder_id(self, name: str, uidvalidity: int) -> int:
        values = (self._account, name, uidvalidity)
        query = "SELECT id FROM folder WHERE account=? AND name=? AND uidvalidity=?"
        return self._id(query, "INSERT INTO folder(account, name, uidvalidity) VALUES (?,?,?)", values)

    def _destination_id(self, name: str) -> int:
        return self._id("SELECT id FROM destination WHERE name=?", "INSERT INTO destination(name) VALUES (?)", (name,))

    def _id(self, query: str, insertion: str, values: tuple[object, ...]) -> int:
        found = self._connection.execute(query, values).fetchone()
        return int(found[0]) if found else int(self._connection.execute(insertion, values).lastrowid or 0)


@lru_cache(maxsize=4096)
def _words(flags: frozenset[str]) -> str:
    return " ".join(sorted(flags))


@lru_cache
def _insertion(rows: int) -> str:
    row = f"({', '.join('?' * len(_ENTERED))})"
    return f"INSERT OR REPLACE INTO message({', '.join(_ENTERED)}) VALUES {', '.join([row] * rows)}"


def _runs(pairs: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int, int]]:
    """``(id, number)`` by ranges of ids that follow each other with the same distance: first, last, distance."""
    first = last = distance = 0
    for row, number in pairs:
        if first and row == last + 1 and number - row == distance:
            last = row
            continue
        if first:
            yield first, last, distance
        first, last, distance = row, row, number - row
    if first:
        yield first, last, distance
