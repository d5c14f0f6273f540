# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The operator's page on a preflight, made of ``preflight_data``. What is long stands in ``preflight.json`` alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from .page import Block, Heading, Items, Note, Page, Sentence, Table
from .preflight_data import is_renamed
from .report_text import count, sentence, size

# Rows of one table; all of them stand in the JSON.
MOST_ROWS = 500
_NO_DNS = "Not looked at in this run: mailops_dns.records in group_vars says what the records should be (docs/dns.md)."
_Row = Mapping[str, Any]


def operator_page(data: Mapping[str, Any]) -> Page:
    """Everything that somebody has to act on first, then what will happen."""
    return Page("en", (Heading(f"Preflight of ticket {data['ticket']}", 1), *_head(data), *_body(data)))


def _head(data: Mapping[str, Any]) -> Iterator[Block]:
    totals = data["totals"]
    made = f"As of {_moment(data['made'])}. " if data["made"] else ""
    yield Sentence(f"{made}Nothing was changed.")
    unseen = totals["not_looked_at"]
    yield Note("Ready to begin." if data["good"] else f"Not ready: {'; '.join(_obstacles(data))}.")
    if unseen:
        left = count(unseen, "mailbox was", "mailboxes were")
        yield Note(f"{left} not looked at, and what follows counts none of that. Run preflight.yml again.")
    yield Table(("", ""), tuple(_facts(totals)))


def _moment(text: str) -> str:
    return f"{datetime.fromisoformat(text).astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _obstacles(data: Mapping[str, Any]) -> Iterator[str]:
    totals, problems = data["totals"], data["platform"]["problems"]
    bad, unseen = totals["bad"] - totals["not_looked_at"], totals["not_looked_at"]
    mailboxes = count(totals["mailboxes"], "mailbox", "mailboxes")
    if bad:
        yield f"{bad:,} of {mailboxes} cannot be moved as they are"
    if totals["errors"]:
        yield f"{count(totals['errors'], 'error')} in the customer's files"
    if problems:
        yield f"{count(len(problems), 'problem')} on the platform"
    if unseen:
        yield f"{unseen:,} of {mailboxes} not looked at"


def _facts(totals: Mapping[str, int]) -> Iterator[tuple[str, str]]:
    def amount(name: str) -> str:
        return f"{count(totals[f'{name}messages'], 'message')}, {size(totals[f'{name}bytes'])}"

    yield "To copy", f"{amount('')}, {count(totals['folders'], 'folder')}"
    if totals["already_there"]:
        yield "There already", f"{count(totals['already_there'], 'message')} of earlier passes"
    if totals["label_messages"]:
        yield "Of these further copies for labels", amount("label_")
    yield "Left out", amount("excluded_")
    yield "Too large for the destination", count(totals["too_large_count"], "message")


def _body(data: Mapping[str, Any]) -> Iterator[Block]:
    mailboxes = data["mailboxes"]
    yield from _section("Duration and window", [*data["estimate"].get("lines", ()), *data["window"].get("lines", ())])
    yield from _table("Mailboxes that need something", ("Mailbox", "What is", "What to do"), _problems(mailboxes))
    yield from _table("The customer's files", ("Where", "Column", "What", "What to do"), _findings(data["findings"]))
    yield from _section("Platform", list(_platform(data["platform"])))
    yield from _section("DNS today", [] if data["dns"] else [_NO_DNS])
    yield from _table("DNS today", ("Domain", "State", "What is to be changed"), _dns(data["dns"]))
    large, number = _large(mailboxes), data["totals"]["too_large_count"]
    yield from _table("Messages that the destination does not take", _LARGE_HEAD, large, number)
    yield from _table("To be known", ("Mailbox", ""), _warnings(mailboxes))
    yield from _table("Folders that get another name", ("Mailbox", "There", "Here", "Why"), _renamed(mailboxes))
    yield from _table("Folders that are left out", ("Why", "Folders", "Messages", "Size"), _excluded(mailboxes))
    yield from _table("Mailboxes", _MAILBOX_HEAD, [_mailbox(row) for row in mailboxes])


