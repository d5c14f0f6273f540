# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConnectionLost
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import FolderPair
from ansible_collections.mailops.migration.plugins.module_utils.core.message_list import MessageList
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import CONFIRMED, Listed
from ansible_collections.mailops.migration.plugins.module_utils.core.sync_plan import FolderWork
from ansible_collections.mailops.migration.plugins.module_utils.imap.fetch import Fetched
from ansible_collections.mailops.migration.plugins.module_utils.imap.listing import Status
from ansible_collections.mailops.migration.plugins.module_utils.imap.session import Session
from ansible_collections.mailops.migration.plugins.module_utils.sync.careful_reader import CarefulReader
from ansible_collections.mailops.migration.plugins.module_utils.sync.caution import Caution, Doubts
from ansible_collections.mailops.migration.plugins.module_utils.sync.copy import FolderCopy
from ansible_collections.mailops.migration.plugins.module_utils.sync.destination_index import DestinationIndex
from ansible_collections.mailops.migration.plugins.module_utils.sync.feed import Feed, Part
from ansible_collections.mailops.migration.plugins.module_utils.sync.fetching import fetching, reading_of
from ansible_collections.mailops.migration.plugins.module_utils.sync.flights import Flights
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal import Journal
from ansible_collections.mailops.migration.plugins.module_utils.sync.kept_flags import KeptFlags
from ansible_collections.mailops.migration.plugins.module_utils.sync.limits import Gate, Limits
from ansible_collections.mailops.migration.plugins.module_utils.sync.openings import Opening
from ansible_collections.mailops.migration.plugins.module_utils.sync.tally import Tally
from ansible_collections.mailops.migration.plugins.module_utils.sync.tools import Tools

from tests.unit.imap.scripted import Peer, session_to
from tests.unit.sync.makers import opened
from tests.unit.sync.processes import comes_true
from tests.unit.sync.served import UIDVALIDITY, Taker, serving


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return opened(tmp_path / "journal.sqlite")


def tools_of(journal: Journal, session: Session, folder: Path, rate: float = 0.0) -> Tools:
    index = DestinationIndex(session, {}, lambda folder, uidvalidity: frozenset(), Caution())
    gate = Gate(Limits(messages_per_second=rate), journal, lambda: False, lambda: 1.7e9)
    return Tools(journal, index, gate, Tally(), lambda: 1.7e9, str(folder), KeptFlags(journal, asking=False), Doubts())


def work_on(folder: str, uids: Sequence[int]) -> FolderWork:
    listed = MessageList.of(Listed(uid, frozenset(), b"01-Jan-2024 10:00:00 +0000", 1) for uid in uids)
    return FolderWork(FolderPair(folder, folder), UIDVALIDITY, listed)


def feed_of(tools: Tools, *works: FolderWork) -> Feed:
    waiting = list(works)
    return Feed(1 << 20, lambda: reading_of(waiting.pop(0), tools) if waiting else None)


def append_all(feed: Feed, tools: Tools, destination: Session) -> None:
    flights = Flights(destination, tools.journal, lambda work, error: pytest.fail(f"{work.pair.source}: {error}"))
    for reading in feed:
        FolderCopy(flights, tools, reading.work, Opening(Status(0, 1, 1), 0)).run(feed.messages(reading))
    flights.settle()


def test_folder_read_over_two_sessions_is_appended_in_its_order(journal: Journal, tmp_path: Path) -> None:
    folders = {"INBOX": {uid: b"%d" % uid for uid in range(1, 5001)}}
    asked: tuple[list[bytes], list[bytes]] = ([], [])
    taker = Taker()
    with (
        session_to(serving(folders, asked[0])) as one,
        session_to(serving(folders, asked[1])) as other,
        session_to(taker, "LITERAL+", "MULTIAPPEND") as destination,
    ):
        tools = tools_of(journal, destination, tmp_path)
        feed, empty = feed_of(tools, work_on("INBOX", range(1, 5001))), feed_of(tools)
        with fetching(one, tools, feed, list), fetching(other, tools, empty, lambda: [feed]):
            append_all(feed, tools, destination)
    assert [data for _unused, data in taker.taken] == list(folders["INBOX"].values())
    assert all(any(command.startswith(b"UID FETCH") for command in commands) for commands in asked)


def test_next_folder_is_sent_before_the_last_one_is_answered(journal: Journal, tmp_path: Path) -> None:
    taker = Taker()

    def answering_both_at_once(peer: Peer) -> None:
        tags = []
        for _unused in range(2):
            tag, _space, command = peer.line().partition(b" ")
            taker._append(peer, command)
            tags.append(tag)
        peer.say(*(tag + b" OK done\r\n" for tag in tags))

    with (
        session_to(serving({"A": {1: b"a"}, "B": {1: b"b"}}, [])) as source,
        session_to(answering_both_at_once, "LITERAL+", "MULTIAPPEND") as destination,
    ):
        tools = tools_of(journal, destination, tmp_path)
        feed = feed_of(tools, work_on("A", [1]), work_on("B", [1]))
        with fetching(source, tools, feed, list):
            append_all(feed, tools, destination)
    assert [data for _unused, data in taker.taken] == [b"a", b"b"]
    assert {row.state for row in journal.rows()} == {CONFIRMED}


