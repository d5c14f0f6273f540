# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A small IMAP server of the tests. It keeps to RFC 9051 unless it is told to be odd, and gives out what it holds
octet by octet: NUL, bare CR and LF, any date."""

from __future__ import annotations

import re
import socket
import socketserver
import threading
from collections.abc import Iterator, Sequence
from contextlib import suppress
from types import TracebackType
from typing import Any

from tests.support.odd_store import SYSTEM_FLAGS, Arriving, Folder, Oddities, Store, Stored

PASSWORD = "correct-horse"
ANY_FLAG = f"{SYSTEM_FLAGS} \\*"
LITERAL = re.compile(rb"(~?)\{(\d+)(\+?)\}\r\n\Z")
MESSAGE = re.compile(rb' (?:\((?P<flags>[^()]*)\) )?(?:"(?P<date>[^"]*)" )?'
                     rb'(?P<utf8>UTF8 \(~)?(?P<binary>~?)\{@(?P<number>\d+)\}(?(utf8)\))')
ATOM = re.compile(r"\\?[!#$&'+,\-./0-9:;<=>?@A-Z\[^_`a-z|}~]+")
DATE = re.compile(rb"[ \d]\d-[A-Z][a-z]{2}-\d{4} \d\d:\d\d:\d\d [+-]\d{4}")


class Refused(Exception):
    """A command that is answered with these words: "NO …" or "BAD …"."""


class HungUp(Exception):
    """The connection is to be closed."""


class OddServer:
    """One mailbox behind one port of loopback; any user logs in with ``PASSWORD``. Stopped by leaving ``with``.

    ``complaints`` are the client's breaches of the protocol, ``commands`` all that it said. ``oddities`` may be
    replaced while it runs.
    """

    def __init__(self, oddities: Oddities | None = None) -> None:
        self.oddities = oddities or Oddities()
        self.store = Store()
        self.complaints: list[str] = []
        self.commands: list[bytes] = []
        self.appends = 0
        self._server = _Listener(("127.0.0.1", 0), _Handler)
        self._server.odd = self

    def __enter__(self) -> OddServer:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def endpoint(self, user: str, encryption: str = "none") -> dict[str, Any]:
        """The options with which ``imap_sync`` reaches it; it has no TLS."""
        assert encryption == "none"
        port = self._server.server_address[1]
        return {"host": "127.0.0.1", "port": port, "encryption": "none", "username": user, "password": PASSWORD}

    def folder(self, name: str = "INBOX") -> Folder:
        """One of its folders, made when it is not there."""
        with self.store.lock:
            return self.store.folders.get(name) or self.store.create(name)


class _Listener(socketserver.ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True
    odd: OddServer


class _Handler(socketserver.BaseRequestHandler):
    def handle(self) -> None:
        assert isinstance(self.server, _Listener)
        self.request.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        with suppress(ConnectionError, HungUp):
            Conversation(self.request, self.server.odd).hold()


class Conversation:
    """One connection."""

    def __init__(self, sock: socket.socket, odd: OddServer) -> None:
        self._sock = sock
        self._file = sock.makefile("rb")
        self._odd = odd
        self._store = odd.store
        self._folder: Folder | None = None
        self._read_only = False
        self._literals: list[bytes] = []
        self._utf8 = False

    def hold(self) -> None:
        """Greet, and answer until the client leaves."""
        self._say(b"* OK [CAPABILITY " + self._capabilities() + b"] ready")
        while line := self._command():
            tag, _unused, text = line.partition(b" ")
            self._odd.commands.append(text)
            verb, _unused, rest = text.partition(b" ")
            try:
                with self._store.lock:
                    done = self._obey(verb.upper().decode("latin-1"), rest)
            except Refused as refusal:
                self._complain(str(refusal), text)
                self._say(tag + b" " + str(refusal).encode())
            else:
                self._say(tag + b" OK " + done)
            if verb.upper() == b"LOGOUT":
                return

    # Reading

    def _command(self) -> bytes:
        """A command whose literals are kept apart and stand in it as ``{@index}``."""
        self._literals = []
        line = self._file.readline()
        while match := LITERAL.search(line):
            if not match[3]:
                self._say(b"+ go ahead")
            content = self._file.read(int(match[2]))
            if len(content) < int(match[2]):
                raise HungUp
            self._literals.append(content)
            line = line[: match.start()] + match[1] + b"{@%d}" % (len(self._literals) - 1) + self._file.readline()
        if not line.endswith(b"\r\n"):
            return b""
        return line[:-2]

    def _complain(self, words: str, command: bytes) -> None:
        if words.startswith("BAD"):
            self._odd.complaints.append(f"{words}: {command[:200]!r}")

    def _say(self, *pieces: bytes) -> None:
        self._sock.sendall(b"".join(pieces) + b"\r\n")

    # Answering

    def _capabilities(self) -> bytes:
        return " ".join(("IMAP4rev1", *self._odd.oddities.capabilities)).encode()

    def _obey(self, verb: str, rest: bytes) -> bytes:
        """Do one command; the words after OK."""
        if verb == "UID":
            verb, _unused, rest = rest.decode("latin-1").partition(" ")[0].upper(), b"", rest.partition(b" ")[2]
            return self._obey_uid(verb, rest)
        method = getattr(self, f"_do_{verb.lower()}", None)
        if method is None:
            raise Refused(f"BAD unknown command {verb}")
        return bytes(method(rest))

    def _obey_uid(self, verb: str, rest: bytes) -> bytes:
        if self._folder is None:
            raise Refused("BAD no folder is open")
        uid_set, _unused, more = rest.partition(b" ")
        chosen = [each for each in self._visible() if _is_in(each.uid, uid_set, self._visible())]
        if verb == "FETCH":
            return self._fetch(chosen, more)
        if self._read_only and verb != "COPY":
            raise Refused("NO the folder is open read-only")
        return self._change(verb, chosen, more)

    def _do_capability(self, rest: bytes) -> bytes:
        self._say(b"* CAPABILITY " + self._capabilities())
        return b"done"

    def _do_login(self, rest: bytes) -> bytes:
        if not rest.rstrip(b'"').endswith(PASSWORD.encode()):
            raise Refused("NO [AUTHENTICATIONFAILED] wrong password")
        return b"in"

    def _do_logout(self, rest: bytes) -> bytes:
        self._say(b"* BYE so long")
        return b"done"

    def _do_enable(self, rest: bytes) -> bytes:
        self._utf8 = "UTF8=ACCEPT" in self._odd.oddities.capabilities and b"UTF8=ACCEPT" in rest.upper()
        self._say(b"* ENABLED" + (b" UTF8=ACCEPT" if self._utf8 else b""))
        return b"done"

    def _do_noop(self, rest: bytes) -> bytes:
        return b"done"

    def _do_list(self, rest: bytes) -> bytes:
        return self._list(b"LIST", list(self._store.folders))

    def _do_lsub(self, rest: bytes) -> bytes:
        return self._list(b"LSUB", [name for name, folder in self._store.folders.items() if folder.subscribed])

    def _list(self, kind: bytes, names: Sequence[str]) -> bytes:
        for name in names:
            self._say(b"* " + kind + b' () "/" "' + name.encode() + b'"')
        return b"done"

    def _do_status(self, rest: bytes) -> bytes:
        name, _unused, _items = rest.partition(b" (")
        folder = self._named(name)
        values = len(folder.messages), folder.uidnext, folder.uidvalidity
        self._say(b"* STATUS " + name + b" (MESSAGES %d UIDNEXT %d UIDVALIDITY %d)" % values)
        return b"done"

    def _do_create(self, rest: bytes) -> bytes:
        name = rest.strip(b'"').decode()
        if refusal := self._odd.oddities.judge_name(name):
            raise Refused(refusal.decode())
        self._store.create(name)
        return b"done"

    def _do_subscribe(self, rest: bytes) -> bytes:
        self._named(rest).subscribed = True
        return b"done"

    def _do_select(self, rest: bytes) -> bytes:
        return self._open(rest, read_only=False)

    def _do_examine(self, rest: bytes) -> bytes:
        return self._open(rest, read_only=True)

    def _do_unselect(self, rest: bytes) -> bytes:
        self._folder = None
        return b"done"

    def _do_close(self, rest: bytes) -> bytes:
        if self._folder is not None and not self._read_only:
            self._folder.remove(each.uid for each in self._folder.messages if "\\Deleted" in each.flags)
        self._folder = None
        return b"done"

    def _open(self, name: bytes, *, read_only: bool) -> bytes:
        self._folder, self._read_only = self._named(name), read_only
        permanent = self._odd.oddities.permanent.get(name.strip(b'"').decode(), ANY_FLAG)
        self._say(b"* FLAGS (" + SYSTEM_FLAGS.encode() + b")")
        self._say(b"* %d EXISTS" % len(self._folder.messages))
        self._say(b"* OK [UIDVALIDITY %d] so it is" % self._folder.uidvalidity)
        self._say(b"* OK [UIDNEXT %d] guess" % self._folder.uidnext)
        self._say(b"* OK [PERMANENTFLAGS (" + (b"" if read_only else permanent.encode()) + b")] kept")
        return b"[READ-ONLY] open" if read_only else b"[READ-WRITE] open"

    def _do_append(self, rest: bytes) -> bytes:
        name = re.match(rb'"(?:[^"\\]|\\.)*"|[^ ]+', rest)
        if name is None:
            raise Refused("BAD no folder is named")
        if name[0].strip(b'"').decode() not in self._store.folders:
            raise Refused("NO [TRYCREATE] no such folder")
        messages = list(self._arriving(name[0].strip(b'"').decode(), rest[name.end() :]))
        if len(messages) > 1 and "MULTIAPPEND" not in self._odd.oddities.capabilities:
            raise Refused("BAD one message a command")
        words = next((words for message in messages if (words := self._judge(message))), b"")
        if words.startswith(b"BYE"):
            self._say(b"* " + words)
            raise HungUp
        if words:
            raise Refused(words.decode("latin-1"))
        uids = self._store.append(messages, self._odd.oddities)
        self._odd.appends += 1
        if self._odd.appends in self._odd.oddities.mute:
            raise HungUp
        if "UIDPLUS" not in self._odd.oddities.capabilities:
            return b"done"
        folder = self._store.folders[messages[0].folder]
        return b"[APPENDUID %d %s] done" % (folder.uidvalidity, b",".join(b"%d" % uid for uid in uids))

    def _judge(self, message: Arriving) -> bytes:
        oddities = self._odd.oddities
        return oddities.judge(message) or oddities.judge_flags(message.folder, message.flags)

    def _arriving(self, folder: str, text: bytes) -> Iterator[Arriving]:
        """The messages of an APPEND, each held against the grammar."""
        at = 0
        while at < len(text):
            match = MESSAGE.match(text, at)
            if match is None:
                raise Refused("BAD an APPEND is not written so")
            at = match.end()
            content, binary = self._literals[int(match["number"])], bool(match["binary"])
            utf8 = bool(match["utf8"])
            if utf8 and not self._utf8:
                raise Refused("BAD UTF8 is not enabled")
            words = (match["flags"] or b"").decode("latin-1").split()
            if not all(ATOM.fullmatch(word) for word in words) or "\\Recent" in words:
                raise Refused("BAD a flag is not written so")
            if match["date"] and not DATE.fullmatch(match["date"]):
                raise Refused("BAD a date is not written so")
            if binary and "BINARY" not in self._odd.oddities.capabilities:
                raise Refused("BAD literal8 is not offered here")
            if b"\0" in content and not binary and not utf8:
                raise Refused("BAD NUL in a literal")
            yield Arriving(folder, content, frozenset(words), match["date"] or b"", binary, utf8)

    # Messages

    def _visible(self) -> list[Stored]:
        assert self._folder is not None
        return self._folder.messages[: self._odd.oddities.shown]

    def _fetch(self, messages: Sequence[Stored], items: bytes) -> bytes:
        for number, message in enumerate(messages, 1):
            self._sock.sendall(b"* %d FETCH (" % number)
            self._sock.sendall(b" ".join(self._items(message, items)))
            self._say(b")")
        return b"done"

    def _items(self, message: Stored, items: bytes) -> Iterator[bytes]:
        """What is asked of one message."""
        yield b"UID %d" % message.uid
        if b"FLAGS" in items:
            yield b"FLAGS (" + " ".join(sorted(message.flags)).encode("latin-1") + b")"
        if b"INTERNALDATE" in items:
            yield b"INTERNALDATE " + (b"NIL" if message.received == b"NIL" else b'"' + message.received + b'"')
        if b"RFC822.SIZE" in items:
            yield b"RFC822.SIZE %d" % self._odd.oddities.size_of(message)
        if b"BODY.PEEK[]" in items and message.uid not in self._odd.oddities.withheld:
            yield b"BODY[] " + self._given(message, self._odd.oddities.given_as(message))
        if b"BODY.PEEK[HEADER]" in items:
            yield b"BODY[HEADER] " + self._given(message, re.split(rb"(?<=\n)\r?\n", message.content, maxsplit=1)[0])

    def _given(self, message: Stored, content: bytes | None) -> bytes:
        if message.uid in self._odd.oddities.fatal:
            raise HungUp
        if content is None:
            return b"NIL"
        return (b"~" if b"\0" in content else b"") + b"{%d}\r\n" % len(content) + content

    def _change(self, verb: str, messages: Sequence[Stored], rest: bytes) -> bytes:
        assert self._folder is not None
        uids = {each.uid for each in messages}
        if verb == "STORE":
            sign, _unused, words = rest.partition(b"FLAGS.SILENT ")
            flags = frozenset(words.strip(b"()").decode("latin-1").split())
            name = next(name for name, folder in self._store.folders.items() if folder is self._folder)
            if refusal := self._odd.oddities.judge_flags(name, flags):
                raise Refused(refusal.decode())
            flags = self._odd.oddities.kept(name, flags)
            for each in messages:
                self._folder.change(each.uid, flags=each.flags | flags if sign == b"+" else each.flags - flags)
            return b"done"
        if verb == "EXPUNGE":
            self._folder.remove(each.uid for each in messages if "\\Deleted" in each.flags)
            return b"done"
        if verb not in ("COPY", "MOVE"):
            raise Refused(f"BAD unknown command UID {verb}")
        target = self._named(rest)
        copies = [target.add(each.content, each.flags, each.received).uid for each in messages]
        if verb == "MOVE":
            self._folder.remove(uids)
        sets = b",".join(b"%d" % uid for uid in sorted(uids)), b",".join(b"%d" % uid for uid in copies)
        return b"[COPYUID %d %s %s] done" % (target.uidvalidity, *sets)

    def _named(self, name: bytes) -> Folder:
        folder = self._store.folders.get(name.strip(b'"').decode())
        if folder is None:
            raise Refused("NO [NONEXISTENT] no such folder")
        return folder


def _is_in(uid: int, uid_set: bytes, messages: Sequence[Stored]) -> bool:
    last = messages[-1].uid if messages else 0
    for part in uid_set.split(b","):
        low, _unused, high = part.partition(b":")
        first, final = (last if end == b"*" else int(end) for end in (low, high or low))
        if min(first, final) <= uid <= max(first, final):
            return True
    return False
