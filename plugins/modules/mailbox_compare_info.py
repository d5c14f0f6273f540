#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module mailbox_compare_info: source against destination, message by message."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mailbox_compare_info
short_description: Compare a mailbox at its source and its destination, message by message
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Reads both sides through, compares the messages by SHA-256 of their content, and tells what is missing, duplicated,
    altered or elsewhere, and which flags and dates differ. Nothing is changed on either side.
  - Messages of equal content count as a multiset. Content that a server stores with other line ends, or without NUL, is
    no difference and is counted as C(normalised_by_server).
  - So is what a server that rewrites mail while storing it has changed, such as header fields that it adds. What it
    changed is in C(explanations). Only a server that rewrites most of its mail counts as one, and only where the body
    and every header field of the message are there; anything else is C(altered).
  - With O(state_dir) the journal of M(mailops.migration.imap_sync) explains differences that are as they should be.
    These are what the user of the destination deleted, moved to another folder or gave other flags, what was there
    before the migration, and what left the source since. RV(passed) is V(true) when no difference is left unexplained.
  - A message that is not from the source is the user's own and never a difference. One that the journal holds back, or
    that the destination refused and O(accepted) does not name, is a difference.
  - A difference that the next pass of M(mailops.migration.imap_sync) would settle counts, and its reason says so.
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
      - None is written without it, nor in check mode.
    type: path
  state_dir:
    description:
      - The folder of the journals, the same as for M(mailops.migration.imap_sync).
      - Without it every difference counts, a copy in another folder as well. The journal is only read.
    type: path
  depth:
    description:
      - V(full) reads every message on both sides and compares what was read.
      - V(facts) only lists both sides, a listing for each folder and no message. What a message holds is what the
        journal says of its uid, which never stands for other content. It needs O(state_dir) and a journal there.
      - With V(facts) a copy that was moved at the destination is known by its size and date, and a copy that somebody
        made twice is only told in RV(warnings). Content that changed under its uid is not noticed.
    type: str
    choices: [full, facts]
    default: full
  accepted:
    description: SHA-256 digests (hex) of messages whose loss is accepted.
    type: list
    elements: str
    default: []
  proof:
    description:
      - Where the proof is kept, a manifest with a line for each message of the source, and a page in plain words for
        the customer as Markdown and HTML. Files that would stay the same are left alone; a proof is no change.
      - A manifest that is there is checked first. One that was changed, cut off or exchanged makes RV(passed) V(false),
        and stays as it is.
      - In check mode nothing is written.
    type: dict
    suboptions:
      dir:
        description: The folder of the proofs.
        type: path
        required: true
      ticket:
        description: The ticket's id, which stands in the manifest.
        type: str
        required: true
      language:
        description: The language of the customer's page.
        type: str
        choices: [en, de]
        default: en
      key_file:
        description:
          - An Ed25519 private key in PEM, as C(openssl genpkey -algorithm ed25519) makes it. It signs manifests.
          - It needs the Python library C(cryptography), as does O(proof.public_key_file).
        type: path
      public_key_file:
        description: Its public half, for whoever only checks. It is not needed beside O(proof.key_file).
        type: path
attributes:
  check_mode:
    description: Nothing is ever changed.
    support: full
  diff_mode:
    description: There is nothing to show.
    support: none
notes:
  - Of O(limits) the comparison keeps C(server_connections), and that only with O(slots_dir) or O(state_dir).
  - All folders of the destination are read, since a copy may lie in any of them. What is read is not kept. A message
    takes about half a kilobyte of memory whatever its size.
  - Differences do not make the task fail; look at RV(passed). The task fails when a side cannot be read at all.
  - Folders are opened read-only. Only when a copy lacks a flag of its message is INBOX at the destination opened for
    changes, since a server does not tell otherwise which flags it keeps.
  - Mail that is moved at the destination while this runs may be told as deleted or duplicated. Run it again then.
  - Where the journal has confirmed ten copies or more and none of them is left, that is a difference and not something
    that the user did.
seealso:
  - module: mailops.migration.imap_sync
  - module: mailops.migration.imap_mailbox_info
"""

EXAMPLES = r"""
- name: The mailbox is compared
  mailops.migration.mailbox_compare_info:
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
  register: anna

- name: Nothing is missing
  ansible.builtin.assert:
    that: anna.passed
    fail_msg: "{{ anna.differences | map(attribute='reason') | unique | join('; ') }}"

- name: The mailbox is compared by the journal's word, without reading a message, and the proof is kept
  mailops.migration.mailbox_compare_info:
    mailbox: anna@example.com
    state_dir: /var/lib/mailops/123
    depth: facts
    proof:
      dir: /var/lib/mailops/123/proof
      ticket: "123"
      key_file: /etc/mailops/manifest.key
    source: "{{ anna_source }}"
    destination: "{{ anna_destination }}"

- name: Two mailboxes that no journal connects are equal
  mailops.migration.mailbox_compare_info:
    mailbox: anna@example.com
    source: "{{ anna_source }}"
    destination: "{{ anna_destination }}"
    include_trash: true
    include_junk: true
"""

RETURN = r"""
passed:
  description: Whether there is no difference, or the journal explains every one.
  returned: always
  type: bool
  sample: true
