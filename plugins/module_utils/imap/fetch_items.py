# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What one FETCH response says of a message (RFC 9051 section 7.5.2), whatever the order of its items."""

from __future__ import annotations

import re
from itertools import islice
from typing import NamedTuple

from .body import MemoryBody
from .labels import parse_labels
from .wire import Literal, Response

_FETCH = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)
_ITEM = re.compile(
    # The first one: what stands between quotes in a label is no item.
    rb'X-GM-LABELS \((?P<labels>(?:"(?:[^"\\]|\\.)*"|[^()"])*)\)|X-GM-MSGID (?P<msgid>\d{1,20})'
    rb'|UID (?P<uid>\d{1,10})|FLAGS \((?P<flags>[^)]*)\)|INTERNALDATE (?:"(?P<date>[^"]*)"|NIL)'
    rb'|RFC822\.SIZE (?P<size>\d{1,18})|(?:BODY\[\]|RFC822) (?P<body>NIL|"(?:[^"\\]|\\.)*"|~?\{\d+\})',
    re.IGNORECASE | re.DOTALL,
)
# What most servers answer, in the order that they were asked.
_PLAIN = re.compile(
    rb'\* \d+ FETCH \(UID (\d{1,10}) FLAGS \(([^()"{}]*)\) INTERNALDATE "([^"{}]*)"'
    rb" (?:BODY\[\] \{\d+\}|RFC822\.SIZE (\d{1,18}))\)"
)
_MARK = re.compile(rb"~?\{\d+\}")
# What may follow the octets of a message: the end, or another item up to the end.
_AFTER_LITERAL = re.compile(rb"\s*\)\s*|\s+[A-Z][A-Z0-9.-]*(?:\[[^\]]*\])?\s.*\)\s*", re.IGNORECASE | re.DOTALL)


class Items(NamedTuple):
    """What a FETCH response says of one message; ``body`` is what the sink made of its octets."""

    uid: int
    flags: frozenset[str] | None
    internaldate: bytes
    size: int
    body: Literal | None
    has_body: bool
    msgid: int = 0
    labels: frozenset[bytes] = frozenset()


class FlagWords:
    """Turns the octets of FLAGS into one shared frozenset per combination."""

    def __init__(self) -> None:
        self._known: dict[bytes, frozenset[str]] = {}

    def __call__(self, raw: bytes) -> frozenset[str]:
        flags = self._known.get(raw)
        if flags is None:
            flags = frozenset(raw.decode("latin-1").split())
            self._known[raw] = flags
        return flags


def is_whole(response: Response) -> bool:
    """Whether what follows the last literal is what may follow it: a length that is wrong leaves something else."""
    if response.text.endswith(b"})"):
        return True
    *_unused, last = islice(_MARK.finditer(response.text), len(response.literals))
    return _AFTER_LITERAL.fullmatch(response.text, last.end()) is not None


def parse_items(response: Response, flag_words: FlagWords) -> Items | None:
    """The items of a FETCH response, or None when it is another one. Items may stand in any order."""
    plain = _PLAIN.fullmatch(response.text)
    if plain is not None and len(response.literals) == (plain[4] is None):
        uid, words, date, size = plain.groups()
        flags = flag_words(words)
        if size is None:
            return Items(int(uid), flags, date, 0, response.literals[0], True)
        return Items(int(uid), flags, date, int(size), None, False)
    return _parse_any(response, flag_words)


def _parse_any(response: Response, flag_words: FlagWords) -> Items | None:
    start = _FETCH.match(response.text)
    # Without its end a text of opened brackets would be searched again from each of them.
    if start is None or not response.text.endswith(b")"):
        return None
    uid, date, size, msgid, has_body = 0, b"", 0, 0, False
    labels: frozenset[bytes] = frozenset()
    flags: frozenset[str] | None = None
    body: Literal | None = None
    for match in _ITEM.finditer(response.text, start.end()):
        kind = match.lastgroup
        value = match.group(kind) if kind else b""
        if kind == "uid":
            uid = int(value)
        elif kind == "flags":
            flags = flag_words(value)
        elif kind == "date":
            date = value
        elif kind == "size":
            size = int(value)
        elif kind == "msgid":
            msgid = int(value)
        elif kind == "labels":
            labels = parse_labels(value, response.literals)
        elif kind == "body":
            body, has_body = _body(value, response, match.start(kind)), True
    return Items(uid, flags, date, size, body, has_body, msgid, labels)


def _body(value: bytes, response: Response, start: int) -> Literal | None:
    if value.upper() == b"NIL":
        return None
    if value.startswith(b'"'):
        return MemoryBody(re.sub(rb"\\(.)", rb"\1", value[1:-1], flags=re.DOTALL))
    before = sum(1 for _unused in _MARK.finditer(response.text, 0, start))
    return response.literals[before] if before < len(response.literals) else None
