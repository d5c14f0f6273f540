# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""DNS records by which programs find servers: RFC 6186 (IMAP, POP3, SMTP), 8314 (over TLS), 6764 (CardDAV, CalDAV)."""

from __future__ import annotations

from collections import Counter
from urllib.parse import urlsplit

from .provider import Provider

_SERVICES = {
    ("imap", "tls"): "imaps",
    ("imap", "starttls"): "imap",
    ("pop3", "tls"): "pop3s",
    ("pop3", "starttls"): "pop3",
    ("smtp", "tls"): "submissions",
    ("smtp", "starttls"): "submission",
}
_TTL = 3600


def srv_lines(provider: Provider, domain: str) -> list[str]:
    """The lines for the domain's zone. What is not offered is said to be so (RFC 6186 section 3.4)."""
    offered = [(_SERVICES[(s.protocol, s.encryption)], s.host, s.port) for s in provider.servers]
    seen: Counter[str] = Counter()
    lines = []
    for service, host, port in offered:
        lines.append(_srv(service, domain, f"{10 * seen[service]} 1 {port} {host}."))
        seen[service] += 1
    lines += [_srv(service, domain, "0 0 0 .") for service in _SERVICES.values() if not seen[service]]
    for service, url in (("carddavs", provider.carddav), ("caldavs", provider.caldav)):
        if url:
            parts = urlsplit(url)
            lines.append(_srv(service, domain, f"0 1 {parts.port or 443} {parts.hostname}."))
            if parts.path.strip("/"):
                lines.append(f'_{service}._tcp.{domain}. {_TTL} IN TXT "path={_quoted(parts.path)}"')
    return lines


def _srv(service: str, domain: str, data: str) -> str:
    return f"_{service}._tcp.{domain}. {_TTL} IN SRV {data}"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"')
