# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Callable, Collection
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    FolderClosed,
    FolderRefused,
    OverQuota,
    Throttled,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import FolderPair
from ansible_collections.mailops.migration.plugins.module_utils.core.message_list import MessageList
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    CONFIRMED,
    REFUSED,
    Listed,
    Row,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.sync_plan import FolderWork
from ansible_collections.mailops.migration.plugins.module_utils.core.uids import parse_uids
from ansible_collections.mailops.migration.plugins.module_utils.imap.session import Session
from ansible_collections.mailops.migration.plugins.module_utils.sync.caution import Caution, Doubts
from ansible_collections.mailops.migration.plugins.module_utils.sync.copy import FolderCopy
from ansible_collections.mailops.migration.plugins.module_utils.sync.destination_index import DestinationIndex
from ansible_collections.mailops.migration.plugins.module_utils.sync.feed import Feed
from ansible_collections.mailops.migration.plugins.module_utils.sync.fetching import fetching, reading_of
from ansible_collections.mailops.migration.plugins.module_utils.sync.flights import Flights
from ansible_collections.mailops.migration.plugins.module_utils.sync.kept_flags import KeptFlags
from ansible_collections.mailops.migration.plugins.module_utils.sync.limits import Gate, Limits
from ansible_collections.mailops.migration.plugins.module_utils.sync.openings import Openings
from ansible_collections.mailops.migration.plugins.module_utils.sync.tally import Tally
from ansible_collections.mailops.migration.plugins.module_utils.sync.tools import Learned, Tools

from tests.unit.imap.scripted import Peer, Script, session_to
from tests.unit.sync.makers import opened
from tests.unit.sync.served import UIDVALIDITY, Taker, serving

Messages = list[tuple[bytes, bytes]]
DATES = b"01-Jan-2024 10:00:00 +0000"


class Copying:
    """The copying of one folder between two scripted servers, and what came of it."""

    def __init__(self, folder: Path) -> None:
        self.journal = opened(folder / "journal.sqlite")
        self.tally = Tally()
        self.doubts = Doubts()
        self.learned = Learned()
        self._folder = folder

    def run(
        self, source: Script, taker: Taker, uids: list[int], *capabilities: str, doubtful: Collection[int] = ()
    ) -> None:
        with session_to(source) as first, session_to(taker, "LITERAL+", *capabilities) as second:
            listed = MessageList.of(Listed(uid, frozenset(), DATES, 1) for uid in uids)
            work = FolderWork(FolderPair("INBOX", "INBOX"), UIDVALIDITY, listed, doubtful=frozenset(doubtful))
            copy_folder(first, second, self._tools(second), work)

    def rows(self) -> list[Row]:
        return list(self.journal.rows())

    def states(self) -> dict[int, str]:
        return {row.source.uid: row.state for row in self.rows()}

    def _tools(self, session: Session) -> Tools:
        index = DestinationIndex(session, {}, lambda folder, uidvalidity: frozenset(), Caution())
        gate = Gate(Limits(), self.journal, lambda: False, _now)
        folder = str(self._folder)
        kept = KeptFlags(self.journal, asking=False)
        return Tools(self.journal, index, gate, self.tally, _now, folder, kept, self.doubts, self.learned)


def copy_folder(source: Session, destination: Session, tools: Tools, work: FolderWork) -> None:
    """Copy one folder; raises what ended it."""
    works, errors = [work], list[Exception]()
    flights = Flights(destination, tools.journal, lambda _work, error: errors.append(error))
    feed = Feed(1 << 20, lambda: reading_of(works.pop(), tools) if works else None)
    try:
        with fetching(source, tools, feed, list):
            for reading in feed:
                opening = Openings([work], tools.kept).of(work, destination)
                FolderCopy(flights, tools, work, opening).run(feed.messages(reading))
            flights.settle()
    finally:
        flights.drain()
    if errors:
        raise errors[0]


def _now() -> float:
    return 1.7e9


@pytest.fixture
def copying(tmp_path: Path) -> Copying:
    return Copying(tmp_path)


def source_of(*contents: bytes) -> Script:
    return serving({"INBOX": dict(enumerate(contents, 1))}, [])


def refusing(bad: bytes, words: bytes) -> Callable[[Messages], bytes]:
    """A judge that takes no command with this message in it."""
    return lambda messages: b"NO " + words if any(data == bad for _unused, data in messages) else b"OK done"


@pytest.mark.parametrize("capabilities", [[], ["MULTIAPPEND"]])
def test_messages_arrive_in_order_and_are_confirmed(copying: Copying, capabilities: list[str]) -> None:
    taker = Taker()
    copying.run(source_of(b"a", b"b", b"c"), taker, [1, 2, 3], *capabilities)
    assert [data for _unused, data in taker.taken] == [b"a", b"b", b"c"]
    assert copying.states() == dict.fromkeys([1, 2, 3], CONFIRMED)
    assert (copying.tally.totals()["copied"], copying.tally.totals()["bytes"], copying.tally.writes) == (
        3,
        3,
        3 if not capabilities else 1,
    )


