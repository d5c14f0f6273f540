# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The module dns_record_check: its options, the rounds of a wait, its result."""

from __future__ import annotations

import functools
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Answer
from ansible_collections.mailops.migration.plugins.module_utils.dns.entry import Entry, entry, kept, shown_domain, table
from ansible_collections.mailops.migration.plugins.module_utils.dns.expected import Expected, Kind, expected_records
from ansible_collections.mailops.migration.plugins.module_utils.dns.library import ask_server
from ansible_collections.mailops.migration.plugins.module_utils.dns.lookup import Dns, name_server
from ansible_collections.mailops.migration.plugins.module_utils.dns.ownership import PREFIX, ownership_record
from ansible_collections.mailops.migration.plugins.module_utils.dns.record_check import (
    Checked,
    check_records,
    ptr_records,
)
from ansible_collections.mailops.migration.plugins.module_utils.dns.record_match import concerning
from ansible_collections.mailops.migration.plugins.module_utils.dns.record_state import RecordState
from ansible_collections.mailops.migration.plugins.module_utils.platform.address import domain_name

KINDS = [kind.value for kind in Kind]
# From bad to good: a domain stands where its worst record stands.
_STATES = (RecordState.UNKNOWN, RecordState.WRONG, RecordState.MISSING, RecordState.STALE, RecordState.PROPAGATING)


def template_spec() -> dict[str, Any]:
    """The argument spec of the options ``records``, and of each domain's part of ``domain_records``."""
    key = {"selector": {"type": "str", "required": True}, "key": {"type": "str", "no_log": False},
           "key_file": {"type": "str", "no_log": False}, "cname": {"type": "str"}}  # fmt: skip
    policy = {"host": {"type": "str", "required": True}, "id": {"type": "str", "required": True}}
    absent = {"type": "list", "elements": "str", "choices": ["autoconfig", "autodiscover", "mta_sts"]}
    texts = ("spf_all", "dmarc", "webmail", "autoconfig", "autodiscover", "tls_rpt", "ownership")
    return {
        "mx": {"type": "list", "elements": "str"},
        "spf": {"type": "list", "elements": "str"},
        "dkim": {
            "type": "list",
            "elements": "dict",
            "options": key,
            "mutually_exclusive": [["key", "key_file", "cname"]],
        },
        "srv": {"type": "dict"},
        "mta_sts": {"type": "dict", "options": policy},
        "absent": absent,
        "ptr": {"type": "bool"},
        **{name: {"type": "str"} for name in texts},
    }


def check(params: Mapping[str, Any]) -> dict[str, Any]:
    """The module's result, after waiting where it is asked for. Raises :class:`ConfigurationError`."""
    rows, wants_ptr = _expected(params)
    began = time.monotonic()
    ends = began + (params["wait_timeout"] if params["wait"] else 0)
    while True:
        found = _round(params, rows, wants_ptr)
        good = all(row.finding.state is RecordState.OK for row in found)
        if good or time.monotonic() + params["wait_pause"] > ends:
            return {**_result(found, params["ttl"]), "waited": round(time.monotonic() - began)}
        time.sleep(params["wait_pause"])


def _expected(params: Mapping[str, Any]) -> tuple[list[Expected], set[str]]:
    """The expected records of all domains, and the domains whose mail exchangers' PTR is asked for."""
    kinds = {Kind(name) for name in params["kinds"] or KINDS}
    own = {domain_name(name): _part(name, part) for name, part in (params["domain_records"] or {}).items()}
    rows: list[Expected] = []
    wants_ptr = set()
    for domain in dict.fromkeys(_domain(text) for text in params["domains"]):
        template = {**params["records"], **_ownership(domain, params["ownership"]), **own.get(domain, {})}
        if Kind.DKIM in kinds:
            template["dkim"] = [_with_key(domain, row) for row in template.get("dkim") or []]
        rows += [row for row in expected_records(domain, template) if row.kind in kinds]
        if template.get("ptr") and Kind.PTR in kinds:
            wants_ptr.add(domain)
    return rows, wants_ptr


def _with_key(domain: str, row: Mapping[str, Any]) -> dict[str, Any]:
    """``row`` of the option dkim with the public key that its file holds."""
    if not row.get("key_file"):
        return dict(row)
    path = row["key_file"].replace("{domain}", domain)
    try:
        text = Path(path).read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        remedy = "Let the module run where the platform keeps its DKIM keys, or give key"
        raise ConfigurationError(f"the DKIM key cannot be read ({error})", where=domain, remedy=remedy) from None
    if "PRIVATE" in text:
        raise ConfigurationError(f"the file {path} holds a private key", where=domain, remedy="Name the public one")
    return {**row, "key": text}


