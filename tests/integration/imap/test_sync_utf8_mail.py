# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Headers beyond ASCII at servers that take them only as RFC 6855 wants it, and at those that never heard of that."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.compare_runner import compare, told
from tests.support.odd_server import OddServer
from tests.support.odd_store import CAPABILITIES, Arriving, Oddities
from tests.support.sync_runner import Migration, counts

DATE = b"01-Feb-2024 10:00:00 +0000"
UTF8 = ("ENABLE", "UTF8=ACCEPT")
MAIL = (
    b"Subject: plain\r\n\r\nbody",
    "Subject: Grüße\r\n\r\nbody".encode(),
    "Subject: part\r\n\r\n--a\r\nContent-Disposition: attachment; filename=Übersicht.pdf\r\n\r\nx".encode(),
    b"Subject: Gr\xfc\xdfe in Latin-1\r\n\r\nbody",
    "Subject: nochmals Grüße\r\n\r\nbody".encode(),
)


def strict(message: Arriving) -> bytes:
    return b"NO 8-bit headers without UTF8" if not message.utf8 and not message.content.isascii() else b""


@pytest.mark.parametrize("capabilities", [CAPABILITIES, ("UIDPLUS",), ("MULTIAPPEND", "LITERAL+")])
def test_strict_server_gets_mail_in_utf8_marked_as_such(capabilities: tuple[str, ...], state_dir: Path) -> None:
    with OddServer() as source, OddServer(Oddities((*capabilities, *UTF8), judge=strict)) as destination:
        for content in MAIL:
            source.folder().add(content, ("\\Seen",), DATE)
        migration = Migration(source, destination, "user@example.com", state_dir)

        result = migration.run()

        assert (counts(result), result["failures"]) == ({"copied": len(MAIL)}, [])
        assert sorted(destination.folder().contents()) == sorted(MAIL)
        assert destination.complaints == []
        assert told(compare(migration)) == []


def test_server_that_is_known_to_be_strict_is_not_asked_twice(state_dir: Path) -> None:
    with OddServer() as source, OddServer(Oddities((*CAPABILITIES, *UTF8), judge=strict)) as destination:
        for number in range(200):
            source.folder().add(f"Subject: Grüße {number}\r\n\r\nbody".encode(), (), DATE)
        migration = Migration(source, destination, "user@example.com", state_dir)

        migration.run(limits={"connections": 1})

        appends = sum(line.startswith(b"APPEND") for line in destination.commands)
        assert (len(destination.folder().messages), appends < 60) == (200, True)


@pytest.mark.parametrize("capabilities", [CAPABILITIES, (*CAPABILITIES, *UTF8)])
def test_lenient_server_gets_the_octets_as_they_are(capabilities: tuple[str, ...], state_dir: Path) -> None:
    with OddServer() as source, OddServer(Oddities(capabilities)) as destination:
        for content in MAIL:
            source.folder().add(content, (), DATE)

        result = Migration(source, destination, "user@example.com", state_dir).run()

        assert (counts(result), destination.complaints) == ({"copied": len(MAIL)}, [])
        assert not any(b"UTF8 (" in line for line in destination.commands)
