# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import FolderRefused
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import FolderPair
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import Listed
from ansible_collections.mailops.migration.plugins.module_utils.core.sync_plan import FolderWork
from ansible_collections.mailops.migration.plugins.module_utils.imap.body import MemoryBody
from ansible_collections.mailops.migration.plugins.module_utils.imap.fetch import Fetched
from ansible_collections.mailops.migration.plugins.module_utils.sync.feed import OVERHEAD, Abandoned, Feed, Reading

from tests.unit.sync.processes import comes_true

SIZE = 100


def reading(folder: str, *groups: Sequence[int]) -> Reading:
    new = tuple(Listed(uid, frozenset(), b"", SIZE) for group in groups for uid in group)
    return Reading(FolderWork(FolderPair(folder, folder), 1, new), iter(groups))


def message(uid: int, size: int = SIZE) -> Fetched:
    return Fetched(uid, frozenset(), b"", MemoryBody(b"x" * size))


def feed_of(*readings: Reading, room: int = 1000) -> Feed:
    """A feed with room for so many messages."""
    waiting = list(readings)
    return Feed(room * (SIZE + OVERHEAD), lambda: waiting.pop(0) if waiting else None)


def bring(feed: Feed, folder: Reading, *, brought: list[int] | None = None) -> None:
    """Bring parts of a folder until none is left."""
    while (part := feed.take(folder)) is not None:
        for uid in part.uids:
            feed.put(part, message(uid))
            if brought is not None:
                brought.append(uid)
        feed.end(part)


def bring_all(feed: Feed, brought: list[int] | None = None) -> None:
    while (folder := feed.next()) is not None:
        bring(feed, folder, brought=brought)


@contextmanager
def aside(work: Callable[[], object]) -> Iterator[threading.Thread]:
    """Run it in a thread of its own; being sent away is its end."""

    def run() -> None:
        with suppress(Abandoned):
            work()

    thread = threading.Thread(target=run)
    thread.start()
    yield thread
    thread.join(20)
    assert not thread.is_alive()


def uids(feed: Feed) -> list[tuple[str, list[int]]]:
    return [(each.work.pair.source, [found.uid for found in feed.messages(each) if found]) for each in feed]


def test_folders_and_their_messages_come_in_order() -> None:
    feed = feed_of(reading("A", [1, 2], [3]), reading("B"), reading("C", [4]))
    with aside(lambda: bring_all(feed)):
        assert uids(feed) == [("A", [1, 2, 3]), ("B", []), ("C", [4])]


def test_parts_brought_by_several_readers_come_in_the_order_of_the_folder() -> None:
    folder = reading("A", [1, 2], [3, 4], [5])
    feed = feed_of(folder)
    feed.next()
    first, second, third = feed.take(folder), feed.take(folder), feed.take(folder)
    assert first and second and third
    assert feed.take(folder) is None
    feed.end_all()
    for part, uid in ((third, 5), (second, 3), (first, 1), (second, 4), (first, 2)):
        feed.put(part, message(uid))
    for part in (third, second, first):
        feed.end(part)
    assert uids(feed) == [("A", [1, 2, 3, 4, 5])]


def test_reader_goes_ahead_into_the_next_folder_as_far_as_there_is_room() -> None:
    feed, brought = feed_of(reading("A", [1, 2]), reading("B", [3, 4]), reading("C", [5]), room=3), list[int]()
    with aside(lambda: bring_all(feed, brought)):
        assert comes_true(lambda: brought == [1, 2, 3])
        assert not comes_true(lambda: len(brought) > 3, within=0.2)
        assert uids(feed) == [("A", [1, 2]), ("B", [3, 4]), ("C", [5])]


def test_reader_does_not_go_through_all_folders_ahead_of_the_appender() -> None:
    feed = feed_of(*(reading(str(number), [number]) for number in range(1, 50)))
    brought = list[int]()
    with aside(lambda: bring_all(feed, brought)):
        assert not comes_true(lambda: len(brought) > 10, within=0.3)
        assert len(uids(feed)) == 49


def test_part_that_is_waited_for_has_room_whatever_was_brought_ahead() -> None:
    folder = reading("A", [1, 2, 3], [4, 5, 6])
    feed = feed_of(folder, room=2)
    feed.next()
    first, second = feed.take(folder), feed.take(folder)
    feed.take(folder)
    feed.end_all()

    def put(part: object, numbers: Sequence[int]) -> None:
        for uid in numbers:
            feed.put(part, message(uid))  # type: ignore[arg-type]
        feed.end(part)  # type: ignore[arg-type]

    with aside(lambda: put(second, [4, 5, 6])), aside(lambda: put(first, [1, 2, 3])):
        assert uids(feed) == [("A", [1, 2, 3, 4, 5, 6])]


