# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""bin/bench page: the report of a large ticket in a browser without a screen, from opening it to a sorted table."""

from __future__ import annotations

import argparse
import json
import re
import tempfile
import time
from pathlib import Path

from ansible_collections.mailops.migration.plugins.module_utils.report.build import ticket_report
from ansible_collections.mailops.migration.plugins.module_utils.support.report_page import report_page

from tests.support.browser import shown
from tests.support.report_example import large
from tests.support.sandbox import ROOT

ASSETS = str(ROOT / "roles" / "report" / "files")
# Each step is done and laid out before the clock is read again; drawing comes after it.
_MEASURE = """<script>
const found = [["opened, tables made and laid out", (document.body.offsetHeight, performance.now())]];
function step(name, action) {
  const began = performance.now();
  action();
  document.body.offsetHeight;
  found.push([name, performance.now() - began]);
}
const field = document.querySelector("#folders input");
const heads = document.querySelectorAll("#folders th button");
const find = (text) => { field.value = text; field.dispatchEvent(new Event("input")); };
step("find in all folders", () => find("kunden"));
step("find nothing", () => find("zzz"));
step("all again", () => find(""));
step("sort by name, first time", () => heads[1].click());
step("sort by name, other way", () => heads[1].click());
step("sort by size", () => heads[5].click());
step("a mailbox's folders", () => document.querySelector("#mailboxes tbody button").click());
document.title = JSON.stringify(found);
</script>"""


def main() -> None:
    """Milliseconds of each step."""
    parser = argparse.ArgumentParser(prog="bin/bench page", description=__doc__)
    parser.add_argument("mailboxes", nargs="?", type=int, default=1000)
    parser.add_argument("folders", nargs="?", type=int, default=50)
    options = parser.parse_args()
    given = large(options.mailboxes, options.folders)
    began = time.process_time()
    text = report_page(ticket_report(given), ASSETS)
    print(f"made in {time.process_time() - began:.2f} s of processor time, {len(text.encode()) / 1e6:.2f} MB")
    with tempfile.TemporaryDirectory(prefix="bench-") as place:
        page = Path(place) / "report.html"
        page.write_text(_measured(text), encoding="utf-8")
        title = shown(page)[0].partition("<title>")[2].partition("</title>")[0]
    for name, milliseconds in json.loads(title):
        print(f"{name:34} {milliseconds:6.0f} ms")


def _measured(text: str) -> str:
    """The page with a script that its own policy would refuse."""
    return re.sub(r"<meta http-equiv=.Content-Security-Policy[^>]*>", "", text).replace("</body>", f"{_MEASURE}</body>")


if __name__ == "__main__":
    main()
