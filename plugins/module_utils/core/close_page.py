# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The last letter to a customer: what to take back at the old provider, and what is left to do."""

from __future__ import annotations

from collections.abc import Sequence

from .customer_texts import Texts
from .page import Heading, Note, Page, Sentence, Steps

_NOW = ("close password", "close app password", "close consent", "close new password")
_LATER = ("close ttl", "close transfer", "close cancel")


def close_page(ticket: str, domains: Sequence[str], texts: Texts, *, wiped: bool, is_open: bool) -> Page:
    """The letter. ``wiped``: no secret of the customer's is left here. ``is_open``: the ticket was closed in spite of
    something that a person has to look at."""
    named = ", ".join(domains)
    return Page(
        texts.language,
        (
            Heading(texts("close title", ticket=ticket), 1),
            Sentence(texts("close done" if wiped else "close kept")),
            *((Note(texts("close open")),) if is_open else ()),
            Heading(texts("close now")),
            Steps(tuple(texts(name) for name in _NOW)),
            Heading(texts("close later")),
            Steps(tuple(texts(name, domains=named) for name in _LATER)),
        ),
    )
