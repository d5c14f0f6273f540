-- A journal as version 1 laid it, with one message of each kind.
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
CREATE INDEX message_at_destination ON message(destination, destination_uidvalidity, destination_uid);
CREATE INDEX message_content ON message(canonical);
CREATE INDEX message_open ON message(state) WHERE state = 'intended';
CREATE TABLE seen(
  account INTEGER NOT NULL REFERENCES account(id),
  name TEXT NOT NULL,
  uidvalidity INTEGER NOT NULL,
  uidnext INTEGER NOT NULL,
  messages INTEGER NOT NULL,
  highestmodseq INTEGER NOT NULL,
  PRIMARY KEY(account, name)
) WITHOUT ROWID;
CREATE TABLE pass(id INTEGER PRIMARY KEY, started REAL NOT NULL, ended REAL, outcome TEXT);
CREATE TABLE fetched(
  account INTEGER NOT NULL REFERENCES account(id),
  day TEXT NOT NULL,
  octets INTEGER NOT NULL,
  PRIMARY KEY(account, day)
) WITHOUT ROWID;
INSERT INTO meta VALUES ('mailbox', 'jo@example.net');
INSERT INTO account VALUES (1, 'old', 'imap.old.example', 'jo');
INSERT INTO folder VALUES (1, 1, 'INBOX', 7);
INSERT INTO destination VALUES (1, 'INBOX');
INSERT INTO message VALUES
 (1, 1, 1, 10, 10, 10, '01-Jan-2024 10:00:00 +0000', x'aa', x'aa', 1, 9, 5, 5, '\Seen', 'appended', 'confirmed', '', 1, 1000.0),
 (2, 1, 2, 10, 10, 10, '01-Jan-2024 10:00:00 +0000', x'bb', x'bb', 1, 0, 0, 6, '', 'appended', 'intended', '', 1, 1000.0),
 (3, 1, 3, 10, 10, 10, '01-Jan-2024 10:00:00 +0000', x'cc', x'cc', 1, 0, 0, 0, '', 'appended', 'refused', 'too big', 1, 1000.0);
INSERT INTO seen VALUES (1, 'INBOX', 7, 4, 3, 11);
INSERT INTO pass VALUES (1, 1000.0, NULL, NULL);
PRAGMA user_version = 1;
