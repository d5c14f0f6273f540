# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``mailboxes.csv`` as customers and their tools write it."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Finding
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import MailboxRow
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import (
    Ticket,
    known_source_login,
    read_source_login,
    read_ticket,
)

DEFAULT = "domains: [example.com]\nsource: {imap_server: imap.old.example}\n"


def ticket_of(csv: str, settings: str = DEFAULT) -> Ticket:
    return read_ticket("1", {"ticket.yml": settings.encode(), "mailboxes.csv": csv.encode()})


def row_of(csv: str, settings: str = DEFAULT) -> MailboxRow:
    (row,) = ticket_of(csv, settings).mailboxes
    return row


def errors_of(ticket: Ticket) -> list[Finding]:
    return [finding for finding in ticket.findings if finding.level == "error"]


@pytest.mark.parametrize(
    "header",
    [
        "email,password", "E-Mail,PASSWORD", "EmailAddress,Password", "Source Email,Source Password",
        "Email Address [Required],Password [Required]", "email_address , pass_word", "user1,pass1", "UserName,Password",
    ],
)
def test_columns_are_known_by_many_names(header: str) -> None:
    row = row_of(f"{header}\nanna@example.com,secret\n")
    assert (row.destination, row.username, row.password) == ("anna@example.com", "anna@example.com", "secret")


@pytest.mark.parametrize(
    "header",
    [
        "Benutzername;E-Mail-Adresse;Passwort;Posteingangsserver;Verschlüsselung",
        "BENUTZERNAME;E-MAIL-ADRESSE;KENNWORT;IMAP-SERVER;VERSCHLUESSELUNG",
        "Anmeldename;Bisherige E-Mail-Adresse;E-Mail-Passwort;Mailserver;Verschlu\u0308sselung",
        "Login name;Mail address;Current password;Incoming server;Connection security",
    ],
)
def test_columns_are_known_in_german_and_english(header: str) -> None:
    row = row_of(f'{header}\r\nanna;anna@example.com;"gehe;im";imap.x.example;STARTTLS\r\n')
    assert (row.username, row.email, row.password, row.host, row.encryption) == (
        "anna", "anna@example.com", "gehe;im", "imap.x.example", "starttls",
    )  # fmt: skip


def test_a_column_that_is_taken_by_another_name_is_told() -> None:
    (told,) = ticket_of("E-Mail;Kennwort;imap_server\nanna@example.com;geheim;imap.x.example\n").findings
    assert (told.level, told.line) == ("notice", 1)
    assert "Kennwort = password" in told.message
    assert "geheim" not in told.message


def test_columns_may_stand_in_any_order() -> None:
    row = row_of("port;imap_server;pass1;email\n1993;imap.x.example;secret;anna@example.com\n")
    assert (row.host, row.port, row.password, row.email) == ("imap.x.example", 1993, "secret", "anna@example.com")


def test_microsoft_batch_takes_the_tickets_server() -> None:
    row = row_of("EmailAddress,UserName,Password\nanna@example.com,old\\anna,secret\n")
    assert (row.host, row.username) == ("imap.old.example", "old\\anna")


def test_migrationwiz_has_a_destination_of_its_own() -> None:
    header = "Source Email,Source UserName,Source Password,Destination Email,Destination UserName,Destination Password"
    row = row_of(f"{header}\nanna@old.example,anna,secret,anna@example.com,x,other\n")
    assert (row.email, row.destination, row.password) == ("anna@old.example", "anna@example.com", "secret")


@pytest.mark.parametrize("header", ["host1;user1;pass1;host2;user2;pass2;\n", ""])
def test_imapsync_form_with_and_without_header(header: str) -> None:
    csv = f"# host1;user1;pass1\n{header}imap.x.example;anna;#se cret;mx.example.com;anna@example.com;other;--delete1\n"
    row = row_of(csv, f"{DEFAULT}confirm_inferred: true\n") if not header else row_of(csv.replace(";--delete1", ";"))
    assert (row.host, row.username, row.password, row.destination) == (
        "imap.x.example", "anna", "#se cret", "anna@example.com",
    )


def test_comments_exist_only_in_the_imapsync_form() -> None:
    assert row_of("email,password\n#anna@example.com,secret\n").email == "#anna@example.com"


def test_a_file_without_header_asks_for_confirmation_and_says_what_was_inferred() -> None:
    ticket = ticket_of("anna@example.com,secret,imap.x.example,993\n")
    (blocker,) = ticket.blockers
    assert not ticket.mailboxes
    assert "1 = email, 2 = password, 3 = imap_server, 4 = port" in blocker.message
    assert "confirm_inferred: true" in blocker.remedy


