# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A source whose folders are labels: All Mail is listed once, and held against what the label folders show."""

from __future__ import annotations

from collections.abc import Mapping

from ..core.errors import FolderRefused
from ..core.labels import Labels
from ..core.message_list import MessageList
from .fetch import list_messages
from .listing import Status
from .session import Session

REMEDY = (
    "In the account's settings (Forwarding and POP/IMAP, Folder size limits) choose not to limit the number of messages"
    " in a folder, then run again"
)


class AllMail:
    """Lists folders, and says which of their messages are copied from there; see :class:`~..core.labels.Labels`.

    ``notes`` are sentences on messages that a label folder does not show and that go with All Mail instead. ``fault``
    is why All Mail is not all; empty when it is.
    """

    def __init__(self, labels: Labels) -> None:
        self.labels = labels
        self.notes: list[str] = []
        self.fault = ""
        self._listed: MessageList | None = None

    def look(self, session: Session, statuses: Mapping[str, Status]) -> MessageList:
        """List All Mail and compare; ``statuses`` are from before. Empty where there is none."""
        if not self.labels.all_mail:
            return MessageList()
        self._listed = self._list(session, self.labels.all_mail)
        if self._listed is None:
            return MessageList()
        told = self.labels.count(self._listed)
        for folder in self.labels.folders:
            shown = statuses[folder].messages if folder in statuses else 0
            if told[folder] > shown:
                self._note_hidden(session, folder)
            elif told[folder] < shown:
                self._note_lacking(session, folder, statuses)
        return self._listed

    def listed(self, folder: str) -> MessageList | None:
        """All that ``folder`` shows, if it was listed already."""
        return self._listed if folder == self.labels.all_mail else None

    def messages(self, session: Session, folder: str) -> MessageList:
        """All that ``folder`` shows; it is open."""
        listed = self.listed(folder)
        return list_messages(session) if listed is None else listed

    def _note_hidden(self, session: Session, folder: str) -> None:
        """Messages with the label that the folder does not show, unless it shows them by now."""
        listed = self._list(session, folder)
        if listed is None:
            return
        shown = {message.msgid for message in listed}
        having = (message.msgid for message in self._listed or () if folder in self.labels.homes(message))
        hidden = [msgid for msgid in having if msgid not in shown]
        if hidden:
            self.labels.hide(folder, hidden)
            self.notes.append(
                f"{folder}: the server does not show {len(hidden)} messages that have this label; those without another"
                f" label go with {self.labels.all_mail}. {REMEDY}"
            )

    def _note_lacking(self, session: Session, folder: str, statuses: Mapping[str, Status]) -> None:
        """Labelled messages that All Mail does not show, unless something changed since the listing."""
        known = {message.msgid for message in self._listed or ()}
        lacking = [message for message in self._list(session, folder) or () if message.msgid not in known]
        if lacking and _is_same(session.status(self.labels.all_mail), statuses.get(self.labels.all_mail)):
            self.fault = "the server does not show all mail there: what has no label and is older cannot be seen"

    def _list(self, session: Session, folder: str) -> MessageList | None:
        """None when the folder cannot be opened, which is told when its own turn comes."""
        try:
            return list_messages(session) if session.examine(folder).exists else MessageList()
        except FolderRefused:
            return None


def _is_same(now: Status, before: Status | None) -> bool:
    return before is not None and (now.messages, now.uidnext) == (before.messages, before.uidnext)
