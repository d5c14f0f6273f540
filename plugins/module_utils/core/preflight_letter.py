# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A preflight in words that a customer can act on, made of ``preflight_data``. No server's words, no passwords."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from .customer_texts import Texts
from .page import Block, Heading, Items, Note, Page, Sentence, Table
from .preflight_data import is_renamed
from .proof import left_out_cause
from .providers import provider_of
from .report_text import size as size_text

# Lines of one list; a longer one ends with how many more there are.
MOST_LINES = 200
_MOST_LARGE = 10
_ADDRESSES = {"email", "destination_email", "alias", "mailbox", "forward_to", "list", "member", "username"}
_APP_PASSWORD = {"gmail", "yahoo", "aol", "att", "icloud", "fastmail", "zoho", "zoho_eu", "zoho_pro", "yandex"}
_TOKEN = {"microsoft365"}
_TO_BE_MENDED = ("login_refused", "tls_failed", "connection_lost")
_HOURS_PROMISED = 24
_Row = Mapping[str, Any]


def letter(data: Mapping[str, Any], texts: Texts) -> Page:
    """What the customer should do, and what will happen."""
    blocks: list[Block] = [Heading(texts("before", ticket=data["ticket"]), 1)]
    wanted = [*_rows(data["findings"], texts), *_mailboxes(data["mailboxes"], texts)]
    if wanted:
        blocks += [Heading(texts("please")), Sentence(texts("please why")), _items(wanted, texts)]
    unseen = data["totals"]["not_looked_at"]
    if unseen:
        blocks.append(Note(texts("not looked at", n=unseen, all=data["totals"]["mailboxes"])))
    elif data["good"]:
        blocks.append(Sentence(texts("ready")))
    return Page(texts.language, (*blocks, *_what_happens(data, texts)))


def _items(lines: Sequence[str], texts: Texts) -> Items:
    more = len(lines) - MOST_LINES
    return Items((*lines[:MOST_LINES], *([texts("and more", n=more)] if more > 0 else [])))


def _rows(findings: Sequence[_Row], texts: Texts) -> Iterator[str]:
    """What is wrong with lines of the customer's own files; ``ticket.yml`` is the operator's."""
    told: set[str] = set()
    for each in findings:
        what = _what(each, texts) if each["file"] != "ticket.yml" else ""
        where = {"file": each["file"], "line": str(each["line"]), "what": what}
        line = texts("row" if each["line"] else "file", **where) if what else ""
        if line and line not in told:
            told.add(line)
            yield line


def _what(finding: _Row, texts: Texts) -> str:
    column, is_error = finding["column"], finding["level"] == "error"
    if column == "password":
        return texts("bad password" if is_error else "odd password") if finding["level"] != "notice" else ""
    if not is_error:
        return ""
    if not finding["line"]:
        return texts("bad file")
    if column in _ADDRESSES:
        return texts("bad address")
    if column == "imap_server":
        return texts("bad server")
    return texts("bad cell", column=column) if column else texts("bad line")


def _mailboxes(mailboxes: Sequence[_Row], texts: Texts) -> Iterator[str]:
    for row in mailboxes:
        yield from _login(row, texts)
        yield from _room(row, texts)
        yield from _large(row, texts)


def _login(row: _Row, texts: Texts) -> Iterator[str]:
    kind, source = row["logins"]["source"]["error"], row["source"]
    if kind not in _TO_BE_MENDED:
        return
    host = str(source.get("host", ""))
    line = texts(kind, mailbox=row["mailbox"], host=host, user=source.get("username", ""))
    provider = provider_of(host)
    if kind == "login_refused" and provider in _APP_PASSWORD:
        line += " " + texts("app password")
    if kind == "login_refused" and provider in _TOKEN:
        line += " " + texts("token")
    yield line


def _room(row: _Row, texts: Texts) -> Iterator[str]:
    quota = row["quota"]
    room = max(quota["limit"] - quota["used"], 0) if quota and quota["limit"] else None
    if room is not None and row["bytes"] > room:
        yield texts("no room", mailbox=row["mailbox"], needed=_size(row["bytes"], texts), room=_size(room, texts))


