# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The records that a domain shall have: the provider's template with the values of one domain."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError


class Kind(Enum):
    """What a record is for; the values are the words of results and of the option ``kinds``."""

    MX = "mx"
    SPF = "spf"
    DKIM = "dkim"
    DMARC = "dmarc"
    WEBMAIL = "webmail"
    AUTOCONFIG = "autoconfig"
    AUTODISCOVER = "autodiscover"
    SRV = "srv"
    MTA_STS = "mta_sts"
    TLS_RPT = "tls_rpt"
    OWNERSHIP = "ownership"
    PTR = "ptr"


@dataclass(frozen=True)
class Expected:
    """Records of one ``type`` at ``name`` (canonical). ``values`` are texts as of :class:`Answer`; none means that
    there shall be no such record. An SPF record's ``values`` are what it shall end with and the terms of ours."""

    kind: Kind
    domain: str
    name: str
    type: str
    values: tuple[str, ...]


HOST_KINDS = (Kind.WEBMAIL, Kind.AUTOCONFIG, Kind.AUTODISCOVER)
_DEFAULT_ALL = "~all"
_QUOTED = re.compile(r'"([^"]*)"')


def expected_records(domain: str, template: Mapping[str, Any]) -> tuple[Expected, ...]:
    """What ``template`` (option ``records`` of dns_record_check) asks of ``domain``, in the order of :class:`Kind`.

    ``{domain}`` in a text stands for the domain. Raises :class:`ConfigurationError`.
    """
    values = _filled(template, domain)
    rows = [
        *_mx(domain, values.get("mx") or []),
        *_spf(domain, values.get("spf") or [], values.get("spf_all") or _DEFAULT_ALL),
        *(_dkim(domain, row) for row in values.get("dkim") or []),
        *_text(Kind.DMARC, domain, f"_dmarc.{domain}", values.get("dmarc")),
        *(row for kind in HOST_KINDS for row in _alias(kind, domain, values.get(kind.value))),
        *(_srv(domain, service, place) for service, place in (values.get("srv") or {}).items()),
        *_mta_sts(domain, values.get("mta_sts") or {}),
        *_tls_rpt(domain, values.get("tls_rpt")),
        *_text(Kind.OWNERSHIP, domain, domain, values.get("ownership")),
        *(_absent(domain, name) for name in values.get("absent") or []),
    ]
    if any(
        row.values and other == Expected(row.kind, row.domain, row.name, row.type, ()) for row in rows for other in rows
    ):
        raise ConfigurationError("the same record is wanted and in absent", where=domain)
    return tuple(rows)


def host_name(text: str) -> str:
    """A host in lower case without the final dot."""
    return text.strip().lower().removesuffix(".")


def _filled(value: Any, domain: str) -> Any:
    if isinstance(value, str):
        return value.replace("{domain}", domain).strip()
    if isinstance(value, Mapping):
        return {name: _filled(item, domain) for name, item in value.items()}
    return [_filled(item, domain) for item in value] if isinstance(value, Sequence) else value


def _mx(domain: str, rows: Sequence[str]) -> list[Expected]:
    if not rows:
        return []
    values = []
    for row in rows:
        preference, _space, host = row.partition(" ")
        if not preference.isdecimal() or not host.strip():
            raise ConfigurationError(
                f"the entry {row} of mx cannot be read", where=domain, remedy="Write it like 10 mx.platform.example"
            )
        values.append(f"{int(preference)} {host_name(host)}")
    return [Expected(Kind.MX, domain, domain, "MX", tuple(sorted(values)))]


def _spf(domain: str, terms: Sequence[str], final: str) -> list[Expected]:
    return [Expected(Kind.SPF, domain, domain, "TXT", (final, *terms))] if terms else []


def _dkim(domain: str, row: Mapping[str, Any]) -> Expected:
    name = f"{row['selector']}._domainkey.{domain}".lower()
    if row.get("cname"):
        return Expected(Kind.DKIM, domain, name, "CNAME", (host_name(row["cname"]),))
    if not row.get("key"):
        raise ConfigurationError(
            f"the DKIM selector {row['selector']} has no key", where=domain, remedy="Give its key, key_file or cname"
        )
    return Expected(Kind.DKIM, domain, name, "TXT", (dkim_record(row["key"]),))


def dkim_record(key: str) -> str:
    """The record of a public key that is given as a whole record, as PEM, as the base64 of it, or as a line of a zone
    file with quoted parts, which is what key generators write.

    A bare key of 44 characters is Ed25519's (RFC 8463), any other RSA's.
    """
    lines = [line for line in key.strip().splitlines() if not line.startswith("-----")]
    quoted = _QUOTED.findall(key)
    text = "".join(quoted or lines).strip()
    if "=" in text.partition(";")[0] and text.lower().startswith(("v=", "k=", "p=")):
        return " ".join(text.split())
    bare = "".join(text.split())
    return f"v=DKIM1; k={'ed25519' if len(bare) == 44 else 'rsa'}; p={bare}"


def _text(kind: Kind, domain: str, name: str, value: str | None) -> list[Expected]:
    return [Expected(kind, domain, name, "TXT", (value,))] if value else []


def _alias(kind: Kind, domain: str, host: str | None) -> list[Expected]:
    return [Expected(kind, domain, f"{kind.value}.{domain}", "CNAME", (host_name(host),))] if host else []


def _srv(domain: str, service: str, place: str | None) -> Expected:
    """RFC 6186 and 8314: ``imaps`` is at ``_imaps._tcp``; a service that is not offered has the target ``.``."""
    name = f"_{service.removeprefix('_').lower()}._tcp.{domain}"
    kind = Kind.AUTODISCOVER if service.endswith("autodiscover") else Kind.SRV
    if not place or place == ".":
        return Expected(kind, domain, name, "SRV", ("0 0 0 .",))
    host, colon, port = place.rpartition(":")
    if not colon or not port.isdecimal():
        raise ConfigurationError(
            f"srv says {place} for {service}", where=domain, remedy="Write it like imap.platform.example:993"
        )
    return Expected(kind, domain, name, "SRV", (f"0 1 {int(port)} {host_name(host)}",))


def _mta_sts(domain: str, row: Mapping[str, Any]) -> list[Expected]:
    if not row:
        return []
    text = f"v=STSv1; id={row['id']}"
    return [
        Expected(Kind.MTA_STS, domain, f"_mta-sts.{domain}", "TXT", (text,)),
        Expected(Kind.MTA_STS, domain, f"mta-sts.{domain}", "CNAME", (host_name(row["host"]),)),
    ]


def _tls_rpt(domain: str, address: str | None) -> list[Expected]:
    return _text(Kind.TLS_RPT, domain, f"_smtp._tls.{domain}", f"v=TLSRPTv1; rua={address}" if address else None)


def _absent(domain: str, name: str) -> Expected:
    kind = Kind(name)
    if kind is Kind.MTA_STS:
        return Expected(kind, domain, f"_mta-sts.{domain}", "TXT", ())
    return Expected(kind, domain, f"{name}.{domain}", "CNAME", ())
