# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""bin/bench platform: a large ticket's files brought to PostfixAdmin's tables, and once more when all is there."""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from ansible_collections.mailops.migration.plugins.module_utils.platform.password_hash import (
    PasswordScheme,
    hash_passwords,
)
from ansible_collections.mailops.migration.plugins.module_utils.ticket.provisioning import mailbox_rows
from ansible_collections.mailops.migration.plugins.module_utils.ticket.rows import as_dict
from ansible_collections.mailops.migration.plugins.module_utils.ticket.ticket import Ticket, read_ticket

from tests.support.databases import KINDS, Database, Databases
from tests.support.module_runs import run_module

DOMAIN = "example.com"
LISTS = 200


def main() -> None:
    """Measure each database and print a table."""
    options = _options()
    ticket, reading = _timed(lambda: read_ticket("1", _files(options.mailboxes)))
    passwords = {user.email: user.password for user in ticket.users}
    _hashes, hashing = _timed(lambda: hash_passwords(passwords, PasswordScheme()))
    print(f"{len(ticket.users):,} mailboxes, {len(ticket.aliases):,} aliases, {len(ticket.forwards):,} forwards, "
          f"{len(ticket.lists):,} members of {LISTS} lists; {os.cpu_count()} processors, load {os.getloadavg()[0]:.1f}")
    print(f"reading the files {reading:.1f} s; of the mailboxes' first run hashing (BLF-CRYPT) {hashing:.1f} s\n")
    print("| database | run | mailboxes | aliases | forwards | lists | together |\n|---|---|---|---|---|---|---|")
    with Databases() as databases, tempfile.TemporaryDirectory() as folder:
        for kind in options.databases:
            database = databases.new(kind, Path(folder))
            _prepare(database)
            for run in ("first", "again"):
                seconds = [_worked(database, *work, changes=run == "first") for work in _works(ticket)]
                cells = " | ".join(f"{each:.1f} s" for each in [*seconds, sum(seconds)])
                print(f"| {kind} | {run} | {cells} |", flush=True)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="bin/bench platform", description=__doc__)
    parser.add_argument("--mailboxes", type=int, default=5000, help="aliases and forwards, and members, go by these")
    parser.add_argument("--databases", nargs="+", default=list(KINDS), choices=KINDS)
    return parser.parse_args()


def _files(mailboxes: int) -> dict[str, bytes]:
    """A customer's files: an alias and a forward for each mailbox, four times as many members of lists."""
    users = [f"user{number}@{DOMAIN}" for number in range(mailboxes)]
    tables = {
        "ticket.yml": f"domains: [{DOMAIN}]\nsource:\n  imap_server: imap.old.example\n",
        "mailboxes.csv": "email,password\n" + "".join(f"{user},secret of {user}\n" for user in users),
        "users.csv": "email,password\n" + "".join(f"{user},secret of {user}\n" for user in users),
        "aliases.csv": "alias,mailbox\n" + "".join(f"a.{user},{user}\n" for user in users),
        "forwards.csv": "email,forward_to\n" + "".join(f"{user},away.{user}.example\n" for user in users),
        "lists.csv": "list,member\n" + "".join(
            f"list{number % LISTS}@{DOMAIN},{users[(number // LISTS + number * 7) % mailboxes]}\n"
            for number in range(4 * mailboxes)
        ),
    }
    return {name: text.encode() for name, text in tables.items()}


def _prepare(database: Database) -> None:
    """The domain and the lists, as somebody makes them in the admin panel."""
    database.rows(f"INSERT INTO domain (domain, description, transport) VALUES ('{DOMAIN}', '', 'virtual')")
    for number in range(LISTS):
        values = f"'list{number}@{DOMAIN}', 'postmaster@elsewhere.example', '{DOMAIN}'"
        database.rows(f"INSERT INTO alias (address, goto, domain) VALUES ({values})")


def _works(ticket: Ticket) -> Iterator[tuple[str, dict[str, Any]]]:
    yield "mailbox", {"mailboxes": mailbox_rows([as_dict(row) for row in ticket.users], ())}
    yield "mail_alias", {"aliases": [as_dict(row) for row in ticket.aliases]}
    yield "mail_forward", {"forwards": [as_dict(row) for row in ticket.forwards]}
    yield "dist_list_import", {"members": [as_dict(row) for row in ticket.lists]}


def _worked(database: Database, module: str, arguments: dict[str, Any], *, changes: bool) -> float:
    """The seconds of one task. Ends the bench when it did not do what it should."""
    outcome, seconds = _timed(
        lambda: run_module(module, {"platform": {"dsn": database.dsn}, "domains": [DOMAIN], **arguments})
    )
    if outcome.code != 0 or outcome.result["changed"] != changes:
        raise SystemExit(f"{module} on {database.kind} ended with {outcome.code}: {outcome.output[-2000:]}")
    return seconds


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    began = time.perf_counter()
    return work(), time.perf_counter() - began


if __name__ == "__main__":
    main()
