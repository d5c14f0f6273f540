# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Faults of every kind, in the words of real providers, on servers of every ability: each message is there once."""

from __future__ import annotations

import datetime
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.support.dovecot import DovecotServer
from tests.support.fault_matrix import SHAPES, SPEC, Played, play
from tests.support.provider_words import GOODBYE, LATER, refused_and_closed, said
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import Fault, answer
from tests.support.sync_runner import Migration, Result, filled

SEEDS = range(20)
WHERE = {
    "source": ("LOGIN", "LIST", "EXAMINE", "UID FETCH"),
    "destination": ("LOGIN", "LIST", "STATUS", "CREATE", "APPEND"),
}
TEXTS = (*LATER, *GOODBYE, "refused-and-closed")
# Each text at one command of each side in turn; all pairs are in the soak's seeds.
WORDS = [(text, side, verbs[number % len(verbs)]) for side, verbs in WHERE.items() for number, text in enumerate(TEXTS)]
AT_ONCE = 8


@pytest.fixture(scope="module")
def work(
    source_server: DovecotServer, destination_server: DovecotServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[str], Result | Played]]:
    """Every case, worked side by side."""

    def migration(name: str) -> Migration:
        folder = tmp_path_factory.mktemp(name)
        return Migration(source_server, destination_server, f"{folder.name}@example.com", folder / "state")

    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures: dict[str, Future[Result | Played]] = {
            **{f"seed-{seed}": pool.submit(play, seed, migration(f"seed-{seed}")) for seed in SEEDS},
            **{"-".join(case): pool.submit(under_words, *case, migration("words")) for case in WORDS},
        }
        yield lambda name: futures[name].result()


def under_words(text: str, side: str, verb: str, migration: Migration) -> Result:
    """One pass in which the server says this at a command, once; with what arrived."""
    migration.fill(SPEC)
    proxies = {"source": FaultProxy(("127.0.0.1", migration.source.place.imap_port)),
               "destination": FaultProxy(("127.0.0.1", migration.destination.place.imap_port))}
    proxies[side].set_script(fault(text, verb))
    with proxies["source"] as here, proxies["destination"] as there:
        result = migration.through(source=here, destination=there).attempt(limits={"connections": 1})
        result["fired"] = len(proxies[side].script.fired)
    result["found"] = filled(migration.at_destination())
    return result


def fault(text: str, verb: str) -> Fault:
    return refused_and_closed(verb) if text == "refused-and-closed" else said(text, verb)


@pytest.mark.parametrize("seed", SEEDS)
def test_every_message_is_there_once_whatever_went_wrong(work: Callable[[str], Played], seed: int) -> None:
    assert work(f"seed-{seed}").wrong() == ""


def test_seeds_cover_faults_and_shapes(work: Callable[[str], Played]) -> None:
    played = [work(f"seed-{seed}") for seed in SEEDS]

    assert sum((each.fired for each in played), Counter()).total() >= len(SEEDS)
    assert {shape for each in played for shape in each.shapes} == set(SHAPES)


@pytest.mark.parametrize("case", WORDS, ids="-".join)
def test_server_that_asks_to_wait_is_waited_for_in_its_own_words(
    work: Callable[[str], Result], migration: Migration, case: tuple[str, str, str]
) -> None:
    result = work("-".join(case))

    assert result["fired"] == 1
    assert "failed" not in result, result["msg"]
    assert result["interruptions"]["times"] == 1
    assert result["found"] == migration.expected(SPEC)


def test_pass_waits_as_long_as_the_server_says(migration: Migration) -> None:
    """Longer than it would by itself after a first loss."""
    migration.fill(SPEC)
    backoff = b"NO Request is throttled. Suggested Backoff Time: 2500 milliseconds"
    with FaultProxy(("127.0.0.1", migration.source.place.imap_port), answer(backoff, "UID FETCH")) as proxy:
        result = migration.through(source=proxy).attempt()

    assert result["complete"]
    assert result["interruptions"]["times"] == 1
    assert result["interruptions"]["seconds"] >= 2.5


def test_wait_beyond_the_deadline_ends_the_pass_at_once(migration: Migration) -> None:
    """The server names five minutes, the window has less."""
    migration.fill(SPEC)
    backoff = b"NO Request is throttled. Suggested Backoff Time: 299961 milliseconds"
    until = (datetime.datetime.now(datetime.UTC) + datetime.timedelta(seconds=100)).isoformat()
    with FaultProxy(("127.0.0.1", migration.source.place.imap_port), answer(backoff, "UID FETCH", 2)) as proxy:
        result = migration.through(source=proxy).attempt(limits={"deadline": until}, patience=900.0)

    assert not result["complete"]
    assert "the deadline comes before the server is to be asked again in" in result["msg"]
    assert result["limits"]["seconds_left"] > 10
    assert migration.attempt()["complete"]
