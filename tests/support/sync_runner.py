# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Run the engine for the tests: in this process, or in one of its own that can be killed."""

from __future__ import annotations

import json
import multiprocessing
import os
import signal
import sqlite3
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from functools import partial
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from unicodedata import normalize
from unittest.mock import patch

from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible_collections.mailops.migration.plugins.module_utils.support.imap_arguments import sync_request, sync_spec
from ansible_collections.mailops.migration.plugins.module_utils.support.sync_task import as_result, run_sync
from ansible_collections.mailops.migration.plugins.module_utils.sync.engine import sync_mailbox
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal import Journal, journal_path

from tests.support import oracle
from tests.support.dovecot import DovecotServer
from tests.support.fill import fill_mailbox, folder_name
from tests.support.mail_maker import MailboxSpec
from tests.support.proxy import FaultProxy

Result = dict[str, Any]
Contents = dict[str, Counter[oracle.Content]]

# A fork of a process that has the engine loaded already: a start costs milliseconds.
_PROCESSES = multiprocessing.get_context("forkserver")
_PROCESSES.set_forkserver_preload([__name__])
_LOOK = threading.Lock()


@dataclass(frozen=True)
class Migration:
    """One mailbox on its way between two servers.

    ``source_options`` and ``destination_options`` replace options of a side, such as the port of a proxy before it.
    """

    source: DovecotServer
    destination: DovecotServer
    user: str
    state_dir: Path
    source_options: Mapping[str, Any] = field(default_factory=dict)
    destination_options: Mapping[str, Any] = field(default_factory=dict)

    def through(self, *, source: FaultProxy | None = None, destination: FaultProxy | None = None) -> Migration:
        """The same mailbox and journal with proxies before its sides."""
        return replace(self, source_options={"port": source.port} if source else self.source_options,
                       destination_options={"port": destination.port} if destination else self.destination_options)

    def arguments(self, **changes: Any) -> dict[str, Any]:
        """What ``imap_sync`` takes; ``changes`` replace whole options."""
        return {
            "mailbox": self.user,
            "state_dir": str(self.state_dir),
            "source": {**self.source.endpoint(self.user, "none"), **self.source_options},
            "destination": {**self.destination.endpoint(self.user, "none"), **self.destination_options},
            **changes,
        }

    def run(self, *, check: bool = False, **changes: Any) -> Result:
        """One pass in this process, with the product's defaults."""
        return run_sync(validated(self.arguments(**changes)), check=check)

    def attempt(self, now: Callable[[], float] = time.time, *, settle: float = 1.0, patience: float = 5.0,
                lock_wait: float = 1.0, timeout: float = 30.0, **changes: Any) -> Result:
        """The same at another time of day and with less patience than the product has."""
        return attempt(self.arguments(**changes), now, settle=settle, patience=patience, lock_wait=lock_wait,
                       timeout=timeout)

    def start(self, *, haste: Mapping[str, Any] | None = None, **changes: Any) -> EngineProcess:
        """One pass in a process of its own; with ``haste`` as impatient as an attempt with these arguments."""
        result = self.state_dir.parent / f"result-{os.urandom(6).hex()}.json"
        return EngineProcess(self.arguments(**changes), result, work=partial(attempt, **haste) if haste else _run)

    def start_mortal(self, confirmed: int, moment: float) -> EngineProcess:
        """One pass that is killed ``moment`` seconds after more than so many messages are confirmed, or at its end."""
        result = self.state_dir.parent / f"result-{os.urandom(6).hex()}.json"
        work = partial(_run_to_death, journal_file=self.journal_file, confirmed=confirmed, moment=moment)
        return EngineProcess(self.arguments(), result, work=work)

    def fill(self, spec: MailboxSpec) -> None:
        """Write the source mailbox."""
        fill_mailbox(self.source, self.user, spec)

    def at_source(self) -> Contents:
        """What each source folder holds."""
        return contents(oracle.read_mailbox(self.source, self.user))

    def mirrored(self) -> Contents:
        """What the source holds under the destination's folder names, for names without its separator in them."""
        here, there = self.source.shape, self.destination.shape
        return {folder_name(name.removeprefix(here.prefix).split(here.separator), there): found
                for name, found in self.at_source().items()}

    def at_destination(self) -> Contents:
        """What each destination folder holds."""
        return contents(oracle.read_mailbox(self.destination, self.user))

    def expected(self, spec: MailboxSpec, *, without: Iterable[str] = ("Trash", "Junk")) -> Contents:
        """What the destination holds when ``spec`` has arrived, ``without`` folders of these top-level names."""
        shape = self.destination.shape
        return {normalize("NFC", folder_name(folder.path, shape)): Counter(each.expected() for each in folder.messages)
                for folder in spec.folders if folder.path[0] not in without}

    def source_snapshot(self) -> str:
        """A digest of everything at the source."""
        return oracle.snapshot(self.source, self.user)

    @property
    def journal_file(self) -> Path:
        return Path(journal_path(str(self.state_dir), self.user))

    def journal_states(self) -> Counter[str]:
        """How many rows of the journal are in which state; empty where there is no journal yet."""
        return states_of(self.journal_file)

    def journal_digests(self) -> set[str]:
        """SHA-256 of the bytes of every message, as the journal has it."""
        with closing(sqlite3.connect(f"file:{self.journal_file}?mode=ro", uri=True)) as journal:
            return {digest.hex() for (digest,) in journal.execute("SELECT digest FROM message")}

    def lose_journal(self) -> None:
        """Remove the journal and its snapshot, as a lost disk does."""
        for path in self.state_dir.glob(f"{self.journal_file.name}*"):
            path.unlink()


