# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The customer's pages in plain words on what was transferred."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .contacts_outcome import ContactsProof
from .customer_texts import Texts
from .page import Block, Heading, Items, Page, Sentence, Table
from .proof import Proof

_SHOWN_ENTRIES = 50


def mailbox_page(proof: Proof, texts: Texts) -> Page:
    """What became of one mailbox."""
    return Page(texts.language, (Heading(texts("mailbox", mailbox=proof.mailbox), 1), *_body(proof, texts)))


def ticket_page(
    ticket: str,
    proofs: Sequence[Proof],
    texts: Texts,
    route_faults: Sequence[str] | None,
    unverified: Sequence[str] = (),
    contacts: Sequence[ContactsProof] = (),
) -> Page:
    """What became of a ticket.

    :param route_faults: what is wrong with aliases, forwards, lists; None: not looked at.
    :param unverified: mailboxes that could not be held against their source.
    :param contacts: contacts and calendars, where the ticket holds any.
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
    blocks += _contacts(contacts, texts)
    for proof in proofs:
        blocks += [Heading(proof.mailbox), *_verdict(proof, texts), *_lying_apart(proof, texts, level=3)]
    for mailbox in unverified:
        blocks += [Heading(mailbox), Sentence(texts("unverified"))]
    return Page(texts.language, tuple(blocks))


def _contacts(proofs: Sequence[ContactsProof], texts: Texts) -> Iterator[Block]:
    if not proofs:
        return
    yield Heading(texts("contacts title"))
    yield Table(
        tuple(texts(name) for name in ("address", "contacts entries", "are here")),
        tuple((proof.mailbox, texts.number(proof.entries), texts.number(proof.here)) for proof in proofs),
    )
    yield Sentence(texts("contacts missing" if any(proof.missing for proof in proofs) else "contacts all here"))
    deleted = [texts("contacts deleted", mailbox=each.mailbox, n=each.deleted) for each in proofs if each.deleted]
    if deleted:
        yield Items(tuple(deleted))
    refused = [place for proof in proofs for place in proof.refused]
    if refused:
        shown = refused[:_SHOWN_ENTRIES]
        more = len(refused) - len(shown)
        yield Sentence(texts("contacts refused"))
        yield Items((*shown, *([texts("contacts refused more", n=more)] if more else [])))


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
