# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Commands, variables and files that the pages name are there."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[3]
PAGES = [*sorted(ROOT.glob("docs/*.md")), *sorted(ROOT.glob("roles/*/README.md")), ROOT / "README.md",
         ROOT / "CONTRIBUTING.md", ROOT / "inventories/production.example/README.md"]
OURS = "mailops.migration."


@cache
def code() -> str:
    """All that reads variables."""
    files = [path for folder in ("plugins", "roles", "playbooks") for path in sorted((ROOT / folder).rglob("*"))
             if path.suffix in (".py", ".yml", ".j2")]
    return "\n".join(path.read_text() for path in files)


def missing(page: str) -> list[str]:
    """What the page names and is not there."""
    variables = set(re.findall(r"\bmailops_[a-z_]*[a-z]\b", page))
    extra = set(re.findall(r"-e '?\{?\"?([a-z_]+)\"?[=:]", page))
    playbooks = set(re.findall(r"ansible-playbook (?:-\S+ \S+ )*(?:playbooks/)?([a-z_]+)\.yml", page))
    names = set(re.findall(rf"\b{re.escape(OURS)}([a-z_]+)", page))
    paths = set(re.findall(r"`((?:plugins|roles|tests|bin|docs|playbooks|requirements)/[\w./-]+)(?:::\w+)?`", page))
    files = {path.stem for folder in ("plugins/*", "playbooks") for path in ROOT.glob(f"{folder}/*.*")}
    roles = {"plugins", *(path.name for path in ROOT.glob("roles/*"))}
    filters = set(re.findall(r'"([a-z_]+)": [a-z_]+,', (ROOT / "plugins/filter/migration.py").read_text()))
    return sorted([
        *(name for name in variables if name not in code()),
        *(f"-e {name}" for name in extra if not re.search(rf"['\"(\s.]{name}\b", code())),
        *(f"{name}.yml" for name in playbooks if not (ROOT / f"playbooks/{name}.yml").exists()),
        *(f"{OURS}{name}" for name in names - files - roles - filters),
        *(path for path in paths if not (ROOT / path).exists()),
    ])  # fmt: skip


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_page_names_what_there_is(page: Path) -> None:
    assert missing(page.read_text()) == []


def test_what_is_not_there_is_found() -> None:
    page = "`mailops_nothing`, `-e nothing_such=1`, ansible-playbook none.yml, mailops.migration.none, `bin/none`"
    assert missing(page) == ["-e nothing_such", "bin/none", "mailops.migration.none", "mailops_nothing", "none.yml"]
