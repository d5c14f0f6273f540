# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A story of one mailbox: what people do on both sides between the passes, and what befalls these. A seed makes it."""

from __future__ import annotations

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from itertools import permutations

from tests.model.person import DESTINATION_ACTIONS, SOURCE_ACTIONS
from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.server_shapes import SHAPES, Server


def _dovecot(separator: str, **how: str) -> Callable[[], DovecotServer]:
    return lambda: DovecotServer(DovecotShape(separator=separator, fsync="never", **how))  # type: ignore[arg-type]


SOURCES: Mapping[str, Callable[[], Server]] = {
    "maildir": _dovecot("/", layout="fs"),
    "prefix": _dovecot(".", prefix="INBOX.", layout="maildir++"),
    "mdbox": _dovecot("/", mail_format="mdbox"),
    "courier": SHAPES["courier"],
    "cyrus": SHAPES["cyrus"],
}
# Sources by how often: the two that are no Dovecot take longer to read.
WEIGHTS = {"maildir": 4, "prefix": 4, "mdbox": 4, "courier": 2, "cyrus": 2}
DESTINATIONS: Mapping[str, Callable[[], DovecotServer]] = {
    "maildir++": _dovecot(".", layout="maildir++"),
    "prefix": _dovecot("/", prefix="INBOX/", layout="fs"),
    "sdbox": _dovecot("/", mail_format="sdbox"),
}
# Extensions that a server of the story does not show.
HIDDEN: Mapping[str, tuple[str, ...]] = {
    "everything shown": (),
    "no move": ("MOVE",),
    "no uidplus": ("UIDPLUS", "MOVE"),
    "no multiappend": ("MULTIAPPEND", "LITERAL+"),
    "no condstore": ("CONDSTORE", "QRESYNC", "LIST-STATUS"),
    "bare": ("MOVE", "UIDPLUS", "MULTIAPPEND", "LITERAL+", "CONDSTORE", "QRESYNC", "LIST-STATUS", "LIST-EXTENDED",
             "SPECIAL-USE", "ESEARCH", "BINARY", "ENABLE", "UNSELECT"),
}
# What befalls the passes of each kind of story, by weight.
PASSES: Mapping[str, Mapping[str, int]] = {
    "model": {"plain": 6, "checked": 2, "faults": 5, "killed at a point": 4, "killed at a moment": 3, "two at once": 1,
              "recopy": 1},
    "kill": {"killed at a point": 3, "killed at a moment": 2},
    "faults": {"faults": 1},
}
# Nobody touches these; docs/soak.md says what they are.
SERVERS = "servers"
KINDS = (*PASSES, SERVERS)
# Debian's Cyrus writes X for letters in headers that are none of ASCII: no copy there is what was sent.
PAIRS = tuple(pair for pair in permutations(SHAPES, 2) if pair[1] != "cyrus-debian")
ENVIRONMENT: Mapping[str, int] = {
    "lose journal": 3, "lose journal, not its copy": 2, "save journal": 3, "restore journal": 3,
    "other alias": 1, "other host name": 1,
    "renumber source folder": 4, "renumber destination folder": 3, "same mail at both": 3, "empty the source": 1,
    "empty the destination": 1,
}


@dataclass(frozen=True)
class Step:
    """One thing that happens. ``who`` is source, destination, environment or pass; ``number`` seeds its choices."""

    number: int
    who: str
    what: str

    def __str__(self) -> str:
        return f"{self.number:3} {self.who}: {self.what}"


@dataclass(frozen=True)
class Story:
    """Servers, what they hide, and the steps in order."""

    seed: int
    kind: str
    source: str
    destination: str
    hidden: str
    hides_append_uid: bool
    steps: tuple[Step, ...]

    def only(self, steps: tuple[Step, ...]) -> Story:
        """The same with fewer steps."""
        return replace(self, steps=steps)

    def title(self) -> str:
        words = (f"{self.source} -> {self.destination}", self.hidden, "no APPENDUID" if self.hides_append_uid else "")
        return f"seed {self.seed} ({self.kind}): {', '.join(filter(None, words))}"


def make_story(seed: int, kind: str = "model") -> Story:
    """The story of a seed; in those of kind ``kill`` and ``faults`` nobody touches the mailboxes meanwhile.

    Those of kind ``servers`` take all pairs of servers in turn; what happens is :mod:`tests.support.fault_matrix`'s.
    """
    if kind == SERVERS:
        return Story(seed, kind, *PAIRS[seed % len(PAIRS)], "", False, ())
    chance = random.Random(f"story/{seed}")
    steps: list[tuple[str, str]] = [("source", "fill")]
    if chance.random() < 0.3:
        steps.append(("destination", "own mail"))
    for _unused in range(chance.randint(3, 6)):
        steps.append(("pass", _one_of(chance, PASSES[kind])))
        steps.extend(_between(chance) if kind == "model" else [])
    steps += [("pass", "plain"), ("pass", "plain"), ("pass", "plain")]
    numbered = tuple(Step(number, who, what) for number, (who, what) in enumerate(steps, 1))
    return Story(seed, kind, _one_of(chance, WEIGHTS), chance.choice(list(DESTINATIONS)),
                 _one_of(chance, {name: 5 if not words else 1 for name, words in HIDDEN.items()}),
                 chance.random() < 0.15, numbered)


def _between(chance: random.Random) -> list[tuple[str, str]]:
    steps: list[tuple[str, str]] = []
    for _unused in range(chance.randint(1, 7)):
        who = chance.choices(("source", "destination", "environment"), (8, 7, 1))[0]
        if who == "environment":
            steps.append((who, _one_of(chance, ENVIRONMENT)))
            continue
        actions = SOURCE_ACTIONS if who == "source" else DESTINATION_ACTIONS
        steps.append((who, _one_of(chance, {name: weight for name, (weight, _action) in actions.items()})))
    return steps


def _one_of(chance: random.Random, weights: Mapping[str, int]) -> str:
    return chance.choices(list(weights), list(weights.values()))[0]
