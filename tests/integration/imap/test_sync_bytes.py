# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Any octets, from a source that gives out exactly what it holds: NUL, bare CR and LF, nothing at all."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.support import mail_content
from tests.support.compare_runner import compare
from tests.support.dovecot import DovecotServer
from tests.support.mail_content import KINDS
from tests.support.odd_server import OddServer
from tests.support.odd_store import CAPABILITIES, Oddities
from tests.support.sync_runner import Migration, counts

RECEIVED = b"01-Feb-2024 10:00:00 +0130"
PIECES = (b"\r", b"\n", b"\r\n", b"\0", b".", b"a", b"\xff", b": ", b" ", b"Subject", b"--b", b"From ")
NO_BINARY = tuple(item for item in CAPABILITIES if item != "BINARY")


def random_octets(seed: int) -> bytes:
    """Few octets, most of them of the kind that goes wrong."""
    chance = random.Random(f"octets {seed}")
    return b"".join(chance.choices(PIECES, k=chance.randrange(0, 40)))


@pytest.fixture
def odd_source() -> OddServer:
    """A source with every kind of content, not yet started."""
    server = OddServer()
    for kind in KINDS:
        server.folder().add(mail_content.content(kind, "s", "Thu, 01 Feb 2024 10:00:00 +0100", 2000), (), RECEIVED)
    for seed in range(300):
        server.folder("Random").add(random_octets(seed), ("\\Seen",), RECEIVED)
    return server


def everything(server: OddServer) -> dict[str, Counter[bytes]]:
    return {name: Counter(folder.contents()) for name, folder in server.store.folders.items()}


@pytest.mark.parametrize("capabilities", [CAPABILITIES, ("BINARY",), ("BINARY", "LITERAL-", "UIDPLUS")])
def test_every_octet_arrives(odd_source: OddServer, state_dir: Path, capabilities: tuple[str, ...]) -> None:
    with odd_source as source, OddServer(Oddities(capabilities)) as destination:
        migration = Migration(source, destination, "user@example.com", state_dir)
        total = sum(messages.total() for messages in everything(source).values())

        result, again = migration.run(), migration.run()

        assert counts(result) == {"copied": total}
        assert (counts(again), again["changed"]) == ({"already_there": total}, False)
        assert everything(destination) == everything(source)
        assert source.complaints == destination.complaints == []
        verdict = compare(migration)
        assert (verdict["passed"], verdict["counts"]["identical"]) == (True, total)


def test_what_dovecot_stores_differently_is_its_normalising_and_no_difference(
    odd_source: OddServer, destination_server: DovecotServer, mailbox_name: str, state_dir: Path
) -> None:
    with odd_source as source:
        migration = Migration(source, destination_server, mailbox_name, state_dir)
        total = sum(messages.total() for messages in everything(source).values())
        empty = sum(messages[b""] for messages in everything(source).values())

        result, again = migration.run(), migration.run()

        assert counts(result) == {"copied": total - empty, "refused": empty}
        assert all("Can't save a zero byte message" in failure["reason"] for failure in result["failures"])
        assert (counts(again), again["changed"]) == ({"already_there": total - empty, "refused": empty}, False)
        for journal in (True, False):
            found = compare(migration, journal=journal)
            assert [item["kind"] for item in found["differences"]] == ["missing"] * empty
            assert found["counts"]["identical"] + found["counts"]["normalised_by_server"] == total - empty
            assert found["counts"]["normalised_by_server"] > 200


def test_nul_that_a_server_without_binary_refuses_is_listed_and_the_rest_arrives(
    odd_source: OddServer, state_dir: Path
) -> None:
    """RFC 9051 has no NUL in a literal; we neither replace it nor decide for the server that it won't take it."""
    with odd_source as source, OddServer(Oddities(NO_BINARY)) as destination:
        migration = Migration(source, destination, "user@example.com", state_dir)

        result = migration.run()

        plain = {name: Counter({c: n for c, n in found.items() if b"\0" not in c})
                 for name, found in everything(source).items()}
        assert everything(destination) == plain
        refused = {(failure["folder"], failure["uid"]) for failure in result["failures"]}
        assert refused == {(name, each.uid) for name, folder in source.store.folders.items()
                           for each in folder.messages if b"\0" in each.content}
        assert all("NUL in a literal" in failure["reason"] for failure in result["failures"])
