# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Many entries at once into a collection that was just made, on Radicale.

Radicale reads the whole collection for each new resource, so that thousands of them one by one take very long. It also
takes a whole collection in one request, which replaces what is there: so this is done only to one that is empty, and
only if it still is what it was when it was seen empty (If-Match).
"""

from __future__ import annotations

from collections.abc import Sequence

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
_HEAD = f"BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:{PRODID}\r\n"
_XML = {"Content-Type": "application/xml; charset=utf-8"}


def put_all(http: DavHttp, collection: Collection, items: Sequence[Item]) -> bool:
    """Send what can be sent at once; false where nothing was. The caller looks what arrived.

    Left out is what the server might refuse, for it would refuse all, and events in time zones.
    """
    etag = _empty_on_radicale(http, collection) if len(items) >= LEAST else ""
    if not etag:
        return False
    fit = [item for item in items if _is_fit(item, collection.service)]
    body = _together(fit, collection).encode("utf-8", "replace")
    if len(fit) < LEAST or len(body) > _MOST_OCTETS:
        return False
    kind = "text/vcard" if collection.service is Service.CONTACTS else "text/calendar"
    headers = {"Content-Type": f"{kind}; charset=utf-8", "If-Match": etag}
    status = http.send("PUT", collection.url, body, headers).status
    if status == 412:
        # Somebody was quicker, or an answer was lost and the request came twice.
        raise ConnectionLost("the new collection was filled meanwhile", where=collection.path, remedy="Run again")
    done = status in (200, 201, 204)
    if done:
        http.send("PROPPATCH", collection.url, xml.display_name(collection.name), _XML)
    return done


def _empty_on_radicale(http: DavHttp, collection: Collection) -> str:
    """The tag of the collection if it is an empty one of Radicale's; else nothing."""
    body = xml.propfind("d:getetag", "d:sync-token")
    answer = http.send("PROPFIND", collection.url, body, {**_XML, "Depth": "1"})
    resources = xml.multistatus(answer.body) if answer.status == 207 else []
    if len(resources) != 1 or "//radicale.org/" not in resources[0].text("d:sync-token"):
        return ""
    return resources[0].text("d:getetag")


def _is_fit(item: Item, service: Service) -> bool:
    """Whether nothing speaks against it, and no time zone has to be defined: Radicale would do so in its own way."""
    return (service is Service.CONTACTS or "\r\nBEGIN:VTIMEZONE" not in item.text) and not complaint(item.text)


def _together(items: Sequence[Item], collection: Collection) -> str:
    if collection.service is Service.CONTACTS:
        return "".join(item.text for item in items)
    return f"{_HEAD}{''.join(map(_entries, items))}END:VCALENDAR\r\n"


def _entries(item: Item) -> str:
    """The text of a calendar from its first entry on."""
    start = item.text.index(f"\r\nBEGIN:{item.kind}\r\n") + 2
    return item.text[start:].removesuffix("END:VCALENDAR\r\n")
