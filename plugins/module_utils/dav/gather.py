# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All files of one user as resources: one per UID, equal entries once, and of each entry what became of it."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from .blocks import ENTRY_KINDS, Block, blocks_of
from .event import NoEvent, Part, calendar_text, part_of
from .meaning import meaning_of
from .mending import apart
from .values import Gathered, Item, Kind, Note, Origin, Refusal
from .vcard import NAMESPACE, Contact, NoContact, contact_of, display_name
from .zones import FileZones, troubles_of

# What a value raises that nobody has thought of: it must not keep the other entries out.
_ODD = (ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError)
_BROKEN = "Export this entry anew, or enter it by hand"


@dataclass
class _Pile:
    """What is found while files are read."""

    keeps_newer: bool
    contacts: list[tuple[Origin, Contact]] = field(default_factory=list)
    parts: list[tuple[Origin, Part]] = field(default_factory=list)
    refusals: list[Refusal] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    superseded: list[Origin] = field(default_factory=list)
    entries: dict[str, int] = field(default_factory=dict)


def gather(files: Mapping[str, bytes], *, keeps_newer: bool = False) -> Gathered:
    """The resources of ``files`` (their octets by the name under which they are reported).

    ``keeps_newer``: the address book takes vCard 4.0. Of entries with one UID that say different things, the one with
    the higher sequence number or the later change goes in and the others are superseded; where neither tells, all go
    in, the others under identifiers of their own.
    """
    pile = _Pile(keeps_newer)
    for name in sorted(files):
        _read(name, files[name], pile)
    items = [*_contacts(pile), *_events(pile)]
    superseded = tuple(dict.fromkeys(pile.superseded))
    return Gathered(tuple(items), tuple(pile.refusals), tuple(pile.notes), superseded, pile.entries)


# Reading


def _read(file: str, data: bytes, pile: _Pile) -> None:
    number = 0
    for block in blocks_of(data):
        if block.kind == "VCALENDAR":
            number = _read_calendar(file, number, block, pile)
            continue
        if block.kind == "VTIMEZONE":
            continue
        number += 1
        if block.kind == "VCARD":
            _read_contact(Origin(file, number, display_name(block)), block, pile)
        else:
            _read_component(file, number, block, Block("VCALENDAR", ()), FileZones(Block("VCALENDAR", ())), pile)
    pile.entries[file] = number
    if not number:
        reason = "it is empty" if not data.strip() else "there is no entry in it: no vCard, event, task or journal"
        pile.refusals.append(Refusal(Origin(file, 0), reason, "Export contacts as .vcf and calendars as .ics"))


def _read_calendar(file: str, number: int, calendar: Block, pile: _Pile) -> int:
    zones = FileZones(calendar)
    for block in calendar.blocks:
        if block.kind != "VTIMEZONE":
            number += 1
            _read_component(file, number, block, calendar, zones, pile)
    return number


def _read_contact(origin: Origin, block: Block, pile: _Pile) -> None:
    if block.trouble:
        pile.refusals.append(Refusal(origin, block.trouble, _BROKEN))
        return
    try:
        contact = contact_of(block, keeps_newer=pile.keeps_newer)
    except NoContact as error:
        pile.refusals.append(Refusal(origin, str(error), "Nothing to do, or enter the contact by hand"))
        return
    except _ODD as error:
        pile.refusals.append(Refusal(origin, _unread(error), _BROKEN))
        return
    origin = replace(origin, name=contact.name)
    pile.contacts.append((origin, contact))
    pile.notes += [Note(origin, text) for text in contact.notes]


def _read_component(file: str, number: int, block: Block, calendar: Block, zones: FileZones, pile: _Pile) -> None:
    origin = Origin(file, number, " ".join(block.first("SUMMARY").split()))
    if block.kind not in ENTRY_KINDS:
        reason = f"calendars hold events, tasks and journals, and this is a {block.kind}"
        pile.refusals.append(Refusal(origin, reason, "Nothing to do: it is no entry of a person's calendar"))
        return
    if block.trouble:
        pile.refusals.append(Refusal(origin, block.trouble, _BROKEN))
        return
    try:
        part, *exceptions = (part_of(each, calendar, zones) for each in apart(block))
    except NoEvent as error:
        pile.refusals.append(Refusal(origin, str(error), _BROKEN))
        return
    except _ODD as error:
        pile.refusals.append(Refusal(origin, _unread(error), _BROKEN))
        return
    origin = replace(origin, name=part.name)
    trouble, odd = troubles_of(part.block)
    if trouble:
        pile.refusals.append(Refusal(origin, f"it cannot be read: {trouble}", _BROKEN))
        return
    pile.parts += [(origin, each) for each in (part, *exceptions)]
    pile.notes += [
        Note(origin, text) for text in (*part.notes, *(f"carried as it is, though odd: {why}" for why in odd))
    ]


