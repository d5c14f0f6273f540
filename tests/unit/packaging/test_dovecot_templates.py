# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Dovecot 2.3 and 2.4 have configuration languages of their own: what is written for one is written for the other."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROLES = Path(__file__).parents[3] / "roles"
PLATFORM = ROLES / "mail_platform" / "templates"
SANDBOX = ROLES / "sandbox" / "templates"


@pytest.mark.parametrize(
    ("older", "newer"),
    [
        (PLATFORM / "dovecot" / "dovecot.conf.j2", PLATFORM / "dovecot-2.4" / "dovecot.conf.j2"),
        (PLATFORM / "dovecot" / "dovecot-sql.conf.j2", PLATFORM / "dovecot-2.4" / "dovecot-sql.conf.j2"),
        (SANDBOX / "source-dovecot.conf.j2", SANDBOX / "source-dovecot-2.4.conf.j2"),
    ],
)
def test_each_variable_of_one_version_is_used_for_the_other(older: Path, newer: Path) -> None:
    assert _variables(older) == _variables(newer)


def _variables(template: Path) -> set[str]:
    return set(re.findall(r"\b(?:mail_platform|sandbox)_\w+(?:\.\w+)?", template.read_text()))
