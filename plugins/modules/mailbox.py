#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module mailbox: the mailboxes of the platform."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mailbox
short_description: Manage the mailboxes of the destination platform
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Creates, changes and removes mailboxes, thousands in one call and in one transaction.
  - Every mailbox also gets the alias to itself without which a catch-all of its domain would take its mail.
  - With O(state=absent) the mailbox is taken out of the platform's administration. Its mail files are never deleted;
    they stay where they are until somebody removes them by hand, and a mailbox created again under the same address
    shows them again.
extends_documentation_fragment:
  - mailops.migration.platform
  - mailops.migration.platform.state
options:
  mailboxes:
    description:
      - The mailboxes. Equal rows merge; different rows for one address are a finding.
    type: list
    elements: dict
    required: true
    suboptions:
      address:
        description:
          - The e-mail address. Its domain must exist on the platform.
          - International domains are stored in their ASCII form.
        type: str
        required: true
      password:
        description:
          - The password; a new mailbox needs either this or O(mailboxes[].password_hash).
          - At most 72 bytes for BLF-CRYPT, which ignores what follows.
        type: str
      password_hash:
        description:
          - The password as C(doveadm pw) prints it, C({SCHEME}hash), stored as it is.
        type: str
      name:
        description: The person's name. Empty for a new mailbox unless given.
        type: str
      quota_mb:
        description: The quota in megabytes; 0 is unlimited. 0 for a new mailbox unless given.
        type: int
      active:
        description: Whether the person can log in and receive mail. True for a new mailbox unless given.
        type: bool
  domains:
    description:
      - The only domains in which mailboxes may be touched, such as the verified domains of a ticket; a row of any other
        domain is a finding.
      - Without this option every domain of the platform is allowed.
    type: list
    elements: str
  expected_domains:
    description:
      - In check mode, domains that are to be seen as existing, because an earlier task would have created them.
      - Outside of check mode it has no effect.
    type: list
    elements: str
    default: []
  update_password:
    description:
      - V(on_create) sets the password of new mailboxes only.
      - V(always) also sets it where the stored hash is not one of the given password.
    type: str
    choices: [on_create, always]
    default: on_create
  allow_removal:
    description:
      - Must be true with O(state=absent), so that a mistaken state does not take mailboxes away.
    type: bool
    default: false
seealso:
  - module: mailops.migration.mail_domain
"""

EXAMPLES = r"""
- name: The users of a ticket have mailboxes
  mailops.migration.mailbox:
    platform:
      dsn: sqlite:///var/lib/mail/postfixadmin.sqlite
    domains: [example.com]
    mailboxes:
      - address: anna@example.com
        name: Anna Example
        password: "{{ anna_password }}"
        quota_mb: 2048
      - address: info@example.com
        password_hash: "{{ info_password_hash }}"

- name: A mailbox has a larger quota, and everything else about it stays as it is
  mailops.migration.mailbox:
    platform: "{{ mailops_platform }}"
    mailboxes:
      - address: anna@example.com
        quota_mb: 8192

- name: A mailbox has the given password, whatever it was
  mailops.migration.mailbox:
    platform: "{{ mailops_platform }}"
    update_password: always
    mailboxes:
      - address: anna@example.com
        password: "{{ anna_password }}"

- name: A mailbox is out of the administration, and its mail files stay
  mailops.migration.mailbox:
    platform: "{{ mailops_platform }}"
    state: absent
    allow_removal: true
    mailboxes:
      - address: gone@example.com
"""

RETURN = r"""
counts:
  description: Mailboxes by outcome; in check mode what would be.
  returned: unless the platform could not be read or written
  type: dict
  sample: {created: 2, updated: 0, removed: 0, unchanged: 4998, failed: 1}
created:
  description: Addresses of the mailboxes that were added, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: [anna@example.com, info@example.com]
updated:
  description: Addresses of the mailboxes of which something was changed, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: []
removed:
  description: Addresses of the mailboxes that were taken out, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: []
failures:
  description: The rows that were not worked, sorted by item.
  returned: unless the platform could not be read or written
  type: list
  elements: dict
  sample:
    - item: sales@example.com
      reason: exists as an alias to anna@example.com
      remedy: Remove the alias, or leave this row out
  contains:
    item:
      description: The address as it was given.
      type: str
    reason:
      description: What is wrong, as the end of a sentence that begins with the item.
      type: str
    remedy:
      description: What to do.
      type: str
"""

from collections.abc import Mapping
from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Plan
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_mailboxes import MailboxRow, MailboxRules
from ansible_collections.mailops.migration.plugins.module_utils.platform.provision import (
    planned_mailbox_removals,
    planned_mailboxes,
)
from ansible_collections.mailops.migration.plugins.module_utils.support.platform_module import (
    allowed_domains,
    password_scheme,
    platform_spec,
    run,
)


def argument_spec() -> dict[str, Any]:
    """The module's options."""
    row = {
        "address": {"type": "str", "required": True},
        "password": {"type": "str", "no_log": True},
        "password_hash": {"type": "str", "no_log": True},
        "name": {"type": "str"},
        "quota_mb": {"type": "int"},
        "active": {"type": "bool"},
    }
    return {
        **platform_spec(),
        "mailboxes": {"type": "list", "elements": "dict", "required": True, "options": row},
        "domains": {"type": "list", "elements": "str"},
        "expected_domains": {"type": "list", "elements": "str", "default": []},
        "update_password": {
            "type": "str",
            "choices": ["on_create", "always"],
            "default": "on_create",
            "no_log": False,
        },
        "allow_removal": {"type": "bool", "default": False},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    run(module, "mailboxes", lambda driver: make_plan(driver, module.params, check=module.check_mode))


def make_plan(driver: Driver, params: Mapping[str, Any], *, check: bool = False) -> Plan:
    """The plan that the module's arguments ask for. Domains that are only expected count with ``check``."""
    platform = params["platform"]
    rules = MailboxRules(domains=allowed_domains(params["domains"]), scheme=password_scheme(platform))
    megabyte = driver.megabyte or platform["quota_multiplier"]
    rows = [_row(row, megabyte) for row in params["mailboxes"]]
    if params["state"] == "present":
        expected = params["expected_domains"] if check else ()
        return planned_mailboxes(driver, rows, rules, params["update_password"], expected)
    if not params["allow_removal"]:
        raise ConfigurationError(
            "state is absent and allow_removal is false, so no mailbox was touched",
            remedy="Set allow_removal to true to take the mailboxes out; their mail files stay in any case",
        )
    return planned_mailbox_removals(driver, [row.address for row in rows], rules)


def _row(row: Mapping[str, Any], megabyte: int) -> MailboxRow:
    quota_mb = row["quota_mb"]
    return MailboxRow(
        address=row["address"],
        password=row["password"],
        password_hash=row["password_hash"],
        name=row["name"],
        quota_bytes=None if quota_mb is None else quota_mb * megabyte,
        active=row["active"],
    )


if __name__ == "__main__":
    main()
