# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each of a customer's attachments is, by what it holds; a file's name decides only between equals."""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.core.report_text import listing
from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import parse_address
from ansible_collections.mailops.migration.plugins.module_utils.ticket.columns import (
    KINDS,
    MAILBOXES,
    USERS,
    FileKind,
    match_header,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.decoding import decode
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.infer import is_comment, is_imapsync
from ansible_collections.mailops.migration.plugins.module_utils.ticket.table import (
    declared_delimiter,
    physical_lines,
    sniff_delimiter,
    split_lines,
)

# Larger ones are not read: a table of a hundred thousand rows has a tenth of it.
LARGEST = 100_000_000
_CARDS = (("BEGIN:VCARD", "contacts", ".vcf"), ("BEGIN:VCALENDAR", "calendars", ".ics"))
# The first octets of what is no text, and what to do with it.
_MAGIC = (
    (b"PK\x03\x04", "it is an archive (zip)", "Unpack it into the folder and run again"),
    (b"PK\x05\x06", "it is an empty archive (zip)", "Ask the customer for the files"),
    (b"\xd0\xcf\x11\xe0", "it is a document of an old Office program", "Save it as CSV (UTF-8) into the folder"),
    (b"%PDF", "it is a PDF", "Ask the customer for CSV, VCF or ICS files"),
    (b"\x1f\x8b", "it is compressed (gzip)", "Unpack it into the folder and run again"),
    (b"7z\xbc\xaf", "it is an archive (7z)", "Unpack it into the folder and run again"),
    (b"Rar!", "it is an archive (rar)", "Unpack it into the folder and run again"),
    (b"!BDN", "it is an Outlook data file (PST)", "Import it with Outlook; see the set-up instructions"),
    (
        b"\x78\x9f\x3e\x22",
        "it is Outlook's package of attachments (winmail.dat)",
        "Ask the customer for the files in it",
    ),
    (b"$ANSIBLE_VAULT", "it is encrypted with ansible-vault", "Put it into the ticket's folder under its name"),
)
# What a zip archive is known by that a program keeps its documents in.
_PACKED = (
    (b"xl/workbook", "spreadsheet (xlsx)"),
    (b"xl/worksheets", "spreadsheet (xlsx)"),
    (b"vnd.oasis.opendocument.spreadsheet", "spreadsheet (ods)"),
    (b"Index/CalculationEngine", "spreadsheet (Numbers)"),
    (b"word/document", "document (docx)"),
    (b"vnd.oasis.opendocument.text", "document (odt)"),
)
_SAVE_IT = "Save each table as CSV (UTF-8) into the folder and run again; see that passwords stay as they are"
_MESSAGE = re.compile(r"(?:(?:[A-Za-z][A-Za-z0-9-]*:.*|[ \t].*)\n)*?MIME-Version:", re.IGNORECASE)
_SAVE_ATTACHMENTS = "Save its attachments into the folder and run again"
_ADDRESS_BOOK = re.compile(r"phone|telefon|e-mail 1", re.IGNORECASE)
_NAME_IT = (
    "Name its columns in the first line (docs/csv.md), or copy it into the ticket's folder under the name that fits"
)
_NOT_PLAIN = re.compile(r"[^A-Za-z0-9@._+-]+")
_LONGEST_NAME = 100
_HINTS = {
    "mailboxes.csv": ("mailbox", "migrat", "postf", "umzug"),
    "users.csv": ("user", "benutzer"),
    "aliases.csv": ("alias",),
    "forwards.csv": ("forward", "weiterleit"),
    "lists.csv": ("list", "verteiler"),
}


@dataclass(frozen=True)
class Attachment:
    """A file that the customer sent. ``path`` is relative to the folder, with ``/`` between levels."""

    path: str
    data: bytes = b""
    # Why it was not read; empty when it was. And what to do then.
    unread: str = ""
    remedy: str = "Put the file itself into the folder, if it is needed"


@dataclass(frozen=True)
class Sorted:
    """Where an attachment belongs in the ticket's folder; or ``target`` is empty and ``reason`` says why nowhere.

    ``note`` is what the operator should know of a file that has a place.
    """

    path: str
    target: str = ""
    reason: str = ""
    remedy: str = ""
    note: str = ""


def sort_attachments(attachments: Iterable[Attachment]) -> list[Sorted]:
    """Give each attachment its place. Of several that would get the same one, none with other content gets it."""
    found = sorted(((each, _place(each)) for each in attachments), key=lambda pair: pair[0].path)
    contents: dict[str, set[bytes]] = {}
    for attachment, place in found:
        contents.setdefault(place.target, set()).add(hashlib.sha256(attachment.data).digest())
    doubled = {target: [a.path for a, p in found if p.target == target] for target in contents if target}
    return [_alone(place, doubled, len(contents[place.target]) > 1) for _attachment, place in found]


def _alone(place: Sorted, doubled: Mapping[str, Sequence[str]], differ: bool) -> Sorted:
    if not place.target or not differ:
        return place
    others = listing(path for path in doubled[place.target] if path != place.path)
    return replace(
        place,
        target="",
        reason=f"it would be {place.target}, and so would {others}",
        remedy="Bring them together in one file, or remove all but the right one, and run again",
    )


def _place(attachment: Attachment) -> Sorted:
    path, data = attachment.path, attachment.data
    if attachment.unread:
        return Sorted(path, reason=attachment.unread, remedy=attachment.remedy)
    if not data.strip():
        return Sorted(path, reason="it is empty", remedy="Ask the customer for it again")
    packed = next((kind for mark, kind in _PACKED if mark in data), "") if data.startswith(b"PK\x03\x04") else ""
    if packed:
        return Sorted(path, reason=f"it is a {packed}", remedy=_SAVE_IT)
    if data.startswith(b"\xd0\xcf\x11\xe0") and path.lower().endswith(".msg"):
        return Sorted(path, reason="it is an e-mail that Outlook saved", remedy=_SAVE_ATTACHMENTS)
    for magic, reason, remedy in _MAGIC:
        if data.startswith(magic):
            return Sorted(path, reason=reason, remedy=remedy)
    try:
        text = decode(data)[0]
    except ConfigurationError:
        text = "\0"
    if "\0" in text:
        return Sorted(path, reason="it is no text", remedy="Leave it, or ask the customer for CSV, VCF or ICS files")
    start = text.lstrip("\ufeff \t\r\n")[:40].upper()
    for first, folder, ending in _CARDS:
        if start.startswith(first):
            return _card(path, folder, ending)
    if _MESSAGE.match(text.lstrip().replace("\r\n", "\n")[:20_000]):
        return Sorted(path, reason="it is an e-mail", remedy=_SAVE_ATTACHMENTS)
    return _table(path, text)


def _card(path: str, folder: str, ending: str) -> Sorted:
    """Contacts and calendars keep their owner: a folder above or a file name that is an address."""
    *above, name = path.split("/")
    stem = name.rpartition(".")[0] or name
    owner = _address(stem)
    if owner:
        return Sorted(path, f"{folder}/{plain_name(owner)}{ending}")
    owner = next((found for part in reversed(above) if (found := _address(part))), "")
    if owner:
        return Sorted(path, f"{folder}/{plain_name(owner)}/{plain_name(stem)}{ending}")
    note = f"whose it is cannot be seen: rename it to the owner's address, such as anna@example.com{ending}"
    return Sorted(path, f"{folder}/{plain_name(stem)}{ending}", note=note)


def _address(text: str) -> str:
    try:
        return parse_address(text)
    except ValueError:
        return ""


def plain_name(text: str) -> str:
    """``text`` as a file name that no program reads as more; with a hash of what was left out of it."""
    plain = _NOT_PLAIN.sub("_", text).lstrip(".-")[:_LONGEST_NAME]
    return plain if plain and plain == text else f"{plain or 'file'}-{hashlib.sha256(text.encode()).hexdigest()[:8]}"


def _table(path: str, text: str) -> Sorted:
    lines = physical_lines(text)
    delimiter = declared_delimiter(lines)
    lines = lines[1:] if delimiter else lines
    fitting = list(_fitting(lines, delimiter))
    if not fitting:
        return _without_header(path, lines, delimiter)
    best = max(known for _kind, known in fitting)
    kinds = [kind for kind, known in fitting if known == best]
    if kinds == [USERS] and _is_hinted(MAILBOXES, path) and not _is_hinted(USERS, path):
        # A column of names speaks for users, and is in migration requests, too: a mistake would create mailboxes.
        kinds = [kind for kind, _known in fitting if kind in (MAILBOXES, USERS)]
        kinds = [MAILBOXES] if path.rpartition("/")[2] == MAILBOXES.name and MAILBOXES in kinds else kinds
    elif len(kinds) > 1:
        kinds = [kind for kind in kinds if _is_hinted(kind, path)] or kinds
    names = " or ".join(kind.name for kind in kinds)
    if len(kinds) == 1:
        return Sorted(path, names)
    return Sorted(
        path, reason=f"its columns fit {names}", remedy=f"Rename it to {names}, whichever it is, and run again"
    )


def _fitting(lines: Sequence[tuple[int, str]], delimiter: str) -> Iterator[tuple[FileKind, int]]:
    """The kinds that have all the columns they need in the first line that is no comment, and how many are theirs."""
    for kind in KINDS:
        chosen = delimiter or _delimiter_for(kind, lines)
        records = [line for line in split_lines(lines[:20], chosen, Findings("")) if not is_comment(line)]
        header = match_header(kind, records[0].cells) if records else None
        if header and header.recognised and not header.missing and not header.doubled:
            yield kind, header.recognised


def _delimiter_for(kind: FileKind, lines: Sequence[tuple[int, str]]) -> str:
    return sniff_delimiter(lines, lambda cells: match_header(kind, cells).recognised)


def _is_hinted(kind: FileKind, path: str) -> bool:
    return any(hint in path.rpartition("/")[2].casefold() for hint in _HINTS[kind.name])


def _without_header(path: str, lines: Sequence[tuple[int, str]], delimiter: str) -> Sorted:
    data = [line for line in lines if not line[1].lstrip().startswith("#")]
    chosen = delimiter or sniff_delimiter(data, lambda _cells: 0)
    records = split_lines(data[:100], chosen, Findings(""))
    if is_imapsync(records):
        note = "imapsync's form, without a header line: if that is right, write 'confirm_inferred: true' in ticket.yml"
        return Sorted(path, MAILBOXES.name, note=note)
    if records and _ADDRESS_BOOK.search(" ".join(records[0].cells)):
        remedy = "Ask the customer to export contacts as .vcf"
        return Sorted(path, reason="it looks like an address book in CSV, which is not imported", remedy=remedy)
    if any(_address(cell) for record in records[:5] for cell in record.cells):
        return Sorted(path, reason=f"it holds addresses, and {_header_problem(records[0].cells)}", remedy=_NAME_IT)
    return Sorted(
        path, reason="it is no table, no contacts and no calendar", remedy="Leave it; a person should read it"
    )


def _header_problem(cells: Sequence[str]) -> str:
    """Of the cells only names of columns are quoted: the line may be one of data."""
    known = max((match_header(kind, cells).known for kind in KINDS), key=len)
    if not known:
        return "no header line says what they are"
    return f"its columns fit no kind of file: known of them are {', '.join(cell for cell, _name in known)}"


def domains_in(tables: Mapping[str, bytes]) -> list[str]:
    """The domains of the mailboxes and users in ``tables`` (content by file name), the most frequent first."""
    found: Counter[str] = Counter()
    for kind in (MAILBOXES, USERS):
        found.update(_domains(kind, tables.get(kind.name, b"")))
    return [domain for domain, _times in found.most_common()]


def _domains(kind: FileKind, data: bytes) -> Iterator[str]:
    lines = physical_lines(decode(data)[0])
    chosen = declared_delimiter(lines) or _delimiter_for(kind, lines)
    records = split_lines(lines, chosen, Findings(""))
    names = next((match_header(kind, record.cells).names for record in records if not is_comment(record)), ())
    wanted = "destination_email" if "destination_email" in names else "email"
    for record in records:
        cells = [cell for cell, name in zip(record.cells, names, strict=False) if name == wanted]
        yield from (address.rpartition("@")[2] for cell in cells if (address := _address(cell)))
