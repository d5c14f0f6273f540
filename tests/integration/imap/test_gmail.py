# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Sources whose folders are labels: what is copied from where, how often, and what a second pass makes of changes."""

from __future__ import annotations

import random
import time
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, cast

import imapclient
import pytest
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.support.compare_task import compare_spec, run_compare
from ansible_collections.mailops.migration.plugins.module_utils.support.info_task import info_spec, run_info

from tests.support.dovecot import DovecotServer
from tests.support.dovecot_config import DovecotShape
from tests.support.gmail_account import DRAFT, ENGLISH, GERMAN, IMPORTANT, INBOX, SENT, GmailAccount, Mail
from tests.support.gmail_server import GmailServer
from tests.support.proxy import FaultProxy
from tests.support.proxy_faults import Cut, Fault, before_answer
from tests.support.sync_runner import Contents, Migration, counts, filled, total

ODD = 'Müller & Söhne/"UID 7 FLAGS (\\Seen)"'


def message(name: str, size: int = 400) -> bytes:
    head = f"Message-ID: <{name}@example.com>\r\nSubject: {name}\r\nDate: Fri, 1 May 2020 10:00:00 +0000\r\n\r\n"
    return (head + f"body of {name} ".ljust(70, ".") * (size // 70 + 1) + "\r\n").encode()


@pytest.fixture
def gmail() -> Iterator[GmailServer]:
    with GmailServer() as server:
        yield server
        assert server.touched == []


@pytest.fixture
def moving(gmail: GmailServer, destination_server: DovecotServer, mailbox_name: str, state_dir: Path) -> Migration:
    """An account whose folders are labels, on its way to a Dovecot."""
    return Migration(cast(DovecotServer, gmail), destination_server, mailbox_name, state_dir)


def fill(account: GmailAccount) -> dict[str, Mail]:
    """One message of each kind, by name."""
    deliver = account.deliver
    return {
        "three": deliver(message("three"), INBOX, "Work", "Clients/Acme", flags=["\\Seen"]),
        "inbox": deliver(message("inbox"), INBOX, IMPORTANT),
        "sent": deliver(message("sent"), SENT, "Work", flags=["\\Seen"]),
        "draft": deliver(message("draft"), DRAFT, flags=["\\Draft"]),
        "archived": deliver(message("archived"), flags=["\\Seen", "\\Flagged"]),
        "important": deliver(message("important"), IMPORTANT),
        "odd": deliver(message("odd"), ODD),
        "spam": deliver(message("spam"), where="spam"),
        "trash": deliver(message("trash"), "Work", where="trash"),
    }


@pytest.fixture
def mails(gmail: GmailServer) -> dict[str, Mail]:
    return fill(gmail.account)


FIRST_PASS = {
    "INBOX": ["three", "inbox"],
    "Work": ["three", "sent"],
    "Clients.Acme": ["three"],
    "Sent": ["sent"],
    "Drafts": ["draft"],
    "Archive": ["archived", "important"],
    ODD.replace("/", "."): ["odd"],
}


def holding(mails: dict[str, Mail], folders: dict[str, list[str]]) -> Contents:
    return {folder: Counter(mails[name].expected() for name in names) for folder, names in folders.items() if names}


def with_change(**changes: list[str]) -> dict[str, list[str]]:
    return {**FIRST_PASS, **{name.replace("_", "."): names for name, names in changes.items()}}


# A first pass


@pytest.mark.parametrize(("names", "container", "lacking"), [
    (ENGLISH, "[Gmail]", ()),
    (GERMAN, "[Google Mail]", (" ENABLE", " LIST-EXTENDED", " LIST-STATUS", " CONDSTORE")),
], ids=["english", "german"])
def test_labelled_message_arrives_under_each_label_and_the_rest_in_the_archive(
    names: dict[str, str], container: str, lacking: tuple[str, ...], destination_server: DovecotServer,
    mailbox_name: str, state_dir: Path,
) -> None:
    account = GmailAccount(names, container)
    mails = fill(account)
    with GmailServer(account) as server:
        for capability in lacking:
            server.capabilities = server.capabilities.replace(capability, "")
        moving = Migration(cast(DovecotServer, server), destination_server, mailbox_name, state_dir)

        first = moving.run()
        second = moving.run()

        assert not first.get("failed"), first
        assert filled(moving.at_destination()) == holding(mails, FIRST_PASS)
        assert not second["changed"]
        assert counts(second)["already_there"] == counts(first)["copied"] == 10
        assert server.touched == []


def test_message_is_downloaded_once_whatever_its_labels(moving: Migration, gmail: GmailServer) -> None:
    for number in range(20):
        gmail.account.deliver(message(f"m{number}"), INBOX, "Work", SENT)

    moving.run()

    assert Counter(msgid for _folder, msgid in gmail.fetched) == Counter(list(gmail.account.mails))
    assert total(moving.at_destination()) == 60


def test_trash_and_spam_come_when_they_are_asked_for(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail]
) -> None:
    moving.run(include_trash=True, include_junk=True)

    assert filled(moving.at_destination()) == holding(mails, {**FIRST_PASS, "Trash": ["trash"], "Junk": ["spam"]})


def test_labels_called_like_special_folders_are_ordinary(moving: Migration, gmail: GmailServer) -> None:
    mails = {name: gmail.account.deliver(message(name), name) for name in ("Trash", "Spam reports", "Archive")}
    mails["none"] = gmail.account.deliver(message("none"))

    moving.run()

    found = {"Trash": ["Trash"], "Spam reports": ["Spam reports"], "Archive": ["Archive", "none"]}
    assert filled(moving.at_destination()) == holding(mails, found)


def test_labels_that_share_a_place_at_the_destination_bring_one_copy(moving: Migration, gmail: GmailServer) -> None:
    mails = {"both": gmail.account.deliver(message("both"), SENT, "Sent"),
             "own": gmail.account.deliver(message("own"), "Sent")}

    result = moving.run()

    assert filled(moving.at_destination()) == holding(mails, {"Sent": ["both", "own"]})
    assert any("merged" in warning for warning in result["warnings"])
    assert not moving.run()["changed"]


def test_message_whose_only_label_is_excluded_stays_behind(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail]
) -> None:
    moving.run(folders={"exclude": ["Work", "Clients/Acme", "Müller*"]})

    left = {name: found for name, found in FIRST_PASS.items() if name in ("INBOX", "Sent", "Drafts", "Archive")}
    assert filled(moving.at_destination()) == holding(mails, left)


