# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether a pass was right: both sides before and after it, its result, and what earlier passes left."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tests.model.knowledge import LEFT, SENT, Row, Rows, Scene, explain, explain_new
from tests.model.state import Item, Place, Snapshot

Classes = Mapping[str, frozenset[Rows]]
# The kinds of complaints, the worst first.
KINDS = ("lost", "doubled", "source", "altered", "folders", "result", "broken")
NOTHING: frozenset[Rows] = frozenset({frozenset()})


@dataclass(frozen=True)
class World:
    """A state that everything may be in: what the journal may know of each content, and whether it knows nothing."""

    is_new: bool = True
    classes: Classes = field(default_factory=dict)

    def of(self, digest: str) -> frozenset[Rows]:
        return self.classes.get(digest, NOTHING)


@dataclass(frozen=True)
class Memory:
    """What is known of the journal: the worlds that are possible, and the source folders that were worked off.

    ``copied`` is how many copies of a content the passes have brought, whatever the journal has kept of that.
    """

    worlds: tuple[World, ...] = (World(),)
    worked_off: frozenset[str] = frozenset()
    perhaps_worked_off: frozenset[str] = frozenset()
    copied: Mapping[str, int] = field(default_factory=dict)

    def forgotten(self) -> Memory:
        """The same with a new journal."""
        return Memory(copied=self.copied)

    def as_of(self, earlier: Memory) -> Memory:
        """The same with the journal as it was earlier."""
        return replace(earlier, copied=self.copied)


@dataclass(frozen=True)
class Complaint:
    """Something that is not right. ``kind`` is one of ``KINDS``: ``altered`` for places, flags, dates and bytes,
    ``broken`` for the test itself. ``count`` the messages that it concerns."""

    kind: str
    text: str
    count: int = 1

    def __str__(self) -> str:
        return f"{self.kind}: {self.text}"


@dataclass(frozen=True)
class PassSeen:
    """One pass from outside. ``results`` has one result of each run, None for one that was killed.

    ``target`` gives the destination folder of each source folder that is migrated; those in ``made`` no server makes by
    itself. ``faulty`` says that something was done to its connections, ``resumed`` that the pass before may have broken
    off.
    """

    source: Snapshot
    source_after: Snapshot
    before: Snapshot
    after: Snapshot
    results: tuple[Mapping[str, Any] | None, ...]
    target: Mapping[str, str]
    made: frozenset[str] = frozenset()
    can_move: bool = True
    recopy: bool = False
    faulty: bool = False
    resumed: bool = False

    @property
    def complete(self) -> bool:
        return any(result is not None and result["complete"] for result in self.results)


def judge(seen: PassSeen, memory: Memory) -> tuple[list[Complaint], Memory]:
    """What was wrong, and what is known now."""
    seen = replace(seen, resumed=bool(memory.perhaps_worked_off))
    wrong = [Complaint("source", "the pass changed the source")] if seen.source.mark != seen.source_after.mark else []
    if _reads_empty(seen, memory):
        return [*wrong, *(Complaint("result", text) for text in _empty_complaints(seen))], memory
    if not seen.complete and not seen.faulty:
        text = f"the pass is not complete, though nothing was in its way: {_messages(seen)}"
        wrong.append(Complaint("result", text))
    worlds = [after for world in memory.worlds for after in _worlds_after(seen, world, memory.copied)]
    if not worlds:
        wrong.extend(_content_complaints(seen, memory))
    wrong.extend(Complaint("folders", text) for text in _folder_complaints(seen, memory))
    wrong.extend(Complaint("result", text) for text in _result_complaints(seen, memory))
    return wrong, _remember(seen, memory, worlds)


# The messages


def _worlds_after(seen: PassSeen, world: World, copied: Mapping[str, int]) -> Iterator[World]:
    if world.is_new:
        yield from _worlds_after_new(seen, world, copied)
        return
    after = _each_class(seen, world, explain)
    if after is not None:
        yield World(False, after)


def _worlds_after_new(seen: PassSeen, world: World, copied: Mapping[str, int]) -> Iterator[World]:
    """Without a journal: what is there is matched; what misses and was there once is held."""
    if not seen.complete:
        idle = _each_class(seen, world, lambda scene, rows: [rows] if scene.before == scene.after else [])
        if idle is not None:
            yield World(True, idle)
    after = _each_class(seen, world, _new_rule(seen, copied))
    if after is not None:
        knows = any(rows for states in after.values() for rows in states)
        yield World(not knows, after)
        if not seen.complete and not knows:
            # Broken off before the first message was stored, its journal may hold intents: it is no new one.
            yield World(False, after)


