# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which mailboxes of a ticket have a pass behind them."""

from __future__ import annotations

DOCUMENTATION = r"""
name: completed_passes
short_description: Mailboxes that have a complete pass behind them
version_added: 0.1.0
author: mailops.migration maintainers (@mailops)
description:
  - Asks the journals that M(mailops.migration.imap_sync) keeps on the controller. Writes nothing.
  - Of a mailbox whose journal is on its worker, or packed, it takes what runs that ended here were told by the worker,
    as C(ticket.sqlite) remembers it.
options:
  _terms:
    description: Addresses of mailboxes, as given to O(mailops.migration.imap_sync#module:mailbox).
    required: true
    type: list
    elements: str
  state_dir:
    description: The folder of the ticket's journals. It need not exist.
    required: true
    type: path
"""

EXAMPLES = r"""
- name: Tell which mailboxes are through
  ansible.builtin.debug:
    msg: "{{ query('mailops.migration.completed_passes', 'anna@example.com', state_dir='/var/lib/mailops/123') }}"
"""

RETURN = r"""
_raw:
  description: Those of the addresses of which a complete pass is known.
  type: list
  elements: str
"""

from collections.abc import Collection
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import JournalError
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal_file import file_to_read, journal_path
from ansible_collections.mailops.migration.plugins.module_utils.sync.progress import has_complete_pass
from ansible_collections.mailops.migration.plugins.module_utils.ticket.hosts import host_name
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import read_ticket_state


class LookupModule(LookupBase):
    """Reads one journal for each address."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[str]:
        self.set_options(var_options=variables, direct=kwargs)
        state_dir = str(self.get_option("state_dir"))
        try:
            with read_ticket_state(state_dir) as state:
                told = state.told("sync")
            once = {name for name, kept in told.items() if kept.value.get("complete_once", kept.value.get("complete"))}
            return [
                mailbox
                for mailbox in map(str, self._flatten(terms))
                if has_complete_pass(state_dir, mailbox) or _is_elsewhere(state_dir, mailbox, once)
            ]
        except JournalError as problem:
            raise AnsibleLookupError(problem.text()) from None


def _is_elsewhere(state_dir: str, mailbox: str, once: Collection[str]) -> bool:
    """Whether a worker that keeps the journal told of a complete pass. A journal that is here knows better."""
    return host_name(mailbox) in once and file_to_read(journal_path(state_dir, mailbox)) is None
