# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Values of the sync's core, with what a test does not care for filled in."""

from __future__ import annotations

import hashlib

from ansible_collections.mailops.migration.plugins.module_utils.core.digest import Digest
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import (
    APPENDED,
    CONFIRMED,
    Copy,
    Listed,
    Place,
    Row,
)


def digest(content: str) -> Digest:
    value = hashlib.sha256(content.encode()).digest()
    return Digest(value, value, len(content), len(content))


def listed(uid: int, *flags: str, size: int = 10) -> Listed:
    return Listed(uid, frozenset(flags), b"01-Jan-2024 10:00:00 +0000", size)


def copy(folder: str, uid: int, content: str = "a", uidvalidity: int = 9, internaldate: bytes = b"") -> Copy:
    return Copy(Place(folder, uidvalidity, uid), len(content), digest(content).canonical, internaldate)


def row(
    uid: int,
    content: str = "a",
    *,
    folder: str = "INBOX",
    copy_uid: int = 0,
    copy_uidvalidity: int = 0,
    uidnext: int = 1,
    state: str = CONFIRMED,
    flags: frozenset[str] | None = frozenset(),
    internaldate: bytes = b"",
) -> Row:
    return Row(
        id=uid,
        source=Place("INBOX", 1, uid),
        listed_size=10,
        internaldate=internaldate,
        digest=digest(content),
        destination=Place(folder, copy_uidvalidity, copy_uid),
        uidnext=uidnext,
        flags=flags,
        provenance=APPENDED,
        state=state,
        reason="",
        time=0.0,
    )
