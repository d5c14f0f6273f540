# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""An IMAP server on loopback that plays Gmail's: X-GM-EXT-1, folders that are labels, limits. Read-only.

What would change the mailbox is refused and kept in ``touched``.
"""

from __future__ import annotations

import base64
import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from types import TracebackType
from typing import Any, cast

from tests.support.folder_names import decode, encode
from tests.support.gmail_account import Folder, GmailAccount, Mail
from tests.support.plain_imap import internal_date

BEFORE_LOGIN = (
    "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 XYZZY SASL-IR AUTH=XOAUTH2 AUTH=PLAIN"
    " AUTH=PLAIN-CLIENTTOKEN AUTH=OAUTHBEARER"
)
AFTER_LOGIN = (
    "IMAP4rev1 UNSELECT IDLE NAMESPACE QUOTA ID XLIST CHILDREN X-GM-EXT-1 UIDPLUS COMPRESS=DEFLATE ENABLE MOVE"
    " CONDSTORE ESEARCH UTF8=ACCEPT LIST-EXTENDED LIST-STATUS LITERAL- SPECIAL-USE APPENDLIMIT=35651584"
)
OVER_BUDGET = "NO [OVERQUOTA] Account exceeded command or bandwidth limits. (Failure)"
WRONG_LOGIN = "NO [AUTHENTICATIONFAILED] Invalid credentials (Failure)"
_WRITES = frozenset({
    "STORE", "COPY", "MOVE", "APPEND", "CREATE", "DELETE", "RENAME", "SUBSCRIBE", "UNSUBSCRIBE", "EXPUNGE", "CLOSE",
    "SELECT",
})
_TOKEN = re.compile(rb'"((?:[^"\\]|\\.)*)"|(\()|(\))|((?:[^\s()"\[]|\[[^\]]*\])+)')
Token = bytes | list[Any]


class GmailServer:
    """One account. ``fetched`` has ``(folder, message id)`` of each body given out; ``budget`` is how many octets of
    bodies it gives out, None for no end; ``token`` is the access token that XOAUTH2 and OAUTHBEARER take."""

    def __init__(self, account: GmailAccount | None = None, *, user: str = "anna@example.com",
                 password: str = "app-password", token: str = "") -> None:
        self.account = account or GmailAccount()
        self.user, self.password, self.token = user, password, token
        self.login_refusal = WRONG_LOGIN
        self.capabilities = AFTER_LOGIN
        self.budget: int | None = None
        self.fetched: list[tuple[str, int]] = []
        self.touched: list[str] = []
        self.commands: list[str] = []
        server = self

        class Talk(_Conversation):
            gmail = server

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Talk)
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True)

    @property
    def port(self) -> int:
        return int(self._server.server_address[1])

    def endpoint(self, user: str = "", encryption: str = "none") -> dict[str, Any]:
        """What ``imap_sync`` takes as ``source``."""
        return {"host": "127.0.0.1", "port": self.port, "encryption": encryption, "username": self.user,
                "password": self.password}

    def __enter__(self) -> GmailServer:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def spend(self, octets: int) -> bool:
        """Whether the budget still allows a body of this size, which is then taken from it."""
        with self.account.lock:
            if self.budget is None:
                return True
            if self.budget < octets:
                self.budget = 0
                return False
            self.budget -= octets
            return True


class _Conversation(socketserver.StreamRequestHandler):
    gmail: GmailServer
    disable_nagle_algorithm = True
    wbufsize = -1

    def setup(self) -> None:
        super().setup()
        self.folder: Folder | None = None
        self.is_in = False
        self.utf8 = False

    def handle(self) -> None:
        try:
            self.say("* OK Gimap ready for requests from 127.0.0.1")
            while (line := self.line()) and self.answer(line):
                pass
        except ConnectionError:
            return

    def say(self, text: str | bytes) -> None:
        self.wfile.write((text.encode() if isinstance(text, str) else text) + b"\r\n")

    def line(self) -> bytes:
        """One command; literals stand in it as quoted strings."""
        self.wfile.flush()
        line = self.rfile.readline()
        while match := re.search(rb"\{(\d+)\+?\}\r\n\Z", line):
            if not match[0].endswith(b"+}\r\n"):
                self.say("+ go ahead")
                self.wfile.flush()
            text = self.rfile.read(int(match[1]))
            line = line[:match.start()] + b'"%s"' % re.sub(rb'(["\\])', rb"\\\1", text) + self.rfile.readline()
        return line

    def answer(self, line: bytes) -> bool:
        tag, _unused, rest = line.rstrip(b"\r\n").partition(b" ")
        tokens = _tokens(rest)
        verb = _word(tokens.pop(0)).upper() if tokens else ""
        if verb == "UID" and tokens:
            verb, by_uid = _word(tokens.pop(0)).upper(), True
        else:
            by_uid = False
        self.gmail.commands.append(verb)
        if verb in _WRITES:
            self.gmail.touched.append(rest.decode(errors="replace")[:200])
        result = self.refusal(verb) or self.dispatch(verb, tokens, by_uid)
        self.say(tag + b" " + result.encode())
        return verb != "LOGOUT"

    def refusal(self, verb: str) -> str:
        if verb in ("CAPABILITY", "LOGIN", "AUTHENTICATE", "LOGOUT", "NOOP", "ID"):
            return ""
        if not self.is_in:
            return "BAD Command not valid in this state"
        return "NO [NOPERM] this server is only read" if verb in _WRITES - {"SELECT"} else ""

    def dispatch(self, verb: str, tokens: list[Token], by_uid: bool) -> str:
        with self.gmail.account.lock:
            if verb == "FETCH":
                return self.fetch(tokens, by_uid)
            if verb == "SEARCH":
                return self.search(by_uid)
            work: Callable[[list[Token]], str] | None = getattr(self, f"do_{verb.lower()}", None)
            return work(tokens) if work else "BAD Unknown command"

    # Login and small talk

    def do_capability(self, tokens: list[Token]) -> str:
        self.say(f"* CAPABILITY {self.gmail.capabilities if self.is_in else BEFORE_LOGIN}")
        return "OK Thats all she wrote!"

    def do_login(self, tokens: list[Token]) -> str:
        user, password = (_text(token) for token in tokens[:2])
        return self.let_in(user == self.gmail.user and password == self.gmail.password)

    def do_authenticate(self, tokens: list[Token]) -> str:
        mechanism = _word(tokens[0]).upper()
        raw = _text(tokens[1]) if len(tokens) > 1 else self.ask("")
        given = base64.b64decode(raw)
        if mechanism == "PLAIN":
            _unused, user, password = given.decode().split("\0")
            return self.let_in(user == self.gmail.user and password == self.gmail.password)
        bearer = re.search(rb"auth=Bearer ([^\1]*)".replace(rb"\1", b"\x01"), given)
        if bearer and self.gmail.token and bearer[1].decode() == self.gmail.token:
            return self.let_in(True)
        self.ask(base64.b64encode(b'{"status":"400","schemes":"Bearer","scope":"https://mail.google.com/"}').decode())
        return self.let_in(False)

    def ask(self, challenge: str) -> str:
        self.say(f"+ {challenge}")
        return self.line().decode().strip()

    def let_in(self, right: bool) -> str:
        if not right:
            return self.gmail.login_refusal
        if self.gmail.budget == 0:
            return OVER_BUDGET
        self.is_in = True
        self.say(f"* CAPABILITY {self.gmail.capabilities}")
        return f"OK {self.gmail.user} authenticated (Success)"

    def do_id(self, tokens: list[Token]) -> str:
        self.say('* ID ("name" "GImap" "vendor" "Google, Inc.")')
        return "OK Success"

    def do_noop(self, tokens: list[Token]) -> str:
        return "OK Success"

    def do_enable(self, tokens: list[Token]) -> str:
        self.utf8 = b"UTF8=ACCEPT" in tokens
        self.say("* ENABLED UTF8=ACCEPT" if self.utf8 else "* ENABLED")
        return "OK Success"

    def do_namespace(self, tokens: list[Token]) -> str:
        self.say('* NAMESPACE (("" "/")) NIL NIL')
        return "OK Success"

    def do_getquotaroot(self, tokens: list[Token]) -> str:
        used = sum(len(mail.content) for mail in self.gmail.account.mails.values()) // 1024
        self.say('* QUOTAROOT "INBOX" ""')
        self.say(f'* QUOTA "" (STORAGE {used} 15728640)')
        return "OK Success"

    def do_logout(self, tokens: list[Token]) -> str:
        self.say("* BYE LOGOUT Requested")
        return "OK 73 good day (Success)"

    # Folders

    def do_list(self, tokens: list[Token]) -> str:
        account = self.gmail.account
        names = {name: folder.attributes for name, folder in account.folders.items()}
        for name in [*names]:
            for end in range(1, name.count("/") + 1):
                names.setdefault("/".join(name.split("/")[:end]), ("\\Noselect",))
        for name, attributes in names.items():
            kind = "\\HasChildren" if any(other.startswith(f"{name}/") for other in names) else "\\HasNoChildren"
            subscribed = ("\\Subscribed",) if len(tokens) > 2 else ()
            self.say(b'* LIST (%s) "/" %s' % (" ".join((kind, *attributes, *subscribed)).encode(), self.quoted(name)))
        status = next((token for token in _flat(tokens[2:]) if isinstance(token, list) and b"MESSAGES" in token), None)
        for folder in account.folders.values() if status else ():
            self.tell_status(folder, cast("list[bytes]", status))
        return "OK Success"

    def do_xlist(self, tokens: list[Token]) -> str:
        return self.do_list(tokens)

    def do_lsub(self, tokens: list[Token]) -> str:
        for name in self.gmail.account.folders:
            self.say(b'* LSUB () "/" ' + self.quoted(name))
        return "OK Success"

    def do_status(self, tokens: list[Token]) -> str:
        folder = self.named(tokens[0])
        if folder is None:
            return "NO [NONEXISTENT] Unknown Mailbox: (Failure)"
        self.tell_status(folder, cast("list[bytes]", tokens[1]))
        return "OK Success"

    def tell_status(self, folder: Folder, items: list[bytes]) -> None:
        values = {b"MESSAGES": len(folder.members), b"UIDNEXT": folder.uidnext, b"UIDVALIDITY": folder.uidvalidity,
                  b"HIGHESTMODSEQ": folder.modseq, b"UNSEEN": 0, b"RECENT": 0}
        told = b" ".join(b"%s %d" % (item, values[item.upper()]) for item in items)
        self.say(b"* STATUS " + self.quoted(folder.name) + b" (" + told + b")")

    def do_select(self, tokens: list[Token]) -> str:
        folder = self.folder = self.named(tokens[0])
        if folder is None:
            return "NO [NONEXISTENT] Unknown Mailbox: (Failure)"
        self.say("* FLAGS (\\Answered \\Flagged \\Draft \\Deleted \\Seen $NotPhishing $Phishing)")
        self.say("* OK [PERMANENTFLAGS ()] Flags permitted.")
        self.say(f"* OK [UIDVALIDITY {folder.uidvalidity}] UIDs valid.")
        self.say(f"* {len(folder.members)} EXISTS")
        self.say("* 0 RECENT")
        self.say(f"* OK [UIDNEXT {folder.uidnext}] Predicted next UID.")
        self.say(f"* OK [HIGHESTMODSEQ {folder.modseq}]")
        return f"OK [READ-ONLY] {encode(folder.name).decode()} selected. (Success)"

    do_examine = do_select

    def do_unselect(self, tokens: list[Token]) -> str:
        self.folder = None
        return "OK Returned to authenticated state. (Success)"

    def label(self, label: str) -> bytes:
        """Plain ones as atoms, system ones and others quoted, odd ones as literals."""
        raw = self.spelled(label)
        if b'"' in raw:
            return b"{%d}\r\n" % len(raw) + raw
        return raw if re.fullmatch(rb"[\w/&,+-]+", raw) else self.quoted(label)

    def quoted(self, name: str) -> bytes:
        return b'"' + re.sub(rb'(["\\])', rb"\\\1", self.spelled(name)) + b'"'

    def spelled(self, name: str) -> bytes:
        return name.encode() if self.utf8 else encode(name)

    def named(self, token: Token) -> Folder | None:
        raw = token if isinstance(token, bytes) else b""
        name = raw.decode() if self.utf8 else decode(raw)
        return self.gmail.account.folders.get("INBOX" if name.upper() == "INBOX" else name)

    # Messages

    def search(self, by_uid: bool) -> str:
        found = (str(uid if by_uid else number) for number, uid, _mail in self.shown())
        self.say(" ".join(("* SEARCH", *found)))
        return "OK SEARCH completed (Success)"

    def fetch(self, tokens: list[Token], by_uid: bool) -> str:
        wanted = _set(_word(tokens[0]), max((uid for _number, uid, _mail in self.shown()), default=0))
        items = [_word(item).upper() for item in (tokens[1] if isinstance(tokens[1], list) else tokens[1:])]
        if by_uid and "UID" not in items:
            items.insert(0, "UID")
        for number, uid, mail in self.shown():
            if wanted(uid if by_uid else number):
                if any(item in ("BODY.PEEK[]", "BODY[]", "RFC822") for item in items):
                    if not self.gmail.spend(len(mail.content)):
                        return OVER_BUDGET
                    assert self.folder is not None
                    self.gmail.fetched.append((self.folder.name, mail.msgid))
                self.say(b"* %d FETCH (%b)" % (number, b" ".join(self.item(item, uid, mail) for item in items)))
        return "OK Success"

    def shown(self) -> Iterator[tuple[int, int, Mail]]:
        members = sorted((uid, msgid) for msgid, uid in self.folder.members.items()) if self.folder else []
        for number, (uid, msgid) in enumerate(members, 1):
            yield number, uid, self.gmail.account.mails[msgid]

    def item(self, item: str, uid: int, mail: Mail) -> bytes:
        head, _unused, _body = mail.content.partition(b"\r\n\r\n")
        assert self.folder is not None
        if item in ("BODY[]", "BODY[HEADER]"):
            self.gmail.touched.append(f"FETCH {item} sets \\Seen")
        simple = {
            "UID": b"%d" % uid,
            "FLAGS": b"(%s)" % " ".join(sorted(mail.flags)).encode(),
            "INTERNALDATE": internal_date(mail.received),
            "RFC822.SIZE": b"%d" % len(mail.content),
            "X-GM-MSGID": b"%d" % mail.msgid,
            "X-GM-THRID": b"%d" % mail.msgid,
            "X-GM-LABELS": b"(%s)" % b" ".join(map(self.label, sorted(mail.all_labels() - {self.folder.label}))),
            "MODSEQ": b"(%d)" % self.folder.modseq,
        }
        if item in simple:
            return item.encode() + b" " + simple[item]
        if item.startswith(("BODY.PEEK[HEADER", "BODY[HEADER", "RFC822.HEADER")):
            head += b"\r\n\r\n"
            return item.replace(".PEEK", "").encode() + b" {%d}\r\n" % len(head) + head
        return item.replace(".PEEK", "").encode() + b" {%d}\r\n" % len(mail.content) + mail.content


def _tokens(line: bytes) -> list[Token]:
    """Words, with lists for what stands between parentheses."""
    top: list[Token] = []
    stack = [top]
    for quoted, opens, closes, word in _TOKEN.findall(line):
        if opens:
            stack.append([])
        elif closes:
            inner = stack.pop()
            stack[-1].append(inner)
        else:
            stack[-1].append(word or re.sub(rb"\\(.)", rb"\1", quoted))
    return top


def _flat(tokens: list[Token]) -> Iterator[Token]:
    for token in tokens:
        yield token
        if isinstance(token, list):
            yield from _flat(token)


def _word(token: Token) -> str:
    return token.decode(errors="replace") if isinstance(token, bytes) else ""


_text = _word


def _set(text: str, last: int) -> Callable[[int], bool]:
    """Whether a number is in a sequence set."""
    parts = [[last if end == "*" else int(end) for end in part.split(":")] for part in text.split(",")]
    return lambda number: any(min(part) <= number <= max(part) for part in parts)