class SilentBefore(dict[str, dict[int, bytes]]):
    """Folders of which one is not given before the journal has all confirmed that it knows."""

    def __init__(self, folders: dict[str, dict[int, bytes]], silent: str, journal: Journal) -> None:
        super().__init__(folders)
        self._silent = silent
        self._journal = journal

    def __getitem__(self, name: str) -> dict[int, bytes]:
        assert name != self._silent or comes_true(lambda: states(self._journal) == {CONFIRMED})
        return super().__getitem__(name)


def states(journal: Journal) -> set[str]:
    return {row.state for row in journal.rows()}


def test_answers_are_entered_while_the_source_is_silent(journal: Journal, tmp_path: Path) -> None:
    folders = SilentBefore({"A": {1: b"a"}, "B": {1: b"b"}}, "B", journal)
    taker = Taker()
    with (
        session_to(serving(folders, [])) as source,
        session_to(taker, "LITERAL+", "MULTIAPPEND") as destination,
    ):
        tools = tools_of(journal, destination, tmp_path)
        feed = feed_of(tools, work_on("A", [1]), work_on("B", [1]))
        with fetching(source, tools, feed, list):
            append_all(feed, tools, destination)
    assert [data for _unused, data in taker.taken] == [b"a", b"b"]


def test_within_a_rate_each_answer_is_entered_before_the_next_command(journal: Journal, tmp_path: Path) -> None:
    open_intents: list[int] = []

    def judge(messages: list[tuple[bytes, bytes]]) -> bytes:
        open_intents.append(len(journal.open_intents()))
        time.sleep(0.05)
        return b"OK done"

    uids = range(1, 6)
    with (
        session_to(serving({"A": dict.fromkeys(uids, b"a")}, [])) as source,
        session_to(Taker(judge), "LITERAL+") as destination,
    ):
        tools = tools_of(journal, destination, tmp_path, rate=1e6)
        feed = feed_of(tools, work_on("A", uids))
        with fetching(source, tools, feed, list):
            append_all(feed, tools, destination)
    assert open_intents == [1] * 5


def test_defect_in_a_reader_of_another_lane_ends_the_copying(
    journal: Journal, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {"INBOX": {uid: b"%d" % uid for uid in range(1, 5001)}}
    put, first = Feed.put, list[threading.Thread]()

    def defective(feed: Feed, part: Part, message: Fetched) -> None:
        first.append(threading.current_thread())
        if first[0] is not threading.current_thread():
            raise KeyError("defect")
        put(feed, part, message)

    monkeypatch.setattr(Feed, "put", defective)
    with (
        session_to(serving(folders, [])) as one,
        session_to(serving(folders, [])) as other,
        session_to(Taker(), "LITERAL+", "MULTIAPPEND") as destination,
    ):
        tools = tools_of(journal, destination, tmp_path)
        feed, empty = feed_of(tools, work_on("INBOX", range(1, 5001))), feed_of(tools)
        helping = fetching(other, tools, empty, lambda: [feed])
        with fetching(one, tools, feed, list), helping, closing(feed), pytest.raises(KeyError):
            append_all(feed, tools, destination)


def read(session: Session, caution: Caution) -> list[int]:
    return [uid for uid, _unused in CarefulReader(session, caution).read("INBOX", UIDVALIDITY, [1])]


def answering_the_second_of_two(peer: Peer) -> None:
    opening = peer.line().split(b" ")[0]
    fetch = peer.line().split(b" ")[0]
    peer.say(b"* OK [UIDVALIDITY %d] ok\r\n" % UIDVALIDITY + opening + b" OK done\r\n")
    peer.say(b"* 1 FETCH (UID 1 BODY[] {1}\r\na)\r\n" + fetch + b" OK done\r\n")


def test_messages_are_asked_for_together_with_the_opening_of_their_folder() -> None:
    with session_to(answering_the_second_of_two) as session:
        assert read(session, Caution()) == [1]


def breaking_off_at_the_second(peer: Peer) -> None:
    peer.line()
    peer.line()
    peer.say(b"* BYE out of here\r\n")


def in_turn(peer: Peer) -> None:
    tag = peer.expect(b'EXAMINE "INBOX"')
    assert not comes_true(peer.has_input, within=0.3), "it was asked for more before it had answered"
    peer.say(tag + b" OK done\r\n")
    peer.answer(b"UID FETCH 1 (UID BODY.PEEK[])", b"* 1 FETCH (UID 1 BODY[] {1}\r\na)")


def test_server_that_breaks_off_at_the_opening_is_asked_in_turn_from_then_on() -> None:
    caution = Caution()
    with session_to(breaking_off_at_the_second) as session, pytest.raises(ConnectionLost):
        read(session, caution)
    with session_to(in_turn) as session:
        assert read(session, caution) == [1]