def test_message_whose_label_has_no_folder_goes_to_the_archive(moving: Migration, gmail: GmailServer) -> None:
    gmail.account.unseen.add("Hidden")
    mails = {"hidden": gmail.account.deliver(message("hidden"), "Hidden")}

    moving.run()

    assert filled(moving.at_destination()) == holding(mails, {"Archive": ["hidden"]})


def test_all_mail_that_is_not_shown_is_reported(
    destination_server: DovecotServer, mailbox_name: str, state_dir: Path
) -> None:
    account = GmailAccount(unseen=["\\All"])
    account.deliver(message("m"), INBOX)
    with GmailServer(account) as server:
        moving = Migration(cast(DovecotServer, server), destination_server, mailbox_name, state_dir)

        warnings = moving.run()["warnings"]

    assert any("does not show All Mail" in warning and "Show in IMAP" in warning for warning in warnings)


# Policies


@pytest.mark.parametrize(("policy", "places"), [
    ("one_copy", {"INBOX": ["three", "inbox"], "Sent": ["sent"], "Drafts": ["draft"],
                  "Archive": ["archived", "important"], ODD.replace("/", "."): ["odd"]}),
    ("all_mail", {"Archive": ["three", "inbox", "sent", "draft", "archived", "important", "odd"]}),
])
def test_each_message_arrives_once_where_the_ticket_says_so(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail], policy: str, places: dict[str, list[str]]
) -> None:
    moving.run(gmail_labels=policy)

    assert filled(moving.at_destination()) == holding(mails, places)
    assert not moving.run(gmail_labels=policy)["changed"]


