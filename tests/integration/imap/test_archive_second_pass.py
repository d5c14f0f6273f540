# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A pass after the archive, ours or the provider's own, with the journal and without: nothing is copied twice."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support.archive_runner import Archiving, over_years
from tests.support.compare_runner import compare
from tests.support.fill import folder_name
from tests.support.mail_maker import MailboxSpec, make_message, with_twins
from tests.support.mail_user import MailUser
from tests.support.server_shapes import Server
from tests.support.sync_runner import Contents, Migration, counts

PAIRS = ("dovecot to dovecot-dot", "cyrus to dovecot-inbox", "courier to dovecot-mdbox", "dovecot to cyrus-alt",
         "cyrus-dot to courier")
FOLDERS = (
    with_twins(over_years(("INBOX",), (2019, 2020, 2026), "passes", 3)),
    over_years(("Clients", "Acme"), (2019, 2026), "passes", 3),
    over_years(("Archive", "Leads", "2018"), (2018,), "passes", 2),
)
SPEC = MailboxSpec(FOLDERS)
GONE = 10
# What does not depend on the kind of server.
one_pair = pytest.mark.parametrize("pair", PAIRS[:1], indirect=True)


@pytest.fixture(params=PAIRS)
def pair(
    request: pytest.FixtureRequest, server: Callable[[str], Server], mailbox_name: str, state_dir: Path
) -> Migration:
    """A mailbox after its first pass; its ticket is one of several."""
    source, destination = request.param.split(" to ")
    ticket = state_dir / "123"
    ticket.mkdir(mode=0o700)
    migration = Migration(server(source), server(destination), mailbox_name, ticket)
    migration.fill(SPEC)
    migration.run()
    return migration


def archived_by_us(pair: Migration) -> None:
    result = archiving(pair).run(threshold=5)
    assert (result["counts"]["moved"], result["failures"]) == (GONE, [])


def archived_by_the_provider(pair: Migration) -> None:
    """What a job of the provider's does: whatever is of these years, into folders that it makes."""
    shape = pair.destination.shape
    with MailUser(pair.arguments()["destination"]) as user:
        for path, year, uids in ((("INBOX",), "2019", "1:3,10"), (("INBOX",), "2020", "4:6"),
                                 (("Clients", "Acme"), "2019", "1:3")):
            target = folder_name(("Archive", *path, year), shape)
            user.create(target)
            user.move(folder_name(path, shape), uids, target)


def archiving(pair: Migration) -> Archiving:
    return Archiving(pair.destination, pair.user, pair.state_dir.parent)


def everything(found: Contents) -> Counter[str]:
    """Every message, wherever it lies."""
    return sum((Counter(message.digest for message in messages.elements()) for messages in found.values()), Counter())


@pytest.mark.parametrize("archive", [archived_by_us, archived_by_the_provider])
def test_nothing_is_copied_twice_after_the_archive(archive: Callable[[Migration], None], pair: Migration) -> None:
    archive(pair)
    there = pair.at_destination()
    arrivals = make_message("after the archive")
    with MailUser(pair.arguments()["source"]) as user:
        user.save("INBOX", arrivals)

    second, third = pair.run(), pair.run()
    pair.lose_journal()
    without = pair.run()

    assert counts(second)["copied"] == 1 and not third["changed"]
    assert counts(without) == {"matched": SPEC.count() + 1}
    found = pair.at_destination()
    assert everything(found) == everything(pair.at_source())
    assert {name: messages for name, messages in found.items() if "Archive" in name} == {
        name: messages for name, messages in there.items() if "Archive" in name}


@one_pair
def test_journal_lost_before_the_archive_changes_nothing(pair: Migration) -> None:
    pair.lose_journal()
    archived_by_us(pair)
    result = pair.run()
    assert counts(result) == {"matched": SPEC.count()}
    assert everything(pair.at_destination()) == everything(pair.at_source())


@pytest.mark.parametrize("pair", [PAIRS[0], PAIRS[3]], indirect=True)
def test_flags_follow_into_the_archive_and_the_proof_knows_it(pair: Migration) -> None:
    archived_by_us(pair)
    with MailUser(pair.arguments()["source"]) as user:
        user.flag("INBOX", "4", "\\Flagged")

    result = pair.run()

    assert counts(result) == {"already_there": SPEC.count(), "flags_updated": 1}
    name = folder_name(("Archive", "INBOX", "2020"), pair.destination.shape)
    assert sum("\\Flagged" in each.flags for each in pair.at_destination()[name].elements()) >= 1
    assert compare(pair)["passed"]


@one_pair
def test_snapshot_that_takes_the_journal_s_place_knows_the_archive(pair: Migration) -> None:
    archived_by_us(pair)
    pair.journal_file.unlink()
    result = pair.run()
    assert counts(result) == {"already_there": SPEC.count()}
