# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders over the threshold are archived by year, on servers of every kind, and brought back."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.archive import work

from tests.support.archive_runner import Archiving, over_years, received_at
from tests.support.arrival import Arrival
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.mail_maker import make_message, with_twins
from tests.support.mail_user import MailUser
from tests.support.plain_imap import PlainImap
from tests.support.proxy import FaultProxy
from tests.support.server_shapes import Server
from tests.support.sync_runner import Result

SERVERS = ("dovecot", "dovecot-inbox", "dovecot-mdbox", "courier", "cyrus-alt", "cyrus-dot")
YEARS = (2025, 2019, 2026, 2024, 2019, 2025, 2026)
LARGE = (
    with_twins(over_years(("INBOX",), YEARS, "archive")),
    over_years(("Leads",), YEARS, "archive"),
    over_years(("Clients", "Acme & Söhne"), YEARS, "archive"),
    over_years(("Archive",), YEARS, "archive"),
    over_years(("Archive", "2018"), (2018,) * 7, "archive"),
)
LEFT_ALONE = (
    over_years(("Trash",), YEARS, "archive"),
    over_years(("Drafts",), YEARS, "archive"),
    over_years(("Junk",), YEARS, "archive"),
    over_years(("Small",), (2019,) * 6, "archive"),
    over_years(("Archive", "Old", "2017"), (2017,) * 7, "archive"),
    over_years(("Archive", "Leads", "2019"), (2019,), "archive/before"),
)
PATHS = tuple(folder.path for folder in LARGE)


@pytest.fixture
def inbox(server: Callable[[str], Server], mailbox_name: str, state_dir: Path) -> Callable[[str], Archiving]:
    """A new mailbox at the server of this name."""
    return lambda name: Archiving(server(name), mailbox_name, state_dir)


@pytest.fixture
def mailbox(inbox: Callable[[str], Archiving]) -> Archiving:
    """A new mailbox at a Dovecot with dots and Maildir++."""
    return inbox("dovecot-dot")


def moves(result: Result) -> dict[str, dict[str, int]]:
    """By folder, how many messages went where."""
    return {folder["folder"]: {move["target"]: move["messages"] for move in folder["moves"]}
            for folder in result["folders"] if folder["moves"]}


@pytest.mark.parametrize("name", SERVERS)
def test_older_years_go_to_their_archive_and_come_back(name: str, inbox: Callable[[str], Archiving]) -> None:
    mailbox = inbox(name)
    # Courier takes two seconds to remove a folder.
    large = LARGE[:1] if name == "courier" else LARGE
    mailbox.fill(*large, *LEFT_ALONE)
    before = mailbox.found()

    planned = mailbox.run(check=True)
    assert mailbox.found() == before
    done, again = mailbox.run(), mailbox.run()

    assert done["complete"] and not done["failures"]
    assert mailbox.found() == mailbox.expected(*large, *LEFT_ALONE, archived=PATHS)
    assert (moves(planned), planned["folders_created"]) == (moves(done), done["folders_created"])
    assert done["counts"]["moved"] == sum(sum(targets.values()) for targets in moves(done).values())
    assert (again["changed"], moves(again)) == (False, {})
    assert set(done["folders_created"]) <= subscribed(mailbox)
    assert {each["folder"] for each in done["over"]} >= {mailbox.name("Trash"), mailbox.name("Archive", "Old", "2017")}

    planned, back, again = (mailbox.run(check=check, state="absent") for check in (True, False, False))
    assert mailbox.found() == before
    assert planned["counts"]["moved"] == back["counts"]["moved"] == done["counts"]["moved"]
    assert set(back["folders_removed"]) == set(done["folders_created"])
    assert not again["changed"]
    assert not subscribed(mailbox) & set(done["folders_created"])


def subscribed(mailbox: Archiving) -> set[str]:
    with PlainImap(mailbox.arguments()["destination"]) as client:
        return {each.name for each in client.list(subscribed=True)}


