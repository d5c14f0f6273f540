# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""LIST, STATUS and SELECT answers as values (RFC 9051 sections 7.3.1, 7.2, 7.1). Bytes in, values out."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from .wire import Response

_QUOTED = rb'"(?:[^"\\]|\\.)*"'
# A name without quotes ends at the end of the line or before extended data; some servers leave them off before spaces.
_NAME = rb"(?P<name>" + _QUOTED + rb"|\{\d+\}|[^\r\n]+?)"
_LIST = re.compile(
    rb"\* +(?:LIST|LSUB) +\((?P<attributes>[^)]*)\) +(?P<delimiter>NIL|"
    + _QUOTED
    + rb") +"
    + _NAME
    + rb" *(?: \(.*\) *)?\Z",
    re.IGNORECASE | re.DOTALL,
)
_NAMESPACE = re.compile(rb"\* +NAMESPACE +(.*)\Z", re.IGNORECASE | re.DOTALL)
_TOKEN = re.compile(rb"[()]|" + _QUOTED + rb"|[^ ()]+")
_STATUS = re.compile(rb"\* +STATUS +" + _NAME + rb" +\((?P<items>[^)]*)\)\s*\Z", re.IGNORECASE)
_EXISTS = re.compile(rb"\* (\d+) EXISTS", re.IGNORECASE)
_CODE = re.compile(rb"\* OK \[(UIDVALIDITY|UIDNEXT|HIGHESTMODSEQ|PERMANENTFLAGS) ([^\]]*)\]", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class ListLine:
    """One LIST or LSUB answer; ``name`` as the server wrote it (modified UTF-7 or UTF-8 octets)."""

    name: bytes
    delimiter: str | None
    attributes: frozenset[str]


@dataclass(frozen=True, slots=True)
class Namespaces:
    """Prefix, as the server wrote it, and delimiter of each namespace: one's own, and those of others and shared."""

    personal: tuple[tuple[bytes, str], ...]
    foreign: tuple[tuple[bytes, str], ...]


@dataclass(frozen=True, slots=True)
class Status:
    """STATUS of a folder. ``highestmodseq`` is 0 where the server keeps none (RFC 7162)."""

    messages: int
    uidnext: int
    uidvalidity: int
    highestmodseq: int = 0


@dataclass(frozen=True, slots=True)
class Selected:
    """An opened folder. ``permanent_flags`` is None when the server did not say."""

    exists: int
    uidvalidity: int
    uidnext: int
    highestmodseq: int
    permanent_flags: frozenset[str] | None


def parse_list(response: Response) -> ListLine | None:
    """The LIST or LSUB line of ``response``, or None."""
    match = _LIST.match(response.text)
    if match is None:
        return None
    attributes = frozenset(item.decode("ascii", "replace").lower() for item in match["attributes"].split())
    return ListLine(_name(match["name"], response), _delimiter(match["delimiter"]), attributes)


def parse_namespaces(response: Response) -> Namespaces | None:
    """The NAMESPACE line of ``response`` (RFC 2342), or None. What is malformed counts as not told."""
    match = _NAMESPACE.match(response.text)
    if match is None:
        return None
    kinds: list[list[list[bytes]]] = []
    depth = 0
    for token in _TOKEN.findall(match[1]):
        if token == b")":
            depth -= 1
        elif token == b"(":
            depth += 1
            if depth == 1:
                kinds.append([])
            elif depth == 2:
                kinds[-1].append([])
        elif depth == 0:
            kinds.append([])
        elif depth == 2:
            kinds[-1][-1].append(token)
    if not kinds:
        return None
    personal, *foreign = (tuple(_namespace(words, response) for words in kind if len(words) > 1) for kind in kinds)
    return Namespaces(personal, tuple(each for kind in foreign for each in kind))


def _namespace(words: list[bytes], response: Response) -> tuple[bytes, str]:
    return _name(words[0], response), _delimiter(words[1]) or ""


def parse_status(response: Response) -> tuple[bytes, Status] | None:
    """Folder name and STATUS of ``response``, or None. Items that the server left out are 0."""
    match = _STATUS.match(response.text)
    if match is None:
        return None
    words = match["items"].upper().split()
    items = {key: _number(value) for key, value in zip(words[::2], words[1::2], strict=False)}
    status = Status(
        items.get(b"MESSAGES", 0),
        items.get(b"UIDNEXT", 0),
        items.get(b"UIDVALIDITY", 0),
        items.get(b"HIGHESTMODSEQ", 0),
    )
    return _name(match["name"], response), status


def parse_selected(responses: Iterable[Response]) -> Selected:
    """What the untagged answers to SELECT or EXAMINE say."""
    exists = 0
    codes: dict[bytes, bytes] = {}
    for response in responses:
        match = _EXISTS.match(response.text)
        if match:
            exists = _number(match.group(1))
        match = _CODE.match(response.text)
        if match:
            codes[match.group(1).upper()] = match.group(2)
    permanent = codes.get(b"PERMANENTFLAGS")
    return Selected(
        exists,
        _number(codes.get(b"UIDVALIDITY", b"")),
        _number(codes.get(b"UIDNEXT", b"")),
        _number(codes.get(b"HIGHESTMODSEQ", b"")),
        None if permanent is None else frozenset(permanent.strip(b"()").decode("ascii", "replace").split()),
    )


def quote(name: bytes) -> bytes:
    """``name`` as a quoted string; it must hold neither CR, LF nor NUL."""
    return b'"' + name.replace(b"\\", b"\\\\").replace(b'"', b'\\"') + b'"'


def _delimiter(word: bytes) -> str | None:
    return None if word.upper() == b"NIL" else _unquote(word).decode("ascii", "replace") or None


def _number(raw: bytes) -> int:
    """A number of at most 63 bits (RFC 9051 section 9, ``number64``); what is none counts as not told."""
    number = int(raw) if raw.isdigit() and len(raw) < 20 else 0
    return number if number < 2**63 else 0


def _name(raw: bytes, response: Response) -> bytes:
    if raw.startswith(b"{"):
        literal = response.literals[0]
        return literal if isinstance(literal, bytes) else b""
    return _unquote(raw) if raw.startswith(b'"') else raw


def _unquote(raw: bytes) -> bytes:
    return re.sub(rb"\\(.)", rb"\1", raw[1:-1], flags=re.DOTALL)
