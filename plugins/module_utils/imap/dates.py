# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""UID FETCH of INTERNALDATE alone, window by window: a folder of any size in little memory."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator

from .refusal import refusal
from .session import Session
from .wire import Response

# Uids that one command names; the window grows where uids are far between.
WINDOW = 20_000
_LAST = 2**32 - 1
_PLAIN = re.compile(
    rb'\* \d+ FETCH \((?:UID (\d{1,10}) INTERNALDATE "([^"]*)"|INTERNALDATE "([^"]*)" UID (\d{1,10}))\)'
)
_FETCH = re.compile(rb"\* \d+ FETCH \(", re.IGNORECASE)
_UID = re.compile(rb"[( ]UID (\d{1,10})[ )]", re.IGNORECASE)
_DATE = re.compile(rb'[( ]INTERNALDATE (?:"([^"]*)"|NIL)', re.IGNORECASE)


def fetch_dates(
    session: Session, uidnext: int, *, first: int = 1, check: Callable[[], None] = lambda: None
) -> Iterator[tuple[int, bytes]]:
    """Uid and INTERNALDATE (empty where there is none) of the opened folder's messages from ``first`` to ``uidnext``.

    A ``uidnext`` of 0 is none: all are asked for at once. ``check`` is called between windows and ends this by raising.
    """
    last = uidnext - 1 if uidnext else _LAST
    window = WINDOW if uidnext else _LAST
    while first <= last:
        check()
        end = min(first + window - 1, last)
        found = 0
        for uid, date in _window(session, first, end):
            found += 1
            yield uid, date
        first = end + 1
        window = window * 4 if found < window // 8 else WINDOW


def _window(session: Session, first: int, last: int) -> Iterator[tuple[int, bytes]]:
    tag = session.wire.command(b"UID FETCH %d:%d (UID INTERNALDATE)" % (first, last))
    for response in session.wire.untagged(tag):
        uid, date = _parse(response)
        if first <= uid <= last:
            yield uid, date
    tagged = session.wire.answered.pop(tag)
    if not tagged.ok:
        raise refusal(tagged, "the server refuses FETCH", session.where)


def _parse(response: Response) -> tuple[int, bytes]:
    """Uid and date; a uid of 0 for what is another response, such as flags that changed meanwhile."""
    plain = _PLAIN.fullmatch(response.text)
    if plain is not None:
        return int(plain[1]), plain[2]
    date, uid = _DATE.search(response.text), _UID.search(response.text)
    if uid is None or date is None or not _FETCH.match(response.text):
        return 0, b""
    return int(uid[1]), date[1] or b""
