# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a server tells of all folders: LIST, subscriptions, namespaces and STATUS, whatever it is able to."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable
from contextlib import suppress
from dataclasses import replace
from itertools import chain

from ..core.errors import ConnectionLost, Throttled
from ..core.folder_wire import WireNames, readable
from ..core.folders import NOT_SELECTABLE, Folder, Side
from . import diagnose
from .ahead import run_ahead
from .listing import ListLine, Namespaces, Status, parse_list, parse_namespaces, parse_status, quote
from .refusal import refusal
from .wire import Response, Tagged, Wire

_STATUS_ITEMS = b"MESSAGES UIDNEXT UIDVALIDITY"


def status_command(raw: bytes, capabilities: Collection[str]) -> bytes:
    """STATUS of one folder with the items that this engine uses."""
    return b"STATUS " + quote(raw) + b" (" + _status_items(capabilities) + b")"


def enables_utf8(capabilities: Collection[str]) -> bool:
    """Whether folder names are to be had in UTF-8 (RFC 6855 section 3); only then are 8-bit headers given out as is."""
    return "ENABLE" in capabilities and bool({"UTF8=ACCEPT", "UTF8=ONLY"} & set(capabilities))


def speaks_utf8(capabilities: Collection[str]) -> bool:
    """Whether the server has UTF-8 names without being asked: it knows nothing older than IMAP4rev2 (RFC 9051 5.1)."""
    return "IMAP4REV2" in capabilities and "IMAP4REV1" not in capabilities


