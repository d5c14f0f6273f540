# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Small makers of answers and expectations for the tests of DNS records."""

from __future__ import annotations

from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Answer, AnswerState, Server
from ansible_collections.mailops.migration.plugins.module_utils.dns.expected import Expected, expected_records

DOMAIN = "customer.example"
FIRST, SECOND, RESOLVER = Server("192.0.2.1", name="ns1"), Server("192.0.2.2", name="ns2"), Server("192.0.2.53")
KEY = "11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo="


def wanted(**template: Any) -> Expected:
    """The first record that a template asks of DOMAIN."""
    return expected_records(DOMAIN, template)[0]


def answer(*records: str, server: Server = FIRST, state: AnswerState | None = None, ttl: int = 60) -> Answer:
    """A server's answer; without records it has the name and no such record."""
    state = state or (AnswerState.OK if records else AnswerState.NO_DATA)
    return Answer(server, DOMAIN, "TXT", state, tuple(sorted(records)), ttl)
