# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first pass: everything arrives once and as it was, and the source does not notice."""

from __future__ import annotations

import datetime
import threading
from collections import Counter
from dataclasses import replace

from tests.support import mail_maker, oracle
from tests.support.mail_content import ODD
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message, with_twins
from tests.support.plain_imap import Appended, PlainImap
from tests.support.proxy import FaultProxy
from tests.support.sync_runner import Migration, counts, filled, total


def test_every_kind_of_message_arrives_with_its_flags_and_its_date(migration: Migration) -> None:
    spec = mail_maker.variety()
    migration.fill(spec)

    result = migration.run()

    assert "failed" not in result, result["msg"]
    expected = migration.expected(spec)
    assert migration.at_destination() == expected
    assert counts(result) == {"copied": total(expected), "excluded": 6}
    assert result["changed"] and result["complete"]


def test_result_counts_every_folder_by_itself(migration: Migration) -> None:
    spec = MailboxSpec((make_folder(("INBOX",), 3, "a"), make_folder(("Work", "Deep"), 2, "b"), FolderSpec(("Empty",))))
    migration.fill(spec)

    result = migration.run()

    folders = {(each["source"], each["destination"]): each["copied"] for each in result["folders"]}
    assert folders == {("INBOX", "INBOX"): 3, ("Work/Deep", "Work.Deep"): 2, ("Empty", "Empty"): 0}
    assert result["counts"]["bytes"] == sum(len(m.content()) for folder in spec.folders for m in folder.messages)


def test_empty_folders_and_subscriptions_arrive(migration: Migration) -> None:
    hidden = FolderSpec(("Hidden",), subscribed=False)
    migration.fill(MailboxSpec((FolderSpec(("INBOX",)), FolderSpec(("Kept",)), hidden)))

    result = migration.run()

    assert result["folders_created"] == ["Hidden", "Kept"]
    assert {"Kept", "Hidden"} <= set(migration.destination.folders(migration.user))
    assert "Kept" in migration.destination.subscriptions(migration.user)
    assert "Hidden" not in migration.destination.subscriptions(migration.user)


class _HeldUp:
    """The rewrite of a proxy: who sends messages first is held up until another connection sends some, too."""

    def __init__(self) -> None:
        self.senders: list[int] = []
        self._another = threading.Event()
        self._lock = threading.Lock()

    def __call__(self, line: bytes) -> bytes:
        if b"BODY[" in line:
            me = threading.get_ident()
            with self._lock:
                self.senders += [] if me in self.senders else [me]
            if me == self.senders[0]:
                self._another.wait(30)
            else:
                self._another.set()
        return line


def test_order_of_a_folder_that_several_connections_fetch_is_kept(migration: Migration) -> None:
    migration.fill(MailboxSpec((make_folder(("INBOX",), 2000, "order", size=300),)))
    held = _HeldUp()

    with FaultProxy(("127.0.0.1", migration.source.place.imap_port), rewrites=[held]) as proxy:
        result = migration.through(source=proxy).run()

    assert "failed" not in result, result["msg"]
    assert len(held.senders) > 1
    here, there = (oracle.read_mailbox(server, migration.user)["INBOX"]
                   for server in (migration.source, migration.destination))
    assert [message.digest for message in there] == [message.digest for message in here]


def test_source_is_not_touched(migration: Migration) -> None:
    migration.fill(mail_maker.variety(tree=(("INBOX",), ("Sent",), ("Work",))))
    migration.source.save(migration.user, "INBOX", b"Subject: just delivered\r\n\r\nnew\r\n")
    before = migration.source_snapshot()

    migration.run(include_trash=True, include_junk=True)

    assert migration.source_snapshot() == before


def test_recent_messages_stay_recent_at_the_source(migration: Migration) -> None:
    """The first client that selects a folder after us is still told what is new there."""
    migration.fill(MailboxSpec((make_folder(("INBOX",), 2, "old"),)))
    migration.source.save(migration.user, "INBOX", b"Subject: just delivered\r\n\r\nnew\r\n")

    migration.run()

    with PlainImap(migration.arguments()["source"]) as client:
        assert b"* 1 RECENT" in [response.text for response in client.command(b"SELECT INBOX")]


