# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal's file: made, opened, brought to the present version, copied beside itself, put back from that copy."""

from __future__ import annotations

import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Iterator

from ..core.errors import JournalError
from .journal_schema import APPLICATION, SCHEMA, STEPS, VERSION


def journal_path(state_dir: str, mailbox: str) -> str:
    """Where the journal of ``mailbox`` lies: named by the SHA-256 of the lower-cased address."""
    name = hashlib.sha256(mailbox.strip().lower().encode()).hexdigest()
    return os.path.join(state_dir, f"{name}.sqlite")


def snapshot_path(path: str) -> str:
    """Where the copy of the journal at ``path`` lies."""
    return f"{path}.snapshot"


def open_journal(path: str, mailbox: str) -> tuple[sqlite3.Connection, str]:
    """Open or make the journal; with it what the reader should know about that, or an empty text.

    Raises :class:`JournalError` when it is broken, of another kind, or of a newer version.
    """
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    note = _put_back(path)
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    connection = sqlite3.connect(path, check_same_thread=False, isolation_level=None, timeout=30)
    try:
        with readable(path):
            connection.execute("PRAGMA journal_mode = WAL")
            connection.execute("PRAGMA synchronous = FULL")
            _require_whole(connection)
            _prepare(connection, path, mailbox, keep_old=True)
    except BaseException:
        connection.close()
        raise
    return connection, note


def open_journal_copy(path: str, mailbox: str) -> tuple[sqlite3.Connection, str]:
    """The same as a nameless file (see tempfile(3)), and the journal stays as it is; empty where there is none."""
    copy = sqlite3.connect("", check_same_thread=False, isolation_level=None)
    with readable(path):
        original = file_to_read(path)
        if original is not None:
            with contextlib.closing(sqlite3.connect(original, timeout=30)) as file:
                _copy_to_nameless(file, copy)
        _prepare(copy, path, mailbox, keep_old=False)
    return copy, _lost_note(path) if _is_lost(path) else ""


def _copy_to_nameless(file: sqlite3.Connection, copy: sqlite3.Connection) -> None:
    try:
        file.backup(copy)
    except sqlite3.OperationalError as error:
        if error.sqlite_errorcode not in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR_WRITE):
            raise
        raise JournalError(
            f"a copy of the journal to read from cannot be written ({error}); the journal is as it was",
            where="/var/tmp, or where SQLITE_TMPDIR says",
            remedy="Make room there, or let SQLITE_TMPDIR name a directory on another disk",
        ) from None


def file_to_read(path: str) -> str | None:
    """The journal's file, or its snapshot where that would take its place; None where there is neither."""
    if _is_lost(path):
        return snapshot_path(path)
    return path if os.path.exists(path) and os.path.getsize(path) else None


def save_copy(connection: sqlite3.Connection, target: str) -> None:
    """Copy the database to ``target``; the copy is whole or it is not there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(f"{target}.new")
    os.close(os.open(f"{target}.new", os.O_CREAT | os.O_WRONLY, 0o600))
    with contextlib.closing(sqlite3.connect(f"{target}.new")) as copy:
        connection.backup(copy)
    os.replace(f"{target}.new", target)


@contextlib.contextmanager
def readable(path: str) -> Iterator[None]:
    """What SQLite finds wrong with the file in here is said in our words."""
    try:
        yield
    except sqlite3.DatabaseError as error:
        raise JournalError(
            f"the journal cannot be read ({error})",
            where=path,
            remedy=f"Move it away: then its copy {snapshot_path(path)} takes its place. Without that copy nothing is"
            " copied twice either, but messages that may have been deleted at the destination are held back",
        ) from error


def _put_back(path: str) -> str:
    """Put the snapshot in the place of a journal that is missing or empty; what the reader should know."""
    if not _is_lost(path):
        return ""
    for rest in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.unlink(f"{path}{rest}")
    with readable(snapshot_path(path)), contextlib.closing(sqlite3.connect(snapshot_path(path))) as snapshot:
        _require_whole(snapshot)
        save_copy(snapshot, path)
    return _lost_note(path)


def _is_lost(path: str) -> bool:
    return not (os.path.exists(path) and os.path.getsize(path)) and os.path.exists(snapshot_path(path))


def _lost_note(path: str) -> str:
    return (
        f"the journal {path} was missing; its copy from the end of an earlier pass took its place, and what was copied"
        " since is known again by its content"
    )


def _require_whole(connection: sqlite3.Connection) -> None:
    found = connection.execute("PRAGMA quick_check(1)").fetchone()[0]
    if found != "ok":
        raise sqlite3.DatabaseError(found)


def _prepare(connection: sqlite3.Connection, path: str, mailbox: str, *, keep_old: bool) -> None:
    """Lay the tables in an empty file, lead those of an earlier release on; refuse all else."""
    connection.execute("PRAGMA foreign_keys = ON")
    version, application = (
        int(connection.execute(f"PRAGMA {name}").fetchone()[0]) for name in ("user_version", "application_id")
    )
    owner = mailbox.strip().lower()
    if version == 0 and not connection.execute("SELECT 1 FROM sqlite_master").fetchone():
        _execute(connection, SCHEMA, ("INSERT INTO meta(key, value) VALUES ('mailbox', ?)", (owner,)))
        return
    if not _is_journal(connection, version, application):
        raise JournalError(
            "this is another program's database and no journal",
            where=path,
            remedy="Move it away, or name another state_dir",
        )
    if version > VERSION:
        raise JournalError(
            f"the journal is of version {version}, this release works with version {VERSION}",
            where=path,
            remedy="Use the release that wrote it, or a newer one",
        )
    found = connection.execute("SELECT value FROM meta WHERE key = 'mailbox'").fetchone()
    if found and found[0] != owner:
        raise JournalError(
            f"the journal belongs to {found[0]}, not to {mailbox}", where=path, remedy="Put the right one in its place"
        )
    if version < VERSION:
        if keep_old:
            save_copy(connection, f"{path}.version-{version}")
        _execute(connection, "".join(STEPS[step] for step in range(version, VERSION)))


def _is_journal(connection: sqlite3.Connection, version: int, application: int) -> bool:
    """The first version bore no mark of its own, but had these tables."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    marked = application == APPLICATION or (application == 0 and version == 1)
    return marked and {"meta", "account", "folder", "message"} <= tables


def _execute(connection: sqlite3.Connection, script: str, *more: tuple[str, tuple[str, ...]]) -> None:
    """All of it in one transaction, the present version's mark included."""
    marks = f"PRAGMA user_version = {VERSION}; PRAGMA application_id = {APPLICATION}"
    connection.execute("BEGIN IMMEDIATE")
    try:
        for statement in f"{script};{marks}".split(";"):
            connection.execute(statement)
        for statement, values in more:
            connection.execute(statement, values)
        connection.execute("COMMIT")
    except BaseException:
        connection.execute("ROLLBACK")
        raise