def test_confirmed_columns_are_used_and_told() -> None:
    ticket = ticket_of("anna@example.com,secret,imap.x.example,993\n", f"{DEFAULT}confirm_inferred: true\n")
    assert [row.password for row in ticket.mailboxes] == ["secret"]
    assert [finding.level for finding in ticket.findings] == ["notice"]


@pytest.mark.parametrize("csv", ["a@example.com,secret,other\n", "foo,bar\n1,2\n", "a@example.com,pass.word,imap.x\n"])
def test_columns_that_are_not_clear_are_never_guessed(csv: str) -> None:
    ticket = ticket_of(csv, f"{DEFAULT}confirm_inferred: true\n")
    assert not ticket.mailboxes
    assert "not clear" in ticket.blockers[0].message


def test_a_header_without_a_needed_column_says_which() -> None:
    (blocker,) = ticket_of("email,imap_server\nanna@example.com,imap.x.example\n").blockers
    assert "no column password" in blocker.message


def test_two_columns_of_one_meaning_are_an_error() -> None:
    (blocker,) = ticket_of("email,E-Mail-Adresse,password\na@example.com,b@example.com,x\n").blockers
    assert "email (email, E-Mail-Adresse)" in blocker.message


def test_unknown_columns_are_ignored_and_told() -> None:
    ticket = ticket_of("email,password,ansible_python_interpreter\nanna@example.com,secret,/bin/sh\n")
    assert len(ticket.mailboxes) == 1
    assert "ansible_python_interpreter" in ticket.findings[0].message


def test_all_that_is_wrong_is_told_at_once_by_line_and_column() -> None:
    header = "email,password,port,encryption,auth,imap_server\n"
    ticket = ticket_of(f"{header}anna,,99999,maybe,kerberos,not a host\nben@example.com,x,,,,\n")
    assert {(error.line, error.column) for error in errors_of(ticket)} == {
        (2, column) for column in ("email", "password", "port", "encryption", "auth", "imap_server")
    }
    assert [row.email for row in ticket.mailboxes] == ["ben@example.com"]


def test_line_numbers_count_empty_lines_and_the_lines_of_long_cells() -> None:
    ticket = ticket_of('email;password;notes\r\n\r\na@example.com;x;"two\r\nlines"\r\n;;\r\nbad;y;\r\n')
    assert [error.line for error in errors_of(ticket)] == [6]
    assert len(ticket.mailboxes) == 1


def test_an_open_quote_costs_its_own_line_only() -> None:
    ticket = ticket_of('email,password\nanna@example.com,"secret\nben@example.com,x\ncarl@example.com,"y"\n')
    assert [row.email for row in ticket.mailboxes] == ["ben@example.com", "carl@example.com"]
    assert [(error.line, "quotes" in error.message) for error in errors_of(ticket)] == [(2, True)]


def test_a_password_with_a_bare_delimiter_is_an_error_without_its_parts() -> None:
    ticket = ticket_of("email,password\nanna@example.com,sec,ret\n")
    assert not ticket.mailboxes
    assert "ret" not in ticket.findings[0].message


@pytest.mark.parametrize(
    ("password", "hint"),
    [
        (" secret", "space"),
        ("1.2E+10", "spreadsheet"),
        ("#NAME?", "spreadsheet"),
        ("\u201csecret\u201d", "typographic"),
    ],
)
def test_doubtful_passwords_are_kept_with_a_warning(password: str, hint: str) -> None:
    ticket = ticket_of(f"email,password\nanna@example.com,{password}\n")
    assert ticket.mailboxes[0].password == password
    assert [(finding.level, hint in finding.message) for finding in ticket.findings] == [("warning", True)]


@pytest.mark.parametrize(
    ("host", "password"), [("imap.gmail.com", "abcdefghijklmnop"), ("imap.x.example", "abcd efgh ijkl mnop")]
)
def test_app_passwords_lose_their_spaces_at_google_only(host: str, password: str) -> None:
    assert row_of(f"email,password,server\nanna@example.com,abcd efgh ijkl mnop,{host}\n").password == password


def test_spreadsheet_damage_in_a_user_name_is_an_error() -> None:
    ticket = ticket_of("email,username,password\nanna@example.com,1.2E+10,x\n")
    assert [error.column for error in errors_of(ticket)] == ["username"]


