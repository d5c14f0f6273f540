#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module local_delivery: the switch that has unknown recipients asked for at the old provider."""

from __future__ import annotations

DOCUMENTATION = r"""
module: local_delivery
short_description: Switch Local Delivery of domains on the destination platform
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - With Local Delivery on ("Yes", how every domain begins) mail for a name that has no mailbox here is refused.
  - With Local Delivery off ("No") such a name is asked for at the domain's old provider while the sender waits. Who is
    known there gets the mail there; who is unknown on both sides is refused. Mailboxes that are here get theirs here.
  - A switch is in force at once and without a reload, for mail servers that are configured by the role mail_platform.
  - Before a switch the module asks DNS, the old provider and the queue. What speaks against it is a finding and nothing
    is switched for this domain, unless O(force_reason) says why it shall be. The other domains go on.
  - Where the domain is already as wanted, what would speak against it is a warning.
requirements:
  - dnspython
extends_documentation_fragment:
  - mailops.migration.platform
options:
  domains:
    description:
      - The domains. An alias domain has a switch of its own.
    type: list
    elements: dict
    required: true
    suboptions:
      name:
        description: The domain's name.
        type: str
        required: true
      old_mx:
        description:
          - The old provider's mail server, as C(host), C(host:port) or C([host]:port). It is never looked up as a mail
            domain, for its MX may be ourselves by now.
          - Kept as it is unless given. Without one there is no "No".
        type: str
      expires:
        description:
          - When "No" ends, in ISO 8601 with a time zone, or V(never). After that, unknown recipients are put off with a
            temporary error until somebody decides.
          - Kept as it is unless given; never for a domain that is switched for the first time.
        type: str
  enabled:
    description: Whether Local Delivery shall be on. V(false) is the "No" of the migration tip.
    type: bool
    required: true
  ticket:
    description: The ticket to which the switch belongs; kept in the table for whoever looks there. Kept unless given.
    type: str
  force_reason:
    description:
      - Why the domains shall be switched although something speaks against it. The table keeps it where it was needed.
      - At most 255 characters. Domains that don't exist, unreadable servers and times that have passed stay findings.
    type: str
  mx_hosts:
    description:
      - The names, and addresses if they have others, of our own mail exchangers, the main name first.
      - An MX record that names one of them, or a name that leads to one of their addresses, is ours.
    type: list
    elements: str
    required: true
  required_addresses:
    description:
      - Addresses that must be mailboxes or aliases here before "Yes", such as all of the ticket's.
      - Before "No" some of them are asked for at the old provider, which should know them.
    type: list
    elements: str
  probe:
    description:
      - Whether the old provider's server is asked before "No" for a name that nobody has, and for some of
        O(required_addresses). No mail is sent.
      - Only on a host from which the old provider is reached as from the mail servers.
    type: bool
    default: true
  nameservers:
    description:
      - Resolvers, as C(address) or C(address:port). Those of the machine unless given.
    type: list
    elements: str
  authoritative_port:
    description: The port of the zones' own name servers. Other than 53 in tests only.
    type: int
    default: 53
  postfix_config_directory:
    description:
      - Configuration directory of the Postfix on this host, such as V(/etc/postfix). With it, mail that waits for the
        old provider is counted before "Yes" and delivery is tried again at once.
    type: path
seealso:
  - module: mailops.migration.mail_domain
  - module: mailops.migration.mailbox
"""

EXAMPLES = r"""
- name: Names without a mailbox here are asked for at the old provider, until the planned end of the migration
  mailops.migration.local_delivery:
    platform: "{{ mailops_platform }}"
    enabled: false
    ticket: "123"
    mx_hosts: [mx.platform.example]
    domains:
      - name: example.com
        old_mx: "[mx.old-provider.example]:25"
        expires: 2026-12-24T00:00:00+01:00

- name: After the change of the MX records every address of the ticket is served here
  mailops.migration.local_delivery:
    platform: "{{ mailops_platform }}"
    enabled: true
    mx_hosts: [mx.platform.example]
    required_addresses: "{{ addresses }}"
    postfix_config_directory: /etc/postfix
    domains:
      - name: example.com

- name: The customer insists although a mailbox is missing
  mailops.migration.local_delivery:
    platform: "{{ mailops_platform }}"
    enabled: true
    mx_hosts: [mx.platform.example]
    required_addresses: "{{ addresses }}"
    force_reason: "CHG-77: bert@example.com left the company"
    domains:
      - name: example.com
"""

