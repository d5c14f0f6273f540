# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Whether what one server says is what a domain shall have."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from enum import Enum

from ansible_collections.mailops.migration.plugins.module_utils.dns.answers import Answer, Server
from ansible_collections.mailops.migration.plugins.module_utils.dns.expected import Expected, Kind
from ansible_collections.mailops.migration.plugins.module_utils.dns.spf import SpfReading, is_spf


class Fit(Enum):
    """What an answer is worth."""

    RIGHT = "right"
    WRONG = "wrong"
    MISSING = "missing"
    UNKNOWN = "unknown"
    """The server does not tell."""


@dataclass(frozen=True)
class Match:
    """``reason``: a clause about the name, empty when right. ``notes``: what deserves a look although it is right."""

    fit: Fit
    reason: str = ""
    notes: tuple[str, ...] = ()


@dataclass(frozen=True)
class Host:
    """Where a host's name leads: ``aliases`` on the way (CNAME), then ``addresses``."""

    aliases: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True)
class Facts:
    """What was seen beside the answers: ``hosts`` that records name; ``ours``, the addresses of our mail exchangers;
    ``readings`` of SPF records by their text; ``flat``, the addresses that a server has where an alias is expected;
    ``wildcard``, what a name that nobody made has."""

    hosts: Mapping[str, Host] = field(default_factory=dict)
    ours: frozenset[str] = frozenset()
    readings: Mapping[str, SpfReading] = field(default_factory=dict)
    flat: Mapping[Server, tuple[str, ...]] = field(default_factory=dict)
    wildcard: tuple[str, ...] = ()


Judge = Callable[[Expected, tuple[str, ...], Answer, Facts], Match]
RIGHT = Match(Fit.RIGHT)
# From weak to strict (RFC 7489 section 6.3).
_POLICIES = ("none", "quarantine", "reject")


def match(expected: Expected, answer: Answer, facts: Facts) -> Match:
    """How ``answer`` compares with ``expected``."""
    if not answer.is_known:
        return Match(Fit.UNKNOWN, answer.trouble())
    records = concerning(expected, answer.records)
    if not expected.values:
        left = records or facts.flat.get(answer.server, ())
        return Match(Fit.WRONG, f"is left over: {', '.join(left)}") if left else RIGHT
    found = _JUDGES.get((expected.kind, expected.type), _same)(expected, records, answer, facts)
    if found.fit is Fit.WRONG and records and records == facts.wildcard:
        return Match(Fit.WRONG, f"{found.reason} (by a wildcard record)", found.notes)
    return found


def tags(text: str) -> dict[str, str]:
    """The tags of a DKIM, DMARC, MTA-STS or TLS-RPT record (RFC 6376 section 3.2); names in lower case."""
    parts = (part.partition("=") for part in text.split(";") if part.strip())
    return {name.strip().lower(): value.strip() for name, _equals, value in parts}


def concerning(expected: Expected, records: Iterable[str]) -> tuple[str, ...]:
    """Those of ``records`` that are of the kind that is looked for: a name may have TXT records of many."""
    return tuple(dict.fromkeys(text for text in records if _concerns(expected, text)))


def _concerns(expected: Expected, text: str) -> bool:
    if expected.type != "TXT":
        return True
    if expected.kind is Kind.SPF:
        return is_spf(text)
    if expected.kind is Kind.OWNERSHIP:
        prefix = expected.values[0].partition("=")[0]
        return text.strip().strip('"').startswith(prefix)
    if expected.kind is Kind.DKIM:
        # The version is optional there (RFC 6376 section 3.6.1).
        return "p" in tags(text) and tags(text).get("v", "DKIM1") == "DKIM1"
    version = {Kind.DMARC: "DMARC1", Kind.MTA_STS: "STSv1", Kind.TLS_RPT: "TLSRPTv1"}[expected.kind]
    return tags(text).get("v", "").lower() == version.lower()


