# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The manifest's file: canonical JSON, a value a line, ended by the SHA-256 of all before and its signature."""

from __future__ import annotations

import base64
import binascii
import contextlib
import filecmp
import hashlib
import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from .signature import Keys

# No line that is written here comes near: a name of a folder has a few hundred octets.
_LONGEST_LINE = 1 << 20


_UNSAFE = re.compile(r"[^A-Za-z0-9@_+=.-]")


def proof_path(folder: str, mailbox: str, ending: str) -> str:
    """Where a file of the proof of ``mailbox`` lies: readable, and no two addresses share one."""
    name = _UNSAFE.sub("_", mailbox.strip().lower())[:100].lstrip(".")
    mark = hashlib.sha256(mailbox.strip().lower().encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return os.path.join(folder, f"{name}-{mark}.{ending}")


@dataclass(frozen=True)
class Owner:
    """Whose manifest it is."""

    ticket: str
    mailbox: str


def write_manifest(path: str, lines: Iterable[Mapping[str, Any]], keys: Keys) -> None:
    """Write it line by line. The file is whole or as it was; of the same facts it has the same octets."""
    digest, count = hashlib.sha256(), 0
    with _replacing(path) as file:
        for line in lines:
            text = _canonical(line)
            file.write(text)
            digest.update(text)
            count += 1
        signature = keys.sign(digest.hexdigest().encode())
        signed = {"signature": base64.b64encode(signature).decode()} if signature else {}
        file.write(_canonical({"kind": "end", "lines": count, "sha256": digest.hexdigest(), **signed}))


def write_text(path: str, text: str) -> None:
    """Write a page; the file is whole or as it was."""
    with _replacing(path) as file:
        file.write(text.encode("utf-8", "backslashreplace"))


def manifest_fault(path: str, owner: Owner, keys: Keys) -> str:
    """What is wrong with the manifest at ``path``, as the end of a sentence on it; empty when nothing is.

    One that is not there has no fault. Without a public key no signature is checked.
    """
    try:
        with open(path, "rb") as file:
            return _fault(_lines(file), owner, keys)
    except FileNotFoundError:
        return ""
    except OSError as error:
        return f"cannot be read: {error.strerror}"


def _fault(lines: Iterator[bytes], owner: Owner, keys: Keys) -> str:
    digest, count = hashlib.sha256(), 0
    head: dict[str, Any] = {}
    last = b""
    for line in lines:
        if count == 1:
            head = _parsed(last)
        if count:
            digest.update(last)
        last = line
        count += 1
    end, head = _parsed(last), head or _parsed(last)
    if head.get("kind") != "manifest":
        return "does not begin as a manifest does: it was changed, or is another file"
    if (head.get("ticket"), head.get("mailbox")) != (owner.ticket, owner.mailbox):
        return f"is that of {head.get('mailbox')!r}, ticket {head.get('ticket')!r}: it was exchanged"
    if end.get("kind") != "end" or not last.endswith(b"\n"):
        return f"is cut off: it has no end after {count} lines"
    if end.get("lines") != count - 1:
        return f"has {count - 1} lines before its end, which names {end.get('lines')}: lines were removed or added"
    if end.get("sha256") != digest.hexdigest():
        return f"was changed: its SHA-256 is {digest.hexdigest()}, and its end says {end.get('sha256')}"
    return _signature_fault(end, digest.hexdigest(), keys)


def _signature_fault(end: Mapping[str, Any], digest: str, keys: Keys) -> str:
    if keys.public is None:
        return ""
    if "signature" not in end:
        return "is not signed, and a key is given: it was changed, or written before there was a key"
    try:
        signature = base64.b64decode(str(end["signature"]), validate=True)
    except binascii.Error:
        signature = b""
    return "" if keys.is_signed(digest.encode(), signature) else "has a signature that is not of the given key"


def _lines(file: Any) -> Iterator[bytes]:
    while line := file.readline(_LONGEST_LINE):
        yield line


def _parsed(line: bytes) -> dict[str, Any]:
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _canonical(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, sort_keys=True, separators=(",", ":")).encode("ascii") + b"\n"


@contextlib.contextmanager
def _replacing(path: str) -> Iterator[Any]:
    """A new file that takes the place of ``path`` at the end, unless both are the same."""
    fresh = f"{path}.new"
    os.makedirs(os.path.dirname(path), mode=0o700, exist_ok=True)
    with contextlib.suppress(FileNotFoundError):
        os.unlink(fresh)
    with open(os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
    if os.path.exists(path) and filecmp.cmp(fresh, path, shallow=False):
        os.unlink(fresh)
    else:
        os.replace(fresh, path)
