#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module mail_forward: where mailboxes' mail goes besides."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_forward
short_description: Manage forwards of mailboxes on the destination platform
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Adds and removes forwards, thousands in one call and in one transaction. A mailbox may have any number of them.
  - Forwards that a mailbox has and that no row names stay, unless O(exclusive) is true.
  - A mailbox never ends up without any target; without forwards it gets its mail itself.
extends_documentation_fragment:
  - mailops.migration.platform
  - mailops.migration.platform.state
  - mailops.migration.platform.routes
options:
  forwards:
    description:
      - The forwards, a row for each target.
    type: list
    elements: dict
    required: true
    suboptions:
      email:
        description: The address of the mailbox, which must exist on the platform.
        type: str
        required: true
      forward_to:
        description:
          - Where its mail goes. Its own address says that a copy is kept.
          - Left out with O(state=absent), all its forwards go away.
        type: str
      keep_copy:
        description:
          - Whether the mailbox gets the mail, too. Rows of one mailbox must not contradict each other.
          - A mailbox that had no forward keeps a copy unless this is false. One that forwards already stays as it is,
            with a warning where that differs; only O(exclusive) changes it.
        type: bool
      where:
        description: The row's place in its file, such as V(forwards.csv:7); it is repeated in findings about the row.
        type: str
  exclusive:
    description:
      - Whether forwards of these mailboxes that no row names go away, and O(forwards[].keep_copy) holds for existing
        forwards, too.
      - Nothing goes away of a mailbox of which a row cannot be worked. Automatic replies stay in any case.
    type: bool
    default: false
seealso:
  - module: mailops.migration.mail_alias
  - module: mailops.migration.mailbox
"""

EXAMPLES = r"""
- name: A ticket's forwards are there, and the first mailbox keeps no copy
  mailops.migration.mail_forward:
    platform:
      dsn: sqlite:///var/lib/mail/postfixadmin.sqlite
    domains: [example.com]
    forwards:
      - email: anna@example.com
        forward_to: anna@elsewhere.example
        keep_copy: false
      - email: bert@example.com
        forward_to: carl@example.com
        where: forwards.csv:3

- name: A mailbox forwards there, nowhere else, and keeps a copy
  mailops.migration.mail_forward:
    platform: "{{ mailops_platform }}"
    exclusive: true
    forwards:
      - email: anna@example.com
        forward_to: anna@elsewhere.example
        keep_copy: true

- name: A mailbox forwards no longer
  mailops.migration.mail_forward:
    platform: "{{ mailops_platform }}"
    state: absent
    forwards:
      - email: anna@example.com
"""

RETURN = r"""
counts:
  description: Mailboxes by outcome, and as failed the rows that were not worked; in check mode what would be.
  returned: unless the platform could not be read or written
  type: dict
  sample: {created: 0, updated: 2, removed: 0, unchanged: 31, failed: 1}
created:
  description: Addresses of mailboxes whose mail was led nowhere until now, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: []
updated:
  description: Addresses of the mailboxes whose forwards were changed, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: [anna@example.com, bert@example.com]
removed:
  description: Always empty; forwards that went away are in RV(updated).
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
    - item: dora@example.com
      reason: leads to emil@example.com, from where mail would come back to it
      remedy: Let one of the addresses lead somewhere else
      where: forwards.csv:9
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
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_forwards import ForwardRow
from ansible_collections.mailops.migration.plugins.module_utils.platform.provision import (
    planned_forward_removals,
    planned_forwards,
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
        "email": {"type": "str", "required": True},
        "forward_to": {"type": "str"},
        "keep_copy": {"type": "bool"},
        "where": {"type": "str"},
    }
    return {
        **platform_spec(),
        **route_spec(),
        "forwards": {"type": "list", "elements": "dict", "required": True, "options": row},
        "exclusive": {"type": "bool", "default": False},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    run(module, "forwards", lambda driver: make_plan(driver, module), changed_routes)


def make_plan(driver: Driver, module: AnsibleModule) -> Plan:
    """The plan that the module's arguments ask for."""
    rows = [_row(row) for row in module.params["forwards"]]
    rules = route_rules(module.params, exclusive=module.params["exclusive"])
    if module.params["state"] == "absent":
        return planned_forward_removals(driver, [row.route for row in rows], rules)
    return planned_forwards(driver, rows, rules, expected_mailboxes(module))


def _row(row: Mapping[str, Any]) -> ForwardRow:
    return ForwardRow(Route(row["email"], row["forward_to"] or "", row["where"] or ""), row["keep_copy"])


if __name__ == "__main__":
    main()
