# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""bin/bench page: the report of a large ticket in a browser without a screen, from opening it to a sorted table."""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.report.build import ticket_report
from ansible_collections.mailops.migration.plugins.module_utils.support.report_page import report_page

from tests.support.browser import FLAGS, chromium
from tests.support.report_example import large
from tests.support.sandbox import ROOT

ASSETS = str(ROOT / "roles" / "report" / "files")
_ROUNDS = 5
# What follows is over when the browser has drawn twice: the second frame begins after the first is on the screen.
_DRAWN = ("new Promise(done => requestAnimationFrame(() => requestAnimationFrame("
          "() => done(performance.now() - began))))")  # fmt: skip
_PAINTED = ("document.readyState === 'complete' && location.protocol === 'file:'"
            " && performance.getEntriesByName('first-contentful-paint')[0]?.startTime")  # fmt: skip
_ACTIONS = {
    "find in 50,000 folders": "const field = document.querySelector('#folders input'); field.value = 'kunden';"
                              "field.dispatchEvent(new Event('input'));",
    "sort them by size": "document.querySelectorAll('#folders th button')[5].click();",
    "sort them by name": "document.querySelectorAll('#folders th button')[1].click();",
    "find nothing": "const field = document.querySelector('#folders input'); field.value = 'zzz';"
                    "field.dispatchEvent(new Event('input'));",
    "all again": "const field = document.querySelector('#folders input'); field.value = '';"
                 "field.dispatchEvent(new Event('input'));",
    "next page": "document.querySelector('#folders .tools button:last-of-type').click();",
    "a mailbox's folders": "document.querySelector('#mailboxes tbody button').click();",
}


class Browser:
    """Speaks the DevTools protocol over the pipe of ``--remote-debugging-pipe``: JSON, each message ended by a NUL."""

    def __init__(self, write: int, read: int) -> None:
        self._write, self._read = write, read
        self._number, self._rest = 0, b""
        self._session = ""

    def take_tab(self) -> None:
        """What is called after it concerns the tab in front: one behind it is never drawn."""
        targets = self.call("Target.getTargets")["targetInfos"]
        target = next(each["targetId"] for each in targets if each["type"] == "page")
        self._session = self.call("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]

    def call(self, method: str, **parameters: Any) -> Any:
        """The answer to a command."""
        self._number += 1
        told = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            told["sessionId"] = self._session
        os.write(self._write, json.dumps(told).encode() + b"\0")
        while True:
            answer = self._message()
            if answer.get("id") == self._number:
                if "error" in answer:
                    sys.exit(f"{method}: {answer['error']['message']}")
                return answer["result"]

    def run(self, script: str) -> Any:
        """The value of an expression in the page, which may be a promise."""
        found = self.call("Runtime.evaluate", expression=script, awaitPromise=True, returnByValue=True)
        if "exceptionDetails" in found:
            sys.exit(f"{script}: {found['exceptionDetails']}")
        return found["result"].get("value")

    def _message(self) -> Any:
        while b"\0" not in self._rest:
            block = os.read(self._read, 1 << 20)
            if not block:
                sys.exit("the browser has ended")
            self._rest += block
        message, _nul, self._rest = self._rest.partition(b"\0")
        return json.loads(message)


@contextmanager
def browser() -> Iterator[Browser]:
    """One of its own with an empty profile; it reads commands from descriptor 3 and answers on 4."""
    here_read, there_write = os.pipe()
    there_read, here_write = os.pipe()
    with tempfile.TemporaryDirectory(prefix="browser-", ignore_cleanup_errors=True) as profile:
        own = (f"--user-data-dir={profile}", "--remote-debugging-pipe", "--window-size=1280,900", "about:blank")
        process = subprocess.Popen(
            ["sh", "-c", f'exec "$@" 3<&{there_read} 4>&{there_write}', "sh", chromium(), *FLAGS, *own],
            pass_fds=(there_read, there_write), stderr=subprocess.DEVNULL,
        )  # fmt: skip
        os.close(there_read)
        os.close(there_write)
        try:
            yield Browser(here_write, here_read)
        finally:
            process.terminate()
            process.wait()


def main() -> None:
    """Milliseconds of each action, the median of some rounds."""
    parser = argparse.ArgumentParser(prog="bin/bench page", description=__doc__)
    parser.add_argument("mailboxes", nargs="?", type=int, default=1000)
    parser.add_argument("folders", nargs="?", type=int, default=50)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        page = Path(place) / "report.html"
        given = large(options.mailboxes, options.folders)
        began = time.process_time()
        text = report_page(ticket_report(given), ASSETS)
        print(f"made in {time.process_time() - began:.2f} s of processor time, {len(text.encode()) / 1e6:.2f} MB")
        page.write_text(text, encoding="utf-8")
        with browser() as window:
            for name, found in _rounds(window, page.as_uri()).items():
                print(f"{name:28} {median(found):6.0f} ms  ({', '.join(f'{each:.0f}' for each in found)})")


def _rounds(window: Browser, address: str) -> dict[str, list[float]]:
    found: dict[str, list[float]] = {}
    window.take_tab()
    for _round in range(_ROUNDS):
        window.call("Page.navigate", url="about:blank")
        window.call("Page.navigate", url=address)
        for name, value in _opened(window).items():
            found.setdefault(name, []).append(value)
        for name, action in _ACTIONS.items():
            took = window.run(f"(() => {{ const began = performance.now(); {action} return {_DRAWN}; }})()")
            found.setdefault(name, []).append(took)
    return found


def _opened(window: Browser) -> dict[str, float]:
    while not (painted := window.run(_PAINTED)):
        time.sleep(0.05)
    ready = window.run("performance.getEntriesByType('navigation')[0].domComplete")
    return {"first paint": painted, "tables ready": ready}


if __name__ == "__main__":
    main()
