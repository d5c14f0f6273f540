#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module mailbox_archive: folders with too many messages keep the last years, older ones go to yearly archives."""

from __future__ import annotations

DOCUMENTATION = r"""
module: mailbox_archive
short_description: Move older messages of very large folders to yearly archive folders
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Any folder with more messages than O(threshold) keeps those of the current year and the years before it that
    O(kept_years) says. Older ones move to C(Archive/<folder path>/<year>) with the server's own separator and prefix,
    such as C(Archive.Leads.2023), C(Archive.INBOX.2023), C(Archive.Clients.Acme.2023) or C(INBOX.Archive.Leads.2023).
  - The year is that of the INTERNALDATE in O(timezone). Where that is missing or before 2 January 1970, the Date header
    counts, then the newest Received header; a message with none of them stays. Years beyond now stay.
  - Left alone are such archives of one year, Trash, Junk and Drafts (by SPECIAL-USE, then by their usual names) with
    the folders below them, shared folders, views of other folders, and O(exempt). A customer's own C(Archive) over the
    threshold goes to C(Archive/Archive/<year>). An archive folder that exists takes more.
  - Messages keep their flags, keywords and dates. New folders are subscribed.
  - What is moved is recorded in O(state_dir) before the command goes out, and a folder that was begun is finished
    whatever its number of messages is by then, so that a run can be killed at any point and run again.
  - Messages go by MOVE, else by COPY and UID EXPUNGE of exactly these messages. A server that has neither MOVE nor
    UIDPLUS is left alone and reported, for a plain EXPUNGE would remove what other programs have marked as deleted.
  - The journals of all tickets that know the mailbox learn where its messages went. A pass of
    M(mailops.migration.imap_sync) and this module exclude each other.
extends_documentation_fragment:
  - mailops.migration.imap.destination
options:
  mailbox:
    description: The address of the mailbox. It names the record.
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
      - The folder of all tickets, which holds a folder of journals for each (C(mailops_state_dir) of the playbooks).
      - The record of what was archived lies in C(mailbox_archive) below it. It must be the same one in every run.
    type: path
    required: true
  state:
    description:
      - V(present) archives.
      - V(absent) brings back what this module has archived and what is still where it was put, and removes the folders
        that it made and that are empty then, as M(mailops.migration.imap_undo) does. A folder that messages
        came from is made again if it is gone.
    type: str
    choices: [present, absent]
    default: present
  threshold:
    description: A folder with more messages than this is archived.
    type: int
    default: 10000
  kept_years:
    description: How many calendar years stay, the current one included.
    type: int
    default: 2
  timezone:
    description: The time zone in which a year begins, such as V(Europe/Bucharest).
    type: str
    default: UTC
  template:
    description:
      - The name of an archive folder, with C(/) between levels whatever the server's separator is.
      - One level is C({folder}), which stands for all levels of the folder's own name; one holds C({year}); at least
        one is literal. Folders whose name is of this form are never archived.
    type: str
    default: Archive/{folder}/{year}
  exempt:
    description:
      - Folders that are left alone, in the form of O(mailops.migration.imap_sync#module:folders), such as
        V(Projects/*).
    type: list
    elements: str
    default: []
  deadline:
    description:
      - A moment (ISO 8601 with zone) from which on no further batch of messages is moved. What is left is named in
        RV(over), the module fails, and the next run goes on where this one stopped. A check is not bound by it.
    type: str
attributes:
  check_mode:
    description: Lists folder by folder what would move where; writes nothing, no record either.
    support: full
  diff_mode:
    description: Shows the folders with their number of messages before and after.
    support: full
notes:
  - Run again to go on after a failure; nothing is archived twice.
  - A server that numbers messages anew makes it impossible to tell which ones were archived; these stay with
    O(state=absent), and a warning says so.
seealso:
  - module: mailops.migration.imap_sync
"""

EXAMPLES = r"""
- name: Folders above 10,000 messages keep this year and the last
  mailops.migration.mailbox_archive:
    mailbox: anna@example.com
    state_dir: /var/lib/mailops
    timezone: Europe/Bucharest
    destination:
      host: imap.new.example
      username: anna@example.com*migrate
      password_file: /etc/mailops/master.password

- name: What would move is known, folder by folder
  mailops.migration.mailbox_archive:
    mailbox: anna@example.com
    state_dir: /var/lib/mailops
    destination: "{{ anna_destination }}"
  check_mode: true
  register: anna_preview

- name: Archived messages are back in their folders
  mailops.migration.mailbox_archive:
    mailbox: anna@example.com
    state_dir: /var/lib/mailops
    destination: "{{ anna_destination }}"
    state: absent
"""

RETURN = r"""
counts:
  description: Counts over the whole mailbox. In check mode what would be.
  returned: always
  type: dict
  sample:
    moved: 48210
    recovered: 0
    undated: 0
    over: 1
    folders: 74
    folders_created: 8
  contains:
    moved:
      description: Messages moved.
      type: int
      returned: always
    recovered:
      description: Messages whose move an interrupted run had begun, found moved.
      type: int
      returned: always
    undated:
      description: Messages without any usable date, which stay.
      type: int
      returned: always
    over:
      description: Folders that are above the threshold in the end.
      type: int
      returned: always
    folders:
      description: Folders of the mailbox in the end; 0 with O(state=absent).
      type: int
      returned: always
    folders_created:
      description: Folders made.
      type: int
      returned: always
folders:
  description:
    - The folders above the threshold, and those that an interrupted run had begun. With O(state=absent) the archive
      folders that messages leave.
    - C(exempt) says why a folder is left alone. A year of 0 stands for the way back.
  returned: always
  type: list
  elements: dict
  sample:
    - folder: Leads
      messages: 60000
      left: 9120
      undated: 0
      exempt: ""
      moves:
        - target: Archive.Leads.2023
          year: 2023
          messages: 7400
over:
  description: Folders above the threshold in the end, and why.
  returned: always
  type: list
  elements: dict
  sample:
    - folder: Sent
      messages: 12000
      reason: 12,000 messages are of the years that stay
folders_created:
  description: Folders that were made and subscribed to.
  returned: always
  type: list
  elements: str
  sample: [Archive.Leads.2023]
folders_removed:
  description: Folders of the archiver's that were empty and were removed.
  returned: always
  type: list
  elements: str
  sample: [Archive.Leads.2023]
failures:
  description: What did not go as it should. An empty C(folder) stands for the whole mailbox.
  returned: always
  type: list
  elements: dict
  sample:
    - folder: Leads
      reason: "the server does not move messages there: [OVERQUOTA] Quota exceeded"
      remedy: Run again
warnings:
  description: What the reader should know, such as that the mailbox has more than 500 folders.
  returned: when there are any
  type: list
  elements: str
  sample: ["the mailbox has 512 folders; above 500 Outlook becomes slow"]
interruptions:
  description: How often the connection was lost, or the server asked to wait, and the run went on after it.
  returned: always
  type: int
  sample: 0
complete:
  description: Whether the run came to its end.
  returned: always
  type: bool
  sample: true
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.support.archive_task import archive_spec, run_archive
from ansible_collections.mailops.migration.plugins.module_utils.support.as_module import finish
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require


def main() -> None:
    """Archive the mailbox on the host that executes the module."""
    module = AnsibleModule(argument_spec=archive_spec(), supports_check_mode=True)
    require(module, "imapclient")
    finish(module, run_archive(module.params, check=module.check_mode))


if __name__ == "__main__":
    main()
