# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Bytes arrive as they are; what one server stores differently is told apart from what we alter."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest

from tests.support import mail_content
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.mail_content import EXTREME
from tests.support.mail_maker import MEGABYTE, FolderSpec, MailboxSpec, make_folder, make_message, one_large
from tests.support.plain_imap import PlainImap
from tests.support.sync_runner import Migration, counts

KINDS = ("eight_bit_header", "many_parts", "long_line", "no_final_line_end", "header_only", "empty_header", "body_only",
         "bare_cr", "mbox_lines", "nested")


@pytest.fixture(scope="module")
def database_server() -> Iterator[DovecotServer]:
    """A destination that stores its messages in mdbox files."""
    with DovecotServer(DovecotShape(mail_format="mdbox", fsync="never")) as server:
        yield server


@pytest.mark.parametrize("kind", KINDS)
def test_odd_message_arrives_byte_for_byte(migration: Migration, kind: str) -> None:
    migration.fill(MailboxSpec((make_folder(("INBOX",), 2, kind, (kind,)),)))

    result = migration.run()

    assert counts(result) == {"copied": 2}
    assert by_imap(migration, "destination") == by_imap(migration, "source")


def test_what_no_mailbox_should_hold_arrives_as_the_source_gives_it_out(migration: Migration) -> None:
    migration.fill(MailboxSpec((make_folder(("INBOX",), len(EXTREME), "extreme", tuple(EXTREME)),)))

    result, again = migration.run(), migration.run()

    assert counts(result) == {"copied": len(EXTREME)}
    assert counts(again) == {"already_there": len(EXTREME)}
    assert by_imap(migration, "destination") == by_imap(migration, "source")


def test_all_content_arrives_in_another_storage(migration: Migration, database_server: DovecotServer) -> None:
    spec = MailboxSpec((make_folder(("INBOX",), 2 * len(KINDS), "mdbox", KINDS),))
    other = Migration(migration.source, database_server, migration.user, migration.state_dir)
    other.fill(spec)

    other.run()

    assert other.at_destination() == other.expected(spec)


def test_empty_message_is_refused_by_the_server_and_the_rest_arrives(migration: Migration) -> None:
    spec = MailboxSpec((FolderSpec(("INBOX",), (make_message("a"), make_message("none", "empty"), make_message("b"))),))
    migration.fill(spec)

    result, again = migration.run(), migration.run()

    assert counts(result) == {"copied": 2, "refused": 1}
    assert counts(again) == {"already_there": 2, "refused": 1}
    [failure] = result["failures"]
    assert (failure["folder"], failure["uid"], failure["kind"]) == ("INBOX", 2, "refused")


def test_nul_arrives_as_the_source_gives_it_out(migration: Migration) -> None:
    """Dovecot keeps a NUL neither in storage nor on the wire: 0x80 stands for it."""
    content = make_message("nul", "nul").content()
    migration.source.save(migration.user, "INBOX", content)

    result, again = migration.run(), migration.run()

    assert counts(result) == {"copied": 1}
    assert counts(again) == {"already_there": 1}
    assert by_imap(migration, "destination") == by_imap(migration, "source")


def test_message_of_50_megabytes_arrives(migration: Migration) -> None:
    spec = one_large()
    migration.fill(spec)

    result = migration.run()

    assert result["counts"]["bytes"] > 49 * MEGABYTE
    assert migration.at_destination() == migration.expected(spec)


def test_no_body_is_left_in_the_folder_of_the_journal(migration: Migration) -> None:
    migration.fill(one_large(3 * MEGABYTE))

    migration.run()

    assert sum(path.stat().st_size for path in migration.state_dir.rglob("*")) < MEGABYTE
    assert all(re.search(r"\.sqlite(\.lock|\.snapshot)?$", path.name) for path in migration.state_dir.iterdir()
               if path.name != "logs")


def test_digest_in_the_journal_is_that_of_the_bytes(migration: Migration) -> None:
    folder = make_folder(("INBOX",), 3, "digest", tuple(mail_content.EVERYDAY))
    migration.fill(MailboxSpec((folder,)))

    migration.run()

    assert migration.journal_digests() == {message.expected().digest for message in folder.messages}


def by_imap(migration: Migration, side: str) -> list[bytes]:
    with PlainImap(migration.arguments()[side]) as client:
        return [message.content for message in client.fetch_all("INBOX")]