def test_one_copy_follows_when_its_first_label_goes(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail]
) -> None:
    moving.run(gmail_labels="one_copy")
    before = total(moving.at_destination())
    gmail.account.change(mails["three"], remove=[INBOX])

    result = moving.run(gmail_labels="one_copy")

    assert counts(result)["moved"] == 1
    assert "copied" not in counts(result)
    assert moving.at_destination()["Clients.Acme"] == Counter([mails["three"].expected()])
    assert total(moving.at_destination()) == before


def test_policy_that_is_changed_brings_what_misses(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail]
) -> None:
    moving.run(gmail_labels="one_copy")

    moving.run()

    assert filled(moving.at_destination()) == holding(mails, FIRST_PASS)


# Changes between the passes


def test_new_label_brings_a_copy_without_download(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail]
) -> None:
    moving.run()
    gmail.fetched.clear()
    gmail.account.change(mails["inbox"], add=["Work"])

    result = moving.run()

    assert counts(result)["copied"] == 1
    assert gmail.fetched == []
    assert filled(moving.at_destination()) == holding(mails, with_change(Work=["three", "sent", "inbox"]))
    assert not moving.run()["changed"]


def test_copy_that_the_user_flagged_is_not_taken_for_a_new_label(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail]
) -> None:
    moving.run()
    moving.destination.add_flags(moving.user, "\\Flagged", "mailbox", "INBOX", "all")
    gmail.account.change(mails["inbox"], add=["Work"])

    moving.run()

    assert moving.at_destination()["Work"] == holding(mails, {"W": ["three", "sent", "inbox"]})["W"]


def test_removed_label_takes_nothing_away(moving: Migration, gmail: GmailServer, mails: dict[str, Mail]) -> None:
    moving.run()
    gmail.account.change(mails["three"], remove=["Work"])

    assert not moving.run()["changed"]
    assert filled(moving.at_destination()) == holding(mails, FIRST_PASS)


def test_archived_message_moves_from_the_inbox_to_the_archive(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail]
) -> None:
    moving.run()
    gmail.account.change(mails["inbox"], remove=[INBOX])

    result = moving.run()

    assert (counts(result)["moved"], "copied" in counts(result)) == (1, False)
    moved = with_change(INBOX=["three"], Archive=["archived", "important", "inbox"])
    assert filled(moving.at_destination()) == holding(mails, moved)
    assert not moving.run()["changed"]


def test_archived_message_that_gets_a_label_moves_there(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail]
) -> None:
    moving.run()
    gmail.account.change(mails["archived"], add=["New"])

    result = moving.run()

    assert (counts(result)["moved"], "copied" in counts(result)) == (1, False)
    assert filled(moving.at_destination()) == holding(mails, with_change(New=["archived"], Archive=["important"]))
    assert not moving.run()["changed"]


def test_label_that_is_renamed_or_deleted_doubles_nothing(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail]
) -> None:
    moving.run()
    gmail.account.rename_label("Work", "Office")
    gmail.account.delete_label(ODD)

    result = moving.run()

    assert "copied" not in counts(result)
    moved = with_change(Work=[], Office=["three", "sent"], Archive=["archived", "important", "odd"])
    moved[ODD.replace("/", ".")] = []
    assert filled(moving.at_destination()) == holding(mails, moved)
    assert not moving.run()["changed"]


def test_journal_that_is_lost_doubles_nothing(moving: Migration, gmail: GmailServer, mails: dict[str, Mail]) -> None:
    moving.run()
    moving.lose_journal()

    result = moving.run()

    assert (counts(result)["matched"], "copied" in counts(result)) == (10, False)
    assert filled(moving.at_destination()) == holding(mails, FIRST_PASS)


