# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Each fault of the proxy happens where it should, before a real Dovecot."""

from __future__ import annotations

import contextlib
import functools
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.support import mail_maker, oracle
from tests.support.dovecot import DovecotServer
from tests.support.fill import fill_by_append, fill_maildir
from tests.support.mail_maker import MailboxSpec, make_folder
from tests.support.plain_imap import Appended, ImapRefused, PlainImap
from tests.support.proxy import DelayProcess, FaultProxy
from tests.support.proxy_faults import (
    Cut,
    Fault,
    Say,
    Stall,
    after_client_bytes,
    after_server_bytes,
    answer,
    at_command,
    at_connection,
    before_answer,
    bye,
    chaos,
    hide_append_uid,
    hide_capabilities,
    in_client_literal,
    in_server_literal,
)

MESSAGE = Appended(b"Subject: one\r\n\r\n" + b"x" * 5000 + b"\r\n")
MakeProxy = Callable[..., FaultProxy]


@pytest.fixture
def make_proxy(make_proxy: Callable[..., FaultProxy], source_server: DovecotServer) -> MakeProxy:
    """The maker of proxies, before the shared source server."""
    return functools.partial(make_proxy, source_server)


@pytest.fixture
def endpoint(source_server: DovecotServer, mailbox_name: str) -> dict[str, Any]:
    return source_server.endpoint(mailbox_name)


def count(server: DovecotServer, user: str) -> int:
    return len(oracle.read_mailbox(server, user).get("INBOX", []))


def test_everything_passes_unaltered_without_faults(
    make_proxy: MakeProxy, source_server: DovecotServer, mailbox_name: str
) -> None:
    spec = mail_maker.variety(extra_kinds=("bare_cr", "bare_lf"))
    through = make_proxy().endpoint(source_server.endpoint(mailbox_name))

    fill_by_append(through, spec)

    assert oracle.read_by_imap(through) == oracle.read_mailbox(source_server, mailbox_name)
    assert count(source_server, mailbox_name) == len(spec.folders[0].messages)


def test_a_command_is_cut_before_the_server_sees_it(
    make_proxy: MakeProxy, endpoint: dict[str, Any], source_server: DovecotServer, mailbox_name: str
) -> None:
    proxy = make_proxy(Fault(at_command("APPEND", number=3), Cut()))
    client = PlainImap(proxy.endpoint(endpoint))

    client.append("INBOX", [MESSAGE])
    client.append("INBOX", [MESSAGE])
    with pytest.raises(OSError):
        client.append("INBOX", [MESSAGE])

    assert count(source_server, mailbox_name) == 2
    assert len(proxy.script.fired) == 1


def test_a_cut_in_an_append_literal_leaves_no_message(
    make_proxy: MakeProxy, endpoint: dict[str, Any], source_server: DovecotServer, mailbox_name: str
) -> None:
    proxy = make_proxy(Fault(in_client_literal("APPEND", number=2, after=2000), Cut()))
    client = PlainImap(proxy.endpoint(endpoint))

    with pytest.raises(OSError):
        client.append("INBOX", [MESSAGE, MESSAGE, MESSAGE])

    assert count(source_server, mailbox_name) == 1
    assert len(proxy.script.fired) == 1


def test_an_append_whose_answer_is_cut_off_has_arrived(
    make_proxy: MakeProxy, endpoint: dict[str, Any], source_server: DovecotServer, mailbox_name: str
) -> None:
    client = PlainImap(make_proxy(Fault(before_answer("APPEND"), Cut())).endpoint(endpoint))

    with pytest.raises(OSError):
        client.append("INBOX", [MESSAGE])

    assert count(source_server, mailbox_name) == 1


