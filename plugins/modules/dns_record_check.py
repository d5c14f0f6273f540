#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module dns_record_check: whether domains have the DNS records that our platform needs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dns_record_check
short_description: Compare domains' DNS records with those that the platform needs
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Asks every name server of a domain's zone, and resolvers, for each record of a template, and says where it stands
    and what to type at the DNS host to mend it. Changes nothing.
  - The state V(ok) means that all of the zone's servers that answer have the record right, and all resolvers too.
  - V(propagating) means that the zone's servers have it right and a resolver still remembers what was there before, for
    RV(records[].seconds_left) at most.
  - V(stale) means that one of the zone's servers has it right and another one does not.
  - V(wrong) means that no server of the zone has it right and there is something else, such as the old provider's MX
    beside ours, two SPF records, or signatures that fail DNSSEC.
  - V(missing) means that no server of the zone has anything there.
  - V(unknown) means that none of them answers the question.
  - A customer's own record is right where it does what ours does, such as one SPF record with our terms among others, a
    stricter DMARC policy, or an address of ours in place of an alias.
requirements:
  - dnspython
attributes:
  check_mode:
    description: The same as without, for nothing is changed.
    support: full
options:
  domains:
    description: The domains, international ones in either form.
    type: list
    elements: str
    required: true
  records:
    description:
      - The provider's template. C({domain}) in any text stands for the domain. What is not named is not asked for.
    type: dict
    required: true
    suboptions:
      mx:
        description: All MX records, each as preference and host. Any other MX is wrong.
        type: list
        elements: str
      spf:
        description: Terms that the domain's one SPF record must have in force, such as V(include:spf.platform.example).
        type: list
        elements: str
      spf_all:
        description: The end of an SPF record that is made anew; V(~all) unless given.
        type: str
      dkim:
        description: DKIM keys.
        type: list
        elements: dict
        suboptions:
          selector:
            description: The selector.
            type: str
            required: true
          key:
            description: The public key, as the whole record, as a line of a zone file, as PEM or as its base64.
            type: str
          key_file:
            description:
              - A file with the public key on the host on which the module runs, as the platform's key generator wrote
                it, such as V(/etc/opendkim/keys/{domain}/mailops.txt).
            type: str
          cname:
            description: The name that the selector is an alias of, where the platform publishes the key itself.
            type: str
      dmarc:
        description:
          - The DMARC record for a domain that has none.
          - A record of the customer's own is right unless its policy is weaker.
        type: str
      webmail:
        description: The host that C(webmail) of the domain is an alias of.
        type: str
      autoconfig:
        description: The host that C(autoconfig) of the domain is an alias of (Thunderbird).
        type: str
      autodiscover:
        description: The host that C(autodiscover) of the domain is an alias of (Outlook).
        type: str
      srv:
        description:
          - Services (RFC 6186, RFC 8314) and the place of each, such as V(imap.platform.example:993) for C(imaps).
            V(.) says that a service is not offered. The service C(autodiscover) belongs to the kind V(autodiscover).
        type: dict
      mta_sts:
        description: MTA-STS (RFC 8461).
        type: dict
        suboptions:
          host:
            description: The host that C(mta-sts) of the domain is an alias of.
            type: str
            required: true
          id:
            description: The id of the policy.
            type: str
            required: true
      tls_rpt:
        description: Where TLS reports go (RFC 8460), such as V(mailto:tls-reports@platform.example).
        type: str
      ownership:
        description: The TXT record that proves the ownership; made by O(ownership) unless given.
        type: str
      absent:
        description: What must not be there, since the old provider's would mislead mail programs or servers.
        type: list
        elements: str
        choices: [autoconfig, autodiscover, mta_sts]
      ptr:
        description: Whether the addresses of our mail exchangers must lead back to their names.
        type: bool
  domain_records:
    description:
      - What single domains have of their own, by domain, with the suboptions of O(records). Each takes the place of the
        template's; null takes it away.
    type: dict
  ownership:
    description: How ownership records are made, as in O(mailops.migration.mail_domain#module:ownership).
    type: dict
    suboptions:
      secret:
        description: The provider's secret.
        type: str
        required: true
      prefix:
        description: What the record begins with.
        type: str
  kinds:
    description: Only these kinds of records; all unless given.
    type: list
    elements: str
    choices: [mx, spf, dkim, dmarc, webmail, autoconfig, autodiscover, srv, mta_sts, tls_rpt, ownership, ptr]
  wait:
    description: Whether to look again until all is V(ok), and to fail if it is not in time.
    type: bool
    default: false
  wait_timeout:
    description: For how many seconds.
    type: int
    default: 300
  wait_pause:
    description: Seconds between two looks.
    type: int
    default: 10
  nameservers:
    description:
      - Resolvers, as C(address) or C(address:port), each of which is asked. Those of the machine unless given.
    type: list
    elements: str
  authoritative_port:
    description: The port of the zones' own name servers. Other than 53 in tests only.
    type: int
    default: 53
  timeout:
    description: Seconds for one answer of one server.
    type: float
    default: 4
  ttl:
    description: The TTL in the lines for a zone file.
    type: int
    default: 3600
seealso:
  - module: mailops.migration.local_delivery
  - module: mailops.migration.mail_domain
"""

EXAMPLES = r"""
- name: See what the customer still has to change
  mailops.migration.dns_record_check:
    domains: [example.com, example.org]
    records:
      mx: [10 mx1.platform.example, 20 mx2.platform.example]
      spf: ["include:spf.platform.example"]
      dmarc: "v=DMARC1; p=none; rua=mailto:postmaster@{domain}"
      webmail: webmail.platform.example
      autodiscover: autodiscover.platform.example
      srv:
        imaps: imap.platform.example:993
        submissions: smtp.platform.example:465
    domain_records:
      example.com:
        dkim:
          - selector: mailops
            key: 11qYAYKxCrfVS/7TyWQHOg7hcvPapiMlrwIaaPcHURo=
      example.org:
        webmail:
  register: dns

- name: Show it, as a table that the customer can work off
  ansible.builtin.debug:
    msg: "{{ dns.domains | map(attribute='table') | list }}"

- name: Ask mailcow for the DKIM key of a domain
  ansible.builtin.uri:
    url: https://mailcow.platform.example/api/v1/get/dkim/example.com
    headers: {X-API-Key: "{{ vault_mailcow_key }}"}
  register: dkim
  no_log: true

- name: See whether the customer has published it
  mailops.migration.dns_record_check:
    domains: [example.com]
    records:
      dkim:
        - selector: "{{ dkim.json.dkim_selector }}"
          key: "{{ dkim.json.dkim_txt }}"

- name: Wait until the world delivers here
  mailops.migration.dns_record_check:
    domains: [example.com]
    records: "{{ mailops_dns.records }}"
    kinds: [mx]
    wait: true
    wait_timeout: 3600
    wait_pause: 30
"""

RETURN = r"""
ok:
  description: Whether every record of every domain is V(ok).
  returned: always
  type: bool
  sample: false
counts:
  description: How many records there are by state.
  returned: always
  type: dict
  sample: {ok: 11, wrong: 1}
waited:
  description: Seconds from the first look to the last.
  returned: always
  type: int
  sample: 0
domains:
  description: The domains in the order of O(domains).
  returned: always
  type: list
  elements: dict
  sample:
    - domain: example.com
      shown: example.com
      state: wrong
      seconds_left: 0
      findings: ["example.com (mx): has an MX elsewhere: mx.old-provider.example"]
      table: |-
        | Name | Type | Value                  | Now   |
        |------|------|------------------------|-------|
        | @    | MX   | 10 mx.platform.example | wrong |
  contains:
    domain:
      description: The domain, international labels as C(xn--).
      type: str
    shown:
      description: The domain as its owner knows it.
      type: str
    state:
      description: The worst state of its records.
      type: str
    seconds_left:
      description: Until the last resolver that was asked forgets what was there before.
      type: int
    findings:
      description: What is not V(ok), in words.
      type: list
      elements: str
    table:
      description: All records that the domain shall have, as a table in Markdown.
      type: str
records:
  description: Each expected record.
  returned: always
  type: list
  elements: dict
  sample:
    - domain: example.com
      kind: mx
      name: example.com
      type: MX
      expected: [10 mx.platform.example]
      state: wrong
      reason: "has an MX elsewhere: mx.old-provider.example"
      notes: []
      seconds_left: 0
      authoritative:
        - server: ns1.dns-host.example (192.0.2.53)
          state: ok
          text: answers
          records: [10 mx.old-provider.example]
          ttl: 3600
      resolvers:
        - server: 192.0.2.1
          state: ok
          text: answers
          records: [10 mx.old-provider.example]
          ttl: 1200
      todo:
        zone: example.com
        name: "@"
        type: MX
        values: [10 mx.platform.example]
        remove: [10 mx.old-provider.example]
        text: >-
          In the zone example.com: add a record with name "@", type MX, priority 10, value "mx.platform.example";
          remove the MX record with name "@" and value "10 mx.old-provider.example"
        bind: [example.com. 3600 IN MX 10 mx.platform.example.]
  contains:
    domain:
      description: The domain.
      type: str
    kind:
      description: What the record is for.
      type: str
    name:
      description: The name that has it.
      type: str
    type:
      description: Its type.
      type: str
    expected:
      description: What the name shall have for this purpose; empty for what shall not be there.
      type: list
      elements: str
    state:
      description: V(ok), V(wrong), V(missing), V(propagating), V(stale) or V(unknown).
      type: str
    reason:
      description: What is the matter, as the end of a sentence that begins with the name. Empty when V(ok).
      type: str
    notes:
      description: What deserves a look besides, such as a name server that does not answer.
      type: list
      elements: str
    seconds_left:
      description: Until the last resolver that was asked forgets what was there before.
      type: int
    authoritative:
      description: What each server of the zone says, with its TTL.
      type: list
      elements: dict
    resolvers:
      description: What each resolver says, with the seconds for which it still remembers it.
      type: list
      elements: dict
    todo:
      description: What to type at the DNS host; empty unless the state is V(wrong), V(missing) or V(stale).
      type: dict
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require
from ansible_collections.mailops.migration.plugins.module_utils.support.dns_check_task import (
    KINDS,
    check,
    template_spec,
)


def argument_spec() -> dict[str, Any]:
    """The module's options."""
    secret = {"secret": {"type": "str", "required": True, "no_log": True}, "prefix": {"type": "str"}}
    return {
        "domains": {"type": "list", "elements": "str", "required": True},
        "records": {"type": "dict", "required": True, "options": template_spec()},
        "domain_records": {"type": "dict"},
        "ownership": {"type": "dict", "options": secret},
        "kinds": {"type": "list", "elements": "str", "choices": KINDS},
        "wait": {"type": "bool", "default": False},
        "wait_timeout": {"type": "int", "default": 300},
        "wait_pause": {"type": "int", "default": 10},
        "nameservers": {"type": "list", "elements": "str"},
        "authoritative_port": {"type": "int", "default": 53},
        "timeout": {"type": "float", "default": 4.0},
        "ttl": {"type": "int", "default": 3600},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    require(module, "dns")
    try:
        result = check(module.params)
    except MigrationError as error:
        module.fail_json(msg=error.text())
    if module.params["wait"] and not result["ok"]:
        findings = [text for domain in result["domains"] for text in domain["findings"]]
        text = f"DNS is not as expected after {result['waited']} seconds: {'; '.join(findings)}"
        module.fail_json(msg=text, changed=False, **result)
    module.exit_json(changed=False, **result)


if __name__ == "__main__":
    main()
