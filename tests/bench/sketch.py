# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A bare pipelined copy in plain Python: what a client costs that fetches ahead and appends by the hundred.

No journal, no digests, no identity, no recovery: a yardstick and no tool. As a program it reads the two endpoints and
the number of pairs of connections as JSON: ``python -m tests.bench.sketch``.
"""

from __future__ import annotations

import json
import queue
import re
import socket
import sys
import threading
from collections.abc import Iterator, Mapping
from typing import IO, Any

BATCH = 100
BATCH_OCTETS = 4 * 1024 * 1024
AHEAD = 16 * 1024 * 1024
_ITEM = re.compile(rb'FLAGS \(([^)]*)\).*INTERNALDATE ("[^"]*").*BODY\[\] \{(\d+)\}\r\n\Z', re.DOTALL)

Message = tuple[bytes, bytes, bytes]


class Line:
    """One logged-in connection."""

    def __init__(self, endpoint: Mapping[str, Any]) -> None:
        self.sock = socket.create_connection((endpoint["host"], endpoint["port"]))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.file: IO[bytes] = self.sock.makefile("rb", buffering=1 << 20)
        self.file.readline()
        self.run(b'LOGIN "%s" "%s"' % (endpoint["username"].encode(), endpoint["password"].encode()))

    def run(self, command: bytes) -> list[bytes]:
        """Send a command without literals in its answer; the lines of the answer."""
        self.sock.sendall(b"A " + command + b"\r\n")
        lines = [self.file.readline()]
        while not lines[-1].startswith(b"A "):
            lines.append(self.file.readline())
        if not lines[-1].startswith(b"A OK"):
            sys.exit(f"{command!r}: {lines[-1]!r}")
        return lines


def main() -> None:
    """Copy all folders of the source to an empty destination that has the same separator."""
    job = json.load(sys.stdin)
    names: queue.SimpleQueue[bytes] = queue.SimpleQueue()
    first, target = Line(job["source"]), Line(job["destination"])
    for name in _folders(first, target):
        names.put(name)
    pairs = [(first, target)]
    pairs += [(Line(job["source"]), Line(job["destination"])) for _unused in range(job["connections"] - 1)]
    threads = [threading.Thread(target=_copy_folders, args=(*pair, names)) for pair in pairs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _folders(source: Line, target: Line) -> list[bytes]:
    names, present = folder_names(source), set(folder_names(target))
    for name in names:
        if name not in present:
            target.run(b"CREATE " + name)
    return names


def folder_names(line: Line) -> list[bytes]:
    """The folders that hold messages, as the server spells them."""
    rows = [row for row in line.run(b'LIST "" "*"') if row.startswith(b"* LIST")]
    return [row.split(b' "/" ', 1)[1].strip() for row in rows if b"\\Noselect" not in row]


def _copy_folders(source: Line, target: Line, names: queue.SimpleQueue[bytes]) -> None:
    while True:
        try:
            name = names.get_nowait()
        except queue.Empty:
            return
        _copy_folder(source, target, name)


def _copy_folder(source: Line, target: Line, name: bytes) -> None:
    if b"* 0 EXISTS\r\n" in source.run(b"EXAMINE " + name):
        return
    batches: queue.Queue[list[Message] | None] = queue.Queue(maxsize=AHEAD // BATCH_OCTETS)
    reader = threading.Thread(target=_fetch, args=(source, batches))
    reader.start()
    sent = 0
    flying = threading.Semaphore(2)
    answers = threading.Thread(target=_count_answers, args=(target, flying))
    answers.start()
    while (batch := batches.get()) is not None:
        flying.acquire()
        parts = [b"B APPEND " + name]
        for flags, date, body in batch:
            parts += [b" (%s) %s {%d+}\r\n" % (flags, date, len(body)), body]
        target.sock.sendall(b"".join(parts) + b"\r\n")
        sent += 1
    target.sock.sendall(b"C NOOP\r\n")
    reader.join()
    answers.join()


def _fetch(source: Line, batches: queue.Queue[list[Message] | None]) -> None:
    batch: list[Message] = []
    octets = 0
    for message in _messages(source):
        if batch and (len(batch) >= BATCH or octets + len(message[2]) > BATCH_OCTETS):
            batches.put(batch)
            batch, octets = [], 0
        batch.append(message)
        octets += len(message[2])
    if batch:
        batches.put(batch)
    batches.put(None)


def _messages(source: Line) -> Iterator[Message]:
    source.sock.sendall(b"A UID FETCH 1:* (UID FLAGS INTERNALDATE BODY.PEEK[])\r\n")
    readline, read = source.file.readline, source.file.read
    while not (line := readline()).startswith(b"A "):
        found = _ITEM.search(line)
        if found:
            body = read(int(found[3]))
            readline()
            yield found[1].replace(b"\\Recent", b"").strip(), found[2], body


def _count_answers(target: Line, flying: threading.Semaphore) -> None:
    while not (line := target.file.readline()).startswith(b"C "):
        if line.startswith(b"B OK"):
            flying.release()
        elif line.startswith(b"B "):
            sys.exit(f"the destination answers {line!r}")


if __name__ == "__main__":
    main()
