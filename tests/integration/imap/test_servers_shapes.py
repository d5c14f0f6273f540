# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Between servers of every shape: separators, prefixes, storages, missing capabilities, narrow limits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.integration.imap.test_compare import compare, told
from tests.support.dovecot import DovecotServer
from tests.support.fill import fill_by_append
from tests.support.mail_content import EVERYDAY
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, with_twins
from tests.support.server_shapes import Server
from tests.support.sync_runner import Migration, counts, filled

PAIRS = (
    "dovecot-inbox to dovecot-mdbox", "dovecot-mdbox to dovecot-inbox", "dovecot-sdbox to dovecot-short",
    "dovecot-bare-inbox to dovecot-sdbox", "dovecot to dovecot-bare", "dovecot-bare to dovecot-quota",
    "dovecot-few to dovecot-dot", "dovecot-short to dovecot-dot", "courier to dovecot-mdbox",
    "courier to dovecot-bare", "cyrus-alt to dovecot-short", "cyrus to dovecot-few", "dovecot-bare to cyrus-alt",
    "dovecot-few to courier", "dovecot-inbox to cyrus-dot",
)
SPEC = MailboxSpec((
    with_twins(make_folder(("INBOX",), 30, "shapes", tuple(EVERYDAY))),
    *(make_folder(("Work", name), 10, "shapes", size=500) for name in ("Müller & Söhne", "日本語", "Three", "Four")),
    make_folder(("Sent",), 3, "shapes"), make_folder(("Trash",), 2, "shapes"), FolderSpec(("Empty",)),
))
LEFT_OUT = 2
COPIED = SPEC.count() - LEFT_OUT
HIGH, SCATTERED = 4_000_000_000, 2400


@pytest.mark.parametrize("pair", PAIRS)
def test_mailbox_arrives_and_again_is_no_change(
    pair: str, server: Callable[[str], Server], mailbox_name: str, state_dir: Path, tally: Callable[..., None]
) -> None:
    source, destination = pair.split(" to ")
    migration = Migration(server(source), server(destination), mailbox_name, state_dir)
    migration.fill(SPEC)
    before = migration.source_snapshot()

    first, again = migration.run(), migration.run()

    assert counts(first) == {"copied": COPIED, "excluded": LEFT_OUT}
    assert counts(again) == {"already_there": COPIED, "excluded": LEFT_OUT}
    assert not again["changed"]
    assert filled(migration.at_destination()) == filled(migration.expected(SPEC))
    assert migration.source_snapshot() == before
    proof = compare(migration)
    assert (told(proof), proof["counts"]["identical"]) == ([], COPIED)
    tally(proof, messages=COPIED)


def test_commands_about_scattered_messages_fit_into_short_lines(
    server: Callable[[str], Server], mailbox_name: str, state_dir: Path
) -> None:
    """Dovecot drops the connection at a line over 8 kB, the least that a server should take (RFC 2683 3.2.1.5)."""
    short = server("dovecot-short")
    assert isinstance(short, DovecotServer)
    copy = f"new-{mailbox_name}"
    migration = Migration(short, short, mailbox_name, state_dir, destination_options={"username": copy})
    for user in (mailbox_name, copy):
        short.create_folders(user, ["Scattered"])
        short.doveadm("mailbox", "update", "-u", user, "--min-next-uid", str(HIGH), "Scattered")
    spec = MailboxSpec((make_folder(("Scattered",), SCATTERED, "scattered", size=300),))
    fill_by_append(short.endpoint(mailbox_name), spec)
    short.expunge(mailbox_name, "mailbox", "Scattered", "uid", uid_list(3))
    first = migration.run()
    short.add_flags(mailbox_name, "$Later", "mailbox", "Scattered", "uid", uid_list(2))

    result = migration.run()

    assert counts(first) == {"copied": SCATTERED * 2 // 3}
    assert result["counts"]["flags_updated"] == SCATTERED // 3
    assert not migration.run()["changed"]


def uid_list(step: int) -> str:
    return ",".join(str(HIGH + n) for n in range(0, SCATTERED, step))
