# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""ticket.sqlite: what is known of a ticket as a whole, in the folder of its journals.

Any number of runs may use it at once: each call of :class:`TicketState` that writes is one short transaction.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from types import TracebackType
from typing import Any

from ..core.domain_pass import DomainPass
from ..core.errors import JournalError
from ..core.mail_route import MxPlace
from ..core.mx_history import MxSeen
from .schema import APPLICATION, SCHEMA, STEPS, VERSION
from .values import DROPPED, SENT, WAITING, Override, Queued, Told

NAME = "ticket.sqlite"
_PATIENCE = 30.0
_PASS = "domain, phase, started, ended, mailboxes, worked, complete, copied, verified"


def open_ticket_state(state_dir: str) -> TicketState:
    """The file in ``state_dir``, the folder of the ticket's journals; made when it is missing.

    Raises :class:`JournalError` when it is broken, of another kind, or of a newer version.
    """
    os.makedirs(state_dir, mode=0o700, exist_ok=True)
    path = os.path.join(state_dir, NAME)
    with _readable(path), _alone(path):
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
        connection = sqlite3.connect(path, isolation_level=None, timeout=_PATIENCE)
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _prepare(connection, path)
        except BaseException:
            connection.close()
            raise
    return TicketState(connection, path)


def read_ticket_state(state_dir: str) -> TicketState:
    """The same in memory: what is written to it is forgotten, and neither file nor folder is made.

    Raises :class:`JournalError` as :func:`open_ticket_state` does.
    """
    path = os.path.join(state_dir, NAME)
    copy = sqlite3.connect(":memory:", isolation_level=None)
    with _readable(path):
        if os.path.exists(path):
            with contextlib.closing(sqlite3.connect(path, timeout=_PATIENCE)) as file:
                file.backup(copy)
        _prepare(copy, path)
    return TicketState(copy, path)


