# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a customer's program writes is what the reader reads, whatever the encoding, delimiter and line end."""

from __future__ import annotations

import csv
import io

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import (
    FILES,
    read_source_login,
    read_ticket,
)
from hypothesis import assume, given
from hypothesis import strategies as st

TICKET_YML = b"domains: [example.com]\nsource: {imap_server: imap.old.example}\n"
SIGNS = "ab1 ;,|\t\"'$\\#{}%@=+-\u00e4\u20ac\u65e5\U0001f600\u2028\x0b\x1c"
NASTY = st.text(st.sampled_from(SIGNS), min_size=1, max_size=12)
ANY = st.text(st.characters(exclude_characters="\0\r\n", exclude_categories=["Cs"]), min_size=1, max_size=20)
DELIMITERS = st.sampled_from([",", ";", "\t", "|"])
LINE_ENDS = st.sampled_from(["\r\n", "\n", "\r"])
ENCODINGS = st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be"])


def written(passwords: list[str], delimiter: str, line_end: str, quoting: int = csv.QUOTE_MINIMAL) -> str:
    text = io.StringIO()
    writer = csv.writer(text, delimiter=delimiter, lineterminator=line_end, quoting=quoting)
    writer.writerow(["Email Address", "Password", "Notes"])
    for number, password in enumerate(passwords):
        writer.writerow([f"user{number}@example.com", password, "x"])
    return text.getvalue()


def is_utf8(data: bytes) -> bool:
    try:
        return bool(data.decode("utf-8"))
    except UnicodeDecodeError:
        return False


def read(data: bytes) -> list[str]:
    ticket = read_ticket("1", {"ticket.yml": TICKET_YML, "mailboxes.csv": data})
    assert [row.destination.partition("@")[0] for row in ticket.mailboxes] == [
        f"user{number}" for number in range(len(ticket.mailboxes))
    ]
    return [row.password for row in ticket.mailboxes]


@given(st.lists(NASTY | ANY, min_size=1, max_size=5), DELIMITERS, LINE_ENDS, ENCODINGS, st.booleans())
def test_passwords_survive_every_encoding_delimiter_and_line_end(
    passwords: list[str], delimiter: str, line_end: str, encoding: str, all_quoted: bool
) -> None:
    quoting = csv.QUOTE_ALL if all_quoted else csv.QUOTE_MINIMAL
    assert read(written(passwords, delimiter, line_end, quoting).encode(encoding)) == passwords


@given(st.lists(st.text("äöüß€§ab; ,\"'", min_size=1), min_size=1, max_size=5), DELIMITERS)
def test_passwords_survive_windows_1252(passwords: list[str], delimiter: str) -> None:
    data = written(passwords, delimiter, "\r\n").encode("cp1252")
    assume(data.isascii() or not is_utf8(data))
    assert read(data) == passwords


@given(st.lists(NASTY, min_size=2, max_size=5), DELIMITERS)
def test_one_password_is_found_without_reading_all_rows(passwords: list[str], delimiter: str) -> None:
    files = {"ticket.yml": TICKET_YML, "mailboxes.csv": written(passwords, delimiter, "\n").encode()}
    for number, password in enumerate(passwords):
        assert read_source_login(files, f"USER{number}@example.com").password == password


@given(st.binary(max_size=200))
def test_no_bytes_make_the_reader_stumble(data: bytes) -> None:
    ticket = read_ticket("1", dict.fromkeys(FILES, data))
    assert ticket.findings


@given(ANY.filter(lambda text: len(text.strip()) > 6 and not text.isascii()), st.integers(1, 7))
def test_no_finding_and_no_repr_holds_a_password(password: str, cells: int) -> None:
    """Also where the cells of the row have moved or the file makes no sense."""
    rows = [",".join([password] * cells), f"a@example.com,{password},x"]
    lines = [f"anna@example.com,{password}", "email,password,port", *rows]
    for first in range(2):
        data = "\n".join(lines[first:]).encode()
        ticket = read_ticket("1", {"ticket.yml": TICKET_YML, "mailboxes.csv": data, "users.csv": data})
        said = " ".join([finding.text() for finding in ticket.findings] + [repr(row) for row in ticket.mailboxes])
        assert password.strip() not in said


@pytest.mark.parametrize("missing", ["anna@example.com,\n", "anna@example.com\n"])
def test_a_password_is_never_made_up(missing: str) -> None:
    ticket = read_ticket("1", {"ticket.yml": TICKET_YML, "mailboxes.csv": f"email,password\n{missing}".encode()})
    assert not ticket.mailboxes
    assert "the password is missing" in ticket.findings[0].message
