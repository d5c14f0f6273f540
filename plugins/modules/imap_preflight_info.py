#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module imap_preflight_info: what stands in the way of a mailbox's move."""

from __future__ import annotations

DOCUMENTATION = r"""
module: imap_preflight_info
short_description: Tell what would move of a mailbox and what stands in its way
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Logs in on both sides at the same time and tells how each login went, which folders would go where, how many
    messages and
    octets they hold, what is left out, whether the destination has room, and which messages are larger than it takes.
  - Nothing is changed. Sizes come from STATUS=SIZE (RFC 8438) where the server offers that, else from the sizes of
    messages, added up as they come. Large messages are searched for on the server.
  - Of a mailbox above 50 MB that has no journal yet up to 500 messages (8 MB, 5 seconds) are read to measure the
    source's speed, without marking them as seen. Of others no message is read.
  - What the journal of earlier passes in O(state_dir) has settled is not counted again. Unlike the plan of
    M(mailops.migration.imap_sync) in check mode no message is compared, so that numbers of a mailbox that is worked on
    are close, and those of a new one exact.
extends_documentation_fragment:
  - mailops.migration.imap
  - mailops.migration.imap.folders
  - mailops.migration.imap.limits
options:
  mailbox:
    description: The address of the mailbox at the destination. It names the journal.
    type: str
    required: true
  log_dir:
    description:
      - The folder in whose C(logs) the mailbox's log is written, a JSON object a line, as by
        M(mailops.migration.imap_sync).
      - None is written without it.
    type: path
  state_dir:
    description: The folder of the journals. It is only read, and need not be there.
    type: path
    required: true
  merge:
    description: Whether several source accounts go into this mailbox.
    type: bool
    default: false
  message_limit:
    description:
      - Octets of the largest message that the destination takes, where its server does not tell (APPENDLIMIT, RFC
        7889).
        Of two limits the smaller one counts. V(0) is none.
    type: int
    default: 0
attributes:
  check_mode:
    description: Nothing is ever changed.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
notes:
  - O(limits.deadline) is when the last look may begin. After it the task fails and says that this mailbox was not
    looked at.
  - The task fails when a login is refused, a server is not reached, or the destination has no room. Where the
    destination opens no
    such mailbox it does not fail; RV(destination_found) says so.
seealso:
  - module: mailops.migration.imap_sync
  - module: mailops.migration.imap_mailbox_info
"""

EXAMPLES = r"""
- name: It is known what stands in the way of Anna's move
  mailops.migration.imap_preflight_info:
    mailbox: anna@example.com
    source:
      host: imap.old.example
      username: anna@example.com
      password: "{{ anna_old_password }}"
    destination:
      host: imap.new.example
      username: anna@example.com*migrate
      password: "{{ master_password }}"
    state_dir: /var/lib/mailops/123
    message_limit: 52428800
  register: anna
  failed_when: false
"""

