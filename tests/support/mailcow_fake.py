# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small mailcow of the tests over HTTPS: it keeps state and answers as mailcow's OpenAPI description says.

Refusals come with status 200 and the type ``danger``, as they do there. Fields beyond the description are refused.
"""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from tests.support.certificates import session_authority

KEY = "0A1B2C-FAKE-KEY-3D4E5F"
MIB = 1024 * 1024
# By request: the fields of the description that a driver may send.
FIELDS = {
    "add/domain": {"domain", "description", "active", "aliases", "mailboxes", "maxquota", "quota", "defquota",
                   "backupmx", "relay_all_recipients", "relay_unknown_only"},
    "edit/domain": {"description", "active", "aliases", "mailboxes", "maxquota", "quota", "defquota", "backupmx"},
    "add/mailbox": {"local_part", "domain", "name", "quota", "active", "password", "password2", "authsource"},
    "edit/mailbox": {"name", "quota", "active", "password", "password2"},
    "add/alias": {"address", "goto", "active"},
    "edit/alias": {"goto", "active"},
}  # fmt: skip
Row = dict[str, Any]
Note = dict[str, Any]


class Danger(Exception):
    """What mailcow would not do, in its own word."""


@dataclass
class MailcowFake:
    """State by identity, and what was asked. ``refuse`` maps a request and its identity to a refusal, ``partly`` a
    request to what is refused of it while the rest is done.

    ``close_on`` is a request after which the connection closes without an answer; it was carried out all the same.
    """

    url: str = ""
    read_only: bool = False
    domains: dict[str, Row] = field(default_factory=dict)
    mailboxes: dict[str, Row] = field(default_factory=dict)
    aliases: dict[int, Row] = field(default_factory=dict)
    alias_domains: list[Row] = field(default_factory=list)
    passwords: dict[str, str] = field(default_factory=dict)
    refuse: dict[tuple[str, str], str] = field(default_factory=dict)
    partly: dict[str, str] = field(default_factory=dict)
    close_on: str = ""
    posts: list[str] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)

    def get(self, path: str) -> Any:
        kind, _slash, rest = path.partition("/")
        if kind == "mailbox":
            domain = rest.removeprefix("all/")
            rows = [row for row in self.mailboxes.values() if row["domain"] == domain]
        else:
            rows = list({"domain": self.domains, "alias": self.aliases}.get(kind, {}).values())
            rows = self.alias_domains if kind == "alias-domain" else rows
        return rows or {}

    def post(self, path: str, body: Any) -> list[Note]:
        action, _slash, kind = path.partition("/")
        sent = [body] if action == "add" else body if action == "delete" else body["items"]
        notes = []
        for item in sent:
            identity = str(item.get("address") or item["domain"]) if isinstance(item, dict) else str(item)
            if kind == "mailbox" and action == "add":
                identity = f"{item['local_part']}@{item['domain']}"
            attributes = item if action == "add" else body["attr"] if action == "edit" else {}
            self.posts.append(f"{path} {identity}")
            try:
                if (path, identity) in self.refuse:
                    raise Danger(self.refuse[path, identity])
                if action != "delete" and set(attributes) - FIELDS[path]:
                    raise Danger(f"unknown fields {sorted(set(attributes) - FIELDS[path])}")
                work: Callable[[str, Row], None] = getattr(self, f"_{action}_{kind}")
                work(identity, attributes)
                if path in self.partly:
                    notes.append({"type": "danger", "log": [attributes], "msg": [self.partly[path], identity]})
                notes.append({"type": "success", "log": [kind, action, attributes], "msg": [f"{kind}_done", identity]})
            except Danger as danger:
                notes.append({"type": "danger", "log": [kind, action, attributes], "msg": [str(danger), identity]})
        return notes

    def _add_domain(self, name: str, given: Row) -> None:
        if name in self.domains:
            raise Danger("domain_exists")
        if int(given["maxquota"]) > int(given["quota"]):
            raise Danger("mailbox_quota_exceeds_domain_quota")
        if not 0 < int(given["defquota"]) <= int(given["maxquota"]):
            raise Danger("mailbox_defquota_exceeds_mailbox_maxquota")
        self.domains[name] = {"domain_name": name, **_domain_row(given)}

    def _edit_domain(self, name: str, given: Row) -> None:
        if name not in self.domains:
            raise Danger("domain_invalid")
        # What is empty or 0 stays as it is, but for the number of mailboxes.
        kept = {key: value for key, value in given.items() if value not in ("", "0") or key in ("mailboxes", "active")}
        self.domains[name].update(_domain_row(kept))

    def _delete_domain(self, name: str, given: Row) -> None:
        if any(row["domain"] == name for row in self.mailboxes.values()):
            raise Danger("domain_not_empty")
        del self.domains[name]

    def _add_mailbox(self, address: str, given: Row) -> None:
        domain = self.domains.get(given["domain"])
        if address in self.mailboxes:
            raise Danger("object_exists")
        if domain is None:
            raise Danger("domain_not_found")
        if any(row["address"] == address for row in self.aliases.values()):
            raise Danger("is_alias")
        if not given["password"] or given["password"] != given["password2"]:
            raise Danger("password_mismatch")
        count = sum(row["domain"] == given["domain"] for row in self.mailboxes.values())
        if count >= domain["max_num_mboxes_for_domain"]:
            raise Danger("max_mailbox_exceeded")
        if int(given["quota"]) * MIB > domain["max_quota_for_mbox"]:
            raise Danger("mailbox_quota_exceeded")
        self.mailboxes[address] = {"username": address, "domain": given["domain"], **_mailbox_row(given)}
        self.passwords[address] = given["password"]

    def _edit_mailbox(self, address: str, given: Row) -> None:
        if address not in self.mailboxes:
            raise Danger("access_denied")
        self.mailboxes[address].update(_mailbox_row({key: value for key, value in given.items() if value != ""}))
        if given.get("password"):
            self.passwords[address] = given["password"]

    def _add_alias(self, address: str, given: Row) -> None:
        if address in self.mailboxes or any(row["address"] == address for row in self.aliases.values()):
            raise Danger("is_alias_or_mailbox")
        if address.partition("@")[2] not in self.domains:
            raise Danger("domain_not_found")
        number = max(self.aliases, default=0) + 1
        self.aliases[number] = {"id": number, "address": address, "goto": given["goto"], "active": int(given["active"])}

    def _edit_alias(self, number: str, given: Row) -> None:
        if int(number) not in self.aliases:
            raise Danger("alias_invalid")
        self.aliases[int(number)].update(given)

    def _delete_alias(self, number: str, given: Row) -> None:
        del self.aliases[int(number)]


def _domain_row(given: Row) -> Row:
    names = {
        "description": ("description", str),
        "active": ("active", int),
        "backupmx": ("backupmx", int),
        "mailboxes": ("max_num_mboxes_for_domain", int),
        "aliases": ("max_num_aliases_for_domain", int),
        "maxquota": ("max_quota_for_mbox", _bytes),
        "quota": ("max_quota_for_domain", _bytes),
    }
    return {names[key][0]: names[key][1](value) for key, value in given.items() if key in names}


def _mailbox_row(given: Row) -> Row:
    kinds = {"name": str, "quota": _bytes, "active": int}
    return {key: kinds[key](value) for key, value in given.items() if key in kinds}


def _bytes(mebibytes: str) -> int:
    return int(mebibytes) * MIB


@contextmanager
def mailcow_fake() -> Iterator[MailcowFake]:
    """A fake that serves on a port of its own, with a certificate of the tests' authority for localhost."""
    fake = MailcowFake()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(fake))
    issued = session_authority().issue("mailcow")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(issued.certificate, issued.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    server.daemon_threads = True
    server.handle_error = lambda *_: None  # type: ignore[method-assign]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    fake.url = f"https://localhost:{server.server_port}"
    try:
        yield fake
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def _handler(fake: MailcowFake) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        disable_nagle_algorithm = True

        def do_GET(self) -> None:
            self._serve("get/", fake.get)

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            self._serve("", lambda path: fake.post(path, body))

        def _serve(self, start: str, answer: Callable[[str], Any]) -> None:
            fake.paths.append(self.path)
            path = self.path.removeprefix("/api/v1/" + start)
            if path == self.path:
                return self._say(404, {"type": "error", "msg": "route not found"})
            if self.headers["X-API-Key"] != KEY:
                return self._say(401, {"type": "error", "msg": "authentication failed"})
            if fake.read_only and not start:
                return self._say(403, {"type": "error", "msg": "API read/write access denied"})
            value = answer(path)
            if fake.close_on and fake.close_on == path:
                self.close_connection = True
                return None
            return self._say(200, value)

        def _say(self, status: int, value: Any) -> None:
            data = json.dumps(value).encode()
            self.send_response(status)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *arguments: Any) -> None:
            pass

    return Handler
