# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What is remembered of all tickets."""

from __future__ import annotations

DOCUMENTATION = r"""
name: remembered_tickets
short_description: Where each domain of each ticket stands, by what earlier runs noted
version_added: 0.1.0
author: mailops.migration maintainers (@mailops)
description:
  - Reads C(ticket.yml) of each ticket, not its CSV files, and its C(ticket.sqlite). Asks no server and writes nothing.
  - A ticket that cannot be read says so in C(trouble), and the others are told all the same.
options:
  _terms:
    description: Ids of tickets; all when there are none.
    required: true
    type: list
    elements: str
  tickets_dir:
    description: The folder of all tickets.
    required: true
    type: path
    vars:
      - name: mailops_tickets_dir
  state_dir:
    description: The folder that has a folder of journals for each ticket.
    required: true
    type: path
    vars:
      - name: mailops_state_dir
"""

EXAMPLES = r"""
- name: Tell where the tickets stand
  ansible.builtin.debug:
    msg: "{{ query('mailops.migration.remembered_tickets', tickets_dir='/srv/tickets', state_dir='/var/lib/mailops') }}"
"""

RETURN = r"""
_raw:
  description: The tickets by their ids.
  type: list
  elements: dict
  contains:
    ticket:
      description: The ticket's id.
      type: str
    trouble:
      description: Why it cannot be read; empty otherwise.
      type: str
    domains:
      description:
        - Each domain with C(phase) (V(new), V(first), V(final), V(closed)), C(mailboxes), of which C(complete) and
          C(left) in the last pass, C(failed) (those that have to be looked at, by the last runs),
          C(copied), C(verified), C(last_pass), C(due), C(next) and C(closed).
      type: list
      elements: dict
"""

import os
import time
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError, MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.core.ticket_overview import domain_row
from ansible_collections.mailops.migration.plugins.module_utils.ticket.findings import Findings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.settings import FILE, Settings, read_settings
from ansible_collections.mailops.migration.plugins.module_utils.ticket.window_text import permission
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.store import read_ticket_state
from ansible_collections.mailops.migration.plugins.plugin_utils.ticket_files import read_file

_NOTHING: dict[str, Any] = {"ticket": "", "trouble": "", "domains": []}


class LookupModule(LookupBase):
    """Reads ticket after ticket."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        wanted = {str(term) for term in self._flatten(terms)}
        tickets_dir = str(self.get_option("tickets_dir"))
        try:
            names = sorted(entry.name for entry in os.scandir(tickets_dir) if entry.is_dir())
        except OSError as problem:
            raise AnsibleLookupError(
                f"{tickets_dir}: {problem.strerror}. Correct tickets_dir in the inventory file"
            ) from None
        absent = [{**_NOTHING, "ticket": name, "trouble": f"there is no such ticket in {tickets_dir}"}
                  for name in sorted(wanted.difference(names))]  # fmt: skip
        return [*(self._ticket(tickets_dir, name) for name in names if not wanted or name in wanted), *absent]

    def _ticket(self, tickets_dir: str, name: str) -> dict[str, Any]:
        found: dict[str, Any] = {**_NOTHING, "ticket": name}
        try:
            settings = self._settings(os.path.join(tickets_dir, name, FILE))
            found["domains"] = _domains(os.path.join(str(self.get_option("state_dir")), name), settings, time.time())
        except MigrationError as problem:
            found["trouble"] = problem.text()
        except OSError as problem:
            found["trouble"] = f"{problem.filename}: {problem.strerror}"
        return found

    def _settings(self, path: str) -> Settings:
        if not os.path.isfile(path):
            raise ConfigurationError(f"there is no {FILE}", remedy="Write one, or move the folder away")
        findings = Findings(FILE)
        settings = read_settings(read_file(path, self._loader), findings)
        errors = [each.text() for each in findings.all() if each.level == "error"]
        if errors:
            raise ConfigurationError("; ".join(errors))
        return settings


def _domains(state_dir: str, settings: Settings, now: float) -> Iterable[dict[str, Any]]:
    window = permission(settings.window, settings.timezone, datetime.fromtimestamp(now, UTC))
    opens = "" if window.open else window.opens or "never"
    with read_ticket_state(state_dir) as state:
        failed = state.failed()
        return [
            domain_row(
                name,
                state.mx_history(name),
                state.passes(name),
                state.closed(name),
                failed=failed,
                opens=opens,
                now=now,
            )
            for name in settings.domains or state.domains()
        ]
