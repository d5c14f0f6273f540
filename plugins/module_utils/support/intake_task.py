# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Take a customer's attachments into the ticket's folder: read, sort, write what is not there yet."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from ..core.errors import ConfigurationError
from ..core.report_text import count, listing, printable, size
from ..ticket.columns import MAILBOXES
from ..ticket.intake import LARGEST, Attachment, Sorted, domains_in, sort_attachments
from ..ticket.settings import FILE as SETTINGS_FILE
from ..ticket.ticket import check_ticket_id

MOST_FILES = 2000
_DEEPEST = 6

_SETTINGS = """\
# Ticket {ticket}: complete this, and run preflight.yml -e ticket={ticket}. All keys: docs/ticket.md.
domains: [{domains}]

# Where mailboxes lie whose row names no server. A preset (gmail, microsoft365, ionos, …) knows host, login and limits.
# source:
#   imap_server: imap.old.example
#   preset: gmail

# include_trash: true              # only when the customer asks for it
timezone: UTC                      # the customer's, such as Europe/Berlin
language: en                       # of all that the customer reads: en, de

# When runs may write; "requested" is when the customer asked for it (24 hours before, 48 before a weekend).
# window: {{start: "22:00", end: "06:00", days: [friday, saturday], requested: "2027-03-25 09:15"}}
"""


def intake_spec() -> dict[str, Any]:
    """The argument spec of ``ticket_intake``."""
    return {
        "ticket": {"type": "str", "required": True},
        "tickets_dir": {"type": "path", "required": True},
        "source": {"type": "path", "required": True},
    }


def run_intake(params: Mapping[str, Any], *, check: bool) -> dict[str, Any]:
    """Sort the files of ``source`` into the ticket's folder. Nothing that is there is overwritten."""
    try:
        ticket = check_ticket_id(params["ticket"])
        source = os.path.abspath(os.path.expanduser(params["source"]))
        folder = os.path.join(os.path.abspath(os.path.expanduser(params["tickets_dir"])), ticket)
        return _take_in(ticket, source, folder, check=check)
    except ConfigurationError as problem:
        return {"changed": False, "failed": True, "msg": problem.text()}
    except OSError as error:
        where = f" ({error.filename})" if error.filename else ""
        return {"changed": False, "failed": True, "msg": f"{error.strerror or error}{where}"}


def _take_in(ticket: str, source: str, folder: str, *, check: bool) -> dict[str, Any]:
    if not os.path.isdir(source):
        raise ConfigurationError(
            f"{source} is no folder", where="from", remedy="Save the customer's attachments into a folder and name that"
        )
    if folder == source or source.startswith(folder + os.sep) or folder.startswith(source + os.sep):
        raise ConfigurationError(
            f"{source} and the ticket's folder {folder} lie in one another", where="from", remedy="Name another folder"
        )
    attachments = list(_attachments(source))
    places = sort_attachments(attachments)
    contents = {attachment.path: attachment.data for attachment in attachments}
    wanted = {place.target: contents[place.path] for place in places if place.target}
    domains = domains_in({name: _known(folder, name) or data for name, data in wanted.items()})
    settings = _SETTINGS.format(ticket=ticket, domains=", ".join(domains))
    there = {target: _known(folder, target) for target in wanted}
    written = sorted(target for target, known in there.items() if known is None)
    places = [_against(place, contents[place.path], there.get(place.target)) for place in places]
    if _known(folder, SETTINGS_FILE) is None:
        wanted[SETTINGS_FILE] = settings.encode()
        written.append(SETTINGS_FILE)
    if not check:
        for target in written:
            _write(folder, target, wanted[target])
    return _result(folder, places, written, domains, there)


def _attachments(source: str) -> Iterator[Attachment]:
    """All files below the folder; of what is no ordinary file, or too large, why it was not read."""
    for number, (path, entry) in enumerate(_below(source, "", 0), 1):
        if number > MOST_FILES:
            text = f"the folder holds more than {MOST_FILES} files"
            raise ConfigurationError(text, where=source, remedy="Leave only the customer's files")
        yield _read(path, entry)


def _below(folder: str, prefix: str, depth: int) -> Iterator[tuple[str, os.DirEntry[str]]]:
    with os.scandir(folder) as entries:
        found = sorted(entries, key=lambda entry: entry.name)
    for entry in found:
        path = f"{prefix}{entry.name}"
        if entry.is_dir(follow_symlinks=False) and depth < _DEEPEST:
            yield from _below(entry.path, f"{path}/", depth + 1)
        else:
            yield path, entry


