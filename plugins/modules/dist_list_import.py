#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module dist_list_import: members of distribution lists."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dist_list_import
short_description: Import members into distribution lists of the destination platform
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Adds members to lists, thousands in one call, and removes them; in one transaction where the platform has them.
  - The lists must exist; they are created in the platform's admin panel beforehand. A row of a list that does not exist
    is a finding.
  - With the driver C(postfix_sql) a list is an alias of PostfixAdmin's whose address is not a mailbox, whatever it
    leads to now.
  - With the driver C(mailman3) nobody is sent mail for being added or removed, and a list may be left without members.
extends_documentation_fragment:
  - mailops.migration.platform
  - mailops.migration.platform.state
  - mailops.migration.platform.routes
options:
  members:
    description:
      - The members, a row each; many lists may be mixed.
    type: list
    elements: dict
    required: true
    suboptions:
      list:
        description: The address of the list.
        type: str
        required: true
      member:
        description: The address of the member; it may be anywhere.
        type: str
        required: true
      where:
        description: The row's place in its file, such as V(lists.csv:7); it is repeated in findings about the row.
        type: str
  exclusive:
    description:
      - Whether members of these lists that no row names are removed. Lists that no row names are never touched.
      - Nobody is removed from a list of which a row cannot be worked.
    type: bool
    default: false
seealso:
  - module: mailops.migration.mail_alias
"""

EXAMPLES = r"""
- name: The members of a ticket's lists are on them
  mailops.migration.dist_list_import:
    platform:
      dsn: sqlite:///var/lib/mail/postfixadmin.sqlite
    domains: [example.com]
    members:
      - list: team@example.com
        member: anna@example.com
        where: lists.csv:2
      - list: team@example.com
        member: partner@elsewhere.example
        where: lists.csv:3

- name: A list has these members and no others
  mailops.migration.dist_list_import:
    platform: "{{ mailops_platform }}"
    exclusive: true
    members:
      - list: board@example.com
        member: anna@example.com

- name: The lists are Mailman's
  mailops.migration.dist_list_import:
    platform:
      driver: mailman3
      api_url: http://127.0.0.1:8001
      api_user: restadmin
      api_password: "{{ mailman_password }}"
    members:
      - list: team@lists.example.com
        member: anna@example.com

- name: A member is on a list no longer
  mailops.migration.dist_list_import:
    platform: "{{ mailops_platform }}"
    state: absent
    members:
      - list: team@example.com
        member: partner@elsewhere.example
"""

RETURN = r"""
counts:
  description: Lists by outcome, and as failed the rows that were not worked; in check mode what would be.
  returned: unless the platform could not be read or written
  type: dict
  sample: {created: 0, updated: 1, removed: 0, unchanged: 12, failed: 1}
created:
  description: Always empty; lists are created in the admin panel.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: []
updated:
  description: Addresses of the lists whose members were changed, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: [team@example.com]
removed:
  description: Always empty.
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
    - item: staff@example.com
      reason: is no list on the platform
      remedy: Create the list in the admin panel first
      where: lists.csv:40
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
    planned_member_removals,
    planned_members,
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
        "list": {"type": "str", "required": True},
        "member": {"type": "str", "required": True},
        "where": {"type": "str"},
    }
    return {
        **platform_spec(),
        **route_spec(),
        "members": {"type": "list", "elements": "dict", "required": True, "options": row},
        "exclusive": {"type": "bool", "default": False},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    run(module, "lists", lambda driver: make_plan(driver, module), changed_routes)


def make_plan(driver: Driver, module: AnsibleModule) -> Plan:
    """The plan that the module's arguments ask for."""
    rows = [_row(row) for row in module.params["members"]]
    rules = route_rules(module.params, exclusive=module.params["exclusive"])
    if module.params["state"] == "absent":
        return planned_member_removals(driver, rows, rules)
    return planned_members(driver, rows, rules, expected_mailboxes(module))


def _row(row: Mapping[str, Any]) -> Route:
    return Route(row["list"], row["member"], row["where"] or "")


if __name__ == "__main__":
    main()