def test_a_cut_in_mid_fetch_gives_the_bytes_before_it(
    make_proxy: MakeProxy, endpoint: dict[str, Any], source_server: DovecotServer, mailbox_name: str
) -> None:
    fill_maildir(source_server, mailbox_name, MailboxSpec((make_folder(("INBOX",), 5, "cut"),)))
    client = PlainImap(make_proxy(Fault(in_server_literal(number=3, after=700), Cut())).endpoint(endpoint))
    received = []

    with pytest.raises(ConnectionError, match="after 700 of"):
        for message in client.fetch_all("INBOX"):
            received.append(message.uid)

    assert received == [1, 2]


@pytest.mark.parametrize("limit", [1, 40, 3000])
def test_the_server_side_is_cut_after_so_many_bytes(
    make_proxy: MakeProxy, endpoint: dict[str, Any], limit: int
) -> None:
    proxy = make_proxy(Fault(after_server_bytes(limit), Cut()))

    with pytest.raises(OSError):
        client = PlainImap(proxy.endpoint(endpoint))
        while True:
            client.command(b"CAPABILITY")

    assert proxy.script.fired[0].place.after == limit
    assert PlainImap(proxy.endpoint(endpoint)).command(b"NOOP")


def test_the_client_side_is_cut_after_so_many_bytes(make_proxy: MakeProxy, endpoint: dict[str, Any]) -> None:
    proxy = make_proxy(Fault(after_client_bytes(500), Cut()))
    client = PlainImap(proxy.endpoint(endpoint))

    with pytest.raises(OSError):
        for _unused in range(100):
            client.command(b"NOOP")

    assert 500 <= proxy.traffic.client_bytes < 600


def test_a_reset_is_seen_as_one(make_proxy: MakeProxy, endpoint: dict[str, Any]) -> None:
    client = PlainImap(make_proxy(Fault(at_command("NOOP"), Cut(reset=True))).endpoint(endpoint))

    with pytest.raises(ConnectionResetError):
        client.command(b"NOOP")


def test_connections_are_dropped_before_the_greeting(make_proxy: MakeProxy, endpoint: dict[str, Any]) -> None:
    through = make_proxy(Fault(at_connection(number=2, times=2), Cut())).endpoint(endpoint)

    PlainImap(through).command(b"NOOP")
    for _unused in range(2):
        with pytest.raises(ConnectionError):
            PlainImap(through)
    PlainImap(through).command(b"NOOP")


def test_connections_are_refused_for_a_while(make_proxy: MakeProxy, endpoint: dict[str, Any]) -> None:
    proxy = make_proxy()
    before = PlainImap(proxy.endpoint(endpoint))

    with proxy.refusing():
        with pytest.raises(ConnectionRefusedError):
            PlainImap(proxy.endpoint(endpoint))
        with pytest.raises(OSError):
            before.command(b"NOOP")

    PlainImap(proxy.endpoint(endpoint)).command(b"NOOP")


def test_a_stall_keeps_the_client_waiting_and_then_goes_on(make_proxy: MakeProxy, endpoint: dict[str, Any]) -> None:
    client = PlainImap(make_proxy(Fault(at_command("NOOP", number=2), Stall(0.3))).endpoint(endpoint))
    client.command(b"NOOP")

    begin = time.monotonic()
    client.command(b"NOOP")

    assert time.monotonic() - begin >= 0.3


def test_a_stall_without_end_runs_into_the_clients_timeout(make_proxy: MakeProxy, endpoint: dict[str, Any]) -> None:
    client = PlainImap(make_proxy(Fault(at_command("NOOP"), Stall())).endpoint(endpoint), timeout=0.2)

    with pytest.raises(TimeoutError):
        client.command(b"NOOP")


def test_a_delay_makes_a_round_trip_and_not_a_narrow_line(
    make_proxy: MakeProxy, endpoint: dict[str, Any], source_server: DovecotServer, mailbox_name: str
) -> None:
    fill_maildir(source_server, mailbox_name, mail_maker.one_large(30_000_000))
    client = PlainImap(make_proxy(delay=0.02).endpoint(endpoint))

    begin = time.monotonic()
    client.command(b"NOOP")
    trip = time.monotonic() - begin
    [message] = client.fetch_all("INBOX")
    whole = time.monotonic() - begin - trip

    assert trip >= 0.04
    assert len(message.content) > 29_900_000
    assert whole < 15


