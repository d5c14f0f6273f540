# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The old provider's mail exchanger, as far as Local Delivery "No" talks to it: knows its recipients, keeps mail."""

from __future__ import annotations

import socketserver
import threading
import time
from collections.abc import Callable
from types import TracebackType


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class OldProvider:
    """An SMTP server on a free port of loopback; ``received`` holds the recipient of each message that it took.

    ``delay`` in seconds before each answer about a recipient. ``takes_from`` says whether it takes mail of an envelope
    sender from a client's address. ``senders`` are those of the messages that it took.
    """

    def __init__(
        self, known: set[str], *, address: str = "127.0.0.1", port: int = 0, delay: float = 0.0,
        takes_from: Callable[[str, str], bool] | None = None,
    ) -> None:  # fmt: skip
        self.known = known
        self.delay = delay
        self.received: list[str] = []
        self.senders: list[str] = []
        self._takes_from = takes_from or (lambda _sender, _client: True)
        self._server = _Listener((address, port), self._handler())
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def next_hop(self) -> str:
        """As ``local_delivery.old_mx`` has it."""
        host, port = self._server.server_address[:2]
        return f"[{host!s}]:{port}"

    def __enter__(self) -> OldProvider:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def _handler(self) -> type[socketserver.StreamRequestHandler]:
        provider = self

        class Handler(socketserver.StreamRequestHandler):
            def handle(self) -> None:
                provider._talk(self)

        return Handler

    def _talk(self, session: socketserver.StreamRequestHandler) -> None:
        recipients: list[str] = []
        sender = ""
        session.wfile.write(b"220 old.provider.example ESMTP\r\n")
        for line in session.rfile:
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipient = _path(line)
                recipients.append(recipient)
                time.sleep(self.delay)
                answer = b"250 ok" if recipient in self.known else b"550 5.1.1 unknown here"
            elif verb == b"MAIL":
                sender = _path(line)
                fine = self._takes_from(sender, session.client_address[0])
                answer = b"250 ok" if fine else b"550 5.7.23 SPF validation failed"
            elif verb == b"DATA":
                session.wfile.write(b"354 go on\r\n")
                while session.rfile.readline() != b".\r\n":
                    pass
                self.received += recipients
                self.senders.append(sender)
                answer = b"250 taken"
            else:
                answer = b"221 bye" if verb == b"QUIT" else b"250 ok"
            session.wfile.write(answer + b"\r\n")
            if verb == b"QUIT":
                return


def _path(line: bytes) -> str:
    return line.decode().partition("<")[2].partition(">")[0]
