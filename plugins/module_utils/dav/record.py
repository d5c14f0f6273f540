# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What was imported for one user: a write-ahead log beside the journals of all tickets.

A resource is in it before it is sent, and its tag after the server took it; so a run can be killed at any point, and
what the user changes or deletes later is known. No content is in it, only digests.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..sync.record_file import Kind, RecordFile

_SCHEMA = """
CREATE TABLE imported(
  collection TEXT NOT NULL,
  uid TEXT NOT NULL,
  href TEXT NOT NULL,
  sent TEXT NOT NULL,
  stored TEXT NOT NULL,
  etag TEXT NOT NULL,
  state TEXT NOT NULL,
  likeness TEXT NOT NULL,
  time REAL NOT NULL,
  PRIMARY KEY(collection, uid)
) WITHOUT ROWID;
CREATE TABLE seen(
  collection TEXT NOT NULL,
  href TEXT NOT NULL,
  etag TEXT NOT NULL,
  uid TEXT NOT NULL,
  digest TEXT NOT NULL,
  PRIMARY KEY(collection, href)
) WITHOUT ROWID
"""

CREATING, UPDATING, CONFIRMED = "creating", "updating", "confirmed"


@dataclass(frozen=True)
class Imported:
    """A resource that was sent, or is about to be.

    ``sent`` is the meaning of what was sent last, ``stored`` that of what the server had before that or has since;
    ``etag`` is the tag as of then, empty where it is not known. ``state`` is one of the three above.
    ``likeness`` is the item's.
    """

    uid: str
    href: str
    sent: str
    stored: str
    etag: str
    state: str
    likeness: str = ""


@dataclass(frozen=True)
class Seen:
    """A resource at the destination as it was when last read."""

    href: str
    etag: str
    uid: str
    digest: str


class Record(RecordFile):
    """The record of one user. ``collection`` is the path of an address book or calendar."""

    KIND = Kind("dav_import", 0x6D6F7064, _SCHEMA, "the import", without="nothing that is there is overwritten")

    def imported(self, collection: str) -> dict[str, Imported]:
        """What was sent to a collection, by UID."""
        rows = self._connection.execute(
            "SELECT uid, href, sent, stored, etag, state, likeness FROM imported WHERE collection = ?", (collection,)
        )
        return {row[0]: Imported(*row) for row in rows}

    def enter(self, collection: str, rows: Iterable[Imported], now: float) -> None:
        """Write these rows in place of those of their UIDs. Durable on return. ``now`` in seconds since the epoch."""
        values = [(collection, *vars(row).values(), now) for row in rows]
        with self.together():
            self._connection.executemany("INSERT OR REPLACE INTO imported VALUES (?,?,?,?,?,?,?,?,?)", values)

    def forget(self, collection: str, uids: Iterable[str]) -> None:
        """Drop the rows of what the server never took."""
        with self.together():
            self._connection.executemany(
                "DELETE FROM imported WHERE collection = ? AND uid = ?", [(collection, uid) for uid in uids]
            )

    def seen(self, collection: str) -> dict[str, Seen]:
        """What was read of a collection, by href."""
        rows = self._connection.execute("SELECT href, etag, uid, digest FROM seen WHERE collection = ?", (collection,))
        return {row[0]: Seen(*row) for row in rows}

    def remember(self, collection: str, rows: Iterable[Seen]) -> None:
        """Write what was read, so that it is not read again while its tag is the same."""
        values = [(collection, *vars(row).values()) for row in rows]
        if values:
            with self.together():
                self._connection.executemany("INSERT OR REPLACE INTO seen VALUES (?,?,?,?,?)", values)