counts:
  description: Counts over all folders. Those of differences count what is not explained.
  returned: always
  type: dict
  sample:
    folders: 12
    source: 1842
    destination: 1850
    identical: 1839
    normalised_by_server: 1
    missing: 0
    elsewhere: 0
    duplicated: 0
    altered: 0
    flags_differ: 0
    dates_differ: 0
    unreadable: 0
    folders_missing: 0
    explained: 4
    extra: 10
    excluded: 57
  contains:
    folders:
      description: Folders of the source that are migrated.
      type: int
      returned: always
    source:
      description: Messages in these folders.
      type: int
      returned: always
    destination:
      description: Messages at the destination in all folders.
      type: int
      returned: always
    identical:
      description: Messages whose copy has the same octets.
      type: int
      returned: always
    normalised_by_server:
      description: Messages whose copy differs only in line ends or NUL.
      type: int
      returned: always
    missing:
      description: Messages without a copy.
      type: int
      returned: always
    elsewhere:
      description: Messages whose copy lies in another folder than the folder map says.
      type: int
      returned: always
    duplicated:
      description: Copies that are more than the source and the journal account for.
      type: int
      returned: always
    altered:
      description: Messages whose copy has other content.
      type: int
      returned: always
    flags_differ:
      description: Messages whose flags differ, of those flags that the destination keeps.
      type: int
      returned: always
    dates_differ:
      description: Messages whose INTERNALDATE is another instant.
      type: int
      returned: always
    unreadable:
      description: Folders and messages that could not be read.
      type: int
      returned: always
    folders_missing:
      description: Folders that the destination has not.
      type: int
      returned: always
    explained:
      description: Differences of any kind that are as they should be.
      type: int
      returned: always
    extra:
      description: Messages at the destination that are not from this source.
      type: int
      returned: always
    excluded:
      description: Messages left out (Trash, Junk, excluded folders, marked as deleted and never copied).
      type: int
      returned: always
folders:
  description:
    - The folders that are migrated with their counts. C(destination_messages) and C(extra) are those of the whole
      destination folder, also where several folders are merged into it.
  returned: always
  type: list
  elements: dict
  sample:
    - source: Gesendete Elemente
      destination: Sent
      role: sent
      source_messages: 120
      destination_messages: 121
      identical: 119
      normalised_by_server: 0
      missing: 0
      elsewhere: 0
      duplicated: 0
      altered: 0
      flags_differ: 0
      dates_differ: 0
      unreadable: 0
      folders_missing: 0
      explained: 1
      extra: 2
      excluded: 0
excluded:
  description: Folders that are left out, why, and how many messages they hold.
  returned: always
  type: list
  elements: dict
  sample:
    - source: Trash
      reason: Trash is migrated only with include_trash
      messages: 57
differences:
  description:
    - Every difference that is not explained. C(kind) is the name of its count.
    - C(folder) and C(uid) are those of the source. A uid of V(0) stands for none, or for the whole folder.
    - C(digest) is the SHA-256 of the message (hex), empty for folders.
  returned: always
  type: list
  elements: dict
  sample:
    - kind: missing
      folder: INBOX
      uid: 812
      destination_folder: INBOX
      destination_uid: 0
      explained: false
      reason: arrived at the source after the last pass
      digest: 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
explanations:
  description:
    - The differences that are as they should be, by kind and reason. C(count) counts all of them, C(items) has the
      first ones in the form of RV(differences), at most 200 altogether.
  returned: always
  type: list
  elements: dict
  sample:
    - kind: missing
      reason: deleted at the destination by its user
      count: 1
      items:
        - kind: missing
          folder: INBOX
          uid: 17
          destination_folder: INBOX
          destination_uid: 0
          explained: true
          reason: deleted at the destination by its user
          digest: 60303ae22b998861bce3b28f33eec1be758a213c86c93c076dbe9f558c11c752
proof:
  description:
    - What is proven, in numbers, and where the files of O(proof) are. Empty when a side could not be read.
    - C(messages) should be at the destination, C(here) are. C(causes) counts the others by why they are not.
    - C(archived) are those in archive folders, C(moved) those that their user moved elsewhere, both of them here.
    - C(fault) says what is wrong with the manifest that was there.
  returned: always
  type: dict
  sample:
    mailbox: anna@example.com
    depth: full
    passed: true
    messages: 18412
    here: 18409
    causes:
      deleted: 3
    folders:
      - source: INBOX
        destination: INBOX
        messages: 18412
        here: 18409
    excluded:
      - folder: Trash
        messages: 57
        cause: trash
    archived:
      - folder: Leads
        to: Archive.Leads.2023
        messages: 1204
    moved: 2
    marked_deleted: 0
    manifest: /var/lib/mailops/123/proof/anna@example.com-b10253be.manifest
    pages:
      - /var/lib/mailops/123/proof/anna@example.com-b10253be.md
      - /var/lib/mailops/123/proof/anna@example.com-b10253be.html
    signed: true
    fault: ""
journal:
  description: Whether there was a journal to explain differences.
  returned: always
  type: bool
  sample: true
warnings:
  description: What the reader should know, such as a folder that lost most of its copies.
  returned: when there are any
  type: list
  elements: str
  sample: ["Leads: 90 of 120 copies are no longer at the destination; ask its user about it"]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.support.as_module import finish
from ansible_collections.mailops.migration.plugins.module_utils.support.compare_task import compare_spec, run_compare
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require


def main() -> None:
    """Compare the mailbox on the host that executes the module."""
    module = AnsibleModule(argument_spec=compare_spec(), supports_check_mode=True)
    require(module, "imapclient")
    finish(module, run_compare(module.params, check=module.check_mode))


if __name__ == "__main__":
    main()
