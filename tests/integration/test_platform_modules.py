# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The modules of the platform, on PostfixAdmin's tables in SQLite, PostgreSQL and MariaDB."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.dns.ownership import ownership_record

from tests.support.databases import Database
from tests.support.knot import KnotServer
from tests.support.module_runs import ROOT, ModuleOutcome, run_module

PASSWORDS = ("Größe' $HOME \\ %d \"x", "anna")
ANNA = {"address": "Anna@example.com", "password": PASSWORDS[0], "name": "Anna Example", "quota_mb": 5}
# The password is a part of the address: it may not be blotted out there.
BERT = {"address": "anna.bert@example.com", "password": PASSWORDS[1]}


@dataclass(frozen=True)
class Platform:
    database: Database

    def run(self, module: str, *, check: bool = False, **arguments: Any) -> ModuleOutcome:
        """One run of a module as on a worker."""
        return run_module(module, {"platform": {"dsn": self.database.dsn}, **arguments}, check=check)

    def run_by_ansible(self, module: str, *flags: str, **arguments: Any) -> ModuleOutcome:
        """One ad-hoc run of a module as an operator types it."""
        options = json.dumps({"platform": {"dsn": self.database.dsn}, **arguments})
        command = [Path(sys.executable).with_name("ansible"), "localhost", "-i", "localhost,", "-c", "local"]
        done = subprocess.run(
            [*command, "-m", f"mailops.migration.{module}", "-a", options, *flags],
            cwd=ROOT,
            env={**os.environ, "ANSIBLE_NOCOLOR": "1", "ANSIBLE_CONFIG": str(ROOT / "ansible.cfg")},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        found = re.search(r"^localhost \| \w+!? => ", done.stdout, re.MULTILINE)
        assert found, done.stdout + done.stderr
        result = json.JSONDecoder().raw_decode(done.stdout, found.end())[0]
        return ModuleOutcome(done.returncode, done.stdout + done.stderr, result)

    def rows(self, statement: str) -> list[tuple[Any, ...]]:
        return self.database.rows(statement)

    def dump(self) -> list[list[tuple[Any, ...]]]:
        """Everything in the tables that the modules write."""
        return [self.rows(f"SELECT * FROM {table}") for table in ("domain", "mailbox", "alias")]


@pytest.fixture
def empty_platform(database: Database) -> Platform:
    return Platform(database)


@pytest.fixture
def platform(empty_platform: Platform) -> Platform:
    """A platform that has the domain example.com."""
    assert empty_platform.run("mail_domain", domains=[{"name": "example.com"}]).code == 0
    return empty_platform


def counts(outcome: ModuleOutcome) -> dict[str, int]:
    return {name: number for name, number in outcome.result["counts"].items() if number}


def test_domains_are_created_changed_and_removed_and_again_is_no_change(empty_platform):
    rows = [{"name": "example.com", "max_mailboxes": 3}, {"name": "müller.example", "description": "Ticket 123"}]
    first = empty_platform.run("mail_domain", domains=rows)
    assert (first.result["changed"], counts(first)) == (True, {"created": 2})
    again = empty_platform.run("mail_domain", domains=rows)
    assert (again.result["changed"], counts(again)) == (False, {"unchanged": 2})
    gone = empty_platform.run("mail_domain", state="absent", domains=[{"name": "Example.com"}, {"name": "never.org"}])
    assert (gone.result["removed"], counts(gone)) == (["example.com"], {"removed": 1, "unchanged": 1})
    assert empty_platform.rows("SELECT domain, description FROM domain") == [("xn--mller-kva.example", "Ticket 123")]


def test_mailboxes_are_created_with_hashes_that_dovecot_takes_and_again_is_no_change(platform):
    first = platform.run("mailbox", mailboxes=[ANNA, BERT], domains=["example.com"])
    assert (first.result["changed"], counts(first)) == (True, {"created": 2})
    assert first.result["created"] == ["anna.bert@example.com", "anna@example.com"]
    stored = dict(platform.rows("SELECT username, password FROM mailbox"))
    for address, password in (("anna@example.com", PASSWORDS[0]), ("anna.bert@example.com", PASSWORDS[1])):
        assert dovecot_takes(stored[address], password)
        assert not dovecot_takes(stored[address], password + "x")
    before = platform.dump()
    again = platform.run("mailbox", mailboxes=[ANNA, BERT], domains=["example.com"])
    assert (again.result["changed"], counts(again)) == (False, {"unchanged": 2})
    assert platform.dump() == before


def test_argon2id_hashes_are_taken_by_dovecot(platform):
    chosen = {"dsn": platform.database.dsn, "password_scheme": "ARGON2ID"}
    assert platform.run("mailbox", mailboxes=[ANNA], platform=chosen).code == 0
    ((stored,),) = platform.rows("SELECT password FROM mailbox")
    assert str(stored).startswith("{ARGON2ID}")
    assert dovecot_takes(stored, PASSWORDS[0])
    again = platform.run("mailbox", mailboxes=[ANNA], platform=chosen, update_password="always")
    assert again.result["changed"] is False


def test_hash_that_dovecot_made_is_stored_and_known_again(platform):
    made = subprocess.run(
        ["doveadm", "pw", "-s", "BLF-CRYPT", "-p", PASSWORDS[0]], capture_output=True, text=True, check=True
    ).stdout.strip()
    platform.run("mailbox", mailboxes=[{"address": "anna@example.com", "password_hash": made}])
    assert platform.rows("SELECT password FROM mailbox") == [(made,)]
    again = platform.run("mailbox", mailboxes=[ANNA | {"name": "", "quota_mb": 0}], update_password="always")
    assert (again.code, again.result["changed"]) == (0, False)


def test_check_mode_tells_the_same_and_writes_nothing(platform):
    before = platform.dump()
    planned = platform.run("mailbox", check=True, mailboxes=[ANNA, BERT])
    assert platform.dump() == before
    done = platform.run("mailbox", mailboxes=[ANNA, BERT])
    assert planned.result == done.result


@pytest.mark.parametrize("update_password", ["on_create", "always"])
def test_no_secret_is_printed_at_any_verbosity(databases, tmp_path, update_password):
    platform = Platform(databases.new("postgresql", tmp_path))
    platform.rows("INSERT INTO domain (domain) VALUES ('example.com')")
    shown = platform.run_by_ansible("mailbox", "--diff", "-vvv", mailboxes=[ANNA], update_password=update_password)
    bad = platform.run_by_ansible("mailbox", "--diff", "-vvv", mailboxes=[ANNA | {"address": "x@other.org"}])
    assert (shown.code, bad.code) == (0, 2)
    ((stored,),) = platform.rows("SELECT password FROM mailbox")
    assert dovecot_takes(stored, PASSWORDS[0])
    secrets = ("Größe", "Gr\\u00f6", str(stored), "BLF-CRYPT}", platform.database.password)
    for outcome in (shown, bad):
        assert not [form for form in secrets if form in outcome.output]
    assert shown.result["invocation"]["module_args"]["mailboxes"][0]["address"] == "Anna@example.com"
    assert "+anna@example.com: active: True, name: Anna Example, password: new" in shown.output


def test_good_rows_go_on_and_bad_rows_fail_the_module_at_the_end(platform):
    platform.rows("INSERT INTO alias (address, goto, domain) VALUES ('sales@example.com', 'x@y.org', 'example.com')")
    bad = [
        {"address": "sales@example.com", "password": "s"},
        {"address": "who@elsewhere.org", "password": "s"},
        {"address": "long@example.com", "password": "p" * 73},
    ]
    outcome = platform.run("mailbox", mailboxes=[*bad, ANNA], domains=["example.com"])
    assert (outcome.code, outcome.result["changed"]) == (1, True)
    assert counts(outcome) == {"created": 1, "failed": 3}
    items = [failure["item"] for failure in outcome.result["failures"]]
    assert items == ["long@example.com", "sales@example.com", "who@elsewhere.org"]
    assert all(failure["reason"] and failure["remedy"] for failure in outcome.result["failures"])
    assert platform.rows("SELECT username FROM mailbox") == [("anna@example.com",)]


def test_what_was_set_by_hand_stays(platform):
    platform.run("mailbox", mailboxes=[ANNA])
    platform.rows("UPDATE mailbox SET quota = 77, active = '0', phone = '123'")
    outcome = platform.run("mailbox", mailboxes=[{"address": "anna@example.com", "name": "Anna B"}])
    assert (outcome.code, outcome.result["updated"]) == (0, ["anna@example.com"])
    assert platform.rows("SELECT name, quota, active, phone FROM mailbox") == [("Anna B", 77, 0, "123")]


def test_removal_needs_the_operators_word(platform):
    platform.run("mailbox", mailboxes=[ANNA])
    refused = platform.run("mailbox", mailboxes=[ANNA], state="absent")
    assert refused.code == 1
    assert "mail files stay" in refused.result["msg"]
    assert platform.rows("SELECT count(*) FROM mailbox") == [(1,)]
    done = platform.run("mailbox", mailboxes=[ANNA], state="absent", allow_removal=True)
    assert done.result["removed"] == ["anna@example.com"]
    assert platform.rows("SELECT count(*) FROM mailbox") == platform.rows("SELECT count(*) FROM alias") == [(0,)]
    again = platform.run("mailbox", mailboxes=[ANNA], state="absent", allow_removal=True)
    assert (again.code, again.result["changed"]) == (0, False)


def test_database_that_is_not_there_is_one_clear_error(tmp_path):
    absent = Platform(Database("sqlite", str(tmp_path / "absent.sqlite")))
    outcome = absent.run("mail_domain", domains=[{"name": "example.com"}])
    assert outcome.code == 1
    assert outcome.result["msg"].endswith(
        "absent.sqlite: there is no database file. Set up the mail platform, or correct the dsn"
    )


def dovecot_takes(stored: object, password: str) -> bool:
    """Whether Dovecot itself verifies the password against what is stored."""
    command = ["doveadm", "pw", "-t", str(stored), "-p", password]
    return subprocess.run(command, capture_output=True, check=False).returncode == 0


def test_domain_is_created_once_its_record_is_there_or_somebody_confirms_it(databases, tmp_path):
    platform = Platform(databases.new("sqlite", tmp_path))
    record = ownership_record("s3cret", "proven.example")
    zones = {"proven.example": [("@", "TXT", f'"{record}"')], "other.example": [("@", "TXT", f'"{record}"')]}
    with KnotServer(zones) as knot:
        ownership = {
            "secret": "s3cret",
            "nameservers": [f"127.0.0.1:{knot.server.port}"],
            "authoritative_port": knot.server.port,
            "confirmed": {"word.example": "ops: order 7", "none.example": " "},
        }
        rows = [{"name": name} for name in (*zones, "word.example", "none.example")]
        first = platform.run("mail_domain", domains=rows, ownership=ownership)
    assert first.result["created"] == ["proven.example", "word.example"]
    findings = {failure["item"]: failure for failure in first.result["failures"]}
    assert findings.keys() == {"other.example", "none.example"}
    assert ownership_record("s3cret", "other.example") in findings["other.example"]["remedy"]
    assert "s3cret" not in first.output
    again = platform.run("mail_domain", domains=[{"name": "proven.example"}], ownership=ownership)
    assert (again.code, again.result["changed"]) == (0, False)


def test_values_that_no_database_takes_are_findings_and_all_others_are_stored_exactly(platform):
    names = {"long": "n" * 256, "nul": "a\0b", "lines": "a\nb"}
    bad = [{"address": f"{key}@example.com", "password": "s", "name": name} for key, name in names.items()]
    bad.append({"address": "huge@example.com", "password": "s", "quota_mb": 2**60})
    bad.append({"address": f"{'a' * 64}@{'.'.join(['b' * 60] * 4)}.example", "password": "s"})
    good = {"emoji@example.com": "Zoë \U0001f600 張", "full@example.com": "é" * 255}
    rows = [{"address": address, "password": "s", "name": name} for address, name in good.items()]
    outcome = platform.run("mailbox", mailboxes=[*bad, *rows])
    assert counts(outcome) == {"created": 2, "failed": 5}
    assert dict(platform.rows("SELECT username, name FROM mailbox")) == good
    assert platform.run("mailbox", mailboxes=rows).result["changed"] is False
