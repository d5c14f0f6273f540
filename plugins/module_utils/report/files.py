# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report for programs: JSON (docs/report.schema.json), and tables that a spreadsheet opens without harm."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Iterable, Sequence
from dataclasses import fields
from datetime import UTC, datetime
from typing import Any

from ..core.report_text import printable
from .values import ContactsLine, FolderLine, MailboxLine, TicketReport

# Of the JSON. It grows when a key is renamed, removed or means another thing.
SCHEMA = 1
# What a spreadsheet takes for the begin of a formula; some take the full-width forms for the same.
_FORMULA = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")


def as_json(report: TicketReport) -> str:
    """The whole. Times are ISO 8601 in UTC, null where there is none; sizes are octets."""
    told = {
        **vars(report),
        "made": time_text(report.made),
        "domains": [{**vars(each), "closed": time_text(each.closed)} for each in report.domains],
        "mailboxes": [_mailbox(line) for line in report.mailboxes],
        "groups": [{**vars(each), "places": [vars(place) for place in each.places]} for each in report.groups],
        "spans": [{**vars(each), "start": time_text(each.start)} for each in report.spans],
        "runs": [
            {**vars(each), "started": time_text(each.started), "ended": time_text(each.ended)} for each in report.runs
        ],
        "archive": [vars(each) for each in report.archive],
        "contacts": [_contacts(line) for line in report.contacts],
        "steps": [vars(each) for each in report.steps],
    }
    return json.dumps({"schema": SCHEMA, **told}, separators=(",", ":")) + "\n"


def _mailbox(line: MailboxLine) -> dict[str, Any]:
    return {**vars(line), "last": time_text(line.last), "folders": [vars(folder) for folder in line.folders]}


def _contacts(line: ContactsLine) -> dict[str, Any]:
    return {**vars(line), "last": time_text(line.last), "problems": [vars(each) for each in line.problems]}


def csv_files(report: TicketReport) -> dict[str, str]:
    """The tables by their file names."""
    mailbox_names = [field.name for field in fields(MailboxLine) if field.name != "folders"]
    folder_names = [field.name for field in fields(FolderLine)]
    mailboxes = ([_cell(getattr(line, name), name) for name in mailbox_names] for line in report.mailboxes)
    folders = (
        [line.mailbox, *(getattr(folder, name) for name in folder_names)]
        for line in report.mailboxes
        for folder in line.folders
    )
    places = (
        [
            group.kind,
            place.mailbox,
            place.folder,
            place.uid or "",
            place.count,
            place.detail or group.reason,
            group.remedy,
        ]
        for group in report.groups
        for place in group.places
    )
    contacts_names = [field.name for field in fields(ContactsLine) if field.name != "problems"]
    contacts = ([_cell(getattr(line, name), name) for name in contacts_names] for line in report.contacts)
    unimported = (
        [each.kind, line.mailbox, each.place, "", 1, each.reason, each.remedy]
        for line in report.contacts
        for each in line.problems
    )
    return {
        "mailboxes.csv": table(mailbox_names, mailboxes),
        "folders.csv": table(["mailbox", *folder_names], folders),
        "exceptions.csv": table(
            ["kind", "mailbox", "folder", "uid", "count", "reason", "remedy"], (*places, *unimported)
        ),
        "contacts.csv": table(contacts_names, contacts),
    }


def table(head: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A CSV table (RFC 4180). Texts that a spreadsheet would calculate, or a terminal act on, stay texts."""
    target = io.StringIO()
    writer = csv.writer(target)
    writer.writerow(head)
    writer.writerows([_harmless(cell) for cell in row] for row in rows)
    return target.getvalue()


def _harmless(cell: Any) -> Any:
    if not isinstance(cell, str):
        return "" if cell is None else cell
    marked = f"'{cell}" if cell.lstrip(" ").startswith(_FORMULA) else cell
    return printable(marked)


def _cell(value: Any, name: str) -> Any:
    return time_text(value) if name == "last" else value


def time_text(seconds: float | None) -> str | None:
    """ISO 8601 in UTC, to the second."""
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC).isoformat(timespec="seconds")