def test_message_that_is_refused_costs_no_other_of_its_command(copying: Copying) -> None:
    taker = Taker(refusing(b"c", b"[TOOBIG] it exceeds the size limit"))
    copying.run(source_of(b"a", b"b", b"c", b"d", b"e"), taker, [1, 2, 3, 4, 5], "MULTIAPPEND")
    assert sorted(data for _unused, data in taker.taken) == [b"a", b"b", b"d", b"e"]
    assert copying.states() == {1: CONFIRMED, 2: CONFIRMED, 3: REFUSED, 4: CONFIRMED, 5: CONFIRMED}
    (failure,) = copying.tally.failures()
    assert (failure.uid, failure.kind) == (3, "refused")
    assert "[TOOBIG] it exceeds the size limit" in failure.reason


def test_message_over_the_limit_of_the_server_is_not_sent(copying: Copying) -> None:
    taker = Taker()
    copying.run(source_of(b"a", b"bb"), taker, [1, 2], "APPENDLIMIT=1")
    assert [data for _unused, data in taker.taken] == [b"a"]
    assert copying.states() == {1: CONFIRMED, 2: REFUSED}


@pytest.mark.parametrize("capabilities", [[], ["MULTIAPPEND"]])
def test_folder_that_went_away_meanwhile_is_made_again(copying: Copying, capabilities: list[str]) -> None:
    gone = [b"NO [TRYCREATE] no such folder", b"NO [TRYCREATE] no such folder"]
    taker = Taker(lambda messages: gone.pop() if gone else b"OK done")
    copying.run(source_of(b"a", b"b", b"c"), taker, [1, 2, 3], *capabilities)
    assert sorted(data for _unused, data in taker.taken) == [b"a", b"b", b"c"]
    assert "CREATE" in [command.decode() for command in taker.commands]
    assert copying.tally.failures() == []


@pytest.mark.parametrize(
    "words, error", [(b"[OVERQUOTA] Quota exceeded", OverQuota), (b"[LIMIT] Rate limit hit", Throttled)]
)
def test_full_or_busy_server_ends_the_copying_and_leaves_no_intent(
    copying: Copying, words: bytes, error: type[Exception]
) -> None:
    taker = Taker(refusing(b"b", words))
    with pytest.raises(error):
        copying.run(source_of(b"a", b"b", b"c"), taker, [1, 2, 3])
    assert copying.journal.open_intents() == []
    assert copying.states()[1] == CONFIRMED
    assert {uid for uid, state in copying.states().items() if state == CONFIRMED} == {
        ord(data) - ord("a") + 1 for _unused, data in taker.taken
    }


def test_keyword_that_the_server_refuses_is_left_out_and_is_not_in_the_base(copying: Copying) -> None:
    def source(peer: Peer) -> None:
        tag = peer.expect(b'EXAMINE "INBOX"')
        peer.say(tag + b" OK done\r\n")
        peer.answer(
            b"UID FETCH 1 (UID FLAGS INTERNALDATE BODY.PEEK[])",
            b"* 1 FETCH (UID 1 FLAGS (\\Seen $Label) BODY[] {1}\r\na)",
        )

    taker = Taker(lambda messages: b"NO keyword" if b"$Label" in messages[0][0] else b"OK done")
    copying.run(source, taker, [1])
    assert taker.taken == [(b"\\Seen", b"a")]
    assert [row.flags for row in copying.rows()] == [frozenset({"\\Seen"})]


def failing_source(bad: set[int]) -> Script:
    """A source that refuses every command which names a bad message, after what stands before it."""

    def script(peer: Peer) -> None:
        while line := peer.line():
            tag, _unused, command = line.partition(b" ")
            words = command.split(b" ")
            uids = list(parse_uids(words[2].decode())) if words[0] == b"UID" else []
            flags_only = words[-1] == b"FLAGS)"
            for uid in uids:
                if uid in bad and not flags_only:
                    peer.say(tag + b" NO [SERVERBUG] cannot read it\r\n")
                    break
                peer.say(b"* 1 FETCH (UID %d FLAGS ()%b)\r\n" % (uid, b"" if flags_only else b" BODY[] {1}\r\na"))
            else:
                peer.say(tag + b" OK done\r\n")

    return script


def test_message_that_the_source_cannot_send_is_listed_and_the_others_arrive(copying: Copying) -> None:
    taker = Taker()
    copying.run(failing_source({2}), taker, [1, 2, 3], "MULTIAPPEND")
    assert copying.states() == {1: CONFIRMED, 3: CONFIRMED}
    assert [(failure.uid, failure.kind) for failure in copying.tally.failures()] == [(2, "failed")]


