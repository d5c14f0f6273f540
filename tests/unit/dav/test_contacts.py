# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""vCards as programs of all ages write them, modelled on documented exports."""

from __future__ import annotations

import base64

import pytest
import vobject
from ansible_collections.mailops.migration.plugins.module_utils.dav.gather import gather
from ansible_collections.mailops.migration.plugins.module_utils.dav.values import Gathered, Item

PICTURE = base64.b64encode(bytes(range(256)) * 2).decode()


def card(*lines: str, version: str = "2.1") -> bytes:
    return "\r\n".join(["BEGIN:VCARD", f"VERSION:{version}", *lines, "END:VCARD", ""]).encode()


def gathered(*data: bytes, **options: bool) -> Gathered:
    return gather({f"{number}.vcf": each for number, each in enumerate(data)}, **options)


def one(data: bytes) -> Item:
    found = gathered(data)
    assert not found.refusals, found.refusals
    [item] = found.items
    return item


def parsed(data: bytes) -> vobject.base.Component:
    """The contact as another program reads what is sent."""
    found = vobject.readOne(one(data).text)
    assert found.version.value == "3.0" and found.uid.value and found.validate(raiseException=True)
    return found


def test_quoted_printable_with_soft_line_breaks_is_read_in_its_character_set():
    found = parsed(card("N;CHARSET=ISO-8859-1;ENCODING=QUOTED-PRINTABLE:M=FCll=", "er;J=F6rg;;;",
                        "NOTE;ENCODING=QUOTED-PRINTABLE;CHARSET=UTF-8:one=0D=0At=C3=BC=", "rkis; two, three"))
    assert (found.n.value.family, found.n.value.given) == ("Müller", "Jörg")
    assert found.fn.value == "Jörg Müller"
    assert found.note.value == "one\ntürkis; two, three"


def test_quoted_printable_without_charset_and_as_a_bare_word():
    found = parsed(card("N;QUOTED-PRINTABLE:Stra=DFe;A", "TITLE;QUOTED-PRINTABLE:Caf=C3=A9"))
    assert (found.n.value.family, found.title.value) == ("Straße", "Café")


def test_bare_types_become_types():
    found = parsed(card("N:A;B", "TEL;HOME;VOICE:1", "TEL;CELL;PREF:2", "EMAIL;INTERNET:a@example.com"))
    assert [sorted(each.params["TYPE"]) for each in found.contents["tel"]] == [["HOME", "VOICE"], ["CELL", "PREF"]]


@pytest.mark.parametrize(
    "lines",
    [
        ("PHOTO;ENCODING=BASE64;TYPE=JPEG:", *(f" {PICTURE[at:at + 72]}" for at in range(0, len(PICTURE), 72)), ""),
        ("PHOTO;JPEG;BASE64:" + PICTURE[:50], *(PICTURE[at:at + 72] for at in range(50, len(PICTURE), 72)), ""),
        (f"PHOTO;ENCODING=b;TYPE=JPEG:{PICTURE}",),
        (f"PHOTO;VALUE=URI:data:image/jpeg;base64,{PICTURE}",),
    ],
    ids=["folded", "not folded", "one line", "data address"],
)
def test_pictures_arrive_octet_by_octet(lines: tuple[str, ...]):
    found = parsed(card("N:A;B", *lines, "TEL:1"))
    assert found.photo.value == bytes(range(256)) * 2
    assert found.tel.value == "1"


def test_groups_keep_their_labels():
    lines = ("N:A;B", "item1.EMAIL;type=INTERNET:a@example.com", "item1.X-ABLabel:_$!<Other>!$_")
    found = parsed(card(*lines, version="3.0"))
    assert found.email.group == found.x_ablabel.group == "item1"


def test_semicolons_commas_and_line_ends_of_version_2_1_are_escaped_for_3_0():
    found = parsed(card("N:A;B", "NOTE:one, two; three", "ADR;WORK:;;Street 1, back;Town\\;ship;;1;DE", "ORG:X, Y;Z"))
    assert found.note.value == "one, two; three"
    assert (found.adr.value.street, found.adr.value.city) == ("Street 1, back", "Town;ship")
    assert found.org.value == ["X, Y", "Z"]


