# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The comparison of source and destination on plain values, without a journal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.compare import (
    compare,
    lacking_flags,
    message_id,
    with_absurd_dates,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.internaldate import ChosenDate
from ansible_collections.mailops.migration.plugins.module_utils.core.matching import (
    pair_altered,
    without_place,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    Place,
)

from tests.unit.core.compare_makers import (
    DATE,
    NOW,
    SEEN,
    at_source,
    compared,
    digest,
    kinds,
    matched,
    only,
    row_of,
    there,
)


def test_equal_sides_have_no_difference() -> None:
    result = compared([at_source(1, "a"), at_source(2, "b")], [there(8, "b"), there(9, "a")])
    assert result.differences == ()
    assert len(result.identical) == 2


def test_message_without_copy_is_missing() -> None:
    difference = only(compared([at_source(1, "a"), at_source(2, "b")], [there(9, "a")]))
    assert (difference.kind, difference.folder, difference.uid, difference.explained) == ("missing", "INBOX", 2, False)
    assert difference.digest == digest("b")


def test_copy_in_another_folder_is_elsewhere_and_not_missing() -> None:
    difference = only(compared([at_source(1, "a")], [there(9, "a", "Trash")]))
    assert (difference.kind, difference.explained) == ("elsewhere", False)
    assert difference.copy == Place("Trash", 9, 9)


def test_second_copy_is_duplicated_in_whatever_folder() -> None:
    for folder in ("INBOX", "Leads", "Trash"):
        result = compared([at_source(1, "a")], [there(8, "a"), there(9, "a", folder)])
        assert [(d.kind, d.uid, d.copy) for d in result.differences] == [("duplicated", 1, Place(folder, 9, 9))]


def test_copy_that_was_archived_and_copied_again_is_duplicated() -> None:
    result = compared([at_source(1, "a")], [there(3, "a", "Archive/INBOX/2019"), there(9, "a")])
    assert [(d.kind, d.copy) for d in result.differences] == [("duplicated", Place("Archive/INBOX/2019", 9, 3))]


def test_mail_that_is_not_of_the_source_is_extra_and_no_difference() -> None:
    result = compared([at_source(1, "a")], [there(8, "a"), there(9, "own")])
    assert result.differences == ()
    assert [message.place.uid for message in result.extra] == [9]


def test_content_that_the_server_normalised_is_counted_and_no_difference() -> None:
    copy = replace(there(9, "a"), raw=digest("a with other line ends"))
    result = compared([at_source(1, "a")], [copy])
    assert result.differences == ()
    assert (len(result.identical), len(result.normalised)) == (0, 1)


def test_twins_are_paired_with_the_copy_of_their_own_flags_and_date() -> None:
    early, late = DATE, b"02-Feb-2024 10:00:00 +0100"
    source = [at_source(1, "a", flags=SEEN, date=early), at_source(2, "a", date=late)]
    copies = [there(7, "a", date=late), there(8, "a", flags=SEEN, date=early)]
    assert compared(source, copies).differences == ()


def test_date_in_another_zone_is_the_same_instant() -> None:
    assert compared([at_source(1, "a")], [there(9, "a", date=b" 1-Feb-2024 09:00:00 +0000")]).differences == ()


def test_another_instant_differs() -> None:
    result = compared([at_source(1, "a")], [there(9, "a", date=b"01-Feb-2024 10:00:00 +0000")])
    assert kinds(result) == ["dates_differ"]


def test_flags_of_the_server_itself_and_deleted_are_no_difference() -> None:
    copy = there(9, "a", flags=frozenset({"\\Recent", "$HasNoAttachment", "\\seen"}))
    assert compared([at_source(1, "a", flags=frozenset({"\\Seen", "\\Deleted"}))], [copy]).differences == ()


def test_flags_that_differ_are_told_with_both_sides() -> None:
    difference = only(compared([at_source(1, "a", flags=SEEN)], [there(9, "a")]))
    assert difference.reason == "\\Seen at the source, no flags at the destination"


def test_keyword_that_the_destination_does_not_keep_is_no_difference() -> None:
    matching, facts = matched(
        [at_source(1, "a", flags=frozenset({"\\Seen", "$Odd"}))], [there(9, "a", flags=SEEN)], None
    )
    assert lacking_flags(matching) == {"INBOX"}
    assert kinds(compare(matching, facts)) == ["flags_differ"]
    assert compare(matching, replace(facts, permanent={"INBOX": frozenset({"\\Seen"})})).differences == ()
    assert kinds(compare(matching, replace(facts, permanent={"Leads": frozenset({"\\Seen"})}))) == ["flags_differ"]


