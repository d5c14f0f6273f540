#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module migration_record: what a ticket remembers of a run."""

from __future__ import annotations

DOCUMENTATION = r"""
module: migration_record
short_description: Remember the passes of a ticket's domains, close those that are through, and open them again
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Writes into C(ticket.sqlite), beside the ticket's journals. Run it on the controller.
  - A domain is closed after a pass of the final phase that began when the old MX records had run out, brought all of
    its mailboxes to an end, found nothing new, and was followed by a comparison that all of them passed.
  - In check mode it remembers nothing and tells the same.
options:
  state_dir:
    description: The folder of the ticket's journals.
    type: path
    required: true
  passes:
    description: A pass of each domain.
    type: list
    elements: dict
    default: []
    suboptions:
      domain:
        description: The domain.
        type: str
        required: true
      phase:
        description: The phase it was in.
        type: str
        required: true
      started:
        description: When the run began, in seconds since 1970.
        type: float
        required: true
      old_end:
        description:
          - When the old MX records run out, as M(mailops.migration.migration_phase) told. Without it nothing is closed.
        type: float
      queued:
        description: How many messages waited here for the old provider as the run began.
        type: int
        default: 0
      mailboxes:
        description: How many mailboxes of the ticket the domain has.
        type: int
        required: true
      worked:
        description: How many of them were taken through the pass.
        type: int
        required: true
      complete:
        description: How many of these came to an end without a failure.
        type: int
        required: true
      copied:
        description: How many new messages were found.
        type: int
        required: true
      verified:
        description: How many mailboxes passed the comparison with their source.
        type: int
        default: 0
  reopened:
    description: Domains that have something to be done again, because of what is taken back in their mailboxes.
    type: list
    elements: str
    default: []
  overrides:
    description: Guards that were overridden.
    type: list
    elements: dict
    default: []
    suboptions:
      domain:
        description: The domain.
        type: str
        required: true
      action:
        description: What was done.
        type: str
        required: true
      reason:
        description: Why, in the operator's words.
        type: str
        required: true
  timezone:
    description: The time zone of times in words.
    type: str
    default: UTC
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
seealso:
  - module: mailops.migration.migration_phase
"""

EXAMPLES = r"""
- name: Remember a pass
  mailops.migration.migration_record:
    state_dir: /var/lib/mailops/123
    passes:
      - domain: example.com
        phase: final
        started: "{{ stand.now }}"
        old_end: "{{ stand.domains[0].old_end }}"
        mailboxes: 12
        worked: 12
        complete: 12
        copied: 0
        verified: 12
  delegate_to: localhost
"""

RETURN = r"""
closed:
  description: Domains that are closed by this.
  returned: success
  type: list
  elements: str
  sample: [example.com]
reopened:
  description: Domains that were closed and are open again by this.
  returned: success
  type: list
  elements: str
  sample: []
lines:
  description: What closes domains of the final phase, keeps them open, or opens them again, in words.
  returned: success
  type: list
  elements: str
  sample: ["example.com stays open: this pass still found 2 new messages. Run the same command again."]
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.support.phase_task import record


def argument_spec() -> dict[str, Any]:
    """The module's options."""
    done = {
        "domain": {"type": "str", "required": True},
        "phase": {"type": "str", "required": True},
        "started": {"type": "float", "required": True},
        "old_end": {"type": "float"},
        "queued": {"type": "int", "default": 0},
        "mailboxes": {"type": "int", "required": True},
        "worked": {"type": "int", "required": True},
        "complete": {"type": "int", "required": True},
        "copied": {"type": "int", "required": True},
        "verified": {"type": "int", "default": 0},
    }
    override = {name: {"type": "str", "required": True} for name in ("domain", "action", "reason")}
    return {
        "state_dir": {"type": "path", "required": True},
        "passes": {"type": "list", "elements": "dict", "default": [], "options": done, "no_log": False},
        "reopened": {"type": "list", "elements": "str", "default": []},
        "overrides": {"type": "list", "elements": "dict", "default": [], "options": override},
        "timezone": {"type": "str", "default": "UTC"},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        module.exit_json(**record(module.params, time.time(), remember=not module.check_mode))
    except MigrationError as error:
        module.fail_json(msg=error.text())


if __name__ == "__main__":
    main()