def test_a_deputy_inside_a_contact_stays_inside():
    found = gathered(card("N:Boss;The", "AGENT:", "BEGIN:VCARD", "VERSION:2.1", "N:Deputy;Her", "END:VCARD", "TEL:1"))
    [item] = found.items
    assert "Deputy" in vobject.readOne(item.text).agent.value and "\r\nTEL:1\r\n" in item.text


@pytest.mark.parametrize(
    ("lines", "name"),
    [
        (("ORG:Example Ltd;Sales",), "Example Ltd"),
        (("EMAIL:a@example.com",), "a@example.com"),
        (("TEL:+1 2",), "+1 2"),
        (("N:;;;;", "FN:", "NICKNAME:Al"), "Al"),
        (("N:Family;Given;Middle;Dr.;Jr.",), "Dr. Given Middle Family Jr."),
    ],
)
def test_a_contact_without_a_formatted_name_gets_one(lines: tuple[str, ...], name: str):
    assert parsed(card(*lines)).fn.value == name


def test_a_contact_that_names_nobody_is_refused_and_the_others_go_in():
    found = gathered(card("N:;;;;") + card("N:A;B"))
    assert [(each.origin.number, each.reason) for each in found.refusals] == [
        (1, "it has no name, organisation, address or number")
    ]
    assert [item.name for item in found.items] == ["B A"]


def test_one_that_is_cut_off_does_not_take_the_next_with_it():
    cut, last = b"BEGIN:VCARD\nVERSION:3.0\nFN:Cut\nTEL:1\n", b"BEGIN:VCARD\nFN:Last\n"
    found = gathered(cut + card("FN:Whole", version="3.0") + last)
    assert [item.name for item in found.items] == ["Whole"]
    assert [(each.origin.number, each.origin.name) for each in found.refusals] == [(1, "Cut"), (3, "Last")]
    assert all("END:VCARD is missing" in each.reason and each.remedy for each in found.refusals)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "cp1252", "latin-1"]
)
@pytest.mark.parametrize("ends", ["\r\n", "\n", "\r"])
def test_encodings_and_line_ends_are_known(encoding: str, ends: str):
    text = card("FN:Jörg Müßig", "N:Müßig;Jörg;;;", version="3.0").decode().replace("\r\n", ends)
    assert parsed(text.encode(encoding)).fn.value == "Jörg Müßig"


def test_entries_of_one_file_may_be_in_several_encodings():
    data = card("FN:Jörg", version="3.0") + card("FN:Jörg 2", version="3.0").decode().encode("cp1252")
    assert [item.name for item in gathered(data).items] == ["Jörg", "Jörg 2"]


def test_a_fold_within_a_character_is_undone():
    raw = card("FN:Jörg", version="3.0")
    at = raw.index("ö".encode()) + 1
    assert one(raw[:at] + b"\r\n " + raw[at:]).name == "Jörg"


def test_a_note_with_bare_line_ends_keeps_them_and_says_so():
    found = gathered(card("FN:A", "NOTE:first", "second: line", "", "third", version="3.0"))
    assert vobject.readOne(found.items[0].text).note.value == "first\nsecond: line\nthird"
    assert len(found.notes) == 2 and found.notes[0].origin.number == 1


def test_lotus_habits_are_understood():
    found = parsed(b"BEGIN:VCARD\nN:Doe;Jane\nX-LOTUS_UNID:1\nSORT_STRING:Doe\nVERSION:3.0\nEND:VCARD\n")
    assert found.sort_string.value == "Doe" and found.x_lotus_unid.value == "1"


def test_controls_that_no_answer_could_carry_are_taken_out():
    assert parsed(card("FN:A\x0bB\x00", version="3.0")).fn.value == "AB"


# Version 4.0

NEWER = ("FN:Ann", "N:Lee;Ann;;;", "KIND:individual", "GENDER:F", "ANNIVERSARY:20100101",
         "TEL;VALUE=uri;TYPE=cell;PREF=1:tel:+1-555",
         "UID:urn:uuid:1", "RELATED;TYPE=spouse:urn:uuid:2", "ADR;LABEL=\"1 Way\\nTown\":;;1 Way;Town;;;")  # fmt: skip


