# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The write-ahead log of one mailbox: what was meant to be sent, what is confirmed, and the flags last agreed.

One SQLite file. An intent is durable before the first octet of its message goes out, its confirmation after the tagged
OK. All methods may be called from any thread; each is one transaction.
"""

from __future__ import annotations

import contextlib
import dataclasses
import hashlib
import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from ..core.digest import Digest
from ..core.errors import JournalError
from ..core.messages import APPENDED, CONFIRMED, HELD, INTENDED, MATCHED, REFUSED, Entry, Place, Row
from .journal_schema import SCHEMA, VERSION

_COLUMNS = """m.id, f.name, f.uidvalidity, m.uid, m.listed_size, m.internaldate, m.digest, m.canonical, m.size,
 m.canonical_size, d.name, m.destination_uidvalidity, m.destination_uid, m.uidnext, m.flags, m.provenance, m.state,
 m.reason, m.time"""
_FROM = " FROM message m JOIN folder f ON f.id = m.folder LEFT JOIN destination d ON d.id = m.destination"


@dataclass(frozen=True, slots=True)
class Seen:
    """STATUS of a source folder when it was last worked off completely."""

    uidvalidity: int
    uidnext: int
    messages: int
    highestmodseq: int


def journal_path(state_dir: str, mailbox: str) -> str:
    """Where the journal of ``mailbox`` lies: named by the SHA-256 of the lower-cased address."""
    name = hashlib.sha256(mailbox.strip().lower().encode()).hexdigest()
    return os.path.join(state_dir, f"{name}.sqlite")


class Journal:
    """The journal of one mailbox, opened for one source account."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self._account = 0
        self._pass = 0
        self.path = path

    @classmethod
    def open(cls, path: str, mailbox: str) -> Journal:
        """Open or make the journal; raises :class:`JournalError` when it is of another kind or a newer version."""
        os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
        with _readable(path):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            connection.execute("PRAGMA foreign_keys = ON")
            _prepare(connection, path, mailbox)
        return cls(connection, path)

    @classmethod
    def open_copy(cls, path: str, mailbox: str) -> Journal:
        """A copy in memory, empty where there is no journal; what is written to it goes nowhere (check mode)."""
        copy = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
        if os.path.exists(path):
            with _readable(path), contextlib.closing(sqlite3.connect(path, timeout=30)) as original:
                original.backup(copy)
        with _readable(path):
            _prepare(copy, path, mailbox)
        return cls(copy, path)

    def close(self) -> None:
        self._connection.close()

    def snapshot(self) -> None:
        """Copy the journal beside itself; the copy is whole or it is not there."""
        target = f"{self.path}.snapshot"
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{target}.new")
        with self._lock, contextlib.closing(sqlite3.connect(f"{target}.new")) as copy:
            self._connection.backup(copy)
        os.chmod(f"{target}.new", 0o600)
        os.replace(f"{target}.new", target)

    # Accounts and passes

    def accounts(self) -> list[tuple[int, str, str, str]]:
        """``(id, alias, host, username)`` of every source account that this journal knows."""
        return list(self._connection.execute("SELECT id, alias, host, username FROM account ORDER BY id"))

    def use_account(self, account: int) -> None:
        """Work on this account from now on."""
        self._account = account

    def add_account(self, alias: str, host: str, username: str) -> int:
        """Enter a source account; its id."""
        with self.together():
            values = (alias, host, username)
            cursor = self._connection.execute("INSERT INTO account(alias, host, username) VALUES (?,?,?)", values)
        return int(cursor.lastrowid or 0)

    def rename_host(self, account: int, host: str) -> None:
        """Note that an account's server has another name now."""
        with self.together():
            self._connection.execute("UPDATE account SET host = ? WHERE id = ?", (host, account))

    def begin_pass(self, now: float) -> int:
        """Enter a new pass; its number counts from 1."""
        with self.together():
            cursor = self._connection.execute("INSERT INTO pass(started) VALUES (?)", (now,))
        self._pass = int(cursor.lastrowid or 0)
        return self._pass

    def end_pass(self, now: float, outcome: str) -> None:
        """Enter how the pass ended."""
        with self.together():
            self._connection.execute("UPDATE pass SET ended=?, outcome=? WHERE id=?", (now, outcome, self._pass))

    def bytes_on(self, day: str) -> int:
        """Octets fetched from this account on ``day`` (YYYY-MM-DD)."""
        query = "SELECT octets FROM fetched WHERE account = ? AND day = ?"
        found = self._connection.execute(query, (self._account, day)).fetchone()
        return int(found[0]) if found else 0

    def add_bytes(self, day: str, octets: int) -> None:
        """Count ``octets`` fetched from this account on ``day``."""
        with self.together():
            self._connection.execute(
                "INSERT INTO fetched(account, day, octets) VALUES (?,?,?)"
                " ON CONFLICT DO UPDATE SET octets = octets + excluded.octets",
                (self._account, day, octets),
            )

    # Reading

    def rows(self) -> Iterator[Row]:
        """Every row of this account, by folder and uid."""
        yield from self._query(" ORDER BY f.name, f.uidvalidity, m.uid")

    def folder_rows(self, folder: str, uidvalidity: int) -> dict[int, Row]:
        """The rows of one source folder by uid."""
        where = " AND f.name = ? AND f.uidvalidity = ?"
        return {row.source.uid: row for row in self._query(where, (folder, uidvalidity))}

    def rows_of_content(self, canonicals: Iterable[bytes]) -> list[Row]:
        """Confirmed rows of this account whose canonical digest is one of these."""
        found: list[Row] = []
        for canonical in sorted(set(canonicals)):
            found.extend(self._query(" AND m.canonical = ? AND m.state = 'confirmed'", (canonical,)))
        return found

    def unplaced(self) -> list[Row]:
        """Confirmed rows whose copy has no known uid yet (the server tells none)."""
        return list(self._query(" AND m.state = 'confirmed' AND m.destination_uid = 0"))

    def open_intents(self) -> list[Row]:
        """Messages whose sending was begun and not confirmed."""
        return list(self._query(" AND m.state = ?", (INTENDED,)))

    def known_uids(self, destination: str, uidvalidity: int) -> frozenset[int]:
        """Uids at the destination that the journal accounts for, of whatever account."""
        query = (
            "SELECT m.destination_uid FROM message m JOIN destination d ON d.id = m.destination"
            " WHERE d.name = ? AND m.destination_uidvalidity = ? AND m.destination_uid > 0"
        )
        with self._lock:
            return frozenset(uid for (uid,) in self._connection.execute(query, (destination, uidvalidity)))

    def is_empty(self) -> bool:
        """Whether no message of any account is known."""
        with self._lock:
            return self._connection.execute("SELECT 1 FROM message LIMIT 1").fetchone() is None

    def rows_of_others(self) -> list[Row]:
        """Confirmed rows of the other accounts."""
        query = f"SELECT {_COLUMNS}{_FROM} WHERE f.account <> ? AND m.state = 'confirmed' ORDER BY m.id"
        with self._lock:
            return [_row(values) for values in self._connection.execute(query, (self._account,))]

    def count(self, state: str) -> int:
        """Rows of this account in ``state``."""
        query = "SELECT count(*) FROM message m JOIN folder f ON f.id = m.folder WHERE f.account = ? AND m.state = ?"
        with self._lock:
            return int(self._connection.execute(query, (self._account, state)).fetchone()[0])

    def count_in(self, folder: str, uidvalidity: int, state: str) -> int:
        """Rows of one source folder in ``state``."""
        query = (
            "SELECT count(*) FROM message m JOIN folder f ON f.id = m.folder"
            " WHERE f.account = ? AND f.name = ? AND f.uidvalidity = ? AND m.state = ?"
        )
        with self._lock:
            return int(self._connection.execute(query, (self._account, folder, uidvalidity, state)).fetchone()[0])

    def folder_names(self) -> frozenset[str]:
        """Source folders of this account that hold rows."""
        query = "SELECT DISTINCT f.name FROM folder f JOIN message m ON m.folder = f.id WHERE f.account = ?"
        with self._lock:
            return frozenset(name for (name,) in self._connection.execute(query, (self._account,)))

    def uidvalidities(self, folder: str) -> frozenset[int]:
        """The UIDVALIDITY values under which this source folder is known."""
        query = "SELECT uidvalidity FROM folder WHERE account = ? AND name = ?"
        with self._lock:
            return frozenset(value for (value,) in self._connection.execute(query, (self._account, folder)))

    def seen(self) -> dict[str, Seen]:
        """STATUS of the source folders when they were last worked off completely."""
        query = "SELECT name, uidvalidity, uidnext, messages, highestmodseq FROM seen WHERE account = ?"
        with self._lock:
            return {row[0]: Seen(*row[1:]) for row in self._connection.execute(query, (self._account,))}

    # Writing

    @contextlib.contextmanager
    def together(self) -> Iterator[None]:
        """All that is written within is durable at its end, or none of it."""
        with self._lock:
            if self._connection.in_transaction:
                yield
                return
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield
                self._connection.execute("COMMIT")
            except sqlite3.Error as error:
                self._rollback()
                raise JournalError(
                    f"the journal cannot be written ({error})",
                    where=self.path,
                    remedy="Make room or mend the rights of that folder, then run again",
                ) from error
            except BaseException:
                self._rollback()
                raise

    def intend(self, entries: Sequence[Entry], uidnext: int, now: float) -> list[int]:
        """Enter that these messages are about to be sent; row ids in the same order. Durable on return."""
        return self._enter(entries, INTENDED, APPENDED, uidnext=uidnext, now=now)

    def match(self, found: Iterable[tuple[Entry, Place]], now: float) -> None:
        """Enter messages that were at these places of the destination already; they have no base."""
        with self.together():
            for entry, place in found:
                here = dataclasses.replace(entry, destination=place.folder, flags=None)
                self._enter([here], CONFIRMED, MATCHED, uidvalidity=place.uidvalidity, uid=place.uid, now=now)

    def hold(self, entries: Sequence[Entry], reason: str, now: float) -> None:
        """Enter messages that are copied only when told."""
        self._enter(entries, HELD, MATCHED, reason=reason, now=now)

    def refuse(self, entry: Entry, reason: str, now: float) -> None:
        """Enter a message that the destination does not take."""
        self._enter([entry], REFUSED, APPENDED, reason=reason, now=now)

    def confirm(self, ids: Sequence[int], uidvalidity: int, uids: Sequence[int]) -> None:
        """Enter that the server has these messages; ``uids`` in the same order, or empty while they are not known."""
        values = [(uidvalidity, uid, row) for row, uid in zip(ids, uids or [0] * len(ids), strict=True)]
        with self.together():
            self._connection.executemany(
                "UPDATE message SET state='confirmed', destination_uidvalidity=?, destination_uid=? WHERE id=?", values
            )

    def forget(self, ids: Iterable[int]) -> None:
        """Drop rows of messages that are not at the destination: they are copied as if new."""
        with self.together():
            self._connection.executemany("DELETE FROM message WHERE id = ?", [(row,) for row in ids])

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
            self._connection.execute(
                "UPDATE message SET destination=?, destination_uidvalidity=?, destination_uid=?, state='confirmed'"
                " WHERE id=?",
                (self._destination_id(place.folder), place.uidvalidity, place.uid, row),
            )

    def rekey(self, row: int, source: Place, listed_size: int) -> None:
        """Enter that the message of a row lies elsewhere at the source now; a row that says otherwise is dropped."""
        with self.together():
            self._connection.execute(
                "UPDATE OR REPLACE message SET folder=?, uid=?, listed_size=? WHERE id=?",
                (self._folder_id(source.folder, source.uidvalidity), source.uid, listed_size, row),
            )

    def agree_flags(self, changes: Iterable[tuple[int, frozenset[str]]]) -> None:
        """Enter ``(row id, flags)`` as agreed by both sides."""
        values = [(" ".join(sorted(flags)), row) for row, flags in changes]
        with self.together():
            self._connection.executemany("UPDATE message SET flags = ? WHERE id = ?", values)

    def note_seen(self, folder: str, seen: Seen) -> None:
        """Enter that a source folder is worked off up to this STATUS."""
        with self.together():
            self._connection.execute(
                "INSERT OR REPLACE INTO seen(account, name, uidvalidity, uidnext, messages, highestmodseq)"
                " VALUES (?,?,?,?,?,?)",
                (self._account, folder, seen.uidvalidity, seen.uidnext, seen.messages, seen.highestmodseq),
            )

    # Inside

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def _query(self, where: str, values: tuple[object, ...] = ()) -> Iterator[Row]:
        query = f"SELECT {_COLUMNS}{_FROM} WHERE f.account = ?{where}"
        with self._lock:
            found = self._connection.execute(query, (self._account, *values)).fetchall()
        return map(_row, found)

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
        ids = []
        with self.together():
            for entry in entries:
                values = {
                    "folder": self._folder_id(entry.source.folder, entry.source.uidvalidity),
                    "uid": entry.source.uid,
                    "listed_size": entry.listed_size,
                    "size": entry.digest.size,
                    "canonical_size": entry.digest.canonical_size,
                    "internaldate": entry.internaldate,
                    "digest": entry.digest.raw,
                    "canonical": entry.digest.canonical,
                    "destination": self._destination_id(entry.destination),
                    "destination_uidvalidity": uidvalidity,
                    "destination_uid": uid,
                    "uidnext": uidnext,
                    "flags": None if entry.flags is None else " ".join(sorted(entry.flags)),
                    "provenance": provenance,
                    "state": state,
                    "reason": reason,
                    "pass": self._pass,
                    "time": now,
                }
                names, marks = ", ".join(values), ", ".join("?" * len(values))
                statement = f"INSERT OR REPLACE INTO message({names}) VALUES ({marks})"
                ids.append(int(self._connection.execute(statement, tuple(values.values())).lastrowid or 0))
        return ids

    def _folder_id(self, name: str, uidvalidity: int) -> int:
        values = (self._account, name, uidvalidity)
        self._connection.execute("INSERT OR IGNORE INTO folder(account, name, uidvalidity) VALUES (?,?,?)", values)
        query = "SELECT id FROM folder WHERE account=? AND name=? AND uidvalidity=?"
        return int(self._connection.execute(query, values).fetchone()[0])

    def _destination_id(self, name: str) -> int:
        self._connection.execute("INSERT OR IGNORE INTO destination(name) VALUES (?)", (name,))
        return int(self._connection.execute("SELECT id FROM destination WHERE name=?", (name,)).fetchone()[0])


