# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The table of docs/providers.md says what the presets say."""

from __future__ import annotations

import re
from pathlib import Path

from ansible_collections.mailops.migration.plugins.module_utils.ticket.presets import PRESETS, Preset

PAGE = (Path(__file__).parents[3] / "docs/providers.md").read_text()


def row(name: str, preset: Preset) -> str:
    server = preset.host
    if (preset.port, preset.encryption) != (993, "tls"):
        server += f":{preset.port}, {preset.encryption.upper()}"
    login = preset.login.replace("_", " ") + (f", then {preset.other_login}" if preset.other_login else "")
    day = f"{preset.bytes_per_day // 1_000_000:,} MB" if preset.bytes_per_day else ""
    cells = [f"`{name}`", server, login, preset.password, str(preset.connections or ""), day]
    return "|" + "|".join(f" {cell} " if cell else " " for cell in cells) + "|"


def test_table_holds_every_preset_as_it_is() -> None:
    table = re.findall(r"^\| `\w+` \| .*\|$", PAGE.split("## Presets")[1].split("\n## ")[0], re.MULTILINE)

    assert table == [row(name, preset) for name, preset in PRESETS.items()]


def test_every_preset_is_named_where_its_provider_is_told_of() -> None:
    sections = PAGE.split("## Presets")[1].partition("\n## ")[2]

    assert [name for name in PRESETS if f"`{name}`" not in sections] == []
