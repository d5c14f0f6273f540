# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Which of a ticket's slices does what concerns whole domains."""

from __future__ import annotations

DOCUMENTATION = r"""
name: slice_lead
short_description: Whether this run, a slice of a ticket, does what concerns whole domains
version_added: 0.1.0
author: mailops.migration maintainers (@mailops)
description:
  - Of several runs that work on one ticket at once, each on some of its mailboxes, the first one leads until it ends.
    The others wait until it has made domains and mailboxes.
  - The lock is a file in O(state_dir), held by the process that evaluates this. Use it in the condition of a
    C(meta) task, which Ansible evaluates in the process that lasts as long as the run. Elsewhere it only tells what
    was found out there.
options:
  _terms:
    description:
      - V(take) takes the lead or waits, V(ready) lets the others begin, V(look) tells what was found out.
    required: true
    type: list
    elements: str
  state_dir:
    description: The folder of the ticket's journals, shared by all slices.
    required: true
    type: path
  able:
    description: Whether the run may lead, that is, reaches the platform's host.
    type: bool
    default: true
  wait:
    description: How many seconds a run waits for the one that leads.
    type: float
    default: 600.0
"""

EXAMPLES = r"""
- name: Take the lead, or wait for the run that has it
  ansible.builtin.meta: end_play
  when: not lookup('mailops.migration.slice_lead', 'take', state_dir=ticket_state_dir).asked
"""

RETURN = r"""
_raw:
  description: C(asked) (always true after V(take)), C(leads), and C(holder), who leads; empty where nobody does.
  type: list
  elements: dict
"""

from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible.utils.display import Display
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket_state.lead import (
    Lead,
    let_others_begin,
    take_lead,
)

# By folder, as long as the process lives: with its end the kernel frees the lock.
_LEADS: dict[str, Lead] = {}


class LookupModule(LookupBase):
    """Takes the lead, once in a process."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[dict[str, Any]]:
        self.set_options(var_options=variables, direct=kwargs)
        state_dir = str(self.get_option("state_dir"))
        try:
            return [self._one(str(term), state_dir) for term in terms]
        except ConfigurationError as problem:
            raise AnsibleLookupError(problem.text()) from None

    def _one(self, term: str, state_dir: str) -> dict[str, Any]:
        if term == "take" and state_dir not in _LEADS:
            _LEADS[state_dir] = take_lead(
                state_dir,
                able=self.get_option("able"),
                wait=self.get_option("wait"),
                tell=_tell,
            )
        lead = _LEADS.get(state_dir)
        if term == "ready" and lead:
            let_others_begin(state_dir, lead)
        if term not in ("take", "ready", "look"):
            raise ConfigurationError(f"{term!r} is nothing to be asked", remedy="Known: take, ready, look")
        return {
            "asked": lead is not None,
            "leads": bool(lead and lead.handle is not None),
            "holder": lead.holder if lead else "",
        }


def _tell(holder: str) -> None:
    Display().display(f"Another slice makes the ticket's domains and mailboxes; waiting for it: {holder}")
