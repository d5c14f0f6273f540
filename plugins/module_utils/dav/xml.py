# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""WebDAV's questions and answers (RFC 4918). The one place that imports lxml.

Answers come from outside: no document type is accepted, so that nothing in them expands or is fetched.
"""

from __future__ import annotations

import copy
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ..core.errors import MigrationError

try:
    from lxml import etree
except ImportError:  # reported by the module
    etree = None

DAV, CALDAV, CARDDAV = "DAV:", "urn:ietf:params:xml:ns:caldav", "urn:ietf:params:xml:ns:carddav"
_PREFIXES = {"d": DAV, "c": CALDAV, "a": CARDDAV}


class BadAnswer(MigrationError):
    """The server's answer is not what its protocol says."""


@dataclass(frozen=True)
class Resource:
    """One response of a multi-status answer: what was found of the resource; ``status`` 0 where only properties say."""

    href: str
    status: int = 0
    properties: Mapping[str, Any] = field(default_factory=dict)

    def text(self, name: str) -> str:
        """The text of a property such as ``d:getetag``; empty where it is missing."""
        found = self.properties.get(clark(name))
        return (found.text or "").strip() if found is not None else ""

    def raw(self, name: str) -> str:
        """The same with its white space."""
        found = self.properties.get(clark(name))
        return (found.text or "") if found is not None else ""

    def hrefs(self, name: str) -> list[str]:
        """The addresses that a property holds."""
        found = self.properties.get(clark(name))
        return [each.text.strip() for each in found.iter(clark("d:href")) if each.text] if found is not None else []

    def children(self, name: str) -> list[Any]:
        """The elements in a property."""
        found = self.properties.get(clark(name))
        return list(found) if found is not None else []

    def has(self, name: str, child: str) -> bool:
        """Whether a property holds an element, such as ``c:calendar`` in ``d:resourcetype``."""
        return any(each.tag == clark(child) for each in self.children(name))


def clark(name: str) -> str:
    """``d:href`` as ``{DAV:}href``."""
    prefix, _colon, local = name.partition(":")
    return f"{{{_PREFIXES[prefix]}}}{local}"


def multistatus(body: bytes) -> list[Resource]:
    """The responses of a 207 answer. Raises :class:`BadAnswer`."""
    root = parsed(body)
    if root.tag != clark("d:multistatus"):
        raise BadAnswer("the answer is no WebDAV multi-status", remedy="Check the address of the server")
    return [_resource(each) for each in root.iter(clark("d:response"))]


def parsed(body: bytes) -> Any:
    """The document's root. Raises :class:`BadAnswer`."""
    parser = etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False,
                             remove_comments=True, remove_pis=True)  # fmt: skip
    try:
        root = etree.fromstring(body, parser)
    except (etree.XMLSyntaxError, ValueError) as error:
        raise BadAnswer(f"the answer is not XML ({error})", remedy="Check the address of the server") from None
    if root.getroottree().docinfo.doctype:
        raise BadAnswer("the answer has a document type, which WebDAV has none of")
    return root


def precondition(body: bytes) -> str:
    """The name of the rule that a DAV:error names, such as ``no-uid-conflict``; empty where there is none."""
    try:
        root = parsed(body)
    except BadAnswer:
        return ""
    first = next((each for each in root if isinstance(each.tag, str)), None)
    return str(etree.QName(first).localname) if root.tag == clark("d:error") and first is not None else ""


def said(body: bytes) -> str:
    """What a DAV:error tells people, in one line; empty where it tells nothing."""
    try:
        root = parsed(body)
    except BadAnswer:
        return ""
    found = root.iter(clark("d:responsedescription")) if root.tag == clark("d:error") else ()
    return " ".join(" ".join(each.text or "" for each in found).split())[:200]


def propfind(*names: str) -> bytes:
    """The body that asks for these properties; without any, for all that the resource has."""
    root = _element("d:propfind")
    if not names:
        etree.SubElement(root, clark("d:allprop"))
        return _octets(root)
    prop = etree.SubElement(root, clark("d:prop"))
    for name in names:
        etree.SubElement(prop, clark(name))
    return _octets(root)


def multiget(report: str, data: str, hrefs: Sequence[str]) -> bytes:
    """The body that fetches resources with their tags: ``c:calendar-multiget`` and ``c:calendar-data``, or ``a:…``."""
    root = _element(report)
    prop = etree.SubElement(root, clark("d:prop"))
    for name in ("d:getetag", data):
        etree.SubElement(prop, clark(name))
    for href in hrefs:
        etree.SubElement(root, clark("d:href")).text = href
    return _octets(root)


def make_address_book(name: str) -> bytes:
    """The body of an extended MKCOL (RFC 5689)."""
    root = _element("d:mkcol")
    prop = etree.SubElement(etree.SubElement(root, clark("d:set")), clark("d:prop"))
    kinds = etree.SubElement(prop, clark("d:resourcetype"))
    for kind in ("d:collection", "a:addressbook"):
        etree.SubElement(kinds, clark(kind))
    etree.SubElement(prop, clark("d:displayname")).text = name
    return _octets(root)


def make_calendar(name: str, components: Sequence[str]) -> bytes:
    """The body of MKCALENDAR (RFC 4791, 5.3.1); without ``components`` the server decides what it holds."""
    root = _element("c:mkcalendar")
    prop = etree.SubElement(etree.SubElement(root, clark("d:set")), clark("d:prop"))
    etree.SubElement(prop, clark("d:displayname")).text = name
    if components:
        held = etree.SubElement(prop, clark("c:supported-calendar-component-set"))
        for component in components:
            etree.SubElement(held, clark("c:comp")).set("name", component)
    return _octets(root)


def proppatch(properties: Sequence[Any]) -> bytes:
    """The body that gives a resource these properties, elements of an answer or of :func:`display_name`."""
    root = _element("d:propertyupdate")
    prop = etree.SubElement(etree.SubElement(root, clark("d:set")), clark("d:prop"))
    for each in properties:
        prop.append(copy.deepcopy(each))
    return _octets(root)


def display_name(name: str) -> Any:
    """The name that people see, as a property."""
    element = _element("d:displayname")
    element.text = name
    return element


def _element(name: str) -> Any:
    return etree.Element(clark(name), nsmap=_PREFIXES)


def _octets(root: Any) -> bytes:
    return bytes(etree.tostring(root, xml_declaration=True, encoding="utf-8"))


def _resource(response: Any) -> Resource:
    properties: dict[str, Any] = {}
    for propstat in response.findall(clark("d:propstat")):
        if _status(propstat) in (0, 200):
            for prop in propstat.findall(clark("d:prop")):
                properties.update({each.tag: each for each in prop if isinstance(each.tag, str)})
    href = (response.findtext(clark("d:href")) or "").strip()
    return Resource(href, _status(response), properties)


def _status(element: Any) -> int:
    words = (element.findtext(clark("d:status")) or "").split()
    return int(words[1]) if len(words) > 1 and words[1].isdigit() else 0
