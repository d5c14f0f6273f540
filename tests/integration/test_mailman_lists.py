# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module dist_list_import with the driver mailman3, on a real Mailman core."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.platform import mailman3
from ansible_collections.mailops.migration.plugins.module_utils.platform.mailman3_http import Access
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Failure
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import Update

from tests.support.mailman import PASSWORD, USER, MailmanServer
from tests.support.module_runs import ModuleOutcome, run_module

ANNA, BERT, CARA = "anna@elsewhere.example", "bert@elsewhere.example", "o'cara+x@elsewhere.example"


@pytest.fixture(scope="session")
def mailman() -> Iterator[MailmanServer]:
    with MailmanServer() as server:
        yield server


@dataclass(frozen=True)
class Lists:
    server: MailmanServer
    domain: str

    @property
    def team(self) -> str:
        return f"team@{self.domain}"

    def run(self, *members: tuple[str, str], **arguments: Any) -> ModuleOutcome:
        modes = {name: arguments.pop(name, False) for name in ("check", "diff")}
        login = {"api_url": self.server.url, "api_user": USER, "api_password": PASSWORD}
        platform = {"driver": "mailman3", **login, **arguments.pop("platform", {})}
        numbered = enumerate(members, 2)
        rows = [{"list": name, "member": member, "where": f"lists.csv:{n}"} for n, (name, member) in numbered]
        return run_module("dist_list_import", {"platform": platform, "members": rows, **arguments}, **modes)

    def driver(self) -> mailman3.Mailman3:
        return mailman3.Mailman3(Access(self.server.url, USER, PASSWORD))

    def members(self) -> list[str]:
        return self.server.members(self.team)


@pytest.fixture
def lists(mailman: MailmanServer) -> Lists:
    """A domain of its own with the list ``team``, on which Anna is."""
    made = Lists(mailman, mailman.new_domain())
    mailman.new_list(made.team, ANNA)
    return made


def reasons(outcome: ModuleOutcome) -> list[str]:
    return [failure["reason"] for failure in outcome.result["failures"]]


def test_members_are_added_as_check_mode_tells_and_again_is_no_change(lists):
    rows = [(lists.team, "Bert@Elsewhere.example"), (lists.team, CARA), (lists.team.upper(), ANNA)]
    planned = lists.run(*rows, check=True, diff=True)
    assert lists.members() == [ANNA]
    done = lists.run(*rows, diff=True)
    assert (done.code, done.result) == (0, planned.result)
    assert done.result["updated"] == [lists.team]
    assert done.result["diff"]["after"].count("\n") == 3
    assert lists.members() == sorted([ANNA, BERT, CARA])
    again = lists.run(*rows)
    assert (again.code, again.result["changed"], again.result["counts"]["unchanged"]) == (0, False, 1)


def test_members_are_removed_down_to_the_last_and_again_is_no_change(lists):
    lists.server.subscribe(lists.team, CARA)
    for member, left in ((ANNA, [CARA]), (CARA, [])):
        gone = lists.run((lists.team, member), (lists.team, BERT), state="absent")
        assert (gone.code, gone.result["changed"], lists.members()) == (0, True, left)
    again = lists.run((lists.team, ANNA), state="absent")
    assert (again.code, again.result["changed"]) == (0, False)


def test_exclusive_leaves_the_members_of_the_rows_and_no_others(lists):
    lists.server.new_list(f"other@{lists.domain}", ANNA)
    done = lists.run((lists.team, BERT), exclusive=True)
    assert (done.code, lists.members()) == (0, [BERT])
    assert lists.server.members(f"other@{lists.domain}") == [ANNA]


def test_nobody_is_sent_mail_whatever_the_list_is_set_to(lists):
    settings = {"subscription_policy": "confirm_then_moderate", "unsubscription_policy": "confirm_then_moderate",
                "send_welcome_message": "true", "send_goodbye_message": "true"}
    lists.server.ask("PATCH", f"lists/{lists.team}/config", **settings)
    before = lists.server.mails_sent()
    lists.run((lists.team, BERT), exclusive=True)
    assert lists.members() == [BERT]
    lists.run((lists.team, BERT), state="absent")
    assert (lists.members(), lists.server.mails_sent()) == ([], before)


