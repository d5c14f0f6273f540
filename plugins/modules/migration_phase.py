#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module migration_phase: where each domain of a ticket stands."""

from __future__ import annotations

DOCUMENTATION = r"""
module: migration_phase
short_description: Tell in which phase each domain of a ticket is
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Asks each domain's own name servers and a resolver for the MX records, and what is remembered of the ticket, and
    decides by that alone. An MX record that names one of our servers on any of the name servers counts as ours.
  - "V(first): the world's mail goes to the old provider, or DNS does not tell. V(final): it comes here. V(closed):
    nothing is left to be done."
  - Remembers the MX records and TTLs that it sees in C(ticket.sqlite), so that a later run knows until when the world
    may believe the old ones. In check mode it remembers nothing. It changes nothing else.
  - Run it on the controller, where the journals are.
requirements:
  - dnspython
options:
  domains:
    description: The ticket's domains.
    type: list
    elements: str
    required: true
  state_dir:
    description: The folder of the ticket's journals. It need not exist.
    type: path
    required: true
  mx_hosts:
    description:
      - The names, and addresses if they have others, of our own mail exchangers, the main name first.
      - Without them no domain can be placed, and all are in the phase V(first).
    type: list
    elements: str
    default: []
  nameservers:
    description: Resolvers, as C(address) or C(address:port). Those of the machine unless given.
    type: list
    elements: str
  authoritative_port:
    description: The port of the zones' own name servers. Other than 53 in tests only.
    type: int
    default: 53
  addresses:
    description: The ticket's mailboxes.
    type: list
    elements: str
    default: []
  behind:
    description: Those of O(addresses) that have no complete pass behind them.
    type: list
    elements: str
    default: []
  phase:
    description: The phase that the operator says, whatever can be seen.
    type: str
    choices: ["", first, final]
    default: ""
  timezone:
    description: The time zone of times in words.
    type: str
    default: UTC
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
seealso:
  - module: mailops.migration.local_delivery
"""

EXAMPLES = r"""
- name: See where the ticket's domains stand
  mailops.migration.migration_phase:
    domains: [example.com, example.org]
    state_dir: /var/lib/mailops/123
    mx_hosts: [mx.platform.example]
  delegate_to: localhost
  register: stand
"""

RETURN = r"""
phase:
  description: The ticket's phase. V(closed) when all domains are, V(final) when one of the others is, else V(first).
  returned: success
  type: str
  sample: final
now:
  description: When it was looked at, in seconds since 1970.
  returned: success
  type: float
  sample: 1795356000.0
lines:
  description: The phase of each domain, why, and what it waits for, in words.
  returned: success
  type: list
  elements: str
  sample:
    - "example.com is in phase first, for it has its MX elsewhere: mx.old-provider.example."
domains:
  description: Where each domain stands, in the order in which they were given.
  returned: success
  type: list
  elements: dict
  sample:
    - domain: example.com
      phase: first
      mx: elsewhere
  contains:
    domain:
      description: The domain.
      type: str
    phase:
      description: V(first), V(final) or V(closed).
      type: str
    why:
      description: Why, as a clause.
      type: str
    next:
      description: What it waits for, and what to do where something is wrong.
      type: str
    mx:
      description: Where the MX records lead by the word of the domain's own name servers.
      type: str
    mx_text:
      description: The same in words.
      type: str
    mx_hosts:
      description: The mail exchangers that they name, the preferred one first.
      type: list
      elements: str
    mx_ttl:
      description: Their TTL in seconds, the longest of all name servers.
      type: int
    resolver_text:
      description: What a resolver says, and for how long.
      type: str
    ours_since:
      description: When mail was first seen to come here, in seconds since 1970.
      type: float
    old_end:
      description: When the last resolver forgets the old records; none while they are handed out.
      type: float
    closed:
      description: When the domain was closed.
      type: float
    mailboxes:
      description: How many of O(addresses) are in it.
      type: int
    behind:
      description: How many of O(behind) are in it.
      type: int
    passes:
      description: The passes that are remembered, in words.
      type: str
    overrides:
      description: Guards that were overridden, with time and reason.
      type: list
      elements: str
"""

import time
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require
from ansible_collections.mailops.migration.plugins.module_utils.support.phase_task import phases


def argument_spec() -> dict[str, Any]:
    """The module's options."""
    return {
        "domains": {"type": "list", "elements": "str", "required": True},
        "state_dir": {"type": "path", "required": True},
        "mx_hosts": {"type": "list", "elements": "str", "default": []},
        "nameservers": {"type": "list", "elements": "str"},
        "authoritative_port": {"type": "int", "default": 53},
        "addresses": {"type": "list", "elements": "str", "default": []},
        "behind": {"type": "list", "elements": "str", "default": []},
        "phase": {"type": "str", "choices": ["", "first", "final"], "default": ""},
        "timezone": {"type": "str", "default": "UTC"},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    require(module, "dns")
    try:
        module.exit_json(changed=False, **phases(module.params, time.time(), remember=not module.check_mode))
    except MigrationError as error:
        module.fail_json(msg=error.text())


if __name__ == "__main__":
    main()