def test_ten_thousand_stay_and_one_more_is_too_many(mailbox: Archiving) -> None:
    """The real threshold, and files and doveadm as witnesses."""
    dates = [datetime(2019 + n % 8, 1 + n % 12, 1 + n % 28, tzinfo=UTC) for n in range(10_000)]
    folder = received_at(("INBOX",), dates, "boundary")
    small = replace(folder, messages=tuple(replace(each, size=300) for each in folder.messages))
    mailbox.fill(small)

    exactly = mailbox.run(threshold=10_000)
    with MailUser(mailbox.arguments()["destination"]) as user:
        user.save("INBOX", make_message("one more"))
    result = mailbox.run(threshold=10_000)

    assert (exactly["changed"], exactly["folders"]) == (False, [])
    assert result["counts"]["moved"] == sum(date.year < 2025 for date in dates)
    status = doveadm(mailbox).status(mailbox.user)
    assert {name: int(each["messages"]) for name, each in status.items() if "Archive" in name} == {
        f"Archive.INBOX.{year}": sum(date.year == year for date in dates) for year in range(2019, 2025)}
    assert int(status["INBOX"]["messages"]) == sum(date.year >= 2025 for date in dates) + 1


def doveadm(mailbox: Archiving) -> DovecotServer:
    assert isinstance(mailbox.server, DovecotServer)
    return mailbox.server


@pytest.mark.parametrize("zone, years", [
    ("UTC", (2023, 2024, 2023, 2024)), ("Europe/Bucharest", (2024, 2024, 2023, 2024)),
    ("America/Los_Angeles", (2023, 2023, 2023, 2023)),
])  # fmt: skip
def test_year_is_that_of_the_ticket_s_zone(zone: str, years: tuple[int, ...], mailbox: Archiving) -> None:
    moments = ("2023-12-31T23:59:59", "2024-01-01T00:00:00", "2023-12-31T21:59:59", "2024-01-01T07:59:59")
    dates = [datetime.fromisoformat(f"{moment}+00:00") for moment in moments]
    mailbox.fill(received_at(("INBOX",), dates, "zones"))

    mailbox.run(threshold=3, timezone=zone)

    status = doveadm(mailbox).status(mailbox.user)
    assert {name: int(each["messages"]) for name, each in status.items() if name.startswith("Archive.")} == {
        f"Archive.INBOX.{year}": years.count(year) for year in set(years)}


def test_impossible_dates_give_way_to_the_header_and_those_to_come_stay(mailbox: Archiving) -> None:
    mailbox.fill(received_at(("INBOX",), [datetime(2035, 1, 1, tzinfo=UTC)], "to come"))
    with_header = b"Date: Mon, 3 Mar 2014 10:00:00 +0000\r\nSubject: dated\r\n\r\ntext\r\n"
    without = b"Subject: not dated\r\n\r\ntext\r\n"
    with PlainImap(mailbox.arguments()["destination"]) as client:
        for date, content in (("01-Jan-1970 00:00:00 +0000", with_header), ("01-Jan-1970 00:00:00 +0000", without),
                              ("01-Feb-2013 00:00:00 +0000", without)):
            tag = client.send(f'APPEND INBOX "{date}" {{{len(content)}+}}\r\n'.encode() + content)
            client.await_answer(tag)

    result = mailbox.run(threshold=2)

    status = doveadm(mailbox).status(mailbox.user)
    assert {name: int(each["messages"]) for name, each in status.items() if int(each["messages"])} == {
        "INBOX": 2, "Archive.INBOX.2014": 1, "Archive.INBOX.2013": 1}
    assert result["counts"]["undated"] == 1


def test_what_is_still_over_the_threshold_is_told(mailbox: Archiving) -> None:
    mailbox.fill(over_years(("INBOX",), (2019, 2025, 2026), "over", 6))
    assert mailbox.run(threshold=10)["over"] == [
        {"folder": "INBOX", "messages": 12, "reason": "12 messages are of the years that stay"}]


