# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report in a browser: its tables sort, filter and turn pages, names stay names, nobody is asked for anything."""

from __future__ import annotations

import re
from html import unescape
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.report.build import ticket_report
from ansible_collections.mailops.migration.plugins.module_utils.report.material import Material
from ansible_collections.mailops.migration.plugins.module_utils.support.report_page import report_page

from tests.support.browser import shown
from tests.support.report_example import folder, large, material, sync_result
from tests.support.sandbox import ROOT

ASSETS = str(ROOT / "roles" / "report" / "files")
EVIL = "<img src=x onerror=document.title='broken'></script><script>document.title='broken'</script>\u202e"
LARGE = ticket_report(large(1000, 50))


def write(folder: Path, given: Material) -> Path:
    page = folder / "report.html"
    page.write_text(report_page(ticket_report(given), ASSETS), encoding="utf-8")
    return page


def rows(document: str, table: str) -> list[list[str]]:
    """The texts of a table's cells as they are shown."""
    section = document.partition(f'<section id="{table}"')[2].partition("</section>")[0]
    body = section.partition("<tbody>")[2]
    cells = (re.findall(r"<td[^>]*>(.*?)</td>", row, re.DOTALL) for row in re.findall(r"<tr>.*?</tr>", body, re.DOTALL))
    return [[unescape(re.sub(r"<[^>]+>", "", cell)).strip() for cell in row] for row in cells]


def told(document: str, table: str) -> str:
    """Which rows are shown, of how many."""
    section = document.partition(f'<section id="{table}"')[2].partition("</section>")[0]
    found = re.search(r'role="status">([^<]*)<', section)
    assert found, "the script did not run"
    return found[1]


@pytest.fixture(scope="module")
def large_page(tmp_path_factory: pytest.TempPathFactory) -> Path:
    page = tmp_path_factory.mktemp("report") / "report.html"
    page.write_text(report_page(LARGE, ASSETS), encoding="utf-8")
    return page


def test_tables_of_fifty_thousand_rows_sort_filter_and_turn_pages(large_page: Path) -> None:
    view = "mailboxes.state=failed&mailboxes.sort=-mailbox&folders.q=inbox&folders.sort=-octets&folders.page=3"
    document, log = shown(large_page, view)
    failed = sorted((line.mailbox for line in LARGE.mailboxes if line.state == "failed"), reverse=True)
    assert [row[0] for row in rows(document, "mailboxes")] == failed[:50]
    inboxes = sorted(each.octets or 0 for line in LARGE.mailboxes for each in line.folders if each.source == "INBOX")
    assert told(document, "folders") == f"101\u2013150 of {len(inboxes)}"
    sizes = [row[5] for row in rows(document, "folders")]
    assert {row[1] for row in rows(document, "folders")} == {"INBOX"}
    assert (len(sizes), sizes[0]) == (50, f"{inboxes[-101] / 1e6:,.1f} MB")
    assert "Refused to" not in log and "Uncaught" not in log


def test_hostile_names_are_shown_as_they_are_and_do_nothing(tmp_path: Path) -> None:
    result = sync_result(folder(EVIL, destination=f"{EVIL}2", copied=3), folder("Q" * 500, copied=1))
    page = write(tmp_path, material({f'"{EVIL}"@example.com': result}))
    document, log = shown(page, "folders.sort=-messages")
    names = [row[:3] for row in rows(document, "folders")]
    shown_name = EVIL.replace("\u202e", "\\u202e")
    assert names[0] == [f'"{shown_name}"@example.com', shown_name, f"{shown_name}2"]
    assert "broken" not in document.partition("<title>")[2].partition("</title>")[0]
    assert "<img" not in document and "Refused to" not in log


def test_paper_holds_all_that_somebody_has_to_act_on_with_the_heads_of_its_tables(tmp_path: Path) -> None:
    page = write(tmp_path, large(60, 14, 3))
    text = page.read_text(encoding="utf-8")
    assert (text.count('<details class="group" open>'), text.count('class="remedy"')) == (1, 3)
    policy = re.search(r'<meta http-equiv="Content-Security-Policy"[^>]*>', text)
    assert policy
    page.write_text(f"{text.replace(policy[0], '')}<script>dispatchEvent(new Event('beforeprint'))</script>")
    document, _log = shown(page)
    groups = re.findall(r'<details class="group"( open="")?>(.*?)</details>', document, re.DOTALL)
    assert [bool(is_open) for is_open, _group in groups] == ['class="remedy"' in group for _open, group in groups]
    assert len(rows(document, "mailboxes")) == 60
    heads = document.partition('<section id="mailboxes"')[2].partition("</thead>")[0]
    assert heads.count("data-title=") == 10


def test_page_is_a_picture_of_many_colours_in_light_and_dark(tmp_path: Path) -> None:
    page = write(tmp_path, large(40, 14, 2))
    picture = tmp_path / "report.png"
    shown(page, picture=picture)
    assert picture.stat().st_size > 100_000
