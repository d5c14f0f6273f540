# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The customer's pages: plain words in each language, and whatever a folder is called stays text."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.customer_page import (
    mailbox_page,
    ticket_page,
)
from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import LANGUAGES, Texts
from ansible_collections.mailops.migration.plugins.module_utils.core.difference import CAUSES
from ansible_collections.mailops.migration.plugins.module_utils.core.folder_plan import plan_folders
from ansible_collections.mailops.migration.plugins.module_utils.core.folders import Folder, FolderRules, Side
from ansible_collections.mailops.migration.plugins.module_utils.core.page import Page, Table, as_html, as_markdown
from ansible_collections.mailops.migration.plugins.module_utils.core.proof import (
    LEFT_OUT,
    Archived,
    FolderProof,
    LeftOut,
    Proof,
    is_archive,
    left_out_cause,
)

EVIL = '<script>alert(1)</script> {{ 6 * 7 }} [x](http://evil.example) {n} \u202e "&amp;"'
PROOF = Proof(
    "anna@example.com", "full", True, 18412, 18409, {"deleted": 3}, (FolderProof("INBOX", "INBOX", 18412, 18409),),
    (LeftOut("Spam", 57, "junk"),), (Archived("Leads", "Archive.Leads.2023", 1204),), moved=2, marked_deleted=1,
)  # fmt: skip


def test_page_says_how_many_are_here_and_why_others_are_not() -> None:
    text = as_markdown(mailbox_page(PROOF, Texts("en")))
    assert "18,409 of 18,412 messages are here; 3 are not, because:\n\n* 3: deleted here since" in text
    assert "* Leads: 1,204 (look in Archive.Leads.2023)" in text
    assert "* Spam: 57 (spam)" in text
    assert "| INBOX | INBOX | 18,412 | 18,409 |" in text


def test_page_fits_a_small_screen_and_repeats_the_heads_of_tables_on_paper() -> None:
    markup = as_html(Page("en", (Table(("Mailbox",), (("anna",),)), Table(("", ""), (("a", "b"),)))))
    assert '<meta name="viewport" content="width=device-width' in markup
    assert markup.count('<div class="scroll"><table>') == 2
    assert markup.count("<thead>") == 1 and "<thead><tr><th>Mailbox</th></tr></thead>" in markup


def test_page_speaks_german_with_german_numbers() -> None:
    text = as_markdown(mailbox_page(PROOF, Texts("de")))
    assert "18.409 von 18.412 Nachrichten sind hier; 3 nicht, denn:" in text
    assert '<html lang="de">' in as_html(mailbox_page(PROOF, Texts("de")))


def test_everything_here_needs_no_reason_and_a_failed_proof_says_so() -> None:
    whole = replace(PROOF, here=18412, causes={})
    assert "18,412 of 18,412 messages are here.\n" in as_markdown(mailbox_page(whole, Texts("en")))
    assert "still working on" not in as_markdown(mailbox_page(whole, Texts("en")))
    assert "still working on" in as_markdown(mailbox_page(replace(whole, passed=False), Texts("en")))


@pytest.mark.parametrize("language", LANGUAGES)
def test_hostile_names_stay_text(language: str) -> None:
    proof = replace(
        PROOF, mailbox=f"{EVIL}@example.com", folders=(FolderProof(EVIL, EVIL, 1, 1),),
        excluded=(LeftOut(EVIL, 1, "rules"),), archived=(Archived(EVIL, EVIL, 1),),
    )  # fmt: skip
    for page in (mailbox_page(proof, Texts(language)), ticket_page(EVIL, [proof], Texts(language), [EVIL])):
        markup, text = as_html(page), as_markdown(page)
        assert set(re.findall(r"</?([a-z0-9]+)", markup)) <= {
            "html", "head", "meta", "title", "style", "body", "h1", "h2", "h3", "p", "ul", "li", "table",
            "tr", "th", "td", "thead", "tbody", "div",
        }  # fmt: skip
        assert not re.search(r"(?<!\\)[<\[]", text)
        assert "http://" not in text
        assert "\u202e" not in markup + text
        assert "{{ 6 * 7 }}" in markup
        assert "&quot;&amp;amp;&quot;" in markup


def test_ticket_page_tells_of_routes_only_when_they_were_looked_at() -> None:
    told = [as_markdown(ticket_page("123", [PROOF], Texts("en"), faults)) for faults in (None, [], ["x lacks y"])]
    assert "alias" not in told[0]
    assert "Every alias, every forward and every member of a list is correctly mapped." in told[1]
    assert "not yet as you asked for:\n\n* x lacks y" in told[2]


def test_every_cause_has_its_words_in_every_language() -> None:
    for language in LANGUAGES:
        assert all(Texts(language)(name, n=2) for name in (*CAUSES, *LEFT_OUT))


def test_proof_keeps_all_it_says_across_the_plugin_boundary() -> None:
    assert Proof.from_dict(PROOF.as_dict()) == PROOF


def test_reasons_of_the_folder_plan_are_known_for_what_they_are() -> None:
    names = {"Trash": "trash", "Junk": "junk", "All": "view", "shared/x": "shared", "Calendar": "no_mail",
             "Old include_trash": "rules"}  # fmt: skip
    attributes = {"Trash": "\\trash", "Junk": "\\junk", "All": "\\all"}
    folders = [Folder(name, "/", frozenset({attributes[name]} if name in attributes else ())) for name in names]
    side = Side((*folders, Folder("Contacts", "/"), Folder("Inbox/x", "/")), "/", foreign=("shared/",))
    rules = FolderRules(exclude=("Old*",), exchange=True)
    excluded = plan_folders(side, Side((), "."), rules).excluded
    found = {item.source: left_out_cause(item.reason) for item in excluded}
    assert {name: found.get(name) for name in names} == names
    assert {left_out_cause("All Mail holds its messages (gmail_labels: all_mail)")} == {"labels"}


@pytest.mark.parametrize(
    ("name", "archived"),
    [("Archive.Leads.2023", True), ("Archive.INBOX.1999", True), ("Archive.2023", False), ("Archive.Leads", False),
     ("Leads.Archive.2023", False)],
)  # fmt: skip
def test_archive_is_known_by_its_name(name: str, archived: bool) -> None:
    assert is_archive(name, Side((), ".")) is archived
    assert is_archive(f"INBOX.{name}", Side((), ".", "INBOX.")) is archived
