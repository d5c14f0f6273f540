# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""mailcow's rows as values, steps as its requests, and what it has no way to take.

Source: mailcow's OpenAPI description and how its interface treats the fields (2024 and later).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import PlatformError
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Failure
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Alias,
    Create,
    Domain,
    Mailbox,
    Remove,
    Step,
    Update,
)

MIB = 1024 * 1024
# What mailcow shows of a password is this much; a given one therefore always differs.
HIDDEN = "hidden by mailcow"
_LIMITS = ("max_mailboxes", "max_aliases", "max_mailbox_quota_mb", "quota_mb")
_FIELDS: Mapping[str, str] = {
    "description": "description",
    "active": "active",
    "max_mailboxes": "mailboxes",
    "max_aliases": "aliases",
    "max_mailbox_quota_mb": "maxquota",
    "quota_mb": "quota",
    "backup_mx": "backupmx",
}
Request = tuple[str, object]


def domain_of(row: Mapping[str, Any]) -> Domain:
    """A row of ``get/domain/all``. mailcow's limit 0 is none at all; an empty description becomes the name there."""
    name = str(row["domain_name"])
    return Domain(
        name,
        description="" if row["description"] in (None, name) else str(row["description"]),
        active=int(row["active"]) == 1,
        max_mailboxes=int(row["max_num_mboxes_for_domain"]) or -1,
        max_aliases=int(row["max_num_aliases_for_domain"]) or -1,
        max_mailbox_quota_mb=int(row["max_quota_for_mbox"]) // MIB or -1,
        quota_mb=int(row["max_quota_for_domain"]) // MIB or -1,
        backup_mx=int(row["backupmx"]) == 1,
    )


def mailbox_of(row: Mapping[str, Any]) -> Mailbox:
    """A row of ``get/mailbox/all``. State 2, mail comes in and nobody can log in, is not active."""
    return Mailbox(
        str(row["username"]),
        name=str(row["name"] or ""),
        quota_bytes=int(row["quota"]),
        active=int(row["active"]) == 1,
        password_hash=HIDDEN,
    )


def alias_of(row: Mapping[str, Any]) -> Alias:
    """A row of ``get/alias/all``."""
    targets = tuple(target.strip() for target in str(row["goto"]).split(",") if target.strip())
    return Alias(str(row["address"]), targets, active=int(row["active"]) == 1)


def request_for(step: Step, alias_id: int | None) -> Request:
    """The path and the body that carry out ``step``; ``alias_id`` is mailcow's number of an alias that exists."""
    item = step.item
    if isinstance(item, Domain):
        return _request("domain", step, item.name, {"domain": item.name, **_RELAYS_NOTHING}, _domain_fields)
    if isinstance(item, Mailbox):
        local_part, _at, domain = item.address.rpartition("@")
        own = {"local_part": local_part, "domain": domain, "authsource": "mailcow"}
        return _request("mailbox", step, item.address, own, _mailbox_fields)
    if isinstance(item, Alias):
        return _request("alias", step, str(alias_id), {"address": item.address}, _alias_fields)
    raise PlatformError(f"mailcow takes no {type(item).__name__}", where=item.key, remedy="Use another driver")


_RELAYS_NOTHING = {"relay_all_recipients": "0", "relay_unknown_only": "0"}


def _request(kind: str, step: Step, identity: str, own: Mapping[str, str], fields: Any) -> Request:
    if isinstance(step, Remove):
        return f"delete/{kind}", [identity]
    if isinstance(step, Update):
        return f"edit/{kind}", {"items": [identity], "attr": dict(fields(step.item, dict(step.changes)))}
    added = dict(fields(step.item, vars(step.item)))
    if isinstance(step.item, Domain):
        # The size that the web interface's form suggests; its own default may be above the largest size allowed.
        added["defquota"] = added["maxquota"]
    return f"add/{kind}", {**own, **added}


def _domain_fields(domain: Domain, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for attribute, value in given.items():
        if attribute == "description":
            yield "description", value or domain.name
        elif attribute in _FIELDS:
            yield _FIELDS[attribute], str(max(int(value), 0))


def _mailbox_fields(mailbox: Mailbox, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for attribute, value in given.items():
        if attribute == "quota_bytes":
            yield "quota", str(value // MIB)
        elif attribute == "password_hash":
            yield from (("password", value), ("password2", value))
        elif attribute == "name":
            yield "name", value
        elif attribute == "active":
            yield "active", str(int(value))


def _alias_fields(alias: Alias, given: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    if "targets" in given:
        yield "goto", ",".join(given["targets"])
    if "active" in given:
        yield "active", str(int(given["active"]))


def refusal(step: Step) -> Failure | None:
    """The finding about a planned step that mailcow would refuse, leave out or change silently."""
    item = step.item
    given: Mapping[str, Any] = {} if isinstance(step, Remove) else vars(item)
    given = dict(step.changes) if isinstance(step, Update) else given
    if isinstance(item, Domain):
        return next(_limit_problems(item, given, isinstance(step, Create)), None)
    if isinstance(item, Mailbox):
        return next(_mailbox_problems(item, given, isinstance(step, Create)), None)
    if isinstance(item, Alias) and any(target.lower() == item.key for target in given.get("targets", ())):
        return Failure(item.key, "would lead to itself, which mailcow refuses", "Take the address out of its targets")
    return None


def _limit_problems(domain: Domain, given: Mapping[str, Any], new: bool) -> Iterator[Failure]:
    unlimited = [name for name in _LIMITS if given.get(name) == 0]
    if unlimited:
        yield Failure(
            domain.name,
            f"would have no limit by {', '.join(unlimited)}, and mailcow knows no unlimited",
            "Give each of these options a number, or create the domain in mailcow",
        )
    never = ("max_mailbox_quota_mb", "quota_mb") if new else _LIMITS[1:]
    none = [name for name in never if given.get(name, 0) < 0]
    if none:
        yield Failure(domain.name, f"would have {', '.join(none)} of none, which mailcow ignores", "Give a number")


def _mailbox_problems(mailbox: Mailbox, given: Mapping[str, Any], new: bool) -> Iterator[Failure]:
    if given.get("password_hash"):
        yield Failure(
            mailbox.address, "has password_hash, and mailcow makes its hashes itself", "Give password instead"
        )
    if given.get("quota_bytes", 0) % MIB:
        yield Failure(
            mailbox.address, f"has a quota of {given['quota_bytes']} bytes, and mailcow counts whole MiB", "Round it"
        )
    name = given.get("name", mailbox.name)
    if name == "" and not new:
        yield Failure(mailbox.address, "would lose its name, which mailcow ignores", "Leave the name out, or give one")
    if name.startswith("<") or name.endswith(">"):
        yield Failure(mailbox.address, "has a name within < and >, which mailcow takes off", "Give the name without")