def _large(row: _Row, texts: Texts) -> Iterator[str]:
    if not row["too_large_count"]:
        return
    which = [
        texts("large one", folder=each["folder"], date=each["date"].partition(" ")[0], size=_size(each["size"], texts))
        for each in row["too_large"][:_MOST_LARGE]
    ]
    more = row["too_large_count"] - len(which)
    which += [texts("and more", n=more)] if more > 0 else []
    limit = _size(row["message_limit"], texts)
    yield texts("too large", mailbox=row["mailbox"], n=row["too_large_count"], limit=limit, which="; ".join(which))


def _what_happens(data: Mapping[str, Any], texts: Texts) -> Iterator[Block]:
    mailboxes = data["mailboxes"]
    if mailboxes:
        yield Heading(texts("moves"))
        head = tuple(texts(name) for name in ("address", "messages", "size"))
        yield Table(head, tuple(_amount(row, texts) for row in mailboxes))
    left_out = list(_left_out(mailboxes, texts))
    if left_out:
        yield Heading(texts("leaves"))
        yield _items(left_out, texts)
    renamed = list(_renamed(mailboxes, texts))
    if renamed:
        yield Heading(texts("renames"))
        yield _items(renamed, texts)
    yield from _records(data["dns"], texts)
    how_long = list(_how_long(data["estimate"], texts))
    if how_long:
        yield Heading(texts("how long"))
        yield from map(Sentence, how_long)


def _amount(row: _Row, texts: Texts) -> tuple[str, str, str]:
    if not row["logins"]["source"]["ok"]:
        return row["mailbox"], texts("not seen"), texts("not seen")
    return row["mailbox"], texts.number(row["messages"] + row["already_there"]), _size(row["bytes"], texts)


def _left_out(mailboxes: Sequence[_Row], texts: Texts) -> Iterator[str]:
    """Folders with messages in them; a view has none of its own."""
    for row in mailboxes:
        for item in (each for each in row["excluded"] if each["messages"]):
            why = texts(left_out_cause(item["reason"]))
            yield texts("left by", mailbox=row["mailbox"], folder=item["source"], n=item["messages"], why=why)


def _renamed(mailboxes: Sequence[_Row], texts: Texts) -> Iterator[str]:
    for row in mailboxes:
        for folder in filter(is_renamed, row["folders"]):
            there, here = folder["source"], folder["destination"]
            yield texts("renamed", mailbox=row["mailbox"], there=there, here=here)


def _records(domains: Sequence[_Row], texts: Texts) -> Iterator[Block]:
    """What is to be entered at the customer's DNS host, and when: not before we say so."""
    wanted = [(each["domain"], list(_entries(each.get("todo", ()), texts))) for each in domains]
    if not any(rows for _domain, rows in wanted):
        return
    yield Heading(texts("records"))
    yield Note(texts("records when"))
    for domain, rows in wanted:
        if rows:
            yield Sentence(texts("records of", domain=domain))
            yield Table(tuple(texts(name) for name in ("record name", "record type", "record value")), tuple(rows))


def _entries(todo: Sequence[_Row], texts: Texts) -> Iterator[tuple[str, str, str]]:
    for each in todo:
        yield from ((each["name"], each["type"], value) for value in each["values"])
        yield from ((each["name"], each["type"], texts("record away", value=value)) for value in each["remove"])


def _how_long(estimate: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    if not estimate.get("messages"):
        return
    seconds = estimate["seconds"]
    if seconds is None:
        yield texts("takes long")
    elif seconds <= _HOURS_PROMISED * 3600:
        yield texts("within a day")
    else:
        first, last = (datetime.fromisoformat(estimate[name]).date().isoformat() for name in ("begins", "ends"))
        yield texts("takes days", days=math.ceil(seconds / 86400), begins=first, ends=last)
    if estimate["exceeds_promise"] and (estimate["decides"] or {}).get("kind") == "budget":
        yield texts("budget")


def _size(octets: int, texts: Texts) -> str:
    """``1.5 MB`` as the language writes numbers."""
    text = size_text(octets)
    return text.translate(str.maketrans(".,", ",.")) if texts.language == "de" else text
