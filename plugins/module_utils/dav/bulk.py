# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All resources of an empty collection in one request, as Radicale takes them.

Radicale reads its whole collection for each new resource (``has_uid``), so that thousands of them one by one take very
long; for one that takes the place of another it does not. It also takes a whole collection in one request, which
replaces what is there: so this is done only to one that is empty, and only if it still is what it was when it was seen
empty (If-Match). Time zones it would then define anew for each event, slowly and from 2000 on only; so an event in a
time zone goes in without that, as a :func:`stand_in`, and is then put in its place by itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from ..core.errors import ConnectionLost
from . import xml
from .blocks import Block, blocks_of
from .collection import Collection
from .content_line import Line
from .dav_http import DavHttp
from .discovery import Service
from .event import PRODID
from .values import Item
from .verdict import complaint

LEAST = 30
_MOST_OCTETS = 50_000_000
# What reading, checking and writing one resource may take on a slow machine.
_SECONDS_EACH = 0.1
_HEAD = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODID}\r\n"
# What a server says of a collection by itself; the rest of what it says was given to it.
_LIVE = ("{DAV:}", "{http://calendarserver.org/ns/}getctag")
_SETTABLE = (xml.clark("d:displayname"), xml.clark("c:supported-calendar-component-set"))
_XML = {"Content-Type": "application/xml; charset=utf-8"}


def stand_in(item: Item) -> str:
    """The text of the resource that holds the place of one with time zones: the same in local time; else its own."""
    if "\r\nBEGIN:VTIMEZONE" not in item.text:
        return item.text
    return "".join(_in_local_time(block).text for block in blocks_of(item.text.encode("utf-8", "replace")))


def _in_local_time(block: Block) -> Block:
    """Rules end in local time then, too: servers compare both."""
    lines = (_local(line) for line in block.lines)
    below = (_in_local_time(each) for each in block.blocks if each.kind != "VTIMEZONE")
    return replace(block, lines=tuple(lines), blocks=tuple(below))


def _local(line: Line) -> Line:
    if line.name in ("RRULE", "EXRULE"):
        return replace(line, value=re.sub(r"(UNTIL=\d{8}T\d{6})Z", r"\1", line.value))
    return line.without("TZID")


def put_all(http: DavHttp, collection: Collection, items: Sequence[Item], *, made: bool) -> bool:
    """Send all at once, where the server is one that takes it; false where nothing was sent.

    The caller looks what arrived. ``made``: the collection was just made, and has no properties that others gave it.
    Where the server refuses the whole for one of them, those that it might refuse are left out.
    """
    etag = _empty_on_radicale(http, collection) if len(items) >= LEAST else ""
    if not etag:
        return False
    properties = [xml.display_name(collection.name)] if made else _properties(http, collection)
    for some in (items, [item for item in items if _is_fit(item)]):
        body = _together(some, collection).encode("utf-8", "replace")
        if len(some) < LEAST or len(body) > _MOST_OCTETS:
            return False
        status = _sent(http, collection, body, etag, _SECONDS_EACH * len(some))
        if status in (200, 201, 204):
            http.send("PROPPATCH", collection.url, xml.proppatch(properties), _XML)
            return True
        if status in (0, 412):
            # The answer was lost, or somebody was quicker, or both: the same request came twice.
            return True
    return False


def _sent(http: DavHttp, collection: Collection, body: bytes, etag: str, patience: float) -> int:
    """The status of the answer; 0 where none came."""
    kind = "text/vcard" if collection.service is Service.CONTACTS else "text/calendar"
    headers = {"Content-Type": f"{kind}; charset=utf-8", "If-Match": etag}
    try:
        return http.send("PUT", collection.url, body, headers, patience).status
    except ConnectionLost:
        return 0


def _empty_on_radicale(http: DavHttp, collection: Collection) -> str:
    """The tag of the collection if it is an empty one of Radicale's; else nothing."""
    body = xml.propfind("d:getetag", "d:sync-token")
    answer = http.send("PROPFIND", collection.url, body, {**_XML, "Depth": "1"})
    resources = xml.multistatus(answer.body) if answer.status == 207 else []
    if len(resources) != 1 or "//radicale.org/" not in resources[0].text("d:sync-token"):
        return ""
    return resources[0].text("d:getetag")


def _properties(http: DavHttp, collection: Collection) -> list[Any]:
    """What users and programs gave the collection, such as name, colour and order."""
    answer = http.send("PROPFIND", collection.url, xml.propfind(), {**_XML, "Depth": "0"})
    found = xml.multistatus(answer.body)[0].properties if answer.status == 207 else {}
    return [each for name, each in found.items() if name in _SETTABLE or not (name.startswith(_LIVE) or len(each))]


def _is_fit(item: Item) -> bool:
    return "\r\nBEGIN:VTIMEZONE" not in item.text and not complaint(item.text)


def _together(items: Sequence[Item], collection: Collection) -> str:
    if collection.service is Service.CONTACTS:
        return "".join(item.text for item in items)
    return f"{_HEAD}{''.join(map(_entries, items))}END:VCALENDAR\r\n"


def _entries(item: Item) -> str:
    """The text of a calendar from its first entry on."""
    text = stand_in(item)
    start = text.index(f"\r\nBEGIN:{item.kind}\r\n") + 2
    return text[start:].removesuffix("END:VCALENDAR\r\n")
