#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module local_delivery_info: how Local Delivery of domains is switched, and what a switch would have to heed."""

from __future__ import annotations

DOCUMENTATION = r"""
module: local_delivery_info
short_description: Tell how Local Delivery of domains is switched on the destination platform
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Reads the switch of each domain, which expected addresses take no mail here, and what waits for the old provider.
  - On a platform without such a switch it says so and does not fail.
extends_documentation_fragment:
  - mailops.migration.platform
options:
  domains:
    description: The domains.
    type: list
    elements: str
    required: true
  required_addresses:
    description: Addresses that must be mailboxes or aliases here before "Yes".
    type: list
    elements: str
    default: []
  postfix_config_directory:
    description:
      - Configuration directory of the Postfix on this host, such as V(/etc/postfix). Without it the queue is not asked.
    type: path
attributes:
  check_mode:
    description: Nothing is ever changed.
seealso:
  - module: mailops.migration.local_delivery
"""

EXAMPLES = r"""
- name: See how Local Delivery is switched
  mailops.migration.local_delivery_info:
    platform: "{{ mailops_platform }}"
    domains: [example.com]
  register: switches

- name: Tell the domains that are under "No"
  ansible.builtin.debug:
    msg: "{{ switches.domains | rejectattr('enabled') | map(attribute='domain') }}"
"""

RETURN = r"""
supported:
  description: Whether the platform has such a switch.
  returned: success
  type: bool
  sample: true
reason:
  description: Why it has none; empty otherwise.
  returned: success
  type: str
  sample: ""
domains:
  description: The switches, sorted by domain. A domain that was never switched has "Yes".
  returned: success
  type: list
  elements: dict
  sample:
    - domain: example.com
      enabled: false
      old_mx: "[mx.old-provider.example]:25"
      missing: [bert@example.com]
      queued: 0
  contains:
    domain:
      description: The domain.
      type: str
    enabled:
      description: Whether Local Delivery is on ("Yes").
      type: bool
    old_mx:
      description: The old provider's server.
      type: str
    expires:
      description: When "No" ends, in seconds since 1970; 0 is never.
      type: int
    ticket:
      description: The ticket to which the switch belongs.
      type: str
    reason:
      description: The operator's word for what was done against the guards.
      type: str
    exists:
      description: Whether the domain is on the platform.
      type: bool
    expected:
      description: How many of O(required_addresses) are in the domain.
      type: int
    missing:
      description: Those of them that take no mail here.
      type: list
      elements: str
    queued:
      description: Messages that wait here for recipients in the domain; none where the queue was not asked.
      type: int
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.support.local_delivery_task import local_delivery_info
from ansible_collections.mailops.migration.plugins.module_utils.support.platform_module import platform_spec, run_info


def argument_spec() -> dict[str, Any]:
    """The module's options."""
    return {
        "platform": platform_spec()["platform"],
        "domains": {"type": "list", "elements": "str", "required": True},
        "required_addresses": {"type": "list", "elements": "str", "default": []},
        "postfix_config_directory": {"type": "path"},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    run_info(module, lambda driver: local_delivery_info(module.params, module.run_command, driver))


if __name__ == "__main__":
    main()