def _read(path: str, entry: os.DirEntry[str]) -> Attachment:
    """Neither a link nor a device nor a pipe is opened: a link could lead to any file of this machine."""
    if entry.is_symlink():
        return Attachment(path, unread="it is a link, which is not followed")
    if entry.is_dir(follow_symlinks=False):
        reason = f"it is a folder below the {_DEEPEST}th level, which is not looked into"
        return Attachment(path, unread=reason, remedy="Move its files up, if they are needed")
    if not entry.is_file(follow_symlinks=False):
        return Attachment(path, unread="it is no ordinary file")
    descriptor = os.open(entry.path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(descriptor, "rb") as file:
        state = os.fstat(descriptor)
        if not stat.S_ISREG(state.st_mode):
            return Attachment(path, unread="it is no ordinary file")
        if state.st_size > LARGEST:
            reason = f"it has {size(state.st_size)}, more than a table or contacts have"
            return Attachment(
                path, unread=reason, remedy="See what it is; what is needed of it goes into a smaller file"
            )
        return Attachment(path, file.read(LARGEST))


def _known(folder: str, target: str) -> bytes | None:
    """What stands there already; empty for what is no readable file, which is not overwritten either."""
    path = os.path.join(folder, target)
    if not os.path.lexists(path):
        return None
    if os.path.islink(path) or not os.path.isfile(path):
        return b""
    with open(path, "rb") as file:
        return file.read(LARGEST + 1)


def _against(place: Sorted, data: bytes, known: bytes | None) -> Sorted:
    if not place.target or known is None or known == data:
        return place
    return Sorted(
        place.path,
        reason=f"{place.target} is in the ticket's folder already, with other content",
        remedy="Compare both, and bring them together there by hand; nothing is overwritten",
    )


def _write(folder: str, target: str, data: bytes) -> None:
    """Write a file that is there whole or not at all, for its owner alone, and never in another one's place."""
    path = os.path.join(folder, target)
    _make_folders(folder, os.path.dirname(target))
    descriptor, temporary = tempfile.mkstemp(prefix=".intake-", dir=os.path.dirname(path))
    try:
        with open(descriptor, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(descriptor)
        os.link(temporary, path)
    finally:
        with contextlib.suppress(FileNotFoundError):
            os.unlink(temporary)


def _make_folders(folder: str, below: str) -> None:
    """Each level for its owner alone, which ``os.makedirs`` does for the last one only."""
    os.makedirs(os.path.dirname(folder), exist_ok=True)
    path = folder
    for level in ("", *filter(None, below.split("/"))):
        path = os.path.join(path, level) if level else path
        with contextlib.suppress(FileExistsError):
            os.mkdir(path, 0o700)


def _result(
    folder: str, places: list[Sorted], written: list[str], domains: list[str], there: Mapping[str, bytes | None]
) -> dict[str, Any]:
    left = [asdict(place) for place in places if not place.target]
    taken = [{"from": place.path, "to": place.target, "note": place.note} for place in places if place.target]
    return {
        "changed": bool(written),
        "ticket_dir": folder,
        "taken": taken,
        "left": [{name: item[name] for name in ("path", "reason", "remedy")} for item in left],
        "written": written,
        "domains": domains,
        "has_mailboxes": MAILBOXES.name in written or there.get(MAILBOXES.name) is not None or _is_there(folder),
        "lines": _lines(taken, left, written, domains),
    }


def _is_there(folder: str) -> bool:
    return os.path.isfile(os.path.join(folder, MAILBOXES.name))


def _lines(
    taken: list[dict[str, str]], left: list[dict[str, Any]], written: list[str], domains: list[str]
) -> list[str]:
    new = set(written)
    lines = [
        f"'{printable(item['from'])}' is {item['to']}{'' if item['to'] in new else ', which is there already'}"
        + (f"; {item['note']}" if item["note"] else "")
        for item in taken
    ]
    lines += [f"'{printable(item['path'])}' was left: {item['reason']}. {item['remedy']}." for item in left]
    if SETTINGS_FILE in new:
        lines.append(
            f"{SETTINGS_FILE} is a new one: see that its domains are all this customer's"
            f" ({listing(domains) or 'none'}), and complete it (source server, time zone, language, window)."
        )
    return [*lines, f"{count(len(taken), 'file')} taken, {len(left):,} left."]
