# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What a report reads in journals: copies by folder, octets by minute, and nothing is written."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from contextlib import closing
from pathlib import Path

from ansible_collections.mailops.migration.plugins.module_utils.core.digest import Digest
from ansible_collections.mailops.migration.plugins.module_utils.core.messages import Entry, Place
from ansible_collections.mailops.migration.plugins.module_utils.report.material import FolderCount
from ansible_collections.mailops.migration.plugins.module_utils.support.report_journals import read_journals
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal import Journal
from ansible_collections.mailops.migration.plugins.module_utils.sync.journal_file import journal_path

ANNA = "anna@example.com"


def entry(folder: str, uid: int, size: int) -> Entry:
    content = hashlib.sha256(f"{folder}/{uid}".encode()).digest()
    return Entry(Place(folder, 1, uid), size, b"", Digest(content, content, size, size), folder, frozenset())


def make_journal(state_dir: Path) -> Path:
    path = Path(journal_path(str(state_dir), ANNA))
    journal = Journal.open(str(path), ANNA)
    journal.use_account(journal.add_account("old", "imap.old.example", ANNA))
    journal.begin_pass(6000.0)
    ids = journal.intend([entry("INBOX", 1, 100), entry("INBOX", 2, 50)], 1, 6000.0)
    journal.confirm(ids, 9, [1, 2])
    ids = journal.intend([entry("Sent", 1, 7)], 1, 6090.0)
    journal.confirm(ids, 9, [1])
    journal.match([(entry("Sent", 2, 1000), Place("Sent items", 9, 8))], 6100.0)
    journal.refuse(entry("INBOX", 3, 99), "too big", 6100.0)
    journal.end_pass(6200.0, "complete")
    journal.close()
    return path


def test_copies_are_counted_by_folder_and_what_was_sent_by_minute(tmp_path: Path) -> None:
    path = make_journal(tmp_path)
    before = path.read_bytes()
    read = read_journals(str(tmp_path), [ANNA, "nobody@example.com"], {})
    assert (set(read.facts), read.unreadable) == ({ANNA}, {})
    found = read.facts[ANNA]
    assert found.folders["INBOX"] == FolderCount(2, 150, "INBOX")
    assert (found.folders["Sent"].here, found.folders["Sent"].octets) == (2, 1007)
    assert found.minutes == {100: (2, 150), 101: (1, 7)}
    assert (found.last, found.complete) == (6200.0, True)
    assert path.read_bytes() == before


def test_journal_that_is_none_is_named_with_the_reason(tmp_path: Path) -> None:
    Path(journal_path(str(tmp_path), ANNA)).write_bytes(b"this is no database, whatever its name says")
    read = read_journals(str(tmp_path), [ANNA], {})
    assert read.facts == {}
    assert "not a database" in read.unreadable[ANNA]


def test_journal_with_the_same_messages_is_not_counted_again_and_one_with_others_is(tmp_path: Path) -> None:
    path = make_journal(tmp_path)
    known = json.loads(json.dumps(read_journals(str(tmp_path), [ANNA], {}).fresh))
    marked = {ANNA: [known[ANNA][0], [[["Marked", 1, 2, "Marked"]], *known[ANNA][1][1:]]]}
    with closing(sqlite3.connect(path)) as file:
        file.execute("INSERT INTO pass(started, ended, outcome) VALUES (7000, 7100, 'complete')")
        file.commit()
        same = read_journals(str(tmp_path), [ANNA], marked)
        assert (set(same.facts[ANNA].folders), same.facts[ANNA].last, same.fresh) == ({"Marked"}, 7100.0, {})
        file.execute("UPDATE message SET state = 'intended' WHERE id = 1")
        file.commit()
    other = read_journals(str(tmp_path), [ANNA], marked)
    assert (other.facts[ANNA].folders["INBOX"].here, set(other.fresh)) == (1, {ANNA})
