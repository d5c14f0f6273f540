# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Telling a server that hangs up during TLS from one whose certificate is wrong: libraries call both a fault of TLS."""

from __future__ import annotations

# Of the module ssl: the connection ended without a word, or with TLS's own.
_ENDED = frozenset({"SSLEOFError", "SSLZeroReturnError"})
_BROKEN = (ConnectionResetError, ConnectionAbortedError, BrokenPipeError)


def hung_up(error: BaseException) -> bool:
    """Whether ``error``, or one that it was made from, says that the other side ended the connection."""
    waiting: list[object] = [error]
    known: set[int] = set()
    while waiting:
        each = waiting.pop()
        if not isinstance(each, BaseException) or id(each) in known:
            continue
        if type(each).__name__ in _ENDED or isinstance(each, _BROKEN):
            return True
        known.add(id(each))
        waiting += [*each.args, each.__cause__, each.__context__, getattr(each, "reason", None)]
    return False
