# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The first pass: everything arrives once, as it was."""

from __future__ import annotations

from tests.support import mail_maker
from tests.support.sync_runner import Migration, counts


def test_every_kind_of_message_arrives_with_its_flags_and_its_date(migration: Migration) -> None:
    spec = mail_maker.variety()
    migration.fill(spec)

    result = migration.run()

    assert "failed" not in result, result["msg"]
    expected = migration.expected(spec)
    assert migration.at_destination() == expected
    assert counts(result) == {"copied": sum(map(len, expected.values())) + 1, "excluded": 6}
