# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""When other tickets are worked on, and from which servers they read."""

from __future__ import annotations

DOCUMENTATION = r"""
name: booked_windows
short_description: The windows of all other open tickets, with their source servers
version_added: 0.1.0
author: mailops.migration maintainers (@mailops)
description:
  - Reads the folder of each ticket beside the one that is worked on. A ticket all of whose domains are closed is left
    out, so is one without a window, of which nobody knows when it is worked on.
  - Writes nothing.
options:
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
- name: Tell what else is planned
  ansible.builtin.debug:
    msg: "{{ query('mailops.migration.booked_windows') }}"
"""

RETURN = r"""
_raw:
  description: The tickets with a window, and those of which nobody can tell because their C(ticket.yml) cannot be read.
  type: list
  elements: dict
  contains:
    ticket:
      description: The ticket's id.
      type: str
    trouble:
      description: Why it cannot be read; then there is nothing else but C(ticket). Empty otherwise.
      type: str
    timezone:
      description: Its time zone.
      type: str
    window:
      description: Its windows, as they stand in the variable C(mailops_settings).
      type: list
      elements: dict
    servers:
      description: The source servers of its mailboxes.
      type: list
      elements: str
"""

import os
from dataclasses import asdict
from typing import Any

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
    """Reads the tickets beside this one; one that cannot be read says why."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        own = os.path.normpath(str(self.get_option("ticket_dir")))
        found = [self._booked(folder) for folder in tickets_beside(own)]
        return [row for row in found if row is not None]

    def _booked(self, folder: str) -> dict[str, Any] | None:
        try:
            ticket = load_ticket(folder, self._loader)
            if self._is_closed(folder, ticket):
                return None
            trouble = unreadable(ticket, folder)
        except (MigrationError, OSError) as problem:
            trouble = problem.text() if isinstance(problem, MigrationError) else str(problem)
        if trouble:
            return {"ticket": os.path.basename(folder), "trouble": trouble}
        if not ticket.settings.window:
            return None
        return {
            "ticket": os.path.basename(folder),
            "trouble": "",
            "timezone": ticket.settings.timezone,
            "window": [{**asdict(window), "days": list(window.days)} for window in ticket.settings.window],
            "servers": sorted({row.host for row in ticket.mailboxes}),
        }

    def _is_closed(self, folder: str, ticket: Ticket) -> bool:
        state_dir = os.path.join(str(self.get_option("state_dir")), os.path.basename(folder))
        with read_ticket_state(state_dir) as state:
            return bool(ticket.domains) and all(state.closed(domain) is not None for domain in ticket.domains)
