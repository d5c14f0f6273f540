# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the fillers write is what the oracles read, on every storage, and an oracle sees every kind of change."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable

import pytest

from tests.support import mail_maker, oracle
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import BARE, DovecotShape
from tests.support.fill import fill_by_append, fill_maildir, folder_name
from tests.support.mail_maker import HARD_NAMES, TREE, MailboxSpec, make_folder, make_message
from tests.support.plain_imap import Appended, PlainImap

EVERYTHING = mail_maker.variety(extra_kinds=("nul", "bare_cr", "bare_lf"))
SHAPES = {
    "maildir-fs": DovecotShape(fsync="never"),
    "maildir++": DovecotShape(separator=".", layout="maildir++", fsync="never"),
    "maildir++-prefix": DovecotShape(separator=".", prefix="INBOX.", layout="maildir++", fsync="never"),
    "mdbox": DovecotShape(mail_format="mdbox", fsync="never"),
    "sdbox": DovecotShape(mail_format="sdbox", fsync="never"),
    "bare": DovecotShape(capabilities=BARE, fsync="never"),
}


def expected(spec: MailboxSpec, shape: DovecotShape) -> dict[str, Counter[oracle.Content]]:
    return {folder_name(folder.path, shape): Counter(message.expected() for message in folder.messages)
            for folder in spec.folders}


def found(mailbox: oracle.OracleMailbox, spec: MailboxSpec, shape: DovecotShape) -> dict[str, Counter[oracle.Content]]:
    names = expected(spec, shape)
    return {name: oracle.contents(messages) for name, messages in mailbox.items() if name in names or messages}


@pytest.mark.parametrize("name", [name for name in SHAPES if name.startswith("maildir")])
def test_oracle_reads_what_was_written_into_the_maildir(name: str, mailbox_name: str) -> None:
    with DovecotServer(SHAPES[name]) as server:
        fill_maildir(server, mailbox_name, EVERYTHING)

        assert found(oracle.read_mailbox(server, mailbox_name), EVERYTHING, server.shape) == expected(
            EVERYTHING, server.shape)


@pytest.mark.parametrize("name", SHAPES)
def test_oracle_reads_what_was_appended(name: str, mailbox_name: str) -> None:
    with DovecotServer(SHAPES[name]) as server:
        shape = server.shape
        fill_by_append(server.endpoint(mailbox_name), EVERYTHING, separator=shape.separator, prefix=shape.prefix)

        assert found(oracle.read_mailbox(server, mailbox_name), EVERYTHING, shape) == expected(EVERYTHING, shape)


def test_both_oracles_agree_on_all_that_imap_can_carry(source_server: DovecotServer, mailbox_name: str) -> None:
    fill_maildir(source_server, mailbox_name, mail_maker.variety(extra_kinds=("bare_cr", "bare_lf")))

    by_files = oracle.read_mailbox(source_server, mailbox_name)

    assert oracle.read_by_imap(source_server.endpoint(mailbox_name)) == by_files
    assert sum(map(len, by_files.values())) == mail_maker.variety(extra_kinds=("bare_cr", "bare_lf")).count()


def test_uids_follow_the_order_of_the_description(source_server: DovecotServer, mailbox_name: str) -> None:
    spec = MailboxSpec((make_folder(("INBOX",), 30, "order"),))

    fill_maildir(source_server, mailbox_name, spec)

    messages = oracle.read_mailbox(source_server, mailbox_name)["INBOX"]
    assert [each.content() for each in messages] == [each.expected() for each in spec.folders[0].messages]
    assert [each.uid for each in messages] == list(range(1, 31))


def test_hard_names_exist_where_the_separator_allows_them(source_server: DovecotServer, mailbox_name: str) -> None:
    spec = MailboxSpec(tuple(make_folder(path, 1, "hard") for path in (("INBOX",), *HARD_NAMES)))

    fill_maildir(source_server, mailbox_name, spec)

    mailbox = oracle.read_mailbox(source_server, mailbox_name)
    assert {name for name, messages in mailbox.items() if messages} >= {"/".join(path) for path in HARD_NAMES}


def test_every_folder_of_the_tree_is_listed_by_its_decoded_name(
    source_server: DovecotServer, mailbox_name: str
) -> None:
    fill_maildir(source_server, mailbox_name, mail_maker.variety())

    with PlainImap(source_server.endpoint(mailbox_name)) as client:
        listed = {each.name for each in client.list()}

    assert listed >= {"/".join(path) for path in TREE}


def test_a_folder_that_holds_the_separator_is_refused() -> None:
    with pytest.raises(ValueError, match="separator"):
        folder_name(("Dr. Jones",), DovecotShape(separator="."))


