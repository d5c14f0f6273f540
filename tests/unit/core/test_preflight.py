# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a preflight found: as data, on the operator's page, and in words for the customer."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import LANGUAGES, Texts
from ansible_collections.mailops.migration.plugins.module_utils.core.page import as_html, as_markdown
from ansible_collections.mailops.migration.plugins.module_utils.core.preflight_data import preflight_data
from ansible_collections.mailops.migration.plugins.module_utils.core.preflight_letter import letter
from ansible_collections.mailops.migration.plugins.module_utils.core.preflight_page import operator_page

GOOD = {"ok": True, "error": "", "reason": "", "remedy": ""}
EVIL = "<script>alert(1)</script> {{ 6 * 7 }} [x](http://evil.example) | \u202e"
ESTIMATE = {
    "messages": 9, "octets": 32_000_000_000, "seconds": 1_000_000, "begins": "2027-03-02T22:00:00+01:00",
    "ends": "2027-03-14T12:00:00+01:00", "decides": {"kind": "budget", "name": "anna@example.com"},
    "exceeds_promise": True, "lines": ["32.0 GB in 9 messages of 1 mailbox = about 12 days."],
}  # fmt: skip


def refused(kind: str = "login_refused") -> dict[str, Any]:
    said = {"ok": False, "error": kind, "reason": "the server refuses the login: [AUTH] no", "remedy": "mailboxes.csv"}
    return {"logins": {"source": said, "destination": GOOD}, "failures": [{**said, "folder": ""}]}


def mailbox(name: str = "anna", host: str = "imap.old.example", **changes: Any) -> dict[str, Any]:
    folder = {"source": "Gesendet", "destination": "Sent", "role": "sent", "create": False, "notes": ["why"],
              "messages": 9, "size": 5000, "copied": 9, "bytes": 5000, "already_there": 0}  # fmt: skip
    trash = {"source": "Trash", "reason": "Trash is migrated only with include_trash", "view": False, "role": "trash",
             "messages": 3, "size": 300}  # fmt: skip
    result = {
        "logins": {"source": GOOD, "destination": GOOD}, "counts": {"copied": 9, "bytes": 5000, "already_there": 1},
        "folders": [folder], "excluded": [trash], "failures": [], "warnings": [], "quota": None, "message_limit": 0,
        "too_large": [], "too_large_count": 0, "speed": {}, "space": {"label_messages": 0, "label_octets": 0},
        "destination_found": True, **changes,
    }  # fmt: skip
    address = f"{name}@example.com"
    source = {"host": host, "port": 993, "encryption": "tls", "username": address}
    return {"host": address, "mailbox": address, "source": source, "limits": {}, "result": result}


def finding(file: str, line: int, column: str, level: str = "error") -> dict[str, Any]:
    return {"file": file, "line": line, "column": column, "level": level, "message": "said", "remedy": "do"}


def words(data: dict[str, Any], language: str = "en") -> str:
    return as_markdown(letter(data, Texts(language))).replace("\\", "")


def test_all_good_says_that_nothing_is_to_be_done() -> None:
    data = preflight_data("123", [mailbox()], estimate={**ESTIMATE, "seconds": 60, "exceeds_promise": False})
    assert data["good"]
    assert "There is nothing that you have to do." in words(data)
    assert "less than 24 hours" in words(data)
    assert "Sie müssen nichts weiter tun." in words(data, "de")
    assert "| anna@example.com | 9 | 5.0 kB | 1 |" in words(data)
    assert "| anna@example.com | 9 | 5,0 kB | 1 |" in words(data, "de")
    assert "Ready to begin." in as_markdown(operator_page(data))


@pytest.mark.parametrize("language", LANGUAGES)
def test_bad_rows_are_named_by_file_and_line_and_what_is_the_operators_is_not_told(language: str) -> None:
    found = [
        finding("mailboxes.csv", 4, "port"), finding("mailboxes.csv", 5, "email"), finding("lists.csv", 0, ""),
        finding("users.csv", 6, "password", "warning"), finding("users.csv", 7, "", "notice"),
        finding("ticket.yml", 2, "domains"),
    ]  # fmt: skip
    text = words(preflight_data("123", [mailbox()], findings=found), language)
    line = {"en": "line", "de": "Zeile"}[language]
    for told in (f"mailboxes.csv, {line} 4", f"mailboxes.csv, {line} 5", f"users.csv, {line} 6", "lists.csv: "):
        assert told in text
    assert "ticket.yml" not in text
    assert f"{line} 7" not in text


