# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal's file: who may read it, what is refused, how it gets over loss, damage and older releases."""

from __future__ import annotations

import hashlib
import os
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import JournalError
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import CONFIRMED, INTENDED
from ansible_collections.mailops.migration.plugins.module_utils.sync import journal_file
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal import Journal, journal_path
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal_schema import VERSION

from tests.unit.sync.makers import MAILBOX, entry, opened
from tests.unit.sync.processes import MODULE_UTILS, line_of, python

VERSION_1 = Path(__file__).with_name("journal_version_1.sql")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "state" / "journal.sqlite"


@pytest.fixture
def journal(path: Path) -> Iterator[Journal]:
    journal = opened(path)
    yield journal
    journal.close()


def states(path: Path) -> list[str]:
    """What another connection reads from the file."""
    with closing(opened(path)) as other:
        return [row.state for row in other.rows()]


def version_1(path: Path) -> None:
    """A journal as the first release wrote it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with closing(sqlite3.connect(path)) as file:
        file.executescript(VERSION_1.read_text(encoding="utf-8"))


def test_file_is_named_by_the_lower_cased_address() -> None:
    name = hashlib.sha256(b"jo@example.net").hexdigest()
    assert journal_path("/state", " Jo@Example.NET ") == journal_path("/state", MAILBOX) == f"/state/{name}.sqlite"


def test_file_and_folder_are_for_their_owner_alone(journal: Journal, path: Path) -> None:
    journal.snapshot()
    modes = [found.stat().st_mode & 0o777 for found in (path.parent, path, Path(f"{path}.snapshot"))]
    assert modes == [0o700, 0o600, 0o600]


def test_journal_of_another_mailbox_is_refused(journal: Journal, path: Path) -> None:
    with pytest.raises(JournalError, match=r"belongs to jo@example\.net, not to al@example\.net"):
        opened(path, "al@example.net")
    assert opened(path, " JO@example.net").accounts()


@pytest.mark.parametrize("open_journal", [Journal.open, Journal.open_copy])
def test_journal_of_a_newer_version_is_refused_and_left_alone(
    journal: Journal, path: Path, open_journal: Callable[[str, str], Journal]
) -> None:
    journal.close()
    with sqlite3.connect(path) as other:
        other.execute("PRAGMA user_version = 99")
    with pytest.raises(JournalError, match=f"version 99, this release works with version {VERSION}"):
        open_journal(str(path), MAILBOX)
    assert sqlite3.connect(path).execute("PRAGMA user_version").fetchone() == (99,)


@pytest.mark.parametrize("open_journal", [Journal.open, Journal.open_copy])
@pytest.mark.parametrize("content", [b"no database" * 1000, b"SQLite format 3\0" + b"\xff" * 5000])
def test_broken_file_is_named_with_the_way_out(
    tmp_path: Path, content: bytes, open_journal: Callable[[str, str], Journal]
) -> None:
    path = tmp_path / "journal.sqlite"
    path.write_bytes(content)
    with pytest.raises(JournalError, match="cannot be read") as error:
        open_journal(str(path), MAILBOX)
    assert f"{path}.snapshot" in error.value.remedy
    assert path.read_bytes() == content


def test_snapshot_can_take_the_journals_place(journal: Journal, path: Path) -> None:
    journal.confirm(journal.intend([entry(1)], 5, 0.0), 9, [5])
    journal.snapshot()
    journal.intend([entry(2)], 5, 0.0)
    journal.close()
    path.unlink()
    os.replace(f"{path}.snapshot", path)
    assert states(path) == [CONFIRMED]


def test_snapshot_replaces_the_one_before_and_a_half_made_one(journal: Journal, path: Path) -> None:
    Path(f"{path}.snapshot").write_bytes(b"old")
    Path(f"{path}.snapshot.new").write_bytes(b"half")
    journal.intend([entry(1)], 5, 0.0)
    journal.snapshot()
    assert states(Path(f"{path}.snapshot")) == [INTENDED]
    assert not os.path.exists(f"{path}.snapshot.new")


def test_disk_without_room_for_the_copy_is_told_as_that(journal: Journal, path: Path) -> None:
    journal.intend([entry(uid) for uid in range(1, 30_001)], 5, 0.0)
    journal.close()
    code = (
        "import resource, sys\n"
        f"from {MODULE_UTILS}.core.errors import JournalError\n"
        f"from {MODULE_UTILS}.sync.journal import Journal\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, 1_000_000))\n"
        "try:\n    Journal.open_copy(*sys.argv[1:])\nexcept JournalError as error:\n    print(error.text())\n"
    )
    with python(code, str(path), MAILBOX) as process:
        told = line_of(process)
    assert "cannot be written" in told
    assert "Make room there" in told


def test_copy_for_check_mode_reads_the_journal_and_writes_nothing(journal: Journal, path: Path) -> None:
    journal.intend([entry(1)], 5, 0.0)
    journal.close()
    before = {found.name: found.read_bytes() for found in path.parent.iterdir()}
    copy = Journal.open_copy(str(path), MAILBOX)
    copy.use_account(copy.accounts()[0][0])
    copy.forget(row.id for row in copy.open_intents())
    copy.intend([entry(7), entry(8)], 1, 0.0)
    copy.begin_pass(1.0)
    assert [row.source.uid for row in copy.rows()] == [7, 8]
    copy.close()
    assert {found.name: found.read_bytes() for found in path.parent.iterdir()} == before


def test_copy_for_check_mode_reads_what_a_running_pass_has_written(journal: Journal, path: Path) -> None:
    journal.intend([entry(1)], 5, 0.0)
    copy = Journal.open_copy(str(path), MAILBOX)
    copy.use_account(copy.accounts()[0][0])
    assert [row.source.uid for row in copy.open_intents()] == [1]


def test_copy_of_a_journal_that_is_not_there_makes_none(tmp_path: Path) -> None:
    copy = Journal.open_copy(str(tmp_path / "no" / "journal.sqlite"), MAILBOX)
    assert copy.accounts() == []
    assert list(tmp_path.iterdir()) == []


# Lost, broken, foreign


@pytest.mark.parametrize("damage", [Path.unlink, lambda path: path.write_bytes(b"")])
def test_snapshot_takes_the_place_of_a_journal_that_is_missing_or_empty(
    journal: Journal, path: Path, damage: Callable[[Path], object]
) -> None:
    journal.confirm(journal.intend([entry(1)], 5, 0.0), 9, [5])
    journal.snapshot()
    journal.close()
    damage(path)
    Path(f"{path}-wal").write_bytes(b"of another file")
    with closing(opened(path)) as restored:
        assert [row.state for row in restored.rows()] == [CONFIRMED]
        assert "was missing" in restored.note
    assert states(path) == [CONFIRMED]


def test_check_mode_reads_the_snapshot_of_a_lost_journal_and_puts_nothing_back(journal: Journal, path: Path) -> None:
    journal.intend([entry(1)], 5, 0.0)
    journal.snapshot()
    journal.close()
    path.unlink()
    with closing(Journal.open_copy(str(path), MAILBOX)) as copy:
        assert copy.accounts() and copy.note
    assert not path.exists()


def test_broken_snapshot_of_a_lost_journal_is_named(path: Path) -> None:
    path.parent.mkdir()
    Path(f"{path}.snapshot").write_bytes(b"no database" * 1000)
    with pytest.raises(JournalError, match="cannot be read") as error:
        Journal.open(str(path), MAILBOX)
    assert error.value.where == f"{path}.snapshot"
    assert not path.exists()


def test_truncated_journal_is_refused_and_its_snapshot_is_the_way_out(journal: Journal, path: Path) -> None:
    for uid in range(1, 200):
        journal.confirm(journal.intend([entry(uid)], 5, 0.0), 9, [uid])
    journal.snapshot()
    journal.close()
    size = path.stat().st_size
    os.truncate(path, size // 2)
    with pytest.raises(JournalError, match="cannot be read"):
        Journal.open(str(path), MAILBOX)
    assert path.stat().st_size == size // 2
    path.rename(f"{path}.broken")
    assert states(path) == [CONFIRMED] * 199


@pytest.mark.parametrize("version", [0, 1, VERSION])
def test_database_of_another_program_is_refused_and_left_alone(tmp_path: Path, version: int) -> None:
    path = tmp_path / "journal.sqlite"
    with closing(sqlite3.connect(path)) as other:
        other.executescript(f"CREATE TABLE things(name TEXT); PRAGMA user_version = {version};")
    before = path.read_bytes()
    with pytest.raises(JournalError, match="another program's database"):
        Journal.open_copy(str(path), MAILBOX)
    assert path.read_bytes() == before
    with pytest.raises(JournalError, match="another program's database"):
        Journal.open(str(path), MAILBOX)


def test_making_that_breaks_off_leaves_an_empty_file_that_is_made_again(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, pytest.raises(JournalError):
        patch.setattr(journal_file, "SCHEMA", f"{journal_file.SCHEMA}; SELECT broken off")
        Journal.open(str(path), MAILBOX)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("SELECT * FROM sqlite_master").fetchall() == []
    assert states(path) == []


# Earlier releases


def test_journal_of_an_earlier_release_goes_on_with_all_it_knew(path: Path) -> None:
    version_1(path)
    with closing(opened(path)) as journal:
        assert [(row.source.uid, row.state, row.flags) for row in journal.rows()] == [
            (1, "confirmed", frozenset({"\\Seen"})), (2, "intended", frozenset()), (3, "refused", frozenset()),
        ]
        assert journal.seen() == {}  # what was left out of a folder was not noted then
        journal.begin_move(1, journal.open_intents()[0].destination)
        assert [row.id for row, _unused in journal.open_moves()] == [1]
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (VERSION,)


def test_earlier_release_s_file_is_kept_beside_the_new_one(path: Path) -> None:
    version_1(path)
    opened(path).close()
    with closing(sqlite3.connect(f"{path}.version-1")) as kept:
        assert kept.execute("PRAGMA user_version").fetchone() == (1,)
        assert kept.execute("SELECT count(*) FROM message").fetchone() == (3,)


def test_step_that_breaks_off_leaves_the_earlier_version(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    version_1(path)
    broken = {**journal_file.STEPS, 1: f"{journal_file.STEPS[1]}; SELECT broken off"}
    with monkeypatch.context() as patch, pytest.raises(JournalError):
        patch.setattr(journal_file, "STEPS", broken)
        Journal.open(str(path), MAILBOX)
    with closing(sqlite3.connect(path)) as file:
        assert file.execute("PRAGMA user_version").fetchone() == (1,)
        assert file.execute("SELECT name FROM sqlite_master WHERE name = 'move'").fetchone() is None
    assert len(states(path)) == 3


def test_earlier_version_made_new_has_the_tables_of_a_new_one(path: Path, tmp_path: Path) -> None:
    version_1(path)
    opened(path).close()
    new = tmp_path / "new.sqlite"
    opened(new).close()
    assert columns(path) == columns(new)


def columns(path: Path) -> dict[str, set[str]]:
    with closing(sqlite3.connect(path)) as file:
        tables = [name for (name,) in file.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
        return {table: {row[1] for row in file.execute(f"PRAGMA table_info({table})")} for table in tables}


def test_check_mode_leaves_the_file_of_an_earlier_release_as_it_is(path: Path) -> None:
    version_1(path)
    before = path.read_bytes()
    with closing(Journal.open_copy(str(path), MAILBOX)) as copy:
        assert copy.accounts()
    assert path.read_bytes() == before
    assert [found.name for found in path.parent.iterdir()] == [path.name]
