# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the archiver for the tests: in this process, or in one of its own that can be killed."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.archive.engine import archive_mailbox
from ansible_collections.mailops.migration.plugins.module_utils.support.archive_task import (
    archive_request,
    archive_spec,
    as_result,
)

from tests.support import oracle
from tests.support.fill import fill_mailbox, folder_name
from tests.support.mail_maker import FolderSpec, MailboxSpec, MessageSpec, make_message
from tests.support.proxy import FaultProxy
from tests.support.server_shapes import Server
from tests.support.sync_runner import Contents, EngineProcess, Result, contents, filled

# The day on which all these runs take place: 2024 and what is older goes.
TODAY = datetime(2026, 6, 15, 12, tzinfo=UTC)


@dataclass(frozen=True)
class Archiving:
    """One mailbox at its server; ``state_dir`` is the folder of all tickets. ``options`` replace those of the login."""

    server: Server
    user: str
    state_dir: Path
    options: Mapping[str, Any] = field(default_factory=dict)

    def through(self, proxy: FaultProxy) -> Archiving:
        """The same mailbox and record behind a proxy."""
        return replace(self, options={"port": proxy.port})

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """What ``mailbox_archive`` takes; ``changes`` replace whole options."""
        login = self.server.endpoint(self.user, "none")
        return {"mailbox": self.user, "destination": {**login, **self.options}, "state_dir": str(self.state_dir),
                "threshold": 6, **changes}

    def run(self, *, check: bool = False, **changes: Any) -> Result:
        """One run in this process."""
        return archive(self.arguments(**changes), check=check)

    def start(self, **changes: Any) -> EngineProcess:
        """One run in a process of its own."""
        result = self.state_dir.parent / f"archive-{os.urandom(6).hex()}.json"
        return EngineProcess(self.arguments(**changes), result, work=archive)

    def fill(self, *folders: FolderSpec) -> None:
        """Write the mailbox."""
        fill_mailbox(self.server, self.user, MailboxSpec(folders))

    def found(self) -> Contents:
        """What the server's own files and tools say that the folders hold; without empty ones."""
        return filled(contents(oracle.read_mailbox(self.server, self.user)))

    def name(self, *path: str) -> str:
        """The server's name of a path."""
        return folder_name(path, self.server.shape)

    def expected(self, *folders: FolderSpec, archived: Iterable[tuple[str, ...]] = ()) -> Contents:
        """Where everything is when the folders of the paths ``archived`` were archived, by the years of their dates."""
        there: dict[str, Counter[oracle.Content]] = {}
        for folder in folders:
            for message in folder.messages:
                year = message.received.astimezone(UTC).year
                goes = folder.path in archived and year < 2025
                path = ("Archive", *folder.path, str(year)) if goes else folder.path
                there.setdefault(self.name(*path), Counter())[message.expected()] += 1
        return there


def archive(arguments: Mapping[str, Any], *, check: bool = False) -> Result:
    """The result of the module, on :data:`TODAY`."""
    request = archive_request(checked_arguments(arguments), check=check)
    return as_result(request.mailbox, archive_mailbox(replace(request, lock_wait=1.0), now=TODAY.timestamp))


def checked_arguments(arguments: Mapping[str, Any]) -> dict[str, Any]:
    """What the module makes of its arguments."""
    checked = ArgumentSpecValidator(archive_spec()).validate(dict(arguments))
    assert not checked.error_messages, checked.error_messages
    return dict(checked.validated_parameters)


def over_years(path: Sequence[str], years: Iterable[int], seed: str, each: int = 1) -> FolderSpec:
    """A folder with messages of these years, all kinds of flags among them."""
    messages = (
        replace(make_message(f"{seed}/{'/'.join(path)}/{year}/{n}"), received=datetime(year, 3, 1, n % 24, tzinfo=UTC))
        for year in years for n in range(each)
    )
    return FolderSpec(tuple(path), tuple(messages))


def received_at(path: Sequence[str], dates: Iterable[datetime], seed: str) -> FolderSpec:
    """A folder with one message for each of these dates."""
    messages: list[MessageSpec] = [
        replace(make_message(f"{seed}/{n}"), received=date) for n, date in enumerate(dates)
    ]
    return FolderSpec(tuple(path), tuple(messages))
