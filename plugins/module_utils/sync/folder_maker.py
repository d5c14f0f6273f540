# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Folders of the destination: created and subscribed once, under names that it takes, and not against its user."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from contextlib import suppress
from dataclasses import replace

from ..core.errors import FolderRefused, NameRefused
from ..core.folder_names import levels_above
from ..core.folders import FolderPair, FolderPlan, Side
from ..imap.session import Session
from .request import SyncResult
from .tally import Failure

# So many refusals without a single folder made: the server makes none, whatever the name.
_HOPELESS = 30
# So many names are tried to see whether a server wants its folders below INBOX.
_TRIED = 3
_REMEDY = "Give it a name that the server takes in folders.rename, or ask who runs the server why it refuses this one"


class FolderMaker:
    """Makes folders that miss. Without a session, or with ``writing`` false, it only notes what it would do.

    ``make_plan`` plans for a destination as it is known; ``plan`` is the plan that counts: where the destination
    refuses a name, it is made again with that knowledge.
    """

    def __init__(
        self,
        session: Session | None,
        side: Side,
        make_plan: Callable[[Side], FolderPlan],
        result: SyncResult,
        *,
        writing: bool,
    ) -> None:
        self._session = session if writing else None
        self._make_plan = make_plan
        self._result = result
        self._made: set[str] = set()
        self._refusals: dict[str, FolderRefused] = {}
        self._given_up: dict[str, FolderRefused] = {}
        self._side = side
        self.plan = make_plan(side)
        if session is not None:
            self._learn(aliases=tuple(session.aliases(self.plan, side)))

    def make(self, worked_off: Collection[str]) -> list[FolderPair]:
        """Create and subscribe; the pairs that can be worked on.

        Source folders in ``worked_off`` have been brought over before: what misses of them was removed by the
        destination's user and comes back only when there is something new to put into it.
        """
        wanted = {pair.source for pair in self.plan.pairs if pair.source not in worked_off}
        failed = self._create(wanted)
        self._subscribe([pair for pair in self.plan.pairs if pair.subscribe and pair.source in wanted - failed])
        return [pair for pair in self.plan.pairs if pair.selectable and pair.source not in failed]

    def make_for(self, sources: Collection[str]) -> set[str]:
        """Create what these source folders need, removed or not; those for which nothing could be made.

        The places of the others are those of ``plan`` now.
        """
        return self._create(sources)

    def _create(self, sources: Collection[str]) -> set[str]:
        """Create what these source folders need; those for which nothing could be made, which are reported."""
        before = len(self._made)
        self._look_for_prefix(sources)
        while (refused := self._round(sources)) and (self._made or len(self._refusals) < _HOPELESS):
            self._learn(refused=refused)
        if self._session is not None and len(self._made) > before:
            self._confirm(self._session)
        failed = [pair for pair in self.plan.pairs if pair.source in sources and not self._is_there(pair)]
        for pair in failed:
            self._fail(pair, self._given_up.get(pair.source) or self._refusals.get(pair.destination) or _NOT_MADE)
        return {pair.source for pair in failed}

    def _look_for_prefix(self, sources: Collection[str]) -> None:
        """See whether a server that tells no namespaces wants everything below INBOX: it refuses all other names."""
        if self._session is None or not self._side.may_want_prefix or self._can_make(self.plan, sources):
            return
        below = replace(self._side, prefix=f"INBOX{self._side.delimiter}")
        plan = self._make_plan(below)
        if self._can_make(plan, sources):
            self._side, self.plan = below, plan

    def _can_make(self, plan: FolderPlan, sources: Collection[str]) -> bool:
        """Whether the server creates one of the first folders that miss, or none misses; that one is made."""
        missing = [pair.destination for pair in plan.pairs if pair.source in sources and not self._is_there(pair)]
        for name in sorted(missing, key=lambda name: name.count(self._side.delimiter))[:_TRIED]:
            with suppress(FolderRefused):
                self._make_one(name)
                return True
        return not missing

    def _round(self, sources: Collection[str]) -> set[str]:
        """Try each folder that misses once; the names that were refused for the first time."""
        self._make_ahead([pair.destination for pair in self.plan.pairs if pair.source in sources])
        refused: set[str] = set()
        for pair in self.plan.pairs:
            name = pair.destination
            if pair.source not in sources or pair.source in self._given_up or self._is_there(pair):
                continue
            if name in self._side.refused or refused.intersection(levels_above(name, self._side)):
                continue
            try:
                self._make(name)
            except NameRefused as error:
                self._refusals[name] = error
                refused.add(name)
            except FolderRefused as error:
                self._given_up[pair.source] = error
        return refused

    def _make_ahead(self, names: Iterable[str]) -> None:
        """Create what the server takes at once, level by level; whatever it does not take is for :meth:`_make`.

        Raises Throttled.
        """
        if self._session is None:
            return
        there = self._made | {folder.name for folder in self._side.folders}
        missing = [name for name in dict.fromkeys(names) if name not in there and name not in self._side.refused]
        while ready := [name for name in missing if not set(levels_above(name, self._side)).intersection(missing)]:
            for start in range(0, len(ready), _HOPELESS):
                made, throttled = self._session.create_ahead(ready[start : start + _HOPELESS])
                self._made.update(made)
                self._result.folders_created += made
                if throttled is not None:
                    raise throttled
                if not made:
                    return
            refused = set(ready) - self._made
            missing = [
                name
                for name in missing
                if name not in ready and not refused.intersection(levels_above(name, self._side))
            ]

    def _make(self, name: str) -> None:
        """Create a folder, and the levels above it on a server that wants them first."""
        try:
            self._make_one(name)
        except NameRefused:
            missing = [
                above
                for above in levels_above(name, self._side)
                if above not in self._made and all(folder.name != above for folder in self._side.folders)
            ]
            if not missing:
                raise
            for above in missing:
                self._make_one(above)
            self._make_one(name)

    def _make_one(self, name: str) -> None:
        if self._session is not None and not self._session.create(name):
            twin = self._twin(name)
            if twin is not None:
                self._learn(aliases=((name, twin),))
                raise NameRefused(f"the server holds it for the same as {twin}")
        else:
            self._result.folders_created.append(name)
        self._made.add(name)

    def _twin(self, name: str) -> str | None:
        """The folder that differs from this one in case only."""
        there = [folder.name for folder in self._side.folders if folder.name != name]
        return next((other for other in (*there, *self._made) if other.casefold() == name.casefold()), None)

    def _learn(self, *, refused: Collection[str] = (), aliases: tuple[tuple[str, str], ...] = ()) -> None:
        if refused or aliases:
            side = self._side
            self._side = replace(side, refused=side.refused.union(refused), aliases=(*side.aliases, *aliases))
            self.plan = self._make_plan(self._side)

    def _confirm(self, session: Session) -> None:
        """See that what was made is there under its name: a server may say OK and make something else."""
        unseen = self._made - session.list_names()
        if not unseen:
            return
        self._made -= unseen
        side, _statuses = session.list_side()
        self._side = replace(side, refused=self._side.refused, aliases=self._side.aliases)
        self.plan = self._make_plan(self._side)
        self._learn(aliases=tuple(session.aliases(self.plan, side)))
        self._made |= {name for name in unseen if session.has_folder(name)}

    def _is_there(self, pair: FolderPair) -> bool:
        return not pair.create or pair.destination in self._made

    def _subscribe(self, pairs: Sequence[FolderPair]) -> None:
        names = list(dict.fromkeys(pair.destination for pair in pairs))
        refused = self._session.subscribe(names) if self._session is not None else {}
        self._result.folders_subscribed += [name for name in names if name not in refused]
        for pair in pairs:
            if pair.destination in refused:
                self._fail(pair, refused[pair.destination])

    def _fail(self, pair: FolderPair, error: FolderRefused) -> None:
        reason = f"{pair.destination}: {error.what}"
        self._result.tally.fail(Failure(pair.source, 0, "failed", reason, error.remedy or _REMEDY))


_NOT_MADE = FolderRefused("the server does not list it, nor any other name under which it was tried")
