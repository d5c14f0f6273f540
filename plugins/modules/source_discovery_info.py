#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module source_discovery_info: where mailboxes lie whose server nobody named."""

from __future__ import annotations

DOCUMENTATION = r"""
module: source_discovery_info
short_description: Find the IMAP server of mailboxes for which none is named
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Asks for each domain its SRV records C(_imaps._tcp) and C(_imap._tcp) (RFC 6186), its autoconfig file (by HTTPS
    alone) and its
    mail exchangers, and tries what they propose with a real login, up to the first that is good.
  - A password is sent over verified TLS only, and only to a known provider's own host, to a host below the mailbox's
    domain,
    or to one of O(trusted_hosts). Any other host is proposed and not tried, for an answer of DNS alone does not prove
    that
    it is the customer's choice. Two mailboxes of a domain are tried at one server at the most.
  - Nothing is changed.
options:
  mailboxes:
    description: The mailboxes for which no server is named.
    type: list
    elements: dict
    required: true
    suboptions:
      email:
        description: The address at the source.
        type: str
        required: true
      username:
        description: The login name, if it is not the address.
        type: str
      password:
        description: The password.
        type: str
  trusted_hosts:
    description: Further hosts that may see passwords, by the operator's word.
    type: list
    elements: str
    default: []
  nameservers:
    description: Resolvers to ask, such as C(192.0.2.53) or C(127.0.0.1:5353); those of the host that runs the module
      when empty.
    type: list
    elements: str
    default: []
  ca_file:
    description: Certificates of authorities to trust in place of those of the host.
    type: path
  known:
    description:
      - What is known of other domains, as the key C(sources) of the inventory's variable C(mailops_settings) has it;
        it is
        returned with what was found.
    type: dict
    default: {}
attributes:
  check_mode:
    description: Nothing is ever changed.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
requirements:
  - dnspython
  - imapclient >= 4.1
"""

EXAMPLES = r"""
- name: The server is known
  mailops.migration.source_discovery_info:
    mailboxes:
      - email: anna@example.com
        password: "{{ anna_old_password }}"
  register: found
  no_log: true
"""

RETURN = r"""
domains:
  description: The domains of the mailboxes.
  returned: success
  type: list
  elements: dict
  sample:
    - domain: example.com
      mailboxes: 12
      server: imaps://imap.example.com:993
      proposals:
        - host: imap.example.com
          port: 993
          encryption: tls
          found_by: SRV record _imaps._tcp.example.com
          trust: own
          provider: ""
          whole_address: true
          tried: true
          good: true
          reason: ""
          remedy: ""
  contains:
    domain:
      description: The domain.
      type: str
      returned: always
    mailboxes:
      description: How many of the mailboxes are in it.
      type: int
      returned: always
    server:
      description: The server that took a login, as C(sources) of C(ticket.yml) has it; empty when none did.
      type: str
      returned: always
    proposals:
      description:
        - What was proposed, the best first, up to the one that is good. C(trust) is V(known) (a provider's own host),
          V(own) (below
          the domain) or V(other).
      type: list
      elements: dict
      returned: always
sources:
  description: The servers by domain, those of O(known) and those that were found, as C(sources) of C(ticket.yml) has
    them.
  returned: success
  type: dict
  sample: {example.com: "imaps://imap.example.com:993"}
lines:
  description: The same in words.
  returned: success
  type: list
  elements: str
  sample: ["example.com: imaps://imap.example.com:993 takes the login (12 mailboxes)"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require
from ansible_collections.mailops.migration.plugins.module_utils.support.discovery_task import (
    discovery_spec,
    run_discovery,
)


def main() -> None:
    """Look from the host that executes the module."""
    module = AnsibleModule(argument_spec=discovery_spec(), supports_check_mode=True)
    require(module, "imapclient")
    require(module, "dns")
    result = run_discovery(module.params)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
