# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Where a domain's mailboxes may be read, and whom a proposal names."""

from __future__ import annotations

import ssl
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Answer, AnswerState, Server
from ansible_collections.mailops.migration.plugins.module_utils.dns.autoconfig import (
    LONGEST,
    ask_autoconfig,
    fetch_small,
    parse_autoconfig,
)
from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns
from ansible_collections.mailops.migration.plugins.module_utils.dns.mail_servers import Proposal, proposals

from tests.support.certificates import Authority

RESOLVER = Server("192.0.2.53", 53)
CONFIG = """<?xml version="1.0"?><clientConfig version="1.1"><emailProvider id="example.com">
<incomingServer type="pop3"><hostname>pop.example.com</hostname><port>995</port><socketType>SSL</socketType>
<username>%EMAILADDRESS%</username></incomingServer>
<incomingServer type="imap"><hostname>{host}</hostname><port>{port}</port><socketType>{socket}</socketType>
<username>{user}</username></incomingServer></emailProvider></clientConfig>"""


def config(
    host: str = "imap.example.com", port: str = "993", socket: str = "SSL", user: str = "%EMAILADDRESS%"
) -> bytes:
    return CONFIG.format(host=host, port=port, socket=socket, user=user).encode()


def world(**records: tuple[str, ...]) -> Dns:
    """A resolver that knows these: ``srv_imaps``, ``srv_imap`` and ``mx`` of any domain."""

    def ask(server: Server, name: str, kind: str, _timeout: float, _authoritative: bool) -> Answer:
        service = "srv_imaps" if name.startswith("_imaps.") else "srv_imap" if kind == "SRV" else kind.lower()
        found = records.get(service, ())
        return Answer(server, name, kind, AnswerState.OK if found else AnswerState.NO_NAME, records=found, ttl=60)

    return Dns((RESOLVER,), ask=ask)


def preset(provider: str) -> tuple[str, int, str]:
    return {"gmail": ("imap.gmail.com", 993, "tls")}.get(provider, (f"{provider}.example", 993, "tls"))


def found(dns: Dns, data: bytes = b"") -> list[Proposal]:
    return proposals(dns, "example.com", preset, lambda _url: data)


def shown(proposal: Proposal) -> tuple[str, int, str, str]:
    return proposal.host, proposal.port, proposal.encryption, proposal.trust


def test_srv_records_come_by_priority_and_weight_with_tls_first() -> None:
    dns = world(
        srv_imaps=("20 0 993 late.example.com", "10 1 993 light.example.com", "10 9 993 heavy.example.com"),
        srv_imap=("0 0 143 plain.example.com",),
    )
    assert [shown(each) for each in found(dns)] == [
        ("heavy.example.com", 993, "tls", "own"), ("light.example.com", 993, "tls", "own"),
        ("late.example.com", 993, "tls", "own"), ("plain.example.com", 143, "starttls", "own"),
    ]  # fmt: skip


@pytest.mark.parametrize("record", ["0 0 0 .", "0 0 993 .", "0 0 0 imap.example.com", "nonsense"])
def test_a_service_that_is_not_offered_is_no_proposal(record: str) -> None:
    assert found(world(srv_imaps=(record,))) == []


@pytest.mark.parametrize(
    ("host", "trust"),
    [
        ("imap.example.com", "own"), ("example.com", "own"), ("imap.gmail.com", "known"),
        ("imap.notexample.com", "other"), ("example.com.evil.example", "other"),
        # Customers have machines below the names of such providers.
        ("static.1.2.3.4.your-server.de", "other"), ("imap.gmail.com.evil.example", "other"),
    ],
)  # fmt: skip
def test_only_known_providers_and_the_domain_itself_are_trusted(host: str, trust: str) -> None:
    assert [each.trust for each in found(world(srv_imaps=(f"0 0 993 {host}",)))] == [trust]
    assert [each.trust for each in found(world(), config(host))] == [trust]


def test_mail_exchangers_lead_to_the_provider_s_own_host() -> None:
    (one,) = found(world(mx=("1 aspmx.l.google.com", "5 alt1.aspmx.l.google.com")))
    assert (shown(one), one.provider) == (("imap.gmail.com", 993, "tls", "known"), "gmail")
    (other,) = found(world(mx=("0 example-com.mail.protection.outlook.com",)))
    assert other.provider == "microsoft365"
    assert found(world(mx=("0 mail.google.com.evil.example",))) == []


def test_autoconfig_is_read_and_each_server_proposed_once() -> None:
    both = found(world(srv_imaps=("0 0 993 imap.example.com",)), config())
    assert [each.found_by for each in both] == ["SRV record _imaps._tcp.example.com"]
    (local,) = found(world(), config(socket="STARTTLS", port="143", user="%EMAILLOCALPART%"))
    assert (shown(local), local.whole_address) == (("imap.example.com", 143, "starttls", "own"), False)


@pytest.mark.parametrize(
    "data",
    [
        b"", b"<html>", b"\0", config(socket="plain"), config(port="0"), config(port="99999"), config(host="a b"),
        config(host="-x"), config(host=""), config()[:200], config() + b" " * LONGEST,
        b'<!DOCTYPE x [<!ENTITY a "aaaa">]>' + config()[21:], config().decode().encode("utf-16")[:9],
    ],
)  # fmt: skip
def test_a_file_that_is_odd_or_declares_anything_proposes_nothing(data: bytes) -> None:
    assert parse_autoconfig(data, "https://x") == []


@pytest.mark.parametrize("domain", ["a/../b", "example.com:80", "exa mple.com", "localhost", "a@example.com", "-x.com"])
def test_what_is_no_domain_is_asked_nowhere(domain: str) -> None:
    asked: list[str] = []

    def fetch(url: str) -> bytes:
        asked.append(url)
        return config()

    assert (ask_autoconfig(domain, fetch), asked) == ([], [])


@pytest.fixture
def web(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """A server with TLS: ``/good``, ``/large``, and ``/away``, a redirect to ``/good`` without TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(302 if self.path == "/away" else 200)
            self.send_header("Location", "/good")
            self.end_headers()
            self.wfile.write(b"x" * (10 * LONGEST) if self.path == "/large" else config())

        def log_message(self, *_unused: object) -> None:
            return None

    authority = Authority.create(tmp_path)
    certificate = authority.issue("web")
    server = HTTPServer(("127.0.0.1", 0), Handler)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}", str(authority.ca_file)
    server.shutdown()
    server.server_close()


def test_files_come_by_verified_tls_small_and_from_where_they_were_asked(web: tuple[str, str]) -> None:
    base, ca_file = web
    assert fetch_small(f"{base}/good", ca_file) == config()
    assert fetch_small(f"{base}/good") == b""
    assert fetch_small(f"{base}/away", ca_file) == b""
    assert len(fetch_small(f"{base}/large", ca_file)) == LONGEST + 1
    assert fetch_small(base.replace("https", "http") + "/good") == b""
