# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Steps other than passes in the mailbox's log: their begin, and what their result tells when they are through."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from typing import Any

from ..imap.endpoint import Endpoint
from ..sync.log import Log, LogFile

# At most so many failures and differences of a result go into the log one by one; the others are counted.
SHOWN = 1000
LOG_ARGUMENT = {"type": "path"}
_OF_FAILURE = ("kind", "folder", "uid", "reason", "remedy", "digest")


def logged(
    step: str,
    log_dir: str | None,
    mailbox: str,
    sides: Mapping[str, Endpoint],
    work: Callable[[], dict[str, Any]],
) -> dict[str, Any]:
    """What ``work`` returns, a module's result, which is told in the log of ``mailbox``.

    :param log_dir: its ``logs`` takes the log; None and empty keep none.
    :param sides: the servers by ``source`` and ``destination``; their secrets are kept out.
    """

    def secrets() -> tuple[str, ...]:
        return tuple(secret for side in sides.values() for secret in side.secrets())

    began = time.monotonic()
    if not log_dir:
        return work()
    with LogFile(os.path.expanduser(log_dir), mailbox, secrets, time.time) as log:
        log.note(f"{step}_begin", **{name: side.where() for name, side in sides.items()})
        answer = work()
        _tell(log, step, answer, round(time.monotonic() - began, 3))
    return answer


def _tell(log: Log, step: str, answer: Mapping[str, Any], seconds: float) -> None:
    failures, differences = list(answer.get("failures", ())), list(answer.get("differences", ()))
    for event, rows in (("failure", failures), ("difference", differences)):
        for each in rows[:SHOWN]:
            log.note(event, **{name: each[name] for name in _OF_FAILURE if each.get(name)})
    if answer.get("msg") and not failures:
        log.note("failure", reason=answer["msg"])
    for text in answer.get("warnings", ()):
        log.note("warning", text=text)
    counts = {name: number for name, number in answer.get("counts", {}).items() if number}
    log.note(f"{step}_end", outcome=_outcome(answer), seconds=seconds, **counts)


def _outcome(answer: Mapping[str, Any]) -> str:
    if "passed" in answer:
        return "pass" if answer["passed"] else "fail"
    return "complete" if answer.get("complete") and not answer.get("failed") else "incomplete"
