# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The tables of ticket.sqlite, and the steps that lead to them from those of earlier releases."""

from __future__ import annotations

VERSION = 3
# In the file's header, so that another program's database is never taken for ours.
APPLICATION = 0x6D6F7074

# Version 2: updates of the ticket, those that wait to be sent among them; ``payload`` and ``done`` are JSON.
_UPDATES = """
CREATE TABLE ticket_update(
  id INTEGER PRIMARY KEY,
  key TEXT NOT NULL UNIQUE,
  payload TEXT NOT NULL,
  state TEXT NOT NULL,
  done TEXT NOT NULL,
  step TEXT NOT NULL,
  problem TEXT NOT NULL,
  changed REAL NOT NULL
);
"""

# Version 3: what the last run told of each mailbox and of the whole, for reports; ``value`` is JSON.
_TOLD = """
CREATE TABLE told(
  step TEXT NOT NULL,
  name TEXT NOT NULL,
  time REAL NOT NULL,
  value TEXT NOT NULL,
  PRIMARY KEY(step, name)
) WITHOUT ROWID;
"""

SCHEMA = f"""
CREATE TABLE mx_seen(
  id INTEGER PRIMARY KEY,
  domain TEXT NOT NULL,
  place TEXT NOT NULL,
  hosts TEXT NOT NULL,
  ttl INTEGER NOT NULL,
  first_seen REAL NOT NULL,
  last_seen REAL NOT NULL
);
CREATE INDEX mx_seen_domain ON mx_seen(domain, id);
CREATE TABLE pass(
  id INTEGER PRIMARY KEY,
  domain TEXT NOT NULL,
  phase TEXT NOT NULL,
  started REAL NOT NULL,
  ended REAL NOT NULL,
  mailboxes INTEGER NOT NULL,
  worked INTEGER NOT NULL,
  complete INTEGER NOT NULL,
  copied INTEGER NOT NULL,
  verified INTEGER NOT NULL
);
CREATE INDEX pass_domain ON pass(domain, id);
CREATE TABLE override(
  id INTEGER PRIMARY KEY,
  domain TEXT NOT NULL,
  action TEXT NOT NULL,
  reason TEXT NOT NULL,
  time REAL NOT NULL
);
CREATE TABLE closed(domain TEXT PRIMARY KEY, time REAL NOT NULL) WITHOUT ROWID;
{_UPDATES}{_TOLD}"""

# By the version that a step leads away from. All steps of a file are applied in one transaction.
STEPS: dict[int, str] = {1: _UPDATES, 2: _TOLD}
