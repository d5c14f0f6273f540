# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The 10,000 rule: which folders, which years, which names."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from zoneinfo import ZoneInfo

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.archive_plan import (
    ArchiveRules,
    Large,
    archive_name,
    checked,
    is_archive,
    large_folders,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.archive_year import year_of, year_of_header
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import Folder, Side
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2026, 11, 22, tzinfo=UTC)
ZONES = ("UTC", "Europe/Bucharest", "America/Los_Angeles", "Pacific/Kiritimati")


def side(
    *folders: str | tuple[str, str], delimiter: str = "/", prefix: str = "", foreign: tuple[str, ...] = ()
) -> Side:
    pairs = [(each, "") if isinstance(each, str) else each for each in folders]
    listed = tuple(Folder(name, delimiter, frozenset(attribute.split())) for name, attribute in pairs)
    return Side(listed, delimiter, prefix, foreign)


def large(where: Side, **options: object) -> dict[str, str]:
    """Every folder with 10,001 messages that is over the threshold, and why it is left alone."""
    counts = {folder.name: 10_001 for folder in where.folders}
    return {each.name: each.exempt for each in large_folders(where, counts, ArchiveRules(**options))}  # type: ignore[arg-type]


def test_ten_thousand_messages_are_not_more_than_ten_thousand() -> None:
    counts = {"INBOX": 10_000, "Leads": 10_001, "Sent": 3}
    assert large_folders(side(*counts), counts, ArchiveRules()) == (Large("Leads", 10_001),)


def test_threshold_may_be_another_one() -> None:
    assert large_folders(side("INBOX"), {"INBOX": 3}, ArchiveRules(threshold=2)) == (Large("INBOX", 3),)


def test_trash_junk_and_drafts_are_left_alone_by_their_special_use() -> None:
    found = large(side("INBOX", ("Weg", "\\trash"), "Weg/old", ("Werbung", "\\junk"), ("Neu", "\\drafts"), "Trash"))
    assert {name for name, exempt in found.items() if not exempt} == {"INBOX", "Trash"}


def test_trash_junk_and_drafts_are_left_alone_by_their_localised_names() -> None:
    found = large(side("INBOX", "Papierkorb", "Spam", "Entwürfe", "Spam reports", "Clients/Trash talk"))
    assert {name for name, exempt in found.items() if not exempt} == {"INBOX", "Spam reports", "Clients/Trash talk"}


def test_shared_folders_and_views_are_left_alone() -> None:
    found = large(side("INBOX", "shared/Team", ("All", "\\all"), foreign=("shared/",)))
    assert {name for name, exempt in found.items() if not exempt} == {"INBOX"}


def test_levels_without_messages_of_their_own_are_no_matter() -> None:
    assert large(side("INBOX", ("Clients", "\\noselect"))) == {"INBOX": ""}


def test_exempt_folders_are_named_by_patterns() -> None:
    found = large(side("INBOX", "Leads", "Clients/Acme", "Clients/Beta"), exempt=("Clients/*",))
    assert {name for name, exempt in found.items() if not exempt} == {"INBOX", "Leads"}


def test_archive_of_one_year_is_left_alone_and_the_customer_s_own_archive_is_not() -> None:
    found = large(side("Archive", "Archive/2019", "Archive/Old", "Archive/INBOX/2019", "Archive/Clients/Acme/2019"))
    assert {name for name, exempt in found.items() if not exempt} == {"Archive", "Archive/2019", "Archive/Old"}


@pytest.mark.parametrize("folder, where, name", [
    ("Leads", side("Leads", delimiter="."), "Archive.Leads.2023"),
    ("INBOX", side("INBOX", delimiter="."), "Archive.INBOX.2023"),
    ("inbox", side("inbox", delimiter="."), "Archive.INBOX.2023"),
    ("Clients.Acme", side("Clients.Acme", delimiter="."), "Archive.Clients.Acme.2023"),
    ("Archive", side("Archive", delimiter="."), "Archive.Archive.2023"),
    ("INBOX", side("INBOX", delimiter=".", prefix="INBOX."), "INBOX.Archive.INBOX.2023"),
    ("INBOX.Leads", side("INBOX.Leads", delimiter=".", prefix="INBOX."), "INBOX.Archive.Leads.2023"),
    ("INBOX/Leads", side("INBOX/Leads"), "Archive/INBOX/Leads/2023"),
    ("Bu\u0308ro", side("Bu\u0308ro"), "Archive/Bu\u0308ro/2023"),
    ("Leads", side("Leads", delimiter=""), "Archive.Leads.2023"),
])  # fmt: skip
def test_year_goes_to_an_archive_of_the_folder_s_whole_path(folder: str, where: Side, name: str) -> None:
    assert archive_name(folder, 2023, where, ArchiveRules()) == name


