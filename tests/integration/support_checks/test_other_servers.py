# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Courier and Cyrus of the tests: what they are written is what is read from them, and they leave nothing behind."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.support import oracle
from tests.support.courier import CourierServer, CourierShape
from tests.support.cyrus import CyrusServer, CyrusShape
from tests.support.fill import fill_mailbox, folder_name
from tests.support.mail_content import EVERYDAY
from tests.support.mail_maker import FolderSpec, MailboxSpec, make_folder
from tests.support.mail_user import MailUser
from tests.support.plain_imap import ImapRefused, PlainImap
from tests.support.server_shapes import Server

MAKES: dict[str, Callable[[], Server]] = {
    "courier": CourierServer,
    "cyrus": lambda: CyrusServer(CyrusShape(extra="munge8bit: no")),
}
SPEC = MailboxSpec((
    make_folder(("INBOX",), 12, "other", tuple(EVERYDAY)), make_folder(("Work", "Müller & Söhne"), 3, "other"),
    FolderSpec(("Empty",)),
))
# Capabilities that the engine uses where it finds them: those that a make offers, and those that it lacks.
OFFERED = {
    "courier": ({"UIDPLUS", "NAMESPACE", "CHILDREN", "QUOTA", "UTF8=ACCEPT"},
                {"LITERAL+", "LITERAL-", "MULTIAPPEND", "CONDSTORE", "QRESYNC", "MOVE", "UNSELECT", "BINARY", "ESEARCH",
                 "SPECIAL-USE", "LIST-EXTENDED", "LIST-STATUS"}),
    "cyrus": ({"UIDPLUS", "NAMESPACE", "QUOTA", "LITERAL+", "MULTIAPPEND", "CONDSTORE", "QRESYNC", "MOVE", "UNSELECT",
               "BINARY", "ESEARCH", "SPECIAL-USE", "LIST-EXTENDED", "LIST-STATUS", "APPENDLIMIT=4294967295"},
              {"UTF8=ACCEPT"}),
}
ABANDONED = """
import os, signal
from tests.integration.support_checks.test_other_servers import MAKES
server = MAKES["{make}"]()
server.start()
print(server.place.folder, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.mark.parametrize("make", OFFERED)
def test_servers_offer_and_lack_what_the_engine_must_cope_with(
    make: str, server: Callable[[str], Server], mailbox_name: str
) -> None:
    offered, missing = OFFERED[make]
    with PlainImap(server(make).endpoint(mailbox_name)) as client:
        assert client.capabilities >= offered
        assert not client.capabilities & missing


@pytest.mark.parametrize("make", MAKES)
def test_oracle_reads_what_was_filled_in(make: str, mailbox_name: str) -> None:
    with MAKES[make]() as server:
        fill_mailbox(server, mailbox_name, SPEC)

        found = oracle.read_mailbox(server, mailbox_name)

        assert found == oracle.read_by_imap(server.endpoint(mailbox_name))
        expected = {folder_name(each.path, server.shape): Counter(message.expected() for message in each.messages)
                    for each in SPEC.folders}
        assert {name: oracle.contents(messages) for name, messages in found.items() if name in expected} == expected


@pytest.mark.parametrize("make", MAKES)
def test_snapshot_tells_every_change_and_reading_is_none(make: str, mailbox_name: str) -> None:
    with MAKES[make]() as server:
        fill_mailbox(server, mailbox_name, SPEC)
        states = [oracle.snapshot(server, mailbox_name)]
        assert oracle.snapshot(server, mailbox_name) == states[0]
        for change in (lambda user: user.flag("INBOX", "1", "$New"), lambda user: user.delete("INBOX", "2"),
                       lambda user: user.create(f"{server.shape.prefix}Fresh")):
            with MailUser(server.endpoint(mailbox_name)) as user:
                change(user)
            states.append(oracle.snapshot(server, mailbox_name))
        assert len(set(states)) == 4


def test_wrong_password_is_refused(server: Callable[[str], Server], mailbox_name: str) -> None:
    options = {**server("cyrus").endpoint(mailbox_name), "password": "wrong"}

    with pytest.raises(ImapRefused):
        PlainImap(options)


def test_full_courier_refuses_more(mailbox_name: str) -> None:
    with CourierServer(CourierShape(quota="5000S")) as server, pytest.raises(ImapRefused, match="quota"):
        fill_by_user(server, mailbox_name)


def test_full_cyrus_refuses_more(mailbox_name: str) -> None:
    with CyrusServer(CyrusShape(quota=5)) as server, pytest.raises(ImapRefused, match="Over quota"):
        fill_by_user(server, mailbox_name)


def fill_by_user(server: Server, name: str) -> None:
    with MailUser(server.endpoint(name)) as user:
        for message in make_folder(("INBOX",), 5, "full", size=2000).messages:
            user.save("INBOX", message)


@pytest.mark.parametrize("make", MAKES)
def test_nothing_is_left_of_a_server_whose_test_run_was_killed(make: str) -> None:
    done = subprocess.run([sys.executable, "-c", ABANDONED.format(make=make)], capture_output=True, text=True,
                          cwd=Path(__file__).parents[3], check=False)
    assert done.returncode == -signal.SIGKILL, done.stderr
    folder = Path(done.stdout.strip())

    patience_ends = time.monotonic() + 60
    while folder.exists() and time.monotonic() < patience_ends:
        time.sleep(0.02)

    assert not folder.exists()
    assert not [root for root in Path("/proc").glob("[0-9]*/root") if is_in(root, folder)]


def is_in(root: Path, folder: Path) -> bool:
    try:
        return root.readlink().is_relative_to(folder)
    except OSError:
        return False
