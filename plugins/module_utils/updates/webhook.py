# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The driver ``webhook``: any ticket system with an interface over HTTPS, by a description of its requests.

Names in braces (``{comment}``) stand for values. They are put into the texts of a structure that is written as JSON or
as a form afterwards, so that no value can become anything but text; a value is never looked at for further names.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import Any
from urllib.parse import quote, urlencode, urlsplit
from uuid import UUID, uuid5

from ..core.errors import ConfigurationError
from ..core.masking import mask
from ..core.report_text import printable
from .attachment import Attachment, read_attachment
from .https import Https, Request, checked_url
from .values import NotTaken, Step, Update

NAMES = ("comment", "status", "ticket", "reference", "key", "public", "internal", "visibility")
FILE_NAMES = ("attachment_name", "attachment_type", "attachment_base64")
CASES = ("comment", "public_comment", "internal_comment", "status", "attachment", "always")
_NAME = re.compile(r"\{(" + "|".join((*NAMES, *FILE_NAMES)) + r")\}")
_KEYS = UUID("0d2c7c64-5f0f-5d0e-8f4e-6d61696c6f70")
_TAKEN = range(200, 300)
_REMEDIES = {
    401: "Check the secrets in headers",
    403: "Check the secrets in headers, and what they may do",
    404: "Check the address, and ticket_system.reference in ticket.yml",
    429: "It asks to slow down; the next run sends it",
}
_EVERYBODY = {401, 403, 429, 502, 503, 504}
Values = Mapping[str, Any]


@dataclass(frozen=True)
class Hook:
    """A request as the operator describes it. ``case`` says for which updates, ``attachment``: for each file."""

    name: str
    case: str
    method: str
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body_format: str
    body: Any
    repeatable: bool = False


@dataclass(frozen=True)
class WebhookDriver:
    """``secrets`` are taken out of whatever an answer repeats."""

    hooks: tuple[Hook, ...]
    https: Https
    secrets: tuple[str, ...] = field(default=(), repr=False)

    def steps(self, update: Update) -> Sequence[Step]:
        """The requests that this update is for."""
        needed = {name for hook in self.hooks for name in _NAME.findall(hook.url)}
        if "reference" in needed and not update.reference:
            raise NotTaken(
                "the ticket's number is not known",
                where=update.ticket,
                remedy="Write ticket_system.reference in ticket.yml",
            )
        found: list[Step] = []
        for hook in self.hooks:
            if hook.case == "attachment":
                found += [self._step(hook, update, (path,), f" {path}") for path in update.attachments]
            elif _is_for(hook, update):
                found.append(self._step(hook, update, update.attachments, ""))
        return found

    def _step(self, hook: Hook, update: Update, paths: Sequence[str], suffix: str) -> Step:
        parts = urlsplit(_url(hook, _values(update)))
        shown = f"{hook.method} https://{parts.netloc}{parts.path}"
        return Step(hook.name + suffix, shown, partial(self._send, hook, update, paths, suffix), hook.repeatable)

    def _send(self, hook: Hook, update: Update, paths: Sequence[str], suffix: str) -> None:
        files = [read_attachment(path) for path in paths] if _names_files(hook) else []
        values = _values(update) | (_of_file(files[0]) if files else {})
        kind, body = _FORMATS[hook.body_format](hook, values, files)
        name = f"{update.ticket}/{update.key}/{hook.name}{suffix}"
        headers = {
            "Content-Type": kind,
            "Idempotency-Key": str(uuid5(_KEYS, name)),
            **{header: _line(_filled(text, values)) for header, text in hook.headers.items()},
        }
        answer = self.https.send(Request(hook.method, _url(hook, values), headers, body))
        if answer.status in _TAKEN:
            return
        words = mask(printable(answer.text()), self.secrets)[:200] or "no reason given"
        raise NotTaken(
            f"it did not take it, status {answer.status}: {words}",
            where=hook.name,
            remedy=_REMEDIES.get(answer.status, "Correct what it names; the next run sends it"),
            everybody=answer.status in _EVERYBODY,
        )