def test_a_text_stands_for_the_answer_to_the_nth_append(
    make_proxy: MakeProxy, endpoint: dict[str, Any], source_server: DovecotServer, mailbox_name: str
) -> None:
    client = PlainImap(make_proxy(answer(b"NO [OVERQUOTA] full", "APPEND", number=2)).endpoint(endpoint))

    client.append("INBOX", [MESSAGE])
    with pytest.raises(ImapRefused, match=r"^NO \[OVERQUOTA\] full$"):
        client.append("INBOX", [MESSAGE])
    client.append("INBOX", [MESSAGE])

    assert count(source_server, mailbox_name) == 2


def test_a_refused_append_among_pipelined_ones_is_answered_in_its_turn(
    make_proxy: MakeProxy, endpoint: dict[str, Any], source_server: DovecotServer, mailbox_name: str
) -> None:
    client = PlainImap(make_proxy(answer(b"BAD no", "APPEND", number=2)).endpoint(endpoint))

    for _unused in range(3):
        client.send(b"APPEND INBOX {%d+}\r\n" % len(MESSAGE.content) + MESSAGE.content)
    answers = [client.read().text.split()[1] for _unused in range(3)]

    assert answers == [b"OK", b"BAD", b"OK"]
    assert count(source_server, mailbox_name) == 2


def test_an_append_that_waits_to_send_its_literal_is_refused_before_it(
    make_proxy: MakeProxy, endpoint: dict[str, Any], source_server: DovecotServer, mailbox_name: str
) -> None:
    proxy = make_proxy(answer(b"NO [LIMIT] later", "APPEND"), rewrites=[hide_capabilities("LITERAL+")])
    client = PlainImap(proxy.endpoint(endpoint))
    assert "LITERAL+" not in client.capabilities

    with pytest.raises(ImapRefused, match="LIMIT"):
        client.append("INBOX", [MESSAGE])
    client.append("INBOX", [MESSAGE])

    assert count(source_server, mailbox_name) == 1


def test_the_next_command_is_seen_after_the_server_itself_refused_a_literal(
    make_proxy: MakeProxy, endpoint: dict[str, Any]
) -> None:
    proxy = make_proxy(rewrites=[hide_capabilities("LITERAL+")])
    client = PlainImap(proxy.endpoint(endpoint))

    with pytest.raises(ImapRefused, match="TRYCREATE"):
        client.append("No such folder", [MESSAGE])
    client.command(b"NOOP")

    assert proxy.traffic.commands["NOOP"] == 1


def test_a_bye_ends_the_connection_with_its_text(make_proxy: MakeProxy, endpoint: dict[str, Any]) -> None:
    client = PlainImap(make_proxy(bye(b"[UNAVAILABLE] going down", "SELECT")).endpoint(endpoint))

    tag = client.send(b"SELECT INBOX")

    assert client.read().text == b"* BYE [UNAVAILABLE] going down"
    with pytest.raises(ConnectionError):
        client.await_answer(tag)


def test_a_login_can_be_refused_with_a_providers_words(make_proxy: MakeProxy, endpoint: dict[str, Any]) -> None:
    proxy = make_proxy(answer(b"NO [ALERT] Application-specific password required", "LOGIN"))

    with pytest.raises(ImapRefused, match="Application-specific"):
        PlainImap(proxy.endpoint(endpoint))


def test_hidden_capabilities_are_gone_from_greeting_login_and_command(
    make_proxy: MakeProxy, endpoint: dict[str, Any]
) -> None:
    proxy = make_proxy(rewrites=[hide_capabilities("LITERAL+", "MULTIAPPEND", "STARTTLS")])

    client = PlainImap(proxy.endpoint(endpoint))

    assert b"LITERAL+" not in client.greeting.text and b"IMAP4rev1" in client.greeting.text
    assert not client.capabilities & {"LITERAL+", "MULTIAPPEND"} and "UIDPLUS" in client.capabilities


