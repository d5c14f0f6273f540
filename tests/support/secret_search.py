# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""A search of everything that runs leave, show and send, for secrets in every form in which programs write them."""

from __future__ import annotations

import base64
import contextlib
import gzip
import io
import json
import sqlite3
import threading
import urllib.parse
import zipfile
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from pathlib import Path

from tests.support.ansible_runs import descendants


def forms(secret: str) -> set[bytes]:
    """A secret as programs write it; of base64 what is the same whatever stands before and behind."""
    octets = secret.encode()
    found = {octets, json.dumps(secret)[1:-1].encode(), json.dumps(secret, ensure_ascii=False)[1:-1].encode(),
             urllib.parse.quote(secret, safe="").encode(), urllib.parse.quote(secret).encode(),
             urllib.parse.quote_plus(secret).encode(),
             repr(secret)[1:-1].encode(), json.dumps(json.dumps(secret))[3:-3].encode(), octets.hex().encode()}
    for before in range(3):
        encoded = base64.b64encode(b"\0" * before + octets)
        left = (before + len(octets)) % 3
        found.add(encoded[(0, 2, 3)[before]: left - 4 if left else None])
    return found


@dataclass
class Search:
    """``folders`` are searched whole, except for ``inputs``: files that secrets are read from. ``noted`` is what lay
    in no file: what was printed, sent, or seen of processes, by its place."""

    secrets: Mapping[str, str]
    folders: tuple[Path, ...]
    inputs: frozenset[Path] = frozenset()
    noted: dict[str, bytes] = field(default_factory=dict)

    def hits(self) -> list[tuple[str, str]]:
        """Where which secret can be read."""
        wanted = [(form, name) for name, secret in self.secrets.items() for form in forms(secret)]
        return sorted({(place, name) for place, content in self.everything() for form, name in wanted
                       if form in content})

    def everything(self) -> Iterator[tuple[str, bytes]]:
        """All places and what they hold; names of files, too."""
        yield from self.noted.items()
        for folder in self.folders:
            for path in sorted(folder.rglob("*")):
                yield "names of files", str(path.relative_to(folder)).encode("utf-8", "surrogateescape")
                if path.is_file() and path not in self.inputs:
                    yield from _contents(path)


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
