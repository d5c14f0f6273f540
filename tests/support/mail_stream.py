# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A steady stream of mail to a platform while Local Delivery is switched, and what became of every message."""

from __future__ import annotations

import smtplib
import threading
import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from tests.support.mail_platform import MailPlatform, OldPostfix

SENDERS = tuple(f"sender{number}@partner.example" for number in range(3))


@dataclass(frozen=True)
class Offered:
    """One message: its subject, its recipient, and how the session ended (0: without an answer)."""

    subject: str
    recipient: str
    code: int


@dataclass(frozen=True)
class Figures:
    """What became of a stream. ``lost`` were accepted and arrived nowhere, ``doubled`` arrived more than once,
    ``ghosts`` arrived although they were refused."""

    sent: int
    here: int
    relayed: int
    refused: int
    put_off: int
    lost: int
    doubled: int
    ghosts: int
    bounced: int

    @property
    def is_sound(self) -> bool:
        """Whether every message was delivered once or refused in the session."""
        return not (self.lost or self.doubled or self.ghosts or self.bounced)

    def __str__(self) -> str:
        return ", ".join(f"{name} {value}" for name, value in vars(self).items())


@dataclass
class Stream:
    """``rate`` messages a second to ``recipients`` in turn, from several clients, until it is stopped."""

    platform: MailPlatform
    recipients: Sequence[str]
    rate: float
    clients: int = 24
    offered: list[Offered] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._next = 0
        self._began = 0.0
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._threads = [threading.Thread(target=self._send, daemon=True) for _client in range(self.clients)]

    def __enter__(self) -> Stream:
        self._began = time.monotonic()
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *unused: object) -> None:
        self._ended.set()
        for thread in self._threads:
            thread.join()

    def until(self, second: float, then: Callable[[], object]) -> None:
        """Let it flow until so many seconds after its begin, then do something."""
        self._ended.wait(max(0.0, self._began + second - time.monotonic()))
        then()

    def _send(self) -> None:
        while not self._ended.is_set():
            with self._lock:
                number = self._next
                self._next += 1
            if self._ended.wait(max(0.0, self._began + number / self.rate - time.monotonic())):
                return
            recipient = self.recipients[number % len(self.recipients)]
            subject = f"message {number}"
            try:
                code = self.platform.offer(recipient, subject, sender=SENDERS[number % len(SENDERS)])[0]
            except (OSError, smtplib.SMTPException):
                code = 0
            with self._lock:
                self.offered.append(Offered(subject, recipient, code))


def figures(stream: Stream, old_provider: OldPostfix) -> Figures:
    """What became of all its messages, once both queues are empty."""
    platform = stream.platform
    platform.postfix.wait_until_idle()
    old_provider.postfix.wait_until_idle()
    addresses = set(stream.recipients)
    domains = {address.partition("@")[2] for address in addresses}
    here = Counter(str(message["Subject"]) for address in addresses for message in platform.inbox(address))
    there = Counter(str(message["Subject"]) for address in addresses for message in old_provider.inbox(address))
    accepted = {message.subject for message in stream.offered if message.code == 250}
    arrived = here + there
    return Figures(
        sent=len(stream.offered),
        here=sum(here.values()),
        relayed=sum(there.values()),
        refused=sum(1 for message in stream.offered if message.code >= 500),
        put_off=sum(1 for message in stream.offered if message.code < 250 or 400 <= message.code < 500),
        lost=len(accepted - arrived.keys()),
        doubled=sum(1 for count in arrived.values() if count > 1),
        ghosts=len(arrived.keys() - accepted),
        bounced=sum(server.postfix.bounced(domain) for server in (platform, old_provider) for domain in domains),
    )
