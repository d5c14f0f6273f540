# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.sync.stream import Stream

from tests.unit.sync.processes import comes_true


def stream_of(
    items: Iterable[bytes], *, limit: int = 10, interrupt: Callable[[], None] = lambda: None
) -> Stream[bytes]:
    return Stream(items, len, limit, interrupt)


class Source:
    """Makes items and notes how many it made."""

    def __init__(self, *sizes: int, error: Exception | None = None) -> None:
        self.sizes = sizes
        self.error = error
        self.made = 0

    def __iter__(self) -> Iterator[bytes]:
        for size in self.sizes:
            self.made += 1
            yield b"x" * size
        if self.error:
            raise self.error


def test_items_come_in_order() -> None:
    with stream_of([b"a", b"b", b"cc" * 20, b"", b"d"], limit=2) as stream:
        assert list(stream) == [b"a", b"b", b"cc" * 20, b"", b"d"]


def test_producer_waits_when_the_queue_is_full() -> None:
    source = Source(*[4] * 50)
    with stream_of(source, limit=10) as stream:
        # Two wait, the third is made and stands before the queue.
        assert comes_true(lambda: source.made == 3)
        assert not comes_true(lambda: source.made > 3, within=0.2)
        next(iter(stream))
        # The two that waited were handed over; two more wait, and one stands before the queue.
        assert comes_true(lambda: source.made == 5)
        assert not comes_true(lambda: source.made > 5, within=0.2)


def test_item_larger_than_the_limit_passes_alone() -> None:
    source = Source(100, 100, 1)
    with stream_of(source, limit=10) as stream:
        assert comes_true(lambda: source.made == 2)
        assert not comes_true(lambda: source.made > 2, within=0.2)
        assert [len(item) for item in stream] == [100, 100, 1]


def test_error_of_the_producer_comes_after_the_items_before_it() -> None:
    seen = []
    with pytest.raises(KeyError, match="broken"), stream_of(Source(1, 2, error=KeyError("broken"))) as stream:
        for item in stream:
            seen.append(len(item))
    assert seen == [1, 2]


def test_producer_that_waits_for_room_ends_when_the_reader_leaves() -> None:
    source = Source(*[4] * 50)
    with stream_of(source) as stream:
        assert comes_true(lambda: source.made == 3)
        next(iter(stream))
        assert comes_true(lambda: source.made == 5)
    assert source.made == 5
    assert not any(thread.name == "fetch" for thread in threading.enumerate())


def test_producer_that_waits_for_its_source_is_woken_when_the_reader_leaves() -> None:
    woken = threading.Event()

    def stuck() -> Iterator[bytes]:
        yield b"a"
        assert woken.wait(20)
        raise ConnectionError

    with stream_of(stuck(), interrupt=woken.set) as stream:
        next(iter(stream))
    assert woken.is_set()


def test_producer_that_is_through_is_not_interrupted() -> None:
    woken = threading.Event()
    with stream_of([b"a"], interrupt=woken.set) as stream:
        assert list(stream) == [b"a"]
    assert not woken.is_set()


def test_error_of_the_reader_is_not_hidden_by_one_of_the_producer() -> None:
    woken = threading.Event()

    def stuck() -> Iterator[bytes]:
        yield b"a"
        woken.wait(20)
        raise ConnectionError

    with pytest.raises(KeyError), stream_of(stuck(), interrupt=woken.set) as stream:
        next(iter(stream))
        raise KeyError


def test_empty_source_is_an_empty_stream() -> None:
    with stream_of([]) as stream:
        assert list(stream) == []
