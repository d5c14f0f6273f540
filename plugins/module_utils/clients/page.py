# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The customer's page on setting up mail programs, for a domain or for one mailbox."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from ..core.customer_texts import Texts
from ..core.page import Block, Heading, Items, Note, Page, Sentence, Steps, Table
from .provider import Mailbox, Provider

_PURPOSES = {"imap": "incoming imap", "pop3": "incoming pop3", "smtp": "outgoing"}
_PROFILE = ("profile close", "profile open", "profile add", "profile fill", "profile ask", "profile default")
_EXPORT = ("rules open old", "rules manage", "rules do export", "rules save")
_IMPORT = ("rules open new", "rules do import", "rules choose")
_PST = ("pst export", "pst profile", "pst import", "pst keep")


@dataclass(frozen=True)
class Agreed:
    """What a ticket brings over beside the rest, and above how many messages folders are archived (0: never)."""

    trash: bool = False
    junk: bool = False
    threshold: int = 10000


def setup_page(provider: Provider, domain: str, agreed: Agreed, texts: Texts, mailbox: Mailbox | None = None) -> Page:
    """The page of one mailbox, or of all in the domain."""
    title = texts("setup of", mailbox=mailbox.address) if mailbox else texts("setup domain", domain=domain)
    return Page(
        texts.language,
        (
            Heading(title, 1),
            Sentence(texts("setup intro", provider=provider.name)),
            *_login(provider, texts, mailbox),
            *_servers(provider, texts),
            *_programs(texts),
            *_outlook(texts),
            *_expect(agreed, texts),
            *_help(provider, texts),
        ),
    )


def _login(provider: Provider, texts: Texts, mailbox: Mailbox | None) -> Iterator[Block]:
    rule = texts("whole address" if provider.username == "address" else "local part")
    yield Heading(texts("setup login"))
    yield Table(
        (texts("user name"), texts("password")),
        ((provider.login(mailbox.address) if mailbox else rule, texts("password hint")),),
    )


def _servers(provider: Provider, texts: Texts) -> Iterator[Block]:
    yield Heading(texts("servers"))
    yield Table(
        tuple(map(texts, ("purpose", "server", "port", "encryption"))),
        tuple(
            (texts(_PURPOSES[s.protocol]), s.host, str(s.port), texts(f"encryption {s.encryption}"))
            for s in provider.servers
        ),
    )
    if provider.of("pop3"):
        yield Sentence(texts("prefer imap"))
    others = (("contacts", provider.carddav), ("calendars", provider.caldav), ("web mail", provider.webmail))
    rows = tuple((texts(name), url) for name, url in others if url)
    if rows:
        yield Table((texts("purpose"), texts("server")), rows)


def _programs(texts: Texts) -> Iterator[Block]:
    yield Heading(texts("by itself"))
    yield Items(tuple(map(texts, ("thunderbird", "apple", "other programs"))))


def _outlook(texts: Texts) -> Iterator[Block]:
    yield Heading(texts("outlook"))
    yield Note(texts("golden rule"))
    yield Steps(tuple(map(texts, _PROFILE)))
    yield Heading(texts("rules of outlook"))
    yield Sentence(texts("rules why"))
    yield Heading(texts("rules export"), 3)
    yield Steps(tuple(map(texts, _EXPORT)))
    yield Heading(texts("rules import"), 3)
    yield Steps(tuple(map(texts, _IMPORT)))
    yield Heading(texts("pop3"))
    yield Note(texts("pop3 risk"))
    yield Steps(tuple(map(texts, _PST)))


def _expect(agreed: Agreed, texts: Texts) -> Iterator[Block]:
    brought = {(False, False): "neither", (True, False): "trash", (False, True): "junk", (True, True): "both"}
    yield Heading(texts("expect"))
    yield Sentence(texts("expect folders"))
    if agreed.threshold:
        yield Sentence(texts("expect archive", threshold=agreed.threshold, example=texts("archive example")))
        yield Sentence(texts("expect missing"))
    yield Sentence(texts(f"expect {brought[(agreed.trash, agreed.junk)]}"))


def _help(provider: Provider, texts: Texts) -> Iterator[Block]:
    support = provider.support
    ways = {"mail": support.mail, "phone": support.phone, "web": support.web}
    if any(ways.values()):
        yield Heading(texts("help"))
        yield Sentence(texts("help from", who=support.name or provider.name))
        yield Items(tuple(texts(f"help {way}", **{way: value}) for way, value in ways.items() if value))
