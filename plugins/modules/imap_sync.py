#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module imap_sync: one mailbox from source to destination."""

from __future__ import annotations

DOCUMENTATION = r"""
module: imap_sync
short_description: Copy a mailbox to its new server, every message exactly once
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Copies all folders and messages of one mailbox from its source to its destination, with flags, keywords, dates
    and subscriptions. The source is only read; at the destination nothing is ever removed.
  - A journal in O(state_dir) records each message before it is sent and after the server has confirmed it, so that a
    run can be cut off at any point and run again, and a second pass brings only what is new or changed.
  - A message that the user moved, deleted or re-flagged at the destination stays as the user left it.
  - What a pass did when is in a log of the mailbox, C(logs) in O(state_dir), a JSON object a line.
extends_documentation_fragment:
  - mailops.migration.imap
  - mailops.migration.imap.folders
  - mailops.migration.imap.limits
options:
  mailbox:
    description: The address of the mailbox at the destination. It names the journal.
    type: str
    required: true
  state_dir:
    description:
      - The folder of the journals, one folder per ticket. It is made when it is missing.
      - It must be the same one in every pass.
    type: path
    required: true
  accepted:
    description: SHA-256 digests (hex) of refused messages whose loss is accepted. They no longer make the pass fail.
    type: list
    elements: str
    default: []
  recopy:
    description:
      - Without a journal nobody knows whether a message that is missing at the destination was never copied or was
        deleted there. Such messages are listed and copied only when this is V(true).
    type: bool
    default: false
  merge:
    description:
      - Whether several source accounts go into this mailbox, each with its own messages.
      - Otherwise a source with another user name or host name is taken for the same customer's mail, and its messages
        are known again by their content.
    type: bool
    default: false
  progress_file:
    description:
      - Where to write how far the pass is, as one JSON object, each second for as long as the pass lasts.
      - The callback P(mailops.migration.progress#callback) reads it, and sets it where it is in use.
    type: path
attributes:
  check_mode:
    description: Reads both sides and reports the exact plan; writes nothing and makes no journal.
    support: full
  diff_mode:
    description: Shows the folders with their number of migrated messages before and after.
    support: full
notes:
  - Run again to repeat what failed; what is done is never done twice.
  - Two runs on one mailbox exclude each other. The second one waits for half a minute, then says who holds the mailbox.
seealso:
  - module: mailops.migration.mailbox_compare_info
"""

EXAMPLES = r"""
- name: The mailbox is at its new server
  mailops.migration.imap_sync:
    mailbox: anna@example.com
    state_dir: /var/lib/mailops/123
    source:
      host: imap.old.example
      username: anna@example.com
      password: "{{ anna_old_password }}"
    destination:
      host: imap.new.example
      username: anna@example.com*migrate
      password_file: /etc/mailops/master.password

- name: The plan is known and nothing is written
  mailops.migration.imap_sync:
    mailbox: anna@example.com
    state_dir: /var/lib/mailops/123
    source: "{{ anna_source }}"
    destination: "{{ anna_destination }}"
  check_mode: true
  diff: true

- name: Only the projects move, by six in the morning
  mailops.migration.imap_sync:
    mailbox: anna@example.com
    state_dir: /var/lib/mailops/123
    source: "{{ anna_source }}"
    destination: "{{ anna_destination }}"
    folders:
      include: [Projects, Projects/*]
      rename:
        Projects: Old projects
    limits:
      deadline: "2026-03-01T06:00:00+01:00"
"""

