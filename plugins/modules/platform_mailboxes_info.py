#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module platform_mailboxes_info: which mailboxes the platform has."""

from __future__ import annotations

DOCUMENTATION = r"""
module: platform_mailboxes_info
short_description: List the mailboxes of the destination platform
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Lists the active mailboxes of all domains. Changes nothing.
  - A platform whose driver cannot list them makes it fail with the reason.
extends_documentation_fragment:
  - mailops.migration.platform
"""

EXAMPLES = r"""
- name: All mailboxes are known
  mailops.migration.platform_mailboxes_info:
    platform: "{{ mailops_platform }}"
  register: all_mailboxes
"""

RETURN = r"""
mailboxes:
  description: The addresses, sorted.
  returned: success
  type: list
  elements: str
  sample: [anna@example.com, bert@example.com]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.registry import open_driver
from ansible_collections.mailops.migration.plugins.module_utils.support.platform_module import platform_spec


def main() -> None:
    """Run the module."""
    spec = {"platform": platform_spec()["platform"]}
    module = AnsibleModule(argument_spec=spec, supports_check_mode=True)
    platform = module.params["platform"]
    try:
        addresses = open_driver(platform["driver"], platform).addresses()
    except MigrationError as error:
        module.fail_json(msg=error.text())
    else:
        module.exit_json(changed=False, mailboxes=addresses)


if __name__ == "__main__":
    main()
