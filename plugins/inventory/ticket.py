# Copyright: (c) 2026, mailops.migration maintainers
# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The ticket folder as inventory: each mailbox is a host."""

from __future__ import annotations

DOCUMENTATION = r"""
name: ticket
short_description: The mailboxes of a migration ticket as inventory
version_added: 0.1.0
author: mailops.migration maintainers (@mailops)
description:
  - Reads the folder of one ticket (C(ticket.yml), C(mailboxes.csv), C(users.csv), C(aliases.csv), C(forwards.csv),
    C(lists.csv)) and makes each mailbox a host that is named by its destination address.
  - Files may be encrypted with ansible-vault as a whole. They are decrypted in memory only.
  - Passwords never become variables. Tasks read them with the lookup P(mailops.migration.ticket#lookup).
  - What customers wrote is data. It is never evaluated as a template.
  - Rows with errors are left out; everything that was noticed is in the variable C(mailops_findings).
  - A ticket that cannot be used as a whole (unknown, without C(ticket.yml) or C(mailboxes.csv), with a wrong key) is an
    error that lists all reasons.
  - Without a ticket the inventory has its groups, and no mailboxes.
notes:
  - "Groups: C(mailboxes), C(domains), C(ticket_<id>), C(mail_platform), C(workers), one group
    C(domain_<name>_<hash>) for each domain and one group C(source_<name>_<hash>) for each source server."
  - The group C(mailops_to_look_at) is empty until role P(mailops.migration.outcome#role) fills it.
  - "Each domain has a host C(_domain.<name>) in the groups C(domains) and C(ticket_<id>)."
  - "Host variables: C(mailops_mailbox), C(mailops_domain), C(mailops_source), C(mailops_limits)."
  - "Variables of the groups C(ticket_<id>) and C(mail_platform): C(mailops_ticket), C(mailops_ticket_dir),
    C(mailops_settings), C(mailops_findings), C(mailops_domains), C(mailops_confirm_inferred). With O(intake) the
    latter also has C(mailops_tickets_dir)."
  - An address with characters that host patterns read gets a host name in which they are replaced, with a hash.
options:
  plugin:
    description: Says that this file is for this plugin.
    type: str
    required: true
    choices: [mailops.migration.ticket]
  tickets_dir:
    description:
      - The folder that holds one folder for each ticket. A relative path starts at the inventory file.
      - The environment variable comes before the value in the inventory file.
    type: str
    env:
      - name: MAILOPS_TICKETS_DIR
  ticket:
    description:
      - The ticket to read, the name of its folder.
      - The extra variable comes before the environment variable, and that before the value in the inventory file.
    type: str
    vars:
      - name: ticket
    env:
      - name: MAILOPS_TICKET
  intake:
    description:
      - A folder of attachments that the run is going to sort into the ticket's folder, which need not be there yet.
      - With it a ticket that cannot be used is no error. The variable C(mailops_intake_problem) says why it cannot.
    type: str
    vars:
      - name: from
  confirm_inferred:
    description:
      - Agrees to columns that were inferred because a file has no header line.
      - The same as the key C(confirm_inferred) of C(ticket.yml).
    type: bool
    default: false
    vars:
      - name: mailops_confirm_inferred
  mail_platform:
    description:
      - The hosts of the group C(mail_platform), on which the destination's objects are administered.
      - C(localhost) is worked on directly. How others are reached is told by their own variables.
    type: list
    elements: str
    default: [localhost]
  workers:
    description:
      - Machines that mailboxes are worked on, each with the variables of its connection, such as C(ansible_host). None
        means the controller.
      - Each mailbox has one of them, the same in every run. When one is taken out its mailboxes alone move.
      - "C(ansible_connection) is V(ssh) unless it is given, C(ansible_python_interpreter) V(/usr/bin/python3), and
        pipelining is on, so that no secret is written there. C(mailops_state_dir) says where its journals are."
      - They are hosts of the group C(workers). Of each mailbox C(mailops_worker) names its worker.
      - C(limits.server_connections) is shared out among them.
    type: dict
    default: {}
"""

