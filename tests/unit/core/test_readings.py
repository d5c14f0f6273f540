# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import tracemalloc
from hashlib import sha256

from ansible_collections.mailops.migration.plugins.module_utils.core.message_list import MessageList
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import Listed, Message, Place
from ansible_collections.mailops.migration.plugins.module_utils.core.places import Places
from ansible_collections.mailops.migration.plugins.module_utils.core.readings import Digests, Messages, Shelf
from ansible_collections.mailops.migration.plugins.module_utils.core.uids import UidSet
from hypothesis import given
from hypothesis import strategies as st

from tests.unit.core.compare_makers import DATE, SEEN, digest

# What a server or a journal may name: no digest at all, and numbers that no array holds.
CONTENTS = st.sampled_from([digest("a"), digest("b"), digest("c"), b""])
FOUND = st.tuples(st.integers(1, 40) | st.integers(1, 10**10), CONTENTS, CONTENTS, st.integers(0, 99) | st.just(10**20))


@given(st.lists(FOUND))
def test_digests_come_back_as_they_were_added_last(found: list[tuple[int, bytes, bytes, int]]) -> None:
    digests = Digests()
    for uid, raw, canonical, size in found:
        digests.add(uid, raw, canonical, size)
    last = {uid: told for uid, *told in found}
    assert {uid: list(digests.find(uid) or ()) for uid in last} == last
    assert (len(digests), digests.find(41), 41 in digests) == (len(last), None, False)
    assert digests.is_ordered() == (sorted(last) == [uid for uid, *_unused in found])


def shelf(folder: str, uidvalidity: int, *uids: int) -> Shelf:
    digests = Digests()
    for uid in uids:
        digests.add(uid, digest("raw"), digest(str(uid)), uid)
    return Shelf(folder, uidvalidity, MessageList.of(Listed(uid, SEEN, DATE, 0) for uid in uids), digests)


def test_messages_are_numbered_folder_by_folder_and_found_by_place() -> None:
    messages = Messages()
    for each in (shelf("Leads", 2, 5), shelf("Empty", 1), shelf("INBOX", 1, 3, 9), shelf("Last", 1)):
        messages.add(each)
    places = [Place("Leads", 2, 5), Place("INBOX", 1, 3), Place("INBOX", 1, 9)]
    assert [message.place for message in messages] == [messages[number].place for number in range(3)] == places
    assert [messages.index(place) for place in places] == [0, 1, 2]
    assert messages[2] == Message(places[2], SEEN, DATE, digest("raw"), digest("9"), 9)
    assert [(number, message.place) for number, message in messages.by_place()] == [
        (1, places[1]), (2, places[2]), (0, places[0])
    ]  # fmt: skip
    assert messages.by_folder() == {"Leads": 1, "Empty": 0, "INBOX": 2, "Last": 0}
    for unknown in (Place("Leads", 1, 5), Place("INBOX", 1, 4), Place("None", 1, 1)):
        assert unknown not in messages


def test_place_is_known_by_folder_uidvalidity_and_uid() -> None:
    places = Places({("INBOX", 1): UidSet([3, 4]), ("Leads", 1): UidSet()})
    assert Place("INBOX", 1, 4) in places
    assert not any(other in places for other in (Place("INBOX", 2, 4), Place("INBOX", 1, 5), Place("Leads", 1, 4), 4))


def test_a_hundred_thousand_read_messages_take_few_megabytes() -> None:
    tracemalloc.start()
    try:
        digests = Digests()
        for uid in range(1, 100_001):
            content = sha256(b"%d" % uid).digest()
            digests.add(uid, content, content, uid)
        assert tracemalloc.get_traced_memory()[0] < 5_500_000
    finally:
        tracemalloc.stop()
