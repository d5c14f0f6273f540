# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The file of a record: made, opened again, looked at in check mode, and refused with a reason and a remedy."""

from __future__ import annotations

import contextlib
import sqlite3
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import JournalError
from ansible_collections.mailops.migration.plugins.module_utils.sync.record_file import Kind, RecordFile

OWNER = "Anna@example.com"


class Notes(RecordFile):
    KIND = Kind("notes", 0x1234, "CREATE TABLE note(text TEXT)", "the notes", without="they are taken again")

    def texts(self) -> list[str]:
        return [row[0] for row in self._connection.execute("SELECT text FROM note")]

    def note(self, *texts: str) -> None:
        with self.together():
            self._connection.executemany("INSERT INTO note VALUES (?)", [(text,) for text in texts])


class Others(Notes):
    KIND = Notes.KIND._replace(application=0x4321)


@pytest.fixture
def path(tmp_path: Path) -> str:
    path = Notes.path(str(tmp_path), OWNER)
    with contextlib.closing(Notes.open(path, OWNER)) as notes:
        notes.note("one")
    return path


def test_what_was_written_is_there_again_for_its_owner_in_any_case(path: str) -> None:
    with contextlib.closing(Notes.open(path, OWNER.upper())) as notes:
        assert notes.texts() == ["one"]
    assert Path(path).stat().st_mode & 0o777 == 0o600


def test_check_mode_writes_into_a_copy_and_makes_no_file(path: str, tmp_path: Path) -> None:
    with contextlib.closing(Notes.open_copy(path, OWNER)) as copy:
        copy.note("two")
        assert copy.texts() == ["one", "two"]
    with contextlib.closing(Notes.open(path, OWNER)) as notes:
        assert notes.texts() == ["one"]
    nowhere = Notes.path(str(tmp_path), "bert@example.com")
    with contextlib.closing(Notes.open_copy(nowhere, "bert@example.com")) as copy:
        assert copy.texts() == []
    assert not Path(nowhere).exists()


def test_what_breaks_off_is_not_written(path: str) -> None:
    with contextlib.closing(Notes.open(path, OWNER)) as notes:
        with pytest.raises(ZeroDivisionError), notes.together():
            notes._connection.execute("INSERT INTO note VALUES ('half')")
            raise ZeroDivisionError
        assert notes.texts() == ["one"]


def test_files_that_are_not_its_own_are_refused(path: str) -> None:
    with pytest.raises(JournalError, match=r"belongs to anna@example\.com, not to bert"):
        Notes.open(path, "bert@example.com")
    with pytest.raises(JournalError, match="no record of the notes"):
        Others.open(path, OWNER)
    with contextlib.closing(sqlite3.connect(path)) as file:
        file.execute("PRAGMA user_version = 2")
    with pytest.raises(JournalError, match=r"newer release \(version 2"):
        Notes.open(path, OWNER)


@pytest.mark.parametrize("open_it", [Notes.open, Notes.open_copy])
def test_broken_file_says_what_to_do(path: str, open_it: object) -> None:
    Path(path).write_bytes(b"no database at all, and long enough to be looked at" * 20)
    with pytest.raises(JournalError) as told:
        open_it(path, OWNER)  # type: ignore[operator]
    assert "the record of the notes cannot be read" in told.value.what
    assert told.value.remedy == "Put a whole copy in its place, or move it away: then they are taken again"


def test_folder_that_cannot_be_made_says_so(tmp_path: Path) -> None:
    (tmp_path / "notes").write_text("a file in the way")
    with pytest.raises(JournalError, match="cannot be written"):
        Notes.open(Notes.path(str(tmp_path), OWNER), OWNER)
