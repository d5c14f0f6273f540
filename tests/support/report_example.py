# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Material for reports: a ticket of any size, in which every kind of exception is met."""

from __future__ import annotations

import random
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.report.material import (
    Account,
    FolderCount,
    JournalFacts,
    Material,
    Step,
)
from ansible_collections.mailops.migration.plugins.module_utils.report.results import (
    archive_told,
    contacts_told,
    sync_told,
    verify_told,
)

NOW = 1_793_000_000.0
COUNTS = ("copied", "bytes", "flags_updated", "already_there", "matched", "moved", "held", "excluded", "failed",
          "refused", "left")  # fmt: skip
STAND = {
    "domain": "example.com",
    "phase": "final",
    "why": "its MX records name our servers since 2026-10-26 07:00:00 UTC",
    "next": "Run the same command again after 2026-10-26 08:33:20 UTC, when the old records have run out.",
    "mx": "ours",
    "mx_text": "names our servers",
    "mx_hosts": ["mx.platform.example"],
    "mx_ttl": 3600,
    "resolver_text": "says that it names our servers",
    "old_end": NOW + 3600,
    "closed": None,
    "mailboxes": 2,
    "behind": 0,
    "passes": "2 complete ones of 2",
    "overrides": [],
}
SWITCH = {"domain": "example.com", "enabled": True, "exists": True, "expires": 0, "old_mx": "", "missing": [],
          "expected": 2, "queued": 0, "reason": "", "ticket": "123"}  # fmt: skip


def folder(source: str, destination: str = "", **counts: int) -> dict[str, Any]:
    """A folder as imap_sync returns it."""
    role = {"INBOX": "inbox", "Sent": "sent"}.get(source, "")
    named = {"source": source, "destination": destination or source, "role": role, "notes": []}
    return {**named, **dict.fromkeys(COUNTS, 0), **counts}


def sync_result(*folders: dict[str, Any], **more: Any) -> dict[str, Any]:
    """A result of imap_sync."""
    sums = {name: sum(each[name] for each in folders) for name in COUNTS}
    counts = {"folders": len(folders), **sums, "accepted": more.pop("accepted", 0), "recovered": 0}
    result = {"counts": counts, "folders": list(folders), "excluded": [], "failures": [], "complete": True}
    return {**result, **more}


def failure(reason: str, kind: str = "failed", place: str = "", uid: int = 0, remedy: str = "") -> dict[str, Any]:
    """A failure as imap_sync returns it."""
    return {"folder": place, "uid": uid, "kind": kind, "reason": reason, "remedy": remedy, "digest": ""}


def verify_result(*folders: tuple[str, int, int], **more: Any) -> dict[str, Any]:
    """A result of mailbox_compare_info."""
    proof = {
        "depth": "full",
        "messages": sum(number for _name, number, _here in folders),
        "here": sum(here for _name, _number, here in folders),
        "causes": {},
        "folders": [{"source": name, "destination": name, "messages": n, "here": h} for name, n, h in folders],
        "excluded": [],
        "archived": [],
        "moved": 0,
        "marked_deleted": 0,
        "signed": True,
        "fault": "",
    }
    return {"passed": True, "counts": {}, "differences": [], "proof": {**proof, **more.pop("proof", {})}, **more}


def dav_result(name: str, created: int = 0, unchanged: int = 0, **more: Any) -> dict[str, Any]:
    """A result of dav_import over one file of contacts and one of a calendar, alike in number."""
    zero = dict.fromkeys(("updated", "kept", "deleted", "superseded", "refused", "failed"), 0)
    each = {**zero, "created": created, "unchanged": unchanged, "refused": len(more.get("refused", ()))}
    each["entries"] = sum(each.values())
    files = [{"file": f"contacts/{name}.vcf", **each}, {"file": f"calendars/{name}.ics", **each, "refused": 0}]
    files[1]["entries"] -= each["refused"]
    counts = {key: sum(file[key] for file in files) for key in each}
    return {"counts": counts, "files": files, "refused": [], "failures": [], "kept": [], **more}


def entry(file: str, number: int, name: str, reason: str) -> dict[str, Any]:
    """An entry that dav_import tells of."""
    return {"file": file, "entry": number, "name": name, "reason": reason, "remedy": "Enter it by hand"}


def material(sync: dict[str, Any] | None = None, **more: Any) -> Material:
    """Material of results by mailbox; every mailbox comes from ``imap.old.example``."""
    steps = {"sync": sync or {}, "verify": more.pop("verify", {}), "archive": more.pop("archive", {})}
    reduce = {"sync": sync_told, "verify": verify_told, "archive": archive_told}
    contacts = {name: Step(NOW - 60, contacts_told(found, planned=False))
                for name, found in more.pop("contacts", {}).items()}  # fmt: skip
    names = more.pop("mailboxes", None) or sorted({name for found in steps.values() for name in found})
    return Material(
        **{
            "ticket": "123",
            "made": NOW,
            "timezone": "Europe/Berlin",
            "phase": "final",
            "accounts": [Account(name, name, "imap.old.example") for name in names],
            "steps": {
                step: {name: Step(NOW - 60, reduce[step](result)) for name, result in found.items()}
                for step, found in steps.items()
            },
            "stands": [STAND],
            "switches": [SWITCH],
            "contacts": contacts,
            **more,
        }
    )


