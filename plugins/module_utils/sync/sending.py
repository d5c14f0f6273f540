# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sending the messages of one folder: written to the journal, appended, and each answer acted on."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from ..core.errors import ConnectionLost, FolderClosed, MigrationError, OverQuota, Throttled
from ..core.messages import Entry
from ..core.sync_plan import FolderWork
from ..imap import diagnose
from ..imap.append import AppendAnswer, Appender, Sent
from ..imap.body import has_ascii_header, is_ascii
from ..imap.listing import Status
from .caution import FEW, Company
from .flights import MOST, Flight, Flights, Ready
from .tally import Failure
from .tools import Tools

BATCH_MESSAGES = 100
_WORTH_A_RETRY = frozenset({"SERVERBUG", "NOPERM", "CONTACTADMIN", "CORRUPTION", "EXPIRED", "INUSE"})
_CLOSED = frozenset({"NOPERM", "READ-ONLY"})
# Refusals of single messages in a row after which it is the folder that the server refuses.
_ONE_AFTER_THE_OTHER = 50
_OF_THE_FOLDER = 3
_MAY_WRITE = "Give the login of the migration the right to write into this folder, then run again"


class Sender:
    """Sends the messages of one folder. ``before`` is the folder's STATUS before the first of them.

    After ``has_ended`` the folder takes no more.
    """

    def __init__(self, flights: Flights, tools: Tools, work: FolderWork, before: Status) -> None:
        self.work = work
        self.has_ended = False
        self._flights = flights
        self._destination = flights.session
        self._tools = tools
        self._pair = work.pair
        self._before = before
        self._appender = Appender(flights.session)
        self._most = BATCH_MESSAGES
        self._recreations = 0
        self._refused: Counter[str] = Counter()

    def most(self, company: Company) -> int:
        """How many messages one command may carry now."""
        if not self._appender.several or company is Company.NONE:
            return 1
        return min(self._most, FEW) if company is Company.FEW else self._most

    def send(self, batch: Sequence[Ready], company: Company) -> None:
        """Send one command; its answer is read later, at once for messages under suspicion."""
        if not batch:
            return
        if company is not Company.ANY:
            self._flights.settle()
        if self.has_ended:
            return
        entries, before = [ready.entry for ready in batch], self._before
        journal, now = self._tools.journal, self._tools.now()
        with journal.together():
            self._flights.enter()
            rows = journal.intend(entries, before.uidnext, now, uidvalidity=before.uidvalidity)
        entered = self._as_learned(
            [Ready(entry, item, row, refused) for (entry, item, _none, refused), row in zip(batch, rows, strict=True)]
        )
        self._appender.ask_from = 0 if company is not Company.ANY else self._tools.learned.ask_from
        octets = sum(len(ready.item.body) for ready in entered)
        self._flights.add(Flight(self, self._launch(entered), entered, octets))
        if company is Company.ANY:
            self._flights.keep_up()
        else:
            self._flights.settle()

    def settle(self, flight: Flight) -> None:
        """See :class:`Owner`. Raises what ends the folder, or the pass."""
        self._act_on(self._collect(flight.sent, flight.batch), flight.batch)

    def close(self, flight: Flight) -> None:
        """See :class:`Owner`."""
        answer = self._collect(flight.sent, flight.batch)
        if answer.ok:
            self._confirm(answer, flight.batch)
        else:
            self._forget(flight.batch)

    def refuse(self, entry: Entry, reason: str) -> None:
        """Enter that the destination does not take a message."""
        self._tools.journal.refuse(entry, reason, self._tools.now())
        self._tools.doubts.sending.passed([entry.source])
        remedy = "Mend the reason and run again, or accept its loss: add the digest to 'accepted' in ticket.yml"
        self._fail(entry, "refused", reason, remedy)

    def _launch(self, batch: Sequence[Ready]) -> Sent:
        with self._watching(batch):
            return self._appender.send(self._pair.destination, [ready.item for ready in batch])

    def _collect(self, sent: Sent, batch: Sequence[Ready]) -> AppendAnswer:
        with self._watching(batch):
            return self._appender.collect(sent)

    @contextmanager
    def _watching(self, batch: Sequence[Ready]) -> Iterator[None]:
        """A connection that breaks in here throws suspicion on everything that is on its way."""
        try:
            yield
        except ConnectionLost as error:
            self._suspect([*batch, *self._flights.messages()], error)
            raise

    def _suspect(self, batch: Sequence[Ready], error: ConnectionLost) -> None:
        if len(batch) == 1:
            self._tools.doubts.digests[batch[0].entry.source] = batch[0].entry.digest
        self._tools.doubts.sending.lost([ready.entry.source for ready in batch], error)

    def _act_on(self, answer: AppendAnswer, batch: Sequence[Ready]) -> None:
        self._flights.answered(well=answer.ok)
        if answer.ok:
            self._confirm(answer, batch)
            return
        words, code = answer.tagged.words(), answer.tagged.code.split(" ")[0].upper()
        self._raise_if_general(words, code, batch)
        # Each command that was on its way when the folder was found to be gone is answered so.
        if code == "TRYCREATE" and self._recreations < MOST:
            self._recreations += 1
            self._destination.create(self._pair.destination)
            self._again(batch)
        elif len(batch) > 1:
            # All or nothing (RFC 3502): halves lead to the one that the server does not take.
            middle = len(batch) // 2
            self._most = max(middle, 1)
            with self._forgetting(batch[middle:]):
                self._again(batch[:middle])
            self._again(batch[middle:])
        else:
            self._settle_single(batch[0], words, code)

    @contextmanager
    def _forgetting(self, refused: Sequence[Ready]) -> Iterator[None]:
        """When the pass ends in here, what was refused before and not sent again is no longer under way."""
        try:
            yield
        except MigrationError:
            self._forget(refused)
            raise

    def _again(self, batch: Sequence[Ready]) -> None:
        batch = self._as_learned(batch)
        self._act_on(self._collect(self._launch(batch), batch), batch)

    def _as_learned(self, batch: Sequence[Ready]) -> Sequence[Ready]:
        if not self._tools.learned.wants_utf8:
            return batch
        return [
            ready if has_ascii_header(ready.item.body) else ready._replace(item=ready.item._replace(utf8=True))
            for ready in batch
        ]

    def _settle_single(self, ready: Ready, words: str, code: str) -> None:
        may_be_utf8 = self._appender.knows_utf8 and not ready.item.utf8 and not diagnose.is_too_large(words)
        if may_be_utf8 and not is_ascii(ready.item.body):
            self._again_as_utf8(ready)
            return
        plain = tuple(flag for flag in ready.item.flags if flag.startswith("\\"))
        if plain != ready.item.flags and not diagnose.is_too_large(words):
            # What passes by itself is no word about the keywords.
            if ready.refused:
                self._again_without_keywords(ready, plain, words)
            else:
                self._again([ready._replace(refused=words)])
            return
        if diagnose.is_too_large(words):
            self._tools.learned.ask_from = min(self._tools.learned.ask_from, len(ready.item.body))
        ready.item.body.close()
        if code in _WORTH_A_RETRY:
            self._forget([ready])
            self._fail(ready.entry, "failed", f"the destination answers: {words}", "Run again")
        else:
            self.refuse(ready.entry, f"the destination refuses it: {words}")
        self._close_if_evident(words)

    def _again_as_utf8(self, ready: Ready) -> None:
        copied = self._tools.tally.of(self._pair.source)["copied"]
        self._again([ready._replace(item=ready.item._replace(utf8=True))])
        if self._tools.tally.of(self._pair.source)["copied"] > copied:
            self._tools.learned.wants_utf8 = True

    def _again_without_keywords(self, ready: Ready, plain: tuple[str, ...], words: str) -> None:
        """One keyword that is refused twice in the same words is what the folder does not take.

        Which of several, the next pass finds out.
        """
        dropped = sorted(set(ready.item.flags) - set(plain))
        self._tools.learned.unagreed.add(ready.entry.source)
        copied = self._tools.tally.of(self._pair.source)["copied"]
        self._tools.journal.agree_flags([(ready.row, frozenset(plain))])
        self._again([ready._replace(item=ready.item._replace(flags=plain))])
        if self._tools.tally.of(self._pair.source)["copied"] == copied:
            return
        is_sure = words == ready.refused and not diagnose.is_of_the_folder(words)
        if len(dropped) == 1 and is_sure:
            self._tools.kept.refuse(self._pair.destination, dropped)
        else:
            self._tools.learned.without_keywords.add(self._pair.source)
        self.warn_of_keywords(dropped)

    def warn_of_keywords(self, dropped: Sequence[str]) -> None:
        """Tell that messages of this folder came without these keywords."""
        words = ", ".join(sorted(dropped))
        self._tools.tally.warn(f"{self._pair.source}: the destination does not take the keywords {words}")

    def _raise_if_general(self, words: str, code: str, batch: Sequence[Ready]) -> None:
        """A full mailbox, a closed folder or a server that asks to wait concerns more than this batch.

        A mailbox is full when it does not take a message by itself: of a batch some may still fit.
        """
        where = f"{self._destination.where}, {self._pair.destination}"
        if diagnose.is_over_quota(words) and len(batch) == 1:
            self._forget(batch)
            raise OverQuota(
                f"the destination mailbox is full: {words}", where=where, remedy="Raise its quota and run again"
            )
        if code in _CLOSED:
            self._forget(batch)
            raise self._closed(words)
        if diagnose.is_throttle(words):
            self._forget(batch)
            wait = diagnose.suggested_wait(words)
            error = Throttled(f"the destination asks to wait: {words}", where=where, wait=wait)
            self._suspect(batch, error)
            raise error

    def _close_if_evident(self, words: str) -> None:
        """One after the other refused in the same words (but for numbers), and none taken: it is not the messages."""
        kind = re.sub(r"\d+", "", words)
        self._refused[kind] += 1
        most = _OF_THE_FOLDER if diagnose.is_of_the_folder(words) else _ONE_AFTER_THE_OTHER
        if self._refused[kind] >= most and not diagnose.is_too_large(words):
            raise self._closed(words)

    def _closed(self, words: str) -> FolderClosed:
        return FolderClosed(
            f"the destination takes no message into {self._pair.destination}: {words}",
            where=self._destination.where,
            remedy=_MAY_WRITE if diagnose.is_of_the_folder(words) else "Ask the destination's administrator, run again",
        )

    def _confirm(self, answer: AppendAnswer, batch: Sequence[Ready]) -> None:
        self._flights.taken([ready.row for ready in batch], answer.uidvalidity, answer.uids)
        self._tools.index.note(self._pair.destination, answer.uidvalidity, answer.uids)
        octets = sum(len(ready.item.body) for ready in batch)
        self._tools.tally.add(self._pair.source, copied=len(batch), bytes=octets, left=-len(batch))
        self._tools.tally.wrote()
        self._tools.doubts.sending.passed([ready.entry.source for ready in batch])
        self._most = min(self._most * 2, BATCH_MESSAGES)
        self._refused.clear()
        self._tools.learned.closed.clear()
        for ready in batch:
            ready.item.body.close()

    def _forget(self, batch: Sequence[Ready]) -> None:
        self._tools.journal.forget(ready.row for ready in batch)

    def _fail(self, entry: Entry, kind: str, reason: str, remedy: str) -> None:
        digest = entry.digest.raw.hex() if kind == "refused" else ""
        self._tools.tally.fail(Failure(self._pair.source, entry.source.uid, kind, reason, remedy, digest))
        self._tools.tally.add(self._pair.source, left=-1)
