# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which flags travel with a message, and when a changed flag is written at the destination (RFC 9051 section 2.3.2)."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from functools import lru_cache

SYSTEM_FLAGS = {flag.lower(): flag for flag in ("\\Answered", "\\Deleted", "\\Draft", "\\Flagged", "\\Seen")}
ANY_KEYWORD = "\\*"

# \Recent belongs to the server; \Deleted would let any client at the destination expunge the copy.
_NEVER_CARRIED = frozenset({"\\recent", "\\deleted"})

# Dovecot and others set these by themselves when a message arrives: nobody has touched the message.
_SERVER_MADE = frozenset({"$hasattachment", "$hasnoattachment"})

# A keyword is an atom (RFC 9051 section 9): anything else would break the command that carries it.
_ATOM = re.compile(r"[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")


@dataclass(frozen=True)
class FlagChange:
    """What to STORE at the destination, silently: ``add`` first, then ``remove``. Never both empty."""

    add: frozenset[str]
    remove: frozenset[str]


def permitted(
    flags: Iterable[str], permanent: frozenset[str] | None, refused: Collection[str] = ()
) -> tuple[frozenset[str], frozenset[str]]:
    """The flags that may be sent with a message, and those that the destination does not admit.

    ``permanent`` is the content of PERMANENTFLAGS; None means that the server said nothing, then all are allowed
    (RFC 9051 section 7.1). System flags come back in the RFC's spelling, keywords in the destination's where it lists
    them. ``\\Recent`` and ``\\Deleted`` are in neither set. A system flag unknown to the RFC is sent only when
    it is listed. ``refused`` are keywords, in lower case, that the destination did not take whatever it lists.
    """
    return _permitted(frozenset(flags), permanent, frozenset(refused))


@lru_cache(maxsize=4096)
def _permitted(
    flags: frozenset[str], permanent: frozenset[str] | None, refused: frozenset[str]
) -> tuple[frozenset[str], frozenset[str]]:
    listed = None if permanent is None else _by_key(permanent)
    kept, dropped = set(), set()
    for key, flag in _by_key(flags).items():
        if key in _NEVER_CARRIED:
            continue
        if key not in refused and _is_admitted(key, listed):
            kept.add(listed.get(key, flag) if listed else flag)
        else:
            dropped.add(flag)
    return frozenset(kept), frozenset(dropped)


def merge_flags(
    base: Iterable[str] | None,
    source: Iterable[str],
    destination: Iterable[str],
    permanent: frozenset[str] | None = None,
    refused: Collection[str] = (),
) -> FlagChange | None:
    """The three-way decision for one message; None means that nothing is written.

    ``base`` are the flags as last agreed; None (no base) means no write. A message whose destination flags differ from
    the base was touched there and is left alone as a whole; one that has got what is to be added, and has not lost yet
    what is to be removed, was left so by a pass that broke off. Flags are compared regardless of case, without those
    that never travel and those that servers set by themselves. ``permanent`` and ``refused`` (see `permitted`) limit
    what is added.
    """
    if base is None:
        return None
    agreed = _compared(base)
    wanted = _compared(source)
    admitted = _compared(permitted(source, permanent, refused)[0])
    if same_flags(destination, [*agreed, *admitted]):
        admitted = {}
    elif not same_flags(destination, base):
        return None
    add = frozenset(flag for key, flag in admitted.items() if key not in agreed)
    remove = frozenset(flag for key, flag in agreed.items() if key not in wanted)
    return FlagChange(add, remove) if add or remove else None


def has_keyword(flags: Iterable[str]) -> bool:
    """Whether there is a flag among them that not every server keeps."""
    return any(key not in SYSTEM_FLAGS and key not in _NEVER_CARRIED for key in map(str.lower, flags))


def same_flags(left: Iterable[str], right: Iterable[str]) -> bool:
    """Whether two sets of flags mean the same for a person: regardless of case, without what servers set themselves."""
    return _same(frozenset(left), frozenset(right))


@lru_cache(maxsize=4096)
def _same(left: frozenset[str], right: frozenset[str]) -> bool:
    return left == right or _compared(left).keys() == _compared(right).keys()


def is_deleted(flags: Iterable[str]) -> bool:
    """Whether ``\\Deleted`` is among them."""
    return any(flag.lower() == "\\deleted" for flag in flags)


def words(flags: Iterable[str]) -> frozenset[str]:
    """What distinguishes copies of one message: the flags in lower case, without those that never travel."""
    return frozenset(flag.lower() for flag in flags) - _NEVER_CARRIED


def _by_key(flags: Iterable[str]) -> dict[str, str]:
    """Flags by their lower-case form; system flags canonical, else the first spelling in sorted order."""
    found: dict[str, str] = {}
    for flag in sorted(flags):
        key = flag.lower()
        if key:
            found.setdefault(key, SYSTEM_FLAGS.get(key, flag))
    return found


def _compared(flags: Iterable[str]) -> dict[str, str]:
    ignored = _NEVER_CARRIED | _SERVER_MADE
    return {key: flag for key, flag in _by_key(flags).items() if key not in ignored}


def _is_admitted(key: str, listed: dict[str, str] | None) -> bool:
    if key in SYSTEM_FLAGS:
        return listed is None or key in listed
    if key.startswith("\\"):
        return listed is not None and key in listed and key != ANY_KEYWORD
    if not _ATOM.fullmatch(key):
        return False
    return listed is None or key in listed or ANY_KEYWORD in listed
