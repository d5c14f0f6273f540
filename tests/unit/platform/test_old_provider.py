# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import socket

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.platform.next_hop import NextHop
from ansible_collections.mailops.migration.plugins.module_utils.platform.old_provider import (
    ProbeState,
    Question,
    Reply,
    judge,
    probe,
)

from tests.support.old_provider import OldProvider

SERVER = NextHop("mx.old.example")
FINE = Reply(250, "ok")
UNKNOWN = Reply(550, "5.1.1 unknown user")


@pytest.mark.parametrize(
    ("nobody", "known", "state"),
    [
        (UNKNOWN, [], ProbeState.ANSWERS),
        (UNKNOWN, [FINE], ProbeState.ANSWERS),
        (UNKNOWN, [UNKNOWN, FINE], ProbeState.ANSWERS),
        (UNKNOWN, [Reply(451, "later")], ProbeState.ANSWERS),
        (UNKNOWN, [UNKNOWN, UNKNOWN], ProbeState.REFUSES_US),
        (Reply(550, "5.7.1 relaying denied"), [], ProbeState.REFUSES_US),
        (Reply(554, "5.7.1 no such user"), [FINE], ProbeState.ANSWERS),
        (Reply(250, "ok"), [FINE], ProbeState.ACCEPTS_EVERYBODY),
        (Reply(451, "4.7.1 greylisted"), [], ProbeState.UNSURE),
    ],
)
def test_replies_to_recipients_are_understood(nobody, known, state):
    assert judge(SERVER, FINE, nobody, known).state is state


@pytest.mark.parametrize(
    ("reply", "state"),
    [(Reply(554, "5.7.1 your address is blocked"), ProbeState.REFUSES_US), (Reply(421, "busy"), ProbeState.UNSURE)],
)
def test_server_that_takes_no_mail_from_us_is_told_by_its_words(reply, state):
    result = judge(SERVER, reply, None, ())
    assert (result.state, str(reply) in result.text) == (state, True)


def ask(next_hop, *known):
    host, _colon, port = next_hop.rpartition(":")
    question = Question("postmaster@mx.example", "nobody-x1@example.com", known)
    return probe(NextHop(host.strip("[]"), int(port)), question, "mx.example")


def test_server_is_asked_and_gets_no_mail():
    with OldProvider({"anna@example.com"}) as provider:
        assert ask(provider.next_hop, "anna@example.com").state is ProbeState.ANSWERS
        assert ask(provider.next_hop, "bert@example.com").state is ProbeState.REFUSES_US
        provider.known.add("nobody-x1@example.com")
        assert ask(provider.next_hop).state is ProbeState.ACCEPTS_EVERYBODY
        assert provider.received == []


def test_server_that_does_not_answer_is_unreachable():
    with socket.create_server(("127.0.0.1", 0)) as nobody:
        port = nobody.getsockname()[1]
    result = ask(f"[127.0.0.1]:{port}")
    assert (result.state, f"[127.0.0.1]:{port}" in result.text) == (ProbeState.UNREACHABLE, True)