def test_version_4_0_becomes_3_0_without_losing_a_property():
    found = parsed(card(*NEWER, version="4.0"))
    assert found.tel.value == "+1-555" and "PREF" in found.tel.params["TYPE"]
    assert found.x_gender.value == "F" and found.x_anniversary.value == "20100101"
    assert found.x_related.value == "urn:uuid:2" and found.label.value == "1 Way\nTown"
    assert found.uid.value == "urn:uuid:1"


def test_version_4_0_stays_where_the_server_takes_it():
    [item] = gathered(card(*NEWER, version="4.0"), keeps_newer=True).items
    assert "VERSION:4.0" in item.text and "GENDER:F" in item.text


def test_parameters_that_cannot_be_carried_are_named():
    found = gathered(card("FN:A", "TEL;PID=1.1;ALTID=2:1", version="4.0"))
    assert {note.text for note in found.notes} == {
        "the parameter PID of TEL has no place in version 3.0", "the parameter ALTID of TEL has no place in version 3.0"
    }  # fmt: skip


# Identity


def test_a_missing_uid_is_made_from_the_content_and_not_from_how_it_is_written():
    first = one(card("N:M=C3=BCller;J", "TEL;CELL:1").replace(b"\nN:", b"\nN;CHARSET=UTF-8;ENCODING=QUOTED-PRINTABLE:"))
    again = one(card("REV:20240101T000000Z", "TEL;TYPE=cell:1", "FN:J Müller", "N:Müller;J;;;", version="3.0"))
    other = one(card("N:Müller;J", "TEL;CELL:2"))
    assert first.uid == again.uid != other.uid


def test_equal_entries_in_several_files_are_one():
    found = gathered(card("UID:1", "FN:A", version="3.0"), card("FN:A", "UID:1", version="3.0"))
    [item] = found.items
    assert [origin.file for origin in item.origins] == ["0.vcf", "1.vcf"]


def test_the_later_change_wins_and_the_earlier_is_told():
    old = card("UID:1", "FN:A", "REV:20200101T000000Z", version="3.0")
    new = card("UID:1", "FN:B", "REV:2024-01-01T00:00:00Z", version="3.0")
    for files in ((old, new), (new, old)):
        found = gathered(*files)
        assert [item.name for item in found.items] == ["B"]
        assert len(found.superseded) == 1


def test_where_nothing_tells_which_is_newer_both_go_in_under_the_same_identifiers_each_time():
    files = card("UID:1", "FN:A", version="3.0"), card("UID:1", "FN:B", version="3.0")
    there, back = gathered(*files), gathered(*reversed(files))
    assert {item.uid for item in there.items} == {item.uid for item in back.items}
    assert len({item.uid for item in there.items}) == 2 and "1" in {item.uid for item in there.items}
    assert all(f"UID:{item.uid}\r\n" in item.text for item in there.items)


def test_a_file_with_nothing_in_it_is_told():
    found = gathered(b"", b"Name,Phone\nA,1\n")
    assert [(each.origin.file, each.origin.number) for each in found.refusals] == [("0.vcf", 0), ("1.vcf", 0)]
    assert all(each.remedy for each in found.refusals)


def test_lines_without_an_end_and_hostile_parameters_cost_no_time():
    line = "X;a=" + "=" * 5000 + ";" * 2000
    assert gathered(card("FN:A", line, "NOTE;x=\"" + "y" * 20000, version="3.0")).items[0].name.startswith("A")


def test_the_name_that_somebody_gave_a_number_on_android_is_its_label() -> None:
    line = "TEL;X-CUSTOM(CHARSET=UTF-8,ENCODING=QUOTED-PRINTABLE,=E5=AE=B6):010-5550100"
    found = gather({"x.vcf": f"BEGIN:VCARD\nVERSION:2.1\nN:A\n{line}\nEND:VCARD\n".encode()})
    [number] = [line for line in found.items[0].text.split("\r\n") if "010-5550100" in line]
    group = number.partition(".")[0]
    assert f"{group}.X-ABLABEL:家" in found.items[0].text
    assert "X-CUSTOM" not in found.items[0].text
