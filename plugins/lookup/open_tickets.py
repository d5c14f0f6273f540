# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Who is expected in a domain: by all tickets that are open for it, not by one."""

from __future__ import annotations

DOCUMENTATION = r"""
name: open_tickets
short_description: The addresses that all open tickets expect in domains
version_added: 0.1.0
author: mailops.migration maintainers (@mailops)
description:
  - A domain may be moved by several tickets. It is switched when the mailboxes of all of them are here.
  - Reads the folder of each ticket beside the one that is worked on. A domain that C(ticket.sqlite) of a ticket has as
    closed is not expected by that ticket any more; the ticket that is worked on counts whatever it has.
  - Another ticket that cannot be read is told in C(trouble), for it may concern the domains. Writes nothing.
options:
  _terms:
    description: Domains.
    required: true
    type: list
    elements: str
  ticket_dir:
    description: The folder of the ticket that is worked on. The others lie beside it.
    required: true
    type: path
    vars:
      - name: mailops_ticket_dir
  state_dir:
    description: The folder that has a folder of journals for each ticket.
    required: true
    type: path
    vars:
      - name: mailops_state_dir
"""

EXAMPLES = r"""
- name: Tell whom open tickets expect
  ansible.builtin.debug:
    msg: "{{ query('mailops.migration.open_tickets', 'example.com') }}"
"""

RETURN = r"""
_raw:
  description: The tickets with such addresses, the one that is worked on first.
  type: list
  elements: dict
  contains:
    ticket:
      description: The ticket's id.
      type: str
    addresses:
      description: Mailboxes that it moves or creates in the domains.
      type: list
      elements: str
    trouble:
      description: Why it cannot be read; empty otherwise.
      type: str
"""

import os
from collections.abc import Collection
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import Ticket
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import read_ticket_state
from ansible_collections.mailops.migration.plugins.plugin_utils.ticket_files import (
    load_ticket,
    tickets_beside,
    unreadable,
)


class LookupModule(LookupBase):
    """Reads the tickets beside this one."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        domains = {str(term).lower() for term in self._flatten(terms)}
        own = os.path.normpath(str(self.get_option("ticket_dir")))
        try:
            mine = _row(own, load_ticket(own, self._loader), domains)
        except MigrationError as problem:
            raise AnsibleLookupError(problem.text()) from None
        others = (self._other(folder, domains) for folder in tickets_beside(own))
        return [mine, *(row for row in others if row["addresses"] or row["trouble"])]

    def _other(self, folder: str, domains: Collection[str]) -> dict[str, Any]:
        state_dir = os.path.join(str(self.get_option("state_dir")), os.path.basename(folder))
        try:
            with read_ticket_state(state_dir) as state:
                open_ones = {domain for domain in domains if state.closed(domain) is None}
            ticket = load_ticket(folder, self._loader)
            return {**_row(folder, ticket, open_ones), "trouble": unreadable(ticket, folder) if open_ones else ""}
        except (MigrationError, OSError) as problem:
            text = problem.text() if isinstance(problem, MigrationError) else str(problem)
            return {"ticket": os.path.basename(folder), "addresses": [], "trouble": text}


def _row(folder: str, ticket: Ticket, domains: Collection[str]) -> dict[str, Any]:
    addresses = [*(row.destination for row in ticket.mailboxes), *(row.email for row in ticket.users)]
    wanted = [address for address in addresses if address.rpartition("@")[2].lower() in domains]
    return {"ticket": os.path.basename(folder), "addresses": list(dict.fromkeys(wanted)), "trouble": ""}
