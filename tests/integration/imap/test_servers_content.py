# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Odd content and limits of servers of different makes: all arrives as the source has it, or is told by name."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from tests.integration.imap.test_compare import compare, told
from tests.support import oracle
from tests.support.courier import CourierServer, CourierShape
from tests.support.cyrus import CyrusServer, CyrusShape
from tests.support.fill import fill_by_append
from tests.support.mail_content import EVERYDAY
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message
from tests.support.plain_imap import PlainImap
from tests.support.pymap_server import PymapServer
from tests.support.server_shapes import Server
from tests.support.sync_runner import Migration, Result, counts, total

ODD = (*EVERYDAY, "no_message_id", "same_header", "empty_header", "header_only", "body_only", "no_final_line_end",
       "mbox_lines", "long_line", "many_parts", "nul", "bare_cr", "bare_lf")
FULL = MailboxSpec((make_folder(("INBOX",), 30, "full"), make_folder(("Leads",), 3, "full")))

Between = Callable[[str | Server, str | Server], Migration]


@pytest.fixture
def between(server: Callable[[str], Server], mailbox_name: str, state_dir: Path) -> Between:
    """``between("courier", "dovecot")``: a new mailbox between two servers or those of two names."""
    def make(*sides: str | Server) -> Migration:
        source, destination = (server(side) if isinstance(side, str) else side for side in sides)
        return Migration(source, destination, mailbox_name, state_dir)

    return make


def inbox(kinds: Iterable[str]) -> MailboxSpec:
    """One message of each kind, with UIDs in that order, not read yet."""
    return MailboxSpec((FolderSpec(("INBOX",), tuple(make_message(kind, kind, flags=()) for kind in kinds)),))


def not_there(migration: Migration, kinds: Iterable[str]) -> set[str]:
    """The kinds whose very bytes are not among the destination's files, line ends aside."""
    stored = {message.digest for message in oracle.read_mailbox(migration.destination, migration.user)["INBOX"]}
    return {kind for kind in kinds if oracle.digest(make_message(kind, kind).content()) not in stored}


def words_about_refused(result: Result) -> dict[int, str]:
    """What the server said, by the UID of what it refused."""
    return {each["uid"]: each["reason"] for each in result["failures"] if each["kind"] == "refused"}


def test_odd_content_arrives_from_courier_as_its_files_hold_it(between: Between) -> None:
    migration = between("courier", "dovecot")
    migration.fill(inbox(ODD))
    before = migration.source_snapshot()

    result, again = migration.run(), migration.run()

    assert counts(result) == {"copied": len(ODD)}
    assert not again["changed"]
    assert not_there(migration, ODD) == set()
    assert told(compare(migration)) == []
    assert migration.source_snapshot() == before


def test_message_of_very_many_parts_arrives_whole_from_courier(between: Between) -> None:
    """Courier's BODY[] and RFC822.SIZE end after some hundred parts."""
    migration = between("courier", "cyrus")
    migration.fill(inbox(["many_parts"]))
    [kept] = oracle.read_by_imap(migration.arguments()["source"])["INBOX"]
    [stored] = oracle.read_mailbox(migration.source, migration.user)["INBOX"]
    assert kept.size < stored.size

    migration.run()

    assert migration.at_destination() == {"INBOX": oracle.contents([stored])}
    assert told(compare(migration)) == []


def test_what_cyrus_refuses_is_told_in_its_words_and_the_rest_arrives(between: Between) -> None:
    migration = between("courier", "cyrus")
    kinds = ["plain", "body_only", "nul", "empty", "bare_lf", "html"]
    migration.fill(inbox(kinds))

    result, again = migration.run(), migration.run()

    assert counts(result) == {"copied": 4, "refused": 2}
    assert counts(again) == {"already_there": 4, "refused": 2}
    words = words_about_refused(result)
    assert words.keys() == {2, 4}
    assert "invalid header" in words[2]
    assert not_there(migration, kinds) == {"body_only", "empty"}


@pytest.mark.parametrize(("destination", "kinds", "altered"), [
    ("cyrus-debian", ["plain", "eight_bit_header", "html"], {"eight_bit_header"}),
    ("courier", ["plain", "bare_cr", "no_final_line_end", "nul"], {"bare_cr"}),
])
def test_copy_that_the_destination_alters_is_told_and_never_sent_again(
    between: Between, destination: str, kinds: list[str], altered: set[str]
) -> None:
    migration = between("dovecot", destination)
    migration.fill(inbox(kinds))

    migration.run()
    proof, again = compare(migration), migration.run()
    migration.lose_journal()
    rebuilt = migration.run()

    assert told(proof) == [("altered", "INBOX")]
    assert proof["differences"][0]["uid"] == kinds.index(*altered) + 1
    assert not again["changed"]
    assert counts(rebuilt) == {"matched": len(kinds) - 1, "held": 1}
    assert total(migration.at_destination()) == len(kinds)


@pytest.mark.parametrize("full", [
    lambda: CourierServer(CourierShape(quota="30000S")), lambda: CyrusServer(CyrusShape(quota=30)),
], ids=["courier", "cyrus"])
def test_full_mailbox_takes_what_fits_and_says_so(full: Callable[[], Server], between: Between) -> None:
    with full() as there:
        migration = between("dovecot", there)
        migration.fill(FULL)

        result, again = migration.run(), migration.run()

        copied = counts(result)["copied"]
        assert 5 < copied < FULL.count()
        assert counts(result)["left"] == FULL.count() - copied
        assert result["failed"] and "is full" in result["msg"]
        assert counts(again) == {"already_there": copied, "left": FULL.count() - copied}
        assert total(migration.at_destination()) == copied


def test_one_connection_is_enough_for_courier_on_either_side(between: Between) -> None:
    with CourierServer(CourierShape(connections=1)) as narrow, CourierServer(CourierShape(connections=1)) as there:
        migration = between(narrow, there)
        migration.fill(FULL)

        result = migration.run()

    assert counts(result) == {"copied": FULL.count()}


def test_every_octet_arrives_between_servers_that_keep_them_all(mailbox_name: str, state_dir: Path) -> None:
    """NUL, bare CR and bare LF as they are, which neither Dovecot, Courier nor Cyrus keeps all."""
    kinds = (*EVERYDAY, "bare_cr", "bare_lf", "mixed_line_ends", "nul", "nul_in_header", "only_nul")
    with PymapServer(mailbox_name) as source, PymapServer(mailbox_name) as destination:
        migration = Migration(source, destination, mailbox_name, state_dir)
        fill_by_append(source.endpoint(mailbox_name), inbox(kinds))

        result, again = migration.run(), migration.run()

        assert counts(result) == {"copied": len(kinds)}
        assert not again["changed"]
        assert told(compare(migration)) == []
        with PlainImap(destination.endpoint(mailbox_name)) as client:
            arrived = {message.content for message in client.fetch_all("INBOX")}
    assert arrived == {make_message(kind, kind).content() for kind in kinds}
