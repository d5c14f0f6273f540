# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A ticket system of the tests over HTTPS: WHMCS's API at ``/includes/api.php``, an ear for webhooks everywhere else.

WHMCS's part keeps to its API reference: fields beyond it are refused, and so is a reply without an administrator.
"""

from __future__ import annotations

import base64
import json
import ssl
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs

from tests.support.certificates import session_authority

IDENTIFIER, SECRET = "id-7Kx2Pq9", "s3cr3t-Zw8+/=Lm&x"
NUMBER, DATABASE_ID = "516757", "17"
_LOGIN = {"action", "username", "password", "responsetype"}
FIELDS = {
    "GetTicket": {"ticketnum", "ticketid"},
    "AddTicketReply": {"ticketid", "message", "markdown", "adminusername", "status", "noemail", "attachments"},
    "AddTicketNote": {"ticketid", "ticketnum", "message", "markdown", "attachments"},
    "UpdateTicket": {"ticketid", "status", "priority", "subject"},
}


@dataclass(frozen=True)
class Heard:
    """A request of a webhook."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)


@dataclass
class TicketDesk:
    """What was said to it. ``answers`` are statuses for the next requests that write; 0 hangs up after doing what was
    asked, -1 says nothing until :meth:`release`."""

    url: str = ""
    ca_file: str = ""
    answers: list[int] = field(default_factory=list)
    replies: list[dict[str, Any]] = field(default_factory=list)
    notes: list[dict[str, Any]] = field(default_factory=list)
    statuses: list[str] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    silent: threading.Event = field(default_factory=threading.Event)
    _released: threading.Event = field(default_factory=threading.Event)

    def release(self) -> None:
        self._released.set()

    def wait(self) -> None:
        self.silent.set()
        self._released.wait(60)

    def whmcs(self, given: dict[str, str]) -> dict[str, Any]:
        action = given.get("action", "")
        self.asked.append(action)
        if (given.get("username"), given.get("password")) != (IDENTIFIER, SECRET):
            return {"result": "error", "message": f"Authentication Failed for {given.get('password')}"}
        unknown = set(given) - FIELDS.get(action, set()) - _LOGIN
        if unknown or given.get("responsetype") != "json":
            return {"result": "error", "message": f"unknown: {action} {sorted(unknown)}"}
        if given.get("ticketnum") != NUMBER and given.get("ticketid") != DATABASE_ID:
            return {"result": "error", "message": "Ticket ID Not Found"}
        return self._do(action, given)

    def _do(self, action: str, given: dict[str, str]) -> dict[str, Any]:
        row = {"message": given.get("message", ""), "files": _files(given.get("attachments", ""))}
        if action == "GetTicket":
            return {"result": "success", "ticketid": DATABASE_ID, "tid": NUMBER, "replies": {"reply": self.replies},
                    "notes": {"note": self.notes}}  # fmt: skip
        if action == "AddTicketReply" and not given.get("adminusername"):
            return {"result": "error", "message": "Name and email address are required if not a client"}
        if action == "UpdateTicket":
            self.statuses.append(given["status"])
        else:
            (self.replies if action == "AddTicketReply" else self.notes).append(row)
        return {"result": "success"}


def _files(text: str) -> dict[str, bytes]:
    rows = json.loads(base64.b64decode(text)) if text else []
    return {row["name"]: base64.b64decode(row["data"]) for row in rows}


class _Handler(BaseHTTPRequestHandler):
    desk: TicketDesk

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        is_whmcs = self.path == "/includes/api.php"
        given = {name: values[0] for name, values in parse_qs(body.decode()).items()} if is_whmcs else {}
        writes = given.get("action") != "GetTicket"
        status = self.desk.answers.pop(0) if writes and self.desk.answers else 200
        if status > 299:
            self.desk.asked.append(str(status))
            words = f"no, {self.headers.get('Authorization', '')} {SECRET}"
            return self._answer(status, {"result": "error", "message": words})
        if is_whmcs:
            answer = self.desk.whmcs(given)
        else:
            self.desk.heard.append(Heard(self.command, self.path, dict(self.headers), body))
            answer = {"ok": True}
        if status == 0:
            self.close_connection = True
            return None
        if status == -1:
            self.desk.wait()
        return self._answer(200 if status in (0, -1) else status, answer)

    do_PUT = do_PATCH = do_POST

    def _answer(self, status: int, answer: dict[str, Any]) -> None:
        data = json.dumps(answer, default=lambda value: "octets").encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *arguments: Any) -> None:
        """Silence."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Clients that hang up are part of the tests."""


@contextmanager
def ticket_desk() -> Iterator[TicketDesk]:
    """A desk on loopback, ended with the block."""
    authority = session_authority()
    certificate = authority.issue("ticket-desk")
    desk = TicketDesk(ca_file=str(authority.ca_file))
    server = _Server(("127.0.0.1", 0), type("Handler", (_Handler,), {"desk": desk}))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate.certificate, certificate.key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    desk.url = f"https://localhost:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield desk
    finally:
        desk.release()
        server.shutdown()
        server.server_close()
        thread.join()