def test_other_names_are_made_by_a_template() -> None:
    rules = checked(ArchiveRules(template="Old mail/{year}/{folder}"))
    assert archive_name("Clients/Acme", 2023, side("Clients/Acme"), rules) == "Old mail/2023/Clients/Acme"
    assert is_archive(("Old mail", "2023", "Clients", "Acme"), rules)
    assert not is_archive(("Old mail", "Clients", "Acme"), rules)


@pytest.mark.parametrize("template", [
    "", "{folder}/{year}", "Archive/{year}", "Archive/{folder}", "Archive/x{folder}/{year}", "Archive//{folder}/{year}",
    "Archive/{folder}/{year}/{year}",
])  # fmt: skip
def test_template_that_leads_astray_is_refused(template: str) -> None:
    with pytest.raises(ConfigurationError, match="no name for archive folders"):
        checked(ArchiveRules(template=template))


@pytest.mark.parametrize("name", ["threshold", "kept_years"])
def test_numbers_below_one_are_refused(name: str) -> None:
    with pytest.raises(ConfigurationError):
        checked(ArchiveRules(**{name: 0}))


@given(st.lists(st.text(min_size=1, max_size=8), min_size=1, max_size=4), st.integers(1990, 2030),
       st.sampled_from(["/", ".", ""]), st.sampled_from(["", "INBOX"]))  # fmt: skip
def test_archiver_knows_its_own_folders_again(levels: list[str], year: int, delimiter: str, prefix: str) -> None:
    """Whatever the folder, what the rule makes of it is never archived itself."""
    prefix = prefix + delimiter if prefix and delimiter else ""
    levels = [level.translate(dict.fromkeys(map(ord, "/.\r\n"), "_")) for level in levels]
    name = prefix + (delimiter or "-").join(levels)
    where = side(name, delimiter=delimiter, prefix=prefix)
    archive = archive_name(name, year, where, ArchiveRules())
    assert large(side(archive, delimiter=delimiter, prefix=prefix)) == {archive: "it is an archive of one year"}


@pytest.mark.parametrize("kept_years, first", [(2, 2025), (1, 2026), (5, 2022)])
def test_this_year_and_those_before_it_are_kept(kept_years: int, first: int) -> None:
    assert ArchiveRules(kept_years=kept_years).first_kept(2026) == first


@pytest.mark.parametrize("date, years", [
    (b"31-Dec-2023 23:59:59 +0000", (2023, 2024, 2023, 2024)),
    (b" 1-Jan-2024 00:00:00 +0000", (2024, 2024, 2023, 2024)),
    (b"31-Dec-2023 23:59:59 +0200", (2023, 2023, 2023, 2024)),
    (b"01-Jan-2024 00:00:00 +0200", (2023, 2024, 2023, 2024)),
    (b"01-Jan-2024 00:00:00 -0800", (2024, 2024, 2024, 2024)),
    (b"31-Dec-2023 09:59:59 +0000", (2023, 2023, 2023, 2023)),
    (b"15-Jul-2023 10:00:00 +1400", (2023, 2023, 2023, 2023)),
    (b"15-Jul-2099 10:00:00 +0000", (2099, 2099, 2099, 2099)),
])  # fmt: skip
def test_year_is_that_of_the_zone_to_the_second(date: bytes, years: tuple[int, ...]) -> None:
    assert tuple(year_of(date, ZoneInfo(zone)) for zone in ZONES) == years


@pytest.mark.parametrize("date", [b"", b"nonsense", b"01-Jan-1970 00:00:00 +0000", b"01-Jan-1899 00:00:00 +0000",
                                  b"30-Feb-1970 00:00:00 +0000", b"15-Jul-1899 00:00:00 +0000"])  # fmt: skip
def test_impossible_dates_are_none(date: bytes) -> None:
    assert year_of(date, UTC) is None


@given(
    st.datetimes(datetime(1971, 1, 1), datetime(2200, 12, 31)), st.integers(-14 * 60, 14 * 60), st.sampled_from(ZONES)
)
def test_any_date_has_the_year_of_its_instant(moment: datetime, offset: int, zone: str) -> None:
    aware = moment.replace(microsecond=0, tzinfo=timezone(timedelta(minutes=offset)))
    months = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
    text = f"{aware:%d}-{months[aware.month - 1]}-{aware:%Y %H:%M:%S %z}"
    assert year_of(text.encode(), ZoneInfo(zone)) == aware.astimezone(ZoneInfo(zone)).year


@pytest.mark.parametrize("header, year", [
    (b"Date: Sun, 31 Dec 2023 23:59:59 +0000\r\n\r\n", 2024),
    (b"Received: from a by b; Tue, 4 May 2021 10:00:00 +0000\r\nDate: Fri, 1 Jan 2100 00:00:00 +0000\r\n\r\n", 2021),
    (b"Subject: none\r\n\r\n", None),
])  # fmt: skip
def test_header_stands_in_for_an_impossible_date(header: bytes, year: int | None) -> None:
    assert year_of_header(header, ZoneInfo("Europe/Bucharest"), NOW) == year