def read_hook(options: Mapping[str, Any], number: int) -> Hook:
    """A request of the option ``webhook``. Raises :class:`ConfigurationError`."""
    name = options.get("name") or f"request {number}"
    url = options["url"]
    checked_url(_NAME.sub("x", url), f"{name}: url")
    if "{" in urlsplit(url).netloc:
        raise ConfigurationError("the server's name holds a placeholder", where=f"{name}: url", remedy="Write the name")
    return Hook(
        name,
        options["case"],
        options["method"],
        url,
        dict(options.get("headers") or {}),
        options["body_format"],
        options.get("body"),
        options["repeatable"],
    )


def _is_for(hook: Hook, update: Update) -> bool:
    said = bool(update.comment or update.attachments)
    return {
        "comment": said,
        "public_comment": said and update.public,
        "internal_comment": said and not update.public,
        "status": bool(update.status),
        "always": True,
    }[hook.case]


def _values(update: Update) -> dict[str, Any]:
    return {
        "comment": update.comment,
        "status": update.status,
        "ticket": update.ticket,
        "reference": update.reference,
        "key": update.key,
        "public": update.public,
        "internal": not update.public,
        "visibility": "public" if update.public else "internal",
    }


def _of_file(file: Attachment) -> dict[str, str]:
    return {"attachment_name": file.name, "attachment_type": file.kind, "attachment_base64": file.base64()}


def _names_files(hook: Hook) -> bool:
    return hook.body_format == "multipart" or any(name in FILE_NAMES for name in _NAME.findall(json.dumps(hook.body)))


def _url(hook: Hook, values: Values) -> str:
    return _NAME.sub(lambda found: quote(_text(values.get(found[1], "")), safe=""), hook.url)


def _filled(text: str, values: Values) -> Any:
    """The text with its values; a text that is one name and nothing else becomes the value itself, true and false."""
    whole = _NAME.fullmatch(text)
    if whole:
        return values.get(whole[1], "")
    return _NAME.sub(lambda found: _text(values.get(found[1], "")), text)


def _text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _line(value: Any) -> str:
    """A header's value cannot hold a line end: RFC 9110 section 5.5."""
    return printable(_text(value)).encode("ascii", "backslashreplace").decode()


def _structure(node: Any, values: Values, files: Sequence[Attachment]) -> Any:
    """A list whose only entry names an attachment has one for each attachment."""
    if isinstance(node, str):
        return _filled(node, values)
    if isinstance(node, Mapping):
        return {str(key): _structure(item, values, files) for key, item in node.items()}
    if isinstance(node, list):
        if len(node) == 1 and any(name in FILE_NAMES for name in _NAME.findall(json.dumps(node))):
            return [_structure(node[0], {**values, **_of_file(file)}, ()) for file in files]
        return [_structure(item, values, files) for item in node]
    return node


def _json(hook: Hook, values: Values, files: Sequence[Attachment]) -> tuple[str, bytes]:
    return "application/json", json.dumps(_structure(hook.body or {}, values, files)).encode()


def _form(hook: Hook, values: Values, files: Sequence[Attachment]) -> tuple[str, bytes]:
    pairs = {name: _text(value) for name, value in _structure(hook.body or {}, values, files).items()}
    return "application/x-www-form-urlencoded", urlencode(pairs, errors="backslashreplace").encode()


def _multipart(hook: Hook, values: Values, files: Sequence[Attachment]) -> tuple[str, bytes]:
    """Files as the field ``file``, the body's texts beside them (RFC 7578)."""
    parts = [
        (f'name="{_quoted(name)}"', "text/plain; charset=utf-8", _text(value).encode("utf-8", "backslashreplace"))
        for name, value in _structure(hook.body or {}, values, ()).items()
    ]
    parts += [(f'name="file"; filename="{_quoted(file.name)}"', file.kind, file.data) for file in files]
    mark = f"mailops-{uuid5(_KEYS, repr(parts)).hex}"
    body = b"".join(
        f"--{mark}\r\nContent-Disposition: form-data; {name}\r\nContent-Type: {kind}\r\n\r\n".encode() + data + b"\r\n"
        for name, kind, data in parts
    )
    return f"multipart/form-data; boundary={mark}", body + f"--{mark}--\r\n".encode()


def _quoted(name: str) -> str:
    return printable(name).replace("\\", "_").replace('"', "%22")


_FORMATS: Mapping[str, Callable[[Hook, Values, Sequence[Attachment]], tuple[str, bytes]]] = {
    "json": _json,
    "form": _form,
    "multipart": _multipart,
}
