#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module migration_report: its documentation; the action plugin of this name does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: migration_report
short_description: Remember what a run told of a ticket, and write the ticket's report
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Takes the registered results of M(mailops.migration.imap_sync), M(mailops.migration.mailbox_archive),
    M(mailops.migration.mailbox_compare_info), M(mailops.migration.imap_undo) and M(mailops.migration.dav_import)
    (variables C(sync_pass), C(archive_result), C(verify_result), C(undo_result), C(contacts_result),
    C(contacts_seen)) from the hosts of the run and remembers them in
    C(ticket.sqlite), beside the ticket's journals.
  - Writes the report of all that is known of the ticket, of earlier runs too, as C(report.html), C(report.json),
    C(mailboxes.csv), C(folders.csv), C(exceptions.csv) and C(contacts.csv).
  - Works on the controller, whatever host the task is for. Role C(report) calls it at the end of each run.
options:
  ticket:
    description: The ticket's name.
    type: str
    required: true
  state_dir:
    description: The folder of the ticket's journals.
    type: path
    required: true
  report_dir:
    description: The folder that the report's files are written into.
    type: path
    required: true
  assets_dir:
    description: The folder of the page's template, style and script.
    type: path
    required: true
  hosts:
    description: Hosts of the ticket's mailboxes.
    type: list
    elements: str
    default: []
  contact_hosts:
    description: Hosts of the mailboxes that own contacts or calendars; some have no host among O(hosts).
    type: list
    elements: str
    default: []
  mailboxes:
    description: Addresses of all of the ticket's mailboxes, those without a host in this inventory among them.
    type: list
    elements: str
    default: []
  phase:
    description: The ticket's phase.
    type: str
    default: ""
  stands:
    description: The domains as M(mailops.migration.migration_phase) returns them, or domain and phase alone.
    type: list
    elements: dict
    default: []
  switches:
    description: The domains as M(mailops.migration.local_delivery_info) returns them; those seen last when empty.
    type: list
    elements: dict
    default: []
  records:
    description: RV(mailops.migration.dns_record_check#module:domains); those seen last when empty.
    type: list
    elements: dict
    default: []
  switched:
    description: Whether the run switched Local Delivery, so that O(switches) and what was seen before are no longer so.
    type: bool
    default: false
  findings:
    description: Findings in the customer's files, as text.
    type: list
    elements: str
    default: []
  notes:
    description: Lines that the run told of the ticket as a whole.
    type: list
    elements: str
    default: []
  window_opens:
    description: When the ticket's window opens next, as text.
    type: str
    default: ""
  timezone:
    description: The time zone of times in words.
    type: str
    default: UTC
  started:
    description: When the run began, in seconds since 1970.
    type: float
    default: 0.0
  bad:
    description: How many mailboxes of the run have to be looked at.
    type: int
    default: 0
  only_known:
    description: Whether nothing is written while nothing is known of any mailbox.
    type: bool
    default: false
  language:
    description: The language of RV(message).
    type: str
    choices: [en, de]
    default: en
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
seealso:
  - module: mailops.migration.migration_record
"""

EXAMPLES = r"""
- name: Write the report
  mailops.migration.migration_report:
    ticket: "123"
    state_dir: /var/lib/mailops/123
    report_dir: /var/lib/mailops/123/report
    assets_dir: "{{ role_path }}/files"
    hosts: "{{ groups['mailboxes'] }}"
    stands: "{{ ticket_stands }}"
"""

RETURN = r"""
files:
  description: What was written; first the page, then JSON, then the tables. Empty in check mode.
  returned: success
  type: list
  elements: str
  sample: [/var/lib/mailops/123/report/report.html, /var/lib/mailops/123/report/report.json]
verdict:
  description: C(good), C(going) or C(bad).
  returned: success
  type: str
  sample: good
headline:
  description: The verdict in words.
  returned: success
  type: str
  sample: Every mailbox is proved
totals:
  description: The numbers of the ticket; RV(states) has the mailboxes by state.
  returned: success
  type: dict
  sample:
    mailboxes: 12
    messages: 48210
    here: 48210
    octets: 5368709120
states:
  description: How many mailboxes are C(proved), C(copied), C(partial), C(waiting) and C(failed).
  returned: success
  type: dict
  sample:
    proved: 12
    copied: 0
lines:
  description: What to tell of it.
  returned: success
  type: list
  elements: str
  sample: ["Report: /var/lib/mailops/123/report/report.html (Every mailbox is proved; 48,210 of 48,210 messages here)"]
message:
  description: What the customer is told of the ticket, as Markdown.
  returned: success
  type: str
  sample: "# Your e-mail migration, ticket 123\n\nYour e-mail has been copied. What still arrives follows.\n"
"""