def _mx(expected: Expected, records: tuple[str, ...], answer: Answer, facts: Facts) -> Match:
    if not records:
        return Match(Fit.MISSING, "has no MX record")
    hosts = _by_preference(records)
    wanted = _by_preference(expected.values)
    if "." in hosts:
        return Match(Fit.WRONG, "says that it takes no mail (null MX, RFC 7505)")
    vanity = [host for host in hosts if host not in wanted and facts.ours.intersection(_host(host, facts).addresses)]
    foreign = [host for host in hosts if host not in wanted and host not in vanity]
    if foreign:
        beside = ", so that mail can still go there" if len(foreign) < len(hosts) else ""
        where = "beside ours" if beside else "elsewhere"
        return Match(Fit.WRONG, f"has an MX {where}: {', '.join(foreign)}{beside}")
    aliases = [host for host in hosts if _host(host, facts).aliases]
    if aliases:
        return Match(Fit.WRONG, f"names an alias (CNAME) as mail server, {aliases[0]}, which not every sender follows")
    lacking = [host for host in wanted if host not in hosts]
    if lacking and not vanity:
        return Match(Fit.WRONG, f"lacks the MX {', '.join(lacking)}")
    notes = [f"{host} is another name of our mail server" for host in vanity]
    if not vanity and hosts != wanted:
        notes.append("the preferences put our mail servers into another order")
    return Match(Fit.RIGHT, notes=tuple(notes))


def _by_preference(records: tuple[str, ...]) -> list[str]:
    pairs = sorted((int(text.partition(" ")[0]), text.partition(" ")[2]) for text in records)
    return [host for _preference, host in pairs]


def _host(name: str, facts: Facts) -> Host:
    return facts.hosts.get(name, Host())


def _spf(expected: Expected, records: tuple[str, ...], answer: Answer, facts: Facts) -> Match:
    if not records:
        return Match(Fit.MISSING, "has no SPF record")
    if len(records) > 1:
        return Match(Fit.WRONG, f"has {len(records)} SPF records, so that receivers heed none")
    reading = facts.readings.get(records[0], SpfReading())
    lacking = [term for term in expected.values[1:] if term.lower() not in reading.terms]
    if lacking:
        return Match(Fit.WRONG, f"has an SPF record without {' and '.join(lacking)}")
    if reading.problems:
        return Match(Fit.WRONG, f"has an SPF record that {' and '.join(dict.fromkeys(reading.problems))}")
    notes = [f"the SPF records of {', '.join(reading.unknown)} could not be read"] if reading.unknown else []
    if "all" in reading.terms:
        notes.append("the SPF record allows everybody (+all)")
    return Match(Fit.RIGHT, notes=tuple(notes))


def _dkim(expected: Expected, records: tuple[str, ...], answer: Answer, facts: Facts) -> Match:
    if not records:
        return Match(Fit.MISSING, "has no DKIM key")
    if len(records) > 1:
        return Match(Fit.WRONG, f"has {len(records)} DKIM keys under one selector, so that verifiers take either")
    found, wanted = tags(records[0]), tags(expected.values[0])
    key = "".join(found["p"].split())
    if not key:
        return Match(Fit.WRONG, "has a DKIM key that is withdrawn (empty p=)")
    if key != "".join(wanted["p"].split()):
        cut = len(key) < len(wanted["p"]) and wanted["p"].startswith(key)
        return Match(Fit.WRONG, "has only the beginning of our DKIM key" if cut else "has another DKIM key than ours")
    if found.get("k", "rsa").lower() != wanted.get("k", "rsa").lower():
        return Match(Fit.WRONG, f"has our DKIM key as one of type {found.get('k', 'rsa')}")
    testing = "y" in found.get("t", "").lower().split(":")
    return Match(Fit.RIGHT, notes=("the DKIM key is marked as a test (t=y)",) if testing else ())


def _dmarc(expected: Expected, records: tuple[str, ...], answer: Answer, facts: Facts) -> Match:
    if not records:
        return Match(Fit.MISSING, "has no DMARC record")
    if len(records) > 1:
        return Match(Fit.WRONG, f"has {len(records)} DMARC records, so that receivers heed none")
    policy, least = tags(records[0]).get("p", "").lower(), tags(expected.values[0]).get("p", "none").lower()
    if policy not in _POLICIES:
        return Match(Fit.WRONG, "has a DMARC record without a policy (p=none, quarantine or reject)")
    if _POLICIES.index(policy) < _POLICIES.index(least):
        return Match(Fit.WRONG, f"has a DMARC policy, {policy}, that is weaker than {least}")
    return RIGHT


