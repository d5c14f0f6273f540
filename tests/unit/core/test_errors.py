# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError


def test_error_says_where_what_and_what_to_do_as_far_as_it_knows() -> None:
    assert str(MigrationError("it is full", where="mx, INBOX", remedy="Raise it")) == "mx, INBOX: it is full. Raise it"
    assert str(MigrationError("it is full", where="mx")) == "mx: it is full"
    assert str(MigrationError("it is full", remedy="Raise it")) == "it is full. Raise it"
    assert str(MigrationError("it is full")) == "it is full"
