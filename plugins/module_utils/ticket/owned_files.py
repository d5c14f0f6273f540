# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whose contacts and calendars the files of a ticket are: told by a name that is an address, and by nothing else."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Literal

from .addresses import address_key, parse_address
from .findings import Finding, Findings

Kind = Literal["contacts", "calendars"]
State = Literal["file", "folder", "outside", "unreadable", "special"]

KINDS: tuple[Kind, ...] = ("contacts", "calendars")
ENDINGS: Mapping[Kind, tuple[str, ...]] = {
    "contacts": (".vcf", ".vcard"),
    "calendars": (".ics", ".ical", ".icalendar", ".vcs"),
}
# What systems leave in folders, by beginning: Apple's forks, its and Windows' own notes.
_LITTER = (".", "thumbs.db", "desktop.ini", "__macosx")
_SECOND_NAMES = {"contact": "contacts", "calendar": "calendars"}


@dataclass(frozen=True, slots=True)
class Entry:
    """Something that lies in the ticket's folder, by its path from there with ``/`` between the parts.

    ``outside``: a link that leads out of the folder of its kind. ``special``: neither a file nor a folder.
    """

    path: str
    state: State


@dataclass(frozen=True, slots=True)
class OwnedFile:
    """A file of contacts or of a calendar. ``owner`` is the address of a mailbox of the ticket at the destination."""

    path: str
    kind: Kind
    owner: str


def owned_files(
    entries: Iterable[Entry], owners: Mapping[str, str]
) -> tuple[tuple[OwnedFile, ...], tuple[Finding, ...]]:
    """The files that somebody owns, and what is wrong with the others.

    :param owners: destination addresses by the keys of all addresses under which the customer knows their mailboxes.
    """
    files: list[OwnedFile] = []
    found: list[Finding] = []
    listed = sorted(entries, key=lambda entry: entry.path)
    filled = {entry.path.rpartition("/")[0] for entry in listed}
    for entry in listed:
        if _is_litter(entry.path):
            continue
        findings = Findings(entry.path)
        owned = _owned(entry, owners, findings, empty=entry.path not in filled)
        files += [owned] if owned else []
        found += findings.all()
    return tuple(files), tuple(found)


def _is_litter(path: str) -> bool:
    return any(part.lower().startswith(_LITTER) for part in path.split("/"))


def _owned(entry: Entry, owners: Mapping[str, str], findings: Findings, *, empty: bool) -> OwnedFile | None:
    top, *parts = entry.path.split("/")
    kind = next((kind for kind in KINDS if kind == top), None)
    if kind is None or not parts:
        _check_place(entry, findings)
        return None
    if _is_unusable(entry, kind, findings):
        return None
    if entry.state == "folder":
        _check_folder(parts, owners, findings, kind, empty=empty)
        return None
    if len(parts) > 2:
        findings.error(0, "", "lies too deep to be read", f"Put it directly into {top}/{parts[0]}/")
    elif not parts[-1].lower().endswith(ENDINGS[kind]):
        _tell_ending(parts[-1], kind, findings)
    else:
        name = parts[0] if len(parts) == 2 else parts[0].rpartition(".")[0]
        owner = _owner(name, owners, findings, kind)
        return OwnedFile(entry.path, kind, owner) if owner else None
    return None


def _check_place(entry: Entry, findings: Findings) -> None:
    """Of what lies elsewhere in the ticket: whether it looks as if it was meant to be read."""
    name = entry.path.split("/")[0]
    meant = _SECOND_NAMES.get(name.lower(), name.lower())
    if name in KINDS and entry.state != "folder":
        unreadable = entry.state == "unreadable"
        remedy = "Give whoever runs the migration the right to read it" if unreadable else "Put a real folder there"
        findings.error(0, "", "cannot be opened" if unreadable else "is no folder of this ticket", remedy)
    elif entry.state == "folder" and "/" not in entry.path and meant in KINDS and name not in KINDS:
        findings.error(0, "", "is not read by this name", f"Rename the folder to {meant}")
    elif entry.state == "file" and "/" not in entry.path:
        kind = next((kind for kind in KINDS if name.lower().endswith(ENDINGS[kind])), None)
        if kind:
            findings.error(0, "", "lies where it is not read", f"Put it into {kind}/, named by its owner's address")


def _is_unusable(entry: Entry, kind: Kind, findings: Findings) -> bool:
    if entry.state == "outside":
        findings.error(0, "", f"is a link that leads out of {kind}/, and is not followed", "Put the file itself there")
    elif entry.state == "unreadable":
        findings.error(0, "", "cannot be opened", "Give whoever runs the migration the right to read it")
    elif entry.state == "special":
        findings.error(0, "", "is neither a file nor a folder", "Put the file itself there")
    else:
        return False
    return True


def _check_folder(parts: list[str], owners: Mapping[str, str], findings: Findings, kind: Kind, *, empty: bool) -> None:
    """A folder is told of itself only if nothing in it is: its files name what is wrong with it, too."""
    if empty:
        findings.warning(0, "", "is an empty folder", "Remove it, or ask the customer for the files")
    elif len(parts) == 1 and parts[0].lower().endswith(ENDINGS[kind]):
        findings.warning(0, "", "is a folder with the name of a file", "Name folders by the owner's address alone")


def _tell_ending(name: str, kind: Kind, findings: Findings) -> None:
    other = next((other for other in KINDS if other != kind and name.lower().endswith(ENDINGS[other])), None)
    if other:
        findings.error(0, "", f"does not belong into {kind}/", f"Move it to {other}/")
    else:
        findings.error(0, "format", f"is no {ENDINGS[kind][0]} file, and is not read", _remedy_for(name, kind))


def _remedy_for(name: str, kind: Kind) -> str:
    if name.lower().endswith((".zip", ".gz", ".tgz", ".7z", ".rar")):
        return "Unpack it, and put the files that are in it there"
    return f"Have it exported as {ENDINGS[kind][0]}, or remove it"


def _owner(name: str, owners: Mapping[str, str], findings: Findings, kind: Kind) -> str | None:
    example = f"{kind}/user@example.com{ENDINGS[kind][0]}"
    try:
        address = parse_address(name)
    except ValueError:
        findings.error(
            0, "owner", "has no owner: its name is no address", f"Name it by the mailbox it is for: {example}"
        )
        return None
    owner = owners.get(address_key(address))
    if owner is None:
        findings.error(
            0,
            "owner",
            "is of an address that is no mailbox of this ticket",
            "Correct the name, or add the address to mailboxes.csv or users.csv",
        )
    return owner
