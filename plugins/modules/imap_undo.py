#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module imap_undo: takes back what imap_sync put into a mailbox."""

from __future__ import annotations

DOCUMENTATION = r"""
module: imap_undo
short_description: Take back what a migration put into a mailbox
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Removes from the destination exactly the messages that M(mailops.migration.imap_sync) put there by the word of its
    journal and that nobody has touched since, and the folders that it made and that are empty then. Nothing else.
  - A message stays, and is listed in RV(left), where the journal does not say beyond doubt that the migration put it
    there, where it no longer lies where the migration or the archiver put it, where its folder was renamed or made
    anew, where its flags are not those that were agreed, and where it is marked as deleted.
  - Messages are removed with UID EXPUNGE (UIDPLUS, RFC 4315), which removes no other. Without UIDPLUS nothing is
    removed and the module fails.
  - To the next pass of M(mailops.migration.imap_sync) what was taken back is new, and is copied again.
extends_documentation_fragment:
  - mailops.migration.imap.destination
options:
  mailbox:
    description: The address of the mailbox at the destination. It names the journal.
    type: str
    required: true
  log_dir:
    description:
      - The folder in whose C(logs) the mailbox's log is written, a JSON object a line, as by
        M(mailops.migration.imap_sync).
      - None is written without it, nor in check mode.
    type: path
  state_dir:
    description: The folder of the journals, the same as for M(mailops.migration.imap_sync).
    type: path
    required: true
attributes:
  check_mode:
    description: Looks at everything, changes nothing, and returns what would be.
    support: full
  diff_mode:
    description: Shows folders with their numbers of messages.
    support: full
notes:
  - What is about to be removed is in the journal before the server is told. A run that was killed is completed by the
    next one; until then M(mailops.migration.imap_sync) refuses to work on the mailbox.
  - Folders that were made before releases noted them stay.
  - An empty folder is renamed to C(mailops-removing-<digits>) beside it, looked into once more, and removed then.
    Mail that arrives meanwhile keeps it, under its old name again. Where the server does not rename it, it stays and is
    listed.
seealso:
  - module: mailops.migration.imap_sync
  - module: mailops.migration.mailbox_compare_info
"""

EXAMPLES = r"""
- name: What the migration put into the mailbox is taken back
  mailops.migration.imap_undo:
    mailbox: anna@example.com
    state_dir: /var/lib/mailops/123
    destination:
      host: imap.new.example
      username: anna@example.com*migrate
      password_file: /etc/mailops/master.password
"""

RETURN = r"""
counts:
  description: Messages and folders, taken back and left.
  returned: always
  type: dict
  sample:
    taken_back: 1839
    left: 3
    folders_removed: 11
    folders_left: 1
folders:
  description: How many messages were taken back from which folder.
  returned: always
  type: list
  elements: dict
  sample:
    - folder: INBOX
      taken_back: 812
left:
  description:
    - Messages that the migration brought or found and that stay, by reason, the most frequent first. C(count) counts
      all of them, C(items) has the first ones, at most 200 altogether. C(folder) and C(uid) are the journal's.
  returned: always
  type: list
  elements: dict
  sample:
    - reason: its flags were changed at the destination
      count: 3
      items:
        - folder: INBOX
          uid: 17
folders_removed:
  description: Folders that the migration had made and that were empty.
  returned: always
  type: list
  elements: str
  sample: [Leads]
folders_left:
  description: Folders that the migration had made and that stay, and why.
  returned: always
  type: list
  elements: dict
  sample:
    - folder: Sent
      reason: it holds 2 messages that stay
failures:
  description: Folders that the server did not let be worked, why, and what to do.
  returned: always
  type: list
  elements: dict
  sample:
    - folder: Leads
      reason: "the server does not expunge: NO [NOPERM] Permission denied"
      remedy: Run again
complete:
  description: Whether it came to its end.
  returned: always
  type: bool
  sample: true
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.support.as_module import finish
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require
from ansible_collections.mailops.migration.plugins.module_utils.support.undo_task import run_undo, undo_spec


def main() -> None:
    """Take back what is in the mailbox, from the host that executes the module."""
    module = AnsibleModule(argument_spec=undo_spec(), supports_check_mode=True)
    require(module, "imapclient")
    finish(module, run_undo(module.params, check=module.check_mode))


if __name__ == "__main__":
    main()
