# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What each key of ``ticket.yml`` may hold. A check takes a node and returns a plain value, or raises WrongValue."""

from __future__ import annotations

import re
import zoneinfo
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import LANGUAGES
from ansible_collections.mailops.migration.plugins.module_utils.core.labels import POLICIES
from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import (
    Server,
    parse_domain,
    parse_port,
    parse_server,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.presets import PRESETS
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import DAYS, Window, mistake
from ansible_collections.mailops.migration.plugins.module_utils.ticket.yaml_nodes import (
    ListNode,
    MapNode,
    Node,
    Scalar,
)

ENCRYPTIONS = ("tls", "starttls", "none")
AUTHS = ("login", "plain", "xoauth2", "oauthbearer")
# Of ticket_update.
TICKET_DRIVERS = ("file", "whmcs", "webhook")
OAUTH_GRANTS = ("refresh_token", "client_credentials", "service_account")
OAUTH_SECRETS = ("client_secret",)
OAUTH_FILES = ("client_secret_file", "certificate_file", "key_file", "ca_file")

_UNITS = {"": 1, "k": 10**3, "m": 10**6, "g": 10**9, "ki": 2**10, "mi": 2**20, "gi": 2**30}
_SIZE = re.compile(r"([0-9][0-9_]*)\s*([kmg]i?)?b?", re.IGNORECASE)
_TIME = r"([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9])?"
_MOMENT = re.compile(rf"([0-9]{{4}}-[0-9]{{2}}-[0-9]{{2}}[T ])?{_TIME}( ?(Z|[+-][0-9]{{2}}:?[0-9]{{2}}))?")
_DATED = re.compile(rf"20[0-9]{{2}}-[0-9]{{2}}-[0-9]{{2}}[T ]{_TIME}( ?(Z|[+-][0-9]{{2}}:?[0-9]{{2}}))?")
_ZONE = re.compile(r"[A-Za-z][A-Za-z0-9_+-]*(/[A-Za-z0-9_+-]+){0,2}")


class WrongValue(ValueError):
    """The text says what the value should be."""

    def __init__(self, expected: str, line: int) -> None:
        super().__init__(expected)
        self.expected = expected
        self.line = line


Value = TypeVar("Value")
Check = Callable[[Node], object]
Schema = Mapping[str, "Check | Schema | Repeated"]


@dataclass(frozen=True)
class Repeated:
    """A section that may stand once, or several times as a list.

    ``mistake`` says what is wrong with the values of one together, or nothing.
    """

    schema: Schema
    mistake: Callable[[dict[str, Any]], str]


def text(node: Node) -> str:
    return _scalar(node, "text").text


def flag(node: Node) -> bool:
    scalar = _scalar(node, "true or false")
    if scalar.kind != "bool":
        raise WrongValue("true or false", node.line)
    return scalar.text.lower() in ("true", "yes", "on")


def positive(node: Node) -> int:
    return int(_matching(node, r"[1-9][0-9]{0,8}", "a whole number greater than 0"))


def rate(node: Node) -> float:
    value = float(_matching(node, r"[0-9]{1,9}(\.[0-9]+)?", "a number greater than 0"))
    if not value:
        raise WrongValue("a number greater than 0", node.line)
    return value


def size(node: Node) -> int:
    found = _SIZE.fullmatch(_scalar(node, "a number of bytes").text.strip())
    if not found or not int(found[1]):
        raise WrongValue("a number of bytes such as 2500000000 or '2500 MB'", node.line)
    return int(found[1]) * _UNITS[(found[2] or "").lower()]


def moment(node: Node) -> str:
    expected = "a time such as '22:00' or '2027-03-31 22:00'"
    return _matching(node, _MOMENT, expected)


def dated(node: Node) -> str:
    """A date with its time, with or without a zone."""
    return _dated(node, "a date and time such as '2027-03-31 22:00'")


def edge(node: Node) -> str:
    """Where a window begins or ends. A time of the day is one of the ticket's zone."""
    expected = "a time such as '22:00' or '2027-03-31 22:00'"
    value = _scalar(node, expected).text.strip()
    return value if re.fullmatch(_TIME, value) else _dated(node, expected)


def zone(node: Node) -> str:
    expected = "a time zone that this machine knows, such as Europe/Berlin or UTC"
    name = _matching(node, _ZONE, expected)
    try:
        return name if name == "UTC" else zoneinfo.ZoneInfo(name).key
    except (zoneinfo.ZoneInfoNotFoundError, OSError):
        raise WrongValue(expected, node.line) from None


def digest(node: Node) -> str:
    expected = "the SHA-256 of a message: 64 hexadecimal digits"
    return _matching(node, r"(sha256:)?[0-9a-fA-F]{64}", expected)[-64:].lower()


def domain(node: Node) -> str:
    return _parsed(node, parse_domain, "a domain such as example.com")


def server(node: Node) -> Server:
    return _parsed(node, parse_server, "a server name such as imap.example.com")


def https_url(node: Node) -> str:
    return _matching(node, r"https://[^\s/@?#]+[^\s@?#]*", "an address that begins with https://")


def port(node: Node) -> int:
    return _parsed(node, parse_port, "a whole number from 1 to 65535")


def choice(*values: str) -> Check:
    def check(node: Node) -> str:
        expected = f"one of {', '.join(values)}"
        value = _scalar(node, expected).text
        if value not in values:
            raise WrongValue(expected, node.line)
        return value

    return check


def list_of(check: Check) -> Check:
    def check_all(node: Node) -> tuple[object, ...]:
        if not isinstance(node, ListNode):
            raise WrongValue("a list", node.line)
        return tuple(map(check, node.items))

    return check_all


def server_map(node: Node) -> dict[str, Server]:
    expected = "a map of domains to servers, such as 'example.com: imaps://imap.old.example'"
    if not isinstance(node, MapNode):
        raise WrongValue(expected, node.line)
    found = {}
    for key, value in node.entries:
        try:
            found[parse_domain(key.text)] = server(value)
        except ValueError:
            raise WrongValue(expected, key.line) from None
    return found


def text_map(node: Node) -> dict[str, str]:
    if not isinstance(node, MapNode):
        raise WrongValue("a map of names to names", node.line)
    return {key.text: text(value) for key, value in node.entries}


TICKET: Schema = {
    "domains": list_of(domain),
    "source": {
        "imap_server": server,
        "port": port,
        "encryption": choice(*ENCRYPTIONS),
        "auth": choice(*AUTHS),
        "preset": choice(*PRESETS),
        "ca_file": text,
        "validate_certs": flag,
        "oauth": {
            "grant": choice(*OAUTH_GRANTS),
            "token_url": https_url,
            "client_id": text,
            "client_secret": text,
            "scope": text,
            "tenant": text,
            "authority": https_url,
            **dict.fromkeys(OAUTH_FILES, text),
        },
    },
    "sources": server_map,
    "include_trash": flag,
    "include_junk": flag,
    "gmail_labels": choice(*POLICIES),
    "folders": {"include": list_of(text), "exclude": list_of(text), "rename": text_map},
    "limits": {
        "connections": positive,
        "server_connections": positive,
        "messages_per_second": rate,
        "bytes_per_day": size,
        "deadline": moment,
    },
    "window": Repeated(
        {
            "start": edge,
            "end": edge,
            "days": list_of(choice(*DAYS)),
            "not_before": dated,
            "not_after": dated,
            "requested": dated,
        },
        mistake=lambda values: mistake(Window(**values)),
    ),
    "timezone": zone,
    "language": choice(*LANGUAGES),
    "ticket_system": {"driver": choice(*TICKET_DRIVERS), "reference": text},
    "accepted": list_of(digest),
    "merge": flag,
    "recopy": flag,
    "verified": text_map,
    "old_mx": text_map,
    "confirm_inferred": flag,
    "notes": text,
}


def _scalar(node: Node, expected: str) -> Scalar:
    if not isinstance(node, Scalar) or node.kind == "null" or node.kind.startswith("!"):
        raise WrongValue(expected, node.line)
    return node


def _matching(node: Node, pattern: str | re.Pattern[str], expected: str) -> str:
    value = _scalar(node, expected).text.strip()
    if not re.fullmatch(pattern, value):
        raise WrongValue(expected, node.line)
    return value


def _dated(node: Node, expected: str) -> str:
    value = _matching(node, _DATED, expected)
    try:
        datetime.fromisoformat(value[:10])
    except ValueError:
        raise WrongValue(expected, node.line) from None
    return value


def _parsed(node: Node, parse: Callable[[str], Value], expected: str) -> Value:
    try:
        return parse(_scalar(node, expected).text)
    except ValueError:
        raise WrongValue(expected, node.line) from None
