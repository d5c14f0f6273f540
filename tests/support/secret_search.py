# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A search of everything that runs leave, show and send, for secrets in every form in which programs write them."""

from __future__ import annotations

import base64
import contextlib
import gzip
import html
import io
import json
import re
import shlex
import sqlite3
import threading
import urllib.parse
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.ansible_runs import descendants

# Shorter pieces are found by chance.
_LEAST = 7
_RUN = re.compile(r"[A-Za-z0-9]+")


def forms(secret: str) -> set[bytes]:
    """A secret as programs write it. Its longest run of letters and digits is the same in whatever quotes.

    Of base64 what is the same whatever stands before and behind.
    """
    if len(secret) < _LEAST:
        raise ValueError(f"a secret to search for needs {_LEAST} letters")
    run = max(_RUN.findall(secret), key=len, default="")
    core = run if len(run) >= _LEAST else secret
    octets = secret.encode()
    texts = {secret, core, repr(secret)[1:-1], json.dumps(json.dumps(secret))[3:-3], html.escape(secret),
             urllib.parse.quote(secret), urllib.parse.quote_plus(secret), shlex.quote(secret),
             secret.replace("'", "''"), json.dumps(secret)[1:-1],
             json.dumps(secret, ensure_ascii=False)[1:-1]}  # fmt: skip
    found = {text.encode() for text in texts} | {octets.hex().encode(), core.encode("utf-16-le")}
    return found.union(*(_base64(piece) for piece in (octets, core.encode())))


def _base64(octets: bytes) -> Iterator[bytes]:
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + octets)
        left = (before + len(octets)) % 3
        kept = encoded[(0, 2, 3)[before]: left - 4 if left else None]
        yield from (kept, kept.translate(bytes.maketrans(b"+/", b"-_")))


@dataclass
class Search:
    """``folders`` are searched whole, except for ``inputs``: files that secrets are read from. ``noted`` is what lay
    in no file: what was printed, sent, or seen of processes, by its place."""

    secrets: Mapping[str, str]
    folders: tuple[Path, ...]
    inputs: frozenset[Path] = frozenset()
    noted: dict[str, bytes] = field(default_factory=dict)

    def hits(self) -> list[tuple[str, str]]:
        """Where which secret can be read, also where base64 is broken into lines."""
        wanted = [(form, name) for name, secret in self.secrets.items() for form in forms(secret)]
        return sorted({(place, name) for place, content in self.everything() for text in (content, _joined(content))
                       for form, name in wanted if form in text})

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """All places and what they hold; names of files, too."""
        yield from self.noted.items()
        for folder in self.folders:
            for path in sorted(folder.rglob("*")):
                yield "names of files", str(path.relative_to(folder)).encode("utf-8", "surrogateescape")
                if path.is_file() and path not in self.inputs:
                    yield from _contents(path)


def _joined(content: bytes) -> bytes:
    return re.sub(rb"\s+|=\r?\n", b"", content)


def _contents(path: Path) -> Iterator[tuple[str, bytes]]:
    """A file as it is, and what packers and databases keep in another form: a page of one may cut a secret in two."""
    content = path.read_bytes()
    yield str(path), content
    if content.startswith(b"SQLite format 3"):
        with closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
            yield f"{path} as text", "\n".join(database.iterdump()).encode()
    elif content.startswith(b"\x1f\x8b"):
        yield f"{path} unpacked", gzip.decompress(content)
    elif content.startswith(b"PK\x03\x04"):
        with zipfile.ZipFile(io.BytesIO(content)) as packed:
            yield from ((f"{path}: {name}", packed.read(name)) for name in packed.namelist())


class ProcessWatch:
    """Reads command lines and environments of a process and all that it starts, over and over until the block ends,
    and of files in ``folders`` that may be gone when the run is over."""

    def __init__(self, pid: int, folders: Iterable[Path] = ()) -> None:
        self.seen: dict[str, bytes] = {}
        self._pid = pid
        self._folders = tuple(folders)
        self._done = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)

    def __enter__(self) -> ProcessWatch:
        self._thread.start()
        return self

    def __exit__(self, *exc: object) -> None:
        self._done.set()
        self._thread.join()

    def _watch(self) -> None:
        while True:
            for pid in (self._pid, *descendants(self._pid)):
                for kind in ("cmdline", "environ"):
                    self._note(kind, Path(f"/proc/{pid}/{kind}"))
            for folder in self._folders:
                for path in folder.rglob("*.json"):
                    self._note("passing files", path)
            if self._done.wait(0.05):
                return

    def _note(self, kind: str, path: Path) -> None:
        with contextlib.suppress(OSError):
            content = path.read_bytes()
            if content and content not in self.seen.get(kind, b""):
                self.seen[kind] = self.seen.get(kind, b"") + content + b"\n"
