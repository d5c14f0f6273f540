# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What the servers themselves can do: a source drained to nowhere, a destination fed from memory."""

from __future__ import annotations

import threading
import time
from collections.abc import Mapping, Sequence
from typing import Any

from tests.bench.sketch import BATCH, BATCH_OCTETS, Line, folder_names
from tests.support.folder_names import quote
from tests.support.mail_maker import FolderSpec, MailboxSpec
from tests.support.oracle import canonical
from tests.support.plain_imap import internal_date


def drain(endpoint: Mapping[str, Any]) -> float:
    """Seconds in which the source gives out every message with flags and dates, read and dropped."""
    line = Line(endpoint)
    names = folder_names(line)
    buffer = bytearray(1 << 20)
    began = time.monotonic()
    for name in names:
        if b"* 0 EXISTS\r\n" in line.run(b"EXAMINE " + name):
            continue
        line.sock.sendall(b"DRAIN UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])\r\n")
        end = b""
        while b"\r\nDRAIN OK" not in end:
            size = line.sock.recv_into(buffer)
            end = end[-64:] + bytes(buffer[max(0, size - 200):size])
    return time.monotonic() - began


def blast(endpoint: Mapping[str, Any], spec: MailboxSpec) -> float:
    """Seconds in which the destination takes every message by MULTIAPPEND, sent from memory without waiting."""
    line = Line(endpoint)
    commands = [(_name(folder), _commands(folder)) for folder in spec.folders if folder.messages]
    began = time.monotonic()
    for name, batches in commands:
        if name != b'"INBOX"':
            line.run(b"CREATE " + name)
        reader = threading.Thread(target=_await_answers, args=(line, len(batches)))
        reader.start()
        for batch in batches:
            line.sock.sendall(batch)
        reader.join()
    return time.monotonic() - began


def _name(folder: FolderSpec) -> bytes:
    return quote("/".join(folder.path))


def _commands(folder: FolderSpec) -> Sequence[bytes]:
    batches: list[bytes] = []
    parts: list[bytes] = []
    octets = 0
    for message in folder.messages:
        content = canonical(message.content())
        if parts and (len(parts) >= BATCH or octets + len(content) > BATCH_OCTETS):
            batches.append(_command(folder, parts))
            parts, octets = [], 0
        flags = " ".join(sorted(message.flags)).encode()
        head = b" (%s) %s {%d+}\r\n" % (flags, internal_date(message.received), len(content))
        parts.append(head + content)
        octets += len(content)
    return [*batches, _command(folder, parts)]


def _command(folder: FolderSpec, parts: Sequence[bytes]) -> bytes:
    return b"B APPEND " + _name(folder) + b"".join(parts) + b"\r\n"


def _await_answers(line: Line, count: int) -> None:
    while count:
        answer = line.file.readline()
        if answer.startswith(b"B OK"):
            count -= 1
        elif not answer.startswith(b"* "):
            raise RuntimeError(f"the destination answers {answer!r}")
