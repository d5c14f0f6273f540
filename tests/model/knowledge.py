# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a pass may do with the messages of one content, and what is known afterwards.

Messages of equal content are one class. Of each class the model holds every state that the engine's journal may be in;
a pass is right when what it made of the destination follows by the rules from one of them. Classes of a single message,
nearly all of them, leave no choice; twins leave the choice which is which, and nothing else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import combinations, permutations, product
from typing import NamedTuple

from tests.model.state import Flags, Item, Place

SENT, OPEN, HELD = "sent", "open", "held"
# The old copy of a message whose new one is there: a move that is none of the server's own broke off before its end.
LEFT = "left"


@dataclass(frozen=True, slots=True)
class Row:
    """One message that was dealt with.

    ``key`` is its place at the source, ``place`` where its copy was left. ``base`` are the flags last agreed, None
    where none were. ``ours`` is false for what was found at the destination. ``renumbered`` says that the destination
    gave the copy's folder another UIDVALIDITY since.
    """

    key: Place
    place: Place | None
    base: Flags | None
    ours: bool = True
    state: str = SENT
    renumbered: bool = False


Rows = frozenset[Row]


@dataclass(frozen=True)
class Scene:
    """One content class in one pass. ``target`` gives the destination folder of a source folder.

    ``excused`` are source messages that the result lists as not dealt with. ``partial`` is a pass that broke off;
    ``noisy`` one that came through, past faults. ``resumed`` says that the one before may have broken off.
    """

    source: tuple[Item, ...]
    before: tuple[Item, ...]
    after: tuple[Item, ...]
    target: Mapping[str, str]
    excused: frozenset[Place] = frozenset()
    can_move: bool = True
    recopy: bool = False
    partial: bool = False
    noisy: bool = False
    resumed: bool = False

    @property
    def disturbed(self) -> bool:
        return self.partial or self.noisy

    @property
    def occupied(self) -> dict[Place, Item]:
        return {item.place: item for item in self.before}


class _Move(NamedTuple):
    """A copy that follows its message. ``half``: the new copy is there, and the old one is not removed yet."""

    row: Row
    item: Item
    copy: Item
    half: bool = False


class _Deal(NamedTuple):
    """What is decided on each message, before it is held against what is seen."""

    live: tuple[tuple[Row, Item], ...]
    paired: tuple[tuple[Row, Item], ...]
    matched: tuple[Row, ...]
    copies: tuple[Item, ...]
    other: tuple[Row, ...]


def explain(scene: Scene, rows: Rows) -> Iterator[Rows]:
    """Every state of the journal after a pass that began with ``rows`` and left what ``scene`` shows."""
    if left := frozenset(row for row in rows if row.state == LEFT):
        yield from _past_halves(scene, rows - left, left)
        return
    for begun in _taken_for_begun(scene, rows):
        for settled in _settle_open(scene, begun):
            for deal in _deals(scene, settled):
                yield from _held_against_what_is_seen(scene, deal)


def explain_new(scene: Scene, *, least: int, most: int) -> Iterator[Rows]:
    """The same of a pass without a journal: what is there is matched, of what misses some is copied and some held."""
    wanted = [item for item in scene.source if not item.is_deleted and item.place not in scene.excused]
    count = min(len(wanted), len(scene.before))
    for matched in combinations(wanted, count):
        rest = [item for item in wanted if item not in matched]
        rows = list(_matched(scene, matched, scene.before))
        for number in range(min(least, len(rest)), min(most, len(rest)) + 1):
            for copied in combinations(rest, number):
                held = [Row(item.place, None, None, ours=False, state=HELD) for item in rest if item not in copied]
                yield from _held_against_what_is_seen(scene, _Deal((), (), (*rows, *held), copied, ()))


def unaccounted(before: Sequence[Item], rows: Iterable[Row]) -> list[Item]:
    """The messages at the destination that no row has put or found there."""
    places = {row.place for row in rows}
    return [item for item in before if item.place not in places]


# Decide


def _past_halves(scene: Scene, rows: Rows, left: Rows) -> Iterator[Rows]:
    """Moves that broke off are brought to their end: old copies go, if nobody has touched them."""
    occupied, after = scene.occupied, {item.place for item in scene.after}
    remains = frozenset(row for row in left if row.place in after)
    if not scene.partial and any(
        row.place in occupied and occupied[row.place].flags == row.base and row.key not in scene.excused
        for row in remains
    ):
        return
    old = {row.place for row in left}
    beyond = replace(scene, before=tuple(item for item in scene.before if item.place not in old),
                     after=tuple(item for item in scene.after if item.place not in old))
    for state in explain(beyond, rows):
        yield state | remains if scene.partial else state


