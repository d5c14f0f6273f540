# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a user's address books and calendars are (RFC 6764, RFC 5397, RFC 4791 6.2.1, RFC 6352 7.1.1)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from urllib.parse import quote, urljoin, urlsplit

from ..core.errors import ConfigurationError, ConnectionLost, LoginRefused
from . import xml
from .dav_http import Answer, DavHttp, host_of

_DEPTH_0 = {"Depth": "0", "Content-Type": "application/xml; charset=utf-8"}

Resolve = Callable[[str, str], list[str]]
"""The records of a name and kind as texts; empty where there are none."""


class Service(StrEnum):
    """What is looked for."""

    CONTACTS = "carddav"
    CALENDAR = "caldav"


@dataclass(frozen=True)
class Whereabouts:
    """What is known before the server is asked.

    ``url`` may be empty: then ``domain`` is asked for its SRV and TXT records. ``principal`` is a path template with
    ``{user}``, ``{local}`` and ``{domain}`` of ``mailbox``, for logins other than the user's own.
    """

    url: str
    domain: str
    mailbox: str
    principal: str = ""


def home_of(http: DavHttp, where: Whereabouts, service: Service, resolve: Resolve) -> str:
    """The address of the collection in which the user's collections are. Raises what :class:`DavHttp` does."""
    tried: list[str] = []
    for base, path in _starts(where, service, resolve):
        if where.principal:
            return _home(http, urljoin(base, filled(where.principal, where.mailbox)), service, named=True)
        for address in dict.fromkeys(urljoin(base, each) for each in (path, f"/.well-known/{service}", "/")):
            principal = _principal(http, address, tried)
            if principal:
                return _home(http, principal, service, named=False)
    raise ConfigurationError(
        f"no {service} service is found there ({'; '.join(tried) or 'nothing to ask'})",
        where=where.url or where.domain,
        remedy="Give the server's address as url, with the path that its documentation names for clients",
    )


def filled(template: str, mailbox: str) -> str:
    """A path template with the mailbox's address in it. Raises :class:`ConfigurationError`."""
    local, _at, domain = mailbox.rpartition("@")
    values = {"user": mailbox, "local": local or mailbox, "domain": domain}
    for name, value in values.items():
        template = template.replace(f"{{{name}}}", quote(value, safe="@"))
    if "{" in template:
        raise ConfigurationError(
            f"{template!r} has a word in braces that is not known", where="principal",
            remedy="Use {user}, {local} and {domain}",
        )  # fmt: skip
    return template


def _starts(where: Whereabouts, service: Service, resolve: Resolve) -> Iterator[tuple[str, str]]:
    """Where to begin: a base address, and the path on it."""
    if where.url:
        parts = urlsplit(where.url)
        if not parts.hostname or parts.scheme not in ("http", "https") or "@" in parts.netloc:
            raise ConfigurationError(
                "url should be an address such as https://dav.example.com/, without user and password",
                remedy="Correct url",
            )
        yield where.url, parts.path or f"/.well-known/{service}"
        return
    name = f"_{service}s._tcp.{where.domain}"
    path = next((text.partition("=")[2] for text in _texts(resolve(name, "TXT")) if text.startswith("path=")), "")
    for host, port in _targets(resolve(name, "SRV")):
        yield f"https://{host}{'' if port == 443 else f':{port}'}/", path or f"/.well-known/{service}"
    yield f"https://{where.domain}/", f"/.well-known/{service}"


def _texts(records: list[str]) -> list[str]:
    return [record.strip('"') for record in records]


def _targets(records: list[str]) -> list[tuple[str, int]]:
    """Host and port of SRV records, the best first; a target of one dot says that there is no such service."""
    fields = [record.split() for record in records]
    good = [(int(each[0]), -int(each[1]), each[3].rstrip("."), int(each[2])) for each in fields if len(each) == 4]
    return [(host, port) for _priority, _weight, host, port in sorted(good) if host]


def _principal(http: DavHttp, address: str, tried: list[str]) -> str:
    """The address of the user's own principal, as ``address`` tells it; empty where it does not."""
    try:
        answer = http.follow("PROPFIND", address, xml.propfind("d:current-user-principal", "d:resourcetype"), _DEPTH_0)
    except ConnectionLost as error:
        tried.append(f"{address}: {error.what}")
        return ""
    resources = _resources(answer)
    for resource in resources:
        for href in resource.hrefs("d:current-user-principal"):
            return http.allowed(answer.url, href)
    tried.append(f"{urlsplit(address).path}: HTTP {answer.status}")
    return ""


def _home(http: DavHttp, principal: str, service: Service, *, named: bool) -> str:
    """The home that a principal names; a principal that was named by the operator and names none is one itself."""
    name = "a:addressbook-home-set" if service is Service.CONTACTS else "c:calendar-home-set"
    answer = http.follow("PROPFIND", principal, xml.propfind(name, "d:resourcetype"), _DEPTH_0)
    if named and answer.status == 404:
        # Radicale makes a user's home at the user's first login; until then the administrator has to.
        return _folder(principal)
    if answer.status in (403, 404):
        raise LoginRefused(
            f"the login may not see {urlsplit(principal).path} (HTTP {answer.status})", where=host_of(principal),
            remedy="Check principal and the rights of the login; users that never logged in may not exist there yet",
        )  # fmt: skip
    resources = _resources(answer)
    homes = [href for resource in resources for href in resource.hrefs(name)]
    if homes:
        return _folder(http.allowed(answer.url, homes[0]))
    if resources and named:
        return _folder(answer.url)
    raise ConfigurationError(
        f"{urlsplit(principal).path} names no home for {service}", where=host_of(principal),
        remedy="Check that the server offers it to this user, or give principal",
    )  # fmt: skip


def _resources(answer: Answer) -> list[xml.Resource]:
    return xml.multistatus(answer.body) if answer.status == 207 else []


def _folder(url: str) -> str:
    return url if url.endswith("/") else f"{url}/"