def test_what_came_before_the_source_gave_up_is_copied_and_confirmed(copying: Copying) -> None:
    taker = Taker()
    with pytest.raises(FolderRefused):
        copying.run(failing_source(set(range(4, 1000))), taker, list(range(1, 1000)), "MULTIAPPEND")
    assert len(taker.taken) == 3
    assert copying.states() == dict.fromkeys([1, 2, 3], CONFIRMED)


def refusing_all(words: bytes) -> Callable[[Messages], bytes]:
    return lambda messages: b"NO " + words


@pytest.mark.parametrize(
    "words, most",
    [
        (b"[NOPERM] Permission denied", 2),
        (b"Mailbox is read-only", 20),
        (b"[SERVERBUG] Internal error 17", 200),
        (b"No such luck", 200),
    ],
)
def test_folder_that_takes_nothing_is_told_once_and_costs_few_commands(
    copying: Copying, words: bytes, most: int
) -> None:
    taker = Taker(refusing_all(words))
    with pytest.raises(FolderClosed, match="takes no message into INBOX"):
        copying.run(source_of(*([b"a"] * 1000)), taker, list(range(1, 1001)), "MULTIAPPEND")
    assert taker.commands.count(b"APPEND") <= most
    assert copying.journal.open_intents() == []


def test_many_messages_too_large_are_no_closed_folder(copying: Copying) -> None:
    taker = Taker(refusing(b"large", b"[TOOBIG] too large"))
    contents = [b"large"] * 60 + [b"a"]
    copying.run(source_of(*contents), taker, list(range(1, 62)), "MULTIAPPEND")
    assert [data for _unused, data in taker.taken] == [b"a"]
    assert copying.tally.totals()["refused"] == 60


def labelled_source(count: int) -> Script:
    """A source of so many messages with one keyword each."""

    def script(peer: Peer) -> None:
        tag = peer.expect(b'EXAMINE "INBOX"')
        peer.say(tag + b" OK done\r\n")
        bodies = [b"* 1 FETCH (UID %d FLAGS ($Label) BODY[] {1}\r\na)" % uid for uid in range(1, count + 1)]
        uids = b"1:%d" % count if count > 1 else b"1"
        peer.answer(b"UID FETCH %b (UID FLAGS INTERNALDATE BODY.PEEK[])" % uids, *bodies)

    return script


def test_keyword_that_is_refused_is_named_and_not_sent_again(copying: Copying) -> None:
    taker = Taker(lambda messages: b"NO keyword" if any(b"$Label" in flags for flags, _unused in messages) else b"OK")
    copying.run(labelled_source(9), taker, list(range(1, 10)))
    assert taker.taken == [(b"", b"a")] * 9
    # At most two were on their way with it, and were tried again.
    assert 9 + 2 <= taker.commands.count(b"APPEND") <= 9 + 2 * 2
    assert copying.tally.warnings() == ["INBOX: the destination does not take the keywords $Label"]


def test_answer_that_passes_by_itself_costs_no_keyword(copying: Copying) -> None:
    answers = iter((b"NO [SERVERBUG] Internal error", b"OK", b"OK"))
    taker = Taker(lambda messages: next(answers))
    copying.run(labelled_source(2), taker, [1, 2])
    assert taker.taken == [(b"$Label", b"a")] * 2
    assert copying.tally.warnings() == []


def test_keyword_that_is_refused_in_other_words_each_time_is_tried_again_in_the_next_pass(copying: Copying) -> None:
    answers = iter((b"NO [SERVERBUG] Internal error", b"NO [CONTACTADMIN] Trouble", b"OK"))
    taker = Taker(lambda messages: next(answers))
    copying.run(labelled_source(1), taker, [1])
    assert taker.taken == [(b"", b"a")]
    assert copying.learned.without_keywords == {"INBOX"}


def test_refused_for_size_makes_the_next_large_one_be_asked_for(copying: Copying) -> None:
    taker = Taker(refusing(b"large", b"[TOOBIG] too large"))
    copying.run(source_of(b"large"), taker, [1], "MULTIAPPEND")
    copying.run(source_of(b"large", b"a", b"larger", b"b"), taker, [2, 3, 4], "MULTIAPPEND")
    assert taker.asked == [(b"larger", 0)]
    assert [data for _unused, data in taker.taken] == [b"a", b"larger", b"b"]


def test_message_refused_before_comes_last(copying: Copying) -> None:
    taker = Taker()
    copying.run(source_of(b"a", b"b", b"c"), taker, [1, 2, 3], doubtful={1})
    assert [data for _unused, data in taker.taken] == [b"b", b"c", b"a"]