def test_files_that_are_no_tables_are_told_for_what_they_are_and_the_operators_part_is_not() -> None:
    found = [
        finding("contacts/all.vcf", 0, "owner"), finding("contacts/eve@example.com.zip", 0, "format"),
        finding("calendars/deep/er/a.ics", 0, ""), finding("Contacts", 0, ""), finding("b.vcf", 0, ""),
        finding("mailboxes.csv", 1, "header"),
    ]  # fmt: skip
    text = words(preflight_data("123", [mailbox()], findings=found))
    assert "contacts/all.vcf: we cannot tell which of the mailboxes this belongs to" in text
    assert "contacts/eve@example.com.zip: we cannot read this as contacts" in text
    assert "mailboxes.csv: we cannot read this file as a table" in text
    assert text.count("\n* contacts/") == 2 and "deep" not in text and "b.vcf" not in text and "* Contacts" not in text


def test_letter_with_a_wish_does_not_say_that_nothing_is_to_be_done() -> None:
    film = {"folder": "Film", "uid": 3, "size": 73_000_000, "date": "04-Mar-2019 10:11:12 +0100"}
    data = preflight_data("123", [mailbox(too_large=[film], too_large_count=1, message_limit=52_428_800)])
    assert data["good"]
    assert "larger than 52.4 MB" in words(data) and "nothing that you have to do" not in words(data)


def test_customer_is_not_asked_to_create_all_mailboxes_where_our_own_login_may_be_refused() -> None:
    data = preflight_data("123", [mailbox(name, destination_found=False) for name in ("anna", "bert")])
    assert not data["good"] and "does not exist here yet" not in words(data)


def test_what_the_customer_has_yet_to_create_is_told_in_the_customers_words() -> None:
    homeless = {**mailbox("zoe", destination_found=False), "mailbox": "zoe@b.example"}
    platform = {"missing_domains": ["b.example", "c.example"], "refused_rows": ["lists.csv:4", "aliases.csv:7"],
                "problems": [{"reason": "lists.csv:4: sales@a.example is no list", "remedy": ""}]}  # fmt: skip
    proof = {"kind": "ownership", "name": "@", "type": "TXT", "values": ["proof=1"], "remove": []}
    later = {"kind": "mx", "name": "@", "type": "MX", "values": ["10 mx.new.example"], "remove": []}
    dns = [{"domain": name, "shown": name, "state": "wrong", "findings": [], "todo": [later, proof]}
           for name in ("b.example", "d.example")]  # fmt: skip
    rows = [mailbox("anna", destination_found=False), mailbox("bert"), homeless]
    text = words(preflight_data("123", rows, platform=platform, dns=dns))
    now, _heading, later_on = text.partition("## DNS records")
    assert "anna@example.com: this mailbox does not exist here yet" in now and "zoe@b.example: this" not in now
    assert "b.example: this domain is not set up here yet, for we need a proof" in now
    assert "c.example: this domain is not set up here yet. Please add it in your administrator panel" in now
    assert "lists.csv, line 4: the list or the member does not exist here" in now
    assert "aliases.csv, line 7: we cannot set this up" in now
    assert now.count("| @ | TXT | proof=1 |") == 1 and "proof=1" not in later_on
    assert later_on.count("| @ | MX | 10 mx.new.example |") == 2
    # Of a domain that is here already nobody wants a proof any more.
    assert "In the zone of d.example" not in now


def test_what_many_mailboxes_have_in_common_is_told_once() -> None:
    many = [mailbox(f"user{number}") for number in range(300)]
    own = {**mailbox()["result"]["folders"][0], "source": "Dr. Jones", "destination": "Dr_ Jones"}
    text = words(preflight_data("123", [*many, mailbox("zoe", folders=[own])]))
    assert text.count("In 300 mailboxes: Gesendet will be Sent") == 1
    assert "In 301 mailboxes, Trash: 903 (the trash; tell us if you want it)" in text
    assert "zoe@example.com: Dr. Jones will be Dr_ Jones" in text


def test_folder_that_another_one_is_merged_into_is_not_said_to_be_renamed() -> None:
    folder = mailbox()["result"]["folders"][0]
    merged = [{**folder, "source": name, "destination": "Dr_ Jones"} for name in ("Dr. Jones", "Dr_ Jones")]
    text = words(preflight_data("123", [mailbox(folders=merged)]))
    assert text.count(" will be Dr_ Jones") == 1 and "Dr. Jones will be" in text


