# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Every extension has a fallback: both passes between servers that hide some, down to bare IMAP4rev1."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from tests.support.mail_content import EVERYDAY
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder, make_message, with_twins
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import Rewrite, hide_append_uid, hide_capabilities
from tests.support.sync_runner import Migration, counts

OF_LISTING = ("LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE", "NAMESPACE")
OF_APPEND = ("MULTIAPPEND", "LITERAL+", "LITERAL-", "BINARY")
OF_CHANGES = ("CONDSTORE", "QRESYNC", "ENABLE", "UNSELECT", "ESEARCH")
OF_UIDS = ("UIDPLUS", "MOVE")
NO_UIDS: tuple[Rewrite, ...] = (hide_capabilities(*OF_UIDS), hide_append_uid)
HIDDEN: dict[str, tuple[Rewrite, ...]] = {
    "listing": (hide_capabilities(*OF_LISTING),),
    "multiappend": (hide_capabilities("MULTIAPPEND"),),
    "literals": (hide_capabilities("LITERAL+", "LITERAL-"),),
    "append": (hide_capabilities(*OF_APPEND),),
    "changes": (hide_capabilities(*OF_CHANGES),),
    "uids": NO_UIDS,
    "everything": (hide_capabilities(*OF_LISTING, *OF_APPEND, *OF_CHANGES, *OF_UIDS, "IDLE", "SORT", "WITHIN"),
                   hide_append_uid),
}
SPEC = MailboxSpec((
    with_twins(make_folder(("INBOX",), 12, "hidden", tuple(EVERYDAY))), make_folder(("Work", "Deep"), 4, "hidden"),
    make_folder(("Gesendete Elemente",), 2, "hidden"), FolderSpec(("Empty",)),
))


@pytest.fixture(params=HIDDEN)
def poor(migration: Migration, request: pytest.FixtureRequest) -> Iterator[Migration]:
    """A mailbox between servers of which both hide some capabilities."""
    with ExitStack() as stack:
        here, there = (
            stack.enter_context(FaultProxy(("127.0.0.1", server.place.imap_port), rewrites=HIDDEN[request.param]))
            for server in (migration.source, migration.destination)
        )
        yield migration.through(source=here, destination=there)


def test_both_passes_work_without_these_capabilities(poor: Migration) -> None:
    poor.fill(SPEC)

    first, again = poor.run(), poor.run()

    assert counts(first) == {"copied": 19}
    assert counts(again) == {"already_there": 19}
    assert not again["changed"]
    assert poor.at_destination() == poor.expected(SPEC)


def test_changes_are_followed_without_these_capabilities(poor: Migration) -> None:
    poor.fill(SPEC)
    poor.run()
    poor.source.add_flags(poor.user, "\\Flagged", "mailbox", "INBOX", "uid", "1:2")
    poor.source.save(poor.user, "Work/Deep", make_message("new").content())
    poor.destination.expunge(poor.user, "mailbox", "INBOX", "uid", "5")
    before = poor.at_destination()["INBOX"]

    result = poor.run()

    assert counts(result) == {"copied": 1, "already_there": 19, "flags_updated": 2}
    assert poor.at_destination()["INBOX"].total() == before.total() == 12
    assert poor.at_destination()["Work.Deep"] == poor.at_source()["Work/Deep"]


def test_killed_run_is_taken_up_without_these_capabilities(poor: Migration) -> None:
    poor.fill(SPEC)
    engine = poor.start(limits={"messages_per_second": 30, "connections": 1})
    while engine.is_alive() and not poor.journal_states():
        time.sleep(0.01)
    assert engine.kill()

    result = poor.attempt()

    assert result["complete"]
    assert sum(poor.at_destination()["INBOX"].values()) == 13
    assert poor.at_destination()["INBOX"] == poor.at_source()["INBOX"]


def test_messages_that_moved_stay_where_the_destination_cannot_move(migration: Migration) -> None:
    migration.fill(SPEC)
    with FaultProxy(("127.0.0.1", migration.destination.place.imap_port), rewrites=NO_UIDS) as there:
        poor = migration.through(destination=there)
        poor.run()
        before = poor.at_destination()
        poor.source.move(poor.user, "Empty", "mailbox", "INBOX", "uid", "1")

        result = poor.run()

    assert not result["changed"]
    assert poor.at_destination() == before