def test_list_and_domain_that_are_not_there_are_findings_and_the_others_go_on(lists):
    done = lists.run((f"no@{lists.domain}", BERT), ("x@nowhere.example", BERT), (lists.team, BERT))
    assert done.code == 1
    found = {failure["item"]: failure for failure in done.result["failures"]}
    assert found[f"no@{lists.domain}"]["remedy"] == "Create the list in the admin panel first"
    assert found[f"no@{lists.domain}"]["where"] == "lists.csv:2"
    assert "does not have" in found["x@nowhere.example"]["reason"]
    assert (done.result["updated"], lists.members()) == ([lists.team], [ANNA, BERT])


def test_banned_member_is_a_finding_and_the_others_are_added(lists):
    lists.server.ask("POST", f"lists/{lists.team}/bans", email="^.*@bad.example$")
    done = lists.run((lists.team, "x@bad.example"), (lists.team, BERT))
    assert (done.code, done.result["updated"], lists.members()) == (1, [lists.team], [ANNA, BERT])
    assert "x@bad.example" in reasons(done)[0] and "banned" in reasons(done)[0]
    again = lists.run((lists.team, "x@bad.example"), (lists.team, BERT))
    assert (again.code, again.result["changed"]) == (1, False)


def test_member_whose_own_request_waits_is_a_finding_and_not_taken_for_a_member(lists):
    lists.server.ask("PATCH", f"lists/{lists.team}/config", subscription_policy="moderate")
    lists.server.subscribe(lists.team, BERT, pre_approved="0")
    done = lists.run((lists.team, BERT))
    assert (done.code, done.result["changed"], lists.members()) == (1, False, [ANNA])
    assert "pending" in reasons(done)[0]


def test_more_members_than_come_at_once_are_read_and_removed(lists, monkeypatch):
    monkeypatch.setattr(mailman3, "_PAGE", 2)
    monkeypatch.setattr(mailman3, "_AT_ONCE", 2)
    names = tuple(f"member{number}@elsewhere.example" for number in range(4))
    for name in names:
        lists.server.subscribe(lists.team, name)
    known = lists.driver().read({lists.domain}).aliases[lists.team]
    assert sorted(known.targets) == [ANNA, *names]
    lists.driver().apply([Update(known, (("targets", (names[0],)),))])
    assert lists.members() == [names[0]]


def test_what_somebody_else_did_meanwhile_counts_as_unchanged(lists):
    driver = lists.driver()
    known = driver.read({lists.domain}).aliases[lists.team]
    lists.server.subscribe(lists.team, BERT)
    assert driver.apply([Update(known, (("targets", (ANNA, BERT)),))]) == [None]
    lists.run((lists.team, ANNA), state="absent")
    assert driver.apply([Update(known, (("targets", ()),))]) == [None]


def test_list_that_somebody_else_removed_meanwhile_is_a_finding(lists):
    driver = lists.driver()
    known = driver.read({lists.domain}).aliases[lists.team]
    lists.server.ask("DELETE", f"lists/{lists.team}")
    (outcome,) = driver.apply([Update(known, (("targets", (ANNA, BERT)),))])
    assert isinstance(outcome, Failure) and "no list on the platform" in outcome.reason


def test_wrong_password_is_told_and_never_shown(lists):
    wrong = lists.run((lists.team, BERT), platform={"api_password": "geheimes Wort"})
    assert wrong.code == 1 and "api_password" in wrong.result["msg"]
    assert "geheimes Wort" not in wrong.output
    assert PASSWORD not in lists.run((lists.team, BERT), diff=True).output


def test_other_modules_say_what_mailman_cannot_do(lists):
    login = {"driver": "mailman3", "api_url": lists.server.url, "api_user": USER, "api_password": PASSWORD}
    refused = run_module("mail_domain", {"platform": login, "domains": [{"name": lists.domain}]})
    assert refused.code == 1 and "no domain with mailboxes" in refused.result["msg"]