def test_page_says_when_dns_was_not_looked_at() -> None:
    domain = {"domain": "a.example", "shown": "a.example", "state": "ok", "findings": [], "todo": []}
    pages = [as_markdown(operator_page(preflight_data("123", [mailbox()], dns=dns))) for dns in ([], [domain])]
    assert ["DNS today\n\n* Not looked at" in page for page in pages] == [True, False]


def test_lines_of_which_nothing_is_known_yet_are_told() -> None:
    data = preflight_data("123", [mailbox()], platform={"unchecked_rows": 3})
    assert "3 lines of aliases.csv, forwards.csv and lists.csv not held against" in as_markdown(operator_page(data))
    assert "not held against" not in as_markdown(operator_page(preflight_data("123", [mailbox()])))


def test_page_names_what_stands_in_the_way_and_nothing_else() -> None:
    platform = {"problems": [{"reason": "the domain b.example is not on the platform", "remedy": ""}]}
    assert "Not ready: 1 problem on the platform." in as_markdown(operator_page(
        preflight_data("123", [mailbox()], platform=platform)))  # fmt: skip


def test_page_counts_all_messages_that_are_too_large_and_says_when_it_shows_some() -> None:
    film = {"folder": "Film", "uid": 3, "size": 73_000_000, "date": "04-Mar-2019 10:11:12 +0100"}
    text = as_markdown(operator_page(preflight_data("123", [mailbox(too_large=[film] * 200, too_large_count=300)])))
    assert "does not take (300)" in text and "And 100 more." in text


def test_each_kind_of_trouble_with_a_mailbox_is_told_with_what_to_do() -> None:
    film = {"folder": "Film", "uid": 3, "size": 73_000_000, "date": "04-Mar-2019 10:11:12 +0100"}
    found = [
        mailbox("anna", **refused()),
        mailbox("bert", "imap.gmail.com", **refused()),
        mailbox("carl", "outlook.office365.com", **refused()),
        mailbox("dora", **refused("tls_failed")),
        mailbox("emil", **refused("connection_lost")),
        mailbox("fred", **refused("throttled")),
        mailbox("gerd", quota={"used": 1000, "limit": 3000, "messages": 0, "message_limit": 0}),
        mailbox("hans", too_large=[film], too_large_count=12, message_limit=52_428_800),
    ]  # fmt: skip
    text = words(preflight_data("123", found)).partition("## What we will move")[0]
    lines = {line.split("@")[0].lstrip("* "): line for line in text.splitlines() if line.startswith("* ")}
    assert "send us the current password" in lines["anna"]
    assert "app password" in lines["bert"]
    assert "administrator has to grant us access" in lines["carl"]
    assert "did not send it your password" in lines["dora"]
    assert "cannot reach the server imap.old.example" in lines["emil"]
    assert "5.0 kB are to be moved, and the new mailbox has room for 2.0 kB" in lines["gerd"]
    assert "12 messages are larger than 52.4 MB" in text
    assert "Film, 04-Mar-2019, 73.0 MB; and 11 more" in text
    assert "fred@example.com: " not in text
    assert "[AUTH]" not in text


def test_a_mailbox_that_is_not_there_needs_a_row_in_users_csv_that_is_large_enough() -> None:
    absent = mailbox(destination_found=False, counts={"copied": 9, "bytes": 3_000_000, "already_there": 0})
    (alone,) = preflight_data("123", [absent])["mailboxes"]
    assert "add it to users.csv" in alone["problems"][0]["remedy"]
    (small,) = preflight_data("123", [absent], quotas={"Anna@example.com": 2})["mailboxes"]
    assert "users.csv gives it 2.1 MB, and 3.0 MB are to be copied" in small["problems"][0]["reason"]
    for enough in (3, 0, None):
        assert preflight_data("123", [absent], quotas={"anna@example.com": enough})["good"]


def test_a_mailbox_that_the_platform_cannot_create_is_no_good_one() -> None:
    absent, quotas = mailbox(destination_found=False), {"anna@example.com": 0}
    for name, said in (("awaiting", "domain is not on the platform"), ("failed_items", "cannot be created")):
        data = preflight_data("123", [absent], quotas=quotas, platform={name: ["Anna@example.com"]})
        assert said in data["mailboxes"][0]["problems"][0]["reason"]
        assert not data["good"]


