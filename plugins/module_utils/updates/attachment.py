# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A file that goes along with an update."""

from __future__ import annotations

import base64
import mimetypes
import os
from dataclasses import dataclass

from .values import NotTaken


@dataclass(frozen=True)
class Attachment:
    """``name`` has no folder in it."""

    name: str
    kind: str
    data: bytes

    def base64(self) -> str:
        """The data as text."""
        return base64.b64encode(self.data).decode("ascii")


def read_attachment(path: str) -> Attachment:
    """Raises :class:`NotTaken`."""
    try:
        with open(os.path.expanduser(path), "rb") as file:
            data = file.read()
    except OSError as error:
        raise NotTaken(
            f"the attachment cannot be read ({error.strerror})",
            where=path,
            remedy="Put it back; the update waits for it",
        ) from None
    name = os.path.basename(path)
    return Attachment(name, mimetypes.guess_type(name)[0] or "application/octet-stream", data)
