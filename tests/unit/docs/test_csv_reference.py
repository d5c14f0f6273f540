# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Examples for customers are read without a finding, and docs/csv.md names the columns that the reader knows."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket.columns import KINDS, FileKind, normalise
from ansible_collections.mailops.migration.plugins.module_utils.ticket.intake import Attachment, sort_attachments
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import read_ticket

DOCS = Path(__file__).parents[3] / "docs"
PAGE = (DOCS / "csv.md").read_text()
EXAMPLES = {path.name: path.read_bytes() for path in (DOCS / "examples").glob("*.csv")}


def section(kind: FileKind) -> str:
    return PAGE.split(f"### {kind.name}\n")[1].split("\n##")[0]


def table(kind: FileKind) -> dict[str, set[str]]:
    rows = re.findall(r"^\| `(\w+)` \|.*\| (.*?) ?\|$", section(kind), re.MULTILINE)
    return {name: set(filter(None, others.split(", "))) for name, others in rows}


def test_examples_are_a_ticket_without_a_finding() -> None:
    ticket = read_ticket("123", {**EXAMPLES, "ticket.yml": b"domains: [example.com]\n"})

    assert ticket.findings == ()
    assert [len(rows) for rows in (ticket.mailboxes, ticket.users, ticket.aliases, ticket.forwards, ticket.lists)] == [
        2, 2, 2, 2, 4,
    ]  # fmt: skip


def test_each_kind_of_file_has_its_example() -> None:
    assert set(EXAMPLES) == {kind.name for kind in KINDS}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_an_example_is_known_whatever_it_is_called(kind: FileKind) -> None:
    (found,) = sort_attachments([Attachment("Book1.csv", EXAMPLES[kind.name])])

    assert found.target == kind.name


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_page_names_the_columns_that_are_read(kind: FileKind) -> None:
    listed = {name: others | {normalise(name)} for name, others in table(kind).items()}

    assert listed == {name: set(names) | {normalise(name)} for name, names in kind.columns.items()}


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_page_offers_the_columns_of_the_example(kind: FileKind) -> None:
    (offered,) = re.findall(rf"\]\(examples/{re.escape(kind.name)}\) \|.*\| (.*) \|$", PAGE, re.MULTILINE)

    header = EXAMPLES[kind.name].decode().splitlines()[0]
    assert re.findall(r"`(\w+)`", offered) == header.split(",")
