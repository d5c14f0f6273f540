# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A preflight in words that a customer can act on, made of ``preflight_data``. No server's words, no passwords."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
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
# Findings about files that hold no table, by what they name as their column; all others are the operator's.
_WHOLE_FILES = {"owner": "whose file", "format": "unknown file"}
_PROOF = "ownership"
_HOURS_PROMISED = 24
_Row = Mapping[str, Any]


def letter(data: Mapping[str, Any], texts: Texts) -> Page:
    """What the customer should do, and what will happen."""
    blocks: list[Block] = [Heading(texts("before", ticket=data["ticket"]), 1)]
    rows = [*_rows(data["findings"], texts), *_routes(data["platform"]["refused_rows"], texts)]
    wanted = [*_domains(data, texts), *rows, *_mailboxes(data, texts)]
    if wanted:
        blocks += [Heading(texts("please")), Sentence(texts("please why"))]
        blocks += [Sentence(texts("our names"))] if rows else []
        blocks.append(_items(wanted, texts))
        blocks += _records(data["dns"], texts, lambda domain, kind: kind == _PROOF and _is_missing(domain, data))
    unseen = data["totals"]["not_looked_at"]
    if unseen:
        blocks.append(Note(texts("not looked at", n=unseen, all=data["totals"]["mailboxes"])))
    elif data["good"] and not wanted:
        blocks.append(Sentence(texts("ready")))
    return Page(texts.language, (*blocks, *_what_happens(data, texts)))


def _items(lines: Sequence[str], texts: Texts) -> Items:
    more = len(lines) - MOST_LINES
    return Items((*lines[:MOST_LINES], *([texts("and more", n=more)] if more > 0 else [])))


def _is_missing(domain: str, data: Mapping[str, Any]) -> bool:
    return domain in data["platform"]["missing_domains"]