def _taken_for_begun(scene: Scene, rows: Rows) -> Iterator[Rows]:
    """What a pass that broke off was about to send, and its user put a twin's copy there since: nothing tells which.

    Only a copy with the message's own date may be taken for it, and only where a twin's is missing.
    """
    yield rows
    missing = sum(row.state == SENT and row.place not in scene.occupied for row in rows)
    if not (scene.resumed and missing):
        return
    known = {row.key for row in rows}
    for item, copy in product(scene.source, unaccounted(scene.before, rows)):
        is_there = copy.folder == scene.target.get(item.folder) and copy.received == item.received
        if is_there and item.place not in known:
            yield from (rows | {Row(item.place, copy.place, base)} for base in (copy.flags, item.flags))


def _settle_open(scene: Scene, rows: Rows) -> Iterator[Rows]:
    """Begun sendings: found where they are; where the user has moved or removed the copy, that is known or not."""
    occupied = scene.occupied
    here = [row for row in rows if row.state == OPEN and row.place in occupied]
    astray = [row for row in rows if row.state == OPEN and row.place not in occupied]
    rest = rows.difference(here, astray)
    free = len(unaccounted(scene.before, rows))
    lost = sum(row.state == SENT and row.place not in occupied for row in rest)
    least, most = min(len(astray), max(0, free - lost)), min(len(astray), free)
    counts = range(len(astray) + 1) if scene.partial else range(least, most + 1)
    for count in counts:
        for found in combinations(astray, count):
            kept = [*here, *found]
            if not scene.partial:
                yield rest.union(replace(row, state=SENT) for row in kept)
                continue
            for states in product((SENT, OPEN), repeat=len(kept)):
                yield rest.union(replace(row, state=state) for row, state in zip(kept, states, strict=True))


def _deals(scene: Scene, rows: Rows) -> Iterator[_Deal]:
    items = {item.place: item for item in scene.source}
    again = [row for row in rows if row.state == HELD and scene.recopy]
    here = [row for row in again if row.key in items]
    # What was held and lies elsewhere at the source now may be known again, and is copied then.
    for forgotten in (again, here) if len(here) < len(again) else (again,):
        yield from _deals_with(scene, items, rows.difference(forgotten))


def _deals_with(scene: Scene, items: Mapping[Place, Item], rows: Rows) -> Iterator[_Deal]:
    live = tuple((row, items[row.key]) for row in _sorted(rows) if row.key in items)
    gone = [row for row in _sorted(rows) if row.key not in items]
    known = {row.key for row, _unused in live}
    fresh = [item for item in scene.source if item.place not in known and not item.is_deleted]
    for skipped in _subsets([item for item in fresh if item.place in scene.excused]):
        wanted = [item for item in fresh if item not in skipped]
        for paired in _pairings(wanted, gone, partial=scene.partial or bool(skipped)):
            yield from _deals_of_the_rest(scene, live, gone, paired, wanted)


def _deals_of_the_rest(
    scene: Scene,
    live: tuple[tuple[Row, Item], ...],
    gone: Sequence[Row],
    paired: tuple[tuple[Row, Item], ...],
    wanted: Sequence[Item],
) -> Iterator[_Deal]:
    """New messages that are none of the known: found at the destination as far as it has more than is missed there."""
    found = {item.place for _unused, item in paired}
    rest = [item for item in wanted if item.place not in found]
    other = tuple(row for row in gone if row not in {row for row, _unused in paired})
    rows = [row for row, _unused in (*live, *paired)] + list(other)
    free = unaccounted(scene.before, rows)
    astray = sum(row.state != HELD and row.place not in scene.occupied for row in rows)
    most = min(len(rest), max(0, len(free) - astray))
    for count in range(most + 1) if scene.partial else (most,):
        for matched in combinations(rest, count):
            copies = tuple(item for item in rest if item not in matched)
            yield _Deal(live, paired, tuple(_matched(scene, matched, free)), copies, other)


