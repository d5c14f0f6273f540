# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What module and action plugin of ``dav_import`` share: import the files, make the result Ansible shows."""

from __future__ import annotations

import base64
import binascii
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from ..core.errors import ConfigurationError, MigrationError
from ..core.masking import mask
from ..core.report_text import count
from ..dav.dav_http import Login
from ..dav.discovery import Whereabouts
from ..dav.importer import ImportRequest, ImportResult, Place, import_files
from ..dav.values import Origin
from ..dns.lookup import Dns, name_server
from ..sync.supervise import Supervisor
from .endpoint_arguments import secret_file

LIBRARIES = ("requests", "lxml", "icalendar", "vobject")
FATES = ("created", "updated", "unchanged", "kept", "deleted", "superseded", "refused", "failed")


def dav_spec() -> dict[str, Any]:
    """The argument spec of ``dav_import``."""
    place = {"slug": {"type": "str", "required": True}, "name": {"type": "str"}}
    return {
        "mailbox": {"type": "str", "required": True},
        "files": {
            "type": "list",
            "elements": "dict",
            "required": True,
            "options": {
                "path": {"type": "path"},
                "content": {"type": "str", "no_log": True},
                "name": {"type": "str"},
            },
            "mutually_exclusive": [("path", "content")],
            "required_one_of": [("path", "content")],
            "required_by": {"content": ["name"]},
        },
        "destination": {
            "type": "dict",
            "required": True,
            "options": {
                "url": {"type": "str"},
                "domain": {"type": "str"},
                "principal": {"type": "str"},
                "username": {"type": "str", "required": True},
                "password": {"type": "str", "no_log": True},
                "password_file": {"type": "path", "no_log": False},
                "encryption": {"type": "str", "choices": ["tls", "none"], "default": "tls"},
                "ca_file": {"type": "path"},
                "timeout": {"type": "float", "default": 120.0},
            },
            "mutually_exclusive": [("password", "password_file")],
            "required_one_of": [("password", "password_file")],
        },
        "address_book": {"type": "dict", "options": place, "default": {"slug": "contacts", "name": "Contacts"}},
        "calendar": {"type": "dict", "options": place, "default": {"slug": "calendar", "name": "Calendar"}},
        "state_dir": {"type": "path", "required": True},
        "connections": {"type": "int", "default": 4},
        "nameservers": {"type": "list", "elements": "str", "default": []},
    }