RETURN = r"""
counts:
  description: Domains by outcome; in check mode what would be. The first "No" of a domain counts as created.
  returned: unless the platform could not be read or written
  type: dict
  sample: {created: 1, updated: 0, removed: 0, unchanged: 0, failed: 0}
created:
  description: Domains that were switched or set for the first time, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: [example.com]
updated:
  description: Other domains of which something was changed, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: []
removed:
  description: Always empty.
  returned: unless the platform could not be read or written
  type: list
  elements: str
  sample: []
failures:
  description: The domains that were not switched, sorted.
  returned: unless the platform could not be read or written
  type: list
  elements: dict
  sample:
    - item: example.com
      reason: "has its MX elsewhere: mx.old-provider.example"
      remedy: Switch to "Yes" once the MX records name our servers
  contains:
    item:
      description: The domain as it was given.
      type: str
    reason:
      description: What speaks against it, as the end of a sentence that begins with the domain.
      type: str
    remedy:
      description: What to do.
      type: str
seen:
  description: What was seen of the domains that were looked at, sorted by domain.
  returned: unless the platform could not be read or written
  type: list
  elements: dict
  sample:
    - domain: example.com
      mx: elsewhere
      mx_text: "has its MX elsewhere: mx.old-provider.example"
      old_provider: answers
      old_provider_text: "[mx.old-provider.example]:25 refuses a name that nobody has (550 5.1.1 unknown)"
      queued: 0
  contains:
    domain:
      description: The domain.
      type: str
    mx:
      description: Where the MX records point, by the word of the domain's own name servers.
      type: str
    mx_text:
      description: The same in words.
      type: str
    old_provider:
      description: How the old provider answers; empty when it was not asked.
      type: str
    old_provider_text:
      description: The same in words.
      type: str
    queued:
      description: Messages that waited here for the old provider before "Yes".
      type: int
flushed:
  description: How many waiting messages were, or in check mode would be, tried again.
  returned: unless the platform could not be read or written
  type: int
  sample: 0
flush_failure:
  description: Why they could not be; the switch itself is done. Empty otherwise.
  returned: unless the platform could not be read or written
  type: str
  sample: ""
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require
from ansible_collections.mailops.migration.plugins.module_utils.support.local_delivery_task import LocalDeliveryTask
from ansible_collections.mailops.migration.plugins.module_utils.support.platform_module import platform_spec, run


def argument_spec() -> dict[str, Any]:
    """The module's options."""
    row = {
        "name": {"type": "str", "required": True},
        "old_mx": {"type": "str"},
        "expires": {"type": "str"},
    }
    return {
        "platform": platform_spec()["platform"],
        "domains": {"type": "list", "elements": "dict", "required": True, "options": row},
        "enabled": {"type": "bool", "required": True},
        "ticket": {"type": "str"},
        "force_reason": {"type": "str"},
        "mx_hosts": {"type": "list", "elements": "str", "required": True},
        "required_addresses": {"type": "list", "elements": "str"},
        "probe": {"type": "bool", "default": True},
        "nameservers": {"type": "list", "elements": "str"},
        "authoritative_port": {"type": "int", "default": 53},
        "postfix_config_directory": {"type": "path"},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    require(module, "dns")
    task = LocalDeliveryTask(module.params, module.check_mode, module.run_command)
    run(module, "domains", task.plan, task.conclude)


if __name__ == "__main__":
    main()
