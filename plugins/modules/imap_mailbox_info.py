#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module imap_mailbox_info: what a mailbox holds."""

from __future__ import annotations

DOCUMENTATION = r"""
module: imap_mailbox_info
short_description: Tell what a mailbox holds
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Logs in, lists the folders with the number and size of their messages, and tells which of them
    M(mailops.migration.imap_sync) would migrate with the same options. Nothing is changed.
  - It serves for either side of a migration; what it looks at is O(source).
extends_documentation_fragment:
  - mailops.migration.imap.source
  - mailops.migration.imap.folders
options:
  sizes:
    description:
      - Whether to tell the sizes of folders.
      - It costs one round trip for each folder where the server offers STATUS=SIZE (RFC 8438), else a listing of every
        message.
    type: bool
    default: false
attributes:
  check_mode:
    description: Nothing is ever changed.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
notes:
  - A refused login makes the task fail; RV(login) says why and what to do about it.
seealso:
  - module: mailops.migration.imap_sync
  - module: mailops.migration.mailbox_compare_info
"""

EXAMPLES = r"""
- name: The mailbox at the previous provider is known
  mailops.migration.imap_mailbox_info:
    source:
      host: imap.old.example
      username: anna@example.com
      password: "{{ anna_old_password }}"
    sizes: true
  register: anna

- name: It fits into its new home
  ansible.builtin.assert:
    that: anna.totals.migrated_size < 5000000000

- name: The login is tried and the others go on
  mailops.migration.imap_mailbox_info:
    source: "{{ anna_source }}"
  register: login
  failed_when: false
"""

RETURN = r"""
login:
  description: How the login went.
  returned: always
  type: dict
  sample:
    ok: true
    error: ""
    reason: ""
    remedy: ""
  contains:
    ok:
      description: Whether the mailbox was opened and read.
      type: bool
      returned: always
    error:
      description:
        - Empty when all went well, V(login_refused), V(tls_failed), V(connection_lost) (not reached, or broken off),
          V(throttled) (the server asks to wait), V(folder_refused) or V(configuration_error).
      type: str
      returned: always
    reason:
      description: What went wrong, with the server's words.
      type: str
      returned: always
    remedy:
      description: What to do about it; may be empty.
      type: str
      returned: always
capabilities:
  description: What the server says it can do, after the login.
  returned: always
  type: list
  elements: str
  sample: [CONDSTORE, IDLE, IMAP4REV1, LITERAL+]
delimiter:
  description: What stands between the levels of folder names; empty where there are no levels.
  returned: always
  type: str
  sample: /
prefix:
  description: What all names of personal folders but INBOX begin with; mostly empty.
  returned: always
  type: str
  sample: INBOX.
folders:
  description: All folders, INBOX first.
  returned: always
  type: list
  elements: dict
  sample:
    - name: INBOX
      role: inbox
      special_use: ""
      attributes: ["\\hasnochildren"]
      selectable: true
      subscribed: true
      uidvalidity: 1700000000
      messages: 812
      copied: 812
      size: 73400320
      migrated: true
      reason: ""
  contains:
    name:
      description: The full name, decoded.
      type: str
      returned: always
    role:
      description:
        - C(inbox), C(sent), C(drafts), C(trash), C(junk), C(archive), C(all), C(flagged) or C(important), by special
          use or by name; V(null) for an ordinary folder.
      type: str
      returned: always
    special_use:
      description: The attribute by which the server itself says what the folder is for; may be empty.
      type: str
      returned: always
    attributes:
      description: The attributes that the server lists it with, in lower case.
      type: list
      elements: str
      returned: always
    selectable:
      description: Whether it can hold messages.
      type: bool
      returned: always
    subscribed:
      description: Whether it is subscribed to.
      type: bool
      returned: always
    uidvalidity:
      description: Its UIDVALIDITY; V(0) when it is not known.
      type: int
      returned: always
    messages:
      description: Number of messages; V(null) when the server does not tell.
      type: int
      returned: always
    copied:
      description:
        - How many of them would be copied from this folder; less than all where folders are labels and a message lies
          in several of them. V(null) when the server does not tell.
      type: int
      returned: always
    size:
      description: Octets of all messages; V(null) when O(sizes) is V(false) and when they are not known.
      type: int
      returned: always
    migrated:
      description: Whether it would be migrated.
      type: bool
      returned: always
    reason:
      description: Why it is left out; empty otherwise.
      type: str
      returned: always
totals:
  description: Sums over the folders that can hold messages. Sizes are V(null) unless O(sizes) is V(true).
  returned: always
  type: dict
  sample:
    folders: 14
    messages: 1899
    size: 80400320
    migrated_folders: 12
    migrated_messages: 1842
    migrated_size: 73400320
    excluded_folders: 2
    excluded_messages: 57
    excluded_size: 7000000
labels:
  description:
    - What the labels of a Gmail mailbox make of it with this O(gmail_labels), without Trash and Junk. V(null) for other
      servers.
  returned: always
  type: dict
  sample:
    messages: 2052
    size: 82800640
    further_messages: 210
    further_size: 9400320
  contains:
    messages:
      description: How many copies would be made.
      type: int
      returned: always
    size:
      description: Their octets.
      type: int
      returned: always
    further_messages:
      description: How many of them are second and further copies of a message with several labels.
      type: int
      returned: always
    further_size:
      description: Octets of these.
      type: int
      returned: always
quota:
  description:
    - Use and limits, V(null) where the server has no quota or tells none. C(used) and C(limit) are octets, C(messages)
      and C(message_limit) count messages. A limit of V(0) means that there is none.
  returned: always
  type: dict
  sample:
    used: 73400320
    limit: 1073741824
    messages: 0
    message_limit: 0
warnings:
  description: Folders that could not be looked at, and why.
  returned: when there are any
  type: list
  elements: str
  sample: ["Old: the server gives no STATUS of it"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.support.as_module import finish
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require
from ansible_collections.mailops.migration.plugins.module_utils.support.info_task import info_spec, run_info


def main() -> None:
    """Look at the mailbox from the host that executes the module."""
    module = AnsibleModule(argument_spec=info_spec(), supports_check_mode=True)
    require(module, "imapclient")
    finish(module, run_info(module.params, check=module.check_mode))


if __name__ == "__main__":
    main()
