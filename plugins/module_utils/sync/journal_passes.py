# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the journal notes beside messages: accounts, passes, folders that were worked off, what was read ahead."""

from __future__ import annotations

import contextlib
import dataclasses
import sqlite3
import threading
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from ..core.digest import Digest
from ..core.errors import JournalError
from ..core.essence import Essence, fields_from_text
from ..core.messages import CONFIRMED, WITHDRAWN


@dataclass(frozen=True, slots=True)
class Seen:
    """STATUS of a source folder when it was last worked off completely, and how many messages were left out of it.

    Whatever lay there then and is not changed since has a confirmed row, or was marked as deleted. ``unagreed`` is the
    set of uids whose flags the copies do not have, None when that was not noted.
    """

    uidvalidity: int
    uidnext: int
    messages: int
    highestmodseq: int
    excluded: int = 0
    unagreed: str | None = ""


class JournalPasses:
    """One mailbox's journal, opened for one source account. All methods may be called from any thread.

    ``path`` is its file, ``note`` what the reader should know about it.
    """

    def __init__(self, connection: sqlite3.Connection, path: str, note: str = "") -> None:
        self._connection = connection
        self._lock = threading.RLock()
        self._account = 0
        self._pass = 0
        self.path = path
        self.note = note

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

    # Accounts

    def accounts(self) -> list[tuple[int, str, str, str]]:
        """``(id, alias, host, username)`` of every source account that this journal knows."""
        return list(self._connection.execute("SELECT id, alias, host, username FROM account ORDER BY id"))

    def add_account(self, alias: str, host: str, username: str) -> int:
        """Enter a source account; its id."""
        with self.together():
            values = (alias, host, username)
            cursor = self._connection.execute("INSERT INTO account(alias, host, username) VALUES (?,?,?)", values)
        return int(cursor.lastrowid or 0)

    def rename_account(self, account: int, alias: str, host: str) -> None:
        """Note that an account's server has another name now."""
        with self.together():
            self._connection.execute("UPDATE account SET alias = ?, host = ? WHERE id = ?", (alias, host, account))

    def use_account(self, account: int) -> None:
        """Work on this account from now on."""
        self._account = account

    def recall(self, key: str) -> str:
        """What was noted of this account under ``key``; empty when nothing was."""
        query = "SELECT value FROM meta WHERE key = ?"
        with self._lock:
            found = self._connection.execute(query, (f"{key}:{self._account}",)).fetchone()
        return str(found[0]) if found else ""

    def remember(self, key: str, value: str) -> None:
        """Note ``value`` of this account under ``key``."""
        with self.together():
            values = (f"{key}:{self._account}", value)
            self._connection.execute("INSERT OR REPLACE INTO meta(key, value) VALUES (?,?)", values)

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

    # Passes

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

    def is_through(self) -> bool:
        """Whether the last pass came to its end."""
        with self._lock:
            found = self._connection.execute("SELECT outcome FROM pass ORDER BY id DESC LIMIT 1").fetchone()
        return found is None or found[0] == "complete"

    def speed(self) -> tuple[float, int, int]:
        """Seconds of all passes that brought messages, and how many messages and octets these were."""
        query = (
            "SELECT p.ended - p.started, count(*), sum(m.size) FROM message m JOIN pass p ON p.id = m.pass"
            " WHERE m.provenance = 'appended' AND m.state = 'confirmed' AND p.ended > p.started GROUP BY p.id"
        )
        with self._lock:
            found = self._connection.execute(query).fetchall()
        return sum(row[0] for row in found), sum(row[1] for row in found), sum(row[2] for row in found)

    def forget_passes(self) -> None:
        """What was complete is so no longer."""
        with self.together():
            self._connection.execute("UPDATE pass SET outcome = 'undone' WHERE outcome = 'complete'")

    # Folders that were worked off

    def seen(self) -> dict[str, Seen]:
        """STATUS of the source folders when they were last worked off completely."""
        query = (
            "SELECT name, uidvalidity, uidnext, messages, highestmodseq, excluded, unagreed FROM seen WHERE account = ?"
        )
        with self._lock:
            return {row[0]: Seen(*row[1:]) for row in self._connection.execute(query, (self._account,))}

    def folders_worked_off(self) -> frozenset[str]:
        """Source folders that were worked off completely once, of whatever account."""
        with self._lock:
            return frozenset(name for (name,) in self._connection.execute("SELECT DISTINCT name FROM seen"))

    def note_seen(self, folder: str, seen: Seen) -> None:
        """Enter that a source folder is worked off up to this STATUS."""
        with self.together():
            self._connection.execute(
                "INSERT OR REPLACE INTO seen(account, name, uidvalidity, uidnext, messages, highestmodseq, excluded,"
                " unagreed) VALUES (?,?,?,?,?,?,?,?)",
                (self._account, folder, *dataclasses.astuple(seen)),
            )

    def forget_seen(self) -> None:
        """No source folder of this account counts as worked off any more of whose copies some were taken back, or that
        has none at the destination."""
        named = (
            "SELECT f.name FROM folder f JOIN message m ON m.folder = f.id"
            " WHERE f.account = seen.account AND m.state = '{}'"
        )
        with self.together():
            self._connection.execute(
                f"DELETE FROM seen WHERE account = ? AND (name IN ({named.format(WITHDRAWN)})"
                f" OR name NOT IN ({named.format(CONFIRMED)}))",
                (self._account,),
            )

    # What was read of messages before they are known

    def digests(self, folder: str, uidvalidity: int) -> dict[int, Digest]:
        """What an earlier pass has read of messages of a source folder to know them again; by uid."""
        query = (
            "SELECT uid, digest, canonical, size, canonical_size FROM digested"
            " WHERE account = ? AND name = ? AND uidvalidity = ?"
        )
        with self._lock:
            found = self._connection.execute(query, (self._account, folder, uidvalidity))
            return {uid: Digest(*digest) for uid, *digest in found}

    def essences(self, folder: str, uidvalidity: int) -> dict[int, Essence]:
        """The same of messages that the destination may have rewritten."""
        query = "SELECT uid, fields, body FROM essence WHERE account = ? AND name = ? AND uidvalidity = ?"
        with self._lock:
            found = self._connection.execute(query, (self._account, folder, uidvalidity))
            return {uid: Essence(fields_from_text(fields), body) for uid, fields, body in found}

    def note_digests(self, folder: str, uidvalidity: int, digests: Mapping[int, Digest]) -> None:
        """Keep what was read of messages of a source folder; it costs a part of the daily budget."""
        values = [
            (self._account, folder, uidvalidity, uid, each.raw, each.canonical, each.size, each.canonical_size)
            for uid, each in digests.items()
        ]
        with self.together():
            self._connection.executemany("INSERT OR REPLACE INTO digested VALUES (?,?,?,?,?,?,?,?)", values)

    def note_essences(self, folder: str, uidvalidity: int, essences: Mapping[int, Essence]) -> None:
        """The same of messages that the destination may have rewritten."""
        values = [
            (self._account, folder, uidvalidity, uid, each.fields_as_text(), each.body)
            for uid, each in essences.items()
        ]
        with self.together():
            self._connection.executemany("INSERT OR REPLACE INTO essence VALUES (?,?,?,?,?,?)", values)

    def forget_digests(self) -> None:
        """The messages are known by now."""
        with self.together():
            self._connection.execute("DELETE FROM digested WHERE account = ?", (self._account,))
            self._connection.execute("DELETE FROM essence WHERE account = ?", (self._account,))

    def _rollback(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")
