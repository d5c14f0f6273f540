#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module client_setup: what a customer needs to set up mail programs."""

from __future__ import annotations

DOCUMENTATION = r"""
module: client_setup
short_description: Write what a customer needs to set up mail programs
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Writes for each domain a C(config-v1.1.xml) (Thunderbird and others), an C(autodiscover.xml) (Outlook), an
    C(email.mobileconfig) (Apple), C(dns.txt) with SRV records (RFC 6186, 8314, 6764), and a page in plain words
    (C(setup.html), C(setup.md)); and the same, less the DNS records, for each mailbox.
  - No file holds a password.
  - A file is written only where its content changes. Those of mailboxes that are no longer named stay, unless
    O(remove_departed) says otherwise.
  - What customers wrote (addresses, names) stays text, and never makes a path.
options:
  dest:
    description: The folder of the files; it is made if it is missing.
    type: path
    required: true
  provider:
    description: The provider's servers. V({domain}) in a host or an address stands for the customer's domain.
    type: dict
    required: true
    suboptions:
      name:
        description: What the provider is called.
        type: str
        required: true
      servers:
        description: The servers, the preferred ones first. There must be one for IMAP and one for SMTP.
        type: list
        elements: dict
        required: true
        suboptions:
          protocol:
            description: What it speaks.
            type: str
            choices: [imap, pop3, smtp]
            required: true
          host:
            description: Its name.
            type: str
            required: true
          port:
            description: "Its port. By default that of protocol and encryption: 993 and 143, 995 and 110, 465 and 587."
            type: int
          encryption:
            description: V(tls) from the first octet on, or V(starttls).
            type: str
            choices: [tls, starttls]
            default: tls
      username:
        description: Whether people log in by their whole address or by what stands before the C(@).
        type: str
        choices: [address, local_part]
        default: address
      carddav:
        description: The address of the contacts' server, beginning with C(https://).
        type: str
      caldav:
        description: The address of the calendars' server, beginning with C(https://).
        type: str
      webmail:
        description: The address of web mail, beginning with C(https://).
        type: str
      support:
        description: Whom customers ask.
        type: dict
        suboptions:
          name:
            description: What they are called.
            type: str
          mail:
            description: Their e-mail address.
            type: str
          phone:
            description: Their telephone number.
            type: str
          web:
            description: Their page.
            type: str
      identifier:
        description:
          - The beginning of the names of Apple's profiles, such as V(net.example.mail). A profile with the same name
            takes the place of the one that was installed before, so leave it as it is. The default is the name of the
            first server backwards.
        type: str
  domains:
    description: The customer's domains. Those of O(mailboxes) are added.
    type: list
    elements: str
    default: []
  mailboxes:
    description: The customer's mailboxes.
    type: list
    elements: dict
    default: []
    suboptions:
      address:
        description: The e-mail address.
        type: str
        required: true
      name:
        description: What its owner is called.
        type: str
  language:
    description: The language of pages and profiles.
    type: str
    choices: [en, de]
    default: en
  include_trash:
    description: Whether the trash was brought over; the page says so.
    type: bool
    default: false
  include_junk:
    description: Whether spam was brought over; the page says so.
    type: bool
    default: false
  archive_threshold:
    description: Above how many messages older ones of a folder are archived; V(0) says never.
    type: int
    default: 10000
  remove_departed:
    description:
      - Whether files of mailboxes of these domains that are no longer named are removed. What others put into their
        folders stays, and the folder then, too.
      - Leave it where several tickets share O(dest).
    type: bool
    default: false
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
  diff_mode:
    description: Shows the first 20 files that change, and the names of the others.
    support: full
"""

EXAMPLES = r"""
- name: The customer can set up mail programs
  mailops.migration.client_setup:
    dest: /var/lib/mailops/123/clients
    language: de
    domains: [example.com]
    mailboxes:
      - address: anna@example.com
        name: Anna Example
    provider:
      name: Example Mail
      servers:
        - {protocol: imap, host: imap.example.net}
        - {protocol: smtp, host: smtp.example.net}
        - {protocol: smtp, host: smtp.example.net, encryption: starttls}
      carddav: https://dav.example.net/
      caldav: https://dav.example.net/
      support: {mail: support@example.net}
"""

RETURN = r"""
dest:
  description: The folder of the files.
  returned: success
  type: str
  sample: /var/lib/mailops/123/clients
files:
  description: How many files there are now, or would be.
  returned: success
  type: int
  sample: 11
written:
  description: Those that were written, or would be in check mode, below C(dest).
  returned: always
  type: list
  elements: str
  sample: [example.com/mailboxes/anna@example.com/setup.html]
removed:
  description: Those that were removed, or would be in check mode, below C(dest).
  returned: success
  type: list
  elements: str
  sample: []
failures:
  description: Which files could not be written or removed, with the reason.
  returned: always
  type: list
  elements: str
  sample: []
"""

from typing import Any

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.clients.provider import PORTS, USERNAMES
from ansible_collections.mailops.migration.plugins.module_utils.core.customer_texts import LANGUAGES
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import MigrationError
from ansible_collections.mailops.migration.plugins.module_utils.support.as_module import finish
from ansible_collections.mailops.migration.plugins.module_utils.support.client_setup_task import write_setup


def argument_spec() -> dict[str, Any]:
    """The module's options."""
    server = {
        "protocol": {"type": "str", "choices": list(PORTS), "required": True},
        "host": {"type": "str", "required": True},
        "port": {"type": "int"},
        "encryption": {"type": "str", "choices": ["tls", "starttls"], "default": "tls"},
    }
    provider = {
        "name": {"type": "str", "required": True},
        "servers": {"type": "list", "elements": "dict", "required": True, "options": server},
        "username": {"type": "str", "choices": list(USERNAMES), "default": USERNAMES[0]},
        **{name: {"type": "str"} for name in ("carddav", "caldav", "webmail", "identifier")},
        "support": {"type": "dict", "options": {name: {"type": "str"} for name in ("name", "mail", "phone", "web")}},
    }
    mailbox = {"address": {"type": "str", "required": True}, "name": {"type": "str"}}
    return {
        "dest": {"type": "path", "required": True},
        "provider": {"type": "dict", "required": True, "options": provider},
        "domains": {"type": "list", "elements": "str", "default": []},
        "mailboxes": {"type": "list", "elements": "dict", "default": [], "options": mailbox},
        "language": {"type": "str", "choices": list(LANGUAGES), "default": LANGUAGES[0]},
        "include_trash": {"type": "bool", "default": False},
        "include_junk": {"type": "bool", "default": False},
        "archive_threshold": {"type": "int", "default": 10000},
        "remove_departed": {"type": "bool", "default": False},
    }


def main() -> None:
    """Run the module."""
    module = AnsibleModule(argument_spec=argument_spec(), supports_check_mode=True)
    try:
        finish(module, write_setup(module.params, check=module.check_mode, diff=module._diff))
    except MigrationError as error:
        module.fail_json(msg=error.text(), written=[], failures=[])


if __name__ == "__main__":
    main()
