# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a customer is told of the ticket: the numbers, what is not through, what comes next. A few sentences."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from ..core.customer_texts import Texts
from ..core.page import Block, Heading, Items, Page, Sentence
from ..core.report_text import size
from .values import FAILED, PARTIAL, WAITING, TicketReport

_SHOWN = 10
_STANDS = ("wait", "first", "final", "closed")
_NOT_THROUGH = (FAILED, PARTIAL, WAITING)


def customer_message(report: TicketReport, texts: Texts) -> Page:
    """The message in the language of ``texts``."""
    blocks: list[Block] = [Heading(texts("ticket", ticket=report.ticket), 1), Sentence(texts(_stand(report)))]
    blocks.append(Sentence(_numbers(report, texts)))
    remarks = tuple(_remarks(report, texts))
    blocks += [Items(remarks)] if remarks else []
    steps = tuple(_next(report, texts))
    blocks += [Heading(texts("message next")), Items(steps)] if steps else []
    return Page(texts.language, tuple(blocks))


def _stand(report: TicketReport) -> str:
    if report.verdict == "good":
        return "message done"
    through = not any(report.states[state] for state in _NOT_THROUGH)
    return "message copied" if through else "message going"


def _numbers(report: TicketReport, texts: Texts) -> str:
    totals = report.totals
    amount = size(totals["octets"])
    if texts.language == "de":
        amount = amount.translate(str.maketrans(",.", ".,")).replace("bytes", "Bytes")
    names = ("here", "messages", "mailboxes", "folders")
    return texts("message numbers", size=amount, **{name: totals[name] for name in names})


def _remarks(report: TicketReport, texts: Texts) -> Iterator[str]:
    behind = [line.mailbox for line in report.mailboxes if line.state in _NOT_THROUGH]
    if behind and report.verdict == "bad":
        yield texts("message attention", mailboxes=_names(behind, texts))
    if any(line.failed for line in report.contacts):
        yield texts("contacts missing")
    refused = sum(line.refused for line in report.contacts)
    if refused:
        yield texts("message contacts refused", n=refused)
    for name in ("refused", "held", "archived"):
        if report.totals[name]:
            yield texts(f"message {name}", n=report.totals[name])


def _next(report: TicketReport, texts: Texts) -> Iterator[str]:
    """The customer changes MX records only when all mailboxes of the domain have a pass behind them."""
    behind = {line.mailbox.rpartition("@")[2].lower() for line in report.mailboxes if line.state in _NOT_THROUGH}
    stands = [
        ("wait" if domain.phase == "first" and domain.domain in behind else domain.phase, domain.domain)
        for domain in report.domains
    ]
    for stand in _STANDS:
        names = [domain for found, domain in stands if found == stand]
        if names:
            yield texts(f"message {stand}", domains=_names(names, texts))


def _names(names: Sequence[str], texts: Texts) -> str:
    shown, more = ", ".join(names[:_SHOWN]), len(names) - _SHOWN
    return texts("message more", names=shown, n=more) if more > 0 else shown
