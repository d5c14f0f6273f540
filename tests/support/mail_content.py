# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Deterministic messages: every kind is a function of a random generator and a size to aim at."""

from __future__ import annotations

import base64
import functools
import quopri
import random
from collections.abc import Callable
from dataclasses import dataclass

LINE = 76
BLOCK_LINES = 8192
PEOPLE = ("anna@example.com", '"O\'Hara, Sue" <sue@example.net>', "Sales <info@example.com>")
WORDS = ("offer", "invoice", "meeting", "Übergabe", "résumé", "Отчёт", "会議", "budget", "travel", "contract")


@dataclass(frozen=True)
class Draft:
    """What a kind works from: its own random generator, the date header's text, and the size to aim at in bytes."""

    random: random.Random
    date: str
    size: int


def content(kind: str, seed: str, date: str, size: int) -> bytes:
    """The message of that kind and seed, lines ended by CRLF; the same arguments give the same bytes."""
    return KINDS[kind](Draft(random.Random(f"{kind}/{seed}"), date, size))


def filler(draft: Draft, size: int) -> bytes:
    """About ``size`` bytes of lines that look like base64, ended by CRLF."""
    block, line = _block(), LINE + 2
    start = draft.random.randrange(BLOCK_LINES) * line
    whole = max(1, size // line) * line
    repeats = (start + whole) // len(block) + 1
    return (block * repeats)[start:start + whole]


@functools.cache
def _block() -> bytes:
    raw = random.Random("filler").randbytes(BLOCK_LINES * LINE // 4 * 3)
    text = base64.b64encode(raw)
    return b"".join(text[at:at + LINE] + b"\r\n" for at in range(0, len(text), LINE))


def header(draft: Draft, *more: str, message_id: str | None = None) -> bytes:
    """The usual header lines without the empty line that ends a header."""
    number = draft.random.getrandbits(64)
    lines = [
        f"Received: from mx{number % 7}.example.net by mail.example.com with ESMTP; {draft.date}",
        f"From: {draft.random.choice(PEOPLE)}",
        f"To: {draft.random.choice(PEOPLE)}",
        f"Subject: message {number:x}",
        f"Date: {draft.date}",
        f"Message-ID: {message_id or f'<{number:016x}@example.com>'}",
        "MIME-Version: 1.0", *more,
    ]
    return "".join(line + "\r\n" for line in lines).encode()


def plain(draft: Draft) -> bytes:
    head = header(draft, "Content-Type: text/plain; charset=utf-8") + b"\r\n"
    return head + filler(draft, draft.size - len(head))


def html(draft: Draft) -> bytes:
    head = header(draft, "Content-Type: text/html; charset=utf-8")
    return head + b"\r\n<html><body>\r\n" + filler(draft, draft.size) + b"</body></html>\r\n"


def eight_bit_header(draft: Draft) -> bytes:
    """Raw UTF-8 and raw Latin-1 in the header, which no standard allows and every mailbox has."""
    raw = f"X-Comment: {draft.random.choice(WORDS)}\r\n".encode() + "Organization: Müller & Söhne\r\n".encode("latin-1")
    return raw + header(draft) + b"\r\n" + "Grüße\r\n".encode("latin-1") + filler(draft, draft.size)


def quoted_printable(draft: Draft) -> bytes:
    text = " ".join(draft.random.choices(WORDS, k=max(8, draft.size // 16)))
    body = quopri.encodestring(text.encode()).replace(b"\n", b"\r\n")
    more = ("Content-Type: text/plain; charset=utf-8", "Content-Transfer-Encoding: quoted-printable")
    return header(draft, *more) + b"\r\n" + body + b"\r\n"


def attachment(draft: Draft) -> bytes:
    """A text and a base64 attachment."""
    head = header(draft, 'Content-Type: multipart/mixed; boundary="outer"')
    return head + b"\r\n" + _part(b"outer", b"text/plain", b"see attachment\r\n") + _part(
        b"outer", b"application/octet-stream\r\nContent-Transfer-Encoding: base64", filler(draft, draft.size)
    ) + b"--outer--\r\n"


def nested(draft: Draft) -> bytes:
    """A message within a message, with an alternative and a forwarded mail."""
    texts = _part(b"inner", b"text/plain", b"plain\r\n") + _part(b"inner", b"text/html", b"<p>html\r\n")
    alternative = _part(b"outer", b'multipart/alternative; boundary="inner"', texts + b"--inner--\r\n")
    forwarded = _part(b"outer", b"message/rfc822", header(draft) + b"\r\n" + filler(draft, draft.size))
    head = header(draft, 'Content-Type: multipart/mixed; boundary="outer"')
    return head + b"\r\npreamble\r\n" + alternative + forwarded + b"--outer--\r\nepilogue\r\n"


def _part(boundary: bytes, kind: bytes, body: bytes) -> bytes:
    return b"--" + boundary + b"\r\nContent-Type: " + kind + b"\r\n\r\n" + body + b"\r\n"


def many_parts(draft: Draft) -> bytes:
    """2,000 parts."""
    head = header(draft, 'Content-Type: multipart/mixed; boundary="outer"') + b"\r\n"
    return head + b"".join(_part(b"outer", b"text/plain", b"part %d\r\n" % n) for n in range(2000)) + b"--outer--\r\n"


def no_message_id(draft: Draft) -> bytes:
    lines = plain(draft).split(b"\r\n")
    return b"\r\n".join(line for line in lines if not line.startswith(b"Message-ID:"))


def same_message_id(draft: Draft) -> bytes:
    """The Message-ID is that of all others of this kind, the body isn't."""
    return header(draft, message_id="<the-same@example.com>") + b"\r\n" + filler(draft, draft.size)


def same_header(draft: Draft) -> bytes:
    """The header is that of all others of this kind and date, the body isn't."""
    twin = Draft(random.Random("same header"), draft.date, draft.size)
    return header(twin) + b"\r\nbody %016x\r\n" % draft.random.getrandbits(64) + filler(draft, draft.size)


def empty_header(draft: Draft) -> bytes:
    return b"\r\nbody %x after an empty header\r\n" % draft.random.getrandbits(64)


def header_only(draft: Draft) -> bytes:
    return header(draft)


def body_only(draft: Draft) -> bytes:
    return b"no header at all, number %x\r\n" % draft.random.getrandbits(64)


def no_final_line_end(draft: Draft) -> bytes:
    return plain(draft).rstrip(b"\r\n")


def mbox_lines(draft: Draft) -> bytes:
    """Lines that mean something to mbox files and to SMTP."""
    return header(draft) + b"\r\nFrom here on\r\n>From there\r\n.\r\n..\r\n" + filler(draft, draft.size)


def long_line(draft: Draft) -> bytes:
    """One line of 100 kB, another in the header."""
    head = header(draft, "X-Long: " + "h" * 20_000)
    return head + b"\r\n" + b"%x" % draft.random.getrandbits(64) + b"x" * 100_000 + b"\r\n"


def empty(draft: Draft) -> bytes:
    """Not one byte. Dovecot refuses it by APPEND, but gives it out where it lies in a Maildir."""
    return b""


def nul(draft: Draft) -> bytes:
    return plain(draft) + b"a NUL \x00 here\r\n"


def bare_cr(draft: Draft) -> bytes:
    return plain(draft) + b"progress 1 %\rprogress 2 %\rdone\r\n"


def bare_lf(draft: Draft) -> bytes:
    """Dovecot stores and gives out a bare LF as CRLF."""
    return plain(draft) + b"one\ntwo\nthree\r\n"


def blank_lines_first(draft: Draft) -> bytes:
    return b"\r\n\r\n" + plain(draft)


def byte_order_mark(draft: Draft) -> bytes:
    return b"\xef\xbb\xbf" + plain(draft)


def utf_16(draft: Draft) -> bytes:
    """A body in UTF-16 under an honest header: every other octet of it is NUL."""
    text = f"number {draft.random.getrandbits(64)}\r\n{draft.random.choice(WORDS)}\r\n"
    return header(draft, "Content-Type: text/plain; charset=utf-16") + b"\r\n" + text.encode("utf-16")


def only_high_octets(draft: Draft) -> bytes:
    return b"\xff" * draft.random.randrange(100, 999) + b"\r\n\r\n" + b"\xff" * 999


def mixed_line_ends(draft: Draft) -> bytes:
    return header(draft) + b"\r\na\rb\nc\r\r\nd\n\re\r\n\n\r" + b"%x" % draft.random.getrandbits(64)


def header_with_bare_line_ends(draft: Draft) -> bytes:
    return header(draft).replace(b"\r\n", b"\n", 3) + b"X-Odd: a\rb\n\tc\r\n\nbody\n"


def nul_in_header(draft: Draft) -> bytes:
    return b"X-Nul: a\0b\r\n" + plain(draft)


def only_nul(draft: Draft) -> bytes:
    return b"\0" * draft.random.randrange(1, 9)


def broken_mime(draft: Draft) -> bytes:
    """A boundary that never comes, a header line without colon, base64 that is none, a charset that is none."""
    more = ('Content-Type: multipart/mixed; boundary="=_never', "Content-Transfer-Encoding: base64; 9bit", "no colon")
    return header(draft, *more) + b"\r\n--=_other\r\nContent-Type: text/plain; charset=\xa7\r\n\r\n***\r\n--=_other"


def nested_200_deep(draft: Draft) -> bytes:
    """200 multiparts within each other, closed by nobody."""
    inner = b"".join(
        b"--b%d\r\nContent-Type: multipart/mixed; boundary=b%d\r\n\r\n" % (n, n + 1) for n in range(200)
    )
    return header(draft, "Content-Type: multipart/mixed; boundary=b0") + b"\r\n" + inner + b"deep\r\n"


def header_of_a_megabyte(draft: Draft) -> bytes:
    """A field of 1 MB in folded lines, and 2,000 short ones."""
    folded = b"X-Folded:" + b"".join(b"\r\n " + b"f" * 998 for _unused in range(1000)) + b"\r\n"
    return header(draft) + folded + b"X-Many: short\r\n" * 2000 + b"\r\nbody\r\n"


def line_of_10_megabytes(draft: Draft) -> bytes:
    return header(draft) + b"\r\n" + b"y" * 10_000_000


def protocol_words(draft: Draft) -> bytes:
    """Lines that mean something to IMAP."""
    number = draft.random.getrandbits(64)
    return header(draft) + b"\r\n)\r\n* 1 FETCH (UID 1 BODY[] {3}\r\nA1 OK done\r\n* BYE\r\n+ go %x\r\n{5}\r\n" % number


def trailing_blanks(draft: Draft) -> bytes:
    return plain(draft) + b" \t\r\n\r\n\r\n"


EVERYDAY: dict[str, Callable[[Draft], bytes]] = {
    kind.__name__: kind for kind in (plain, html, eight_bit_header, quoted_printable, attachment, nested)
}
ODD: dict[str, Callable[[Draft], bytes]] = {
    kind.__name__: kind for kind in (no_message_id, same_message_id, same_header, empty_header, header_only, body_only,
                                     no_final_line_end, mbox_lines, long_line, many_parts)
}
TRAPS: dict[str, Callable[[Draft], bytes]] = {kind.__name__: kind for kind in (empty, nul, bare_cr, bare_lf)}
# What few mailboxes hold, and what none should fail on.
EXTREME: dict[str, Callable[[Draft], bytes]] = {
    kind.__name__: kind
    for kind in (
        blank_lines_first, byte_order_mark, utf_16, only_high_octets, mixed_line_ends, header_with_bare_line_ends,
        nul_in_header, only_nul, broken_mime, nested_200_deep, header_of_a_megabyte, line_of_10_megabytes,
        protocol_words, trailing_blanks,
    )
}  # fmt: skip
KINDS = EVERYDAY | ODD | TRAPS | EXTREME
