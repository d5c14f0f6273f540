# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Listings of servers of every kind, over a socket."""

from __future__ import annotations

from contextlib import suppress

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import FolderRefused, Throttled
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import Side
from ansible_collections.mailops.migration.plugins.module_utils.imap.listing import Status

from tests.unit.imap.scripted import Peer, Script, session_to

EXTENDED = ("LIST-EXTENDED", "LIST-STATUS", "SPECIAL-USE")
LIST_STATUS = b'LIST "" "*" RETURN (SUBSCRIBED SPECIAL-USE STATUS (MESSAGES UIDNEXT UIDVALIDITY))'
LIST = b'LIST "" "*"'
LSUB = b'LSUB "" "*"'


def status(name: bytes) -> bytes:
    return b'STATUS "' + name + b'" (MESSAGES UIDNEXT UIDVALIDITY)'


def listed(script: Script, *capabilities: str) -> tuple[Side, dict[str, Status]]:
    with session_to(script, *capabilities) as session:
        return session.list_side()


def names(side: Side) -> list[str]:
    return [folder.name for folder in side.folders]


def test_folders_come_with_subscriptions_and_status_in_one_answer() -> None:
    def script(peer: Peer) -> None:
        peer.answer(LIST_STATUS, b'* LIST (\\Subscribed \\HasNoChildren) "." Work',
                    b"* STATUS Work (MESSAGES 3 UIDNEXT 9 UIDVALIDITY 7)")  # fmt: skip

    side, statuses = listed(script, *EXTENDED)

    assert [(folder.name, folder.subscribed) for folder in side.folders] == [("Work", True)]
    assert (side.delimiter, side.prefix, statuses) == (".", "", {"Work": Status(3, 9, 7)})


@pytest.mark.parametrize("capabilities, commands", [
    (EXTENDED, (LIST_STATUS, b"NAMESPACE")), ((), (LIST, LSUB, b"NAMESPACE")),
])  # fmt: skip
def test_all_that_names_folders_is_asked_for_at_once(
    capabilities: tuple[str, ...], commands: tuple[bytes, ...]
) -> None:
    def script(peer: Peer) -> None:
        first, *others = [peer.expect(command) for command in commands]
        peer.say(b'* LIST (\\Noselect) "." INBOX\r\n', first + b" OK\r\n")
        peer.say(*(tag + b" OK\r\n" for tag in others[:-1]))
        peer.say(b'* NAMESPACE (("INBOX." ".")) NIL NIL\r\n', others[-1] + b" OK\r\n")

    assert listed(script, "NAMESPACE", *capabilities)[0].prefix == "INBOX."


def test_server_that_refuses_one_of_the_commands_sent_together_is_asked_on() -> None:
    def script(peer: Peer) -> None:
        peer.answer(LIST, b'* LIST (\\Noselect) "." INBOX.a', b'* LIST (\\Noselect) "." INBOX')
        peer.answer(LSUB, status=b"NO not today")
        peer.answer(b"NAMESPACE", status=b"BAD what?")
        peer.answer(b'CREATE "INBOX.b"')

    with session_to(script, "NAMESPACE") as session:
        side, _unused = session.list_side()
        assert session.create("INBOX.b")

    assert (names(side), side.prefix, side.is_guessed) == (["INBOX.a", "INBOX"], "INBOX.", True)


def test_status_that_a_listing_leaves_out_is_asked_for() -> None:
    def script(peer: Peer) -> None:
        peer.answer(LIST_STATUS, b'* LIST () "/" a', b'* LIST () "/" b', b'* LIST (\\Noselect) "/" c',
                    b"* STATUS a (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)")  # fmt: skip
        peer.answer(status(b"b"), b"* STATUS b (MESSAGES 4 UIDNEXT 5 UIDVALIDITY 6)")

    assert listed(script, *EXTENDED)[1] == {"a": Status(1, 2, 3), "b": Status(4, 5, 6)}


