# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A page for customers, as text (Markdown) and as one HTML file without anything from elsewhere.

A page is made of blocks of plain text; only the two renderers know markup, and they escape all text that they get.
"""

from __future__ import annotations

import html
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeAlias

from .report_text import printable

_MARKUP = re.compile(r"([\\`*_{}\[\]<>#|~&]|(?<=www)\.|:(?=//))", re.IGNORECASE)
_STYLE = """
:root{color-scheme:light dark;--text:#1c2430;--paper:#fff;--line:#c9d1db;--head:#eef2f6;--note:#fff6dd;--edge:#d99a00}
@media (prefers-color-scheme:dark){
:root{--text:#e4e8ee;--paper:#14181e;--line:#3a4350;--head:#212831;--note:#33290c;--edge:#d99a00}}
body{font:16px/1.55 system-ui,sans-serif;box-sizing:border-box;width:fit-content;min-width:min(100%,50em);
max-width:min(100%,76em);margin:2em auto;padding:0 1em;color:var(--text);background:var(--paper)}
h1,h2,h3,p,li{max-width:50em;overflow-wrap:anywhere}h1,h2,h3{line-height:1.25}h2{margin-top:2em}
.scroll{overflow-x:auto;margin:1em 0}table{border-collapse:collapse}
th,td{border:1px solid var(--line);padding:.3em .7em;text-align:left;vertical-align:top;max-width:24em;
overflow-wrap:break-word}td:last-child{max-width:36em}
th{background:var(--head)}li{margin:.25em 0}
.note{background:var(--note);border-left:.3em solid var(--edge);padding:.7em 1em}
@media print{
:root{color-scheme:light;--text:#000;--paper:#fff;--line:#888;--head:#fff;--note:#fff;--edge:#000}
body{margin:0;padding:0;width:auto;min-width:0;max-width:none;font-size:11pt}
.scroll{overflow:visible}table{font-size:9pt}th,td{padding:.2em .4em}
h1,h2,h3{break-after:avoid}tr,li,.note{break-inside:avoid}}
"""


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
class Steps:
    """What is done one after the other."""

    texts: tuple[str, ...]


@dataclass(frozen=True)
class Note:
    """A sentence that nobody should miss."""

    text: str


@dataclass(frozen=True)
class Table:
    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


Block: TypeAlias = "Heading | Sentence | Items | Steps | Note | Table"


@dataclass(frozen=True)
class Page:
    """``language`` is that of the text, as HTML names it."""

    language: str
    blocks: tuple[Block, ...]


# Markdown


def as_markdown(page: Page) -> str:
    """The page as text that reads as it is."""
    return "\n\n".join(_markdown(block) for block in page.blocks) + "\n"


def _markdown(block: Block) -> str:
    if isinstance(block, Heading):
        return f"{'#' * block.level} {markdown_text(block.text)}"
    if isinstance(block, Sentence):
        return markdown_text(block.text)
    if isinstance(block, Items):
        return "\n".join(f"* {markdown_text(text)}" for text in block.texts)
    if isinstance(block, Steps):
        return "\n".join(f"{number}. {markdown_text(text)}" for number, text in enumerate(block.texts, 1))
    if isinstance(block, Note):
        return f"> {markdown_text(block.text)}"
    rows = [block.head, tuple("---" for _name in block.head), *block.rows]
    marked = [row if number == 1 else tuple(map(markdown_text, row)) for number, row in enumerate(rows)]
    return "\n".join(f"| {' | '.join(row)} |" for row in marked)


def markdown_text(text: str) -> str:
    """The text in one line, as Markdown that shows it as it is."""
    return _MARKUP.sub(r"\\\1", printable(text))


# Plain text


def as_text(page: Page) -> str:
    """The page without its title as plain text, for what shows text as it is."""
    blocks = [block for block in page.blocks if not (isinstance(block, Heading) and block.level == 1)]
    return "\n\n".join(_plain(block) for block in blocks) + "\n"


def _plain(block: Block) -> str:
    if isinstance(block, (Items, Steps)):
        return "\n".join(f"- {printable(text)}" for text in block.texts)
    if isinstance(block, Table):
        return "\n".join(printable(": ".join(row)) for row in block.rows)
    return printable(block.text) + (":" if isinstance(block, Heading) else "")


# HTML


def as_html(page: Page) -> str:
    """The page as one HTML file."""
    title = next((_escaped(block.text) for block in page.blocks if isinstance(block, Heading)), "")
    return (
        f'<!doctype html>\n<html lang="{_escaped(page.language)}">\n<head><meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
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
    if isinstance(block, Note):
        return f'<p class="note">{_escaped(block.text)}</p>'
    if isinstance(block, (Items, Steps)):
        tag = "ul" if isinstance(block, Items) else "ol"
        return f"<{tag}>\n" + "\n".join(f"<li>{_escaped(text)}</li>" for text in block.texts) + f"\n</{tag}>"
    head = f"<thead>{_row(block.head, 'th')}</thead>\n" if any(block.head) else ""
    rows = "\n".join(_row(row, "td") for row in block.rows)
    return f'<div class="scroll"><table>\n{head}<tbody>\n{rows}\n</tbody></table></div>'


def _row(cells: Sequence[str], tag: str) -> str:
    return "<tr>" + "".join(f"<{tag}>{_escaped(cell)}</{tag}>" for cell in cells) + "</tr>"


def _escaped(text: str) -> str:
    return html.escape(printable(text))