@pytest.mark.parametrize("seed", range(4))
def test_killed_runs_lose_and_double_nothing(moving: Migration, gmail: GmailServer, seed: int) -> None:
    chance = random.Random(seed)
    labels = [INBOX, SENT, "Work", "Clients/Acme"]
    for number in range(120):
        chosen = chance.sample(labels, chance.randrange(4))
        gmail.account.deliver(message(f"{seed}-{number}", chance.choice([300, 3000, 30000])), *chosen)

    for _unused in range(4):
        engine = moving.start()
        time.sleep(chance.uniform(0.1, 0.5))
        engine.kill()
    result = moving.attempt()

    expected = {"INBOX": INBOX, "Sent": SENT, "Work": "Work", "Clients.Acme": "Clients/Acme"}
    every = gmail.account.mails.values()
    places = {name: Counter(m.expected() for m in every if label in m.labels) for name, label in expected.items()}
    places["Archive"] = Counter(mail.expected() for mail in every if not mail.labels)
    assert not result.get("failed"), result["failures"]
    assert filled(moving.at_destination()) == places
    assert not moving.run()["changed"]


# What the account does not show, and what it does not give out


def test_message_that_its_label_folder_does_not_show_goes_with_all_mail(moving: Migration, gmail: GmailServer) -> None:
    for number in range(6):
        gmail.account.deliver(message(f"m{number}"), "Work", *([INBOX] if number == 0 else []))
    shown = gmail.account.folders["Work"]
    shown.shows = lambda mail: "Work" in mail.labels and mail.content != message("m0") and mail.content != message("m1")
    gmail.account.settle()

    result = moving.run()

    found = {name: messages.total() for name, messages in filled(moving.at_destination()).items()}
    assert found == {"INBOX": 1, "Work": 4, "Archive": 1}
    assert any(warning.startswith("Work: the server does not show 2") for warning in result["warnings"])


def test_size_limit_of_folders_is_told_and_costs_nothing_once_it_is_lifted(
    moving: Migration, gmail: GmailServer
) -> None:
    mails = {f"m{n}": gmail.account.deliver(message(f"m{n}"), *([INBOX] if n < 3 else [])) for n in range(9)}
    gmail.account.folder_limit = 4
    gmail.account.settle()

    limited = moving.run()
    gmail.account.folder_limit = 0
    gmail.account.settle()
    whole = moving.run()

    assert limited["failed"]
    assert [failure["folder"] for failure in limited["failures"]] == ["[Gmail]/All Mail"]
    assert "Folder size limits" in limited["failures"][0]["remedy"]
    assert not whole.get("failed")
    names = [*mails]
    assert filled(moving.at_destination()) == holding(mails, {"INBOX": names[:3], "Archive": names[3:]})


def test_budget_that_the_provider_ends_stops_and_goes_on_another_day(moving: Migration, gmail: GmailServer) -> None:
    for number in range(30):
        gmail.account.deliver(message(f"m{number}", 2000), INBOX, "Work")
    gmail.budget = 30_000

    stopped = moving.attempt(patience=0.5)
    gmail.budget = None
    moving.attempt()

    assert not stopped["complete"]
    assert "bandwidth limits" in stopped["msg"]
    assert max(Counter(msgid for _folder, msgid in gmail.fetched).values()) <= 2
    assert total(moving.at_destination()) == 60


def test_double_is_one_that_imapclient_understands(gmail: GmailServer, mails: dict[str, Mail]) -> None:
    with imapclient.IMAPClient("127.0.0.1", gmail.port, ssl=False) as client:
        client.login(gmail.user, gmail.password)
        names = {name: flags for flags, _delimiter, name in client.list_folders()}
        client.select_folder("[Gmail]/All Mail", readonly=True)
        uids = client.search()
        found = client.fetch(uids, ["X-GM-LABELS", "X-GM-MSGID", "FLAGS"])

    gmail.touched.clear()
    assert b"\\All" in names["[Gmail]/All Mail"]
    assert b"\\Noselect" in names["[Gmail]"]
    assert len(uids) == 7
    labels = {item[b"X-GM-MSGID"]: set(item[b"X-GM-LABELS"]) for item in found.values()}
    assert labels[mails["three"].msgid] == {b"\\Inbox", b"Work", b"Clients/Acme"}