def test_folder_whose_status_is_refused_costs_only_its_own() -> None:
    def script(peer: Peer) -> None:
        peer.answer(LIST, b'* LIST () "/" a', b'* LIST () "/" b')
        peer.answer(LSUB)
        peer.answer(status(b"a"), status=b"NO broken index")
        peer.answer(status(b"b"), b'* STATUS "b" (MESSAGES 1 UIDNEXT 2 UIDVALIDITY 3)')

    side, statuses = listed(script)

    assert names(side) == ["a", "b"]
    assert statuses == {"b": Status(1, 2, 3)}


def test_commands_sent_ahead_fit_into_the_smallest_buffers() -> None:
    """A server that reads nothing more while an answer is due must not make both sides wait for each other."""
    folders = [b"%03d" % number + b"x" * 197 for number in range(60)]

    def script(peer: Peer) -> None:
        peer.answer(LIST, *(b'* LIST () "/" ' + name for name in folders))
        peer.answer(LSUB)
        peer.sock.settimeout(0.05)
        answered = 0
        while answered < len(folders):
            ahead = _all_that_comes(peer)
            assert len(ahead) <= 4096 + 100, f"{len(ahead)} octets are sent ahead"
            peer.say(*(line.partition(b" ")[0] + b" NO later\r\n" for line in ahead.splitlines()))
            answered += ahead.count(b"\r\n")
        peer.sock.settimeout(20)

    assert listed(script)[1] == {}


def _all_that_comes(peer: Peer) -> bytes:
    found = b""
    with suppress(TimeoutError):
        while octets := peer.sock.recv(100_000):
            found += octets
    return found


def test_names_are_read_as_atoms_literals_and_quoted_strings() -> None:
    def script(peer: Peer) -> None:
        peer.answer(LIST, b'* LIST () "/" atom', b'* LIST () "/" "say \\"hi\\" \\\\o"', b'* LIST () "/" {6}\r\nli te"',
                    b'* list () nil NILS', b'* LIST () "/" Sent Items', b'* LIST (\\Noselect) "/" ""')  # fmt: skip
        peer.answer(b'LSUB "" "*"', b'* LSUB () "/" {6}\r\nli te"', b'* LSUB () "/" gone')
        for _unused in range(5):
            peer.say(peer.line().partition(b" ")[0] + b" NO\r\n")

    side, _unused = listed(script)

    assert names(side) == ["atom", 'say "hi" \\o', 'li te"', "NILS", "Sent Items"]
    assert [folder.name for folder in side.folders if folder.subscribed] == ['li te"']


def test_folder_goes_back_to_the_server_in_the_octets_that_it_was_listed_in() -> None:
    raws = [b"Entw\xfcrfe", b"Entw&APw-rfe", "Entwürfe".encode(), b"A&B", b"A&-B", b"&AGE-"]

    def script(peer: Peer) -> None:
        peer.answer(LIST, *(b'* LIST () "/" "' + raw + b'"' for raw in raws))
        peer.answer(LSUB)
        found = [peer.line().partition(b" ")[::2] for _unused in raws]
        assert [command for _tag, command in found] == [status(raw) for raw in raws]
        peer.say(*(tag + b" OK done\r\n" for tag, _command in found))

    side, _unused = listed(script)

    assert names(side)[1] == "Entwürfe"
    assert len(set(names(side))) == len(raws)
    assert len(side.notes) == 3


def test_names_in_utf8_are_asked_for_where_they_are_offered() -> None:
    def script(peer: Peer) -> None:
        peer.answer(b"ENABLE UTF8=ACCEPT", b"* ENABLED UTF8=ACCEPT")
        peer.answer(LIST, '* LIST () "/" "Entwürfe & Co"'.encode(), b'* LIST () "/" "A&-B"')
        peer.answer(LSUB)
        peer.answer(status("Entwürfe & Co".encode()))
        peer.answer(status(b"A&-B"))
        peer.answer('CREATE "Müll"'.encode())

    with session_to(script, "ENABLE", "UTF8=ACCEPT") as session:
        side, _unused = session.list_side()
        session.create("Müll")

    assert names(side) == ["Entwürfe & Co", "A&-B"]