def _new_rule(seen: PassSeen, copied: Mapping[str, int]) -> Callable[[Scene, Rows], Iterable[Rows]]:
    """What a pass without a journal may do with a content.

    Where less than a tenth is found it may be the first one, and copy; on the very first one it must. Otherwise only a
    message that never was at the destination may be copied, or one of a folder that is not there, if of all that a pass
    makes none is: so it looks, too, where another tool brought the mail of INBOX alone.
    """
    matches = _is_much_there(seen)
    is_first = not copied and not _anything_matched(seen)
    is_bare = bool(seen.made) and seen.made.isdisjoint(seen.before.folders)

    def rule(scene: Scene, _rows: Rows) -> Iterable[Rows]:
        wanted = sum(not item.is_deleted for item in scene.source)
        if seen.recopy or is_first:
            return explain_new(scene, least=wanted, most=wanted)
        earlier = copied.get(scene.source[0].digest, 0) if scene.source else 0
        may = max(0, wanted - earlier) if matches else wanted
        homeless = sum(not item.is_deleted and seen.target[item.folder] in seen.made for item in scene.source)
        return explain_new(scene, least=0, most=min(wanted, may + homeless) if is_bare else may)

    return rule


def _anything_matched(seen: PassSeen) -> bool:
    before = {item.digest for item in seen.before.items}
    return any(item.digest in before and not item.is_deleted and item.folder in seen.target
               for item in seen.source.items)


def _is_much_there(seen: PassSeen) -> bool:
    """Whether at least one in ten of the source's messages is at the destination, wherever it lies there."""
    here = Counter(item.digest for item in seen.source.items if not item.is_deleted and item.folder in seen.target)
    there = Counter(item.digest for item in seen.before.items)
    return here.total() > 0 and (here & there).total() * 10 >= here.total()


def _each_class(
    seen: PassSeen, world: World, possible: Callable[[Scene, Rows], Iterable[Rows]]
) -> dict[str, frozenset[Rows]] | None:
    """What may be known of each content afterwards; None when there is a content that this world cannot explain."""
    found: dict[str, frozenset[Rows]] = {}
    for digest, scene in _scenes(seen, world).items():
        states = frozenset(after for rows in world.of(digest) for after in possible(scene, rows))
        if not states:
            return None
        found[digest] = states
    return found


def _scenes(seen: PassSeen, world: World) -> dict[str, Scene]:
    source = replace(seen.source, items=tuple(each for each in seen.source.items if each.folder in seen.target))
    here, before, after = source.by_content(), seen.before.by_content(), seen.after.by_content()
    excused = _excused(seen)
    return {
        digest: Scene(
            here.get(digest, ()), before.get(digest, ()), after.get(digest, ()), seen.target,
            frozenset(item.place for item in here.get(digest, ()) if _is_excused(item, excused)),
            seen.can_move, seen.recopy, not seen.complete, seen.faulty, seen.resumed,
        )
        for digest in sorted({*here, *before, *after, *world.classes})
    }


def _excused(seen: PassSeen) -> frozenset[tuple[str, int]]:
    """What a disturbed pass lists as not done; a uid of 0 is the whole folder. Nothing excuses an undisturbed one."""
    if not seen.faulty:
        return frozenset()
    failures = [failure for result in seen.results if result for failure in result["failures"]]
    return frozenset((each["folder"], each["uid"]) for each in failures if each["kind"] != "held")


def _is_excused(item: Item, excused: frozenset[tuple[str, int]]) -> bool:
    return bool(excused & {(item.folder, item.place.uid), (item.folder, 0)})


def _content_complaints(seen: PassSeen, memory: Memory) -> Iterator[Complaint]:
    """The contents that no world can explain, by the world that fails least."""
    by_world: list[list[Complaint]] = []
    for world in memory.worlds:
        lines = []
        for digest, scene in _scenes(seen, world).items():
            states = world.of(digest)
            rule = _new_rule(seen, memory.copied) if world.is_new else explain
            possible = [after for rows in states for after in rule(scene, rows)]
            if not possible and not (world.is_new and not seen.complete and scene.before == scene.after):
                lines.append(_tell(digest, scene, states))
        by_world.append(lines)
    yield from min(by_world, key=len) or [Complaint("altered", "no state of the journal explains all contents at once")]