def test_append_uid_is_hidden_on_demand(make_proxy: MakeProxy, endpoint: dict[str, Any]) -> None:
    append = b"APPEND INBOX {%d+}\r\n" % len(MESSAGE.content) + MESSAGE.content

    shown = PlainImap(make_proxy().endpoint(endpoint)).command(append)[-1].text
    hidden = PlainImap(make_proxy(rewrites=[hide_append_uid]).endpoint(endpoint)).command(append)[-1].text

    assert b"APPENDUID" in shown
    assert b" OK Append completed" in hidden


def test_commands_bytes_connections_and_round_trips_are_counted(
    make_proxy: MakeProxy, endpoint: dict[str, Any]
) -> None:
    proxy = make_proxy()
    client = PlainImap(proxy.endpoint(endpoint))
    trips = proxy.traffic.round_trips

    client.command(b"SELECT INBOX")
    tags = [client.send(b"NOOP") for _unused in range(3)]
    client.await_answer(tags[-1])
    client.command(b"UID SEARCH ALL")

    assert proxy.traffic.commands == {"LOGIN": 1, "CAPABILITY": 1, "SELECT": 1, "NOOP": 3, "UID SEARCH": 1}
    assert proxy.traffic.connections == 1
    assert trips + 2 < proxy.traffic.round_trips <= trips + 5
    assert proxy.traffic.server_bytes > proxy.traffic.client_bytes > 0


def test_starttls_passes_through(make_proxy: MakeProxy, endpoint: dict[str, Any]) -> None:
    proxy = make_proxy()

    client = PlainImap({**endpoint, "port": proxy.port, "encryption": "starttls"})

    assert client.command(b"NOOP")
    assert set(proxy.traffic.commands) == {"STARTTLS"}


def test_a_new_script_counts_anew(make_proxy: MakeProxy, endpoint: dict[str, Any]) -> None:
    proxy = make_proxy(answer(b"NO first", "NOOP"))
    with pytest.raises(ImapRefused):
        PlainImap(proxy.endpoint(endpoint)).command(b"NOOP")

    proxy.set_script(answer(b"NO second", "NOOP"))

    with pytest.raises(ImapRefused, match="second"):
        PlainImap(proxy.endpoint(endpoint)).command(b"NOOP")


def test_a_said_answer_stands_at_commands_only() -> None:
    with pytest.raises(ValueError, match="command"):
        Fault(at_connection(), Say(b"NO"))


def test_chaos_follows_from_its_seed() -> None:
    assert chaos(7) == chaos(7)
    assert len({repr(chaos(seed)) for seed in range(50)}) == 50


@pytest.mark.parametrize("seed", range(12))
def test_chaos_never_leaves_a_part_of_a_message(
    seed: int, make_proxy: MakeProxy, endpoint: dict[str, Any], source_server: DovecotServer, mailbox_name: str
) -> None:
    proxy = make_proxy(*chaos(seed, faults=6))

    for _unused in range(6):
        with contextlib.suppress(OSError, ImapRefused), PlainImap(proxy.endpoint(endpoint)) as client:
            client.append("INBOX", [MESSAGE] * 3)
            list(client.fetch_all("INBOX"))

    stored = {message.digest for message in oracle.read_mailbox(source_server, mailbox_name)["INBOX"]}
    assert stored == {oracle.digest(MESSAGE.content)}
    assert proxy.script.fired


def test_the_delay_runs_in_a_process_of_its_own(source_server: DovecotServer, endpoint: dict[str, Any]) -> None:
    process = DelayProcess(("127.0.0.1", source_server.place.imap_port), 0.01)
    with PlainImap({**endpoint, "port": process.port, "encryption": "none"}) as client:
        begin = time.monotonic()
        client.command(b"NOOP")
        assert time.monotonic() - begin >= 0.02

    assert process.stop()["commands"]["NOOP"] == 1