def test_deleted_message_that_was_never_copied_is_excluded() -> None:
    result = compared([at_source(1, "a", flags=frozenset({"\\Deleted"}))], [])
    assert result.differences == ()
    assert [message.place.uid for message in result.excluded] == [1]


def test_deleted_twin_leaves_the_only_copy_to_the_other() -> None:
    deleted = at_source(1, "a", flags=frozenset({"\\Deleted"}))
    result = compared([deleted, at_source(2, "a", flags=SEEN)], [there(9, "a")])
    assert kinds(result) == ["flags_differ"]
    assert result.excluded == (deleted,)


def test_accepted_message_may_be_missing() -> None:
    matching, facts = matched([at_source(1, "a")], [], None)
    accepted = replace(facts, accepted=frozenset({digest("a").hex()}))
    assert only(compare(matching, accepted)).explained


def test_same_message_id_in_the_folder_with_other_content_is_altered() -> None:
    matching, facts = matched([at_source(1, "a"), at_source(2, "b")], [there(8, "changed"), there(9, "own")], None)
    assert [message.place.uid for message in without_place(matching)] == [1, 2]
    ids = {Place("INBOX", 1, 1): b"<a@x>", Place("INBOX", 1, 2): b""}
    copy_ids = {Place("INBOX", 9, 8): b"<a@x>", Place("INBOX", 9, 9): b""}
    result = compare(pair_altered(matching, ids, copy_ids), facts)
    assert kinds(result) == ["altered", "missing"]
    assert [message.place.uid for message in result.extra] == [9]


def test_same_message_id_in_another_folder_is_missing() -> None:
    matching, facts = matched([at_source(1, "a")], [there(8, "changed", "Leads")], None)
    same = pair_altered(matching, {Place("INBOX", 1, 1): b"<a@x>"}, {Place("Leads", 9, 8): b"<a@x>"})
    assert kinds(compare(same, facts)) == ["missing"]


def test_folder_that_could_not_be_read_is_not_told_message_by_message() -> None:
    matching, facts = matched([at_source(1, "a"), at_source(2, "b", "Leads")], [], None)
    assert [d.folder for d in compare(matching, replace(facts, unreadable=frozenset({"INBOX"}))).differences] == [
        "Leads"
    ]


# Dates that no message can have


@pytest.mark.parametrize("date", [b"01-Jan-1970 00:00:00 +0000", b"", b"30-Dec-1899 00:00:00 +0000"])
def test_date_that_stands_in_for_an_absurd_one_is_explained(date: bytes) -> None:
    matching, facts = matched([at_source(1, "a", date=date)], [there(9, "a")], None)
    assert [message.place.uid for message, _unused in with_absurd_dates(matching, NOW)] == [1]
    chosen = {Place("INBOX", 1, 1): ChosenDate(b"01-Feb-2024 09:00:00 +0000", "date_header")}
    assert only(compare(matching, replace(facts, dates=chosen))).explained


def test_other_date_than_the_one_that_stands_in_is_a_difference() -> None:
    matching, facts = matched([at_source(1, "a", date=b"01-Jan-1970 00:00:00 +0000")], [there(9, "a")], None)
    chosen = {Place("INBOX", 1, 1): ChosenDate(b"01-Feb-2023 09:00:00 +0000", "date_header")}
    assert kinds(compare(matching, replace(facts, dates=chosen))) == ["dates_differ"]


def test_future_date_is_judged_by_the_time_of_the_copy() -> None:
    soon = b"20-May-2025 00:00:00 +0000"
    source, copy = at_source(1, "a", date=soon), there(9, "a")
    copied = row_of(source, copy, time=datetime(2025, 5, 1, tzinfo=UTC).timestamp())
    assert with_absurd_dates(matched([source], [copy], [copied])[0], NOW)
    assert not with_absurd_dates(matched([source], [copy], None)[0], NOW)


def test_message_id_is_read_over_folded_lines() -> None:
    assert message_id(b"Subject: x\r\nMessage-ID:\r\n <a@x>\r\nTo: y\r\n") == b"<a@x>"
    assert message_id(b"Subject: x\r\nX-Message-ID: <a@x>\r\n") == b""
