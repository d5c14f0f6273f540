# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which flags each folder of the destination keeps: what it says when it is opened for changes, and what it refused."""

from __future__ import annotations

import json
import threading
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass

from ..core.errors import FolderRefused, Throttled
from ..core.flags import FlagChange, has_keyword, merge_flags, permitted
from ..imap.listing import Selected
from ..imap.session import Session
from ..imap.visits import Visit, visit_ahead
from .journal import Journal

_REFUSED = "refused_keywords"


@dataclass(frozen=True)
class Admission:
    """What one folder keeps. See :func:`permitted`."""

    permanent: frozenset[str] | None = None
    refused: frozenset[str] = frozenset()

    def permitted(self, flags: Iterable[str]) -> tuple[frozenset[str], frozenset[str]]:
        """See :func:`permitted`."""
        return permitted(flags, self.permanent, self.refused)

    def merge(self, base: frozenset[str], source: frozenset[str], destination: frozenset[str]) -> FlagChange | None:
        """See :func:`merge_flags`."""
        return merge_flags(base, source, destination, self.permanent, self.refused)


class KeptFlags:
    """What the folders of the destination keep, as far as it was asked for in this pass.

    With ``asking`` false no folder is opened for it (check mode). Keywords that a folder refused are in the journal, so
    that they are told once and not tried in every pass.
    """

    def __init__(self, journal: Journal, *, asking: bool) -> None:
        self._journal = journal
        self._asking = asking
        self._permanent: dict[str, frozenset[str] | None] = {}
        self._refused = defaultdict(frozenset[str], refused_keywords(journal))
        self._lock = threading.Lock()

    def of(self, folder: str) -> Admission:
        """What is known of this folder."""
        return Admission(self._permanent.get(folder), self._refused[folder])

    def note(self, folder: str, selected: Selected) -> None:
        """A folder was opened for changes and said this."""
        self._permanent[folder] = selected.permanent_flags

    def ask(self, session: Session, folder: str, flags: Iterable[str]) -> Admission:
        """What this folder keeps of these flags; it is opened only for keywords, and left again."""
        if self._asking and folder not in self._permanent and has_keyword(flags):
            self._permanent[folder] = None
            with suppress(FolderRefused):
                self.note(folder, session.look_into(folder))
        return self.of(folder)

    def ask_ahead(self, session: Session, wanted: Mapping[str, Iterable[str]]) -> None:
        """The same for many folders, with the flags that are to be kept in each. Raises Throttled."""
        folders = [name for name, flags in wanted.items() if name not in self._permanent and has_keyword(flags)]
        if not self._asking or not folders:
            return
        for visited in visit_ahead(session, deque(Visit(folder, (), b"SELECT") for folder in folders)):
            self._permanent[visited.visit.folder] = None
            if visited.selected is not None:
                self.note(visited.visit.folder, visited.selected)
            if isinstance(visited.error, Throttled):
                raise visited.error
        session.leave()

    def refuse(self, folder: str, keywords: Iterable[str]) -> None:
        """The folder did not take these keywords, and would not another time."""
        with self._lock:
            self._refused[folder] = self._refused[folder].union(map(str.lower, keywords))
            known = {name: sorted(words) for name, words in sorted(self._refused.items()) if words}
            self._journal.remember(_REFUSED, json.dumps(known))


def refused_keywords(journal: Journal) -> dict[str, frozenset[str]]:
    """The keywords, in lower case, that folders of the destination did not take."""
    known = json.loads(journal.recall(_REFUSED) or "{}")
    return {folder: frozenset(words) for folder, words in known.items()}
