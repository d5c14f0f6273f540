#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module ticket_close: its documentation; the action plugin of this name does the work on the controller."""

from __future__ import annotations

DOCUMENTATION = r"""
module: ticket_close
short_description: End a ticket, wipe its secrets, pack its journals
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Refuses while a domain of the ticket is not closed, or a mailbox did not pass the last comparison with its source,
    unless O(anyway) says why.
  - Writes C((wiped)) in place of the passwords in C(mailboxes.csv) and C(users.csv) and of O(ignore:client_secret) in
    C(ticket.yml). All else in these files stays, encoding, delimiter and line ends too. Files with secrets that
    C(ticket.yml) names (C(client_secret_file), C(certificate_file), C(key_file)) are overwritten and removed.
  - Symbolic links are not followed, in no part of a path; neither they nor files with a second hard link nor files
    outside the ticket's folder are touched. What stays is told in RV(kept).
  - Forgets what the ticket's sent updates said. What waits to be sent stays.
  - Remembers that the ticket has ended in C(ticket.sqlite). Again is no change.
  - Works on the controller, whatever host the task is for. Role P(mailops.migration.close#role) calls it.
options:
  ticket:
    description: The ticket's name.
    type: str
    required: true
  ticket_dir:
    description: The ticket's folder.
    type: path
    required: true
  state_dir:
    description: The folder of the ticket's journals.
    type: path
    required: true
  domains:
    description: The ticket's domains.
    type: list
    elements: str
    required: true
  hosts:
    description: Hosts of the ticket's mailboxes, each of which has to have passed the comparison.
    type: list
    elements: str
    default: []
  workers:
    description: Machines that keep journals of the ticket's mailboxes; what is left to do names them.
    type: list
    elements: str
    default: []
  oauth:
    description: The key C(source.oauth) of C(ticket.yml), from which the names of files with secrets are taken.
    type: dict
    default: {}
  verified_since:
    description: Comparisons before this moment, in seconds since 1970, do not count.
    type: float
    default: 0.0
  anyway:
    description: Why the ticket ends although something is open. It is kept with the ticket.
    type: str
    default: ""
  vault:
    description: Whether secrets in files that are encrypted with ansible-vault are wiped, too. Tables stay encrypted.
    type: bool
    default: false
  pack:
    description:
      - Whether the journals are packed into one compressed file with its SHA-256 beside it, and removed.
      - The archive is read again before anything is removed.
    type: bool
    default: false
  only_look:
    description: Whether nothing is written, and nothing refused.
    type: bool
    default: false
  language:
    description: The language of the customer's letter.
    type: str
    choices: [en, de]
    default: en
attributes:
  check_mode:
    description: Can run in check_mode and return changed status prediction without modifying target.
    support: full
seealso:
  - module: mailops.migration.mailbox_compare_info
  - module: mailops.migration.migration_record
"""

EXAMPLES = r"""
- name: See what would be wiped
  mailops.migration.ticket_close:
    ticket: "123"
    ticket_dir: /srv/tickets/123
    state_dir: /var/lib/mailops/123
    domains: [example.com]
    hosts: "{{ groups['mailboxes'] }}"
  check_mode: true

- name: End the ticket
  mailops.migration.ticket_close:
    ticket: "123"
    ticket_dir: /srv/tickets/123
    state_dir: /var/lib/mailops/123
    domains: [example.com]
    hosts: "{{ groups['mailboxes'] }}"
    pack: true
"""

RETURN = r"""
closed:
  description: Whether the ticket had ended before.
  returned: success
  type: bool
  sample: false
obstacles:
  description: What speaks against ending the ticket. Empty when it had ended before.
  returned: success
  type: list
  elements: str
  sample: ["example.com is not closed: migrate.yml says what it waits for"]
left_open:
  description: What was open when the ticket ended.
  returned: success
  type: list
  elements: str
  sample: []
wiped:
  description: Files with secrets that are wiped.
  returned: success
  type: list
  elements: str
  sample: ["mailboxes.csv: 12 secrets"]
kept:
  description: Files with secrets that stay, and why.
  returned: success
  type: list
  elements: str
  sample: []
bodies:
  description: How many of the ticket's updates are forgotten.
  returned: success
  type: int
  sample: 3
packed:
  description: How many journals are packed.
  returned: success
  type: int
  sample: 12
archive:
  description: Where they are. Empty when nothing was packed.
  returned: success
  type: str
  sample: /var/lib/mailops/123/journals-20270401T101500Z.tar.gz
left:
  description: What people still have to do.
  returned: success
  type: list
  elements: str
  sample: ["Backups and snapshots of the ticket's folder keep its secrets until they run out."]
page:
  description: The customer's letter, as C(md) and C(html).
  returned: success
  type: dict
  sample: {md: "# Your e-mail migration has ended (ticket 123)", html: "<!doctype html>"}
lines:
  description: All of it in words.
  returned: success
  type: list
  elements: str
  sample: ["Wiped: mailboxes.csv: 12 secrets"]
"""
