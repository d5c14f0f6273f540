# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Between servers of different makes: every message once, as it was, and the proof agrees."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.integration.imap.test_compare import compare
from tests.support import oracle
from tests.support.mail_content import EVERYDAY
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message, with_twins
from tests.support.mail_user import MailUser
from tests.support.plain_imap import PlainImap
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import Cut, Fault, before_answer, in_client_literal, in_server_literal
from tests.support.server_shapes import Server
from tests.support.sync_runner import Contents, Migration, Result, counts, filled, total

PAIRS = (
    "courier to dovecot-dot", "cyrus to dovecot", "cyrus-alt to dovecot-dot", "cyrus-dot to dovecot-inbox",
    "dovecot to courier", "dovecot-inbox to cyrus", "courier to cyrus-alt", "cyrus to courier",
)
# What every one of these servers takes and gives out as it is, and names that all of them allow.
KINDS = (*EVERYDAY, "no_message_id", "same_message_id", "same_header", "empty_header", "header_only", "mbox_lines",
         "long_line")
TREE = (("Sent",), ("Drafts",), ("Trash",), ("Junk",), ("Archive", "2019"), ("Leads",), ("Müller & Söhne", "Angebote"),
        ("日本語", "受信"), ("Spam reports",), ("a&b",), ("a&-b",), ("L1", "L2", "L3", "L4", "L5", "L6", "L7", "L8"))
SPEC = MailboxSpec((
    with_twins(make_folder(("INBOX",), 2 * len(KINDS), "pairs", KINDS)),
    *(make_folder(path, 3, "pairs", tuple(EVERYDAY)) for path in TREE), FolderSpec(("Empty",)),
))
LEFT_OUT = 6
COPIED = SPEC.count() - LEFT_OUT
SMALL = MailboxSpec((make_folder(("INBOX",), 8, "small", tuple(EVERYDAY)), make_folder(("Leads",), 4, "small"),
                     make_folder(("Clients", "Acme"), 3, "small"), FolderSpec(("Done",))))


@pytest.fixture(params=PAIRS)
def pair(
    request: pytest.FixtureRequest, server: Callable[[str], Server], mailbox_name: str, state_dir: Path
) -> Migration:
    """A new mailbox between two servers."""
    return between(server, request.param, mailbox_name, state_dir)


def between(server: Callable[[str], Server], pair: str, user: str, state_dir: Path) -> Migration:
    source, destination = pair.split(" to ")
    state_dir.mkdir(mode=0o700, exist_ok=True)
    return Migration(server(source), server(destination), user, state_dir)


def full_name(server: Server, *path: str) -> str:
    """The name that a server gives to a folder other than INBOX."""
    return server.shape.prefix + server.shape.separator.join(path)


def test_everything_arrives_once_and_again_is_no_change(pair: Migration, tally: Callable[..., None]) -> None:
    pair.fill(SPEC)
    before = pair.source_snapshot()

    planned, first, again = pair.run(check=True), pair.run(), pair.run()

    assert counts(planned) == counts(first) == {"copied": COPIED, "excluded": LEFT_OUT}
    assert counts(again) == {"already_there": COPIED, "excluded": LEFT_OUT}
    assert not again["changed"]
    assert filled(pair.at_destination()) == filled(pair.expected(SPEC))
    assert full_name(pair.destination, "Empty") in pair.at_destination()
    assert pair.source_snapshot() == before
    result = compare(pair)
    assert (result["passed"], result["counts"]["identical"]) == (True, COPIED)
    tally(result, messages=COPIED)


