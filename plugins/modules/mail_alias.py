#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module mail_alias: second addresses of mailboxes."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_alias
short_description: Manage aliases on the destination platform
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Creates and removes aliases, thousands in one call and in one transaction. An alias leads to one mailbox, list or
    outside address.
  - An address that leads to several is a list; see M(mailops.migration.dist_list_import).
  - With O(state=absent) the alias is removed, unless it leads elsewhere than the row says.
extends_documentation_fragment:
  - mailops.migration.platform
  - mailops.migration.platform.state
  - mailops.migration.platform.routes
options:
  aliases:
    description:
      - The aliases, a row each. An address with two different rows is a finding.
    type: list
    elements: dict
    required: true
    suboptions:
      alias:
        description:
          - The second address. Its domain must exist on the platform.
          - If it is a mailbox or a list, the row is a finding.
        type: str
        required: true
      mailbox:
        description: The address that gets its mail. May be left out with O(state=absent) only.
        type: str
      where:
        description: The row's place in its file, such as V(aliases.csv:7); it is repeated in findings about the row.
        type: str
  replace:
    description:
      - Whether an alias that leads elsewhere is changed. Otherwise it is a finding, for somebody set it so by hand.
    type: bool
    default: false
seealso:
  - module: mailops.migration.mail_forward
  - module: mailops.migration.dist_list_import
"""

EXAMPLES = r"""
- name: A ticket's aliases are there
  mailops.migration.mail_alias:
    platform:
      dsn: sqlite:///var/lib/mail/postfixadmin.sqlite
    domains: [example.com]
    aliases:
      - alias: info@example.com
        mailbox: anna@example.com
        where: aliases.csv:2
      - alias: sales@example.com
        mailbox: bert@example.com
        where: aliases.csv:3

- name: An alias leads to somebody else from now on
  mailops.migration.mail_alias:
    platform: "{{ mailops_platform }}"
    replace: true
    aliases:
      - alias: info@example.com
        mailbox: bert@example.com

- name: An alias is gone
  mailops.migration.mail_alias:
    platform: "{{ mailops_platform }}"
    state: absent
    aliases:
      - alias: info@example.com
"""

RETURN = r"""
counts:
  description: Aliases by outcome, and as failed the rows that were not worked; in check mode what would be.
  returned: unless the platform could not be read or written
  type: dict
  sample: {created: 2, updated: 0, removed: 0, unchanged: 118, failed: 1}
created:
  description: Addresses of the aliases that were added, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: [info@example.com, sales@example.com]
updated:
  description: Addresses of the aliases that lead elsewhere now, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: []
removed:
  description: Addresses of the aliases that were taken away, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: []
routes:
  description: The addresses of which something was written, or would be, with targets that missed and those that went.
  returned: unless the platform could not be read or written
  type: list
  elements: dict
  sample:
    - address: office@example.com
      missing: [anna@example.com]
      extra: []
failures:
  description: The rows that were not worked, sorted by item and place.
  returned: unless the platform could not be read or written
  type: list
  elements: dict
  sample:
    - item: office@example.com
      reason: leads to carl@example.com, which does not exist on the platform
      remedy: Create that mailbox first, or correct the address
      where: aliases.csv:7
  contains:
    item:
      description: The address that the row is about.
      type: str
    reason:
      description: What is wrong, as the end of a sentence that begins with the item.
      type: str
    remedy:
      description: What to do.
      type: str
    where:
      description: The row's place in its file, where the row named one.
      type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Plan
from ansible_collections.mailops.migration.plugins.module_utils.platform.provision import (
    planned_alias_removals,
    planned_aliases,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.routes import Route
from ansible_collections.mailops.migration.plugins.module_utils.support.platform_module import (
    changed_routes,
    expected_mailboxes,
    platform_spec,
    route_rules,
    route_spec,
    run,
)


def argument_spec() -> dict[str, Any]:
    """The module's options."""
    row = {
        "alias": {"type": "str", "required": True},
        "mailbox": {"type": "str"},
        "where": {"type": "str"},
    }
    return {
        **platform_spec(),
        **route_spec(),
        "aliases": {"type": "list", "elements": "dict", "required": True, "options": row},
        "replace": {"type": "bool", "default": False},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    run(module, "aliases", lambda driver: make_plan(driver, module), changed_routes)


def make_plan(driver: Driver, module: AnsibleModule) -> Plan:
    """The plan that the module's arguments ask for."""
    rows = [_row(row) for row in module.params["aliases"]]
    rules = route_rules(module.params, exclusive=module.params["replace"])
    if module.params["state"] == "absent":
        return planned_alias_removals(driver, rows, rules)
    return planned_aliases(driver, rows, rules, expected_mailboxes(module))


def _row(row: Mapping[str, Any]) -> Route:
    return Route(row["alias"], row["mailbox"] or "", row["where"] or "")


if __name__ == "__main__":
    main()
