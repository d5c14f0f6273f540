# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The page as text: whole, of its own, and nothing that somebody named is markup in it."""

from __future__ import annotations

import json
from html.parser import HTMLParser
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.report.build import ticket_report
from ansible_collections.mailops.migration.plugins.module_utils.report.material import Account, Material
from ansible_collections.mailops.migration.plugins.module_utils.support.report_page import report_page

from tests.support.report_example import STAND, dav_result, entry, failure, folder, large, material, sync_result

ASSETS = str(Path(__file__).parents[3] / "roles" / "report" / "files")
EVIL = "\"'><img src=//evil.example/x onerror=alert(1)></script><script>alert(2)</script>{{ 7 * 7 }}\u202e\x00\x1b[2J"


class Elements(HTMLParser):
    """What stands in a page: its elements with attributes, the text between, and the data for its script."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: list[tuple[str, dict[str, str | None]]] = []
        self.data = ""
        self._inside = ""
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.found.append((tag, dict(attrs)))
        self._inside = str(dict(attrs).get("id")) if tag == "script" else ""

    def handle_data(self, data: str) -> None:
        if self._inside == "data":
            self.data += data


def evil_everywhere() -> Material:
    result = sync_result(
        folder(EVIL, destination=f"x{EVIL}", copied=3, bytes=9, left=1),
        failures=[failure(EVIL, "refused", EVIL, 7, EVIL)],
        excluded=[{"source": EVIL, "reason": EVIL, "messages": 5}],
        complete=False,
    )
    archive = {"counts": {}, "complete": True, "over": [{"folder": EVIL, "messages": 9, "reason": EVIL}],
               "folders": [{"folder": EVIL, "moves": [{"target": EVIL, "year": 2020, "messages": 3}]}]}  # fmt: skip
    stand = {**STAND, "domain": EVIL, "why": EVIL, "next": EVIL, "mx_text": EVIL, "mx_hosts": [EVIL],
             "overrides": [EVIL], "passes": EVIL, "resolver_text": EVIL}  # fmt: skip
    dav = dav_result(EVIL, 1, refused=[{**entry(EVIL, 1, EVIL, EVIL), "remedy": EVIL}])
    told = material({EVIL: result}, archive={EVIL: archive}, stands=[stand], findings=[EVIL], notes=[EVIL],
                    contacts={EVIL: dav}, records=[{"domain": EVIL, "state": EVIL, "findings": [EVIL]}])  # fmt: skip
    return Material(**{**vars(told), "ticket": EVIL, "phase": EVIL, "window_opens": EVIL,
                       "accounts": [Account(EVIL, EVIL, EVIL)], "unreadable": {EVIL: EVIL}})  # fmt: skip


def test_page_of_hostile_texts_has_the_elements_of_a_harmless_one() -> None:
    page = report_page(ticket_report(evil_everywhere()), ASSETS)
    elements = Elements(page)
    assert {tag for tag, _attributes in elements.found}.isdisjoint({"img", "iframe", "link", "object", "form", "base"})
    assert [attributes for tag, attributes in elements.found if tag == "script"] == [
        {"type": "application/json", "id": "data"}, {},
    ]  # fmt: skip
    assert not [name for _tag, attributes in elements.found for name in attributes if name.startswith("on")]
    assert page.count("{{ 7 * 7 }}") > 10
    assert all(char.isprintable() or char == "\n" for char in page)


def test_page_asks_nobody_for_anything() -> None:
    elements = Elements(report_page(ticket_report(large(30, 5)), ASSETS))
    named = (attributes.get(name) for _tag, attributes in elements.found for name in ("src", "href"))
    addresses = [address for address in named if address is not None]
    assert all(str(address).startswith("#") for address in addresses)
    policy = next(each["content"] for tag, each in elements.found if tag == "meta" and "http-equiv" in each)
    assert policy is not None and policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy


def test_data_for_the_script_holds_every_row_with_its_names() -> None:
    report = ticket_report(large(30, 5))
    data = json.loads(Elements(report_page(report, ASSETS)).data)
    assert (len(data["mailboxes"]), len(data["folders"])) == (30, sum(len(line.folders) for line in report.mailboxes))
    for row, line in zip(data["mailboxes"], report.mailboxes, strict=True):
        assert data["names"][row[0]] == line.mailbox
        assert (data["states"][row[2]], row[3:5]) == (line.state, [line.messages, line.here])


@pytest.mark.parametrize("given", [Material("1", 0.0, "UTC", "", [], {}), Material("1", 0.0, "No/Where", "", [], {})])
def test_ticket_of_which_nothing_is_known_has_a_page_too(given: Material) -> None:
    assert "Not begun yet" in report_page(ticket_report(given), ASSETS)


def test_fifty_thousand_folders_are_two_megabytes() -> None:
    page = report_page(ticket_report(large(1000, 50)), ASSETS)
    assert len(page) < 3_000_000
