# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Lines that are folded before their colon: in the name's parameters, or right behind the name."""

from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.dav.blocks import Block, blocks_of
from ansible_collections.mailops.migration.plugins.module_utils.dav.gather import gather


def lines_of(*lines: str) -> dict[str, str]:
    [block] = blocks_of("\n".join(["BEGIN:VEVENT", "DTEND:20230101", *lines, "END:VEVENT"]).encode())
    assert isinstance(block, Block)
    return {line.name: line.value for line in block.lines}


def test_fold_among_parameters_leaves_the_line_before_as_it_is() -> None:
    folded = ("ATTENDEE;CN=Anna", " ;X-NUM-GUESTS=0:mailto:anna@example.com")
    assert lines_of(*folded) == {"DTEND": "20230101", "ATTENDEE": "mailto:anna@example.com"}


def test_fold_behind_the_name_begins_a_property() -> None:
    assert lines_of("DTSTART", " ;VALUE=DATE", " :20031208")["DTSTART"] == "20031208"


def test_word_of_a_note_that_is_a_property_s_name_stays_in_the_note() -> None:
    assert lines_of("DESCRIPTION:Ask for", "LOCATION", "and price", "SUMMARY:x") == {
        "DTEND": "20230101", "DESCRIPTION": "Ask for\\nLOCATION\\nand price", "SUMMARY": "x",
    }  # fmt: skip


def test_last_line_without_a_colon_is_no_property() -> None:
    assert lines_of("DESCRIPTION:Ask for", "PRIORITY")["DESCRIPTION"] == "Ask for\\nPRIORITY"


def test_rule_with_spaces_is_read() -> None:
    text = "BEGIN:VEVENT\nDTSTART:20240110T090000Z\nRRULE:FREQ=WEEKLY;BYDAY=WE, FR\nSUMMARY:x\nEND:VEVENT"
    found = gather({"x.ics": f"BEGIN:VCALENDAR\nVERSION:2.0\n{text}\nEND:VCALENDAR\n".encode()})
    assert not found.refusals
    assert "BYDAY=WE,FR" in found.items[0].text


def test_zone_whose_name_holds_commas_is_found_by_it() -> None:
    name = "(UTC+01:00) Amsterdam, Berlin"
    zone = "BEGIN:STANDARD\nDTSTART:16010101T000000\nTZOFFSETFROM:+0100\nTZOFFSETTO:+0100\nEND:STANDARD"
    escaped = name.replace(",", "\\,")
    text = (
        f"BEGIN:VCALENDAR\nVERSION:2.0\nBEGIN:VTIMEZONE\nTZID:{escaped}\n{zone}\nEND:VTIMEZONE\n"
        f'BEGIN:VEVENT\nSUMMARY:x\nDTSTART;TZID="{name}":20240110T090000\nEND:VEVENT\nEND:VCALENDAR\n'
    )
    found = gather({"x.ics": text.encode()})
    assert not found.notes
    assert "BEGIN:STANDARD" in found.items[0].text