_LARGE_HEAD = ("Mailbox", "Folder", "Date", "Size")
_MAILBOX_HEAD = (
    "Mailbox",
    "Source",
    "Login there",
    "Login here",
    "Folders",
    "Messages",
    "Size",
    "Left out",
    "Quota here: used of",
)


def _section(title: str, lines: Sequence[str]) -> Iterator[Block]:
    if lines:
        yield Heading(title)
        yield Items(tuple(lines))


def _table(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]], number: int = 0) -> Iterator[Block]:
    """``number``: how many there are, where ``rows`` do not hold all."""
    if not rows:
        return
    shown = tuple(rows[:MOST_ROWS])
    more = (number or len(rows)) - len(shown)
    yield Heading(f"{title} ({len(shown) + more:,})")
    yield Table(head, shown)
    if more:
        yield Sentence(f"And {more:,} more{': see preflight.json' if len(shown) < len(rows) else ''}.")


def _platform(platform: Mapping[str, Any]) -> Iterator[str]:
    yield from (sentence(each["reason"], each["remedy"]) for each in platform["problems"])
    if platform["unchecked_rows"]:
        rows = count(platform["unchecked_rows"], "line")
        yield (
            f"{rows} of aliases.csv, forwards.csv and lists.csv not held against the platform, which does not have"
            " their domains yet. Lists in these have to be created there; run preflight.yml again then."
        )


def _problems(mailboxes: Sequence[_Row]) -> list[tuple[str, ...]]:
    return [(row["mailbox"], each["reason"], each["remedy"]) for row in mailboxes for each in row["problems"]]


def _findings(findings: Sequence[_Row]) -> list[tuple[str, ...]]:
    """Errors first."""
    ordered = sorted(findings, key=lambda each: ("error", "warning", "notice").index(each["level"]))
    return [
        (
            f"{each['file']}:{each['line']}" if each["line"] else each["file"],
            each["column"],
            f"{each['level']}: {each['message']}",
            each["remedy"],
        )
        for each in ordered
    ]


def _dns(domains: Sequence[_Row]) -> list[tuple[str, ...]]:
    return [(each["domain"], each["state"], "; ".join(each["findings"])) for each in domains]


def _large(mailboxes: Sequence[_Row]) -> list[tuple[str, ...]]:
    return [
        (row["mailbox"], each["folder"], each["date"], size(each["size"]))
        for row in mailboxes
        for each in row["too_large"]
    ]


def _warnings(mailboxes: Sequence[_Row]) -> list[tuple[str, ...]]:
    return [(row["mailbox"], warning) for row in mailboxes for warning in row["warnings"]]


def _renamed(mailboxes: Sequence[_Row]) -> list[tuple[str, ...]]:
    return [
        (row["mailbox"], folder["source"], folder["destination"], "; ".join(folder["notes"]))
        for row in mailboxes
        for folder in row["folders"]
        if is_renamed(folder)
    ]


def _excluded(mailboxes: Sequence[_Row]) -> list[tuple[str, ...]]:
    """By reason, the folder that a reason names left aside: a thousand mailboxes have a thousand Trash folders."""
    folders: Counter[str] = Counter()
    messages: Counter[str] = Counter()
    octets: Counter[str] = Counter()
    for item in (each for row in mailboxes for each in row["excluded"]):
        folders[item["reason"]] += 1
        messages[item["reason"]] += item["messages"]
        octets[item["reason"]] += item["size"]
    return [(why, f"{number:,}", f"{messages[why]:,}", size(octets[why])) for why, number in folders.most_common()]


def _mailbox(row: _Row) -> tuple[str, ...]:
    quota = row["quota"]
    limit = size(quota["limit"]) if quota and quota["limit"] else "no limit told"
    return (
        row["mailbox"],
        f"{row['source'].get('host', '')}",
        _login(row["logins"]["source"]),
        _login(row["logins"]["destination"]) if row["destination_found"] else "not there yet",
        f"{len(row['folders']):,}",
        f"{row['messages']:,}",
        size(row["bytes"]),
        f"{row['excluded_messages']:,} ({size(row['excluded_bytes'])})",
        f"{size(quota['used'])} of {limit}" if quota else limit,
    )


def _login(login: Mapping[str, Any]) -> str:
    return "good" if login["ok"] else str(login["error"]).replace("_", " ") or "not tried"
