# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A vCard of any version as one that servers take: version 3.0 (RFC 2426), or 4.0 (RFC 6350) where they say so.

What has no place in 3.0 goes into the names that Apple and others use for it; what has none at all is named.
"""

from __future__ import annotations

import binascii
import re
import uuid
from dataclasses import dataclass, field, replace

from .blocks import Block
from .content_line import Line, Params, decode_text
from .escapes import escape, split_unescaped, strictly, unescape
from .meaning import meaning_of

NAMESPACE = uuid.UUID("4f6f0a3e-7d0c-5d59-9c0a-2f5c8d1e7b61")
"""What identifiers that are made from content are made in."""

_STRUCTURED = {"N", "ADR", "ORG"}
_LISTS = {"CATEGORIES", "NICKNAME"}
_BINARY = {"PHOTO", "LOGO", "SOUND", "KEY"}
# Properties of version 4.0 that 3.0 does not have, by the names under which programs keep them there.
_NEWER = {
    "KIND": "X-ADDRESSBOOKSERVER-KIND", "MEMBER": "X-ADDRESSBOOKSERVER-MEMBER", "ANNIVERSARY": "X-ANNIVERSARY",
    "GENDER": "X-GENDER", "LANG": "X-LANG", "RELATED": "X-RELATED", "FBURL": "X-FBURL", "CALURI": "X-CALURI",
    "CALADRURI": "X-CALADRURI", "CLIENTPIDMAP": "X-CLIENTPIDMAP", "XML": "X-XML",
}  # fmt: skip
_NEWER_PARAMS = {"ALTID", "PID", "INDEX", "LEVEL", "CALSCALE", "SORT-AS", "GEO", "TZ"}
_CUSTOM = re.compile(r"X-CUSTOM\(CHARSET\Z")
_DATA_URI = re.compile(r"data:([^;,]*)((?:;[^;,]*)*),(.*)\Z", re.DOTALL | re.IGNORECASE)
_NAMELESS = ("ORG", "NICKNAME", "EMAIL", "TEL", "URL", "IMPP", "ADR", "NOTE")


@dataclass
class _Card:
    """A vCard on its way: lines, and what could not be carried."""

    version: str
    lines: list[Line] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Contact:
    """A vCard that servers take. ``made_uid``: the file had none."""

    uid: str
    name: str
    revision: str
    block: Block
    notes: tuple[str, ...] = ()
    made_uid: bool = False

    @property
    def text(self) -> str:
        """The vCard as it is sent."""
        return "".join(["BEGIN:VCARD\r\n", *(line.folded() for line in self.block.lines), "END:VCARD\r\n"])

    def under(self, uid: str) -> Contact:
        """The same under another identifier."""
        lines = tuple(replace(line, value=uid) if line.name == "UID" else line for line in self.block.lines)
        return replace(self, uid=uid, block=replace(self.block, lines=lines))


class NoContact(ValueError):
    """A vCard that says nothing of anybody."""


def contact_of(block: Block, *, keeps_newer: bool = False) -> Contact:
    """The contact that a block is. ``keeps_newer``: the server takes version 4.0, which then stays as it is.

    Raises :class:`NoContact`.
    """
    card = _Card(_version(block))
    newer = card.version == "4.0" and keeps_newer
    agents = iter(each for each in block.blocks if each.kind == "VCARD")
    for line in block.lines:
        if line.name in ("VERSION", "BEGIN", "END"):
            continue
        if line.name == "AGENT" and not line.value.strip() and (agent := next(agents, None)) is not None:
            card.lines.append(Line("AGENT", (), escape(_agent_text(agent))))
            continue
        card.lines += [line] if newer else [part for each in _converted(line, card) for part in _strict_parts(each)]
    if not newer:
        card.lines = _with_sort_string(card.lines)
    _complete(card)
    return _identified(Block("VCARD", (Line("VERSION", (), "4.0" if newer else "3.0"), *card.lines)), block, card)


def display_name(block: Block) -> str:
    """What people call the contact; empty where it has no name of any kind."""
    formatted = _plain(block.first("FN"))
    if formatted:
        return formatted
    family, given, middle, prefix, suffix = (*split_unescaped(block.first("N"), ";"), *[""] * 5)[:5]
    whole = " ".join(filter(None, (_plain(part) for part in (prefix, given, middle, family, suffix))))
    return whole or next(filter(None, (_first_part(block.first(name)) for name in _NAMELESS)), "")


def _version(block: Block) -> str:
    said = block.first("VERSION").strip()
    if said in ("2.1", "3.0", "4.0"):
        return said
    old = any(line.decoded or line.first("ENCODING").upper() == "BASE64" for line in block.lines)
    return "2.1" if old else "3.0"


def _converted(line: Line, card: _Card) -> list[Line]:
    """The line in version 3.0."""
    called = _custom_label(line)
    if called:
        group = line.group or f"label{len(card.lines)}"
        given = replace(line, group=group, params=tuple(each for each in line.params if not _CUSTOM.match(each[0])))
        return [*_converted(given, card), Line("X-ABLABEL", (), escape(called), group)]
    line = replace(line, params=_joined_params(line.params))
    if card.version == "4.0":
        line = _from_newer(line, card)
    if line.name in _BINARY or line.first("ENCODING").upper() in ("B", "BASE64"):
        return [_binary(line)]
    if card.version == "2.1" or line.decoded:
        line = replace(line, value=_from_older(line), decoded=False)
    if line.name in ("ADR",) and line.values("LABEL"):
        label = Line(
            "LABEL", line.without("LABEL").params, escape(line.first("LABEL").replace("\\n", "\n")), line.group
        )
        return [line.without("LABEL"), label]
    return [line]


def _custom_label(line: Line) -> str:
    """The name that somebody gave a number on Android: ``X-CUSTOM(CHARSET=UTF-8,ENCODING=QUOTED-PRINTABLE,=C3=84)``."""
    found = next((values for name, values in line.params if _CUSTOM.match(name)), ())
    return decode_text(binascii.a2b_qp(found[-1].rstrip(")").encode()), found[0])[0] if found else ""


def _strict_parts(line: Line) -> list[Line]:
    """The line as the strictest reader wants it; nicknames one by one, for some servers keep but the first."""
    if line.name == "NICKNAME":
        return [replace(line, value=part.strip()) for part in split_unescaped(line.value, ",") if part.strip()]
    return [line if line.first("ENCODING") == "b" else strictly(line)]


def _joined_params(params: Params) -> Params:
    """Types in one parameter, as all that read vCards understand it; nothing twice, nothing empty."""
    merged: dict[str, list[str]] = {}
    for name, values in params:
        known = merged.setdefault(name, [])
        known += [value for value in values if value and value.upper() not in {each.upper() for each in known}]
    return tuple((name, tuple(values)) for name, values in merged.items() if values)


def _from_older(line: Line) -> str:
    """The value with the escapes of 3.0: version 2.1 knows one of them, and quoted-printable has none."""
    fields = split_unescaped(line.value, ";") if line.name in _STRUCTURED else [line.value]
    plain = [_plain_older(each, decoded=line.decoded) for each in fields]
    if line.name in _LISTS:
        return ",".join(escape(part.strip()) for part in re.split("[,;]", plain[0]) if part.strip())
    return ";".join(map(escape, plain))


def _plain_older(text: str, *, decoded: bool) -> str:
    if decoded:
        return re.sub(r"\\([;,:\\])", r"\1", text)
    return re.sub(r"\\([;,:\\nN])", lambda match: "\n" if match[1] in "nN" else match[1], text)


def _binary(line: Line) -> Line:
    """A picture, a sound or a key: ENCODING=b without white space, or the address where it is."""
    found = _DATA_URI.match(line.value.replace("\\,", ",").replace("\\;", ";"))
    if found and "base64" in found[2].lower():
        line = replace(line.without("VALUE", "MEDIATYPE", "ENCODING"), value=found[3])
        kind = found[1].rpartition("/")[2].upper()
        line = line.with_param("TYPE", kind) if kind and not line.values("TYPE") else line
        line = line.with_param("ENCODING", "b")
    if line.first("ENCODING").upper() in ("B", "BASE64"):
        value = re.sub(r"\s+|\\n", "", line.value)
        return replace(line.without("ENCODING", "VALUE").with_param("ENCODING", "b"), value=value)
    if line.first("VALUE").upper() in ("URL", "URI") or re.match(r"[a-z][a-z0-9+.-]*:", line.value, re.IGNORECASE):
        return line.with_param("VALUE", "uri")
    return replace(line, value=escape(line.value)) if line.decoded else line


def _from_newer(line: Line, card: _Card) -> Line:
    """The line of a version 4.0 vCard in 3.0's words."""
    for name in _NEWER_PARAMS & {key for key, _values in line.params}:
        if name == "SORT-AS":
            continue
        card.notes.append(f"the parameter {name} of {line.name} has no place in version 3.0")
        line = line.without(name)
    if line.values("PREF"):
        line = line.without("PREF").with_param("TYPE", *line.values("TYPE"), *(["PREF"] if line.first("PREF") else []))
    if line.name == "TEL" and line.value.lower().startswith("tel:"):
        line = replace(line.without("VALUE"), value=line.value[4:].replace(";ext=", " ext. "))
    if line.name == "UID":
        return line.without("VALUE")
    if line.name in ("ADR", "TZ", "GEO") and line.value.lower().startswith("geo:"):
        return replace(line.without("VALUE"), value=line.value[4:].replace(",", ";"))
    return replace(line, name=_NEWER.get(line.name, line.name))