class FolderList:
    """One listing of one side. ``names`` learns the spelling of all folders."""

    def __init__(self, wire: Wire, capabilities: frozenset[str], names: WireNames, where: str) -> None:
        self._wire = wire
        self._capabilities = capabilities
        self._names = names
        self._where = where

    def run(self) -> tuple[Side, dict[str, Status]]:
        """All folders, and the STATUS of those that can be opened; one round trip where LIST-STATUS is offered.

        A folder whose STATUS is refused has none. Raises FolderRefused and Throttled when there is no list to be had.
        """
        listed, subscribed, namespaces = self._ask()
        lines = _lines(listed)
        notes = self._names.learn(line.name for line in lines)
        folders = tuple(
            Folder(self._names.name(raw), line.delimiter, line.attributes, raw in subscribed)
            for raw, line in {line.name: line for line in reversed(lines)}.items()
        )[::-1]
        statuses = {self._names.name(raw): status for raw, status in filter(None, map(parse_status, listed))}
        missing = [f.name for f in folders if f.name not in statuses and not f.attributes & NOT_SELECTABLE]
        more, absent = self._status_ahead(missing)
        return self._side(_with_absent(folders, absent), notes, namespaces), statuses | more

    def names(self) -> frozenset[str]:
        """Only the names of all folders. Raises as :meth:`run` does."""
        lines = _lines(self._listed(*self._wire.run(b'LIST "" "*"')))
        self._names.learn(line.name for line in lines)
        return frozenset(self._names.name(line.name) for line in lines)

    def _has(self, *capabilities: str) -> bool:
        return self._capabilities.issuperset(capabilities)

    def _ask(self) -> tuple[list[Response], set[bytes], Namespaces | None]:
        """LIST, LSUB where it is needed and NAMESPACE in one round trip: what LIST told, the subscribed names, and the
        namespaces where the server tells them."""
        extended = self._has("LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE")
        lines = [self._list_command(extended=extended)]
        lines += [] if extended else [b'LSUB "" "*"']
        lines += [b"NAMESPACE"] if self._has("NAMESPACE") else []
        answers = run_ahead(self._wire, lines)
        listed = self._listed(*next(answers), answers)
        rest = list(answers)
        if extended:
            subscribed = {line.name for line in _lines(listed) if "\\subscribed" in line.attributes}
        else:
            subscribed = {line.name for line in _lines(rest[0][0])}
        responses = chain(listed, *(responses for responses, _tagged in rest))
        return listed, subscribed, next(filter(None, map(parse_namespaces, responses)), None)

    def _list_command(self, *, extended: bool) -> bytes:
        if extended:
            status = _status_items(self._capabilities)
            return b'LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE STATUS (' + status + b"))"
        special = b" RETURN (SPECIAL-USE)" if self._has("SPECIAL-USE", "LIST-EXTENDED") else b""
        return b'LIST "" "*"' + special

    def _listed(self, responses: list[Response], tagged: Tagged, others: Iterable[object] = ()) -> list[Response]:
        """What LIST told; raises its refusal once ``others``, the answers to what was sent with it, are read."""
        if tagged.ok:
            return responses
        with suppress(ConnectionLost):
            deque(others, maxlen=0)
        raise refusal(tagged, "the server does not list its folders", self._where)

    def _status_ahead(self, names: Iterable[str]) -> tuple[dict[str, Status], set[str]]:
        """STATUS of many folders, and those of them that do not exist.

        A server may spell a name in its answer in another way than in its list.
        """
        asked = [name for name in names if not set(self._names.raw(name)) & set(b"\r\n\0")]
        lines = (status_command(self._names.raw(name), self._capabilities) for name in asked)
        found: dict[str, Status] = {}
        refused: dict[str, Tagged] = {}
        for name, (responses, tagged) in zip(asked, run_ahead(self._wire, lines), strict=True):
            for raw, status in filter(None, map(parse_status, responses)):
                told = self._names.name(raw)
                found[told if told in asked else name] = status
            if not tagged.ok:
                refused[name] = tagged
        # One folder that is locked is its own matter; when all of them are, the server asks to wait.
        if refused and not found:
            error = refusal(next(iter(refused.values())), "the server gives no STATUS", self._where)
            if isinstance(error, Throttled):
                raise error
        return found, {name for name, tagged in refused.items() if diagnose.is_absence(tagged.words())}

    def _side(self, folders: tuple[Folder, ...], notes: Iterable[str], told: Namespaces | None) -> Side:
        delimiter = next((folder.delimiter for folder in folders if folder.delimiter), "/")
        labels = self._has("X-GM-EXT-1")
        if told is None:
            prefix = _guess_prefix(folders, delimiter)
            return Side(folders, delimiter, prefix, notes=tuple(notes), has_labels=labels, is_guessed=True)
        own, *further = told.personal or ((b"", delimiter),)
        delimiter = own[1] or delimiter
        prefix = self._prefix(*own)
        # Where everything else is shared, the personal folders must be told apart from it by their own prefix.
        foreign = [self._prefix(*each) for each in told.foreign]
        foreign = [each for each in foreign if each != prefix and (each or (prefix and not further))]
        return Side(folders, delimiter, prefix, tuple(foreign), tuple(notes), labels)

    def _prefix(self, raw: bytes, delimiter: str) -> str:
        """A namespace's prefix; the delimiter at its end, which some servers leave out, belongs to it."""
        prefix = readable(raw, utf8=self._names.utf8)
        return prefix + delimiter if prefix and not prefix.endswith(delimiter) else prefix


def _with_absent(folders: tuple[Folder, ...], absent: Collection[str]) -> tuple[Folder, ...]:
    """The folders with those marked that are listed only because they have folders below them.

    Dovecot with Maildir++ lists the name of a removed folder so, without saying that it cannot be opened.
    """
    return tuple(
        replace(folder, attributes=folder.attributes | {"\\nonexistent"})
        if folder.name in absent and any(each.name.startswith(f"{folder.name}{folder.delimiter}") for each in folders)
        else folder
        for folder in folders
    )


def _status_items(capabilities: Collection[str]) -> bytes:
    return _STATUS_ITEMS + (b" HIGHESTMODSEQ" if "CONDSTORE" in capabilities else b"")


def _lines(responses: Iterable[Response]) -> list[ListLine]:
    """LIST and LSUB lines. An empty name stands for the hierarchy itself."""
    return [line for line in map(parse_list, responses) if line and line.name]


def _guess_prefix(folders: tuple[Folder, ...], delimiter: str) -> str:
    """``INBOX.`` where all other folders lie below INBOX: a personal namespace that the server cannot tell."""
    prefix = f"INBOX{delimiter}"
    others = [folder.name for folder in folders if folder.name != "INBOX"]
    return prefix if others and all(name[: len(prefix)].upper() == prefix.upper() for name in others) else ""