def test_more_folders_than_outlook_likes_are_warned_of(mailbox: Archiving, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(work, "MOST_FOLDERS", 3)
    mailbox.fill(over_years(("INBOX",), (2019, 2020, 2021), "many", 4))
    planned, done = mailbox.run(check=True), mailbox.run()
    assert [result["warnings"] for result in (planned, done)] == [[
        "the mailbox has 4 folders; above 3 Outlook becomes slow"]] * 2


def test_options_change_the_rule(mailbox: Archiving) -> None:
    mailbox.fill(over_years(("INBOX",), (2019, 2025, 2026), "options", 4),
                 over_years(("Leads",), (2019,) * 7, "options"))
    result = mailbox.run(kept_years=1, template="Alt/{year}/{folder}", exempt=["Leads"])
    assert moves(result) == {"INBOX": {"Alt.2019.INBOX": 4, "Alt.2025.INBOX": 4}}


def test_bringing_back_leaves_what_others_put_into_the_archive_and_what_left_it(mailbox: Archiving) -> None:
    mailbox.fill(over_years(("INBOX",), (2019, 2020), "others", 6))
    mailbox.run()
    with MailUser(mailbox.arguments()["destination"]) as user:
        user.save("Archive.INBOX.2019", make_message("the user's own"))
        user.delete("Archive.INBOX.2020", "1")
        user.move("Archive.INBOX.2020", "2", "Archive.INBOX.2019")

    result = mailbox.run(state="absent")

    status = doveadm(mailbox).status(mailbox.user)
    assert {name: int(each["messages"]) for name, each in status.items() if int(each["messages"])} == {
        "INBOX": 10, "Archive.INBOX.2019": 2}
    assert result["folders_removed"] == ["Archive.INBOX.2020"]


def test_mail_that_arrives_when_its_archive_was_seen_empty_is_not_lost(mailbox: Archiving) -> None:
    name = "Archive.INBOX.2019"
    mailbox.fill(over_years(("INBOX",), (2019,), "arrivals", 7))
    mailbox.run()
    login = mailbox.arguments()["destination"]
    arrival = Arrival(login, name, told=b"* STATUS " + name.encode() + b" (MESSAGES 0")
    with FaultProxy((login["host"], login["port"]), rewrites=[arrival]) as proxy:
        result = mailbox.through(proxy).run(state="absent")

    assert arrival.looks
    assert mailbox.found()[name].total() == 1
    assert result["folders_removed"] == []
    assert f"{name}: it was empty, and stays: mail or a folder arrived in it just now" in result["warnings"]


@pytest.fixture(scope="module")
def copying() -> Iterator[DovecotServer]:
    """A server that has UIDPLUS and no MOVE."""
    shape = DovecotShape(separator=".", layout="maildir++", fsync="never", capabilities=("IMAP4rev1", "UIDPLUS"))
    with DovecotServer(shape) as server:
        yield server


def test_copy_and_expunge_take_exactly_these_messages(
    copying: DovecotServer, mailbox_name: str, state_dir: Path
) -> None:
    mailbox = Archiving(copying, mailbox_name, state_dir)
    folder = over_years(("INBOX",), (2019, 2026), "copying", 6)
    mailbox.fill(folder)
    copying.add_flags(mailbox_name, "\\Deleted", "mailbox", "INBOX", "uid", "7:8")

    result = mailbox.run()

    assert result["counts"]["moved"] == 6
    status = copying.status(mailbox_name)
    assert (status["INBOX"]["messages"], status["Archive.INBOX.2019"]["messages"]) == ("6", "6")


def test_server_that_cannot_expunge_single_messages_is_left_alone(inbox: Callable[[str], Archiving]) -> None:
    mailbox = inbox("dovecot-bare")
    mailbox.fill(over_years(("INBOX",), (2019, 2026), "bare", 6))
    doveadm(mailbox).add_flags(mailbox.user, "\\Deleted", "mailbox", "INBOX", "uid", "7:8")
    before = mailbox.found()

    result = mailbox.run()

    assert mailbox.found() == before
    assert result["failed"] and "neither MOVE nor UIDPLUS" in result["msg"]
    assert not result["folders_created"]