def test_identical_rows_merge() -> None:
    ticket = ticket_of("email,password\nAnna@example.com,x\nanna@EXAMPLE.com,x\n")
    assert [row.email for row in ticket.mailboxes] == ["Anna@example.com"]
    assert [finding.level for finding in ticket.findings] == ["notice"]


@pytest.mark.parametrize("merge", ["false", "true"])
def test_rows_that_contradict_each_other_are_both_left_out(merge: str) -> None:
    csv = "email,password\nanna@example.com,x\nben@example.com,z\nanna@example.com,y\n"
    ticket = ticket_of(csv, f"{DEFAULT}merge: {merge}\n")
    assert [row.email for row in ticket.mailboxes] == ["ben@example.com"]
    assert [error.line for error in errors_of(ticket)] == [2, 4]


@pytest.mark.parametrize(("merge", "kept"), [("false", 0), ("true", 2)])
def test_two_accounts_into_one_mailbox_need_merge(merge: str, kept: int) -> None:
    csv = "email,password,destination_email\na@old.example,x,anna@example.com\nb@old.example,y,anna@example.com\n"
    ticket = ticket_of(csv, f"{DEFAULT}merge: {merge}\n")
    assert len(ticket.mailboxes) == kept
    assert len(errors_of(ticket)) == 2 - kept


def test_the_password_of_a_merged_account_is_found_by_its_source() -> None:
    csv = "email,password,destination_email\na@old.example,x,anna@example.com\nb@old.example,y,anna@example.com\n"
    files = {"ticket.yml": f"{DEFAULT}merge: true\n".encode(), "mailboxes.csv": csv.encode()}
    assert read_source_login(files, "anna@example.com", ("imap.old.example", "b@old.example")).password == "y"
    with pytest.raises(ConfigurationError, match="2 usable rows"):
        read_source_login(files, "anna@example.com")


def test_ticket_that_is_known_gives_out_the_same_logins_and_no_doubtful_one() -> None:
    csv = "email,password,destination_email\na@old.example,x,anna@example.com\nb@old.example,y,anna@example.com\n"
    ticket = ticket_of(csv, f"{DEFAULT}merge: true\n")
    known = known_source_login(ticket, "Anna@example.com", ("imap.old.example", "b@old.example"))
    assert known is not None and known.password == "y"
    assert known_source_login(ticket, "anna@example.com") is None
    assert known_source_login(ticket_of("email,password,port\nanna@example.com,s3cret,x\n"), "anna@example.com") is None


def test_the_password_of_a_refused_row_is_not_given_out_and_the_reason_is() -> None:
    files = {"ticket.yml": DEFAULT.encode(), "mailboxes.csv": b"email,password,port\nanna@example.com,s3cret,x\n"}
    with pytest.raises(ConfigurationError, match=r"no usable rows.*\(port\)") as refused:
        read_source_login(files, "anna@example.com")
    assert "s3cret" not in str(refused.value)


def test_a_destination_outside_the_tickets_domains_is_refused() -> None:
    ticket = ticket_of("email,password,destination_email\na@example.com,x,ceo@other.example\n")
    assert not ticket.mailboxes
    assert [error.column for error in errors_of(ticket)] == ["destination_email"]


def test_without_domains_those_of_the_rows_are_taken_with_a_warning() -> None:
    ticket = ticket_of("email,password\nanna@Bücher.example,x\n", "source: {imap_server: imap.x.example}\n")
    assert ticket.domains == ("xn--bcher-kva.example",)
    assert [(finding.level, finding.column) for finding in ticket.findings] == [("warning", "domains")]


@pytest.mark.parametrize(
    ("source", "cells", "expected"),
    [
        ("imap_server: imap.x.example", "", ("imap.x.example", 993, "tls")),
        ("imap_server: imap.x.example, encryption: starttls", "", ("imap.x.example", 143, "starttls")),
        ("imap_server: imap.x.example, port: 143", "", ("imap.x.example", 143, "starttls")),
        ("imap_server: 'imaps://imap.x.example:1993'", "", ("imap.x.example", 1993, "tls")),
        ("imap_server: imap.x.example, port: 1993", "imap.x.example", ("imap.x.example", 1993, "tls")),
        ("imap_server: imap.x.example, port: 1143, encryption: none", "imap.y.example", ("imap.y.example", 993, "tls")),
        ("port: 1143, encryption: none", "imap.y.example", ("imap.y.example", 1143, "none")),
        ("imap_server: imap.x.example, port: 1993", "ssl:imap.x.example", ("imap.x.example", 1993, "tls")),
        ("preset: tim, encryption: tls", "", ("imap.tim.it", 993, "tls")),
        ("preset: tim", "", ("imap.tim.it", 143, "starttls")),
        ("preset: cpanel", "", ("mail.example.com", 993, "tls")),
        ("preset: gmail", "imap.y.example:143", ("imap.y.example", 143, "starttls")),
    ],
)
def test_server_port_and_encryption_come_from_row_ticket_and_preset(
    source: str, cells: str, expected: tuple[str, int, str]
) -> None:
    row = row_of(f"email,password,imap_server\nanna@example.com,x,{cells}\n", f"source: {{{source}}}\n")
    assert (row.host, row.port, row.encryption) == expected