_NAMES = ("INBOX", "Sent", "Drafts", "Rechnungen", "Kunden/Österreich", "Projekte/Umbau", "Newsletter", "Familie",
          "Reisen", "Verein", "Bewerbungen", "Archiv")  # fmt: skip
_REFUSED = "the destination refuses it: [TOOBIG] Message of 52,428,800 octets is too large"


def large(mailboxes: int, folders: int, seed: int = 1) -> Material:
    """A ticket in the middle of its final phase: most are proved, some failed, were left or wait."""
    chance = random.Random(seed)
    domains = ("kanzlei-berger.example", "hof-lindenau.example", "berger-bau.example")
    sync: dict[str, Any] = {}
    verify: dict[str, Any] = {}
    archive: dict[str, Any] = {}
    journals: dict[str, JournalFacts] = {}
    names = [f"person.{number:04d}@{domains[number % 3]}" for number in range(mailboxes)]
    for number, name in enumerate(names):
        if number % 97 == 96:
            continue
        sync[name], journals[name] = _mailbox(chance, number, folders)
        if sync[name]["complete"] and not sync[name]["failures"] and number % 3 != 2:
            verify[name] = verify_result(
                *((each["source"], each["copied"], each["copied"]) for each in sync[name]["folders"])
            )
            if number % 11 == 4:
                moves = [{"target": f"Archive.INBOX.{year}", "year": year, "messages": 9000 + number}
                         for year in (2022, 2023)]  # fmt: skip
                archive[name] = {"counts": {}, "complete": True, "folders": [{"folder": "INBOX", "moves": moves}]}
    phases = (("closed", "ours", "names our servers"), ("final", "ours", "names our servers"),
              ("first", "elsewhere", "names mx.old-provider.example"))  # fmt: skip
    nexts = ("", STAND["next"], 'Ask the customer to write "10 mx.platform.example" into DNS.')
    stands = [
        {**STAND, "domain": domain, "phase": phase, "mx": mx, "mx_text": text, "next": then,
         "resolver_text": f"says that it {text}", "mailboxes": sum(name.endswith(domain) for name in names),
         "mx_hosts": ["mx.old-provider.example"] if phase == "first" else STAND["mx_hosts"],
         "closed": NOW - 7200 if phase == "closed" else None}
        for domain, (phase, mx, text), then in zip(domains, phases, nexts, strict=True)
    ]  # fmt: skip
    switches = [
        {**SWITCH, "domain": domain, "enabled": phase != "first", "old_mx": "[mx.old-provider.example]:25",
         "expires": int(NOW) + 86400}
        for domain, (phase, _mx, _text) in zip(domains, phases, strict=True)
    ]  # fmt: skip
    runs = [
        {"started": NOW - day * 86400, "ended": NOW - day * 86400 + 5400, "phase": "first" if day > 1 else "final",
         "mailboxes": len(sync), "bad": day, "copied": 4_000 * day * day, "octets": 190_000_000 * day * day}
        for day in (4, 3, 2, 1)
    ]  # fmt: skip
    owners = {name: dav_result(name, 12, 3, refused=[entry(f"contacts/{name}.vcf", 7, "Müller", "its END is missing")])
              for name in names[::9]}  # fmt: skip
    return material(
        sync, contacts=owners, verify=verify, archive=archive, journals=journals, mailboxes=names, stands=stands,
        switches=switches, runs=runs,
        findings=["mailboxes.csv:17 (port): notice: 143 with TLS from the begin? Read as STARTTLS"],
        window_opens="2026-10-27 22:00 CET",
    )  # fmt: skip


def _mailbox(chance: random.Random, number: int, folders: int) -> tuple[dict[str, Any], JournalFacts]:
    names = [_NAMES[place] if place < len(_NAMES) else f"{_NAMES[3 + place % 9]}/{1980 + place}" for place in
             range(folders)]  # fmt: skip
    found = []
    for name in names:
        messages = int(chance.paretovariate(1.1) * 12)
        found.append(folder(name, copied=messages, bytes=messages * chance.randrange(8_000, 120_000)))
    minutes: dict[int, tuple[int, int]] = {}
    begin = int(NOW // 60) - 4 * 1440 + chance.randrange(0, 300)
    for each in found:
        minute = begin + chance.choice((0, 0, 0, 0, 1440, 2880)) + chance.randrange(0, 60)
        before = minutes.get(minute, (0, 0))
        minutes[minute] = (before[0] + each["copied"], before[1] + each["bytes"])
    counts = {each["source"]: FolderCount(each["copied"], each["bytes"], each["destination"]) for each in found}
    excluded = [{"source": "Trash", "reason": "it is the Trash folder (include_trash is false)", "messages": 57}]
    result = sync_result(*found, excluded=excluded)
    if number % 53 == 7:
        remedy = "Mend the reason and run again, or accept its loss"
        uids = range(40, 41 + number % 4)
        result = {**result, "failures": [failure(_REFUSED, "refused", "INBOX", uid, remedy) for uid in uids]}
        found[0]["refused"] = len(result["failures"])
    elif number % 71 == 9:
        reason = f"person.{number:04d} at imap.old.example:993: the source refuses the login: [AUTHENTICATIONFAILED]"
        return sync_result(failures=[failure(reason, remedy="Ask the customer for the present password")],
                           complete=False), JournalFacts({}, {})  # fmt: skip
    elif number % 41 == 3:
        found[-1]["left"] = 12 + number
        result = {**result, "complete": False}
    return result, JournalFacts(counts, minutes, NOW - 600, result["complete"])
