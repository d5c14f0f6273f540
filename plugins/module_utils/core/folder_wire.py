# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folder names on the wire: the octets that a server lists, as text and back.

Servers spell names in modified UTF-7 (RFC 3501 section 5.1.3), in UTF-8 once that is enabled (RFC 6855), and, where
something else made the folder, in octets of any kind. Whatever text a name is shown as, the server gets its own octets.
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable
from itertools import groupby

_SHIFT = re.compile("&([^&-]*)-")
_PRINTABLE = re.compile(r"[ -~]")


def modified_utf7(text: str) -> bytes:
    """A mailbox name as IMAP4rev1 sends and most servers store it (RFC 3501 section 5.1.3)."""
    parts = []
    for printable, letters in groupby(text, lambda letter: " " <= letter <= "~"):
        run = "".join(letters)
        if printable:
            parts.append(run.replace("&", "&-").encode("ascii"))
        else:
            encoded = b64encode(run.encode("utf-16-be", "surrogatepass")).rstrip(b"=")
            parts.append(b"&" + encoded.replace(b"/", b",") + b"-")
    return b"".join(parts)


def from_modified_utf7(raw: bytes) -> str | None:
    """The text of a name in modified UTF-7; None for what is none, such as ``A&B``, ``&AGE-`` (an ``a``) or 8 bits."""
    if not raw.isascii():
        return None
    text = raw.decode("ascii")
    if "&" in _SHIFT.sub("", text):
        return None
    try:
        return _SHIFT.sub(lambda match: _shifted(match[1]), text)
    except ValueError:
        return None


def readable(raw: bytes, *, utf8: bool) -> str:
    """A name as people read it: modified UTF-7 unless ``utf8`` is enabled, else UTF-8, else Latin-1."""
    text = None if utf8 else from_modified_utf7(raw)
    if text is not None:
        return text
    try:
        return raw.decode("utf-8")
    except UnicodeDecodeError:
        return raw.decode("latin-1")


class WireNames:
    """Text and octets of the folder names of one account; all its sessions share one of these."""

    def __init__(self) -> None:
        self.utf8 = False
        self._names: dict[bytes, str] = {}
        self._raws: dict[str, bytes] = {"INBOX": b"INBOX"}

    def learn(self, raws: Iterable[bytes]) -> list[str]:
        """Take in the names of a listing; a sentence for each that reads like another one.

        Of several that read alike the one in proper spelling keeps the text; to the others ``~`` and eight hexadecimal
        digits of the SHA-256 of their octets are added. So none hides another, and the order does not matter.
        """
        notes = []
        for raw in sorted(set(raws) - self._names.keys(), key=lambda raw: (self._spelled(self._text(raw)) != raw, raw)):
            text = self._text(raw)
            name = text
            if text != "INBOX" and self._raws.get(text, raw) != raw:
                name = f"{text}~{hashlib.sha256(raw).hexdigest()[:8]}"
                notes.append(f'two folders are listed as "{text}"; the one that is spelled {raw!r} is called "{name}"')
            self._names[raw] = name
            self._raws.setdefault(name, raw)
        return notes

    def name(self, raw: bytes) -> str:
        """The text of a listed name, or of one that was not listed."""
        return self._names.get(raw) or self._text(raw)

    def raw(self, name: str) -> bytes:
        """The octets of a name: as it was listed, else in the server's spelling."""
        return self._raws.get(name) or self._spelled(name)

    def _text(self, raw: bytes) -> str:
        return "INBOX" if raw.upper() == b"INBOX" else readable(raw, utf8=self.utf8)

    def _spelled(self, name: str) -> bytes:
        return name.encode("utf-8", "surrogatepass") if self.utf8 else modified_utf7(name)


def _shifted(part: str) -> str:
    """The text between ``&`` and ``-``. Raises ValueError for what no encoder makes."""
    if not part:
        return "&"
    encoded = part.replace("/", "?").replace(",", "/") + "=" * (-len(part) % 4)
    text = b64decode(encoded, validate=True).decode("utf-16-be")
    if not text or _PRINTABLE.search(text):
        raise ValueError("these characters stand for themselves")
    return text
