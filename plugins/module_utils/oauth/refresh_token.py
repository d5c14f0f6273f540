# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The refresh token of one account: a provider may give another one with each answer and no longer take the old one."""

from __future__ import annotations

import os
import tempfile
from contextlib import suppress

_LOST = (
    "the provider has given a new refresh token in place of the one that it was asked with, and may no longer take that"
    " one; the new one is known to this run alone: if the next run is refused, let the user sign in once more, or use a"
    " client whose refresh tokens stay, or give the token in oauth.refresh_token_file, which is kept up to date"
)


class RefreshToken:
    """The last one given. Where it came from ``path``, a new one is written there, readable by its owner alone.

    Another run may have done so: the file is read again each time. ``keeps_old`` says that the provider goes on taking
    the old ones.
    """

    def __init__(self, secret: str, path: str = "", *, keeps_old: bool = False) -> None:
        self._secret = secret
        self._path = os.path.expanduser(path)
        self._keeps_old = keeps_old
        self._seen = {secret}
        self.note = ""

    def current(self) -> str:
        """The token to ask with."""
        if self._path:
            with suppress(OSError, UnicodeDecodeError), open(self._path, encoding="utf-8-sig") as file:
                self._use(file.read().strip() or self._secret)
        return self._secret

    def replace(self, secret: str) -> None:
        """The endpoint gave this one."""
        if secret == self._secret:
            return
        self._use(secret)
        if self._path:
            self._write()
        elif not self._keeps_old:
            self.note = _LOST

    def secrets(self) -> tuple[str, ...]:
        """All that there were."""
        return tuple(self._seen)

    def _use(self, secret: str) -> None:
        self._secret = secret
        self._seen.add(secret)

    def _write(self) -> None:
        """The file is whole before and after: the old token, or the new one."""
        folder = os.path.dirname(self._path) or "."
        try:
            handle, name = tempfile.mkstemp(dir=folder, prefix=".refresh-token-")
            try:
                with os.fdopen(handle, "w", encoding="utf-8") as file:
                    file.write(f"{self._secret}\n")
                    file.flush()
                    os.fsync(file.fileno())
                os.replace(name, self._path)
            except BaseException:
                os.unlink(name)
                raise
        except OSError as error:
            self.note = f"{_LOST}; {self._path} could not be written ({error.strerror or error})"
