# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
from __future__ import annotations

from ansible_collections.mailops.migration.plugins.module_utils.platform.diff import plan_diff
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import build
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Create,
    Domain,
    Mailbox,
    Remove,
    Update,
)

ANNA = Mailbox("anna@example.com", "Anna", password_hash="{X}old")
BERT = Mailbox("bert@example.com", "Bert", password_hash="{X}bert")


def test_empty_plan_has_an_empty_diff():
    assert plan_diff(build([None])) == {"before": "", "after": ""}


def test_update_shows_the_changed_attributes_only():
    diff = plan_diff(build([Update(ANNA, (("name", "A"),))]))
    assert diff == {"before": "anna@example.com: name: Anna\n", "after": "anna@example.com: name: A\n"}


def test_created_items_are_only_after_and_removed_ones_only_before():
    diff = plan_diff(build([Create(Domain("example.com")), Remove(BERT)]))
    assert diff["before"].startswith("bert@example.com: active: True, name: Bert, password: current")
    assert diff["after"].startswith("example.com: active: True, backup_mx: False")


def test_items_are_sorted():
    diff = plan_diff(build([Create(BERT), Create(ANNA)]))
    assert [line.partition(":")[0] for line in diff["after"].splitlines()] == ["anna@example.com", "bert@example.com"]


def test_changed_password_shows_as_changed_and_never_as_its_hash():
    diff = plan_diff(build([Update(ANNA, (("password_hash", "{X}new"),)), Create(BERT)]))
    assert "password: current" in diff["before"]
    assert "password: new" in diff["after"]
    assert "{X}" not in str(diff)
