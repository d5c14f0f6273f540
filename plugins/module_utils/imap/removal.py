# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Empty folders are removed without the mail that arrives in them meanwhile.

DELETE takes a folder with whatever it holds by then. So it is given a name first that nobody delivers to, looked at
once more, and removed under that name. The name is made of the folder's own: a later run finds what one that was cut
off has left.
"""

from __future__ import annotations

import hashlib

from ..core.errors import FolderRefused
from ..core.folder_names import is_inbox, split_name
from ..core.folders import NOT_SELECTABLE, Side
from .change import delete_folder, move
from .dates import fetch_dates
from .refusal import refusal
from .session import Session

ARRIVED = "mail or a folder arrived in it just now"
_LEFT_ASIDE = "mail that arrived in it lies in {} and does not go back: {}. Move it by hand, then remove that folder"


class Removal:
    """Removes folders of one mailbox. Raises Throttled and ConnectionLost, after which another run goes on."""

    def __init__(self, session: Session, side: Side) -> None:
        self._session = session
        self._side = side
        # Names that hold folders only.
        self._levels = {folder.name for folder in side.folders if folder.attributes & NOT_SELECTABLE}

    def aside(self, name: str) -> str:
        """The name that a folder has while it is removed; beside its own."""
        head, levels = split_name(name, self._side)
        mark = f"mailops-removing-{hashlib.sha256(name.encode()).hexdigest()[:16]}"
        return head + self._side.delimiter.join((*levels[:-1], mark))

    def remove(self, name: str) -> str:
        """Remove a folder that was seen to be empty, and its subscription. Why it is there still, if it is."""
        if is_inbox(name):
            return "INBOX cannot be removed"
        try:
            if name in self._levels and not self._session.has_folder(name):
                delete_folder(self._session, name)
                return ""
            self._rename(name, self.aside(name))
        except FolderRefused as error:
            return error.what
        return self.settle(name)

    def settle(self, name: str) -> str:
        """Remove a folder that lies aside; what it holds is given back. Why one of the two is there still, if any."""
        try:
            problem = self._delete_empty(self.aside(name))
        except FolderRefused as error:
            problem = error.what
        if problem:
            return self._give_back(name, problem)
        if self._session.has_folder(name):
            return ARRIVED
        self._session.wire.run(b"UNSUBSCRIBE " + self._session.encode(name))
        return ""

    def _delete_empty(self, aside: str) -> str:
        below = aside + self._side.delimiter if self._side.delimiter else ""
        if below and any(name.startswith(below) for name in self._session.list_names()):
            return ARRIVED
        exists = self._session.examine(aside).exists
        self._session.leave()
        if exists:
            return ARRIVED
        delete_folder(self._session, aside)
        return ""

    def _give_back(self, name: str, problem: str) -> str:
        """Under its old name again; only its messages, where a folder of that name was made since."""
        aside = self.aside(name)
        try:
            if not self._session.has_folder(name):
                self._rename(aside, name)
                return problem
            if not self._session.has("MOVE"):
                raise FolderRefused("the server offers no MOVE")
            selected = self._session.select(aside)
            uids = [uid for uid, _unused in fetch_dates(self._session, selected.uidnext)] if selected.exists else []
            move(self._session, uids, name)
            self._session.leave()
            left = self._delete_empty(aside)
        except FolderRefused as error:
            self._session.leave()
            left = error.what
        return _LEFT_ASIDE.format(aside, left) if left else problem

    def _rename(self, name: str, new: str) -> None:
        _unused, tagged = self._session.wire.run(
            b"RENAME " + self._session.encode(name) + b" " + self._session.encode(new)
        )
        if not tagged.ok:
            raise refusal(tagged, "the server does not rename it", f"{self._session.where}, {name}")
