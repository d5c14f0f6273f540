# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""All resources of an empty collection in one request, as Radicale takes them.

Radicale reads its whole collection for each new resource (``has_uid``), so that thousands of them one by one take very
long. It also takes a whole collection in one request, which replaces what is there: so this is done only to one that is
empty, and only if it still is what it was when it was seen empty (If-Match). Time zones it then defines in its own
words, from 2000 on; :class:`.zones.TimesKept` tells where that is not enough.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from ..core.errors import ConnectionLost
from . import xml
from .collection import Collection
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
_ZONE = re.compile(r"^BEGIN:VTIMEZONE\r\n.*?^END:VTIMEZONE\r\n", re.DOTALL | re.MULTILINE)
_NAME = re.compile(r"^TZID:(.*(?:\r\n .*)*)\r$", re.MULTILINE)


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
    zones: dict[str, str] = {}
    for item in items:
        for text in _ZONE.findall(item.text):
            name = _NAME.search(text)
            zones.setdefault(name[1] if name else "", text)
    return f"{_HEAD}{''.join(zones.values())}{''.join(map(_entries, items))}END:VCALENDAR\r\n"


def _entries(item: Item) -> str:
    """The text of a calendar from its first entry on."""
    start = item.text.index(f"\r\nBEGIN:{item.kind}\r\n") + 2
    return item.text[start:].removesuffix("END:VCALENDAR\r\n")
