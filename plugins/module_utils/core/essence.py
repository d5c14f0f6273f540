# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is left of a message when a server rewrites it while storing: Exchange, Domino and others add header fields,
fold lines anew, and drop blanks at the end. Bodies that differ are never taken for rewriting."""

from __future__ import annotations

import hashlib
import json
import re
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import TypeVar

from .digest import canonical_form

LONGEST_HEADER = 4 * 1024 * 1024
_BLANK = b" \t\r\n"
_END_OF_HEADER = re.compile(rb"\A\r*\n|\n\r*\n")
_FIELD = re.compile(rb"\r\n(?![ \t])")

Wanted = TypeVar("Wanted")
Found = TypeVar("Found")


@dataclass(frozen=True)
class Essence:
    """``fields`` are the header fields as (lower-case name, digest of the value without white space), each as often as
    it is there; ``body`` is the digest of the body without blanks at its end."""

    fields: Counter[tuple[bytes, bytes]]
    body: bytes

    def fields_as_text(self) -> str:
        """For keeping; see :func:`fields_from_text`."""
        return json.dumps(
            [[name.decode("latin-1"), value.hex(), count] for (name, value), count in self.fields.items()]
        )


def fields_from_text(text: str) -> Counter[tuple[bytes, bytes]]:
    """The fields of an essence that was kept."""
    return Counter({(name.encode("latin-1"), bytes.fromhex(value)): count for name, value, count in json.loads(text)})


@dataclass(frozen=True, slots=True)
class Rewriting:
    """What differs between a message and its copy. ``is_mere`` says that it is what servers do while storing."""

    words: str
    is_mere: bool


class EssenceStream:
    """Essence of a message that passes in pieces of any size."""

    def __init__(self) -> None:
        self._head = bytearray()
        self._header: bytes | None = None
        self._body = hashlib.sha256()
        self._held = b""

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        if self._header is not None:
            self._feed(piece)
            return
        self._head += piece
        end = _END_OF_HEADER.search(self._head)
        if end:
            self._split(end.start(), end.end())
        elif len(self._head) > LONGEST_HEADER:
            self._split(0, 0)

    def finish(self) -> Essence:
        """The essence of everything taken; the stream is used up."""
        if self._header is None:
            self._split(len(self._head), len(self._head))
        return Essence(_fields(canonical_form(self._header or b"")), self._body.digest())

    def _split(self, start: int, end: int) -> None:
        self._header = bytes(self._head[:start])
        self._feed(bytes(self._head[end:]))
        self._head.clear()

    def _feed(self, piece: bytes) -> None:
        data = self._held + piece
        solid = data.rstrip(_BLANK)
        self._held = data[len(solid) :]
        self._body.update(canonical_form(solid))


def essence_of(pieces: Iterable[bytes]) -> Essence:
    """The essence of a whole message."""
    stream = EssenceStream()
    for piece in pieces:
        stream.update(piece)
    return stream.finish()


def is_rewritten(source: Essence, copy: Essence) -> bool:
    """Whether ``copy`` may be what a server made of ``source``: the same body, and no header field lost or changed."""
    return source.body == copy.body and source.fields <= copy.fields


def rewriting(source: Essence, copy: Essence) -> Rewriting:
    """What differs, for messages that are not equal octet by octet."""
    return Rewriting(_changes(source, copy), is_rewritten(source, copy))


def _changes(source: Essence, copy: Essence) -> str:
    added, lost = copy.fields - source.fields, source.fields - copy.fields
    both = {name for name, _unused in added} & {name for name, _unused in lost}
    parts = [
        _named("header fields changed", both),
        _named("header fields lost", {name for name, _unused in lost} - both),
        _named("header fields added", {name for name, _unused in added} - both),
        "" if source.body == copy.body else "the body is another",
    ]
    return "; ".join(part for part in parts if part) or "lines folded anew or blanks at the end dropped"


def pair_rewritten(
    wanted: Sequence[tuple[Wanted, Essence]],
    found: Sequence[tuple[Found, Essence]],
    may_be: Callable[[Wanted, Found], bool],
) -> list[tuple[Wanted, Found]]:
    """Each of ``wanted`` with the first of ``found`` that a server may have made of it, each used once."""
    shelves: dict[bytes, deque[tuple[Found, Essence]]] = defaultdict(deque)
    for item in found:
        shelves[item[1].body].append(item)
    pairs = []
    for want, essence in wanted:
        shelf = shelves[essence.body]
        fit = next((item for item in shelf if is_rewritten(essence, item[1]) and may_be(want, item[0])), None)
        if fit is not None:
            shelf.remove(fit)
            pairs.append((want, fit[0]))
    return pairs


def _fields(header: bytes) -> Counter[tuple[bytes, bytes]]:
    found: Counter[tuple[bytes, bytes]] = Counter()
    for line in _FIELD.split(header):
        name, _unused, value = line.partition(b":")
        if line.strip():
            found[name.strip().lower(), hashlib.sha256(b"".join(value.split())).digest()[:16]] += 1
    return found


def _named(words: str, names: Iterable[bytes]) -> str:
    shown = sorted(name.decode("latin-1")[:60] for name in names)
    more = f" and {len(shown) - 5} more" if len(shown) > 5 else ""
    return f"{words}: {', '.join(shown[:5])}{more}" if shown else ""