def _row(values: tuple[Any, ...]) -> Row:
    flags = values[14]
    return Row(
        id=values[0],
        source=Place(values[1], values[2], values[3]),
        listed_size=values[4],
        internaldate=values[5],
        digest=Digest(values[6], values[7], values[8], values[9]),
        destination=Place(values[10], values[11], values[12]),
        uidnext=values[13],
        flags=None if flags is None else frozenset(flags.split()),
        provenance=values[15],
        state=values[16],
        reason=values[17],
        time=values[18],
    )


def _prepare(connection: sqlite3.Connection, path: str, mailbox: str) -> None:
    """Lay the tables in an empty file; refuse a file of another version or mailbox."""
    version = int(connection.execute("PRAGMA user_version").fetchone()[0])
    if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        connection.executescript(f"BEGIN; {SCHEMA} PRAGMA user_version = {VERSION}; COMMIT;")
        connection.execute("INSERT INTO meta(key, value) VALUES ('mailbox', ?)", (mailbox.strip().lower(),))
        return
    if version != VERSION:
        raise JournalError(
            f"the journal is of version {version}, this release works with version {VERSION}",
            where=path,
            remedy="Use the release that wrote it, or a newer one",
        )
    owner = connection.execute("SELECT value FROM meta WHERE key = 'mailbox'").fetchone()
    if owner and owner[0] != mailbox.strip().lower():
        raise JournalError(f"the journal belongs to {owner[0]}, not to {mailbox}", where=path)


@contextlib.contextmanager
def _readable(path: str) -> Iterator[None]:
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise JournalError(
            f"the journal cannot be read ({error})",
            where=path,
            remedy=f"Put the copy {path}.snapshot in its place, or move it away: then nothing is copied twice,"
            " but messages that may have been deleted at the destination are held back",
        ) from error