def test_identical_twins_all_arrive(migration: Migration) -> None:
    folder = with_twins(with_twins(make_folder(("INBOX",), 2, "twins")))
    spec = MailboxSpec((folder, replace(folder, path=("Copy",))))
    migration.fill(spec)

    migration.run()

    assert migration.at_destination() == migration.expected(spec)


def test_same_header_with_other_bodies_and_no_header_at_all_arrive_once(migration: Migration) -> None:
    spec = MailboxSpec((make_folder(("INBOX",), 5 * len(ODD), "odd", tuple(ODD)),))
    migration.fill(spec)

    first, second = migration.run(), migration.run()

    assert migration.at_destination() == migration.expected(spec)
    assert counts(first) == {"copied": 5 * len(ODD)}
    assert counts(second) == {"already_there": 5 * len(ODD)}


def test_mail_that_was_at_the_destination_before_is_left_as_it_is(migration: Migration) -> None:
    migration.fill(MailboxSpec((make_folder(("INBOX",), 3, "moving"),)))
    own = make_message("own", flags=["\\Flagged"])
    with PlainImap(migration.arguments()["destination"]) as client:
        client.append("INBOX", [Appended(own.content(), own.flags, own.received)])

    result = migration.run()

    assert counts(result) == {"copied": 3}
    assert migration.at_destination()["INBOX"] == migration.at_source()["INBOX"] + Counter([own.expected()])


def test_dates_keep_their_instant_and_absurd_ones_come_from_the_header(migration: Migration) -> None:
    zone = datetime.timezone(datetime.timedelta(hours=-3, minutes=-30))
    usual = replace(make_message("usual"), received=datetime.datetime(2019, 3, 31, 2, 30, 15, tzinfo=zone))
    absurd = replace(make_message("absurd"), received=datetime.datetime.fromtimestamp(0, datetime.UTC))
    header = b"Date: Thu, 02 Feb 2012 10:11:12 +0100\r\nSubject: lost its date\r\n\r\nbody\r\n"
    migration.fill(MailboxSpec((FolderSpec(("INBOX",), (usual,)),)))
    with PlainImap(migration.arguments()["source"]) as client:
        client.append("INBOX", [Appended(header, absurd.flags, absurd.received)])

    migration.run()

    dates = {content.received for content in migration.at_destination()["INBOX"]}
    assert dates == {usual.received.astimezone(datetime.UTC),
                     datetime.datetime(2012, 2, 2, 9, 11, 12, tzinfo=datetime.UTC)}


def test_messages_marked_deleted_trash_and_junk_stay_behind_and_are_counted(migration: Migration) -> None:
    spec = MailboxSpec((make_folder(("INBOX",), 3, "kept"), make_folder(("Trash",), 2, "trash"),
                        make_folder(("Junk",), 1, "junk")))
    migration.fill(spec)
    migration.source.add_flags(migration.user, "\\Deleted", "mailbox", "INBOX", "uid", "2")

    result = migration.run()

    assert counts(result) == {"copied": 2, "excluded": 4}
    assert {each["source"]: each["messages"] for each in result["excluded"]} == {"Trash": 2, "Junk": 1}
    assert total(filled(migration.at_destination())) == 2


def test_trash_and_junk_arrive_when_they_are_asked_for(migration: Migration) -> None:
    spec = MailboxSpec((make_folder(("INBOX",), 1, "kept"), make_folder(("Trash",), 2, "trash"),
                        make_folder(("Junk",), 1, "junk")))
    migration.fill(spec)

    migration.run(include_trash=True, include_junk=True)

    assert migration.at_destination() == migration.expected(spec, without=())


def test_keywords_arrive_and_recent_does_not(migration: Migration) -> None:
    flags = ["\\Seen", "\\Answered", "\\Draft", "$Forwarded", "$MDNSent", "Projekt_7", "NonJunk"]
    migration.fill(MailboxSpec((FolderSpec(("INBOX",), (make_message("keywords", flags=flags),)),)))

    migration.run()

    [content] = migration.at_destination()["INBOX"]
    assert content.flags == frozenset(flags)
