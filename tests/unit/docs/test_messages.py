# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Messages that the documentation explains are in the code, and the page of all messages misses none."""

from __future__ import annotations

import ast
import importlib.util
import re
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).parents[3]
TABLES = ("troubleshooting.md", "providers.md", "ticket-updates.md")


@pytest.fixture(scope="module")
def generator() -> ModuleType:
    spec = importlib.util.spec_from_file_location("messages_page", ROOT / "docs/messages.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def explained() -> list[str]:
    """The first cells of tables that begin with "it says"."""
    found: list[str] = []
    for name in TABLES:
        page = (ROOT / "docs" / name).read_text(encoding="utf-8")
        for table in re.findall(r"^\| it says \|.*\n\|[-|]+\|\n((?:\|.*\n)+)", page, re.MULTILINE):
            found += [line.split(" | ")[0].removeprefix("| ") for line in table.splitlines()]
    return found


@cache
def spoken() -> str:
    """All texts of the code, with an ellipsis where a value goes."""
    texts = []
    for path in (ROOT / "plugins").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.JoinedStr):
                parts = (str(part.value) if isinstance(part, ast.Constant) else "…" for part in node.values)
                texts.append("".join(parts))
            elif isinstance(node, ast.Constant) and isinstance(node.value, str):
                texts.append(node.value)
    texts += [path.read_text() for path in (ROOT / "roles").rglob("*") if path.suffix in {".yml", ".j2"}]
    return re.sub(r"\s+", " ", "\n".join(texts)).lower()


def fragments(message: str) -> list[str]:
    parts = re.split(r"…|\bN\b|\([^)]*\)|[;,:] |:\d+ ?", message.replace(" (preflight)", ""))
    return [part.strip(" .,:;()") for part in parts if len(part.strip(" .,:;()")) > 3]


@pytest.mark.parametrize("message", explained())
def test_explained_message_is_in_the_code(message: str) -> None:
    texts = spoken()

    assert fragments(message)
    assert [part for part in fragments(message) if part.lower() not in texts] == []


def test_page_has_the_messages_of_each_form(generator: ModuleType) -> None:
    code = '''
MORE = "Look there"
def f(x, findings):
    raise Broken(f"the file {x} is torn", where="a", remedy="Mend it")
    Failure(item=x, reason="is odd", remedy=MORE)
    findings.error(3, "port", "is no port", "Write 993")
    row.warning("port", "is a bit odd", "Look at it")
    findings.notice(3, "port", "is told only")
    remedy = "Later"
    return Stopped("the run is gone", remedy=remedy)
'''
    found = set(generator._of_file(ast.parse(code)))

    assert found == {
        ("the file … is torn", "Mend it"),
        ("is odd", "Look there"),
        ("is no port", "Write 993"),
        ("is a bit odd", "Look at it"),
        ("the run is gone", "Later"),
    }


def test_no_mark_of_a_message_becomes_markdown(generator: ModuleType) -> None:
    page = generator.page([generator.Message("imap", "a | b <c> *d* {e}", "f_g_h `i`")])

    assert r"| a \| b \<c\> \*d\* \{e\} | f\_g\_h \`i\` |" in page


def test_page_covers_all_rooms_of_the_code(generator: ModuleType) -> None:
    found = generator.messages(ROOT / "plugins")

    rooms = {path.parent.name for path in (ROOT / "plugins/module_utils").glob("*/*.py")}
    assert rooms <= generator.AREAS.keys()
    assert len(found) > 200
    assert {one.area for one in found} >= {"ticket", "imap", "sync", "platform", "dav", "archive"}
