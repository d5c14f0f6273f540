#!/usr/bin/python
# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Module dav_import: a user's exported contacts and calendars into an address book and a calendar."""

from __future__ import annotations

DOCUMENTATION = r"""
module: dav_import
short_description: Import vCards and iCalendar files by CardDAV and CalDAV
version_added: 0.1.0
author:
  - mailops.migration maintainers (@mailops)
description:
  - Reads exported contacts (vCard 2.1, 3.0 and 4.0) and calendars (iCalendar, and vCalendar 1.0) of any program and
    puts each entry into one address book or calendar of the user. A calendar or address book that is missing is made
    when there is something to put into it.
  - One broken entry never keeps the others out. It is listed in RV(refused) by file and number, with reason and remedy.
  - There is one resource for each UID. An event and its exceptions stay together with the time zones that they name. An
    entry without a UID gets one made from its content, the same each time. Windows' names of time zones become IANA's
    where both mean the same time.
  - Equal entries, in one file or several, go in once. Of entries with one UID that say different things the one with
    the higher sequence number or the later change goes in, and the others count as superseded; where neither tells, all
    go in, the others under UIDs of their own.
  - Contacts are sent as vCard 3.0, or as 4.0 where they are and the server takes it. What cannot be carried as it was
    is listed in RV(notes).
  - Run again, it compares what entries mean, not octets, and changes nothing. An entry that changed in the file is
    updated if the user has not touched the copy. What the user changed or deleted at the destination since stays as it
    is.
  - What was imported is recorded in O(state_dir) before it is sent, so that a run can be killed at any point. The
    record holds digests, no content. Without it nothing that exists is overwritten; what was deleted meanwhile comes
    back, for nothing tells that it was there.
options:
  mailbox:
    description: The user's address. It names the record, and fills O(destination.principal).
    type: str
    required: true
  files:
    description: The exported files. What is in a file says what it is; its name does not matter.
    type: list
    elements: dict
    required: true
    suboptions:
      path:
        description: A file on the host that runs the module. This or O(files[].content) is required.
        type: path
      content:
        description: The file's octets in base64, such as those of an encrypted file that were decrypted in memory.
        type: str
      name:
        description: The name under which the file is reported, by default its path. Required with O(files[].content).
        type: str
  destination:
    description: The server and the login.
    type: dict
    required: true
    suboptions:
      url:
        description:
          - Where to begin, such as V(https://dav.example.com/). A path is asked first, then C(/.well-known), then C(/)
            (RFC 6764).
          - Without it the SRV and TXT records of O(destination.domain) tell, and then that domain itself.
        type: str
      domain:
        description: The domain whose DNS names the servers; by default that of O(mailbox).
        type: str
      principal:
        description:
          - For a login other than the user's own, the path of the user's principal or home, with C({user}), C({local})
            and C({domain}) for the parts of O(mailbox). V(/{user}/) for Radicale with rights for an administrator,
            V(/SOGo/dav/{user}/) for SOGo with a super user, V(/caldav.php/{user}/) for DAViCal.
          - Without it the server names the principal of the login.
        type: str
      username:
        description: The login name.
        type: str
        required: true
      password:
        description: The password. This or O(destination.password_file) is required.
        type: str
      password_file:
        description: A file on the host that runs the module which holds the password and nothing else.
        type: path
      encryption:
        description: V(none) allows C(http://), where nobody listens in between. Otherwise the certificate is verified.
        type: str
        choices: [tls, none]
        default: tls
      ca_file:
        description: Authorities to trust in place of the usual ones, in PEM form.
        type: path
      timeout:
        description: Seconds that one answer may take.
        type: float
        default: 120.0
  address_book:
    description: The address book for contacts.
    type: dict
    default:
      slug: contacts
      name: Contacts
    suboptions:
      slug:
        description:
          - The last part of its address. Where that is a collection of another kind, C(-contacts) or C(-calendar) is
            added.
          - A collection that has this or O(address_book.name) as its display name is taken too.
        type: str
        required: true
      name:
        description: The name that people see when it is made; by default the slug.
        type: str
  calendar:
    description: The calendar for events, tasks and journals.
    type: dict
    default:
      slug: calendar
      name: Calendar
    suboptions:
      slug:
        description: As O(address_book.slug).
        type: str
        required: true
      name:
        description: As O(address_book.name).
        type: str
  state_dir:
    description:
      - The folder of all tickets (C(mailops_state_dir) of the playbooks). The record lies in C(dav_import) below it.
    type: path
    required: true
  connections:
    description: How many requests are under way at once.
    type: int
    default: 4
  nameservers:
    description: Resolvers to ask, such as V(192.0.2.53) or V(192.0.2.53:5353); by default those of the host.
    type: list
    elements: str
    default: []
requirements:
  - requests
  - lxml
  - icalendar
  - vobject
attributes:
  check_mode:
    description: Reads both sides and says what would be; writes nothing, no record either.
    support: full
  diff_mode:
    description: Shows collections made, and numbers of entries; nothing of what is in them.
    support: full
notes:
  - Run again to go on after a failure; nothing is imported twice.
  - Entries that the server will never take (RV(refused)) do not fail the module; a warning gives their number.
"""

