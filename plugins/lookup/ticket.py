# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ticket's rows and secrets, read where they are used."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ticket
short_description: Reads rows and passwords of a migration ticket
version_added: 0.1.0
author: mailops.migration maintainers (@mailops)
description:
  - Reads the customer's files in the ticket's folder on the controller, vault-encrypted ones in memory.
  - On a host of the inventory P(mailops.migration.ticket#inventory) all options come from the host's variables.
  - Rows with errors are not returned; the variable C(mailops_findings) of the inventory says what is wrong with them.
notes:
  - Tasks that use passwords should have C(no_log).
options:
  _terms:
    description: What to read.
    required: true
    type: list
    elements: str
    choices:
      - source_login
      - source_password
      - destinations
      - users
      - aliases
      - forwards
      - lists
      - owners
      - owned_files
      - unplaced
  ticket_dir:
    description: The folder of the ticket.
    type: path
    vars:
      - name: mailops_ticket_dir
  tickets_dir:
    description: The folder of all tickets, used together with O(ticket).
    type: path
    env:
      - name: MAILOPS_TICKETS_DIR
  ticket:
    description: The ticket in O(tickets_dir). It comes before O(ticket_dir).
    type: str
  mailbox:
    description: The destination address whose source login, or whose contacts and calendars, are asked for.
    type: str
    vars:
      - name: mailops_mailbox
  source:
    description:
      - The connection data of the source account. Its C(host) and C(username) choose among several accounts that a
        ticket merges into one mailbox.
    type: dict
    vars:
      - name: mailops_source
  oauth:
    description:
      - The provider's own OAuth2 clients, by grant (C(client_credentials), C(service_account), C(refresh_token)), each
        with suboptions of C(oauth) of M(mailops.migration.imap_sync).
      - They serve tickets whose C(source.oauth) names neither a C(client_id) nor a C(key_file).
    type: dict
    default: {}
    vars:
      - name: mailops_oauth
  confirm_inferred:
    description: Agrees to columns that were inferred because a file has no header line.
    type: bool
    default: false
    vars:
      - name: mailops_confirm_inferred
"""

EXAMPLES = r"""
- name: The secrets of this mailbox at its source
  mailops.migration.imap_sync:
    source: "{{ mailops_source | combine(lookup('mailops.migration.ticket', 'source_login')) }}"
  no_log: true

- name: The users to create
  mailops.migration.mailbox:
    mailboxes: "{{ lookup('mailops.migration.ticket', 'users') }}"
  no_log: true

- name: Without the inventory
  ansible.builtin.set_fact:
    aliases: "{{ lookup('mailops.migration.ticket', 'aliases', tickets_dir='~/tickets', ticket='123') }}"
"""

RETURN = r"""
_raw:
  description:
    - For V(source_login) a dictionary with the options C(password) and C(oauth) of a C(source), as far as there are.
    - For V(source_password) the password as a string.
    - For V(unplaced) one list of dictionaries with C(email), C(username) and C(password) of the mailboxes for which no
      source server is named.
    - For V(destinations) one list of the addresses of all mailboxes of the ticket, whatever part of it a run sees.
    - For V(owners) one list of the addresses whose contacts or calendars the ticket holds.
    - For V(owned_files) one list of the files of contacts and calendars of O(mailbox), each a dictionary with its
      C(name) and its C(content) in base64.
    - For the others one list of dictionaries with the canonical names of the file's columns as keys.
    - Rows of V(aliases), V(forwards) and V(lists) also say C(where) they stand, such as C(aliases.csv:7).
  type: raw
"""

import base64
import os
from typing import Any

from ansible.errors import AnsibleLookupError
from ansible.plugins.lookup import LookupBase
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.addresses import address_key
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import Row, as_dict
from ansible_collections.mailops.migration.plugins.module_utils.ticket.schema import OAUTH_FILES
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import (
    SourceLogin,
    Ticket,
    known_source_login,
    read_source_login,
    read_unplaced,
    usable,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.wipe import WIPED
from ansible_collections.mailops.migration.plugins.plugin_utils.ticket_files import (
    load_ticket,
    read_file,
    read_files,
    read_owned_file,
    ticket_folder,
)

_LOGINS = ("source_login", "source_password")
_NAMES = ("destinations", "owners", "owned_files", "unplaced")
_ROWS = ("users", "aliases", "forwards", "lists")


class LookupModule(LookupBase):
    """Reads one ticket; errors name the file and the reason, never a secret."""

    def run(self, terms: list[str], variables: Any = None, **kwargs: Any) -> list[Any]:
        self.set_options(var_options=variables, direct=kwargs)
        try:
            folder = self._folder()
            return [self._read(term, folder) for term in terms]
        except ConfigurationError as problem:
            raise AnsibleLookupError(problem.text()) from None

    def _folder(self) -> str:
        ticket, tickets_dir, folder = map(self._text, ("ticket", "tickets_dir", "ticket_dir"))
        if ticket and tickets_dir:
            return ticket_folder(os.path.expanduser(tickets_dir), ticket)
        if folder and not ticket:
            return os.path.normpath(folder)
        raise ConfigurationError("no ticket is named", remedy="Give -e ticket=ID, or both ticket and tickets_dir")

    def _read(self, term: str, folder: str) -> Any:
        if term in _LOGINS:
            login = self._login(folder)
            return login.password if term == "source_password" else self._options_of(login)
        if term == "destinations":
            return list(dict.fromkeys(row.destination for row in usable(self._ticket(folder)).mailboxes))
        if term == "owners":
            return list(dict.fromkeys(file.owner for file in usable(self._ticket(folder)).owned_files))
        if term == "owned_files":
            return self._owned_files(folder)
        if term == "unplaced":
            files, confirm_inferred = read_files(folder, self._loader), self.get_option("confirm_inferred")
            rows = read_unplaced(files, confirm_inferred=confirm_inferred)
            return [{"email": row.email, "username": row.username, "password": row.password} for row in rows]
        if term in _ROWS:
            return [_as_read(term, row) for row in getattr(usable(self._ticket(folder)), term)]
        raise ConfigurationError(
            f"{term!r} cannot be looked up", remedy=f"Known: {', '.join((*_LOGINS, *_NAMES, *_ROWS))}"
        )

    def _owned_files(self, folder: str) -> list[dict[str, str]]:
        owner = address_key(self._text("mailbox"))
        files = [file for file in usable(self._ticket(folder)).owned_files if address_key(file.owner) == owner]
        octets = [read_owned_file(folder, file, self._loader) for file in files]
        return [
            {"name": file.path, "content": base64.b64encode(content).decode()}
            for file, content in zip(files, octets, strict=True)
        ]

    def _login(self, folder: str) -> SourceLogin:
        mailbox, account = self._text("mailbox"), self._account()
        login = known_source_login(self._ticket(folder), mailbox, account)
        if not login:
            files, confirm_inferred = read_files(folder, self._loader), self.get_option("confirm_inferred")
            login = read_source_login(files, mailbox, account, confirm_inferred=confirm_inferred)
        if WIPED in (login.password, *login.oauth.values()):
            raise ConfigurationError(
                "the ticket was closed, and the secret for its source was wiped",
                where=mailbox,
                remedy="Ask the customer for a new one, and write it where the file says " + WIPED,
            )
        return login

    def _ticket(self, folder: str) -> Ticket:
        return load_ticket(folder, self._loader, confirm_inferred=self.get_option("confirm_inferred"))

    def _options_of(self, login: SourceLogin) -> dict[str, Any]:
        """The options of a ``source``."""
        password = {"password": login.password} if login.password or not login.oauth else {}
        if not login.oauth:
            return password
        own = {name: value for name, value in login.oauth.items() if name not in OAUTH_FILES}
        own |= dict(self._content(name, path) for name, path in login.oauth.items() if name in OAUTH_FILES)
        if "client_id" not in own and "key" not in own:
            own = {**self.get_option("oauth").get(own["grant"], {}), **own}
        return {**password, "oauth": own}

    def _content(self, name: str, path: str) -> tuple[str, str]:
        """What a file of the ticket's folder holds, for the mailbox may be worked on another machine."""
        path = os.path.join(self._folder(), os.path.expanduser(path))
        if name == "ca_file":
            return name, path
        text = read_file(path, self._loader).decode("utf-8-sig", "replace")
        return name.removesuffix("_file"), text.removesuffix("\n").removesuffix("\r")

    def _account(self) -> tuple[str, str] | None:
        source = self.get_option("source")
        return (str(source["host"]), str(source["username"])) if source else None

    def _text(self, option: str) -> str:
        return str(self.get_option(option) or "")


def _as_read(term: str, row: Row) -> dict[str, Any]:
    place = {} if term == "users" else {"where": f"{term}.csv:{row.line}"}
    return {**as_dict(row), **place}
