# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The servers on which stories are played, many of them side by side; each story has a mailbox of its own."""

from __future__ import annotations

import shutil
import tempfile
import threading
import uuid
from collections.abc import Callable
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

from tests.model.play import Report, play
from tests.model.servers import play_between
from tests.model.story import DESTINATIONS, SERVERS, SOURCES, Story
from tests.support.courier import CourierServer
from tests.support.dovecot import DovecotServer, scratch_folder
from tests.support.server_shapes import SHAPES, Server
from tests.support.sync_runner import Migration

Kind = TypeVar("Kind", bound=Server)


class Theatre:
    """Starts a server of each shape when it is first needed, and stops them all at the end."""

    def __init__(self) -> None:
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._servers: dict[str, Server] = {}
        self._folder = Path()

    def __enter__(self) -> Theatre:
        folder = tempfile.TemporaryDirectory(prefix="model-", dir=scratch_folder())
        self._folder = Path(self._stack.enter_context(folder))
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def perform(self, story: Story) -> Report:
        """Play a story and clean up after it."""
        source, destination = self._pair(story)
        name = f"model-{story.seed}-{uuid.uuid4().hex[:8]}"
        user, folder = f"{name}@example.com", self._folder / name
        (folder / "state").mkdir(parents=True, mode=0o700)
        try:
            if story.kind == SERVERS:
                return play_between(story, Migration(source, destination, user, folder / "state"))
            return play(story, source, destination, user, folder)
        finally:
            for rest in (folder, *_mail_of(source, user), *_mail_of(destination, user)):
                shutil.rmtree(rest, ignore_errors=True)

    def _pair(self, story: Story) -> tuple[Server, Any]:
        if story.kind == SERVERS:
            return self._server(story.source, SHAPES[story.source]), self._server(
                story.destination, SHAPES[story.destination])
        source = self._server(f"source {story.source}", SOURCES[story.source])
        return source, self._server(f"destination {story.destination}", DESTINATIONS[story.destination])

    def _server(self, name: str, make: Callable[[], Kind]) -> Kind:
        with self._lock:
            if name not in self._servers:
                self._servers[name] = self._stack.enter_context(make())  # type: ignore[assignment]
            return self._servers[name]  # type: ignore[return-value]


def _mail_of(server: Server, user: str) -> list[Path]:
    """What of the user lies on the disk and is in the way of thousands more; Cyrus keeps it among that of others."""
    if isinstance(server, DovecotServer):
        return [server.place.home(user)]
    return [server.maildir(user).parent] if isinstance(server, CourierServer) else []