def _pairings(
    fresh: Sequence[Item], gone: Sequence[Row], *, partial: bool
) -> Iterator[tuple[tuple[Row, Item], ...]]:
    """New messages that are gone ones in another place: as many as there are of both."""
    most = min(len(fresh), len(gone))
    for count in range(most + 1) if partial else (most,):
        for items in combinations(fresh, count):
            for rows in permutations(gone, count):
                yield tuple(zip(rows, items, strict=True))


def _matched(scene: Scene, items: Sequence[Item], free: Sequence[Item]) -> Iterator[Row]:
    """Rows of what was there; which of equal copies each takes makes no difference to anything but its count."""
    left = list(free)
    for item in items:
        best = min(left, key=lambda copy: (copy.folder != scene.target.get(item.folder), copy.place))
        left.remove(best)
        yield Row(item.place, best.place, None, ours=False)


# Hold against what is seen


def _held_against_what_is_seen(scene: Scene, deal: _Deal) -> Iterator[Rows]:
    before, after = scene.occupied, {item.place: item for item in scene.after}
    lost = before.keys() - after.keys()
    arrived = [item for place, item in after.items() if place not in before]
    for moves in _moves(scene, deal, lost):
        needed = len(moves) + len(deal.copies)
        if len(arrived) > needed or (not scene.partial and len(arrived) < needed):
            continue
        for copied in _subsets_of_size(deal.copies, len(arrived) - len(moves)):
            for order in permutations(arrived):
                if _fits(scene, moves, copied, order):
                    new = list(zip(copied, order[len(moves):], strict=True))
                    yield from _with_flags(scene, deal, moves, new, order)


def _moves(scene: Scene, deal: _Deal, lost: Iterable[Place]) -> Iterator[list[_Move]]:
    """Which copies followed: all that must, and some that may; none other may have left its place."""
    occupied, lost = scene.occupied, set(lost)
    may: list[_Move] = []
    must: set[Place] = set()
    for row, item in deal.paired:
        target = scene.target.get(item.folder)
        if row.state == HELD or not row.ours or row.base is None or row.place is None or target == row.place.folder:
            continue
        copy = occupied.get(row.place)
        if copy is not None and copy.flags == row.base:
            may.append(_Move(row, item, copy))
            if not (scene.partial or row.renumbered or item.place in scene.excused) and scene.can_move:
                must.add(row.place)
        elif copy is None:
            # Moved away and back by its user, it may count as untouched.
            free = unaccounted(scene.before, [row for row, _unused in (*deal.live, *deal.paired)])
            may += [_Move(row, item, copy) for copy in free if copy.folder == row.place.folder
                    and copy.flags == row.base]
    # What an earlier pass could not move.
    for row, item in deal.live if scene.resumed else ():
        copy = occupied.get(row.place) if row.place else None
        is_ours = row.ours and row.state == SENT and copy is not None and copy.flags == row.base
        if copy is not None and is_ours and scene.target.get(item.folder) != copy.folder:
            may.append(_Move(row, item, copy))
    if not must <= lost:
        return
    chosen = [move for move in may if move.copy.place in lost]
    begun = [move._replace(half=True) for move in may if move.copy.place not in lost] if scene.partial else []
    for whole, halves in product(combinations(chosen, len(lost)), _subsets(begun)):
        moves = [*whole, *halves]
        is_once = len({move.row for move in moves}) == len({move.copy.place for move in moves}) == len(moves)
        if is_once and {move.copy.place for move in whole} == lost:
            yield moves


def _fits(scene: Scene, moves: Sequence[_Move], copies: Sequence[Item], arrived: Sequence[Item]) -> bool:
    """Whether these arrivals are those moved and copied messages, each in its folder with its date and flags."""
    for move, item in zip(moves, arrived, strict=False):
        fits = item.folder == scene.target.get(move.item.folder) and item.received == move.copy.received
        if not fits or item.flags not in (move.copy.flags, move.item.flags):
            return False
    for copy, item in zip(copies, arrived[len(moves):], strict=True):
        if item.folder != scene.target.get(copy.folder) or item.received != copy.received:
            return False
        if item.flags != copy.flags and not (scene.disturbed and item.flags == _system_flags(copy.flags)):
            return False
        if item.is_deleted:
            return False
    return True


def _system_flags(flags: Flags) -> Flags:
    """What is left where a server refused the keywords (trap 18); the next pass tries them again."""
    return frozenset(flag for flag in flags if flag.startswith("\\"))


