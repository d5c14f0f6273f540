# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The old provider's mail exchanger, as far as Local Delivery "No" talks to it: knows its recipients, keeps mail."""

from __future__ import annotations

import socketserver
import threading
from types import TracebackType


class OldProvider:
    """An SMTP server on a free port of loopback; ``received`` holds the recipient of each message that it took."""

    def __init__(self, known: set[str]) -> None:
        self.known = known
        self.received: list[str] = []
        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def next_hop(self) -> str:
        """As ``local_delivery.old_mx`` has it."""
        return f"[127.0.0.1]:{self._server.server_address[1]}"

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
        session.wfile.write(b"220 old.provider.example ESMTP\r\n")
        for line in session.rfile:
            verb = line[:4].upper()
            if verb == b"RCPT":
                recipient = line.decode().partition("<")[2].partition(">")[0]
                recipients.append(recipient)
                answer = b"250 ok" if recipient in self.known else b"550 5.1.1 unknown here"
            elif verb == b"DATA":
                session.wfile.write(b"354 go on\r\n")
                while session.rfile.readline() != b".\r\n":
                    pass
                self.received += recipients
                answer = b"250 taken"
            else:
                answer = b"221 bye" if verb == b"QUIT" else b"250 ok"
            session.wfile.write(answer + b"\r\n")
            if verb == b"QUIT":
                return