RETURN = r"""
counts:
  description: Counts of messages over all folders. In check mode what would be done.
  returned: always
  type: dict
  sample:
    folders: 12
    copied: 1840
    bytes: 73400320
    flags_updated: 3
    already_there: 210
    matched: 0
    moved: 0
    held: 0
    excluded: 57
    failed: 0
    refused: 1
    left: 0
    accepted: 0
    recovered: 0
  contains:
    folders:
      description: Folders that are migrated.
      type: int
      returned: always
    copied:
      description: Messages copied in this pass.
      type: int
      returned: always
    bytes:
      description: Octets of the messages copied.
      type: int
      returned: always
    flags_updated:
      description: Messages whose flags were brought up to date.
      type: int
      returned: always
    already_there:
      description: Messages that earlier passes brought.
      type: int
      returned: always
    matched:
      description: Messages that were at the destination already, found by their content.
      type: int
      returned: always
    moved:
      description: Copies that followed their message to another folder.
      type: int
      returned: always
    held:
      description: Messages that are copied only with O(recopy).
      type: int
      returned: always
    excluded:
      description: Messages left out (Trash, Junk, excluded folders, marked as deleted).
      type: int
      returned: always
    failed:
      description: Messages that were not copied and are worth another try.
      type: int
      returned: always
    refused:
      description: Messages that the destination does not take.
      type: int
      returned: always
    left:
      description: Messages that are still to be copied because the pass ended early.
      type: int
      returned: always
    accepted:
      description: Refused messages whose loss is accepted.
      type: int
      returned: always
    recovered:
      description: Messages of an interrupted run that were found at the destination, and copies that it had moved.
      type: int
      returned: always
folders:
  description:
    - The folders that are migrated, with the same counts for each.
    - C(notes) says why a folder has another name or place at the destination. What is new is among RV(warnings) too.
  returned: always
  type: list
  elements: dict
  sample:
    - source: Gesendete Elemente
      destination: Sent
      role: sent
      notes: ['"Gesendete Elemente" goes to "Sent": it is the destination''s folder for sent mail']
      copied: 120
      bytes: 500000
folders_created:
  description: Folders that were made at the destination.
  returned: always
  type: list
  elements: str
  sample: [Projects]
folders_subscribed:
  description: Folders that were subscribed to at the destination.
  returned: always
  type: list
  elements: str
  sample: [Projects]
excluded:
  description: Folders that are left out, why, and how many messages they hold.
  returned: always
  type: list
  elements: dict
  sample:
    - source: Trash
      reason: it is the Trash folder (include_trash is false)
      messages: 57
failures:
  description:
    - Everything that did not go as it should. C(kind) is V(failed) (worth another try), V(refused) (the destination
      will not take it) or V(held). A C(uid) of 0 stands for the whole folder, an empty C(folder) for the whole mailbox.
  returned: always
  type: list
  elements: dict
  sample:
    - folder: INBOX
      uid: 17
      kind: refused
      reason: "the destination refuses it: [TOOBIG] Message too large"
      remedy: Mend the reason and run again, or accept its loss
      digest: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
warnings:
  description: What the reader should know, such as folders that got another name in this run.
  returned: when there are any
  type: list
  elements: str
  sample: ["a folder got another name"]
complete:
  description: Whether the pass came to its end.
  returned: always
  type: bool
  sample: true
interruptions:
  description:
    - Lost connections and servers that asked to wait. They are no failure while the pass goes on after them.
    - A message that breaks the connection each time is found by sending it alone; it is in RV(failures) then, and the
      next run tries it last.
  returned: always
  type: dict
  sample:
    times: 3
    seconds: 304.2
    reasons:
      - reason: "anna@example.com at imap.old.example:993: the server asks to wait: Request is throttled"
        times: 3
        seconds: 304.2
  contains:
    times:
      description: How often the pass had to connect again.
      type: int
      returned: always
    seconds:
      description: How long it waited in all.
      type: float
      returned: always
    reasons:
      description: The reasons, each with how often it came and how long was waited for it.
      type: list
      elements: dict
      returned: always
limits:
  description:
    - The limits that were set, and what was left of them at the end - C(connections), C(server_connections),
      C(messages_per_second), C(bytes_per_day) with C(bytes_today) and C(bytes_left), C(seconds_left) to the deadline.
  returned: always
  type: dict
  sample:
    connections: 2
    bytes_per_day: 2500000000
    bytes_today: 1900000000
    bytes_left: 600000000
destination_found:
  description:
    - Whether the destination opened the mailbox; V(false) when it was reached and refused the login, because the
      mailbox is not there yet or the login is wrong. Check mode then plans against an empty destination.
  returned: always
  type: bool
  sample: true
largest_folder:
  description:
    - A bound of how many messages any folder of the destination holds now. What is below the threshold of
      M(mailops.migration.mailbox_archive) has nothing to be archived.
  returned: always
  type: int
  sample: 8120
space:
  description: What the pass would need at the destination.
  returned: in check mode, when the plan was made
  type: dict
  sample:
    needed: 73400320
    label_messages: 210
    label_octets: 9400320
    room: 1073741824
  contains:
    needed:
      description: Octets of all messages that would be copied.
      type: int
      returned: always
    label_messages:
      description: How many of them are further copies of messages with several labels; see O(gmail_labels).
      type: int
      returned: always
    label_octets:
      description: Octets of these.
      type: int
      returned: always
    room:
      description: What the destination's quota leaves; V(null) where it has none or tells none.
      type: int
      returned: always
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.support.as_module import finish
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require
from ansible_collections.mailops.migration.plugins.module_utils.support.imap_arguments import sync_spec
from ansible_collections.mailops.migration.plugins.module_utils.support.sync_task import run_sync


def main() -> None:
    """Run one pass of the mailbox on the host that executes the module."""
    module = AnsibleModule(argument_spec=sync_spec(), supports_check_mode=True)
    require(module, "imapclient")
    result = run_sync(module.params, check=module.check_mode)
    finish(module, result)


if __name__ == "__main__":
    main()
