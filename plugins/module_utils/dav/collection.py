# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The address book or calendar that entries go into: found by its slug or name, or made."""

from __future__ import annotations

from collections.abc import Container, Iterator
from dataclasses import dataclass
from urllib.parse import quote, unquote, urljoin, urlsplit

from ..core.errors import ConfigurationError, LoginRefused, MigrationError
from . import xml
from .dav_http import Answer, DavHttp, host_of
from .discovery import Service

COMPONENTS = ("VEVENT", "VTODO", "VJOURNAL")
_XML = {"Content-Type": "application/xml; charset=utf-8"}
_PROPERTIES = ("d:resourcetype", "d:displayname", "c:supported-calendar-component-set", "a:supported-address-data",
               "c:max-resource-size", "a:max-resource-size")  # fmt: skip
_TYPES = {Service.CONTACTS: "a:addressbook", Service.CALENDAR: "c:calendar"}


@dataclass(frozen=True)
class Collection:
    """An address book or a calendar. ``components`` are what a calendar takes, empty where it does not say.

    ``exists`` is false for one that check mode would make. ``max_size`` is in octets, 0 where none is told.
    """

    url: str
    service: Service
    name: str
    components: frozenset[str] = frozenset()
    keeps_newer: bool = False
    max_size: int = 0
    exists: bool = True

    @property
    def path(self) -> str:
        """What the record knows it by."""
        return unquote(urlsplit(self.url).path)

    def takes(self, component: str) -> bool:
        """Whether a calendar says that it takes such a component, or says nothing."""
        return not self.components or component in self.components


def find(
    http: DavHttp, home: str, service: Service, slug: str, name: str, taken: Container[str] = ()
) -> Collection:  # fmt: skip
    """The collection of that slug, or else of that name; where there is none, the one that would be made.

    ``taken`` are addresses of collections that are about to be made. A slug that another kind of collection has is not
    fit for this one, as on servers where both are in one home.
    """
    resources = _listed(http, home)
    there = {_slug(resource.href): resource for resource in resources}
    ours = [resource for resource in resources if resource.has("d:resourcetype", _TYPES[service])]
    for candidate in _candidates(slug, service):
        found = there.get(candidate)
        if found is not None and found in ours:
            return _collection(http, home, found, service)
        if found is None:
            named = [each for each in ours if each.text("d:displayname") in (name, slug)]
            if named:
                return _collection(http, home, named[0], service)
            url = urljoin(home, f"{quote(candidate)}/")
            if url not in taken:
                return Collection(url, service, name, exists=False)
    raise ConfigurationError(
        f"the names {slug}, {slug}-… are all taken by other collections", where=host_of(home),
        remedy="Give another name for this one",
    )  # fmt: skip


def make(http: DavHttp, wanted: Collection, home: str) -> Collection:
    """Make it; returns it as the server then describes it. Raises :class:`MigrationError` when the server does not."""
    answer = _asked_for(http, wanted)
    if answer.status in (404, 409) and http.send("MKCOL", home).status == 201:
        answer = _asked_for(http, wanted)
    if answer.status not in (200, 201):
        raise _not_made(answer, wanted)
    found = [each for each in _listed(http, home) if _slug(each.href) == _slug(wanted.url)]
    return _collection(http, home, found[0], wanted.service) if found else wanted


def _asked_for(http: DavHttp, wanted: Collection) -> Answer:
    if wanted.service is Service.CONTACTS:
        return http.send("MKCOL", wanted.url, xml.make_address_book(wanted.name), _XML)
    answer = http.send("MKCALENDAR", wanted.url, xml.make_calendar(wanted.name, COMPONENTS), _XML)
    if answer.status in (400, 403, 415, 422) and xml.precondition(answer.body):
        return http.send("MKCALENDAR", wanted.url, xml.make_calendar(wanted.name, ()), _XML)
    return answer


def _candidates(slug: str, service: Service) -> Iterator[str]:
    yield slug
    yield f"{slug}-{'contacts' if service is Service.CONTACTS else 'calendar'}"
    for number in range(2, 10):
        yield f"{slug}-{number}"


def _listed(http: DavHttp, home: str) -> list[xml.Resource]:
    answer = http.send("PROPFIND", home, xml.propfind(*_PROPERTIES), {**_XML, "Depth": "1"})
    if answer.status == 404:
        return []
    if answer.status in (401, 403):
        raise LoginRefused(
            f"the login may not see {urlsplit(home).path} (HTTP {answer.status})", where=host_of(home),
            remedy="Check the rights of the login, and principal",
        )  # fmt: skip
    if answer.status != 207:
        raise MigrationError(
            f"{urlsplit(home).path} cannot be listed (HTTP {answer.status})",
            where=host_of(home),
            remedy="Run again later",
        )
    own = unquote(urlsplit(home).path).rstrip("/")
    found = xml.multistatus(answer.body)
    return [each for each in found if unquote(urlsplit(each.href).path).rstrip("/") != own]


def _collection(http: DavHttp, home: str, resource: xml.Resource, service: Service) -> Collection:
    components = {each.get("name", "").upper() for each in resource.children("c:supported-calendar-component-set")}
    versions = {each.get("version", "") for each in resource.children("a:supported-address-data")}
    size = resource.text("c:max-resource-size") or resource.text("a:max-resource-size")
    url = http.allowed(home, resource.href)
    return Collection(
        url if url.endswith("/") else f"{url}/",
        service,
        resource.text("d:displayname") or _slug(resource.href),
        frozenset(components - {""}),
        "4.0" in versions,
        int(size) if size.isdigit() else 0,
    )


def _slug(href: str) -> str:
    return unquote(urlsplit(href).path).rstrip("/").rpartition("/")[2]


def _not_made(answer: Answer, wanted: Collection) -> MigrationError:
    kind = "address book" if wanted.service is Service.CONTACTS else "calendar"
    rule = xml.precondition(answer.body)
    return MigrationError(
        f"the {kind} {wanted.path} could not be made (HTTP {answer.status}{f', {rule}' if rule else ''})",
        where=host_of(wanted.url),
        remedy="Check that the login may make collections, or name one that exists",
    )