def states_of(journal_file: Path) -> Counter[str]:
    """See :meth:`Migration.journal_states`."""
    if not journal_file.exists():
        return Counter()
    with closing(sqlite3.connect(f"file:{journal_file}?mode=ro", uri=True)) as journal:
        try:
            return Counter(dict(journal.execute("SELECT state, count(*) FROM message GROUP BY state")))
        except sqlite3.OperationalError:  # its tables are not laid yet
            return Counter()


class EngineProcess:
    """The engine at work in a process of its own.

    Looked at under one lock: a start looks at all the others too, and of two threads that read how one ended at the
    same time the second would be told 255.
    """

    def __init__(self, arguments: dict[str, Any], result: Path, *, work: Callable[[dict[str, Any]], Result]) -> None:
        self._result = result
        self._process: ForkServerProcess = _PROCESSES.Process(target=_work, args=(work, arguments, result), daemon=True)
        with _LOOK:
            self._process.start()

    @property
    def pid(self) -> int:
        assert self._process.pid is not None
        return self._process.pid

    def is_alive(self) -> bool:
        return self._ended_with(0.0) is None

    def kill(self) -> bool:
        """Kill -9; true when it was at work until then."""
        with _LOOK:
            self._process.kill()
        return self._ended_with(10.0) == -signal.SIGKILL

    def wait(self, timeout: float = 240.0) -> Result:
        """The result of the pass."""
        code = self._ended_with(timeout)
        assert code == 0, f"the engine ended with {code}"
        result: Result = json.loads(self._result.read_text())
        return result

    def _ended_with(self, timeout: float) -> int | None:
        """Its exit code; None when it works on after ``timeout`` seconds."""
        until = time.monotonic() + timeout
        while True:
            with _LOOK:
                code = self._process.exitcode
            if code is not None or time.monotonic() >= until:
                return code
            time.sleep(0.005)


def _work(work: Callable[[dict[str, Any]], Result], arguments: dict[str, Any], result: Path) -> None:
    result.write_text(json.dumps(work(arguments)))


def _run(arguments: dict[str, Any]) -> Result:
    return run_sync(validated(arguments), check=False)


def _run_to_death(arguments: dict[str, Any], *, journal_file: Path, confirmed: int, moment: float) -> Result:
    """As the process itself sees to its death, the moment does not depend on how busy the machine is."""

    def die(*_unused: object) -> None:
        os.kill(os.getpid(), signal.SIGKILL)

    def kill() -> None:
        while states_of(journal_file)["confirmed"] <= confirmed:
            time.sleep(0.002)
        time.sleep(moment)
        die()

    threading.Thread(target=kill, daemon=True).start()
    with patch.object(Journal, "end_pass", die):
        return _run(arguments)


def attempt(arguments: dict[str, Any], now: Callable[[], float] = time.time, *, settle: float = 1.0,
            patience: float = 5.0, lock_wait: float = 1.0, timeout: float = 30.0) -> Result:
    """One pass with less patience than the product has: each in seconds, as ``SyncRequest`` names them."""
    request = sync_request(validated(arguments), check=False)
    hasty = replace(request, settle=settle, patience=patience, lock_wait=lock_wait,
                    source=replace(request.source, timeout=timeout),
                    destination=replace(request.destination, timeout=timeout))
    return as_result(request.mailbox, sync_mailbox(hasty, now=now))


def validated(arguments: Mapping[str, Any], spec: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """The arguments as Ansible would hand them to ``imap_sync``, or a module with this spec, defaults included."""
    checked = ArgumentSpecValidator(dict(spec or sync_spec())).validate(dict(arguments))
    assert not checked.error_messages, checked.error_messages
    parameters: dict[str, Any] = checked.validated_parameters
    return parameters


def contents(mailbox: oracle.OracleMailbox) -> Contents:
    """The multiset of every folder."""
    return {name: oracle.contents(messages) for name, messages in mailbox.items()}


def filled(found: Contents) -> Contents:
    """Only the folders that hold something."""
    return {name: messages for name, messages in found.items() if messages}


def counts(result: Result) -> dict[str, int]:
    """The counts that are not zero, without folders and bytes."""
    return {name: number for name, number in result["counts"].items() if number and name not in ("folders", "bytes")}


def accounted(result: Result) -> int:
    """How many messages of the source a result says anything about; each is counted once."""
    kinds = ("copied", "already_there", "matched", "held", "excluded", "left", "failed", "refused", "accepted")
    return sum(int(result["counts"][kind]) for kind in kinds)


def total(found: Contents) -> int:
    """How many messages there are."""
    return sum(messages.total() for messages in found.values())