EXAMPLES = r"""
# mailops.yml; ansible-playbook -i mailops.yml mailops.migration.migrate -e ticket=123
plugin: mailops.migration.ticket
tickets_dir: ~/tickets

# The platform is administered on another host
---
plugin: mailops.migration.ticket
tickets_dir: /srv/tickets
mail_platform: [mx1.example.com]

# Mailboxes are worked on two machines
---
plugin: mailops.migration.ticket
tickets_dir: /srv/tickets
workers:
  worker1: {ansible_host: 10.0.0.11, ansible_user: mailops, mailops_state_dir: /srv/mailops}
  worker2: {ansible_host: 10.0.0.12, ansible_user: mailops, mailops_state_dir: /srv/mailops}
"""

import os
import sys
from collections.abc import Mapping
from typing import Any

from ansible import context
from ansible.errors import AnsibleParserError
from ansible.plugins.inventory import BaseInventoryPlugin
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError
from ansible_collections.mailops.migration.plugins.module_utils.ticket.hosts import (
    domain_host_name,
    mailbox_hosts,
    slug,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.settings import as_dict
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import Ticket, usable
from ansible_collections.mailops.migration.plugins.module_utils.ticket.workers import check_workers, share_of
from ansible_collections.mailops.migration.plugins.plugin_utils.before_fork import load_plugins_of_roles
from ansible_collections.mailops.migration.plugins.plugin_utils.ticket_files import load_ticket, ticket_folder

# Others come before the inventory file for these: an operator says them anew for each run.
_SAID_FOR_EACH_RUN = ("ticket", "tickets_dir")

_STATUS = ("status", "mailops.migration.status")

# Groups that the playbooks fill in the course of a run.
_FILLED_BY_RUNS = ("mailops_to_look_at", "mailops_to_archive", "mailops_all_mailboxes", "mailops_to_import")


class InventoryModule(BaseInventoryPlugin):
    """Turns one ticket folder into hosts, groups and variables."""

    NAME = "mailops.migration.ticket"

    def verify_file(self, path: str) -> bool:
        return super().verify_file(path) and path.endswith((".yml", ".yaml"))

    def parse(self, inventory: Any, loader: Any, path: str, cache: bool = True) -> None:
        super().parse(inventory, loader, path, cache)
        options = self._read_options(path)
        self._add_groups()
        self._add_platform()
        self._add_workers()
        self._set("mail_platform", mailops_tickets_dir=options["tickets_dir"])
        if not options["ticket"]:
            return
        load_plugins_of_roles()
        try:
            self._add_ticket(options["ticket"], options["tickets_dir"])
        except ConfigurationError as problem:
            if _tells_of_all_tickets():
                problem_of = {"mailops_ticket": options["ticket"], "mailops_ticket_problem": problem.text()}
                self._set("mail_platform", **problem_of)
                return
            if not self.get_option("intake"):
                raise AnsibleParserError(problem.text()) from None
            self._set("mail_platform", mailops_intake_problem=problem.text())
        if self.get_option("intake"):
            self._set("mail_platform", mailops_tickets_dir=options["tickets_dir"])

    def _read_options(self, path: str) -> dict[str, str]:
        config = dict(self._read_config_data(path))
        in_file = {name: config.pop(name, None) for name in _SAID_FOR_EACH_RUN}
        self.set_options(direct=config, var_options=self._vars)
        options = {name: str(self.get_option(name) or in_file[name] or "") for name in _SAID_FOR_EACH_RUN}
        # A path from the environment starts where the operator stands, one in the file at the file.
        start = os.getcwd() if self.get_option("tickets_dir") else os.path.dirname(os.path.abspath(path))
        tickets_dir = os.path.expanduser(options["tickets_dir"] or "tickets")
        return {**options, "tickets_dir": os.path.normpath(os.path.join(start, tickets_dir))}

    def _add_groups(self) -> None:
        """Plays on these groups find them, empty, when there is no ticket, or nothing to look at."""
        for group in ("mailboxes", "domains", "mail_platform", "workers", *_FILLED_BY_RUNS):
            self.inventory.add_group(group)
        for group in ("mailboxes", "domains"):
            self._set(group, ansible_connection="local", ansible_python_interpreter=sys.executable)

    def _add_platform(self) -> None:
        for name in map(str, self.get_option("mail_platform")):
            self.inventory.add_host(name, group="mail_platform")
            known = self.inventory.hosts[name].vars
            if name == "localhost" and "ansible_connection" not in known:
                self._set(name, ansible_connection="local", ansible_python_interpreter=sys.executable)

    def _add_workers(self) -> None:
        try:
            workers = check_workers(self.get_option("workers"))
        except ConfigurationError as problem:
            raise AnsibleParserError(problem.text()) from None
        self._workers = {name: _connection(name, variables) for name, variables in workers.items()}
        for name, variables in self._workers.items():
            self.inventory.add_host(name, group="workers")
            self._set(name, **variables)

    def _add_ticket(self, ticket_id: str, tickets_dir: str) -> None:
        folder = ticket_folder(tickets_dir, ticket_id)
        confirm_inferred = self.get_option("confirm_inferred")
        ticket = usable(load_ticket(folder, self.loader, confirm_inferred=confirm_inferred))
        group = self.inventory.add_group(f"ticket_{slug(ticket.id)}")
        for name in (group, "mail_platform"):
            self._set(name, **_ticket_variables(ticket, folder))
        self._add_mailboxes(ticket, folder, group)
        for domain in ticket.domains:
            host = domain_host_name(domain)
            self.inventory.add_host(host, group="domains")
            self.inventory.add_host(host, group=group)
            self._set(host, mailops_domain=domain)

    def _add_mailboxes(self, ticket: Ticket, folder: str, ticket_group: str) -> None:
        for host in mailbox_hosts(ticket, folder):
            for group in (ticket_group, "mailboxes", *host.groups):
                self.inventory.add_group(group)
                self.inventory.add_host(host.name, group=group)
            self._set(host.name, **{**host.variables, **self._work_of(host.variables)})

    def _work_of(self, variables: Mapping[str, Any]) -> dict[str, Any]:
        """On whose machine a mailbox is worked; nothing is said where that is the controller."""
        if not self._workers:
            return {}
        limits = variables["mailops_limits"]
        cap = limits.get("server_connections") or 0
        share = share_of(variables["mailops_mailbox"], variables["mailops_source"]["host"], cap, self._workers)
        part = {"server_connections": share.server_connections} if cap else {}
        return {**self._workers[share.worker], "mailops_worker": share.worker, "mailops_limits": {**limits, **part}}

    def _set(self, entity: str, **variables: Any) -> None:
        for name, value in variables.items():
            self.inventory.set_variable(entity, name, value)


def _connection(name: str, variables: Mapping[str, Any]) -> dict[str, Any]:
    """What reaches a worker, as variables of hosts: those of groups come after the operator's own for all."""
    if variables.get("ansible_connection") == "local":
        return {"ansible_python_interpreter": sys.executable, **variables}
    usual = {"ansible_connection": "ssh", "ansible_host": name, "ansible_python_interpreter": "/usr/bin/python3"}
    return {**usual, "ansible_pipelining": True, **variables}


def _tells_of_all_tickets() -> bool:
    """Whether the run is one of ``status.yml``, which says what is wrong with a ticket that cannot be read."""
    names = (os.path.basename(str(each)).removesuffix(".yml") for each in context.CLIARGS.get("args") or ())
    return any(name in _STATUS for name in names)


def _ticket_variables(ticket: Ticket, folder: str) -> dict[str, Any]:
    return {
        "mailops_ticket": ticket.id,
        "mailops_ticket_dir": folder,
        "mailops_settings": as_dict(ticket.settings),
        "mailops_findings": [finding.as_dict() for finding in ticket.findings],
        "mailops_domains": list(ticket.domains),
        "mailops_confirm_inferred": ticket.settings.confirm_inferred,
    }