def test_trust_of_the_tickets_server_does_not_reach_other_servers() -> None:
    settings = "source: {imap_server: imap.x.example, validate_certs: false, ca_file: ca.pem}\n"
    ticket = ticket_of("email,password,server\na@b.example,x,\nc@b.example,x,imap.y.example\n", settings)
    assert [(row.validate_certs, row.ca_file) for row in ticket.mailboxes] == [(False, "ca.pem"), (True, None)]


def test_a_row_without_any_server_is_an_error() -> None:
    ticket = ticket_of("email,password\na@b.example,x\n", "domains: [b.example]\n")
    assert [error.column for error in errors_of(ticket)] == ["imap_server"]


def test_providers_that_log_in_with_the_local_part_get_it() -> None:
    row = row_of("email,password,server\nanna@web.de,x,imap.web.de\n", "domains: [web.de]\n")
    assert row.username == "anna"


def test_missing_files_are_blockers() -> None:
    assert [blocker.file for blocker in read_ticket("1", {}).blockers] == ["ticket.yml", "mailboxes.csv"]


OAUTH = """
domains: [example.com]
source:
  preset: microsoft365
  oauth: {grant: client_credentials, tenant: contoso.example, client_secret: $ecret}
"""


def test_row_needs_no_password_where_the_ticket_s_oauth_gets_tokens() -> None:
    ticket = ticket_of("email,imap_server\nanna@example.com,\nben@example.com,imap.gmail.com\n", OAUTH)
    (row,) = ticket.mailboxes
    assert (row.email, row.auth, row.uses_oauth, row.password) == ("anna@example.com", "xoauth2", True, "")
    assert [(finding.line, finding.column) for finding in errors_of(ticket)] == [(3, "password")]


def test_row_needs_its_refresh_token_as_password() -> None:
    settings = "domains: [example.com]\nsource: {preset: gmail, oauth: {grant: refresh_token, client_id: x}}\n"
    ticket = ticket_of("email,password\nanna@example.com,\nben@example.com,1//token\n", settings)
    assert [(row.email, row.password) for row in ticket.mailboxes] == [("ben@example.com", "1//token")]


@pytest.mark.parametrize(
    ("host", "expected"),
    [
        ("", {"grant": "client_credentials", "tenant": "contoso.example", "client_secret": "$ecret"}),
        ("imap.gmail.com", {}),
    ],
)
def test_oauth_of_the_ticket_goes_to_rows_of_its_server_only(host: str, expected: dict[str, str]) -> None:
    csv = f"email,password,imap_server\nanna@example.com,x,{host}\n"
    login = read_source_login({"ticket.yml": OAUTH.encode(), "mailboxes.csv": csv.encode()}, "anna@example.com")
    assert (login.password, dict(login.oauth)) == ("x", expected)
    assert "$ecret" not in repr(login)


@pytest.mark.parametrize(
    ("username", "expected"), [("", ("anna", "anna@example.com")), ("anna2", ("anna2", ""))]
)
def test_row_of_icloud_begins_with_the_local_part_and_falls_back_to_the_address(
    username: str, expected: tuple[str, str]
) -> None:
    row = row_of(f"email,password,imap_server,username\nanna@example.com,x,IMAP.mail.me.com,{username}\n")
    assert (row.username, row.other_username) == expected


@pytest.mark.parametrize(("written", "told"), [("none", ["warning"]), ("plain", ["error"]), ("starttls", [])])
def test_plain_text_is_only_for_those_who_say_so_and_are_warned(written: str, told: list[str]) -> None:
    ticket = ticket_of(f"email,password,encryption\nanna@example.com,x,{written}\n")
    assert [finding.level for finding in ticket.findings if finding.column == "encryption"] == told
