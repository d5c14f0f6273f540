# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Mailboxes as inventory hosts: names, order, variables."""

from __future__ import annotations

from collections import Counter

import pytest
from ansible.inventory.manager import split_host_pattern
from ansible_collections.mailops.migration.plugins.module_utils.ticket.hosts import group_name, host_name, mailbox_hosts
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import Ticket, read_ticket
from hypothesis import given
from hypothesis import strategies as st


def ticket_of(csv: str, settings: str = "merge: true") -> Ticket:
    header = "email,password,imap_server,destination_email\n"
    return read_ticket("1", {"ticket.yml": settings.encode(), "mailboxes.csv": (header + csv).encode()})


def test_a_host_is_named_by_its_destination_address() -> None:
    assert host_name("Anna.M+x@example.com") == "Anna.M+x@example.com"


@pytest.mark.parametrize(
    "local", ["!a", "a&b", "~a", "a*b", "a?b", "a/b", "-a", "a|b", "{{a}}", "'a'", "$HOME", "`id`", "ä"]
)
def test_characters_that_patterns_and_shells_read_are_replaced(local: str) -> None:
    name = host_name(f"{local}@example.com")
    assert name != f"{local}@example.com"
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyzHOME0123456789@._+-")
    assert split_host_pattern(name) == [name]
    assert name[0] in "_a"


@given(st.text("ab!&,:~*", min_size=1), st.text("ab!&,:~*", min_size=1))
def test_different_addresses_get_different_names(one: str, other: str) -> None:
    assert (host_name(f"{one}@example.com") == host_name(f"{other}@example.com")) == (one == other)


def test_group_names_are_valid_and_their_own() -> None:
    names = {group_name("domain", domain) for domain in ("a-b.example", "a.b.example", "a.b-example")}
    assert len(names) == 3
    assert all(name.isidentifier() for name in names)


def test_source_servers_take_turns() -> None:
    rows = "".join(f"u{i}@b.example,x,{'big' if i < 6 else 'small'}.example,\n" for i in range(8))
    hosts = [host.variables["mailops_source"]["host"] for host in mailbox_hosts(ticket_of(rows), "/t/1")]
    assert hosts[:4] == ["big.example", "small.example"] * 2
    assert Counter(hosts) == {"big.example": 6, "small.example": 2}


def test_accounts_that_merge_into_one_mailbox_are_hosts_of_their_own() -> None:
    rows = "a@b.example,x,imap.b.example,c@d.example\ne@b.example,y,imap.b.example,C@d.example\n"
    first, second = mailbox_hosts(ticket_of(rows), "/t/1")
    assert first.name == "c@d.example"
    assert second.name.startswith("C@d.example-")
    assert second.variables["mailops_mailbox"] == "C@d.example"


def test_variables_hold_the_connection_and_no_password() -> None:
    settings = "source: {imap_server: imap.b.example, ca_file: ca.pem}"
    (host,) = mailbox_hosts(ticket_of("a@b.example,s3cret,,\n", settings), "/t/1")
    assert host.variables == {
        "mailops_mailbox": "a@b.example",
        "mailops_domain": "b.example",
        "mailops_source": {
            "host": "imap.b.example",
            "port": 993,
            "encryption": "tls",
            "auth": "login",
            "username": "a@b.example",
            "validate_certs": True,
            "ca_file": "/t/1/ca.pem",
        },
        "mailops_limits": {},
    }


def test_variables_hold_the_limits_and_the_other_user_name_of_the_provider() -> None:
    settings = "source: {imap_server: imap.b.example}\nlimits: {messages_per_second: 2}"
    rows = "a@b.example,s3cret,imap.gmail.com,\nc@b.example,s3cret,imap.mail.me.com,\n"
    google, apple = (host.variables for host in mailbox_hosts(ticket_of(rows, settings), "/t/1"))
    assert google["mailops_limits"] == {"connections": 4, "bytes_per_day": 2_500_000_000, "messages_per_second": 2.0}
    assert apple["mailops_source"]["username"] == "c" and apple["mailops_source"]["other_username"] == "c@b.example"
