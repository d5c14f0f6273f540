# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``users.csv``, ``aliases.csv``, ``forwards.csv`` and ``lists.csv``."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import as_dict
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import Ticket, read_ticket


def ticket_of(settings: str = "", **files: str) -> Ticket:
    named = {f"{name}.csv": text.encode() for name, text in files.items()}
    return read_ticket("1", {"ticket.yml": f"domains: [example.com]\n{settings}".encode(), **named})


def levels_of(ticket: Ticket, file: str) -> list[str]:
    return [finding.level for finding in ticket.findings if finding.file == file]


def test_users_of_google_s_form() -> None:
    header = "First Name [Required],Last Name [Required],Email Address [Required],Password [Required]"
    assert [as_dict(row) for row in ticket_of(users=f"{header}\nA,B,a@example.com,x\n").users] == [
        {"email": "a@example.com", "password": "x", "first_name": "A", "last_name": "B", "quota_mb": None}
    ]


def test_users_of_cpanel_s_form_have_their_domain_in_a_column() -> None:
    (row,) = ticket_of(users="email,domain,password,quota\nanna,Example.com,x,1024\n").users
    assert (row.email, row.quota_mb) == ("anna@example.com", 1024)


def test_full_name_is_taken_apart() -> None:
    (row,) = ticket_of(users="email,password,Full Name\nanna@example.com,x,Anna Maria Muster\n").users
    assert (row.first_name, row.last_name) == ("Anna Maria", "Muster")


@pytest.mark.parametrize(
    ("header", "cells", "names"),
    [
        ("Vorname;Name", "Anna;van der Muster", ("Anna", "van der Muster")),
        ("Vorname;Nachname", "Anna;Muster", ("Anna", "Muster")),
        ("first name;display name", "Anna;Anna van der Muster", ("Anna", "van der Muster")),
        ("last name;display name", "Muster;Anna Maria Muster", ("Anna Maria", "Muster")),
    ],
)
def test_names_are_those_that_are_written(header: str, cells: str, names: tuple[str, str]) -> None:
    (row,) = ticket_of(users=f"E-Mail;Kennwort;{header}\nanna@example.com;x;{cells}\n").users
    assert (row.first_name, row.last_name) == names


def test_forwards_in_german() -> None:
    header = "E-Mail-Adresse;Weiterleitung an;Kopie behalten"
    rows = ticket_of(forwards=f"{header}\na@example.com;b@x.example;Nein\nc@example.com;b@x.example;JA\n").forwards
    assert [(row.email, row.forward_to, row.keep_copy) for row in rows] == [
        ("a@example.com", "b@x.example", False), ("c@example.com", "b@x.example", True),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("written", "quota"), [("2 GB", 2048), ("500MB", 500), ("unlimited", 0), ("unbegrenzt", 0), ("", None), ("0", 0)]
)
def test_quotas_are_megabytes(written: str, quota: int | None) -> None:
    assert ticket_of(users=f"email,password,quota\na@example.com,x,{written}\n").users[0].quota_mb == quota


def test_a_quota_in_words_is_an_error() -> None:
    ticket = ticket_of(users="email,password,quota mb\na@example.com,x,plenty\n")
    assert not ticket.users
    assert levels_of(ticket, "users.csv") == ["error"]
    assert "the cell is no quota" in next(each.message for each in ticket.findings if each.file == "users.csv")


def test_users_that_contradict_each_other_are_left_out() -> None:
    ticket = ticket_of(users="email,password\na@example.com,x\nA@example.com,y\nb@example.com,z\n")
    assert [row.email for row in ticket.users] == ["b@example.com"]


@pytest.mark.parametrize("header", ["alias,mailbox", "source,target", "address,goto"])
def test_aliases_by_all_their_names(header: str) -> None:
    (row,) = ticket_of(aliases=f"{header}\nInfo@example.com,anna@example.com\n").aliases
    assert as_dict(row) == {"alias": "Info@example.com", "mailbox": "anna@example.com"}


