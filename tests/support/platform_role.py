# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The role mail_platform's own templates, filled in within a second. The sandbox is what tests the role itself."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import yaml
from jinja2 import Environment, FileSystemLoader, StrictUndefined

ROLE = Path(__file__).parents[2] / "roles" / "mail_platform"


class PlatformRole:
    """The role's files for some variables; what is not given is the role's default."""

    def __init__(self, **variables: Any) -> None:
        self._environment = Environment(
            loader=FileSystemLoader(ROLE / "templates"), undefined=StrictUndefined, trim_blocks=True,
            keep_trailing_newline=True,
        )  # fmt: skip
        self._environment.filters["hash"] = lambda text, kind: hashlib.new(kind, text.encode()).hexdigest()
        files = [yaml.safe_load((ROLE / part / "main.yml").read_text()) for part in ("defaults", "vars")]
        self.variables = self._settled({**files[0], **files[1], "ansible_managed": "Made by the tests", **variables})

    def write(self, template: str, target: Path) -> None:
        """Fill in a template of the role."""
        target.write_text(self._environment.get_template(f"{template}.j2").render(self.variables))

    def _settled(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """Variables that are templates themselves, filled in until none is left."""
        settled = dict(variables)
        for name, value in variables.items():
            text = value
            while isinstance(text, str) and "{{" in text:
                text = self._environment.from_string(text).render(settled)
            settled[name] = text
        return settled
