# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A name server that misbehaves as real ones do and Knot cannot: it fails, is lame, lies, is late or silent."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections.abc import Callable
from types import TracebackType

import dns.flags
import dns.message
import dns.rcode
import dns.rrset
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Server

Reply = Callable[[dns.message.Message], bytes | None]


def failing(question: dns.message.Message) -> bytes | None:
    """SERVFAIL."""
    reply = dns.message.make_response(question)
    reply.set_rcode(dns.rcode.SERVFAIL)
    return reply.to_wire()


def lame(question: dns.message.Message) -> bytes | None:
    """An answer without authority, as a server gives for a zone that it does not hold."""
    return dns.message.make_response(question).to_wire()


def silent(question: dns.message.Message) -> bytes | None:
    """Nothing."""
    return None


def garbled(question: dns.message.Message) -> bytes | None:
    """What is no message but its id."""
    return question.to_wire()[:2] + b"\x80\x00 this is no DNS message"


def lying(kind: str, *records: str) -> Reply:
    """These records for every name, with authority."""

    def reply(question: dns.message.Message) -> bytes | None:
        message = dns.message.make_response(question)
        message.flags |= dns.flags.AA
        asked = question.question[0]
        message.answer.append(dns.rrset.from_text(asked.name, 60, "IN", kind, *records))
        return message.to_wire()

    return reply


def after(count: int, first: Reply, then: Reply) -> Reply:
    """``first`` for so many questions, then ``then``."""
    left = itertools.chain([first] * count, itertools.repeat(then))

    def reply(question: dns.message.Message) -> bytes | None:
        return next(left)(question)

    return reply


def late(seconds: float, reply: Reply) -> Reply:
    """The same, after a while."""

    def wait(question: dns.message.Message) -> bytes | None:
        time.sleep(seconds)
        return reply(question)

    return wait


class OddNameServer:
    """Answers by UDP at ``server`` as ``reply`` says, one question after the other."""

    def __init__(self, server: Server, reply: Reply) -> None:
        self._reply = reply
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((server.address, server.port))
        self._socket.settimeout(0.2)
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._serve, daemon=True)

    def __enter__(self) -> OddNameServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
        self._socket.close()

    def _serve(self) -> None:
        while not self._ended.is_set():
            try:
                wire, client = self._socket.recvfrom(4096)
            except TimeoutError:
                continue
            answer = self._reply(dns.message.from_wire(wire))
            if answer is not None:
                self._socket.sendto(answer, client)
