"""How Sphinx makes the site of this folder's Markdown; bin/docs calls it on a copy with the generated reference."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import yaml

_GALAXY = yaml.safe_load((Path(__file__).parent / "galaxy.yml").read_text())

project = f"{_GALAXY['namespace']}.{_GALAXY['name']}"
version = release = _GALAXY["version"]
copyright = f"the {_GALAXY['authors'][0]}, GPL-3.0-or-later"
extensions = ["myst_parser", "sphinx_antsibull_ext", "sphinx_copybutton"]
html_theme = "furo"
html_title = f"{project} {version}"
html_copy_source = False
html_show_sphinx = False
html_extra_path = ["schemas"]
templates_path: list[str] = []
exclude_patterns: list[str] = ["schemas"]
myst_heading_anchors = 3
# Nothing is fetched: no other site's index, no web fonts.
intersphinx_mapping: dict[str, Any] = {}
# Plain blocks are commands, configuration and output side by side: no one language fits.
highlight_language = "none"
copybutton_exclude = ".linenos, .gp"

_ELSEWHERE = (
    (re.compile(r"\]\(\.\./roles/(\w+)/README\.md\)"), r"](reference/collections/mailops/migration/\1_role.rst)"),
    (re.compile(r"\]\((?:\.\./)?CONTRIBUTING\.md\)"), "](contributing.md)"),
    (re.compile(r"\]\((?:\.\./)?SECURITY\.md\)"), "](reporting.md)"),
    (re.compile(r"\]\(\.\./README\.md\)"), "](readme.md)"),
    (re.compile(r"\]\(docs/"), "]("),
    # What is no page is named and not led to.
    (re.compile(r"\[([^\]]*)\]\(\.\./(?:inventories|playbooks|plugins|tests|bin)/[^)]*\)"), r"\1"),
)
_GROUP = re.compile(r"^## (.+)\n((?:.*\n)*?)(?=^## |\Z)", re.MULTILINE)
_PAGE = re.compile(r"^- \[[^\]]*\]\(([^)]+)\.(?:md|rst)\)", re.MULTILINE)


def setup(app: Any) -> None:
    """Have what is written for reading in the repository fit the site."""
    app.connect("source-read", _fit)


def _fit(_app: Any, page: str, source: list[str]) -> None:
    for pattern, replacement in _ELSEWHERE:
        source[0] = pattern.sub(replacement, source[0])
    if page == "index":
        source[0] += "".join(_tree(*group) for group in _GROUP.findall(source[0] + "\n"))


def _tree(caption: str, lines: str) -> str:
    """The navigation is the index's own groups of links."""
    pages = "\n".join(_PAGE.findall(lines))
    return f"\n```{{toctree}}\n:hidden:\n:caption: {caption}\n\n{pages}\n```\n" if pages else ""