def _with_sort_string(lines: list[Line]) -> list[Line]:
    """SORT-AS of version 4.0 as SORT-STRING."""
    found = next((line.first("SORT-AS") for line in lines if line.name in ("N", "FN") and line.values("SORT-AS")), "")
    rest = [line.without("SORT-AS") for line in lines]
    has = any(line.name == "SORT-STRING" for line in rest)
    return [*rest, Line("SORT-STRING", (), escape(found))] if found and not has else rest


def _complete(card: _Card) -> None:
    """FN and N as version 3.0 wants them, once each. Raises :class:`NoContact` where there is nothing to name it by."""
    block = Block("VCARD", tuple(card.lines))
    name = display_name(block)
    if not name:
        raise NoContact("it has no name, organisation, address or number")
    for wanted, value in (("FN", escape(name)), ("N", _name_fields(block, name))):
        filled = [line for line in card.lines if line.name == wanted and line.value.strip(" ;")]
        others = [line for line in card.lines if line.name != wanted]
        if not filled:
            filled = [Line(wanted, (), value)]
        for extra in filled[1:]:
            if extra.value.strip() != filled[0].value.strip():
                others.append(replace(extra, name=f"X-ALTERNATE-{wanted}"))
        card.lines = [filled[0], *others]


def _name_fields(block: Block, name: str) -> str:
    organisation = _first_part(block.first("ORG"))
    return ";;;;" if organisation == name else f"{escape(name)};;;;"