def _tell(digest: str, scene: Scene, states: frozenset[Rows]) -> Complaint:
    known = "\n          or ".join("; ".join(map(_tell_row, sorted(rows, key=str))) or "nothing" for rows in states)
    kind, count = _kind(scene, states)
    return Complaint(
        kind,
        f"content {digest[:8]}\n"
        f"    at the source {_tell_items(scene.source)}\n"
        f"           before {_tell_items(scene.before)}\n"
        f"            after {_tell_items(scene.after)}\n"
        f"            known {known}",
        count,
    )


def _kind(scene: Scene, states: Iterable[Rows]) -> tuple[str, int]:
    """More or fewer copies than any state of the journal calls for, or the right number of wrong ones."""
    wanted = [_wanted(scene, rows) for rows in states]
    arrived = len(scene.after) - len(scene.before)
    if arrived < min(wanted) and (arrived < 0 or not scene.partial):
        return "lost", min(wanted) - arrived
    if arrived > max(wanted):
        return "doubled", arrived - max(wanted)
    return "altered", 1


def _wanted(scene: Scene, rows: Rows) -> int:
    keys = {item.place for item in scene.source}
    known = {row.key for row in rows}
    fresh = sum(item.place not in known and not item.is_deleted for item in scene.source)
    return max(0, fresh - sum(row.key not in keys for row in rows))


def _tell_items(items: Iterable[Item]) -> str:
    return ", ".join(
        f"{item.folder}/{item.place.uid} ({' '.join(sorted(item.flags))}{' DELETED' if item.is_deleted else ''})"
        for item in items
    ) or "nothing"


def _tell_row(row: Row) -> str:
    place = f"{row.place.folder}/{row.place.uid}" if row.place else "nowhere"
    base = "no base" if row.base is None else f"base ({' '.join(sorted(row.base))})"
    return f"{row.state} {row.key.folder}/{row.key.uid} -> {place}, {base}{'' if row.ours else ', not ours'}"


# The rest


def _reads_empty(seen: PassSeen, memory: Memory) -> bool:
    """Whether the source is empty and the journal knows messages: then nothing may happen.

    Where it may know some or none, as after a pass that was killed without a journal, the result tells which.
    """
    if seen.source.items:
        return False
    told = any("reads empty" in str(result.get("msg")) for result in seen.results if result)
    return all(map(_surely_knows, memory.worlds)) or (told and any(map(_may_know, memory.worlds)))


def _surely_knows(world: World) -> bool:
    return any(states and all(map(_holds_copies, states)) for states in world.classes.values())


def _may_know(world: World) -> bool:
    return any(_holds_copies(rows) for states in world.classes.values() for rows in states)


def _holds_copies(rows: Rows) -> bool:
    return any(row.state == SENT for row in rows)


def _empty_complaints(seen: PassSeen) -> Iterator[str]:
    if seen.before.items != seen.after.items or seen.before.folders != seen.after.folders:
        yield "the source reads empty, and the destination was changed"
    if not seen.faulty and not any(result and result.get("failed") for result in seen.results):
        yield "the source reads empty, and the result does not say so"


def _folder_complaints(seen: PassSeen, memory: Memory) -> Iterator[str]:
    for name, uidvalidity in seen.before.folders.items():
        if seen.after.folders.get(name) != uidvalidity:
            yield f"the destination's folder {name} was removed or made anew"
    for name in seen.before.subscribed - seen.after.subscribed:
        yield f"the destination's folder {name} was unsubscribed"
    known = memory.worked_off
    # Something new to put into a folder brings it back, be it only a message that moved there.
    new = {item.folder for item in seen.source.items if item.folder in seen.target and _may_be_new(item, memory)}
    may = {seen.target[name] for name in seen.target if name not in known or name in new}
    for name in seen.after.folders.keys() - seen.before.folders.keys():
        if not any(each == name or each.startswith(name) for each in may):
            yield f"the destination's folder {name} came back, or came from nowhere"
    if seen.complete and not seen.faulty:
        filled = {item.folder for item in seen.after.items}
        back = {seen.target[name] for name in known & seen.target.keys()} & seen.after.folders.keys()
        for name in back - seen.before.folders.keys():
            if not any(each.startswith(name) for each in filled):
                yield f"the destination's folder {name} came back, and nothing was put into it"
    for name in seen.after.subscribed - seen.before.subscribed:
        if not any(target == name and source not in known for source, target in seen.target.items()):
            yield f"the destination's folder {name} was subscribed to against its user"
    if seen.complete and not seen.faulty:
        for name in seen.target.keys() - known - memory.perhaps_worked_off:
            if seen.target[name] not in seen.after.folders:
                yield f"the source's folder {name} is not at the destination"
            elif name in seen.source.subscribed and seen.target[name] not in seen.after.subscribed:
                yield f"the subscription of the source's folder {name} is not at the destination"


