# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The driver ``file``: updates as Markdown in one file, for those who have no ticket system or copy by hand."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Sequence
from dataclasses import dataclass

from ..core.page import markdown_text
from .values import NotTaken, Step, Update


@dataclass(frozen=True)
class FileDriver:
    """``path`` is the file; ``time`` is the moment in words that stands over an update."""

    path: str
    time: str

    def steps(self, update: Update) -> Sequence[Step]:
        """One step, known again by its mark in the file."""
        return (Step("comment", f"writes to {self.path}", lambda: self._append(update), repeatable=True),)

    def _append(self, update: Update) -> None:
        try:
            os.makedirs(os.path.dirname(self.path) or ".", mode=0o700, exist_ok=True)
            with open(os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND, 0o600), "r+b") as file:
                before = file.read()
                if _mark(update).encode() in before:
                    return
                end = "" if not before or before.endswith(b"\n") else "\n"
                file.write((end + self._text(update)).encode("utf-8", "backslashreplace"))
                file.flush()
                os.fsync(file.fileno())
        except OSError as error:
            raise NotTaken(
                f"it cannot be written ({error.strerror})", where=self.path, remedy="See to the file and its folder"
            ) from None

    def _text(self, update: Update) -> str:
        """The mark comes last: what was cut off half-way is written anew."""
        head = ["public" if update.public else "internal", *([f"status {update.status}"] if update.status else [])]
        lines = [markdown_text(line) for line in update.comment.splitlines()]
        files = [f"* {markdown_text(path)}" for path in update.attachments]
        blocks = [f"## {self.time} ({markdown_text(', '.join(head))})", "\n".join(lines), "\n".join(files)]
        return "\n\n".join(block for block in blocks if block) + f"\n\n{_mark(update)}\n\n"


def _mark(update: Update) -> str:
    return f"<!-- {hashlib.sha256(update.key.encode('utf-8', 'surrogatepass')).hexdigest()[:16]} -->"