def test_an_alias_of_itself_and_one_to_two_mailboxes_are_errors() -> None:
    csv = "alias,mailbox\na@example.com,A@example.com\nb@example.com,x@example.com\nB@example.com,y@example.com\n"
    ticket = ticket_of(aliases=csv)
    assert not ticket.aliases
    assert levels_of(ticket, "aliases.csv") == ["error"] * 3


def test_an_alias_in_a_foreign_domain_is_refused() -> None:
    assert not ticket_of(aliases="alias,mailbox\ninfo@other.example,anna@example.com\n").aliases


def test_a_headerless_file_of_pairs_needs_confirmation() -> None:
    csv = "info@example.com,anna@example.com\n"
    assert not ticket_of(aliases=csv).aliases
    assert len(ticket_of("confirm_inferred: yes\n", aliases=csv).aliases) == 1


def test_forwards_keep_a_copy_unless_told_otherwise() -> None:
    csv = "email,forward_to,keep_copy\na@example.com,x@y.de,\nb@example.com,x@y.de,no\nb@example.com,z@y.de,\n"
    assert [row.keep_copy for row in ticket_of(forwards=csv).forwards] == [True, False, False]


def test_a_forward_to_itself_means_keep_a_copy() -> None:
    ticket = ticket_of(forwards="source,target\na@example.com,A@example.com\na@example.com,x@y.example\n")
    assert [(row.forward_to, row.keep_copy) for row in ticket.forwards] == [("x@y.example", True)]


def test_forwards_that_contradict_each_other_on_the_copy_are_left_out() -> None:
    ticket = ticket_of(forwards="email,forward_to,keep_copy\na@example.com,x@y.de,yes\na@example.com,z@y.de,no\n")
    assert not ticket.forwards
    assert levels_of(ticket, "forwards.csv") == ["error", "error"]


@pytest.mark.parametrize("header", ["list,member", "List,Account", "group,email"])
def test_lists_by_all_their_names_with_double_members_merged(header: str) -> None:
    ticket = ticket_of(lists=f"{header}\nall@example.com,a@x.example\nall@example.com,A@X.example\n")
    assert [as_dict(row) for row in ticket.lists] == [{"list": "all@example.com", "member": "a@x.example"}]
    assert any("merged" in finding.message for finding in ticket.findings)
    assert set(levels_of(ticket, "lists.csv")) == {"notice"}


def test_a_list_that_contains_itself_is_an_error() -> None:
    assert not ticket_of(lists="list,member\nall@example.com,ALL@example.com\n").lists


@pytest.mark.parametrize("taken", ["mailboxes", "users", "lists"])
def test_an_alias_that_is_a_mailbox_or_a_list_already_is_left_out(taken: str) -> None:
    rows = {
        "mailboxes": "email,password,server\nInfo@example.com,x,imap.x.example\n",
        "users": "email,password\nInfo@example.com,x\n",
        "lists": "list,member\nInfo@example.com,a@x.example\n",
    }
    csv = "alias,mailbox\ninfo@Example.com,anna@example.com\nok@example.com,anna@example.com\n"
    ticket = ticket_of(aliases=csv, **{taken: rows[taken]})
    assert [row.alias for row in ticket.aliases] == ["ok@example.com"]
    assert levels_of(ticket, "aliases.csv") == ["error"]


def test_loops_through_aliases_and_forwards_are_left_out_and_the_rest_goes_on() -> None:
    ticket = ticket_of(
        aliases="alias,mailbox\na@example.com,b@example.com\nin@example.com,A@example.com\n",
        forwards="email,forward_to\nb@example.com,a@example.com\nb@example.com,x@y.example\nx@example.com,b@example.com\n",
    )
    assert [row.alias for row in ticket.aliases] == ["in@example.com"]
    assert [row.forward_to for row in ticket.forwards] == ["x@y.example", "b@example.com"]
    assert levels_of(ticket, "aliases.csv") + levels_of(ticket, "forwards.csv") == ["error", "error"]


def test_a_long_chain_of_aliases_is_no_loop() -> None:
    chain = "".join(f"a{number}@example.com,a{number + 1}@example.com\n" for number in range(3000))
    ticket = ticket_of(aliases=f"alias,mailbox\n{chain}")
    assert len(ticket.aliases) == 3000