def select(server: DovecotServer, user: str) -> None:
    with PlainImap(server.endpoint(user)) as client:
        client.command(b"SELECT INBOX")


CHANGES: dict[str, Callable[[DovecotServer, str], None]] = {
    "a flag": lambda server, user: server.add_flags(user, "\\Flagged", "mailbox", "INBOX", "uid", "2"),
    "a keyword": lambda server, user: server.add_flags(user, "Invoice", "mailbox", "INBOX", "uid", "2"),
    "a flag taken": lambda server, user: server.remove_flags(user, "\\Seen", "mailbox", "INBOX", "seen"),
    "a message gone": lambda server, user: server.expunge(user, "mailbox", "INBOX", "uid", "3"),
    "a message moved": lambda server, user: server.move(user, "Work", "mailbox", "INBOX", "uid", "3"),
    "a new message": lambda server, user: server.save(user, "INBOX", b"Subject: new\r\n\r\n"),
    "a new folder": lambda server, user: server.create_folders(user, ["New"]),
    "a folder renamed": lambda server, user: server.rename_folder(user, "Work", "Play"),
    "a folder gone": lambda server, user: server.delete_folder(user, "Work"),
    "a new uidvalidity": lambda server, user: server.change_uid_validity(user, "Work", 4711),
    "a subscription": lambda server, user: server.subscribe(user, ["Unseen"]),
    "selected by a client": select,
}


@pytest.mark.parametrize("change", CHANGES)
def test_snapshot_tells_a_source_that_was_touched(change: str, source_server: DovecotServer, mailbox_name: str) -> None:
    spec = MailboxSpec((make_folder(("INBOX",), 5, "snapshot"), make_folder(("Work",), 2, "snapshot"),
                        mail_maker.FolderSpec(("Unseen",), subscribed=False)))
    fill_maildir(source_server, mailbox_name, spec)
    source_server.save(mailbox_name, "INBOX", b"Subject: still recent\r\n\r\n")
    before = oracle.snapshot(source_server, mailbox_name)
    assert oracle.snapshot(source_server, mailbox_name) == before

    CHANGES[change](source_server, mailbox_name)

    assert oracle.snapshot(source_server, mailbox_name) != before


def test_reading_only_leaves_the_snapshot_as_it_was(source_server: DovecotServer, mailbox_name: str) -> None:
    fill_maildir(source_server, mailbox_name, MailboxSpec((make_folder(("INBOX",), 5, "read only"),)))
    source_server.save(mailbox_name, "INBOX", b"Subject: still recent\r\n\r\n")
    before = oracle.snapshot(source_server, mailbox_name)

    assert len(oracle.read_by_imap(source_server.endpoint(mailbox_name))["INBOX"]) == 6

    assert oracle.snapshot(source_server, mailbox_name) == before


def test_more_than_26_keywords_are_all_read(destination_server: DovecotServer, mailbox_name: str) -> None:
    keywords = frozenset(f"keyword{n}" for n in range(40))
    with PlainImap(destination_server.endpoint(mailbox_name)) as client:
        client.append("INBOX", [Appended(b"Subject: many\r\n\r\n", keywords)])

    assert oracle.read_mailbox(destination_server, mailbox_name)["INBOX"][0].flags == keywords


def test_a_large_message_keeps_its_size(source_server: DovecotServer, mailbox_name: str) -> None:
    spec = mail_maker.one_large(5_000_000)

    fill_maildir(source_server, mailbox_name, spec)

    [message] = oracle.read_mailbox(source_server, mailbox_name)["INBOX"]
    assert message.content() == spec.folders[0].messages[0].expected()
    assert abs(message.size - 5_000_000) < 5_000


def test_small_work_arrives_whole_in_each_of_its_folders(source_server: DovecotServer, mailbox_name: str) -> None:
    spec = mail_maker.small_work(folders=10, messages=100)

    fill_maildir(source_server, mailbox_name, spec)

    mailbox = oracle.read_mailbox(source_server, mailbox_name)
    assert found(mailbox, spec, source_server.shape) == expected(spec, source_server.shape)
    assert [len(mailbox[folder_name(folder.path, source_server.shape)]) for folder in spec.folders] == [100] * 10


def test_the_same_seed_makes_the_same_bytes_and_another_seed_others() -> None:
    assert make_message("a").content() == make_message("a").content()
    assert make_message("a").content() != make_message("b").content()


def test_mixed_work_comes_near_its_total() -> None:
    spec = mail_maker.mixed_work(messages=300, total=20_000_000)

    total = sum(len(message.content()) for folder in spec.folders for message in folder.messages)

    assert 18_000_000 < total < 22_000_000
    assert spec.count() == 300
