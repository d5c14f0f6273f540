# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The customer's pages in plain words, as text (Markdown) and as one HTML file without anything from elsewhere.

A page is made of blocks of plain text; only the two renderers know markup, and they escape all text that they get.
"""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .customer_texts import Texts
from .proof import Proof
from .report_text import printable

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&]|(?<=www)\.|:(?=//))", re.IGNORECASE)
_STYLE = (
    "body{font:16px/1.5 sans-serif;max-width:50em;margin:2em auto;padding:0 1em}"
    "table{border-collapse:collapse}th,td{border:1px solid #bbb;padding:.25em .6em;text-align:left}"
)


@dataclass(frozen=True)
class Heading:
    """A title (``level`` 1), or the title of a section (2) or of a part of one (3)."""

    text: str
    level: int = 2


@dataclass(frozen=True)
class Sentence:
    text: str


@dataclass(frozen=True)
class Items:
    texts: tuple[str, ...]


@dataclass(frozen=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block: TypeAlias = "Heading | Sentence | Items | Table"


@dataclass(frozen=True)
class Page:
    """``language`` is that of the text, as HTML names it."""

    language: str
    blocks: tuple[Block, ...]


def mailbox_page(proof: Proof, texts: Texts) -> Page:
    """What became of one mailbox."""
    return Page(texts.language, (Heading(texts("mailbox", mailbox=proof.mailbox), 1), *_body(proof, texts)))


def ticket_page(
    ticket: str,
    proofs: Sequence[Proof],
    texts: Texts,
    route_faults: Sequence[str] | None,
    unverified: Sequence[str] = (),
) -> Page:
    """What became of a ticket.

    :param route_faults: what is wrong with aliases, forwards, lists; None: not looked at.
    :param unverified: mailboxes that could not be held against their source.
    """
    head = tuple(texts(name) for name in ("address", "messages", "are here"))
    rows = (
        *((proof.mailbox, texts.number(proof.messages), texts.number(proof.here)) for proof in proofs),
        *((mailbox, texts("not checked"), texts("not checked")) for mailbox in unverified),
    )
    blocks: list[Block] = [Heading(texts("ticket", ticket=ticket), 1), Heading(texts("mailboxes")), Table(head, rows)]
    if route_faults is not None:
        blocks.append(Sentence(texts("routes bad" if route_faults else "routes good")))
        blocks += [Items(tuple(route_faults))] if route_faults else []
    for proof in proofs:
        blocks += [Heading(proof.mailbox), *_verdict(proof, texts), *_lying_apart(proof, texts, level=3)]
    for mailbox in unverified:
        blocks += [Heading(mailbox), Sentence(texts("unverified"))]
    return Page(texts.language, tuple(blocks))


def _body(proof: Proof, texts: Texts) -> Iterator[Block]:
    yield from _verdict(proof, texts)
    yield Sentence(texts(proof.depth))
    yield from _lying_apart(proof, texts, level=2)
    yield Heading(texts("folders"))
    yield Table(
        tuple(texts(name) for name in ("folder there", "folder here", "messages", "are here")),
        tuple((f.source, f.destination, texts.number(f.messages), texts.number(f.here)) for f in proof.folders),
    )


def _verdict(proof: Proof, texts: Texts) -> Iterator[Block]:
    left = proof.messages - proof.here
    yield Sentence(
        texts(
            "not all" if left > 1 else "one not" if left else "all here",
            here=proof.here,
            messages=proof.messages,
            left=left,
        )
    )
    if proof.causes:
        yield Items(tuple(texts(cause, n=number) for cause, number in proof.causes.items()))
    if not proof.passed:
        yield Sentence(texts("open"))


def _lying_apart(proof: Proof, texts: Texts, *, level: int) -> Iterator[Block]:
    """What lies in other folders here, and what was left where it was."""
    if proof.archived:
        yield Heading(texts("archive"), level)
        yield Items(tuple(texts("archived", folder=a.folder, n=a.messages, to=a.to) for a in proof.archived))
    if proof.moved:
        yield Sentence(texts("moved", n=proof.moved))
    if proof.excluded:
        yield Heading(texts("excluded"), level)
        yield Items(tuple(texts("left out", folder=x.folder, n=x.messages, why=texts(x.cause)) for x in proof.excluded))
    if proof.marked_deleted:
        yield Sentence(texts("marked", n=proof.marked_deleted))


# Markdown


def as_markdown(page: Page) -> str:
    """The page as text that reads as it is."""
    return "\n\n".join(_markdown(block) for block in page.blocks) + "\n"


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {_plain(block.text)}"
    if isinstance(block, Sentence):
        return _plain(block.text)
    if isinstance(block, Items):
        return "\n".join(f"* {_plain(text)}" for text in block.texts)
    rows = [block.head, tuple("---" for _name in block.head), *block.rows]
    marked = [row if number == 1 else tuple(map(_plain, row)) for number, row in enumerate(rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in marked)


def _plain(text: str) -> str:
    return _MARKUP.sub(r"\\\1", printable(text))


# HTML


def as_html(page: Page) -> str:
    """The page as one HTML file."""
    title = next((_escaped(block.text) for block in page.blocks if isinstance(block, Heading)), "")
    return (
        f'<!doctype html>\n<html lang="{_escaped(page.language)}">\n<head><meta charset="utf-8">\n'
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n"
        f"<title>{title}</title>\n<style>{_STYLE}</style></head>\n<body>\n"
        + "\n".join(_html(block) for block in page.blocks)
        + "\n</body>\n</html>\n"
    )


def _html(block: Block) -> str:
    if isinstance(block, Heading):
        return f"<h{block.level}>{_escaped(block.text)}</h{block.level}>"
    if isinstance(block, Sentence):
        return f"<p>{_escaped(block.text)}</p>"
    if isinstance(block, Items):
        return "<ul>\n" + "\n".join(f"<li>{_escaped(text)}</li>" for text in block.texts) + "\n</ul>"
    return f"<table>\n{_row(block.head, 'th')}\n" + "\n".join(_row(row, "td") for row in block.rows) + "\n</table>"


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{_escaped(cell)}</{tag}>" for cell in cells) + "</tr>"


def _escaped(text: str) -> str:
    return html.escape(printable(text))
