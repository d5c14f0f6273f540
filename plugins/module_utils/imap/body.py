# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Message bodies: small ones in memory, large ones in a nameless file, each with its digest."""

from __future__ import annotations

import contextlib
import re
import tempfile
from collections.abc import Iterator
from typing import IO, Protocol

from ..core.digest import Digest, DigestStream, digest_of
from ..core.errors import Stopped
from .wire import PIECE

SPOOL_ABOVE = 1024 * 1024


class Body(Protocol):
    """The octets of one message, readable any number of times until :meth:`close`."""

    @property
    def digest(self) -> Digest: ...

    def __len__(self) -> int: ...

    def has_nul(self) -> bool: ...

    def pieces(self) -> Iterator[bytes]: ...

    def close(self) -> None: ...


class MemoryBody:
    """A message in memory."""

    __slots__ = ("_data", "digest")

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.digest = digest_of(data)

    def __len__(self) -> int:
        return len(self._data)

    def has_nul(self) -> bool:
        return b"\0" in self._data

    def pieces(self) -> Iterator[bytes]:
        yield self._data

    def close(self) -> None:
        self._data = b""


class SpooledBody:
    """A large message in a file that has no name, so that nothing is left behind by a crash."""

    def __init__(self, file: IO[bytes], digest: Digest, has_nul: bool) -> None:
        self._file = file
        self._has_nul = has_nul
        self.digest = digest

    def __len__(self) -> int:
        return self.digest.size

    def has_nul(self) -> bool:
        return self._has_nul

    def pieces(self) -> Iterator[bytes]:
        self._file.seek(0)
        while piece := self._file.read(PIECE):
            yield piece

    def close(self) -> None:
        self._file.close()


def is_ascii(body: Body) -> bool:
    """Whether no octet of a message is above 127."""
    return all(piece.isascii() for piece in body.pieces())


def has_ascii_header(body: Body) -> bool:
    """Whether none of its header is, as far as its first piece holds it."""
    return re.split(rb"\r?\n\r?\n", next(iter(body.pieces()), b""), maxsplit=1)[0].isascii()


class DigestOnly:
    """A message that was read for its digest; its octets are not kept."""

    def __init__(self, digest: Digest) -> None:
        self.digest = digest

    def __len__(self) -> int:
        return self.digest.size


class MemorySink:
    """Literal sink for a message that fits in memory."""

    def __init__(self, size: int) -> None:
        self._pieces: list[bytes] = []

    def write(self, piece: bytes) -> None:
        self._pieces.append(piece)

    def finish(self) -> MemoryBody:
        return MemoryBody(self._pieces[0] if len(self._pieces) == 1 else b"".join(self._pieces))


class SpoolSink:
    """Literal sink for a large message; ``folder`` is where the nameless file lies. Raises :class:`Stopped`."""

    def __init__(self, folder: str) -> None:
        self._folder = folder
        with _on_disk(folder):
            self._file = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115 - lives as long as the body
        self._stream = DigestStream()
        self._has_nul = False

    def write(self, piece: bytes) -> None:
        with _on_disk(self._folder):
            self._file.write(piece)
        self._stream.update(piece)
        self._has_nul = self._has_nul or b"\0" in piece

    def finish(self) -> SpooledBody:
        with _on_disk(self._folder):
            self._file.flush()
        return SpooledBody(self._file, self._stream.finish(), self._has_nul)


@contextlib.contextmanager
def _on_disk(folder: str) -> Iterator[None]:
    """A full disk is no fault of the connection: another attempt would not help."""
    try:
        yield
    except OSError as error:
        raise Stopped(
            f"a large message cannot be kept meanwhile ({error.strerror or error})",
            where=folder,
            remedy="Make room or mend the rights of that folder, then run again",
        ) from error


class DigestSink:
    """Literal sink that keeps nothing but the digest."""

    def __init__(self, size: int) -> None:
        self._stream = DigestStream()

    def write(self, piece: bytes) -> None:
        self._stream.update(piece)

    def finish(self) -> DigestOnly:
        return DigestOnly(self._stream.finish())
