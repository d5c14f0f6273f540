# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``ticket.yml`` to settings. Every key has a default; an unknown key is an error with a suggestion."""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import LANGUAGES
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.core.labels import POLICIES
from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import Server
from ansible_collections.mailops.migration.plugins.module_utils.ticket.decoding import decode
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.presets import PRESETS, Preset, preset_of_host
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import Auth, Encryption
from ansible_collections.mailops.migration.plugins.module_utils.ticket.schema import (
    OAUTH_GRANTS,
    OAUTH_SECRETS,
    TICKET,
    Repeated,
    Schema,
    WrongValue,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import Window
from ansible_collections.mailops.migration.plugins.module_utils.ticket.yaml_nodes import (
    ListNode,
    MapNode,
    Node,
    parse_yaml,
)

FILE = "ticket.yml"


@dataclass(frozen=True)
class Source:
    """Where mailboxes lie whose row names no server. None means that the ticket does not say.

    ``oauth`` says how access tokens are got, in the words of ``imap_sync``.
    """

    imap_server: str | None = None
    port: int | None = None
    encryption: Encryption | None = None
    auth: Auth | None = None
    preset: str | None = None
    ca_file: str | None = None
    validate_certs: bool = True
    oauth: Mapping[str, str] = field(default_factory=dict, repr=False)

    def is_for(self, host: str) -> bool:
        """Port, encryption, trust and oauth belong to the ticket's server; no other loses its protection by them."""
        if self.imap_server:
            return host == self.imap_server
        preset_host = PRESETS[self.preset].host if self.preset else host
        return "{" in preset_host or host == preset_host

    def preset_for(self, host: str) -> Preset:
        """What is known of a server: by the ticket's preset where it is the ticket's, else by its name."""
        return PRESETS[self.preset] if self.preset and self.is_for(host) else preset_of_host(host)

    def needs_password(self) -> bool:
        """Whether each row must bring a password (or a refresh token)."""
        return self.oauth.get("grant", "refresh_token") == "refresh_token"


@dataclass(frozen=True)
class Folders:
    """Decoded names at the source, levels separated by ``/``; exact or fnmatch patterns."""

    include: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    rename: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Limits:
    """None means no limit of the ticket's. ``bytes_per_day`` counts what is read from one source account.

    What a provider's preset says of limits holds for the rows of its servers; see :func:`limits_of`.
    """

    connections: int | None = None
    server_connections: int | None = None
    messages_per_second: float | None = None
    bytes_per_day: int | None = None
    deadline: str | None = None


@dataclass(frozen=True)
class TicketSystem:
    """``driver``: empty stands for the provider's."""

    driver: str = ""
    reference: str = ""


@dataclass(frozen=True)
class Settings:
    """All that ``ticket.yml`` says, with its defaults.

    ``sources``: the servers of mailboxes whose row names none, by the domain of their address; they come before
    ``source``. ``verified``: domains whose ownership somebody has seen to, each with who and why. ``old_mx``: the old
    provider's mail server by domain, where it is not the one that the MX records name.
    """

    domains: tuple[str, ...] = ()
    source: Source = Source()
    sources: Mapping[str, Server] = field(default_factory=dict)
    include_trash: bool = False
    include_junk: bool = False
    folders: Folders = Folders()
    gmail_labels: str = POLICIES[0]
    limits: Limits = Limits()
    window: tuple[Window, ...] = ()
    timezone: str = "UTC"
    language: str = LANGUAGES[0]
    ticket_system: TicketSystem = TicketSystem()
    accepted: tuple[str, ...] = ()
    merge: bool = False
    recopy: bool = False
    confirm_inferred: bool = False
    verified: Mapping[str, str] = field(default_factory=dict)
    old_mx: Mapping[str, str] = field(default_factory=dict)
    notes: str = ""


def read_settings(data: bytes, findings: Findings) -> Settings:
    """Return the settings; a key that is wrong is a finding and keeps its default."""
    try:
        root = parse_yaml(decode(data)[0])
    except ConfigurationError as problem:
        line = int(problem.where.removeprefix("line ") or 0)
        findings.error(line, "", problem.what, problem.remedy)
        return Settings()
    return _settings(_section(root, TICKET, "", findings), findings)


def as_dict(settings: Settings) -> dict[str, Any]:
    """Plain types for the plugin boundary, all keys present. Secrets are left out: inventories are printed."""
    plain = {name: _plain(value) for name, value in asdict(settings).items()}
    oauth = {name: value for name, value in settings.source.oauth.items() if name not in OAUTH_SECRETS}
    return {**plain, "source": {**plain["source"], "oauth": oauth}}


def limits_of(settings: Settings, host: str) -> dict[str, Any]:
    """The limits of a row: those of the ticket, else those of its provider's preset. What nobody limits is left out."""
    known = settings.source.preset_for(host)
    limits = {"connections": known.lanes(), "bytes_per_day": known.bytes_per_day}
    limits |= {name: value for name, value in asdict(settings.limits).items() if value}
    return {name: value for name, value in limits.items() if value}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(inner) for name, inner in value.items()}
    return [_plain(inner) for inner in value] if isinstance(value, (list, tuple)) else value


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
    if isinstance(rule, Repeated):
        return _repeated(node, rule, name, findings)
    try:
        return rule(node)
    except WrongValue as problem:
        findings.error(problem.line, name, f"the value should be {problem.expected}", "Correct it or leave the key out")
        return None


def _repeated(node: Node, rule: Repeated, name: str, findings: Findings) -> tuple[dict[str, Any], ...]:
    """The sections that are good. An empty one says nothing."""
    sections = []
    for item in node.items if isinstance(node, ListNode) else (node,):
        errors = findings.errors
        values = _section(item, rule.schema, name, findings)
        wrong = rule.mistake(values) if findings.errors == errors else ""
        if wrong:
            findings.error(item.line, name, wrong, "Correct it or leave the key out")
        elif values and findings.errors == errors:
            sections.append(values)
    return tuple(sections)


def _suggestion(key: str, schema: Schema) -> str:
    near = difflib.get_close_matches(key, schema, n=1, cutoff=0.6)
    return f"Did you mean '{near[0]}'?" if near else f"Known keys here: {', '.join(schema)}"


def _settings(values: dict[str, Any], findings: Findings) -> Settings:
    source = _source(values.pop("source", {}), findings)
    kinds = {"folders": Folders, "limits": Limits, "ticket_system": TicketSystem}
    sections: dict[str, Any] = {name: make(**values.pop(name)) for name, make in kinds.items() if name in values}
    domains = tuple(dict.fromkeys(values.pop("domains", ())))
    windows = tuple(Window(**window) for window in values.pop("window", ()))
    return Settings(domains=domains, source=source, window=windows, **sections, **values)


def _source(values: dict[str, Any], findings: Findings) -> Source:
    """A server written as ``imaps://host:993`` gives port and encryption too, where no key of their own does."""
    server = values.pop("imap_server", None)
    if isinstance(server, Server):
        values["imap_server"] = server.host
        values.setdefault("port", server.port)
        if server.tls:
            values.setdefault("encryption", "tls")
    oauth = values.get("oauth")
    told = {finding.column for finding in findings.all()}
    if oauth is not None and "grant" not in oauth and "source.oauth.grant" not in told:
        findings.error(0, "source.oauth.grant", "the key is missing", f"Write one of {', '.join(OAUTH_GRANTS)}")
    if oauth and values.setdefault("auth", "xoauth2") not in ("xoauth2", "oauthbearer"):
        findings.error(0, "source.auth", "should be xoauth2 or oauthbearer beside oauth", "Leave the key out")
    return Source(**values)
