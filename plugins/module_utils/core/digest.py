# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Content digests: what makes a message itself, whatever the server that stores it."""

from __future__ import annotations

import hashlib
import re
from typing import NamedTuple

# Not preceded by CR, so that a long run of them is looked at once.
_LINE_END = re.compile(rb"(?<!\r)\r+\n")
_OTHERS = bytes(set(range(256)) - set(b"\r\n\0"))
# hashlib lets other threads in for each piece that is larger, which costs more than the digest of a small message.
_PIECE, _SMALL = 2047, 16 * 1024


class Digest(NamedTuple):
    """SHA-256 of a message as it was read, and of its canonical form.

    The canonical form is what servers agree on: every line end (CRLF, bare CR, bare LF, LF after several CR) is CRLF,
    NUL is 0x80, bare CR at the very end count for nothing (all three as Dovecot stores them), and a message that is not
    empty ends with a line end. ``size`` and ``canonical_size`` are octets. For nearly all mail both forms are the same
    octets.
    """

    raw: bytes
    canonical: bytes
    size: int
    canonical_size: int


def digest_of(data: bytes) -> Digest:
    """The digest of a whole message."""
    if _is_canonical(data) and (not data or data.endswith(b"\n")):
        value = _sha256(data)
        return Digest(value, value, len(data), len(data))
    stream = DigestStream()
    stream.update(data)
    return stream.finish()


class DigestStream:
    """Digest of a message that passes in pieces of any size."""

    def __init__(self) -> None:
        self._raw = hashlib.sha256()
        self._canonical = hashlib.sha256()
        self._size = 0
        self._canonical_size = 0
        self._held_cr = b""
        self._last = b""

    def update(self, piece: bytes) -> None:
        """Take the next piece."""
        if not piece:
            return
        self._raw.update(piece)
        self._size += len(piece)
        data = self._held_cr + piece if self._held_cr else piece
        settled = data.rstrip(b"\r") if data.endswith(b"\r") else data
        self._held_cr = data[len(settled) :]
        self._feed(settled)

    def finish(self) -> Digest:
        """The digest of everything taken; the stream is used up."""
        if self._size and self._last != b"\n":
            self._feed(b"\r\n")
        return Digest(self._raw.digest(), self._canonical.digest(), self._size, self._canonical_size)

    def _feed(self, data: bytes) -> None:
        canonical = data if _is_canonical(data) else canonical_form(data)
        if canonical:
            self._canonical.update(canonical)
            self._canonical_size += len(canonical)
            self._last = canonical[-1:]


def canonical_form(data: bytes) -> bytes:
    """``data`` with CRLF line ends and without NUL; what is particular to the end of a message is not done here."""
    lines = _LINE_END.sub(b"\n", data).replace(b"\r", b"\n")
    return lines.replace(b"\n", b"\r\n").replace(b"\0", b"\x80")


def _is_canonical(data: bytes) -> bool:
    ends = data.translate(None, _OTHERS)
    lines = len(ends) // 2
    return ends == b"\r\n" * lines and data.count(b"\r\n") == lines


def _sha256(data: bytes) -> bytes:
    if len(data) > _SMALL:
        return hashlib.sha256(data).digest()
    found = hashlib.sha256(data[:_PIECE])
    for start in range(_PIECE, len(data), _PIECE):
        found.update(data[start : start + _PIECE])
    return found.digest()
