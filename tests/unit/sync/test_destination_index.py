# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.digest import digest_of
from ansible_collections.mailops.migration.plugins.module_utils.core.identity import Likeness
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import Copy, Place
from ansible_collections.mailops.migration.plugins.module_utils.core.uids import UidSet
from ansible_collections.mailops.migration.plugins.module_utils.imap.listing import Status
from ansible_collections.mailops.migration.plugins.module_utils.sync.caution import Caution
from ansible_collections.mailops.migration.plugins.module_utils.sync.destination_index import DestinationIndex

from tests.unit.imap.scripted import session_to
from tests.unit.sync.served import UIDVALIDITY, Folders, serving

A, B, LONG = b"a\r\n", b"b\r\n", b"longer\r\n"
FOLDERS: dict[str, dict[int, bytes]] = {"INBOX": {1: A, 2: B, 3: LONG}, "Archive": {5: A}, "Empty": {}}


@contextmanager
def index_of(
    folders: Folders, known: dict[str, set[int]] | None = None, *, asked: list[bytes] | None = None
) -> Iterator[DestinationIndex]:
    """The index of a server with these folders, of which the journal knows these uids."""
    statuses = {name: Status(len(messages), 0, UIDVALIDITY) for name, messages in folders.items()}

    def known_uids(folder: str, uidvalidity: int) -> UidSet:
        assert uidvalidity == UIDVALIDITY
        return UidSet((known or {}).get(folder, ()))

    with session_to(serving(folders, [] if asked is None else asked)) as session:
        yield DestinationIndex(session, statuses, known_uids, Caution())


def place(folder: str, uid: int) -> Place:
    return Place(folder, UIDVALIDITY, uid)


def copy(folder: str, uid: int) -> Copy:
    data = FOLDERS[folder][uid]
    return Copy(place(folder, uid), len(data), digest_of(data).canonical)


def by_place(copies: list[Copy]) -> list[Copy]:
    return sorted(copies, key=lambda copy: (copy.place.folder, copy.place.uid))


def test_messages_that_the_journal_accounts_for_are_not_unknown() -> None:
    with index_of(FOLDERS, {"INBOX": {1, 2}}) as index:
        index.scan()
        assert index.unknown() == 2
        assert index.likeness().sizes == {len(LONG), len(A)}
        assert by_place(index.read(None)) == [copy("Archive", 5), copy("INBOX", 3)]


def test_known_messages_are_still_there() -> None:
    with index_of(FOLDERS, {"INBOX": {1}}) as index:
        index.scan()
        assert index.holds(place("INBOX", 1)) and index.holds(place("INBOX", 2))
        assert not index.holds(place("INBOX", 4)) and not index.holds(Place("INBOX", 1, 1))


def test_nothing_is_read_that_has_another_size() -> None:
    asked: list[bytes] = []
    with index_of(FOLDERS, asked=asked) as index:
        index.scan()
        assert index.read(Likeness(frozenset({len(LONG)}), frozenset())) == [copy("INBOX", 3)]
    assert [command for command in asked if b"BODY" in command] == [b"UID FETCH 3 (UID BODY.PEEK[])"]


def test_nothing_is_listed_or_read_twice_and_empty_folders_not_at_all() -> None:
    asked: list[bytes] = []
    with index_of(FOLDERS, asked=asked) as index:
        for _unused in range(2):
            index.scan()
            index.read(None)
    lists = b"UID FETCH 1:* (UID FLAGS INTERNALDATE RFC822.SIZE)"
    assert asked[:4] == [b'EXAMINE "Archive"', lists, b'EXAMINE "INBOX"', lists]
    assert asked.count(lists) == 2
    assert len([command for command in asked if b"BODY" in command]) == 2
    assert b'EXAMINE "Empty"' not in asked


def test_only_the_folders_asked_for_are_listed() -> None:
    with index_of(FOLDERS) as index:
        index.scan(["Archive", "No such folder"])
        assert index.unknown() == 1
        assert index.knows("INBOX") and not index.knows("No such folder")


def test_copy_that_was_taken_is_not_given_again() -> None:
    with index_of(FOLDERS) as index:
        index.scan()
        index.read(None)
        index.take(copy("INBOX", 1))
        assert not index.has(copy("INBOX", 1))
        assert index.take_content(digest_of(A).canonical, "INBOX") == copy("Archive", 5)
        assert index.take_content(digest_of(A).canonical, "INBOX") is None
        assert by_place(index.read(None)) == [copy("INBOX", 2), copy("INBOX", 3)]


@pytest.mark.parametrize("folder, uid", [("INBOX", 1), ("Archive", 5), ("Sent", 5)])
def test_content_is_taken_from_its_own_folder_first(folder: str, uid: int) -> None:
    with index_of(FOLDERS) as index:
        index.scan()
        index.read(None)
        found = index.take_content(digest_of(A).canonical, folder)
        assert found is not None and found.place.uid == uid


def test_content_that_was_not_read_is_not_taken() -> None:
    with index_of(FOLDERS) as index:
        index.scan()
        assert index.take_content(digest_of(A).canonical, "INBOX") is None


def test_messages_that_arrive_meanwhile_are_seen_when_a_folder_is_listed_again() -> None:
    folders = {"INBOX": {1: A}}
    with index_of(folders) as index:
        index.scan()
        assert index.unknown() == 1
        folders["INBOX"][9] = LONG
        index.scan()
        assert index.unknown() == 1
        index.rescan(["INBOX"])
        assert index.unknown() == 2
        assert index.holds(place("INBOX", 9))


def test_message_that_the_server_lists_and_does_not_send_stays_unknown() -> None:
    class Withheld(dict[int, bytes]):
        def __contains__(self, uid: object) -> bool:
            return uid != 2 and super().__contains__(uid)

    with index_of({"INBOX": Withheld(FOLDERS["INBOX"])}) as index:
        index.scan()
        assert by_place(index.read(None)) == [copy("INBOX", 1), copy("INBOX", 3)]
        assert index.unknown() == 3


@pytest.mark.parametrize(
    ("known", "uidnext", "listed"),
    [({1, 2, 3}, 4, False), ({1, 2, 3}, 0, True), ({1, 2, 3}, 5, True), ({1, 2}, 4, True), ({2, 3, 4}, 4, True)],
)
def test_folder_where_every_uid_was_ours_and_is_there_is_not_listed(
    known: set[int], uidnext: int, listed: bool
) -> None:
    asked: list[bytes] = []
    statuses = {"INBOX": Status(3, uidnext, UIDVALIDITY)}
    with session_to(serving(FOLDERS, asked)) as session:
        index = DestinationIndex(session, statuses, lambda folder, uidvalidity: UidSet(known), Caution())
        index.scan()
        assert index.unknown() == len({1, 2, 3} - known)
        assert all(index.holds(place("INBOX", uid)) for uid in (1, 2, 3))
    assert (b'EXAMINE "INBOX"' in asked) == listed


def test_copy_made_since_the_listing_is_there() -> None:
    with index_of(FOLDERS) as index:
        index.scan()
        index.note("INBOX", UIDVALIDITY, [4, 5])
        assert index.holds(place("INBOX", 5)) and not index.holds(place("INBOX", 6))