@pytest.mark.parametrize(("language", "not_yet"), [("en", "as they are for now"), ("de", "vorerst, wie sie sind")])
def test_dns_records_are_named_with_the_time_at_which_they_are_wanted(language: str, not_yet: str) -> None:
    todo = {"kind": "mx", "name": "@", "type": "MX", "values": ["10 mx.new.example"], "remove": ["10 mx.old.example"]}
    domain = {"domain": "example.com", "shown": "example.com", "state": "wrong", "findings": [], "table": ""}
    told = words(preflight_data("123", [mailbox()], dns=[{**domain, "todo": [todo]}]), language)
    assert "| @ | MX | 10 mx.new.example |" in told and "10 mx.old.example" in told and not_yet in told
    right = {**domain, "state": "ok", "todo": []}
    assert not_yet not in words(preflight_data("123", [mailbox()], dns=[right]), language)


def test_long_copying_is_told_with_its_days_and_its_reason() -> None:
    data = preflight_data("123", [mailbox()], estimate=ESTIMATE)
    assert "about 12 days, from 2027-03-02 to 2027-03-14" in words(data)
    assert "read only a certain amount of each mailbox in a day" in words(data)
    assert "etwa 12 Tage" in words(data, "de")


def test_names_of_folders_stay_text_everywhere() -> None:
    odd = mailbox(
        excluded=[{"source": EVIL, "reason": f'excluded by the pattern "{EVIL}"', "view": False, "role": None,
                   "messages": 1, "size": 1}],
        warnings=[EVIL],
        folders=[{**mailbox()["result"]["folders"][0], "source": EVIL, "notes": [EVIL]}],
    )  # fmt: skip
    data = preflight_data("123", [odd])
    for page in (operator_page(data), letter(data, Texts("de"))):
        assert "<script" not in as_html(page)
        assert "\u202e" not in as_html(page)
        assert "\\<script" in as_markdown(page)
        assert "[x](" not in as_markdown(page)


def test_a_mailbox_that_was_not_looked_at_is_no_good_one() -> None:
    data = preflight_data("123", [{**mailbox(), "result": {"msg": "the worker is gone"}}])
    assert (data["good"], data["mailboxes"][0]["problems"][0]["reason"]) == (False, "the worker is gone")
    assert "not known yet" in words(data)


@pytest.mark.parametrize(
    ("language", "told"), [("en", "2 of 3 mailboxes were not looked at"), ("de", "2 von 3 Postfächern sind noch nicht")]
)
def test_what_was_not_looked_at_is_told_on_page_and_in_letter_and_is_in_no_sum(language: str, told: str) -> None:
    cut = {"msg": "cut", "failures": [{"reason": "the time is over", "remedy": "Run it again"}], "complete": False}
    data = preflight_data("123", [mailbox(), *({**mailbox(name), "result": result} for name, result in
                                               (("bert", cut), ("carl", {})))])  # fmt: skip
    assert (data["totals"]["not_looked_at"], data["totals"]["bad"], data["totals"]["messages"]) == (2, 2, 9)
    assert data["mailboxes"][1]["problems"] == [{"reason": "the time is over", "remedy": "Run it again"}]
    assert "without --limit" in data["mailboxes"][2]["problems"][0]["remedy"]
    page = as_markdown(operator_page(data))
    assert "2 mailboxes were not looked at" in page and "Not ready: 2 of 3 mailboxes not looked at." in page
    assert told in words(data, language)
    assert told not in words(preflight_data("123", [mailbox()]), language)


def test_data_has_the_keys_that_the_schema_names() -> None:
    schema = json.loads((Path(__file__).parents[3] / "docs/preflight.schema.json").read_text(encoding="utf-8"))
    data = preflight_data("123", [mailbox(), mailbox("bert", **refused())], estimate=ESTIMATE)
    assert set(data) == set(schema["properties"]) == set(schema["required"])
    row = schema["properties"]["mailboxes"]["items"]
    assert set(data["mailboxes"][0]) == set(row["properties"]) == set(row["required"])


def test_a_long_table_is_cut_on_the_page_and_whole_in_the_data() -> None:
    many = [mailbox(f"user{number}") for number in range(1200)]
    data = preflight_data("123", many)
    text = as_markdown(operator_page(data))
    assert "And 700 more: see preflight.json." in text
    assert len(data["mailboxes"]) == 1200
