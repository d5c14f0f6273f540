# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A server that hangs up during TLS is told as that by every client, and no certificate is doubted."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable, Iterator

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import (
    ConnectionLost,
    MigrationError,
    PlatformError,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.hang_up import hung_up
from ansible_collections.mailops.migration.plugins.module_utils.dav import dav_http
from ansible_collections.mailops.migration.plugins.module_utils.oauth.token_http import TokenHttp
from ansible_collections.mailops.migration.plugins.module_utils.platform.mailcow_http import MailcowClient
from ansible_collections.mailops.migration.plugins.module_utils.platform.mailman3_http import Access, MailmanHttp
from ansible_collections.mailops.migration.plugins.module_utils.updates.https import Https, NotTaken, Request


@pytest.fixture
def url() -> Iterator[str]:
    """Where somebody takes connections, reads the first words and hangs up."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            with contextlib.suppress(OSError):  # closed at the end
                while True:
                    with listener.accept()[0] as peer:
                        peer.recv(4096)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"https://127.0.0.1:{listener.getsockname()[1]}"
        listener.shutdown(socket.SHUT_RDWR)
        thread.join()


CLIENTS: dict[str, tuple[Callable[[str], object], type[MigrationError]]] = {
    "contacts and calendars": (lambda url: dav_http.DavHttp(dav_http.Login("u", "p")).send("GET", url), ConnectionLost),
    "tokens": (lambda url: TokenHttp().post(url, {}), ConnectionLost),
    "mailman": (lambda url: MailmanHttp(Access(url, "u", "p")).send("GET", "system"), ConnectionLost),
    "mailcow": (lambda url: MailcowClient(url, "key").rows("domain/all"), PlatformError),
    "ticket system": (lambda url: Https().send(Request("POST", url, {}, b"")), NotTaken),
}


@pytest.mark.parametrize("name", CLIENTS)
def test_server_that_hangs_up_is_told_as_that(url: str, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dav_http.time, "sleep", lambda _seconds: None)
    ask, kind = CLIENTS[name]
    with pytest.raises(kind) as told:
        ask(url)
    assert "certificate" not in told.value.text() and "ca_file" not in told.value.text()
    assert "it hung up" in told.value.text()


def test_port_where_nobody_listens_did_not_hang_up() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        address = listener.getsockname()
    with pytest.raises(ConnectionRefusedError) as told:
        socket.create_connection(address)
    assert not hung_up(told.value)
