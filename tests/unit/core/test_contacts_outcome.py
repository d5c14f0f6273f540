# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is told of a mailbox's contacts and calendars: what came, what misses, what its user did, what cannot go in."""

from __future__ import annotations

from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.contacts_outcome import (
    ContactsProof,
    contacts_outcome,
    contacts_proof,
    contacts_verdict,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.customer_page import ticket_page
from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import Texts
from ansible_collections.mailops.migration.plugins.module_utils.core.dav_login import dav_login
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.core.page import as_markdown

FATES = ("created", "updated", "unchanged", "kept", "deleted", "superseded", "refused", "failed")
ANNA = "anna@example.com"
BROKEN = {"file": "contacts/a.vcf", "entry": 17, "name": "Old\nphone", "reason": "its end misses", "remedy": "Again"}
FULL = {"file": "", "entry": 0, "name": "", "reason": "no room left", "remedy": "Raise the quota"}


def result_of(
    *, contacts: dict[str, int] | None = None, calendars: dict[str, int] | None = None, **more: Any
) -> dict[str, Any]:
    """A result of dav_import with a file of each kind."""
    files = [
        {"file": f"{kind}/a", **dict.fromkeys(FATES, 0), **given}
        for kind, given in (("contacts", contacts), ("calendars", calendars))
        if given is not None
    ]
    counts = {fate: sum(int(file[fate]) for file in files) for fate in FATES}
    return {
        "counts": {"entries": sum(counts.values()), **counts},
        "files": files, "refused": [], "failures": [], **more,
    }  # fmt: skip


@pytest.mark.parametrize(
    ("result", "text"),
    [
        (result_of(contacts={"created": 2}), "2 contacts brought over"),
        (result_of(contacts={"created": 1}, calendars={"created": 3}),
         "1 contact and 3 calendar entries brought over"),
        (result_of(contacts={"unchanged": 4}), "4 there already"),
        (result_of(contacts={"kept": 1, "deleted": 2}),
         "1 left as the user has changed them, 2 deleted by the user since"),
        (result_of(contacts={"unchanged": 1, "refused": 1}, refused=[BROKEN]),
         "1 there already, 1 cannot go in (contacts/a.vcf, entry 17 (Old\\nphone): its end misses)"),
        (result_of(contacts={}), "the files hold no entries"),
    ],
)  # fmt: skip
def test_import_says_what_became_of_all_entries(result: dict[str, Any], text: str) -> None:
    outcome = contacts_outcome(result, ANNA, planned=False)
    assert (outcome.text, outcome.good) == (f"contacts and calendars: {text}", True)


def test_plan_says_would() -> None:
    outcome = contacts_outcome(result_of(contacts={"created": 2}), ANNA, planned=True)
    assert "2 contacts would be brought over" in outcome.text


def test_what_the_server_did_not_take_now_is_a_problem_with_its_remedy() -> None:
    result = result_of(contacts={"created": 1, "failed": 3}, failures=[FULL], failed=True, msg="…")
    outcome = contacts_outcome(result, ANNA, planned=False)
    assert (outcome.good, outcome.complete) == (False, False)
    assert outcome.problems[0].text() == "no room left. Raise the quota."


def test_task_that_never_began_is_a_problem() -> None:
    result = {"failed": True, "msg": "mailops_dav: username is missing"}
    for outcome in (contacts_verdict(result, ANNA), contacts_outcome(result, ANNA, planned=False)):
        assert (outcome.good, outcome.problems[0].reason) == (False, "mailops_dav: username is missing")


def test_verdict_passes_what_is_there_or_explained_by_the_user_s_doing() -> None:
    result = result_of(contacts={"unchanged": 5, "kept": 1, "deleted": 1, "refused": 1}, refused=[BROKEN])
    outcome = contacts_verdict(result, ANNA)
    assert outcome.good
    assert "PASS, 6 of 8 entries are here; explained: 1 left as the user has changed them; 1 deleted" in outcome.text


@pytest.mark.parametrize(
    ("fate", "words"), [("created", "not at the destination"), ("updated", "before the file changed")]
)
def test_verdict_fails_what_a_plan_would_still_write(fate: str, words: str) -> None:
    outcome = contacts_verdict(result_of(contacts={"unchanged": 5, fate: 2}), ANNA)
    assert (outcome.good, outcome.text.split(",")[0]) == (False, "contacts and calendars: FAIL")
    assert outcome.problems[0].reason.startswith("contacts/a: 2 entries")
    assert words in outcome.problems[0].reason


def test_customer_reads_how_many_are_here_and_what_to_enter_by_hand() -> None:
    result = result_of(contacts={"created": 5, "deleted": 1, "refused": 1}, refused=[BROKEN])
    proof = contacts_proof(result, ANNA, planned=False)
    assert proof is not None
    text = as_markdown(ticket_page("1", (), Texts("en"), None, contacts=[proof]))
    assert f"| {ANNA} | 7 | 5 |" in text
    assert "Every entry of your files is here" in text
    assert "1 deleted here since" in text
    assert "entry 17" in text


def test_customer_reads_that_something_is_missing_yet() -> None:
    seen = contacts_proof(result_of(contacts={"created": 5, "unchanged": 2}), ANNA, planned=True)
    assert seen == ContactsProof(ANNA, entries=7, here=2, missing=5)
    assert "Noch sind nicht alle" in as_markdown(ticket_page("1", (), Texts("de"), None, contacts=[seen]))


def test_ticket_without_contacts_has_no_word_on_them() -> None:
    assert "Contacts" not in as_markdown(ticket_page("1", (), Texts("en"), None))


def test_login_is_made_for_the_mailbox() -> None:
    server = {"url": "https://dav.example/", "username": "{user}*migrate", "password": "{user}"}
    assert dav_login({**server, "calendar": {"slug": "x"}}, ANNA) == {**server, "username": f"{ANNA}*migrate"}


@pytest.mark.parametrize(
    ("server", "words"),
    [
        ({}, "no server for them is known"),
        ({"username": "x"}, "either password or password_file"),
        ({"username": "x", "password": "1", "password_file": "/f"}, "either password or password_file"),
        ({"password": "s3cret"}, "username is missing"),
        ({"username": "x", "password": "s3cret", "uri": "y"}, "unknown key uri"),
    ],
)
def test_what_is_wrong_with_the_server_s_settings_is_told_without_secrets(server: dict[str, str], words: str) -> None:
    with pytest.raises(ConfigurationError) as problem:
        dav_login(server, ANNA)
    assert words in problem.value.text()
    assert problem.value.remedy
    assert "s3cret" not in problem.value.text()
