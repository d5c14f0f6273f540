# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules of the platform on a fake mailcow over HTTPS."""

from __future__ import annotations

import pytest

from tests.support.certificates import session_authority
from tests.support.mailcow_fake import KEY, MIB, mailcow_fake
from tests.support.module_runs import run_module

LIMITS = {"max_mailboxes": 9, "max_aliases": 9, "max_mailbox_quota_mb": 500, "quota_mb": 5000}
HOME = {"domains": [{"name": "example.com", **LIMITS}]}
ANNA = {"address": "anna@example.com", "name": "Anna", "password": "geheim1 + x", "quota_mb": 100}
BERT = {"address": "bert@example.com", "name": "Bert", "password": "geheim2 + x", "quota_mb": 100}


@pytest.fixture
def fake():
    with mailcow_fake() as served:
        yield served


def run(fake, module, arguments, **modes):
    platform = {
        "driver": "mailcow",
        "api_url": fake.url,
        "api_key": KEY,
        "ca_file": str(session_authority().ca_file),
    }
    outcome = run_module(module, {"platform": platform, **arguments}, **modes)
    assert KEY not in outcome.output
    assert "geheim" not in outcome.output
    return outcome.result


def test_mailboxes_are_created_once_and_again_nothing_changes(fake):
    assert run(fake, "mail_domain", HOME)["created"] == ["example.com"]
    result = run(fake, "mailbox", {"mailboxes": [ANNA, BERT]}, diff=True)
    assert result["created"] == ["anna@example.com", "bert@example.com"]
    assert "password: new" in result["diff"]["after"]
    assert fake.mailboxes["anna@example.com"]["quota"] == 100 * MIB
    assert fake.passwords["anna@example.com"] == "geheim1 + x"
    posts = list(fake.posts)
    assert not run(fake, "mailbox", {"mailboxes": [ANNA, BERT]})["changed"]
    assert not run(fake, "mail_domain", HOME)["changed"]
    assert fake.posts == posts


def test_check_mode_writes_nothing_and_tells_the_same(fake):
    run(fake, "mail_domain", HOME)
    posts = list(fake.posts)
    result = run(fake, "mailbox", {"mailboxes": [ANNA]}, check=True, diff=True)
    assert (result["changed"], result["created"]) == (True, ["anna@example.com"])
    assert fake.posts == posts


def test_password_of_a_mailbox_changes_only_when_asked(fake):
    run(fake, "mail_domain", HOME)
    run(fake, "mailbox", {"mailboxes": [ANNA]})
    other = {**ANNA, "password": "geheim3 + y"}
    assert not run(fake, "mailbox", {"mailboxes": [other]})["changed"]
    assert fake.passwords["anna@example.com"] == "geheim1 + x"
    assert run(fake, "mailbox", {"mailboxes": [other], "update_password": "always"})["updated"] == ["anna@example.com"]
    assert fake.passwords["anna@example.com"] == "geheim3 + y"


def test_refused_mailbox_is_a_finding_and_the_next_run_goes_on_with_it(fake):
    run(fake, "mail_domain", HOME)
    fake.refuse["add/mailbox", "anna@example.com"] = "password_complexity"
    result = run(fake, "mailbox", {"mailboxes": [ANNA, BERT]}, diff=True)
    assert result["failed"] and result["changed"]
    assert result["created"] == ["bert@example.com"]
    assert "mailcow refused: password_complexity" in result["failures"][0]["reason"]
    assert "anna" not in result["diff"]["after"]
    fake.refuse.clear()
    assert run(fake, "mailbox", {"mailboxes": [ANNA, BERT]})["created"] == ["anna@example.com"]


def test_task_that_stops_in_midway_tells_what_was_not_done_and_the_next_goes_on(fake):
    run(fake, "mail_domain", HOME)
    fake.close_on = "add/mailbox"
    result = run(fake, "mailbox", {"mailboxes": [ANNA, BERT]})
    assert result["created"] == []
    assert [failure["item"] for failure in result["failures"]] == ["anna@example.com", "bert@example.com"]
    assert "was not tried" in result["failures"][1]["reason"]
    fake.close_on = ""
    assert run(fake, "mailbox", {"mailboxes": [ANNA, BERT]})["created"] == ["bert@example.com"]


def test_domain_without_limits_is_a_finding_and_the_others_are_made(fake):
    result = run(fake, "mail_domain", {"domains": [*HOME["domains"], {"name": "example.org"}]})
    assert [failure["item"] for failure in result["failures"]] == ["example.org"]
    assert fake.domains.keys() == {"example.com"}


def test_aliases_and_members_come_and_go(fake):
    run(fake, "mail_domain", HOME)
    run(fake, "mailbox", {"mailboxes": [ANNA, BERT]})
    aliases = {"aliases": [{"alias": "a@example.com", "mailbox": "anna@example.com"}]}
    assert run(fake, "mail_alias", aliases)["created"] == ["a@example.com"]
    assert not run(fake, "mail_alias", aliases)["changed"]
    members = {"members": [{"list": "a@example.com", "member": "bert@example.com"}]}
    assert run(fake, "dist_list_import", members)["updated"] == ["a@example.com"]
    assert fake.aliases[1]["goto"] == "anna@example.com,bert@example.com"
    assert run(fake, "dist_list_import", {**members, "state": "absent"})["updated"] == ["a@example.com"]
    assert run(fake, "mail_alias", {**aliases, "state": "absent"})["removed"] == ["a@example.com"]
    assert fake.aliases == {}


@pytest.mark.parametrize(
    ("module", "arguments"),
    [
        ("mailbox", {"mailboxes": [{"address": "anna@example.com"}], "state": "absent", "allow_removal": True}),
        ("local_delivery", {"domains": [{"name": "example.com"}], "enabled": True, "mx_hosts": ["mx.example.net"]}),
        ("mail_forward", {"forwards": [{"email": "anna@example.com", "forward_to": "x@elsewhere.example"}]}),
    ],
)
def test_what_mailcow_cannot_do_is_said_and_nothing_is_asked(fake, module, arguments):
    result = run(fake, module, arguments)
    assert "the platform driver mailcow cannot" in result["msg"]
    assert fake.paths == []


def test_options_of_the_driver_that_miss_are_named(fake):
    result = run_module("mail_domain", {"platform": {"driver": "mailcow"}, **HOME}).result
    assert "api_key, api_url" in result["msg"] or "api_url, api_key" in result["msg"]
