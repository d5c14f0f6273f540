# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The driver mailman3 where Mailman is not itself: broken links, strange answers, unsafe addresses."""

from __future__ import annotations

import json
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    ConfigurationError,
    ConnectionLost,
    LoginRefused,
    PlatformError,
    TlsFailed,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.mailman3 import Mailman3
from ansible_collections.mailops.migration.plugins.module_utils.platform.mailman3_http import Access, MailmanHttp
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import Alias, Create, Domain, Update

from tests.support.certificates import session_authority

Answers = Callable[[str, str], tuple[int, object]]
A, B, C = (Alias(f"{name}@example.com", ("old@elsewhere.example",)) for name in "abc")


@contextmanager
def answering(answers: Answers, certificate: bool = False) -> Iterator[str]:
    """The URL of a server that says to method and path what ``answers`` says; None hangs up."""

    class Handler(BaseHTTPRequestHandler):
        def handle_any(self) -> None:
            self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, data = answers(self.command, self.path)
            if data is None:
                return
            body = data if isinstance(data, bytes) else json.dumps(data).encode()
            self.send_response(status)
            self.send_header("Location", "http://127.0.0.1:9/")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        do_GET = do_POST = do_DELETE = handle_any

        def log_message(self, *arguments: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    if certificate:
        issued = session_authority().issue("127.0.0.1")
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(issued.certificate, issued.key)
        server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield f"http{'s' if certificate else ''}://127.0.0.1:{server.server_address[1]}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def access(url: str, **more: object) -> Access:
    return Access(url, "rest", "geheimes Wort", **more)


def wanting(known: Alias, *members: str) -> Update:
    return Update(known, (("targets", (*known.targets, *members)),))


def test_work_that_breaks_off_says_what_was_done_and_what_was_not():
    asked: list[str] = []

    def answers(method: str, path: str) -> tuple[int, object]:
        asked.append(method)
        if method == "GET":
            return 200, {"list_id": "x.example.com"}
        return (201, b"") if asked.count("POST") < 3 else (500, {"title": "Oops"})

    steps = [wanting(A, "1@x.example"), wanting(B, "2@x.example", "3@x.example"), wanting(C, "4@x.example")]
    with answering(answers) as url:
        done, partly, broken, later = Mailman3(access(url)).apply(steps)
    assert (done, partly) == (steps[0], wanting(B, "2@x.example"))
    assert (broken.item, later.item) == (B.address, C.address)
    assert "1 of 2 changes" in broken.reason and "status 500" in broken.reason
    assert "not begun" in later.reason
    assert asked.count("POST") == 3


def test_mailman_that_cannot_keep_quiet_is_asked_once_and_adds_nobody():
    asked: list[str] = []

    def answers(method: str, path: str) -> tuple[int, object]:
        asked.append(method)
        if method == "GET":
            return 200, {"list_id": "a.example.com"}
        return 400, {"description": "Unexpected parameters: send_welcome_message"}

    with answering(answers) as url:
        (outcome,) = Mailman3(access(url)).apply([wanting(A, "1@x.example", "2@x.example")])
    assert "send_welcome_message" in outcome.reason
    assert asked.count("POST") == 1


def test_steps_for_anything_but_lists_are_refused():
    with pytest.raises(PlatformError, match=r"example\.com"):
        Mailman3(access("http://127.0.0.1:9")).apply([Create(Domain("example.com"))])


@pytest.mark.parametrize(
    ("status", "data", "error"),
    [
        (401, {}, LoginRefused),
        (302, {}, PlatformError),
        (500, b"<html>", PlatformError),
        (200, b"<html>", PlatformError),
        (200, ["x"], PlatformError),
        (404, {}, PlatformError),
        (200, None, ConnectionLost),
    ],
)
def test_answer_that_is_not_mailmans_is_an_error_without_the_password(status, data, error):
    with answering(lambda method, path: (status, data)) as url, pytest.raises(error) as caught:
        Mailman3(access(url)).read({"example.com"})
    assert "127.0.0.1" in caught.value.text()
    assert "geheim" not in caught.value.text()


def test_certificate_is_verified():
    with answering(lambda method, path: (200, {"total_size": 0}), certificate=True) as url:
        with pytest.raises(TlsFailed, match="ca_file"):
            Mailman3(access(url)).read({"example.com"})
        assert Mailman3(access(url, ca_file=str(session_authority().ca_file))).read({"example.com"}).domains == {}


@pytest.mark.parametrize("url", ["http://127.0.0.1:8001", "http://localhost:8001/", "http://[::1]:8001", "https://x.example"])
def test_url_by_which_the_password_is_safe_is_taken(url):
    MailmanHttp(access(url))


def test_plain_http_beyond_this_machine_needs_a_word():
    with pytest.raises(ConfigurationError, match="plain_http"):
        MailmanHttp(access("http://mailman-core:8001"))
    MailmanHttp(access("http://mailman-core:8001", plain_http=True))


NO_INTERFACE = ["", "mailman:80", "ftp://x", "https://u:geheim@x", "https://x?p=geheim", "http://[x", "http://x:99999"]


@pytest.mark.parametrize("url", NO_INTERFACE)
def test_url_that_is_no_interface_is_refused_and_not_repeated(url):
    with pytest.raises(ConfigurationError) as caught:
        MailmanHttp(access(url))
    assert "geheim" not in caught.value.text()


def test_ca_file_that_is_not_there_is_refused():
    with pytest.raises(ConfigurationError, match=r"/nowhere/ca\.pem"):
        MailmanHttp(access("https://x.example", ca_file="/nowhere/ca.pem"))


def test_password_is_not_in_what_an_access_looks_like():
    assert "geheim" not in repr(access("https://x.example"))