def _with_flags(
    scene: Scene, deal: _Deal, moves: list[_Move], copied: list[tuple[Item, Item]], order: Sequence[Item]
) -> Iterator[Rows]:
    """Flags of what stayed: changed where the source's did and the copy still had the base, and nowhere else."""
    after = {item.place: item for item in scene.after}
    stayed = [(item, after[item.place]) for item in scene.before if item.place in after]
    if any(old.is_deleted != new.is_deleted or old.received != new.received for old, new in stayed):
        return
    changed = {old.place for old, new in stayed if old.flags != new.flags}
    new_place = {move.row: item for move, item in zip(moves, order, strict=False)}
    choices = [_choices(scene, row, item, new_place.get(row), stayed, is_paired=False) for row, item in deal.live]
    choices += [_choices(scene, row, item, new_place.get(row), stayed, is_paired=True) for row, item in deal.paired]
    choices += [_states(Row(item.place, copy.place, copy.flags), scene) for item, copy in copied]
    left = [Row(move.item.place, move.copy.place, move.copy.flags, state=LEFT) for move in moves if move.half]
    for chosen in product(*choices):
        explained = [place for _unused, place in chosen if place is not None]
        if len(explained) == len(set(explained)) and set(explained) == changed:
            yield frozenset((*(row for row, _unused in chosen), *deal.matched, *deal.other, *left))


_Choice = tuple[Row, Place | None]


def _states(row: Row, scene: Scene) -> list[_Choice]:
    """A copy that has arrived: confirmed, or only begun when the pass broke off."""
    return [(replace(row, state=state), None) for state in ((SENT, OPEN) if scene.partial else (SENT,))]


def _choices(
    scene: Scene, row: Row, item: Item, moved: Item | None, stayed: Sequence[tuple[Item, Item]], *, is_paired: bool
) -> list[_Choice]:
    """What the row may be afterwards, each with the place whose change of flags that explains."""
    rows = _rekeyed(scene, row, item, moved) if is_paired else [replace(row, place=moved.place) if moved else row]
    if moved is not None:
        return [(_agreed(each, item.flags) if moved.flags == item.flags else each, None) for each in rows]
    if row.state == HELD or row.base is None or row.base == item.flags:
        return [(each, None) for each in rows]
    # After a new UIDVALIDITY equal copies are told apart by their order alone.
    is_one_of_many = row.renumbered and len(stayed) > 1
    own = [(old, new) for old, new in stayed if old.place == row.place and not is_one_of_many]
    lax = scene.partial or is_paired or item.place in scene.excused
    if not own:
        unchanged: list[_Choice] = [(each, None) for each in rows]
        elsewhere = [old.place for old, new in stayed if old.flags == row.base and new.flags == item.flags]
        return unchanged + [(_agreed(each, item.flags), place) for each in rows for place in elsewhere]
    old, new = own[0]
    agreed: list[_Choice] = [(_agreed(each, item.flags), None if old.flags == new.flags else old.place)
                             for each in rows]
    kept: list[_Choice] = [(each, None) for each in rows]
    if old.flags == item.flags:
        return agreed + kept if lax else agreed
    # With what is added and without what is taken away yet: left so by a pass that broke off.
    if old.flags not in (row.base, row.base | item.flags):
        return kept
    if new.flags == item.flags:
        return agreed + [(each, old.place) for each in rows] if scene.partial or scene.noisy else agreed
    if scene.partial and new.flags not in (old.flags, item.flags) and new.flags == row.base | item.flags:
        return [(each, old.place) for each in rows]
    return kept if lax else []


def _rekeyed(scene: Scene, row: Row, item: Item, moved: Item | None) -> list[Row]:
    """A known message in its new place; where the pass was disturbed, what was noted of it may be older."""
    place = row.place if moved is None else moved.place
    full = replace(row, key=item.place, place=place)
    older = [replace(row, key=item.place), row, replace(row, place=place)]
    if scene.partial:
        return [full, *older]
    return [full, older[0]] if scene.noisy else [full]


def _agreed(row: Row, flags: Flags) -> Row:
    return replace(row, base=flags)


def _sorted(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: row.key)


def _subsets(items: Sequence[Item]) -> Iterator[tuple[Item, ...]]:
    for count in range(len(items) + 1):
        yield from combinations(items, count)


def _subsets_of_size(items: Sequence[Item], count: int) -> Iterator[tuple[Item, ...]]:
    if 0 <= count <= len(items):
        yield from combinations(items, count)