def _unread(error: Exception) -> str:
    return f"it cannot be read ({type(error).__name__}: {error})"[:200]


# Entries with one UID


def _contacts(pile: _Pile) -> Iterable[Item]:
    found: dict[str, list[Item]] = {}
    contacts: dict[str, Contact] = {}
    for origin, contact in pile.contacts:
        digest = meaning_of([contact.block])
        contacts[digest] = contact
        item = Item(contact.uid, Kind.CONTACT, contact.text, digest, (origin,), (0, contact.revision))
        item = replace(item, likeness=_likeness(origin, contact.name)) if contact.made_uid else item
        found.setdefault(contact.uid, []).append(item)
    for uid, items in found.items():
        first, *others = _states(items, pile)
        yield first
        for item in others:
            other = contacts[item.digest].under(_other_uid(uid, item.digest))
            yield replace(item, uid=other.uid, text=other.text, digest=meaning_of([other.block]))


def _states(items: Sequence[Item], pile: _Pile) -> list[Item]:
    """The states of one entry that go in: equal ones are one, older ones are superseded."""
    merged: dict[str, Item] = {}
    for item in items:
        known = merged.get(item.digest)
        merged[item.digest] = replace(item, origins=(*known.origins, *item.origins)) if known else item
    newest = max(item.version for item in merged.values())
    current = [item for item in merged.values() if item.version == newest]
    for item in merged.values():
        if item.version != newest:
            pile.superseded += item.origins
    return sorted(current, key=lambda item: item.digest)


def _other_uid(uid: str, digest: str) -> str:
    return str(uuid.uuid5(NAMESPACE, f"{uid}\n{digest}"))


def _events(pile: _Pile) -> Iterable[Item]:
    by_uid: dict[tuple[str, str], list[tuple[Origin, Part]]] = {}
    for origin, part in pile.parts:
        by_uid.setdefault((part.uid, part.kind), []).append((origin, part))
    taken: set[str] = set()
    for (uid, kind), parts in by_uid.items():
        chosen = _occurrences(parts, pile)
        masters, exceptions = chosen.pop("", []), [each[0] for each in chosen.values()]
        alone = [*masters[1:], *(extra for each in chosen.values() for extra in each[1:])]
        if masters or exceptions:
            # A task and an event with one UID are two resources, which servers refuse.
            own = uid if uid not in taken else _other_uid(uid, kind)
            taken.add(own)
            yield _item(own, kind, [*masters[:1], *exceptions])
        for state in alone:
            yield _item(_other_uid(uid, state.digest), kind, [state])


@dataclass(frozen=True)
class _State:
    """One state of one occurrence, with all entries that say the same."""

    part: Part
    digest: str
    origins: tuple[Origin, ...]


def _occurrences(parts: Sequence[tuple[Origin, Part]], pile: _Pile) -> dict[str, list[_State]]:
    """For each occurrence (empty: the master) its newest state; several where nothing tells which one is newer."""
    found: dict[str, dict[str, _State]] = {}
    for origin, part in parts:
        digest = meaning_of([part.block])
        states = found.setdefault(part.occurrence, {})
        known = states.get(digest)
        states[digest] = _State(part, digest, (*(known.origins if known else ()), origin))
    chosen = {}
    for occurrence, states in found.items():
        newest = max(state.part.version for state in states.values())
        pile.superseded += [each for state in states.values() if state.part.version != newest for each in state.origins]
        chosen[occurrence] = sorted(
            (state for state in states.values() if state.part.version == newest), key=lambda state: state.digest
        )
    return chosen


def _item(uid: str, kind: str, states: Sequence[_State]) -> Item:
    parts = [state.part if state.part.uid == uid else state.part.under(uid) for state in states]
    text = calendar_text(parts)
    together = sorted((each for state in states for each in state.origins), key=lambda each: each.number)
    origins = tuple(dict.fromkeys(together))
    version = max(part.version for part in parts)
    first = parts[0]
    likeness = _likeness(origins[0], f"{first.name}\n{first.block.first('DTSTART')}") if first.made_uid else ""
    return Item(uid, Kind(kind), text, meaning_of([part.block for part in parts]), origins, version, likeness)


def _likeness(origin: Origin, name: str) -> str:
    return hashlib.sha256(f"{origin.file}\n{name}".encode("utf-8", "replace")).hexdigest()