def _domain(text: str) -> str:
    try:
        return domain_name(text)
    except ConfigurationError as error:
        raise ConfigurationError(f"the entry {text} {error.what}", where="domains", remedy=error.remedy) from None


def _part(domain: str, part: Any) -> dict[str, Any]:
    """What a domain has of its own; null takes away what the template has."""
    if not isinstance(part, Mapping):
        raise ConfigurationError("is no mapping of records", where=f"domain_records of {domain}")
    checked = ArgumentSpecValidator(template_spec()).validate(dict(part))
    if checked.error_messages:
        raise ConfigurationError("; ".join(checked.error_messages), where=f"domain_records of {domain}")
    return {name: checked.validated_parameters.get(name) for name in part}


def _ownership(domain: str, options: Mapping[str, Any] | None) -> dict[str, str]:
    if not options:
        return {}
    return {"ownership": ownership_record(options["secret"], domain, options["prefix"] or PREFIX)}


def _round(params: Mapping[str, Any], rows: Sequence[Expected], wants_ptr: set[str]) -> tuple[Checked, ...]:
    # Each question is asked once in a round, however many records lead to it.
    dns = Dns(
        [name_server(text) for text in params["nameservers"] or []],
        authoritative_port=params["authoritative_port"],
        timeout=params["timeout"],
        ask=functools.cache(ask_server),
    )
    named = [row for row in rows if row.domain in wants_ptr]
    return check_records(dns, [*rows, *ptr_records(dns, named)])


def _result(found: Sequence[Checked], ttl: int) -> dict[str, Any]:
    records = [_row(row, ttl) for row in found]
    domains = dict.fromkeys(row.finding.expected.domain for row in found)
    return {
        "ok": all(row.finding.state is RecordState.OK for row in found),
        "counts": dict(Counter(row["state"] for row in records)),
        "records": records,
        "domains": [_of_domain(domain, found, ttl) for domain in domains],
    }


def _of_domain(domain: str, found: Sequence[Checked], ttl: int) -> dict[str, Any]:
    rows = [row for row in found if row.finding.expected.domain == domain]
    states = {row.finding.state for row in rows}
    own = [row for row in rows if row.finding.expected.kind is not Kind.PTR]
    return {
        "domain": domain,
        "shown": shown_domain(domain),
        "state": next((state.value for state in _STATES if state in states), RecordState.OK.value),
        "seconds_left": max(row.finding.seconds_left for row in rows),
        "findings": [f"{row.finding.expected.name} ({row.finding.expected.kind.value}): {row.finding.reason}"
                     for row in rows if row.finding.reason],
        "table": table([(_entry(row, ttl), row.finding.state.value) for row in own]),
    }  # fmt: skip


def _row(row: Checked, ttl: int) -> dict[str, Any]:
    finding = row.finding
    expected = finding.expected
    mends = finding.state in (RecordState.WRONG, RecordState.MISSING, RecordState.STALE)
    return {
        "domain": expected.domain,
        "kind": expected.kind.value,
        "name": expected.name,
        "type": expected.type,
        "expected": list(_entry(row, ttl).values),
        "state": finding.state.value,
        "reason": finding.reason,
        "notes": list(finding.notes),
        "seconds_left": finding.seconds_left,
        "authoritative": [_answer(answer) for answer in row.authoritative],
        "resolvers": [_answer(answer) for answer in row.resolvers],
        "todo": {name: list(value) if isinstance(value, tuple) else value
                 for name, value in asdict(_entry(row, ttl)).items()} if mends else {},
    }  # fmt: skip


def _entry(row: Checked, ttl: int) -> Entry:
    expected = row.finding.expected
    found = concerning(expected, [text for answer in row.authoritative for text in answer.records])
    good = row.finding.state in (RecordState.OK, RecordState.PROPAGATING)
    return (kept if good and found else entry)(expected, found, row.zone, ttl)


def _answer(answer: Answer) -> dict[str, Any]:
    return {
        "server": str(answer.server),
        "state": answer.state.name.lower(),
        "text": answer.state.value,
        "records": list(answer.records),
        "ttl": answer.ttl,
    }