class TicketState:
    """What is remembered, by domain (names in lower case)."""

    def __init__(self, connection: sqlite3.Connection, path: str) -> None:
        self._connection = connection
        self._path = path

    def __enter__(self) -> TicketState:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._connection.close()

    def note_mx(self, seen: MxSeen) -> None:
        """Remember what a domain's name servers said: the last row goes on where nothing changed."""
        with self._writing() as connection:
            found = connection.execute(
                "SELECT id, place, hosts, ttl FROM mx_seen WHERE domain = ? ORDER BY id DESC LIMIT 1", (seen.domain,)
            ).fetchone()
            values = (seen.place.value, json.dumps(seen.hosts), seen.ttl)
            if found and found[1:] == values:
                connection.execute(
                    "UPDATE mx_seen SET last_seen = max(last_seen, ?) WHERE id = ?", (seen.last_seen, found[0])
                )
            else:
                connection.execute(
                    "INSERT INTO mx_seen(domain, place, hosts, ttl, first_seen, last_seen) VALUES (?, ?, ?, ?, ?, ?)",
                    (seen.domain, *values, seen.first_seen, seen.last_seen),
                )

    def mx_history(self, domain: str) -> tuple[MxSeen, ...]:
        """What was seen of the domain's MX records, the oldest first."""
        rows = self._rows(
            "SELECT domain, place, hosts, ttl, first_seen, last_seen FROM mx_seen WHERE domain = ? ORDER BY id", domain
        )
        return tuple(
            MxSeen(name, MxPlace(place), tuple(json.loads(hosts)), ttl, first, last)
            for name, place, hosts, ttl, first, last in rows
        )

    def add_pass(self, done: DomainPass) -> None:
        """Remember a pass."""
        values = tuple(getattr(done, name) for name in _PASS.split(", "))
        with self._writing() as connection:
            connection.execute(f"INSERT INTO pass({_PASS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)", values)

    def passes(self, domain: str) -> tuple[DomainPass, ...]:
        """The passes of the domain, the oldest first, those that came to no end among them."""
        return tuple(
            DomainPass(*row) for row in self._rows(f"SELECT {_PASS} FROM pass WHERE domain = ? ORDER BY id", domain)
        )

    def add_override(self, override: Override) -> None:
        """Remember that a guard was overridden, and why."""
        values = (override.domain, override.action, override.reason, override.time)
        with self._writing() as connection:
            connection.execute("INSERT INTO override(domain, action, reason, time) VALUES (?, ?, ?, ?)", values)

    def overrides(self, domain: str) -> tuple[Override, ...]:
        """Guards of the domain that were overridden, the oldest first."""
        rows = self._rows("SELECT domain, action, reason, time FROM override WHERE domain = ? ORDER BY id", domain)
        return tuple(Override(*row) for row in rows)

    def close_domain(self, domain: str, time: float) -> None:
        """Remember that nothing is left to be done for the domain. Again is no change."""
        with self._writing() as connection:
            connection.execute("INSERT OR IGNORE INTO closed(domain, time) VALUES (?, ?)", (domain, time))

    def reopen_domain(self, domain: str) -> bool:
        """Forget that nothing was left to be done for the domain. Returns whether it was closed."""
        with self._writing() as connection:
            return connection.execute("DELETE FROM closed WHERE domain = ?", (domain,)).rowcount > 0

    def closed(self, domain: str) -> float | None:
        """When the domain was closed; None while it is open."""
        found = self._rows("SELECT time FROM closed WHERE domain = ?", domain)
        return float(found[0][0]) if found else None

    def domains(self) -> tuple[str, ...]:
        """All domains of which anything is remembered, sorted."""
        statement = "SELECT domain FROM mx_seen UNION SELECT domain FROM pass UNION SELECT domain FROM closed"
        return tuple(domain for (domain,) in self._rows(f"{statement} ORDER BY domain"))

    def add_update(self, key: str, payload: Mapping[str, Any], time: float) -> bool:
        """Remember an update that is to be sent. Returns False where one of that key is known already."""
        with self._writing() as connection:
            return (
                connection.execute(
                    "INSERT OR IGNORE INTO ticket_update(key, payload, state, done, step, problem, changed)"
                    " VALUES (?, ?, ?, '[]', '', '', ?)",
                    (key, json.dumps(payload), WAITING, time),
                ).rowcount
                > 0
            )

    def updates(self) -> tuple[Queued, ...]:
        """All updates of the ticket, the oldest first."""
        rows = self._rows("SELECT key, payload, state, done, step, problem FROM ticket_update ORDER BY id")
        return tuple(
            Queued(key, json.loads(payload), state, tuple(json.loads(done)), step, problem)
            for key, payload, state, done, step, problem in rows
        )

    def note_update(self, update: Queued, time: float) -> None:
        """Remember how far an update is. Durable when this returns."""
        with self._writing() as connection:
            connection.execute(
                "UPDATE ticket_update SET state = ?, done = ?, step = ?, problem = ?, changed = ? WHERE key = ?",
                (update.state, json.dumps(update.done), update.step, update.problem, time, update.key),
            )

    def forget_bodies(self) -> int:
        """Overwrite what updates said that are sent or dropped; their keys stay, so that none is said twice.

        Returns how many said something.
        """
        through = "state IN (?, ?) AND payload != '{}'"
        with _readable(self._path):
            self._connection.execute("PRAGMA secure_delete = ON")
        with self._writing() as connection:
            found = connection.execute(f"UPDATE ticket_update SET payload = '{{}}' WHERE {through}", (SENT, DROPPED))
        with _readable(self._path):
            self._connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        return found.rowcount

    def tell(self, step: str, values: Mapping[str, Any], time: float) -> None:
        """Remember what a run told: plain values by name, in the place of what was told of these before."""
        rows = [(step, name, time, json.dumps(value, separators=(",", ":"))) for name, value in values.items()]
        with self._writing() as connection:
            connection.executemany("INSERT OR REPLACE INTO told(step, name, time, value) VALUES (?, ?, ?, ?)", rows)

    def told(self, step: str) -> dict[str, Told]:
        """What the last runs told, by name."""
        found = self._rows("SELECT name, time, value FROM told WHERE step = ? ORDER BY name", step)
        return {name: Told(time, json.loads(value)) for name, time, value in found}

    def failed(self) -> list[str]:
        """The hosts whose last pass, archiving or comparison told of something that has to be looked at."""
        found = self._rows(
            "SELECT DISTINCT name FROM told"
            " WHERE step IN ('sync', 'archive') AND json_extract(value, '$.failure_count') > 0"
            " OR step = 'verify' AND NOT json_extract(value, '$.passed')"
        )
        return [name for (name,) in found]

    def untell(self, step: str, names: Iterable[str]) -> None:
        """Forget what was told of these names."""
        with self._writing() as connection:
            connection.executemany("DELETE FROM told WHERE step = ? AND name = ?", [(step, name) for name in names])

    def _rows(self, statement: str, *values: str) -> list[tuple[Any, ...]]:
        with _readable(self._path):
            return self._connection.execute(statement, values).fetchall()

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with _readable(self._path):
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                yield self._connection
                self._connection.execute("COMMIT")
            except BaseException:
                self._connection.execute("ROLLBACK")
                raise


@contextlib.contextmanager
def _readable(path: str) -> Iterator[None]:
    """What SQLite finds wrong with the file in here is said in our words."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise JournalError(
            f"what is remembered of the ticket cannot be read or written ({error})",
            where=path,
            remedy="Mend the disk or move the file away; without it the old MX records are taken to live for a day"
            " from the next run on, and domains that were closed are open again",
        ) from error


@contextlib.contextmanager
def _alone(path: str) -> Iterator[None]:
    """While a file is made nobody else makes it: SQLite does not wait while another process turns the log on."""
    lock = os.open(f"{path}.lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def _prepare(connection: sqlite3.Connection, path: str) -> None:
    """Lay the tables in an empty file, lead those of an earlier release on; refuse all else."""
    version, application = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("user_version", "application_id")
    )
    if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        _execute(connection, SCHEMA)
    elif application != APPLICATION:
        raise JournalError(
            "this is another program's database and not the ticket's",
            where=path,
            remedy="Move it away, or name another mailops_state_dir",
        )
    elif version > VERSION:
        raise JournalError(
            f"what is remembered of the ticket is of version {version}, this release works with version {VERSION}",
            where=path,
            remedy="Use the release that wrote it, or a newer one",
        )
    elif version < VERSION:
        _execute(connection, "".join(STEPS[step] for step in range(version, VERSION)))


def _execute(connection: sqlite3.Connection, script: str) -> None:
    """All of it in one transaction, the present version's mark included."""
    marks = f"PRAGMA user_version = {VERSION}; PRAGMA application_id = {APPLICATION}"
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in f"{script};{marks}".split(";"):
            connection.execute(statement)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
