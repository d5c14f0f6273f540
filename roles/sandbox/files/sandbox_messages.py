# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages of the sandbox's source: every shape that real mail has, the same bytes for the same seed."""

from __future__ import annotations

import base64
import quopri
import random
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from email.header import Header
from email.utils import format_datetime

SUBJECTS = (
    "Minutes of Monday's meeting",
    "Angebot für die Büroräume",
    "Re: invoice 4711",
    "発注書の件",
    "Fwd: tickets 🎫 for the concert",
    "R&D budget, second draft",
    "Überweisung erledigt",
    "Lunch?",
    "Your order has been shipped",
)
SENTENCES = (
    "Please find the figures below.",
    "Der Termin am Donnerstag bleibt bestehen.",
    "From now on the office opens at nine.",
    "来週の会議は水曜日に変更されました。",
    "Let me know whether that suits you.",
    "Grüße aus Köln, und bis bald!",
    ". and a line that begins with a dot",
    "We have received your payment of 1.250,00 €.",
)
PEOPLE = ("Maria Rossi", "Jürgen Groß", "李雷", "Tom O'Neil", "Sales Team")


@dataclass(frozen=True)
class Facts:
    """What a maker needs; ``identity`` is unique to the message."""

    identity: str
    recipient: str
    date: datetime
    random: random.Random


def make_message(facts: Facts, number: int) -> bytes:
    """The bytes of one message, with bare LF as in a Maildir; ``number`` walks through the shapes."""
    shape = SHAPES[number % len(SHAPES)] if number % 10 == 7 else COMMON[number % len(COMMON)]
    return shape(facts)


def _plain(facts: Facts) -> bytes:
    return _headers(facts) + b"Content-Type: text/plain; charset=us-ascii\n\n" + _text(facts).encode("ascii", "replace")


def _utf8(facts: Facts) -> bytes:
    head = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: 8bit\n\n"
    return _headers(facts) + head + _text(facts).encode()


def _quoted_printable(facts: Facts) -> bytes:
    head = b"Content-Type: text/plain; charset=utf-8\nContent-Transfer-Encoding: quoted-printable\n\n"
    return _headers(facts) + head + quopri.encodestring(_text(facts).encode())


def _html(facts: Facts) -> bytes:
    text = _text(facts)
    parts = [_part("text/plain; charset=utf-8", text.encode()), _part("text/html; charset=utf-8", _as_html(text))]
    return _headers(facts) + _multipart("alternative", facts.identity, parts)


def _attachment(facts: Facts) -> bytes:
    size = facts.random.choice((900, 4_000, 20_000, 60_000))
    body = base64.encodebytes(facts.random.randbytes(size))
    kind = facts.random.choice((("application/pdf", "Rechnung.pdf"), ("image/png", "photo.png")))
    head = f'{kind[0]}; name="{kind[1]}"\nContent-Transfer-Encoding: base64\nContent-Disposition: attachment'
    return _headers(facts) + _multipart(
        "mixed", facts.identity, [_part("text/plain", b"See below.\n"), _part(head, body)]
    )


def _large(facts: Facts) -> bytes:
    body = base64.encodebytes(facts.random.randbytes(1_500_000))
    head = "application/zip\nContent-Transfer-Encoding: base64"
    return _headers(facts) + _multipart(
        "mixed", facts.identity, [_part("text/plain", b"The archive.\n"), _part(head, body)]
    )


def _raw_latin1(facts: Facts) -> bytes:
    """8-bit bytes in header and body without a word about their charset, as old clients send them."""
    head = _headers(facts, subject="Grüße".encode("latin-1"))
    return head + b"\n" + "Schöne Grüße aus München\n".encode("latin-1")


def _without_message_id(facts: Facts) -> bytes:
    lines = _headers(facts).splitlines(keepends=True)
    return b"".join(line for line in lines if not line.startswith(b"Message-ID")) + b"\n" + _text(facts).encode()


def _empty_subject(facts: Facts) -> bytes:
    return _headers(facts, subject=b"") + b"\nNothing in the subject.\n"


def _long_line(facts: Facts) -> bytes:
    return _headers(facts) + b"\n" + b"x" * 100_000 + b"\nand a short one\n"


def _without_body(facts: Facts) -> bytes:
    return _headers(facts) + b"\n"


def _forwarded(facts: Facts) -> bytes:
    inner = _part("message/rfc822", _plain(facts))
    return _headers(facts) + _multipart("mixed", facts.identity, [_part("text/plain", b"FYI\n"), inner])


COMMON: tuple[Callable[[Facts], bytes], ...] = (_plain, _utf8, _quoted_printable, _html, _plain, _utf8, _attachment)
SHAPES: tuple[Callable[[Facts], bytes], ...] = (
    _raw_latin1,
    _without_message_id,
    _empty_subject,
    _long_line,
    _without_body,
    _forwarded,
    _large,
)


def _headers(facts: Facts, subject: bytes | None = None) -> bytes:
    person = facts.random.choice(PEOPLE)
    title = (
        Header(facts.random.choice(SUBJECTS), "utf-8", maxlinelen=70).encode().encode() if subject is None else subject
    )
    lines = [
        f"From: {Header(person, 'utf-8').encode()} <sender{facts.random.randrange(40)}@partner.example>".encode(),
        f"To: {facts.recipient}".encode(),
        b"Subject: " + title,
        f"Date: {format_datetime(facts.date)}".encode(),
        f"Message-ID: <{facts.identity}@partner.example>".encode(),
        b"MIME-Version: 1.0",
    ]
    return b"\n".join(lines) + b"\n"


def _text(facts: Facts) -> str:
    return "".join(facts.random.choice(SENTENCES) + "\n" for _unused in range(facts.random.randrange(2, 25)))


def _as_html(text: str) -> bytes:
    return ("<html><body><p>" + text.replace("\n", "<br>\n") + "</p></body></html>\n").encode()


def _part(content_type: str, body: bytes) -> bytes:
    return f"Content-Type: {content_type}\n\n".encode() + body


def _multipart(kind: str, identity: str, parts: list[bytes]) -> bytes:
    edge = f"=_{identity}"
    head = f'Content-Type: multipart/{kind}; boundary="{edge}"\n\nThis is MIME.\n'.encode()
    return head + b"".join(f"--{edge}\n".encode() + part + b"\n" for part in parts) + f"--{edge}--\n".encode()
