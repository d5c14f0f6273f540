#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ticket_intake: a customer's attachments become a ticket's folder."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticket_intake
short_description: Sort a customer's attachments into a ticket's folder
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Finds out by its content what each file of a folder is (the migration request, users, aliases, forwards, lists,
    contacts,
    calendars) and puts it where it belongs in the ticket's folder. A file's name only decides between kinds that have
    the
    same columns.
  - Writes a C(ticket.yml) to complete, with the domains of the mailboxes and users, where there is none.
  - Nothing is overwritten. What has no place is left and told with what to do about it, such as archives and
    spreadsheets.
    Links, devices and pipes are never opened.
  - Files are readable by their owner alone.
options:
  ticket:
    description: The ticket's id.
    type: str
    required: true
  tickets_dir:
    description: The folder of all tickets. The ticket's folder in it is made when it is missing.
    type: path
    required: true
  source:
    description: The folder with the attachments. It is only read, with the folders in it.
    type: path
    required: true
attributes:
  check_mode:
    description: Files are read and sorted, and nothing is written.
    support: full
  diff_mode:
    description: There is nothing to show; customers' files hold passwords.
    support: none
requirements:
  - PyYAML
"""

EXAMPLES = r"""
- name: The customer's files are the ticket's
  mailops.migration.ticket_intake:
    ticket: "124"
    tickets_dir: /srv/tickets
    source: /home/ops/Downloads/ticket-124
  delegate_to: localhost
"""

RETURN = r"""
ticket_dir:
  description: The ticket's folder.
  returned: success
  type: str
  sample: /srv/tickets/124
taken:
  description: Files that have a place, with C(from), C(to) and C(note).
  returned: success
  type: list
  elements: dict
  sample: [{from: "Book1.csv", to: mailboxes.csv, note: ""}]
left:
  description: Files that have none, with C(path), C(reason) and C(remedy).
  returned: success
  type: list
  elements: dict
  sample: [{path: request.xlsx, reason: it is a spreadsheet (xlsx), remedy: Save each sheet as CSV (UTF-8)}]
written:
  description: Files of the ticket's folder that were not there.
  returned: success
  type: list
  elements: str
  sample: [mailboxes.csv, ticket.yml]
domains:
  description: The domains of the mailboxes and users, the most frequent first.
  returned: success
  type: list
  elements: str
  sample: [example.com]
has_mailboxes:
  description: Whether the ticket has a C(mailboxes.csv) now.
  returned: success
  type: bool
  sample: true
lines:
  description: The same in words.
  returned: success
  type: list
  elements: str
  sample: ["'Book1.csv' is mailboxes.csv", "1 file taken, 0 left."]
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.support.intake_task import intake_spec, run_intake


def main() -> None:
    """Sort what lies on the host that executes the module."""
    module = AnsibleModule(argument_spec=intake_spec(), supports_check_mode=True)
    result = run_intake(module.params, check=module.check_mode)
    if result.get("failed"):
        module.fail_json(**result)
    module.exit_json(**result)


if __name__ == "__main__":
    main()