def test_message_larger_than_the_limit_passes_alone() -> None:
    folder = reading("A", [1])
    feed = feed_of(folder, room=1)

    def large() -> None:
        feed.next()
        part = feed.take(folder)
        assert part
        feed.put(part, message(1, SIZE * 50))
        feed.end(part)
        assert feed.take(folder) is None
        feed.end_all()

    with aside(large):
        assert uids(feed) == [("A", [1])]


def test_error_of_a_reader_comes_after_the_messages_before_it_and_the_next_folder_goes_on() -> None:
    broken, other = reading("A", [1], [2]), reading("B", [3])
    feed = feed_of(broken, other)
    feed.next()
    part = feed.take(broken)
    assert part
    feed.put(part, message(1))
    feed.fail(broken, part, FolderRefused("no"))
    bring_all(feed)
    seen: list[int] = []
    for folder in feed:
        try:
            for found in feed.messages(folder):
                seen.append(found.uid)
        except FolderRefused:
            seen.append(-1)
    assert seen == [1, -1, 3]


def test_folder_that_was_refused_before_a_message_came_is_told() -> None:
    folder = reading("A", [1])
    feed = feed_of(folder)
    feed.next()
    feed.fail(folder, None, FolderRefused("no"))
    feed.end_all()
    with pytest.raises(FolderRefused):
        uids(feed)


def test_folder_that_the_appender_leaves_is_not_asked_for_any_further() -> None:
    folder, other = reading("A", *([uid] for uid in range(1, 100))), reading("B", [200])
    feed, brought = feed_of(folder, other, room=2), list[int]()
    with aside(lambda: bring_all(feed, brought)):
        for each in feed:
            if each is other:
                assert [found.uid for found in feed.messages(each) if found] == [200]
            else:
                next(feed.messages(each))
    assert len(brought) < 20


def test_readers_are_woken_and_end_when_the_feed_is_closed() -> None:
    woken = threading.Event()
    feed = feed_of(reading("A", [1]))

    def stuck() -> None:
        feed.next()
        with feed.reader(woken.set):
            assert woken.wait(20)

    with aside(stuck):
        for _each in feed:
            break
        assert comes_true(lambda: len(feed._readers) == 1)
        feed.close()
    assert [work.pair.source for work in feed.left()] == ["A"]
    with pytest.raises(Abandoned):
        feed.next()


def test_reader_that_waits_for_room_ends_when_the_feed_is_closed() -> None:
    feed, brought = feed_of(reading("A", [1, 2, 3, 4]), room=2), list[int]()
    with aside(lambda: bring_all(feed, brought)):
        assert comes_true(lambda: len(brought) == 2)
        feed.close()


def test_defect_of_a_reader_is_raised_in_the_appender() -> None:
    feed = feed_of(reading("A", [1]))
    feed.next()
    feed.end_all(KeyError("broken"))
    with pytest.raises(KeyError, match="broken"):
        uids(feed)


def test_most_behind_is_the_folder_with_most_messages_not_asked_for() -> None:
    small, large = reading("A", [1]), reading("B", [2, 3], [4, 5, 6])
    feed = feed_of(small, large)
    feed.next(), feed.next()
    assert feed.most_behind(3) is large
    feed.take(large)
    assert feed.most_behind(3) is large
    assert feed.most_behind(4) is None


def test_defect_of_a_reader_is_raised_though_a_part_was_begun() -> None:
    folder = reading("A", [1, 2])
    feed = feed_of(folder)
    feed.next()
    part = feed.take(folder)
    assert part
    feed.put(part, message(1))
    feed.end_all(KeyError("broken"))
    with pytest.raises(KeyError, match="broken"):
        uids(feed)


def test_appender_is_told_that_nothing_comes() -> None:
    folder = reading("A", [1])
    feed = feed_of(folder)
    feed.next()
    messages = feed.messages(folder)
    assert next(messages) is None
    bring(feed, folder)
    assert [found.uid for found in messages if found] == [1]


def test_reader_of_folders_that_were_appended_to_their_end_is_not_interrupted() -> None:
    folder, woken = reading("A", [1]), threading.Event()
    feed = feed_of(folder)
    feed.next()
    with feed.reader(woken.set):
        bring(feed, folder)
        feed.end_all()
        assert uids(feed) == [("A", [1])]
        feed.close()
        assert feed.take(folder) is None
    assert not woken.is_set()


def test_reader_ends_what_it_has_begun_of_a_folder_that_was_left() -> None:
    folder = reading("A", [1, 2], [3])
    feed = feed_of(folder)
    feed.next()
    part = feed.take(folder)
    assert part
    feed.end_all()
    for _each in feed:
        pass
    feed.close()
    feed.put(part, message(1))
    feed.put(part, message(2))
    assert feed.take(folder) is None