def _may_be_new(item: Item, memory: Memory) -> bool:
    """Whether the journal may not know that the message lies there, or that its copy has come after it."""
    states = [rows for world in memory.worlds for rows in world.of(item.digest)]
    return any(item.place not in {row.key for row in rows} for rows in states)


def _ended(seen: PassSeen, memory: Memory) -> int:
    """How many moves a pass may have brought to their end by removing the old copy alone."""
    rows = (row for world in memory.worlds for states in world.classes.values() for rows in states for row in rows)
    old = {row.place for row in rows if row.state == LEFT}
    return len(old & ({item.place for item in seen.before.items} - {item.place for item in seen.after.items}))


def _result_complaints(seen: PassSeen, memory: Memory) -> Iterator[str]:
    """Whether the result tells what happened."""
    results = [result for result in seen.results if result is not None]
    if len(results) != 1 or len(seen.results) != 1:
        return
    result, counts = results[0], results[0]["counts"]
    did = _what_happened(seen)
    changed = any(did.values()) or seen.before.folders.keys() != seen.after.folders.keys()
    changed = changed or seen.before.subscribed != seen.after.subscribed
    if result["changed"] != changed and not (seen.faulty and changed):
        yield f"the result says changed={result['changed']}, and it is {changed}: {did}"
    if seen.faulty:
        if did["copied"] > counts["copied"] + counts["recovered"] and seen.complete:
            yield f"{did['copied']} messages arrived, the result counts {counts['copied']} and {counts['recovered']}"
        return
    # Of a copy that moved its flags may have changed, too; and of one that was copied by then nothing arrives.
    more = {"flags_updated": did["moved"], "copied": _ended(seen, memory)}
    for name, number in did.items():
        if not number <= counts[name] <= number + more.get(name, 0):
            yield f"{number} messages were {name}, the result counts {counts[name]}"
    for folder in result["folders"]:
        told = sum(folder[name] for name in ("copied", "already_there", "matched", "held", "excluded", "failed",
                                             "refused", "left"))
        there = len(seen.source.in_folder(folder["source"]))
        if told != there:
            yield f"the source's folder {folder['source']} holds {there} messages, the result counts {told}"
    missing = seen.target.keys() - {folder["source"] for folder in result["folders"]}
    if missing:
        yield f"the result does not name the folders {sorted(missing)}"


def _what_happened(seen: PassSeen) -> dict[str, int]:
    before = {item.place: item for item in seen.before.items}
    after = {item.place: item for item in seen.after.items}
    moved = len(before.keys() - after.keys())
    flags = sum(before[place].flags != item.flags for place, item in after.items() if place in before)
    return {"copied": len(after.keys() - before.keys()) - moved, "moved": moved, "flags_updated": flags}


def _messages(seen: PassSeen) -> str:
    return "; ".join(result.get("msg", "") for result in seen.results if result)


def _remember(seen: PassSeen, memory: Memory, worlds: list[World]) -> Memory:
    names = frozenset(seen.target)
    before, after = (Counter(item.digest for item in side.items) for side in (seen.before, seen.after))
    copied = Counter(memory.copied) + (after - before)
    if seen.complete and not seen.faulty:
        return Memory(tuple(worlds), memory.worked_off | names, frozenset(), copied)
    return Memory(tuple(worlds), memory.worked_off, memory.perhaps_worked_off | names, copied)


# What else happens to the journal


def renumbered(memory: Memory, folder: str, old: int, new: int) -> Memory:
    """The destination gave a folder another UIDVALIDITY."""

    def row(each: Row) -> Row:
        if each.place is None or each.place[:2] != (folder, old):
            return each
        return replace(each, place=Place(folder, new, each.place.uid), renumbered=True)

    worlds = tuple(
        replace(world, classes={digest: frozenset(frozenset(map(row, rows)) for rows in states)
                                for digest, states in world.classes.items()})
        for world in memory.worlds
    )
    return replace(memory, worlds=worlds)
