# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The report as JSON and CSV: by its schema, and harmless in a spreadsheet."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import jsonschema
import pytest
from ansible_collections.mailops.migration.plugins.module_utils.report.build import ticket_report
from ansible_collections.mailops.migration.plugins.module_utils.report.files import as_json, csv_files, table
from hypothesis import given
from hypothesis import strategies as st

from tests.support.report_example import dav_result, entry, folder, large, material, sync_result

SCHEMA = json.loads((Path(__file__).parents[3] / "docs" / "report.schema.json").read_text("utf-8"))
DANGER = ("=", "+", "-", "@", "\uff1d", "\uff0b", "\uff0d", "\uff20", "\t", "\r", "\n")


@pytest.mark.parametrize("number", [0, 120])
def test_json_is_as_its_schema_says(number: int) -> None:
    made = json.loads(as_json(ticket_report(large(number, 6))))
    jsonschema.validate(made, SCHEMA)
    for key, part in {"mailbox": "mailboxes", "domain": "domains", "group": "groups", "contacts": "contacts"}.items():
        for each in made[part]:
            assert set(each) == set(SCHEMA["$defs"][key]["required"])


def test_json_holds_names_that_are_no_unicode() -> None:
    made = as_json(ticket_report(material({"a@b.c": sync_result(folder("x\udcff\u202e</script>", copied=1))})))
    assert made.isascii()
    assert json.loads(made)["mailboxes"][0]["folders"][0]["source"] == "x\udcff\u202e</script>"


@given(st.text())
def test_no_cell_begins_a_formula_or_ends_a_line(text: str) -> None:
    made = table(["name"], [[text]])
    cell = next(iter(list(csv.reader(io.StringIO(made, newline="")))[1:]), [""])[0]
    assert not cell.lstrip(" ").startswith(DANGER)
    assert cell.isprintable()


def test_formula_in_a_folder_s_name_is_text_in_every_table() -> None:
    evil = "=HYPERLINK(1)"
    result = sync_result(folder(evil, copied=1, left=2), complete=False)
    dav = {"=a@b.c": dav_result("x", 1, refused=[entry(evil, 1, "", evil)])}
    tables = csv_files(ticket_report(material({"=a@b.c": result}, contacts=dav)))
    for name, text in tables.items():
        cells = [cell for row in csv.reader(io.StringIO(text)) for cell in row]
        assert any(cell.startswith("'=") for cell in cells), name
        assert not [cell for cell in cells if cell.startswith("=")]


def test_numbers_stay_numbers_and_an_unknown_size_is_empty() -> None:
    result = sync_result(folder("INBOX", copied=4), excluded=[{"source": "Trash", "reason": "r", "messages": 57}])
    rows = list(csv.DictReader(io.StringIO(csv_files(ticket_report(material({"a@b.c": result})))["folders.csv"])))
    assert [(row["source"], row["here"], row["octets"], row["excluded"]) for row in rows] == [
        ("INBOX", "4", "0", "0"), ("Trash", "0", "", "57"),
    ]  # fmt: skip
