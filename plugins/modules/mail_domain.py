#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module mail_domain: the mail domains of the platform."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mail_domain
short_description: Manage the mail domains of the destination platform
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Creates, changes and removes mail domains, any number in one call.
  - A domain is removed only when no mailbox, alias or alias domain is left in it.
extends_documentation_fragment:
  - mailops.migration.platform
  - mailops.migration.platform.state
options:
  domains:
    description:
      - The domains. International names are stored in their ASCII form (C(xn--)).
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The domain's name.
        type: str
        required: true
      description:
        description: A line for the administrator. Empty for a new domain unless given.
        type: str
      active:
        description: Whether the domain takes mail. True for a new domain unless given.
        type: bool
      max_mailboxes:
        description: How many mailboxes it may have; 0 is unlimited, -1 is none. 0 for a new domain unless given.
        type: int
      max_aliases:
        description: How many aliases it may have; 0 is unlimited, -1 is none. 0 for a new domain unless given.
        type: int
      max_mailbox_quota_mb:
        description:
          - The largest quota that one mailbox may get, in megabytes; 0 is unlimited.
          - 0 for a new domain unless given.
        type: int
      quota_mb:
        description: The quota of all mailboxes together, in megabytes; 0 is unlimited. 0 for a new domain unless given.
        type: int
  ownership:
    description:
      - How a customer proves that a domain is theirs. With it, a domain that the platform does not have is created
        only when one of the domain's own name servers has its verification record, or somebody has confirmed it.
      - Domains that exist are not asked for again.
    type: dict
    suboptions:
      secret:
        description:
          - The provider's secret, from which each domain's record is made; a finding names the record.
          - Keep it, for another secret means other records.
        type: str
        required: true
      prefix:
        description: What the TXT record begins with.
        type: str
        default: mailops-verification=
      confirmed:
        description:
          - Domains that need no record, each with who says so and why. A domain with an empty reason is not confirmed.
        type: dict
        default: {}
      nameservers:
        description:
          - Addresses of the resolvers, such as V(192.0.2.53) or V(192.0.2.53:5353); this machine's by default.
        type: list
        elements: str
        default: []
      authoritative_port:
        description: Where the name servers of the domains listen; another port is for tests.
        type: int
        default: 53
requirements:
  - dnspython, for O(ownership)
seealso:
  - module: mailops.migration.mailbox
"""

EXAMPLES = r"""
- name: A ticket's domains exist on the platform
  mailops.migration.mail_domain:
    platform:
      dsn: sqlite:///var/lib/mail/postfixadmin.sqlite
    domains:
      - name: example.com
        description: Ticket 123
        max_mailboxes: 250
      - name: example.org

- name: Domains are created once their owner has shown that they are theirs
  mailops.migration.mail_domain:
    platform: "{{ mailops_platform }}"
    ownership:
      secret: "{{ ownership_secret }}"
      confirmed:
        example.org: "ops-jd: power of attorney in ticket 123"
    domains:
      - name: example.com
      - name: example.org

- name: A domain takes no mail for now, and everything else about it stays as it is
  mailops.migration.mail_domain:
    platform: "{{ mailops_platform }}"
    domains:
      - name: example.org
        active: false

- name: An empty domain is gone
  mailops.migration.mail_domain:
    platform: "{{ mailops_platform }}"
    state: absent
    domains:
      - name: example.net
"""

RETURN = r"""
counts:
  description: Domains by outcome; in check mode what would be.
  returned: unless the platform could not be read or written
  type: dict
  sample: {created: 1, updated: 0, removed: 0, unchanged: 1, failed: 0}
created:
  description: Names of the domains that were added, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: [example.com]
updated:
  description: Names of the domains of which something was changed, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: []
removed:
  description: Names of the domains that were taken away, sorted.
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
    - item: example.net
      reason: still holds 2 mailboxes, aliases or alias domains
      remedy: Remove these first; a domain is removed only when it is empty
  contains:
    item:
      description: The domain as it was given.
      type: str
    reason:
      description: What is wrong, as the end of a sentence that begins with the item.
      type: str
    remedy:
      description: What to do.
      type: str
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import Driver
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan import Plan
from ansible_collections.mailops.migration.plugins.module_utils.platform.plan_domains import DomainRow
from ansible_collections.mailops.migration.plugins.module_utils.platform.provision import (
    planned_domain_removals,
    planned_domains,
)
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require
from ansible_collections.mailops.migration.plugins.module_utils.support.ownership_check import (
    ownership_spec,
    unproven,
)
from ansible_collections.mailops.migration.plugins.module_utils.support.platform_module import platform_spec, run


def argument_spec() -> dict[str, Any]:
    """The module's options."""
    row = {
        "name": {"type": "str", "required": True},
        "description": {"type": "str"},
        "active": {"type": "bool"},
        "max_mailboxes": {"type": "int"},
        "max_aliases": {"type": "int"},
        "max_mailbox_quota_mb": {"type": "int"},
        "quota_mb": {"type": "int"},
    }
    return {
        **platform_spec(),
        "domains": {"type": "list", "elements": "dict", "required": True, "options": row},
        "ownership": ownership_spec(),
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    rows = [DomainRow(**row) for row in module.params["domains"]]
    ownership = module.params["ownership"]
    if ownership is not None:
        require(module, "dns")

    def make_plan(driver: Driver) -> Plan:
        if module.params["state"] == "absent":
            return planned_domain_removals(driver, [row.name for row in rows])
        if ownership is None:
            return planned_domains(driver, rows)
        return planned_domains(driver, rows, lambda names: unproven(names, ownership))

    run(module, "domains", make_plan)


if __name__ == "__main__":
    main()