RETURN = r"""
logins:
  description: How the logins on both sides went.
  returned: always
  type: dict
  sample:
    source: {ok: true, error: "", reason: "", remedy: ""}
    destination: {ok: true, error: "", reason: "", remedy: ""}
  contains:
    source:
      description:
        - C(ok); C(error), which is empty, V(login_refused), V(tls_failed), V(connection_lost), V(throttled),
          V(folder_refused) or
          V(configuration_error); C(reason) with the server's words; C(remedy).
      type: dict
      returned: always
    destination:
      description: The same of the destination.
      type: dict
      returned: always
counts:
  description:
    - The keys of C(counts) of M(mailops.migration.imap_sync). Told are C(folders), C(copied) and C(bytes) (what a
      pass would
      bring), C(already_there) and C(excluded); the others are V(0).
  returned: always
  type: dict
  sample: {folders: 12, copied: 1842, bytes: 73400320, already_there: 0, excluded: 57}
folders:
  description: The folders that would be migrated.
  returned: always
  type: list
  elements: dict
  sample:
    - source: Gesendet
      destination: Sent
      role: sent
      create: false
      notes: ['"Gesendet" goes to "Sent": it is the destination''s folder for sent mail']
      messages: 812
      size: 73400320
      copied: 812
      bytes: 73400320
      already_there: 0
  contains:
    source:
      description: Its name at the source.
      type: str
      returned: always
    destination:
      description: Its name at the destination.
      type: str
      returned: always
    role:
      description: What the folder is for; V(null) for an ordinary one.
      type: str
      returned: always
    create:
      description: Whether the destination does not have it yet.
      type: bool
      returned: always
    notes:
      description: Why it gets another name or is merged.
      type: list
      elements: str
      returned: always
    messages:
      description: Number of messages; V(null) when the server does not tell.
      type: int
      returned: always
    size:
      description: Octets of these; V(null) when the server does not tell.
      type: int
      returned: always
    copied:
      description: How many would be copied from it.
      type: int
      returned: always
    bytes:
      description: Octets of these; V(null) where only a part of its messages is copied from it (labels).
      type: int
      returned: always
    already_there:
      description: How many the journal knows.
      type: int
      returned: always
excluded:
  description: Folders that are left out, each with its reason, and the number and octets of its messages.
  returned: always
  type: list
  elements: dict
  sample:
    - source: Trash
      reason: Trash is migrated only with include_trash
      view: false
      role: trash
      messages: 57
      size: 7000000
folders_created:
  description: Folders that the destination does not have yet.
  returned: always
  type: list
  elements: str
  sample: [Clients.Acme]
folders_subscribed:
  description: Always empty, see M(mailops.migration.imap_sync).
  returned: always
  type: list
  elements: str
  sample: []
failures:
  description: Why a pass would not do, with C(reason) and C(remedy). The keys are those of
    M(mailops.migration.imap_sync).
  returned: always
  type: list
  elements: dict
  sample: []
warnings:
  description: What should be known besides.
  returned: when there are any
  type: list
  elements: str
  sample: ["3 messages larger than 52.4 MB, the most that the destination takes in one"]
complete:
  description: Whether everything that can be seen was seen.
  returned: always
  type: bool
  sample: true
destination_found:
  description:
    - V(false) where the source was read, and the destination was reached and opened no such mailbox, which may be
      created
      later.
  returned: always
  type: bool
  sample: true
space:
  description:
    - C(needed) are the octets that a pass would bring, C(label_messages) and C(label_octets) those of it that are
      further
      copies of messages with several labels. C(room) is always V(null); see RV(quota).
  returned: always
  type: dict
  sample: {needed: 73400320, label_messages: 0, label_octets: 0, room: null}
quota:
  description: Use and limits of the destination, as M(mailops.migration.imap_mailbox_info) tells them; V(null) when
    not known.
  returned: always
  type: dict
  sample: {used: 0, limit: 1073741824, messages: 0, message_limit: 0}
message_limit:
  description: Octets of the largest message that the destination takes; V(0) when no limit is known.
  returned: always
  type: int
  sample: 52428800
too_large:
  description:
    - Messages that are larger, with C(folder), C(uid), C(size) and C(date) (INTERNALDATE); 100 of a folder and 200 in
      all at the
      most.
  returned: always
  type: list
  elements: dict
  sample: [{folder: Sent, uid: 812, size: 73400320, date: 04-Mar-2019 10:11:12 +0100}]
too_large_count:
  description: How many there are. Where folders are labels, a message counts in each folder that it lies in.
  returned: always
  type: int
  sample: 1
sample:
  description: What reading some messages of the source took; zeros where none were read.
  returned: always
  type: dict
  sample: {seconds: 2.4, messages: 500, octets: 4100000}
speed:
  description: What earlier passes took, C(seconds) for C(messages) and C(octets) that they brought; all V(0) when
    there were none.
  returned: always
  type: dict
  sample: {seconds: 120.5, messages: 9000, octets: 800000000}
capabilities:
  description: What both servers say they can do, after the login.
  returned: always
  type: dict
  sample: {source: [IMAP4REV1], destination: [IMAP4REV1, QUOTA]}
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.support.as_module import finish
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require
from ansible_collections.mailops.migration.plugins.module_utils.support.preflight_task import (
    preflight_spec,
    run_preflight,
)


def main() -> None:
    """Look from the host that executes the module."""
    module = AnsibleModule(argument_spec=preflight_spec(), supports_check_mode=True)
    require(module, "imapclient")
    finish(module, run_preflight(module.params, check=module.check_mode))


if __name__ == "__main__":
    main()