def run_dav(params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Import what validated ``params`` name. ``failed`` and ``msg`` are set when something is left to be done."""
    try:
        request = dav_request(params, check=check)
    except MigrationError as error:
        return as_result(params["mailbox"], ImportResult(troubles=[error]), "")
    dns = Dns(tuple(map(name_server, params["nameservers"] or ())))
    with Supervisor() as supervisor:
        result = import_files(request, lambda name, kind: list(dns.resolve(name, kind).records),
                              stopped=supervisor.stopped)  # fmt: skip
    return as_result(request.mailbox, result, request.login.password)


def dav_request(params: Mapping[str, Any], *, check: bool) -> ImportRequest:
    """The request that validated ``params`` make. Raises :class:`ConfigurationError`."""
    given = params["destination"]
    mailbox = params["mailbox"].strip()
    domain = given["domain"] or mailbox.rpartition("@")[2]
    if not given["url"] and "." not in domain:
        raise ConfigurationError(
            "neither url nor a domain to look for servers is given", where="destination", remedy="Give url or domain"
        )
    password = given["password"]
    if password is None:
        password = secret_file(given["password_file"], "destination.password_file")
    ca_file = os.path.expanduser(given["ca_file"] or "")
    if ca_file and not os.path.isfile(ca_file):
        raise ConfigurationError(
            f"the CA file {ca_file} is not there", where="destination.ca_file", remedy="Name a file in PEM form"
        )
    return ImportRequest(
        mailbox=mailbox,
        files=_files(params["files"]),
        where=Whereabouts(given["url"] or "", domain, mailbox, given["principal"] or ""),
        login=Login(given["username"], password, ca_file, given["encryption"], given["timeout"]),
        state_dir=os.path.expanduser(params["state_dir"]),
        address_book=_place(params["address_book"]),
        calendar=_place(params["calendar"]),
        connections=max(1, min(16, params["connections"])),
        check=check,
    )


def _place(given: Mapping[str, Any]) -> Place:
    slug = given["slug"].strip("/")
    if not slug or "/" in slug:
        raise ConfigurationError(
            f"{given['slug']!r} is no name of a collection", remedy="Give one word, such as contacts"
        )
    return Place(slug, given.get("name") or slug)


def _files(given: Sequence[Mapping[str, Any]]) -> dict[str, bytes]:
    files: dict[str, bytes] = {}
    for each in given:
        name = each["name"] or each["path"]
        if name in files:
            raise ConfigurationError("is named twice among the files", where=name, remedy="Name each file once")
        files[name] = _octets(each, name)
    return files


def _octets(given: Mapping[str, Any], name: str) -> bytes:
    if given["content"] is not None:
        try:
            return base64.b64decode(given["content"], validate=True)
        except (binascii.Error, ValueError):
            raise ConfigurationError(
                "its content is not base64", where=name, remedy="Use the filter b64encode"
            ) from None
    try:
        with open(os.path.expanduser(given["path"]), "rb") as file:
            data = file.read()
    except OSError as error:
        raise ConfigurationError(
            f"it cannot be read ({error.strerror})", where=name, remedy="Correct the path or the file's rights"
        ) from None
    if data.startswith(b"$ANSIBLE_VAULT;"):
        raise ConfigurationError(
            "it is encrypted with ansible-vault", where=name,
            remedy="Give its decrypted octets as content: lookup('ansible.builtin.file', ...) | b64encode",
        )  # fmt: skip
    return data


# The result


def as_result(mailbox: str, result: ImportResult, secret: str) -> dict[str, Any]:
    """The documented return values."""
    files = _by_file(result)
    counts = Counter[str]()
    for row in files:
        counts.update({name: row[name] for name in ("entries", *FATES)})
    answer: dict[str, Any] = {
        "changed": result.changed,
        "counts": {name: counts[name] for name in ("entries", *FATES)},
        "files": files,
        "refused": _refused(result),
        "kept": [
            {**_place_of(origin), "reason": each.reason}
            for each in result.outcomes if each.fate in ("kept", "deleted") for origin in each.item.origins
        ],
        "notes": [{**_place_of(note.origin), "note": note.text} for note in result.notes],
        "failures": _failures(result, secret),
        "collections": [
            {"kind": "address_book" if kind == "carddav" else "calendar", "path": each.path, "name": each.name,
             "created": each.path in result.made}
            for kind, each in sorted(result.collections.items())
        ],
        "requests": result.requests,
        "warnings": _warnings(counts),
        "diff": _diff(mailbox, result, counts),
    }  # fmt: skip
    if answer["failures"]:
        answer["failed"] = True
        answer["msg"] = _message(mailbox, answer)
    return answer


def _by_file(result: ImportResult) -> list[dict[str, Any]]:
    """For each file how many entries it has and what became of them; the numbers add up."""
    fates: dict[str, Counter[str]] = {name: Counter() for name in result.entries}
    for outcome in result.outcomes:
        for origin in outcome.item.origins:
            fates.setdefault(origin.file, Counter())[str(outcome.fate)] += 1
    for origin in result.superseded:
        fates[origin.file]["superseded"] += 1
    for refusal in result.refusals:
        fates[refusal.origin.file]["refused"] += 1 if refusal.origin.number else 0
    return [
        {"file": name, "entries": result.entries.get(name, 0), **{fate: fates[name][fate] for fate in FATES}}
        for name in sorted(fates)
    ]


def _refused(result: ImportResult) -> list[dict[str, Any]]:
    rows = [{**_place_of(each.origin), "reason": each.reason, "remedy": each.remedy} for each in result.refusals]
    for outcome in result.outcomes:
        if outcome.fate == "refused":
            rows += [
                {**_place_of(origin), "reason": outcome.reason, "remedy": outcome.remedy}
                for origin in outcome.item.origins
            ]
    return sorted(rows, key=lambda row: (row["file"], row["entry"]))


def _failures(result: ImportResult, secret: str) -> list[dict[str, Any]]:
    """Troubles with the server first, as entries of no file; then entries that another run may bring in."""
    rows: list[dict[str, Any]] = []
    for error in dict.fromkeys(error.text() for error in result.troubles):
        found = next(each for each in result.troubles if each.text() == error)
        place = f"{found.where}: " if found.where else ""
        rows.append({"file": "", "entry": 0, "name": "", "reason": mask(f"{place}{found.what}", [secret]),
                     "remedy": mask(found.remedy, [secret])})  # fmt: skip
    told = {found.what for found in result.troubles}
    for outcome in result.outcomes:
        if outcome.fate == "failed" and outcome.reason not in told:
            rows += [
                {**_place_of(origin), "reason": outcome.reason, "remedy": outcome.remedy}
                for origin in outcome.item.origins
            ]
    return rows


def _place_of(origin: Origin) -> dict[str, Any]:
    return {"file": origin.file, "entry": origin.number, "name": origin.name[:120]}


def _warnings(counts: Mapping[str, int]) -> list[str]:
    refused = counts["refused"]
    return [f"{count(refused, 'entry', 'entries')} cannot be imported as they are (see refused)"] if refused else []


def _message(mailbox: str, answer: Mapping[str, Any]) -> str:
    first, counts = answer["failures"][0], answer["counts"]
    place = f"{first['file']}, entry {first['entry']}: " if first["file"] else ""
    remedy = f". {first['remedy']}" if first["remedy"] else ""
    more = f" (and {len(answer['failures']) - 1} more, see failures)" if len(answer["failures"]) > 1 else ""
    done = counts["created"] + counts["updated"]
    written = f"{count(done, 'entry', 'entries')} written, {counts['failed']:,} left"
    return f"{mailbox}: {place}{first['reason']}{remedy}{more}. {written}"


def _diff(mailbox: str, result: ImportResult, counts: Mapping[str, int]) -> dict[str, str]:
    """Numbers by collection, and nothing of what is in the entries."""
    before, after = [], []
    for path in result.made:
        before.append(f"{path}: absent")
        after.append(f"{path}: present")
    for fate in ("created", "updated"):
        if counts[fate]:
            before.append(f"entries {fate}: 0")
            after.append(f"entries {fate}: {counts[fate]}")
    header = f"{mailbox}, contacts and calendars"
    return {
        "before_header": header,
        "after_header": header,
        "before": "".join(f"{line}\n" for line in before),
        "after": "".join(f"{line}\n" for line in after),
    }
