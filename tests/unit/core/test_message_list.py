# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import tracemalloc
from collections.abc import Iterator

from ansible_collections.mailops.migration.plugins.module_utils.core.message_list import MessageList
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import Listed
from ansible_collections.mailops.migration.plugins.module_utils.core.uids import UidSet
from hypothesis import given
from hypothesis import strategies as st

DATES = st.sampled_from([b"", b"01-Jan-2024 10:00:00 +0100", b" 1-Jan-2024 00:00:00 -0000", b"\xff" * 26, b"x" * 18])
WORDS = st.frozensets(st.sampled_from(["\\Seen", "work", "Work"]))
# More than any array holds, too: a server may name what it likes.
NUMBERS = st.integers(0, 99) | st.integers(0, 10**20)
LISTED = st.lists(
    st.builds(Listed, st.integers(1, 40) | st.integers(1, 10**10), WORDS, DATES | st.binary(max_size=30), NUMBERS,
              NUMBERS, WORDS),
    unique_by=lambda message: message.uid,
).map(lambda messages: sorted(messages, key=lambda message: message.uid))  # fmt: skip


@given(LISTED)
def test_messages_come_back_as_they_were_listed(messages: list[Listed]) -> None:
    found = MessageList.of(messages)
    assert list(found) == [found[index] for index in range(len(found))] == messages
    assert list(found.uids()) == [message.uid for message in messages]
    assert [found.find(message.uid) for message in messages] == messages
    assert [found.by_uid(message.uid) for message in messages] == messages
    assert [found.size_of(message.uid) for message in messages] == [message.size for message in messages]
    assert MessageList.of(found) is found
    assert found.octets() == sum(message.size for message in messages)
    assert found.flags() == frozenset().union(*(message.flags for message in messages))


@given(LISTED, st.sets(st.integers(1, 40)))
def test_what_is_left_out_takes_nothing_else_along(messages: list[Listed], uids: set[int]) -> None:
    rest = [message for message in messages if message.uid not in uids]
    found = MessageList.of(messages)
    for left in (found.without(UidSet(uids)), found.where(lambda message: message.uid not in uids)):
        assert left == rest
        assert list(left.uids()) == [message.uid for message in rest]
        assert [left.find(message.uid) for message in messages] == [m if m in rest else None for m in messages]
        assert left.octets() == sum(message.size for message in rest)
        assert left.flags() == frozenset().union(*(message.flags for message in rest))
        assert left[1:] == rest[1:]


@given(LISTED, LISTED)
def test_what_is_told_later_counts(messages: list[Listed], later: list[Listed]) -> None:
    newest = {message.uid: message for message in [*messages, *later]}
    assert MessageList.of(messages).updated(reversed(later)) == [newest[uid] for uid in sorted(newest)]


def test_a_hundred_thousand_messages_take_few_megabytes() -> None:
    def listed() -> Iterator[Listed]:
        for uid in range(1, 100_001):
            date = b"%02d-Jan-%d %02d:%02d:00 +0000" % (uid % 28 + 1, 2000 + uid % 20, uid % 24, uid % 60)
            yield Listed(uid, frozenset({"\\Seen"}), date, uid)

    tracemalloc.start()
    messages = MessageList.of(listed()).without(UidSet([7]))
    taken, _peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(messages) == 99_999
    assert taken < 4_000_000
