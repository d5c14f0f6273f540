# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules of aliases, forwards and lists on PostfixAdmin's tables in SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from tests.support.databases import Database
from tests.support.module_runs import ModuleOutcome, run_module

ANNA, BERT, TEAM, OUTSIDE = "anna@example.com", "bert@example.com", "team@example.com", "x@elsewhere.example"


@dataclass(frozen=True)
class Platform:
    database: Database

    def run(self, module: str, *, check: bool = False, diff: bool = False, **arguments: Any) -> ModuleOutcome:
        options = {"platform": {"dsn": self.database.dsn}, "domains": ["example.com"], **arguments}
        return run_module(module, options, check=check, diff=diff)

    def aliases(self) -> dict[str, str]:
        return dict(self.database.rows("SELECT address, goto FROM alias"))


@pytest.fixture
def platform(database: Database) -> Platform:
    """Two mailboxes and a list that somebody made in the admin panel."""
    for domain in ("example.com", "other.example"):
        database.rows(f"INSERT INTO domain (domain, description, transport) VALUES ('{domain}', '', 'virtual')")
    for address in (ANNA, BERT):
        columns = "username, domain, local_part, password, name, maildir"
        database.rows(f"INSERT INTO mailbox ({columns}) VALUES ('{address}', 'example.com', '', '', '', '')")
    for address, goto in ((ANNA, ANNA), (BERT, BERT), (TEAM, f"{ANNA},{BERT}")):
        database.rows(f"INSERT INTO alias (address, goto, domain) VALUES ('{address}', '{goto}', 'example.com')")
    return Platform(database)


WORK = {
    "mail_alias": {"aliases": [{"alias": "Info@example.com", "mailbox": ANNA}]},
    "mail_forward": {"forwards": [{"email": ANNA, "forward_to": OUTSIDE}]},
    "dist_list_import": {"members": [{"list": TEAM, "member": OUTSIDE}]},
}


@pytest.mark.parametrize("module", WORK)
def test_check_mode_tells_the_same_then_it_is_done_and_again_is_no_change(platform, module):
    before = platform.aliases()
    planned = platform.run(module, check=True, diff=True, **WORK[module])
    assert platform.aliases() == before
    done = platform.run(module, diff=True, **WORK[module])
    assert (done.code, done.result) == (0, planned.result)
    after = platform.aliases()
    assert platform.run(module, **WORK[module]).result["changed"] is False
    assert (platform.aliases() == after, after != before) == (True, True)
    removed = platform.run(module, state="absent", **WORK[module])
    assert (removed.code, platform.aliases()) == (0, before)


def test_rows_are_stored_as_postfixadmin_stores_them(platform):
    platform.run("mail_alias", aliases=[{"alias": "Info@example.com", "mailbox": ANNA}])
    platform.run("mail_forward", forwards=[{"email": BERT, "forward_to": OUTSIDE, "keep_copy": False}])
    platform.run("dist_list_import", members=[{"list": TEAM, "member": OUTSIDE}, {"list": TEAM, "member": ANNA}])
    rows = platform.database.rows("SELECT address, goto, domain, active FROM alias WHERE address <> 'anna@example.com'")
    assert sorted(rows) == [
        (BERT, OUTSIDE, "example.com", 1),
        ("info@example.com", ANNA, "example.com", 1),
        (TEAM, f"{ANNA},{BERT},{OUTSIDE}", "example.com", 1),
    ]


def test_good_rows_go_on_and_findings_name_the_rows(platform):
    rows = [
        {"alias": "a@example.com", "mailbox": ANNA, "where": "aliases.csv:2"},
        {"alias": BERT, "mailbox": ANNA, "where": "aliases.csv:3"},
        {"alias": "b@example.com", "mailbox": "c@example.com", "where": "aliases.csv:4"},
        {"alias": "c@example.com", "mailbox": "b@example.com", "where": "aliases.csv:5"},
        {"alias": "sales@other.example", "mailbox": OUTSIDE, "where": "aliases.csv:6"},
    ]
    outcome = platform.run("mail_alias", aliases=rows)
    assert (outcome.code, outcome.result["changed"], outcome.result["created"]) == (1, True, ["a@example.com"])
    assert sorted(failure["where"][-1] for failure in outcome.result["failures"]) == ["3", "4", "5", "6"]
    assert all(failure["reason"] and failure["remedy"] for failure in outcome.result["failures"])
    assert "a@example.com" in platform.aliases()


def test_list_that_does_not_exist_is_a_finding(platform):
    outcome = platform.run("dist_list_import", members=[{"list": "no@example.com", "member": ANNA}])
    (failure,) = outcome.result["failures"]
    assert (outcome.code, failure["remedy"]) == (1, "Create the list in the admin panel first")


def test_diff_shows_the_member_that_comes(platform):
    outcome = platform.run("dist_list_import", diff=True, **WORK["dist_list_import"])
    before, after = (outcome.result["diff"][side].splitlines() for side in ("before", "after"))
    assert set(after) - set(before) == {f"{TEAM} leads to {OUTSIDE}"}


def test_alias_to_a_mailbox_that_an_earlier_task_would_create_is_planned(platform):
    rows = [{"alias": "info@example.com", "mailbox": "new@example.com"}]
    assert platform.run("mail_alias", check=True, aliases=rows, expected_mailboxes=["new@example.com"]).code == 0
    assert platform.run("mail_alias", aliases=rows, expected_mailboxes=["new@example.com"]).code == 1


def test_list_longer_than_the_database_can_hold_is_a_finding_or_stored_whole(platform):
    members = [{"list": TEAM, "member": f"member{number}@elsewhere.example"} for number in range(3000)]
    outcome = platform.run("dist_list_import", members=members)
    if platform.database.kind == "mysql":
        assert "characters" in outcome.result["failures"][0]["reason"]
    assert platform.aliases()[TEAM].count(",") == (1 if outcome.code else 3001)