def _domains(data: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    """Those that are not set up here. A record that proves whose they are is wanted before everything else."""
    known = {each["domain"]: each for each in data["dns"]}
    for domain in data["platform"]["missing_domains"]:
        found = known.get(domain, {"shown": domain})
        is_provable = any(each["kind"] == _PROOF for each in found.get("todo", ()))
        yield texts("prove domain" if is_provable else "add domain", domain=found["shown"])


def _rows(findings: Sequence[_Row], texts: Texts) -> Iterator[str]:
    """What is wrong with lines of the customer's own files; ``ticket.yml`` is the operator's."""
    told: set[str] = set()
    for each in findings:
        what = _what(each, texts)
        line = _placed(each["file"], "" if each["column"] == "header" else str(each["line"] or ""), what, texts)
        if what and line not in told:
            told.add(line)
            yield line


def _placed(file: str, line: str, what: str, texts: Texts) -> str:
    return texts("row" if line else "file", file=file, line=line, what=what)


def _what(finding: _Row, texts: Texts) -> str:
    column, is_error = finding["column"], finding["level"] == "error"
    if not finding["file"].endswith(".csv") or "/" in finding["file"]:
        return texts(_WHOLE_FILES[column]) if is_error and column in _WHOLE_FILES else ""
    if column == "password":
        return texts("bad password" if is_error else "odd password") if finding["level"] != "notice" else ""
    if not is_error:
        return ""
    if not finding["line"] or column == "header":
        return texts("bad file")
    if column in _ADDRESSES:
        return texts("bad address")
    if column == "imap_server":
        return texts("bad server")
    return texts("bad cell", column=column) if column else texts("bad line")


def _routes(places: Sequence[str], texts: Texts) -> Iterator[str]:
    """Lines that the platform cannot carry out, such as members of a list that the customer has yet to create."""
    for file, _colon, line in (place.partition(":") for place in places):
        yield _placed(file, line, texts("bad list" if file == "lists.csv" else "bad route"), texts)


def _mailboxes(data: Mapping[str, Any], texts: Texts) -> Iterator[str]:
    # Where not one is found, it may be our master login that is refused: that is the operator's to find out.
    are_told = any(row["destination_found"] for row in data["mailboxes"])
    for row in data["mailboxes"]:
        if are_told and row["absent"] and not _is_missing(row["mailbox"].rpartition("@")[2].lower(), data):
            yield texts("absent", mailbox=row["mailbox"])
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
    name = "too large" if row["too_large_count"] > 1 else "one too large"
    yield texts(name, mailbox=row["mailbox"], n=row["too_large_count"], limit=limit, which="; ".join(which))


def _what_happens(data: Mapping[str, Any], texts: Texts) -> Iterator[Block]:
    mailboxes = data["mailboxes"]
    if mailboxes:
        yield Heading(texts("moves"))
        yield from _amounts(mailboxes, texts)
    left_out = list(_left_out(mailboxes, texts))
    if left_out:
        yield Heading(texts("leaves"))
        yield _items(left_out, texts)
    renamed = list(_renamed(mailboxes, texts))
    if renamed:
        yield Heading(texts("renames"))
        yield _items(renamed, texts)
    records = _records(data["dns"], texts, lambda _domain, kind: kind != _PROOF)
    if records:
        yield Heading(texts("records"))
        yield Note(texts("records when"))
        yield from records
    how_long = list(_how_long(data["estimate"], texts))
    if how_long:
        yield Heading(texts("how long"))
        yield from map(Sentence, how_long)


def _amounts(mailboxes: Sequence[_Row], texts: Texts) -> Iterator[Block]:
    """What is still to be moved; what earlier passes brought stands beside it, and is not in the size."""
    rows = [_amount(row, texts) for row in mailboxes]
    head = tuple(texts(name) for name in ("address", "messages", "size", "are here"))
    width = len(head) if any(row["already_there"] for row in mailboxes) else len(head) - 1
    yield Table(head[:width], tuple(row[:width] for row in rows))


def _amount(row: _Row, texts: Texts) -> tuple[str, ...]:
    if not row["logins"]["source"]["ok"]:
        return row["mailbox"], *[texts("not seen")] * 3
    return row["mailbox"], texts.number(row["messages"]), _size(row["bytes"], texts), texts.number(row["already_there"])


def _left_out(mailboxes: Sequence[_Row], texts: Texts) -> Iterator[str]:
    """Folders with messages in them; a view has none of its own."""
    found = [(row["mailbox"], each) for row in mailboxes for each in row["excluded"] if each["messages"]]
    for (folder, cause), members in _alike(found, lambda each: (each["source"], left_out_cause(each["reason"]))):
        numbers = {"n": sum(each["messages"] for _mailbox, each in members), "why": texts(cause)}
        yield texts("left by", mailbox=_whose(members, texts), folder=folder, **numbers)


def _renamed(mailboxes: Sequence[_Row], texts: Texts) -> Iterator[str]:
    """Not the folder that another one is merged into: it keeps its name."""
    found = [
        (row["mailbox"], folder)
        for row in mailboxes
        for folder in filter(is_renamed, row["folders"])
        if folder["source"] != folder["destination"]
    ]
    for (there, here), members in _alike(found, lambda each: (each["source"], each["destination"])):
        yield texts("renamed", mailbox=_whose(members, texts), there=there, here=here)


def _alike(
    found: Sequence[tuple[str, _Row]], likeness: Callable[[_Row], tuple[str, str]]
) -> Iterable[tuple[tuple[str, str], list[tuple[str, _Row]]]]:
    """What a thousand mailboxes have in common is told once, and what only one of them has is not buried below it."""
    groups: dict[tuple[str, str], list[tuple[str, _Row]]] = {}
    for mailbox, each in found:
        groups.setdefault(likeness(each), []).append((mailbox, each))
    return groups.items()


def _whose(members: Sequence[tuple[str, _Row]], texts: Texts) -> str:
    names = list(dict.fromkeys(mailbox for mailbox, _each in members))
    return names[0] if len(names) == 1 else texts("in mailboxes", n=len(names))


def _records(domains: Sequence[_Row], texts: Texts, is_wanted: Callable[[str, str], bool]) -> list[Block]:
    """What is to be entered at the customer's DNS host, of the kinds that are wanted of a domain."""
    blocks: list[Block] = []
    for each in domains:
        rows = _entries([todo for todo in each.get("todo", ()) if is_wanted(each["domain"], todo["kind"])], texts)
        if rows:
            blocks.append(Sentence(texts("records of", domain=each["domain"])))
            blocks.append(Table(tuple(texts(name) for name in ("record name", "record type", "record value")), rows))
    return blocks


def _entries(todo: Sequence[_Row], texts: Texts) -> tuple[tuple[str, str, str], ...]:
    rows: list[tuple[str, str, str]] = []
    for each in todo:
        rows += [(each["name"], each["type"], value) for value in each["values"]]
        rows += [(each["name"], each["type"], texts("record away", value=value)) for value in each["remove"]]
    return tuple(rows)


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