def _identified(block: Block, source: Block, card: _Card) -> Contact:
    notes = (*source.notes, *card.notes)
    uids = [line.value.strip() for line in block.lines if line.name == "UID" and line.value.strip()]
    rest = tuple(line for line in block.lines if line.name != "UID")
    block = replace(block, lines=rest)
    uid = unescape(uids[0]) if uids else str(uuid.uuid5(NAMESPACE, meaning_of([block], uid=False)))
    whole = replace(block, lines=(rest[0], Line("UID", (), escape(uid)), *rest[1:]))
    return Contact(uid, display_name(block), _revision(block.first("REV")), whole, notes, not uids)


def _revision(text: str) -> str:
    """REV in a form that can be compared: digits of a date, and of a time if there is one."""
    digits = re.sub(r"\D", "", text.partition(".")[0])
    return digits[:14].ljust(14, "0") if len(digits) >= 8 else ""


def _agent_text(block: Block) -> str:
    """The vCard of a deputy, inside a value."""
    try:
        return contact_of(block).text.replace("\r\n", "\n")
    except NoContact:
        return ""


def _plain(value: str) -> str:
    return " ".join(unescape(value).split())


def _first_part(value: str) -> str:
    return next(filter(None, map(_plain, split_unescaped(value, ";"))), "")
