# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The journal's tables, and the steps that lead to them from those of earlier releases."""

from __future__ import annotations

VERSION = 6
# In the file's header, so that another program's database is never taken for a journal.
APPLICATION = 0x6D6F706A

# Version 2: moves under way, messages sent again, what of a folder is left out.
_ADDED_IN_2 = """
CREATE TABLE move(
  message INTEGER PRIMARY KEY REFERENCES message(id) ON DELETE CASCADE,
  destination INTEGER NOT NULL REFERENCES destination(id),
  uidvalidity INTEGER NOT NULL,
  uidnext INTEGER NOT NULL
);
CREATE TABLE resent(
  id INTEGER PRIMARY KEY,
  folder TEXT NOT NULL,
  uid INTEGER NOT NULL,
  size INTEGER NOT NULL,
  canonical_size INTEGER NOT NULL,
  canonical BLOB NOT NULL,
  destination TEXT NOT NULL,
  uidvalidity INTEGER NOT NULL,
  uidnext INTEGER NOT NULL,
  time REAL NOT NULL
);
"""

# Version 3: what a pass within a daily budget has read of messages that may be known already.
_ADDED_IN_3 = """
CREATE TABLE digested(
  account INTEGER NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  uidvalidity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  digest BLOB NOT NULL,
  canonical BLOB NOT NULL,
  size INTEGER NOT NULL,
  canonical_size INTEGER NOT NULL,
  PRIMARY KEY(account, name, uidvalidity, uid)
) WITHOUT ROWID;
"""

# Version 5: the same for messages that the destination may have rewritten; ``fields`` is JSON.
_ADDED_IN_5 = """
CREATE TABLE essence(
  account INTEGER NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  uidvalidity INTEGER NOT NULL,
  uid INTEGER NOT NULL,
  fields TEXT NOT NULL,
  body BLOB NOT NULL,
  PRIMARY KEY(account, name, uidvalidity, uid)
) WITHOUT ROWID;
"""

# Version 6: each message costs two indexes less. An intent has no uid yet; contents are looked up in memory.
_COPIES_BY_UID = """
CREATE INDEX message_at_destination ON message(destination, destination_uidvalidity, destination_uid)
 WHERE destination_uid > 0;"""

SCHEMA = f"""
CREATE TABLE meta(key TEXT PRIMARY KEY, value TEXT NOT NULL) WITHOUT ROWID;
CREATE TABLE account(id INTEGER PRIMARY KEY, alias TEXT NOT NULL, host TEXT NOT NULL, username TEXT NOT NULL);
CREATE TABLE folder(
  id INTEGER PRIMARY KEY,
  account INTEGER NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  uidvalidity INTEGER NOT NULL,
  UNIQUE(account, name, uidvalidity)
);
CREATE TABLE destination(id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE);
CREATE TABLE message(
  id INTEGER PRIMARY KEY,
  folder INTEGER NOT NULL REFERENCES folder(id),
  uid INTEGER NOT NULL,
  listed_size INTEGER NOT NULL,
  size INTEGER NOT NULL,
  canonical_size INTEGER NOT NULL,
  internaldate BLOB NOT NULL,
  digest BLOB NOT NULL,
  canonical BLOB NOT NULL,
  destination INTEGER REFERENCES destination(id),
  destination_uidvalidity INTEGER NOT NULL,
  destination_uid INTEGER NOT NULL,
  uidnext INTEGER NOT NULL,
  flags TEXT,
  provenance TEXT NOT NULL,
  state TEXT NOT NULL,
  reason TEXT NOT NULL,
  pass INTEGER NOT NULL,
  time REAL NOT NULL,
  UNIQUE(folder, uid)
);
{_COPIES_BY_UID}
CREATE INDEX message_open ON message(state) WHERE state = 'intended';
CREATE TABLE seen(
  account INTEGER NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  uidvalidity INTEGER NOT NULL,
  uidnext INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  highestmodseq INTEGER NOT NULL,
  excluded INTEGER NOT NULL,
  unagreed TEXT,
  PRIMARY KEY(account, name)
) WITHOUT ROWID;
CREATE TABLE pass(id INTEGER PRIMARY KEY, started REAL NOT NULL, ended REAL, outcome TEXT);
CREATE TABLE fetched(
  account INTEGER NOT NULL REFERENCES account(id),
  day TEXT NOT NULL,
  octets INTEGER NOT NULL,
  PRIMARY KEY(account, day)
) WITHOUT ROWID;
{_ADDED_IN_2}{_ADDED_IN_3}{_ADDED_IN_5}"""

# By the version that a step leads away from. Each is applied in one transaction.
STEPS = {
    1: f"""
ALTER TABLE seen ADD COLUMN excluded INTEGER NOT NULL DEFAULT 0;
DELETE FROM seen;
{_ADDED_IN_2}""",
    2: _ADDED_IN_3,
    # Which flags were not agreed is not known of what was seen before: such a folder is listed whole once more.
    3: "ALTER TABLE seen ADD COLUMN unagreed TEXT;",
    4: _ADDED_IN_5,
    5: f"DROP INDEX IF EXISTS message_content; DROP INDEX IF EXISTS message_at_destination;{_COPIES_BY_UID}",
}
