# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Gmail's labels on the wire (X-GM-EXT-1): the list in a FETCH response."""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from ..core.folder_wire import WireNames
from .wire import Literal

_LABEL = re.compile(rb'"(?P<quoted>(?:[^"\\]|\\.)*)"|(?P<literal>\{\d+\})|(?P<atom>[^\s"]+)', re.DOTALL)


class LabelNames:
    """Turns the octets of labels into names, spelled as those of the folders; one frozenset per combination."""

    def __init__(self, names: WireNames) -> None:
        self._names = names
        self._known: dict[frozenset[bytes], frozenset[str]] = {}

    def __call__(self, raw: frozenset[bytes]) -> frozenset[str]:
        if raw not in self._known:
            self._known[raw] = frozenset(map(self._names.name, raw))
        return self._known[raw]


def parse_labels(raw: bytes, literals: Sequence[Literal] = ()) -> frozenset[bytes]:
    """The labels between the parentheses of X-GM-LABELS; those of the server begin with a backslash."""
    if b"{" not in raw:
        return _without_literals(raw)
    texts = iter([literal for literal in literals if isinstance(literal, bytes)])
    return frozenset(next(texts, b"") if match["literal"] else _text(match) for match in _LABEL.finditer(raw))


@lru_cache(maxsize=4096)
def _without_literals(raw: bytes) -> frozenset[bytes]:
    return frozenset(map(_text, _LABEL.finditer(raw)))


def _text(match: re.Match[bytes]) -> bytes:
    quoted = match["quoted"]
    return bytes(match["atom"]) if quoted is None else re.sub(rb"\\(.)", rb"\1", quoted, flags=re.DOTALL)
