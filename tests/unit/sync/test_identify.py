# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from ansible_collections.mailops.migration.plugins.module_utils.core.digest import digest_of
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import Place
from ansible_collections.mailops.migration.plugins.module_utils.imap.listing import Status
from ansible_collections.mailops.migration.plugins.module_utils.sync.caution import Caution
from ansible_collections.mailops.migration.plugins.module_utils.sync.destination_index import DestinationIndex
from ansible_collections.mailops.migration.plugins.module_utils.sync.identify import take_copy
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal import Journal

from tests.unit.imap.scripted import session_to
from tests.unit.sync.makers import entry, opened
from tests.unit.sync.served import UIDVALIDITY, Folders, serving

A, B = b"a\r\n", b"b\r\n"


@contextmanager
def index_of(journal: Journal, folders: Folders) -> Iterator[DestinationIndex]:
    """The index of a server with these folders, all of it listed and read."""
    statuses = {name: Status(len(messages), 0, UIDVALIDITY) for name, messages in folders.items()}
    with session_to(serving(folders, [])) as session:
        index = DestinationIndex(session, statuses, journal.known_uids, Caution())
        index.scan()
        index.read(None)
        yield index


def test_copy_that_the_user_moved_is_not_taken_for_a_new_twin_s(tmp_path: Path) -> None:
    with closing(opened(tmp_path / "journal.sqlite")) as journal:
        journal.confirm(journal.intend([entry(1, A)], 1, 0.0), UIDVALIDITY, [1])
        with index_of(journal, {"INBOX": {2: B}, "Archive": {7: A}}) as index:
            assert take_copy(digest_of(A), "INBOX", journal, index) is None
        (row,) = journal.rows()
        assert row.destination == Place("Archive", UIDVALIDITY, 7)


def test_copy_that_is_nobody_s_is_taken_once(tmp_path: Path) -> None:
    with closing(opened(tmp_path / "journal.sqlite")) as journal:
        journal.confirm(journal.intend([entry(1, A)], 1, 0.0), UIDVALIDITY, [1])
        with index_of(journal, {"INBOX": {1: A, 2: A}}) as index:
            taken = [take_copy(digest_of(A), "INBOX", journal, index) for _unused in range(2)]
        assert [copy.place.uid if copy else None for copy in taken] == [2, None]


def test_copy_of_a_twin_that_was_just_sent_is_not_missed(tmp_path: Path) -> None:
    """It lies behind what was listed, and so does not take the copy that belongs to the other twin."""
    with closing(opened(tmp_path / "journal.sqlite")) as journal, index_of(journal, {"INBOX": {1: A}}) as index:
        journal.confirm(journal.intend([entry(1, A)], 1, 0.0), UIDVALIDITY, [2])
        index.note("INBOX", UIDVALIDITY, [2])
        copy = take_copy(digest_of(A), "INBOX", journal, index)
        assert copy is not None and copy.place.uid == 1