def _cname(expected: Expected, records: tuple[str, ...], answer: Answer, facts: Facts) -> Match:
    target = expected.values[0]
    flat = facts.flat.get(answer.server, ())
    if not records and not flat:
        return Match(Fit.MISSING, f"has no alias (CNAME) to {target}")
    if not records:
        if set(flat) <= set(_host(target, facts).addresses):
            return Match(Fit.RIGHT, notes=("it has our addresses in place of an alias, which we may change one day",))
        return Match(Fit.WRONG, f"leads to {', '.join(flat)} instead of {target}")
    if records == (target,):
        return RIGHT
    if target in _host(records[0], facts).aliases:
        return Match(Fit.RIGHT, notes=(f"it leads to {target} by way of {records[0]}",))
    return Match(Fit.WRONG, f"leads to {records[0]} instead of {target}")


def _srv(expected: Expected, records: tuple[str, ...], answer: Answer, facts: Facts) -> Match:
    wanted = expected.values[0].split()[2:]
    if not records:
        return Match(Fit.MISSING, f"has no SRV record to {_place(expected.values[0])}")
    foreign = [text for text in records if text.split()[2:] != wanted]
    if foreign:
        return Match(Fit.WRONG, f"leads to {', '.join(map(_place, foreign))} instead of {_place(expected.values[0])}")
    return RIGHT


def _place(record: str) -> str:
    _priority, _weight, port, host = record.split()
    return "nowhere (not offered)" if host == "." else f"{host} port {port}"


def _tls_rpt(expected: Expected, records: tuple[str, ...], answer: Answer, facts: Facts) -> Match:
    wanted = tags(expected.values[0])["rua"]
    if not records:
        return Match(Fit.MISSING, "has no TLS-RPT record")
    found = [part.strip() for part in tags(records[0]).get("rua", "").split(",")]
    if len(records) > 1:
        return Match(Fit.WRONG, f"has {len(records)} TLS-RPT records, so that senders heed none")
    return RIGHT if wanted in found else Match(Fit.WRONG, f"does not send TLS reports to {wanted}")


def _mta_sts(expected: Expected, records: tuple[str, ...], answer: Answer, facts: Facts) -> Match:
    if not records:
        return Match(Fit.MISSING, "has no MTA-STS record")
    if len(records) > 1:
        return Match(Fit.WRONG, f"has {len(records)} MTA-STS records, so that senders heed none")
    wanted = tags(expected.values[0])["id"]
    if tags(records[0]).get("id") != wanted:
        return Match(Fit.WRONG, f"has another MTA-STS id than {wanted}, so that senders may keep an older policy")
    return RIGHT


def _same(expected: Expected, records: tuple[str, ...], answer: Answer, facts: Facts) -> Match:
    """Ownership and PTR: one of the records is as expected, spaces and quotes around it no difference."""
    found = [text.strip().strip('"') for text in records]
    if set(found) & set(expected.values):
        return RIGHT
    if not found:
        return Match(Fit.MISSING, f"has no record {expected.values[0]}")
    return Match(Fit.WRONG, f"has {', '.join(found)} instead of {expected.values[0]}")


_JUDGES: Mapping[tuple[Kind, str], Judge] = {
    (Kind.MX, "MX"): _mx,
    (Kind.SPF, "TXT"): _spf,
    (Kind.DKIM, "TXT"): _dkim,
    (Kind.DKIM, "CNAME"): _cname,
    (Kind.DMARC, "TXT"): _dmarc,
    (Kind.WEBMAIL, "CNAME"): _cname,
    (Kind.AUTOCONFIG, "CNAME"): _cname,
    (Kind.AUTODISCOVER, "CNAME"): _cname,
    (Kind.AUTODISCOVER, "SRV"): _srv,
    (Kind.SRV, "SRV"): _srv,
    (Kind.MTA_STS, "TXT"): _mta_sts,
    (Kind.MTA_STS, "CNAME"): _cname,
    (Kind.TLS_RPT, "TXT"): _tls_rpt,
}
