# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import CONFIRMED
from ansible_collections.mailops.migration.plugins.module_utils.imap.endpoint import Endpoint
from ansible_collections.mailops.migration.plugins.module_utils.imap.listing import Status
from ansible_collections.mailops.migration.plugins.module_utils.sync.account import choose_account
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal import Journal
from ansible_collections.mailops.migration.plugins.module_utils.sync.request import SyncRequest

from tests.unit.sync.makers import MAILBOX, entry

DESTINATION = Endpoint("imap.example", "jo", "secret")


# A UIDVALIDITY as most servers make it, from a clock.
CLOCK = 1_700_000_000


@pytest.fixture
def journal(tmp_path: Path) -> Iterator[Journal]:
    journal = Journal.open(str(tmp_path / "journal.sqlite"), MAILBOX)
    yield journal
    journal.close()


def choose(
    journal: Journal, host: str = "imap.old.example", user: str = "jo", *, alias: str = "", **uidvalidities: int
) -> bool:
    source = Endpoint(host, user, "secret")
    statuses = {folder: Status(1, 2, uidvalidity) for folder, uidvalidity in uidvalidities.items()}
    return choose_account(journal, SyncRequest(MAILBOX, source, DESTINATION, "/state", source_alias=alias), statuses)


def copied(journal: Journal, folder: str, uidvalidity: int) -> None:
    journal.confirm(journal.intend([entry(1, folder=folder, uidvalidity=uidvalidity)], 1, 0.0), 9, [1])


def test_first_run_knows_nothing(journal: Journal) -> None:
    assert choose(journal)
    assert [account[1:] for account in journal.accounts()] == [("imap.old.example", "imap.old.example", "jo")]


def test_second_run_knows_what_the_first_one_copied(journal: Journal) -> None:
    choose(journal)
    copied(journal, "INBOX", 7)
    assert not choose(journal, "IMAP.Old.Example")
    assert (len(journal.accounts()), journal.count(CONFIRMED)) == (1, 1)


def test_run_that_copied_nothing_leaves_nothing_known(journal: Journal) -> None:
    choose(journal)
    assert choose(journal)
    assert len(journal.accounts()) == 1


def test_alias_keeps_the_rows_when_the_host_name_changes(journal: Journal) -> None:
    choose(journal, alias="shop")
    copied(journal, "INBOX", 7)
    assert not choose(journal, "imap2.old.example", alias="shop")
    assert [account[1:] for account in journal.accounts()] == [("shop", "imap2.old.example", "jo")]


def test_server_under_another_name_is_known_by_its_folders(journal: Journal) -> None:
    choose(journal)
    copied(journal, "INBOX", CLOCK)
    copied(journal, "Sent", 8)
    assert not choose(journal, "imap2.old.example", INBOX=CLOCK, Sent=8, Fresh=11)
    assert [account[2] for account in journal.accounts()] == ["imap2.old.example"]
    assert journal.count(CONFIRMED) == 2


def test_server_that_was_known_again_keeps_its_new_name_when_folders_are_numbered_anew(journal: Journal) -> None:
    choose(journal)
    copied(journal, "INBOX", CLOCK)
    choose(journal, alias="shop", INBOX=CLOCK)
    assert not choose(journal, alias="shop", INBOX=CLOCK + 1)
    assert [account[1:] for account in journal.accounts()] == [("shop", "imap.old.example", "jo")]
    assert journal.count(CONFIRMED) == 1


def test_other_server_with_one_uidvalidity_in_common_is_another_account(journal: Journal) -> None:
    choose(journal)
    copied(journal, "INBOX", 1)
    copied(journal, "Sent", 8)
    assert not choose(journal, "imap.other.example", INBOX=1, Sent=2)
    assert (len(journal.accounts()), journal.count(CONFIRMED)) == (2, 0)


def test_server_that_numbers_every_account_from_one_is_not_known_by_its_folders(journal: Journal) -> None:
    choose(journal)
    copied(journal, "INBOX", 1)
    assert not choose(journal, "imap.other.example", INBOX=1)
    assert (len(journal.accounts()), journal.count(CONFIRMED)) == (2, 0)


def test_other_server_without_known_folders_is_another_account(journal: Journal) -> None:
    choose(journal)
    copied(journal, "INBOX", 7)
    assert not choose(journal, "imap.other.example", Fresh=CLOCK)
    assert len(journal.accounts()) == 2


def test_other_user_of_the_same_server_is_another_account(journal: Journal) -> None:
    choose(journal)
    copied(journal, "INBOX", CLOCK)
    assert not choose(journal, user="al", INBOX=CLOCK)
    assert journal.count(CONFIRMED) == 0
    assert not choose(journal, user="jo", INBOX=7)
    assert journal.count(CONFIRMED) == 1