def test_what_happens_between_the_passes_is_followed(pair: Migration) -> None:
    pair.fill(SMALL)
    pair.run()
    leads, acme, done = (full_name(pair.source, *path) for path in (("Leads",), ("Clients", "Acme"), ("Done",)))
    with MailUser(pair.arguments()["source"]) as user:
        user.flag("INBOX", "1:2", "\\Flagged $Followed")
        user.move("INBOX", "3", done)
        user.delete(leads, "1")
        user.save(leads, make_message("new"))
        user.rename(acme, full_name(pair.source, "Customers"))
    with MailUser(pair.arguments()["destination"]) as user:
        user.delete("INBOX", "5")
    before = pair.source_snapshot()

    result, again = pair.run(), pair.run()

    assert result["counts"]["copied"] == 1
    assert result["counts"]["flags_updated"] == 2
    assert not again["changed"]
    assert total(pair.at_destination()) == SMALL.count() - 1 + 1
    there = pair.at_destination()["INBOX"]
    assert sum("$Followed" in message.flags for message in there.elements()) == 2
    assert pair.source_snapshot() == before


@pytest.mark.parametrize("name", ["courier", "cyrus", "dovecot"])
def test_recent_and_unseen_messages_stay_so_at_the_source(
    name: str, server: Callable[[str], Server], mailbox_name: str, state_dir: Path
) -> None:
    source = server(name)
    pair = Migration(source, server("dovecot-dot"), mailbox_name, state_dir)
    pair.fill(MailboxSpec((make_folder(("INBOX",), 3, "seen"),)))
    with MailUser(pair.arguments()["source"]) as user:
        user.save("INBOX", make_message("unseen", flags=()))
    before = state_of_inbox(pair)
    assert "RECENT 0" not in before or name == "courier"

    pair.run()
    pair.run()

    assert state_of_inbox(pair) == before


def state_of_inbox(pair: Migration) -> str:
    with PlainImap(pair.arguments()["source"]) as client:
        return oracle.status(client, "INBOX", "MESSAGES RECENT UNSEEN UIDNEXT UIDVALIDITY")


@pytest.fixture(scope="module", autouse=True)
def killed(
    server: Callable[[str], Server], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[str, Future[Interrupted]]]:
    """A migration of each pair that is killed and cut: all beside the other tests, for they wait much."""
    folder = tmp_path_factory.mktemp("killed")
    with ThreadPoolExecutor(len(PAIRS)) as pool:
        yield {name: pool.submit(interrupt, between(server, name, f"killed-{n}@example.com", folder / str(n)))
               for n, name in enumerate(PAIRS)}


@pytest.mark.parametrize("pair", PAIRS)
def test_run_that_is_killed_and_cut_brings_everything_once(
    pair: str, killed: dict[str, Future[Interrupted]], tally: Callable[..., None]
) -> None:
    outcome = killed[pair].result()

    assert outcome.found == outcome.expected
    assert outcome.source_kept
    assert outcome.result["complete"]
    assert outcome.faults >= 2
    tally(outcome.proof, messages=COPIED, kills=1, faults=outcome.faults)


@dataclass(frozen=True)
class Interrupted:
    """What became of a migration that was killed in mid-copy, and cut on both sides in the run after that."""

    result: Result
    proof: Result
    faults: int
    found: Contents
    expected: Contents
    source_kept: bool


def interrupt(pair: Migration) -> Interrupted:
    pair.fill(SPEC)
    before = pair.source_snapshot()
    engine = pair.start(limits={"messages_per_second": 60})
    while engine.is_alive() and pair.journal_states()["confirmed"] < 10:
        time.sleep(0.005)
    assert engine.kill()
    with (
        FaultProxy(address(pair.source), Fault(in_server_literal(number=5), Cut())) as here,
        FaultProxy(address(pair.destination), Fault(before_answer("APPEND", 2), Cut()),
                   Fault(in_client_literal("APPEND", 4), Cut())) as there,
    ):
        result = pair.through(source=here, destination=there).start().wait()
        faults = len(here.script.fired) + len(there.script.fired)
    return Interrupted(result, compare(pair), faults, filled(pair.at_destination()), filled(pair.expected(SPEC)),
                       pair.source_snapshot() == before)


def address(server: Server) -> tuple[str, int]:
    return "127.0.0.1", server.place.imap_port
