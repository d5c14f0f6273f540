# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a preflight found, put together for programs: ``preflight.json``; docs/preflight.schema.json describes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from .report_text import size

# It grows when a key is renamed, removed or means another thing.
SCHEMA = 1
_MEBIBYTE = 1024 * 1024
_LOGIN = {"ok": False, "error": "", "reason": "", "remedy": ""}
_COPIED = ("folders", "excluded", "warnings", "message_limit", "too_large", "too_large_count", "speed", "sample")
_EMPTY: Mapping[str, Any] = {"message_limit": 0, "too_large_count": 0, "speed": {}, "sample": {}}


def preflight_data(
    ticket: str,
    mailboxes: Sequence[Mapping[str, Any]],
    *,
    findings: Sequence[Mapping[str, Any]] = (),
    platform: Mapping[str, Any] | None = None,
    dns: Sequence[Mapping[str, Any]] = (),
    window: Mapping[str, Any] | None = None,
    estimate: Mapping[str, Any] | None = None,
    quotas: Mapping[str, int | None] | None = None,
    made: str = "",
) -> dict[str, Any]:
    """All of it, in plain types.

    :param mailboxes: each with ``host``, ``mailbox``, ``source`` (no secrets) and ``result``, which is what
        ``imap_preflight_info`` returned; empty where it was not asked.
    :param quotas: of ``users.csv``, in MiB, by address; None and 0 are no limit.
    """
    created = {address.lower(): limit for address, limit in (quotas or {}).items()}
    rows = [_mailbox(item, created, platform or {}) for item in mailboxes]
    errors = [finding for finding in findings if finding["level"] == "error"]
    problems = list((platform or {}).get("problems", ()))
    return {
        "schema": SCHEMA,
        "ticket": ticket,
        "made": made,
        "good": not errors and not problems and all(row["good"] for row in rows),
        "totals": _totals(rows, findings),
        "estimate": dict(estimate or {}),
        "window": dict(window or {}),
        "findings": [dict(finding) for finding in findings],
        "platform": {
            "problems": problems,
            "unchecked_rows": (platform or {}).get("unchecked_rows", 0),
            **_planned(platform or {}),
        },
        "dns": [dict(domain) for domain in dns],
        "mailboxes": rows,
    }


def _mailbox(item: Mapping[str, Any], quotas: Mapping[str, int | None], platform: Mapping[str, Any]) -> dict[str, Any]:
    result = item["result"]
    counts = result.get("counts") or {}
    problems = [{key: each[key] for key in ("reason", "remedy")} for each in result.get("failures", ())]
    if not result.get("destination_found", True):
        problems += _not_there(item["mailbox"], counts.get("bytes", 0), quotas, platform)
    if not counts and not problems:
        problems = [_not_looked_at(str(result.get("msg") or ""))]
    space = result.get("space") or {}
    found = result.get("destination_found", True)
    return {
        "host": item["host"],
        "mailbox": item["mailbox"],
        "source": dict(item["source"]),
        "good": not problems,
        "looked_at": bool(counts),
        "problems": problems,
        "logins": result.get("logins") or {"source": dict(_LOGIN), "destination": dict(_LOGIN)},
        "destination_found": found,
        "absent": not found and item["mailbox"].lower() not in quotas,
        "messages": counts.get("copied", 0),
        "bytes": counts.get("bytes", 0),
        "already_there": counts.get("already_there", 0),
        "label_messages": space.get("label_messages", 0),
        "label_bytes": space.get("label_octets", 0),
        "excluded_messages": counts.get("excluded", 0),
        "excluded_bytes": sum(folder["size"] for folder in result.get("excluded", ())),
        **{name: result.get(name, _EMPTY.get(name, [])) for name in _COPIED},
        "quota": result.get("quota") or _room(quotas.get(item["mailbox"].lower())),
    }


def _not_looked_at(failed: str) -> dict[str, str]:
    if failed:
        return {"reason": failed, "remedy": "Mend that and run preflight.yml again"}
    return {"reason": "it was not looked at in this run", "remedy": "Run preflight.yml without --limit"}


def _not_there(
    mailbox: str, needed: int, quotas: Mapping[str, int | None], platform: Mapping[str, Any]
) -> list[dict[str, str]]:
    """What stands in the way of a mailbox that the destination does not open."""
    address = mailbox.lower()
    if address not in quotas:
        return [
            {
                "reason": "the destination has no such mailbox, or refuses the master login for it",
                "remedy": "Create it in the admin panel or add it to users.csv",
            }
        ]
    if address in map(str.lower, platform.get("awaiting", ())):
        remedy = "Add the domain there, then run again"
        return [{"reason": "its domain is not on the platform yet", "remedy": remedy}]
    if address in map(str.lower, platform.get("failed_items", ())):
        remedy = "Mend that and run again"
        return [{"reason": "its mailbox cannot be created (see the platform's part)", "remedy": remedy}]
    room = _room(quotas[address])
    if room is None or needed <= room["limit"]:
        return []
    return [
        {
            "reason": f"users.csv gives it {size(room['limit'])}, and {size(needed)} are to be copied",
            "remedy": "Write a larger quota_mb into users.csv, or leave folders out",
        }
    ]


def _room(quota_mb: int | None) -> dict[str, int] | None:
    """The quota that a mailbox will have, as an empty one tells it."""
    return {"used": 0, "limit": quota_mb * _MEBIBYTE, "messages": 0, "message_limit": 0} if quota_mb else None


def _totals(rows: Sequence[Mapping[str, Any]], findings: Sequence[Mapping[str, Any]]) -> dict[str, int]:
    added = (
        "messages",
        "bytes",
        "already_there",
        "label_messages",
        "label_bytes",
        "excluded_messages",
        "excluded_bytes",
        "too_large_count",
    )
    return {
        "mailboxes": len(rows),
        "bad": sum(not row["good"] for row in rows),
        "not_looked_at": sum(not row["looked_at"] for row in rows),
        "folders": sum(len(row["folders"]) for row in rows),
        **{name: sum(row[name] for row in rows) for name in added},
        "errors": sum(finding["level"] == "error" for finding in findings),
        "warnings": sum(finding["level"] == "warning" for finding in findings),
    }


def _planned(platform: Mapping[str, Any]) -> dict[str, list[str]]:
    names = ("created_domains", "created", "updated", "aliases", "forwards", "lists", "missing_domains", "refused_rows")
    return {name: list(platform.get(name, ())) for name in names}


def is_renamed(folder: Mapping[str, Any]) -> bool:
    """Whether a folder of the data gets another name than its own with the destination's separator."""
    return bool(folder["notes"])
