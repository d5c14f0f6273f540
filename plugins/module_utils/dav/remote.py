# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""One collection over the wire: what is in it, by one listing and by reading many at once; and what is put there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

from ..core.errors import LoginRefused, MigrationError
from . import xml
from .blocks import Block, blocks_of
from .collection import Collection
from .dav_http import Answer, DavHttp, host_of
from .discovery import Service
from .escapes import unescape
from .meaning import meaning_of
from .record import Seen
from .values import Item, Kind

_AT_ONCE = 100
_XML = {"Content-Type": "application/xml; charset=utf-8"}
_REPORTS = {
    Service.CONTACTS: ("a:addressbook-multiget", "a:address-data"),
    Service.CALENDAR: ("c:calendar-multiget", "c:calendar-data"),
}
_MEDIA = {Service.CONTACTS: "text/vcard", Service.CALENDAR: "text/calendar"}


@dataclass(frozen=True)
class Put:
    """How a server took a resource. ``etag`` is empty where it told none; ``said`` is what it says to people."""

    status: int
    etag: str = ""
    rule: str = ""
    said: str = ""

    @property
    def done(self) -> bool:
        return self.status in (200, 201, 204)


class RemoteCollection:
    """A collection that exists. Resources go by the last part of their address (``name``)."""

    def __init__(self, http: DavHttp, collection: Collection) -> None:
        self._http = http
        self._collection = collection
        self._hrefs: dict[str, str] = {}

    def etags(self) -> dict[str, str]:
        """The tags of all resources, by name."""
        headers = {**_XML, "Depth": "1"}
        answer = self._http.send("PROPFIND", self._collection.url, xml.propfind("d:getetag"), headers)
        if answer.status == 404:
            return {}
        self._expect(answer, "listed")
        own = self._collection.path.rstrip("/")
        found = {}
        for resource in xml.multistatus(answer.body):
            path = unquote(urlsplit(resource.href).path)
            if path.rstrip("/") == own or path.endswith("/"):
                continue
            name = path.rpartition("/")[2]
            self._hrefs[name] = resource.href
            found[name] = resource.text("d:getetag")
        return found

    def read(self, names: Iterable[str]) -> Iterator[Seen]:
        """What these resources say, as far as they are there."""
        wanted = sorted(names)
        for start in range(0, len(wanted), _AT_ONCE):
            yield from self._read_some(wanted[start : start + _AT_ONCE])

    def put(self, name: str, item: Item, etag: str) -> Put:
        """Send a resource: a new one where ``etag`` is empty, else in place of the one with that tag."""
        condition = {"If-Match": etag} if etag else {"If-None-Match": "*"}
        kind = f"{_MEDIA[self._collection.service]}; charset=utf-8"
        if item.kind is Kind.CONTACT and "\r\nVERSION:4.0\r\n" in item.text[:60]:
            kind += "; version=4.0"
        headers = {"Content-Type": kind, **condition}
        answer = self._http.send("PUT", self._address(name), item.text.encode("utf-8", "replace"), headers)
        etag = answer.headers.get("etag", "").strip()
        return Put(answer.status, etag, xml.precondition(answer.body), xml.said(answer.body))

    def _read_some(self, names: Sequence[str]) -> Iterator[Seen]:
        report, data = _REPORTS[self._collection.service]
        body = xml.multiget(report, data, [self._href(name) for name in names])
        answer = self._http.send("REPORT", self._collection.url, body, {**_XML, "Depth": "1"})
        if answer.status != 207:
            yield from filter(None, map(self._read_one, names))
            return
        for resource in xml.multistatus(answer.body):
            text = resource.raw(data)
            name = unquote(urlsplit(resource.href).path).rpartition("/")[2]
            if text and name in names:
                yield _seen(name, resource.text("d:getetag"), text.encode("utf-8", "replace"))

    def _read_one(self, name: str) -> Seen | None:
        """A resource by itself, for servers that do not read many at once."""
        answer = self._http.send("GET", self._address(name))
        if answer.status == 404:
            return None
        if answer.status != 200:
            raise self._error(answer, "read")
        return _seen(name, answer.headers.get("etag", ""), answer.body)

    def _href(self, name: str) -> str:
        return self._hrefs.get(name) or urlsplit(self._address(name)).path

    def _address(self, name: str) -> str:
        return urljoin(self._collection.url, self._hrefs.get(name) or quote(name))

    def _expect(self, answer: Answer, what: str) -> None:
        if answer.status != 207:
            raise self._error(answer, what)

    def _error(self, answer: Answer, what: str) -> MigrationError:
        kind = LoginRefused if answer.status == 403 else MigrationError
        return kind(
            f"{self._collection.path} could not be {what} (HTTP {answer.status})",
            where=host_of(self._collection.url),
            remedy="Check the rights of the login, or run again later",
        )


def _seen(name: str, etag: str, data: bytes) -> Seen:
    blocks = blocks_of(data)
    return Seen(name, etag, next(_uids(blocks), ""), meaning_of(blocks))


def _uids(blocks: Iterable[Block]) -> Iterator[str]:
    for block in blocks:
        for each in (block, *block.blocks):
            uid = each.first("UID").strip()
            if uid and each.kind != "VTIMEZONE":
                yield unescape(uid)


def why_refused(answer: Put, item: Item) -> tuple[str, str] | None:
    """Reason and remedy where a server will never take this resource; None where another try may do."""
    told = ", ".join(filter(None, (f"HTTP {answer.status}", answer.rule, answer.said)))
    size = f"{len(item.text.encode('utf-8', 'replace')) / 1e6:.1f} MB"
    if answer.status == 413 or answer.rule == "max-resource-size":
        return (
            f"it is too large for the server ({size}; {told})",
            "Make its picture or attachment smaller, then import it",
        )
    if answer.rule in ("no-uid-conflict", "unique-scheduling-object-resource"):
        return (
            f"another entry has its identifier ({told})",
            "See whether it is in another collection of the user's; if so, there is nothing to do",
        )
    if answer.status in (400, 415, 422) or answer.rule in _CONTENT_RULES:
        return f"the server cannot read it ({told})", "Enter it by hand, or correct it in the file"
    if answer.status == 403 and answer.rule:
        return f"the server does not take it ({told})", "Enter it by hand, or correct it in the file"
    return None


_CONTENT_RULES = {
    "valid-calendar-data", "valid-calendar-object-resource", "supported-calendar-data", "supported-calendar-component",
    "valid-address-data", "supported-address-data", "min-date-time", "max-date-time", "max-instances",
    "max-attendees-per-instance",
}  # fmt: skip


def is_full(answer: Put) -> bool:
    """Whether the server has no room left for this user."""
    return answer.status == 507 or answer.rule in ("quota-not-exceeded", "sufficient-disk-space")
