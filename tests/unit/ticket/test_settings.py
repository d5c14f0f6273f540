# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``ticket.yml`` and its schema."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Finding, Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.settings import Settings, as_dict, read_settings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import check_ticket_id


def read(text: str) -> tuple[Settings, tuple[Finding, ...]]:
    findings = Findings("ticket.yml")
    return read_settings(text.encode(), findings), findings.all()


def test_an_empty_file_means_all_defaults() -> None:
    assert read("") == (Settings(), ())


def test_every_key_is_read() -> None:
    settings, findings = read(
        """
domains: [Example.com, bücher.example, example.com]
source: {imap_server: imap.x.example, port: 993, encryption: tls, auth: plain, ca_file: ca.pem, validate_certs: no}
include_trash: true
include_junk: yes
folders: {include: ["A/*"], exclude: [B], rename: {Old: New}}
limits:
  {connections: 2, server_connections: 10, messages_per_second: 2.5, bytes_per_day: 2 GB, deadline: 2027-03-31 22:00}
window: {start: 22:00, end: 06:00, days: [monday, sunday]}
timezone: Europe/Berlin
ticket_system: {driver: jira, reference: 4711}
accepted: [AABBaabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaabbaabb]
merge: true
recopy: true
confirm_inferred: true
notes: Anna calls back
"""
    )
    plain = as_dict(settings)
    assert findings == ()
    assert plain["domains"] == ["example.com", "xn--bcher-kva.example"]
    assert plain["source"]["validate_certs"] is False
    assert plain["limits"] == {
        "connections": 2,
        "server_connections": 10,
        "messages_per_second": 2.5,
        "bytes_per_day": 2_000_000_000,
        "deadline": "2027-03-31 22:00",
    }
    assert plain["window"] == {"start": "22:00", "end": "06:00", "days": ["monday", "sunday"]}
    assert plain["ticket_system"] == {"driver": "jira", "reference": "4711"}
    assert plain["accepted"] == ["aabb" * 16]
    assert (plain["include_trash"], plain["include_junk"], plain["merge"], plain["recopy"]) == (True,) * 4


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("a: 1\n", 1, "a", "Known keys"),
        ("domains: []\ninclude_trsh: true\n", 2, "include_trsh", "'include_trash'"),
        ("source:\n  imap_sever: x\n", 2, "source.imap_sever", "'imap_server'"),
        ("{{ x }}: 1\n", 1, "", "Known keys"),
    ],
)
def test_unknown_key_is_an_error_with_a_suggestion(text: str, line: int, column: str, hint: str) -> None:
    _unused, findings = read(text)
    assert [(finding.line, finding.column, finding.level) for finding in findings] == [(line, column, "error")]
    assert hint in findings[0].remedy


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("domains: example.com\n", "a list"),
        ("domains: [not a domain]\n", "a domain such as"),
        ("include_trash: 1\n", "true or false"),
        ("source: imap.x.example\n", "a map"),
        ("source: {port: 0}\n", "1 to 65535"),
        ("source: {encryption: ssl}\n", "one of tls, starttls, none"),
        ("source: {preset: hotmail}\n", "one of gmail"),
        ("source: {imap_server: }\n", "a server name"),
        ("limits: {connections: many}\n", "a whole number"),
        ("limits: {bytes_per_day: 3 apples}\n", "a number of bytes"),
        ("window: {days: [someday]}\n", "one of monday"),
        ("window: {start: late}\n", "a time such as"),
        ("timezone: ../etc/passwd\n", "a time zone"),
        ("timezone: Europe/Berln\n", "a time zone that this machine knows"),
        ("timezone: Europe\n", "a time zone that this machine knows"),
        ("accepted: [abc]\n", "64 hexadecimal"),
        ("notes: [a]\n", "text"),
        ("notes: !vault secret\n", "text"),
    ],
)
def test_wrong_value_says_what_it_should_be(text: str, expected: str) -> None:
    settings, findings = read(text)
    assert settings == Settings()
    assert [finding.level for finding in findings] == ["error"]
    assert expected in findings[0].message


@pytest.mark.parametrize("text", ["a: [", "domains: *x", "a: b: c", "\x07", "- 1\n", "x", "{{ y }}"])
def test_what_is_no_map_is_one_error(text: str) -> None:
    settings, findings = read(text)
    assert settings == Settings()
    assert [finding.level for finding in findings] == ["error"]


def test_a_key_that_stands_twice_is_an_error() -> None:
    _unused, findings = read("merge: true\nmerge: false\n")
    assert [(finding.line, finding.column) for finding in findings] == [(2, "merge")]


def test_a_preset_s_limits_give_way_to_the_ticket_s() -> None:
    settings, _unused = read("source: {preset: gmail}\nlimits: {connections: 3}\n")
    assert (settings.limits.connections, settings.limits.bytes_per_day) == (3, 2_500_000_000)


@pytest.mark.parametrize("ticket_id", ["123", "A-1_b.c", "9" * 64])
def test_good_ticket_ids_are_taken(ticket_id: str) -> None:
    assert check_ticket_id(ticket_id) == ticket_id


@pytest.mark.parametrize("ticket_id", ["", "..", "../x", "a/b", "a..b", ".a", "-a", "a b", "9" * 65, "a\n", "{{a}}"])
def test_ticket_ids_that_could_leave_the_folder_are_refused(ticket_id: str) -> None:
    with pytest.raises(ConfigurationError):
        check_ticket_id(ticket_id)
