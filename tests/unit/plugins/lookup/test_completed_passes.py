# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which mailboxes are through, by the journals here and by what workers told."""

from __future__ import annotations

from pathlib import Path

import yaml
from ansible import constants
from ansible.parsing.dataloader import DataLoader
from ansible_collections.mailops.migration.plugins.lookup.completed_passes import DOCUMENTATION, LookupModule
from ansible_collections.mailops.migration.plugins.module_utils.report.results import sync_told
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal_file import journal_path, open_journal
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import open_ticket_state

NAME = "mailops.migration.completed_passes"
ANNA, BERT = "anna@example.com", "bert@example.com"


def passed(state_dir: Path) -> list[str]:
    options = yaml.safe_load(DOCUMENTATION)["options"]
    constants.config.initialize_plugin_configuration_definitions("lookup", NAME, options)
    lookup = LookupModule(loader=DataLoader())
    lookup._load_name = lookup.ansible_name = NAME
    lookup._redirected_names = [NAME]
    return lookup.run([ANNA, BERT], {}, state_dir=str(state_dir))


def test_worker_s_word_holds_and_a_later_pass_that_was_cut_off_does_not_take_it_back(tmp_path: Path) -> None:
    first = sync_told({"complete": True, "counts": {}})
    with open_ticket_state(str(tmp_path)) as state:
        state.tell("sync", {ANNA: sync_told({"complete": False, "counts": {}}, first)}, 1.0)
        state.tell("sync", {BERT: sync_told({"complete": False, "counts": {}})}, 1.0)
    assert passed(tmp_path) == [ANNA]


def test_journal_that_is_here_knows_better(tmp_path: Path) -> None:
    with open_ticket_state(str(tmp_path)) as state:
        state.tell("sync", {ANNA: sync_told({"complete": True, "counts": {}})}, 1.0)
    open_journal(journal_path(str(tmp_path), ANNA), ANNA)[0].close()
    assert passed(tmp_path) == []
