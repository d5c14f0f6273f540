# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the journal says of messages in place of reading them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.audit.facts import Word
from ansible_collections.mailops.migration.plugins.module_utils.core.digest import digest_of
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import Listed, Message, Place
from ansible_collections.mailops.migration.plugins.module_utils.core.readings import Digests
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal import Journal

from tests.unit.core.compare_makers import DATE, NONE
from tests.unit.sync.makers import entry, opened

LATER = b"01-Feb-2025 10:00:00 +0100"


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    """Messages 1, 3 and 5 with their copies 11, 13 and 15, and message 7 that was never confirmed."""
    journal = opened(tmp_path / "state" / "journal.sqlite")
    uids = (1, 3, 5)
    entries = [entry(uid, b"%d" % uid)._replace(internaldate=DATE) for uid in uids]
    journal.confirm(journal.intend(entries, 1, 0.0), 9, [10 + uid for uid in uids])
    journal.intend([entry(7, b"7")], 1, 0.0)
    yield journal
    journal.close()


def listed(*uids: int, date: bytes = DATE) -> list[Listed]:
    return [Listed(uid, NONE, date, 20) for uid in uids]


def raws(digests: Digests, *uids: int) -> list[bytes]:
    found = [digests.find(uid) for uid in uids]
    assert len({each[1] for each in found if each}) == len(uids)
    return [each[0] for each in found if each]


def test_known_messages_of_the_source_have_the_digest_of_their_row(journal: Journal) -> None:
    found = Word(journal).at_source("INBOX", 1, listed(1, 2, 5, 7, 9))
    assert raws(found, 1, 2, 5, 7, 9) == [digest_of(b"1").raw, b"", digest_of(b"5").raw, digest_of(b"7").raw, b""]


def test_message_under_another_date_or_uidvalidity_is_not_known(journal: Journal) -> None:
    assert raws(Word(journal).at_source("INBOX", 1, listed(1, date=LATER)), 1) == [b""]
    assert raws(Word(journal).at_source("INBOX", 2, listed(1)), 1) == [b""]


def test_known_copies_have_the_digest_of_what_was_sent(journal: Journal) -> None:
    found = Word(journal).at_destination("INBOX", 9, listed(10, 11, 15, 17, date=LATER))
    assert raws(found, 10, 11, 15, 17) == [b"", digest_of(b"1").raw, digest_of(b"5").raw, b""]


def test_of_two_rows_with_one_copy_the_last_by_place_counts(journal: Journal) -> None:
    ids = journal.intend([entry(4, b"a", folder="Zoo"), entry(2, b"b", folder="Area")], 1, 0.0)
    journal.confirm(ids, 9, [11, 11])
    assert raws(Word(journal).at_destination("INBOX", 9, listed(11)), 11) == [digest_of(b"a").raw]


def test_only_unread_copies_that_look_like_a_known_one_are_doubtful(journal: Journal) -> None:
    def copy(uid: int, raw: bytes, size: int, date: bytes = DATE) -> Message:
        return Message(Place("Leads", 9, uid), NONE, date, raw, b"x", size)

    copies = [copy(1, b"", 1), copy(2, b"", 1), copy(3, b"", 2), copy(4, b"known", 1), copy(5, b"", 1, LATER)]
    assert Word(journal).doubtful(copies) == {"Leads": 2}
    assert Word(journal).doubtful(copies[2:]) == {}


def test_copy_that_was_moved_is_known_by_size_and_date(journal: Journal) -> None:
    moved = Message(Place("Sorted", 2, 4), NONE, DATE, b"", b"x", 1)
    rows = [row for row in journal.rows() if row.source.uid in (1, 3)]
    present = {Place("INBOX", 9, 11)}
    (found,) = Word(journal).with_moved([moved], rows, present, frozenset())
    assert found.canonical == digest_of(b"3").canonical
    assert Word(journal).with_moved([moved], rows, present, {moved.place}) == [moved]
