# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""``ticket.yml`` and its schema."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Finding, Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.settings import (
    Settings,
    as_dict,
    limits_of,
    read_settings,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import check_ticket_id
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window import Window


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
window: {start: 22:00, end: 06:00, days: [monday, sunday], not_before: 2027-03-01 00:00, requested: 2027-02-20 9:00}
timezone: Europe/Berlin
ticket_system: {driver: webhook, reference: 4711}
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
    assert plain["window"] == [
        {
            "start": "22:00",
            "end": "06:00",
            "days": ["monday", "sunday"],
            "not_before": "2027-03-01 00:00",
            "not_after": None,
            "requested": "2027-02-20 9:00",
        }
    ]
    assert plain["ticket_system"] == {"driver": "webhook", "reference": "4711"}
    assert plain["accepted"] == ["aabb" * 16]
    assert (plain["include_trash"], plain["include_junk"], plain["merge"], plain["recopy"]) == (True,) * 4


@pytest.mark.parametrize(
    ("text", "line", "column", "hint"),
    [
        ("a: 1\n", 1, "a", "Known keys"),
        ("domains: []\ninclude_trsh: true\n", 2, "include_trsh", "'include_trash'"),
        ("source:\n  imap_sever: x\n", 2, "source.imap_sever", "'imap_server'"),
        ("window:\n  - start: '22:00'\n    ends: '23:00'\n", 3, "window.ends", "'end'"),
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
        ("window: {start: '22:00'}\n", "end belong together"),
        ("window: [{start: '22:00', end: 2027-03-31 06:00}]\n", "both be times of the day, or both dates"),
        ("window: {start: 2027-03-31 22:00, end: 2027-03-31 22:00}\n", "is not after"),
        ("window: {start: 2027-03-30 22:00, end: 2027-03-31 06:00, days: [monday]}\n", "belong to times of the day"),
        ("window: {start: '22:00 Z', end: '23:00'}\n", "a time such as"),
        ("window: {not_before: '22:00'}\n", "a date and time such as"),
        ("window: {not_before: 2027-02-30 22:00}\n", "a date and time such as"),
        ("window: {not_before: 2027-02-02 22:00, not_after: 2027-02-01 22:00}\n", "is not after"),
        ("window: [22:00]\n", "a map"),
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


def test_one_window_and_several_are_read_and_an_empty_one_is_none() -> None:
    settings, findings = read("window: [{days: [saturday]}, {start: 20:00, end: 06:00}, {}]\n")
    assert (findings, settings.window) == ((), (Window(days=("saturday",)), Window(start="20:00", end="06:00")))
    assert read("window: {}\n") == (Settings(), ())


def test_a_key_that_stands_twice_is_an_error() -> None:
    _unused, findings = read("merge: true\nmerge: false\n")
    assert [(finding.line, finding.column) for finding in findings] == [(2, "merge")]


@pytest.mark.parametrize(
    ("text", "host", "limits"),
    [
        ("source: {preset: gmail}\nlimits: {connections: 3}\n", "imap.gmail.com", (3, 2_500_000_000)),
        ("source: {imap_server: Imap.Gmail.Com}\n", "imap.gmail.com", (4, 2_500_000_000)),
        ("source: {imap_server: imap.x.example, preset: gmail}\n", "imap.x.example", (4, 2_500_000_000)),
        ("source: {preset: cpanel}\n", "mail.x.example", (4, None)),
        ("limits: {bytes_per_day: 1 GB}\n", "imap.gmail.com", (4, 1_000_000_000)),
        ("source: {preset: gmail}\n", "imap.mail.yahoo.com", (2, None)),
        ("source: {preset: gmail}\n", "imap.x.example", (None, None)),
    ],
)
def test_limits_are_those_of_the_ticket_or_else_of_the_row_s_provider(
    text: str, host: str, limits: tuple[int | None, int | None]
) -> None:
    found = limits_of(read(text)[0], host)
    assert (found.get("connections"), found.get("bytes_per_day")) == limits
    assert None not in found.values()


OAUTH = "{grant: service_account, key_file: key.json, client_secret: $ecret}"


def test_oauth_is_read_and_its_secrets_are_shown_nowhere() -> None:
    settings, findings = read(f"source: {{preset: gmail, oauth: {OAUTH}}}\n")
    assert findings == ()
    assert (settings.source.auth, settings.source.oauth["client_secret"]) == ("xoauth2", "$ecret")
    assert as_dict(settings)["source"]["oauth"] == {"grant": "service_account", "key_file": "key.json"}
    assert "$ecret" not in repr(settings)


@pytest.mark.parametrize(
    ("oauth", "column", "words"),
    [
        ("{tenant: x}", "source.oauth.grant", "missing"),
        ("{grant: magic}", "source.oauth.grant", "one of refresh_token"),
        ("{grant: refresh_token, cliend_id: x}", "source.oauth.cliend_id", "unknown key"),
        ("{grant: refresh_token, refresh_token: x}", "source.oauth.refresh_token", "unknown key"),
        ("{grant: refresh_token, token_url: 'http://x.example/'}", "source.oauth.token_url", "https://"),
        ("{grant: refresh_token}, auth: login", "source.auth", "xoauth2 or oauthbearer"),
    ],
)
def test_wrong_oauth_is_told(oauth: str, column: str, words: str) -> None:
    _unused, findings = read(f"source: {{imap_server: x.example, oauth: {oauth}}}\n")
    assert (findings[0].column, findings[0].level) == (column, "error")
    assert words in findings[0].message


@pytest.mark.parametrize("ticket_id", ["123", "A-1_b.c", "9" * 64])
def test_good_ticket_ids_are_taken(ticket_id: str) -> None:
    assert check_ticket_id(ticket_id) == ticket_id


@pytest.mark.parametrize("ticket_id", ["", "..", "../x", "a/b", "a..b", ".a", "-a", "a b", "9" * 65, "a\n", "{{a}}"])
def test_ticket_ids_that_could_leave_the_folder_are_refused(ticket_id: str) -> None:
    with pytest.raises(ConfigurationError):
        check_ticket_id(ticket_id)