# What preflight tells, and the proof


def look(gmail: GmailServer, **changes: Any) -> dict[str, Any]:
    checked = ArgumentSpecValidator(info_spec()).validate({"source": gmail.endpoint(), **changes})
    assert not checked.error_messages, checked.error_messages
    return run_info(checked.validated_parameters, check=False)


@pytest.mark.parametrize(("policy", "copies", "further"), [("folders", 10, 3), ("one_copy", 7, 0), ("all_mail", 7, 0)])
def test_preflight_tells_what_labels_add(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail], policy: str, copies: int, further: int
) -> None:
    info = look(gmail, gmail_labels=policy, sizes=True)
    plan = moving.run(check=True, gmail_labels=policy)
    done = moving.run(gmail_labels=policy)

    assert info["totals"]["migrated_messages"] == info["labels"]["messages"] == counts(done)["copied"] == copies
    assert info["totals"]["migrated_size"] == plan["space"]["needed"] == done["counts"]["bytes"]
    assert info["labels"]["further_messages"] == plan["space"]["label_messages"] == further
    assert info["labels"]["further_size"] == plan["space"]["label_octets"]
    assert {each["name"]: each["copied"] for each in info["folders"]}["[Gmail]/All Mail"] == (
        7 if policy == "all_mail" else 2
    )
    important = gmail.account.path("\\Important")
    assert [each["messages"] for each in plan["excluded"] if each["source"] == important] == [0]


def compare(moving: Migration, **changes: Any) -> dict[str, Any]:
    arguments = {**moving.arguments(), **changes}
    checked = ArgumentSpecValidator(compare_spec()).validate(arguments)
    assert not checked.error_messages, checked.error_messages
    return run_compare(checked.validated_parameters, check=False)


@pytest.mark.parametrize("policy", ["folders", "one_copy", "all_mail"])
def test_proof_passes_under_each_policy_and_fails_when_one_copy_misses(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail], policy: str
) -> None:
    moving.run(gmail_labels=policy)
    gmail.fetched.clear()

    whole = compare(moving, gmail_labels=policy)
    moving.destination.expunge(moving.user, "mailbox", "Archive", "all")
    without = compare(moving, gmail_labels=policy, state_dir=None)

    assert whole["passed"], whole["differences"]
    assert not without["passed"]
    lost = Counter(msgid for _folder, msgid in gmail.fetched)
    assert max(lost.values()) <= 2


def test_proof_fails_where_all_mail_is_not_all(moving: Migration, gmail: GmailServer) -> None:
    for number in range(9):
        gmail.account.deliver(message(f"m{number}"), *([INBOX] if number < 3 else []))
    gmail.account.folder_limit = 4
    gmail.account.settle()
    moving.run()

    result = compare(moving)

    assert [item["kind"] for item in result["differences"]] == ["unreadable"]
    assert "Folder size limits" in result["differences"][0]["reason"]


def test_plan_tells_how_much_room_the_destination_has(gmail: GmailServer, mailbox_name: str, state_dir: Path) -> None:
    gmail.account.deliver(message("large", 700_000), INBOX, "Work")
    with DovecotServer(DovecotShape(quota="1M", fsync="never")) as server:
        plan = Migration(cast(DovecotServer, gmail), server, mailbox_name, state_dir).run(check=True)

    assert plan["space"]["room"] == 1024 * 1024
    assert plan["space"]["needed"] == 2 * plan["space"]["label_octets"] > 1024 * 1024


def test_copy_whose_answer_is_lost_is_found_and_not_made_again(
    moving: Migration, gmail: GmailServer, mails: dict[str, Mail], make_proxy: Callable[..., FaultProxy]
) -> None:
    proxy = make_proxy(moving.destination, Fault(before_answer("UID COPY"), Cut()))

    result = moving.through(destination=proxy).attempt()

    assert proxy.script.fired, "no copy was cut off"
    assert result["complete"], result
    assert counts(result)["recovered"]
    assert filled(moving.at_destination()) == holding(mails, FIRST_PASS)