def test_server_that_does_not_enable_utf8_is_spoken_to_in_modified_utf7() -> None:
    def script(peer: Peer) -> None:
        peer.answer(b"ENABLE UTF8=ACCEPT", status=b"NO not now")
        peer.answer(LIST, b'* LIST () "/" Entw&APw-rfe')
        peer.answer(LSUB)
        peer.answer(status(b"Entw&APw-rfe"))

    assert names(listed(script, "ENABLE", "UTF8=ACCEPT")[0]) == ["Entwürfe"]


def test_further_session_spells_names_as_the_first_one() -> None:
    def first(peer: Peer) -> None:
        peer.answer(LIST, b'* LIST () "/" "Entw\xfcrfe"')
        peer.answer(LSUB)
        peer.answer(status(b"Entw\xfcrfe"))

    def second(peer: Peer) -> None:
        peer.answer(b'EXAMINE "Entw\xfcrfe"', b"* 0 EXISTS")

    with session_to(first) as session, session_to(second) as further:
        side, _unused = session.list_side()
        further.share_names(session.names)
        further.examine(side.folders[0].name)


@pytest.mark.parametrize(
    "answer, prefix, foreign",
    [
        (b'(("" "/")) NIL NIL', "", ()),
        (b'(("INBOX." ".")) NIL (("#shared." ".")("shared." "."))', "INBOX.", ("#shared.", "shared.")),
        (b'(("INBOX" ".")) NIL NIL', "INBOX.", ()),
        (b'(("INBOX." ".")) (("user." ".")) (("" "."))', "INBOX.", ("user.", "")),
        (b'(("" "/")) (("Other Users/" "/" "X-PARAM" ("FLAG1" "FLAG2"))) (("" "/"))', "", ("Other Users/",)),
        (b'(("" "/")("#mh/" "/")) NIL (("Gr&APw-n/" "/"))', "", ("Grün/",)),
        (b"NIL NIL NIL", "", ()),
        (b'(("" NIL)) nil nil', "", ()),
        (b"", "", ()),
        (b"((((", "", ()),
    ],
)
def test_namespaces_of_others_are_told_apart(answer: bytes, prefix: str, foreign: tuple[str, ...]) -> None:
    def script(peer: Peer) -> None:
        peer.answer(LIST, b'* LIST (\\Noselect) "/" x')
        peer.answer(LSUB)
        peer.answer(b"NAMESPACE", b"* NAMESPACE " + answer)

    side, _unused = listed(script, "NAMESPACE")

    assert (side.prefix, side.foreign) == (prefix, foreign)


@pytest.mark.parametrize("names, prefix", [
    ((b"INBOX", b"INBOX.Sent", b"Inbox.x"), "INBOX."), ((b"INBOX", b"INBOX.Sent", b"x"), ""), ((b"INBOX",), ""),
])  # fmt: skip
def test_prefix_that_a_server_cannot_tell_shows_in_its_names(names: tuple[bytes, ...], prefix: str) -> None:
    def script(peer: Peer) -> None:
        peer.answer(LIST, *(b'* LIST (\\Noselect) "." ' + name for name in names))
        peer.answer(LSUB)

    assert listed(script)[0].prefix == prefix


@pytest.mark.parametrize("words, error", [(b"NO [UNAVAILABLE] later", Throttled), (b"BAD no", FolderRefused)])
def test_server_that_gives_no_list_is_told_with_its_words(words: bytes, error: type[Exception]) -> None:
    def script(peer: Peer) -> None:
        peer.answer(LIST, status=words)

    with session_to(script) as session, pytest.raises(error, match=words.decode().split()[-1]):
        session.list_side()


def test_session_goes_on_where_a_listing_was_refused() -> None:
    def script(peer: Peer) -> None:
        peer.answer(LIST, status=b"NO [UNAVAILABLE] later")
        peer.answer(LSUB, b'* LSUB () "/" a')
        peer.answer(b"NAMESPACE", b'* NAMESPACE (("" "/")) NIL NIL')
        peer.answer(LIST, b'* LIST () "/" a')

    with session_to(script, "NAMESPACE") as session:
        with pytest.raises(Throttled):
            session.list_side()
        assert session.list_names() == {"a"}
