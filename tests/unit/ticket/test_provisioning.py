# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Rows of users.csv as the module mailbox takes them."""

from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.ticket.provisioning import mailbox_rows

ANNA = {"email": "anna@a.example", "password": "p", "first_name": "Anna", "last_name": "Berg", "quota_mb": 0}
BARE = {"email": "info@b.example", "password": "q", "first_name": "", "last_name": "", "quota_mb": None}


def test_row_has_what_the_customer_said_and_nothing_else() -> None:
    assert mailbox_rows([ANNA, BARE], ()) == [
        {"address": "anna@a.example", "password": "p", "name": "Anna Berg", "quota_mb": 0},
        {"address": "info@b.example", "password": "q"},
    ]


def test_rows_of_domains_that_are_not_there_wait() -> None:
    assert [row["address"] for row in mailbox_rows([ANNA, BARE], ["a.example"])] == ["info@b.example"]