EXAMPLES = r"""
- name: Anna's contacts and calendar are at the new server
  mailops.migration.dav_import:
    mailbox: anna@example.com
    files:
      - path: tickets/123/contacts/anna@example.com.vcf
      - path: tickets/123/calendars/anna@example.com.ics
    destination:
      url: https://dav.new.example/
      username: anna@example.com
      password_file: /etc/mailops/anna.password
    state_dir: /var/lib/mailops

- name: What would be imported is known, file by file
  mailops.migration.dav_import:
    mailbox: anna@example.com
    files: "{{ anna_files }}"
    destination: "{{ anna_dav }}"
    state_dir: /var/lib/mailops
  check_mode: true
  register: anna_preview

- name: An administrator imports on behalf of the user, from an encrypted file
  mailops.migration.dav_import:
    mailbox: anna@example.com
    files:
      - name: contacts/anna@example.com.vcf
        content: "{{ lookup('ansible.builtin.file', 'tickets/123/contacts/anna@example.com.vcf') | b64encode }}"
    destination:
      url: https://dav.new.example/
      principal: /{user}/
      username: dav-admin
      password: "{{ dav_admin_password }}"
    address_book:
      slug: personal
    state_dir: /var/lib/mailops
"""

RETURN = r"""
counts:
  description: Entries of all files by what became of them; in check mode what would. The others add up to C(entries).
  returned: always
  type: dict
  sample:
    {entries: 412, created: 398, updated: 0, unchanged: 9, kept: 1, deleted: 1, superseded: 0, refused: 3, failed: 0}
  contains:
    entries:
      description: Contacts, events, exceptions of events, tasks and journals in the files.
      type: int
      returned: always
    created:
      description: Put there as new.
      type: int
      returned: always
    updated:
      description: Changed in the file, untouched at the destination, and sent again.
      type: int
      returned: always
    unchanged:
      description: There already, with the same meaning.
      type: int
      returned: always
    kept:
      description: Different at the destination, and left as it is there.
      type: int
      returned: always
    deleted:
      description: Imported before and deleted by the user since; they stay away.
      type: int
      returned: always
    superseded:
      description: Older states of entries that are in the files too.
      type: int
      returned: always
    refused:
      description: Broken, or nothing that the server takes.
      type: int
      returned: always
    failed:
      description: Those that another run may bring in.
      type: int
      returned: always
files:
  description: The same numbers for each file.
  returned: always
  type: list
  elements: dict
  sample:
    - {file: contacts/anna@example.com.vcf, entries: 212, created: 210, updated: 0, unchanged: 0, kept: 0, deleted: 0,
       superseded: 0, refused: 2, failed: 0}
refused:
  description: Entries that cannot go in. An C(entry) of 0 stands for the whole file.
  returned: always
  type: list
  elements: dict
  sample:
    - file: contacts/anna@example.com.vcf
      entry: 17
      name: Old phone
      reason: "its END:VCARD is missing: another VCARD begins in it"
      remedy: Export this entry anew, or enter it by hand
kept:
  description: Entries that were left as the user has them at the destination, or that the user has deleted there.
  returned: always
  type: list
  elements: dict
  sample:
    - file: contacts/anna@example.com.vcf
      entry: 3
      name: Ben Miller
      reason: the user has changed it since it was imported
notes:
  description: What of entries that go in is not carried as it was.
  returned: always
  type: list
  elements: dict
  sample:
    - file: calendars/anna@example.com.ics
      entry: 5
      name: Review
      note: a line that belongs to no property is left out
failures:
  description: What did not go as it should and may do so in another run. An empty C(file) stands for the server.
  returned: always
  type: list
  elements: dict
  sample:
    - file: ""
      entry: 0
      name: ""
      reason: "dav.new.example: the server has no room left for this user"
      remedy: Raise the user's quota, then run again
collections:
  description: The address book and the calendar that were used.
  returned: always
  type: list
  elements: dict
  sample:
    - {kind: address_book, path: /anna@example.com/contacts/, name: Contacts, created: true}
requests:
  description: How many requests were sent.
  returned: always
  type: int
  sample: 8
"""

from ansible.module_utils.basic import AnsibleModule
from ansible_collections.mailops.migration.plugins.module_utils.support.as_module import finish
from ansible_collections.mailops.migration.plugins.module_utils.support.dav_task import LIBRARIES, dav_spec, run_dav
from ansible_collections.mailops.migration.plugins.module_utils.support.dependencies import require


def main() -> None:
    """Import the files on the host that executes the module."""
    module = AnsibleModule(argument_spec=dav_spec(), supports_check_mode=True)
    require(module, *LIBRARIES)
    finish(module, run_dav(module.params, check=module.check_mode))


if __name__ == "__main__":
    main()
