# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

import unicodedata

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.ticket.columns import MAILBOXES, USERS, FileKind


@pytest.mark.parametrize("form", ["NFC", "NFD"])
@pytest.mark.parametrize(
    ("kind", "header", "name"),
    [
        (USERS, "Temporäres Passwort", "password"),
        (USERS, "temporaeres passwort", "password"),
        (USERS, "Postfachgröße (MB)", "quota_mb"),
        (MAILBOXES, "Verschlüsselung", "encryption"),
    ],
)
def test_umlauts_are_read_in_either_spelling_and_form(kind: FileKind, header: str, name: str, form: str) -> None:
    assert kind.canonical(unicodedata.normalize(form, header)) == name
