# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``ticket.yml`` to settings. Every key has a default; an unknown key is an error with a suggestion."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.core.labels import POLICIES
from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import Server
from ansible_collections.mailops.migration.plugins.module_utils.ticket.decoding import decode
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.presets import PRESETS, Preset, preset_of_host
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import Auth, Encryption
from ansible_collections.mailops.migration.plugins.module_utils.ticket.schema import TICKET, Schema, WrongValue
from ansible_collections.mailops.migration.plugins.module_utils.ticket.yaml_nodes import MapNode, Node, parse_yaml

FILE = "ticket.yml"


@dataclass(frozen=True)
class Source:
    """Where mailboxes lie whose row names no server. None means that the ticket does not say."""

    imap_server: str | None = None
    port: int | None = None
    encryption: Encryption | None = None
    auth: Auth | None = None
    preset: str | None = None
    ca_file: str | None = None
    validate_certs: bool = True


@dataclass(frozen=True)
class Folders:
    """Decoded names at the source, levels separated by ``/``; exact or fnmatch patterns."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """None means no limit of the ticket's. ``bytes_per_day`` counts what is read from one source account."""

    connections: int | None = None
    server_connections: int | None = None
    messages_per_second: float | None = None
    bytes_per_day: int | None = None
    deadline: str | None = None


@dataclass(frozen=True)
class Window:
    """When the migration may run, in the ticket's time zone. No days means every day."""

    start: str | None = None
    end: str | None = None
    days: tuple[str, ...] = ()


@dataclass(frozen=True)
class TicketSystem:
    driver: str = "file"
    reference: str = ""


@dataclass(frozen=True)
class Settings:
    """All that ``ticket.yml`` says, with its defaults."""

    domains: tuple[str, ...] = ()
    source: Source = Source()
    include_trash: bool = False
    include_junk: bool = False
    folders: Folders = Folders()
    gmail_labels: str = POLICIES[0]
    limits: Limits = Limits()
    window: Window = Window()
    timezone: str = "UTC"
    ticket_system: TicketSystem = TicketSystem()
    accepted: tuple[str, ...] = ()
    merge: bool = False
    recopy: bool = False
    confirm_inferred: bool = False
    notes: str = ""


def read_settings(data: bytes, findings: Findings) -> Settings:
    """Return the settings; a key that is wrong is a finding and keeps its default."""
    try:
        root = parse_yaml(decode(data)[0])
    except ConfigurationError as problem:
        line = int(problem.where.removeprefix("line ") or 0)
        findings.error(line, "", problem.what, problem.remedy)
        return Settings()
    return _settings(_section(root, TICKET, "", findings))


def as_dict(settings: Settings) -> dict[str, Any]:
    """Plain types for the plugin boundary, all keys present."""
    return {name: _plain(value) for name, value in asdict(settings).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return list(value) if isinstance(value, tuple) else value


def _section(node: Node, schema: Schema, path: str, findings: Findings) -> dict[str, Any]:
    """Check one map against its schema. Values are what the checks return, sections are maps again."""
    if not isinstance(node, MapNode):
        findings.error(node.line, path, "should be a map of keys and values", f"Known keys: {', '.join(schema)}")
        return {}
    values: dict[str, Any] = {}
    for key, value in node.entries:
        name = f"{path}.{key.text}" if path else key.text
        if key.text not in schema:
            findings.error(key.line, name, "unknown key", _suggestion(key.text, schema))
        elif key.text in values:
            findings.error(key.line, name, "the key stands here a second time", "Keep one of the two")
        else:
            values[key.text] = _value(value, schema[key.text], name, findings)
    return {name: value for name, value in values.items() if value is not None}


def _value(node: Node, rule: Any, name: str, findings: Findings) -> Any:
    if isinstance(rule, Mapping):
        return _section(node, rule, name, findings)
    try:
        return rule(node)
    except WrongValue as problem:
        findings.error(problem.line, name, f"the value should be {problem.expected}", "Correct it or leave the key out")
        return None


def _suggestion(key: str, schema: Schema) -> str:
    near = difflib.get_close_matches(key, schema, n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else f"Known keys here: {', '.join(schema)}"


def _settings(values: dict[str, Any]) -> Settings:
    source = _source(values.pop("source", {}))
    limits = _limits(values.pop("limits", {}), source)
    sections: dict[str, Any] = {
        name: make(**values.pop(name))
        for name, make in (("folders", Folders), ("window", Window), ("ticket_system", TicketSystem))
        if name in values
    }
    domains = tuple(dict.fromkeys(values.pop("domains", ())))
    return Settings(domains=domains, source=source, limits=limits, **sections, **values)


def _source(values: dict[str, Any]) -> Source:
    """A server written as ``imaps://host:993`` gives port and encryption too, where no key of their own does."""
    server = values.pop("imap_server", None)
    if isinstance(server, Server):
        values["imap_server"] = server.host
        values.setdefault("port", server.port)
        if server.tls:
            values.setdefault("encryption", "tls")
    return Source(**values)


def _limits(values: dict[str, Any], source: Source) -> Limits:
    known = PRESETS[source.preset] if source.preset else preset_of_host(source.imap_server or "")
    return Limits(**{**_preset_limits(known), **values})


def _preset_limits(preset: Preset) -> dict[str, Any]:
    return {"connections": preset.connections, "bytes_per_day": preset.bytes_per_day}
