# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.internaldate import (
    ChosenDate,
    choose_date,
    format_internaldate,
    is_absurd,
    parse_internaldate,
)
from hypothesis import given
from hypothesis import strategies as st

NOW = datetime(2025, 6, 1, 12, 0, tzinfo=UTC)
CET = timezone(timedelta(hours=1))
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DATES = st.datetimes(datetime(1, 1, 1), datetime(9999, 12, 31), timezones=ZONES).map(lambda d: d.replace(microsecond=0))


def header(*lines: str) -> bytes:
    return "\r\n".join((*lines, "Subject: x", "", "Date: Mon, 1 Jan 2001 00:00:00 +0000", "")).encode()


@pytest.mark.parametrize(
    "text",
    [
        b" 1-Feb-2024 10:00:00 +0100",
        b"01-Feb-2024 10:00:00 +0100",
        b"1-Feb-2024 10:00:00 +0100",
        b" 1-FEB-2024 10:00:00 +0100",
        b'" 1-feb-2024 10:00:00 +0100"',
    ],
)
def test_every_form_of_the_date_is_read(text: bytes) -> None:
    assert parse_internaldate(text) == datetime(2024, 2, 1, 10, tzinfo=CET)


@pytest.mark.parametrize(
    "text", [b"", b"NIL", b"31-Feb-2024 10:00:00 +0100", b"01-Foo-2024 10:00:00 +0100", b"01-Feb-2024 25:00:00 +0100"]
)
def test_unreadable_date_is_none(text: bytes) -> None:
    assert parse_internaldate(text) is None


@given(DATES)
def test_formatted_date_reads_back_with_its_zone(date: datetime) -> None:
    again = parse_internaldate(format_internaldate(date))
    assert again is not None
    assert (again, again.utcoffset()) == (date, date.utcoffset())


def test_half_hour_west_of_greenwich_is_formatted_with_its_sign() -> None:
    zone = timezone(-timedelta(hours=3, minutes=30))
    assert format_internaldate(datetime(2024, 2, 1, 10, tzinfo=zone)) == b"01-Feb-2024 10:00:00 -0330"


@pytest.mark.parametrize(
    "date",
    [
        None,
        datetime(1899, 12, 30, tzinfo=UTC),
        datetime(1970, 1, 1, tzinfo=UTC),
        datetime(1970, 1, 1, 1, tzinfo=CET),
        NOW + timedelta(days=1, seconds=1),
    ],
)
def test_missing_epoch_and_future_dates_are_absurd(date: datetime | None) -> None:
    assert is_absurd(date, NOW)


@pytest.mark.parametrize("date", [datetime(1970, 1, 2, tzinfo=UTC), NOW, NOW + timedelta(hours=23)])
def test_early_and_present_dates_are_not_absurd(date: datetime) -> None:
    assert not is_absurd(date, NOW)


@pytest.mark.parametrize(
    "text",
    [
        b" 1-Feb-2024 10:00:00 +0100",
        b"29-Feb-2024 10:00:00 -0330",
        b"31-May-2025 23:59:59 +0000",
        b"02-Jun-2025 11:00:00 +0000",
    ],
)
def test_plausible_internaldate_stays_byte_for_byte(text: bytes) -> None:
    assert choose_date(text, header("Date: Tue, 3 Mar 2020 10:00:00 +0000"), NOW) == ChosenDate(text, "internaldate")


def test_plausible_internaldate_in_another_form_is_rewritten() -> None:
    chosen = choose_date(b"1-feb-2024 10:00:00 +0100", b"", NOW)
    assert chosen == ChosenDate(b"01-Feb-2024 10:00:00 +0100", "internaldate")


ABSURD = [
    None,
    b"",
    b"30-Dec-1899 00:00:00 +0000",
    b"01-Jan-1970 00:00:00 +0000",
    b"01-Jan-1970 01:00:00 +0100",
    b"03-Jun-2025 00:00:00 +0000",
    b"01-Jan-2099 00:00:00 +0000",
    b"31-Feb-2024 00:00:00 +0000",
]


@pytest.mark.parametrize("text", ABSURD)
def test_date_header_stands_in_for_an_absurd_internaldate(text: bytes | None) -> None:
    chosen = choose_date(text, header("DATE:\tTue, 3 Mar 2020", " 10:00:00 +0530 (IST)"), NOW)
    assert chosen == ChosenDate(b"03-Mar-2020 10:00:00 +0530", "date_header")


@pytest.mark.parametrize("date", ["garbage", "", "Thu, 1 Jan 1970 00:00:00 +0000", "Fri, 1 Jan 2100 00:00:00 +0000"])
def test_newest_received_header_stands_in_for_an_unusable_date(date: str) -> None:
    message = header(
        f"Date: {date}",
        "Received: from a by b; unreadable",
        "Received: from c by d with ESMTP id x;y;",
        "\tWed, 4 Mar 2020 11:00:00 -0800",
        "Received: from e by f; Tue, 3 Mar 2020 10:00:00 +0000",
    )
    assert choose_date(None, message, NOW) == ChosenDate(b"04-Mar-2020 11:00:00 -0800", "received")


@pytest.mark.parametrize("message", [b"", b"\r\nDate: Tue, 3 Mar 2020 10:00:00 +0000", header(), b"\x00\xff\xfe" * 99])
def test_message_without_any_date_has_none(message: bytes) -> None:
    assert choose_date(None, message, NOW) == ChosenDate(None, "none")


@pytest.mark.parametrize("end", [b"\n", b"\r"])
def test_header_with_bare_line_ends_is_read(end: bytes) -> None:
    message = end.join((b"From: \xfc", b"Date: 3 Mar 20 10:00 GMT", b"", b"Date: Mon, 1 Jan 2001 00:00:00 +0000"))
    assert choose_date(None, message, NOW).value == b"03-Mar-2020 10:00:00 +0000"


def test_date_with_an_impossible_zone_counts_as_utc() -> None:
    chosen = choose_date(None, header("Date: Tue, 3 Mar 2020 10:00:00 +9900"), NOW)
    assert chosen == ChosenDate(b"03-Mar-2020 10:00:00 +0000", "date_header")


@given(st.one_of(st.none(), st.binary(max_size=40)), st.text(max_size=60))
def test_no_bytes_at_all_raise(internaldate: bytes | None, date: str) -> None:
    raw = f"Date: {date}\r\nReceived: x; {date}\r\n".encode("utf-8", "surrogatepass")
    chosen = choose_date(internaldate, raw, NOW)
    assert chosen.value is None or not is_absurd(parse_internaldate(chosen.value), NOW)


DATE_WORDS = st.lists(
    st.sampled_from(
        ["Tue,", "31", "Feb", "2024", "99", "0", "-1", "10:00:00", "25:61:61", "+0100", "-9999", "AM", "(", ";"]
    )
)


@given(DATE_WORDS)
def test_no_order_of_date_words_raises(words: list[str]) -> None:
    chosen = choose_date(None, header("Date: " + " ".join(words)), NOW)
    assert chosen.value is None or not is_absurd(parse_internaldate(chosen.value), NOW)
