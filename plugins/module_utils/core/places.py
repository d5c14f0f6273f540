# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many places of messages, kept as ranges of uids."""

from __future__ import annotations

from collections.abc import Mapping

from .messages import Place
from .uids import UidSet


class Places:
    """The places with these uids, by folder and UIDVALIDITY."""

    def __init__(self, uids: Mapping[tuple[str, int], UidSet]) -> None:
        self._uids = {shelf: known for shelf, known in uids.items() if known}

    def __contains__(self, place: object) -> bool:
        if not isinstance(place, Place) or not self._uids:
            return False
        known = self._uids.get((place.folder, place.uidvalidity))
        return known is not None and place.uid in known
