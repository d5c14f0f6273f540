# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""What PostfixAdmin's tables hold after the driver wrote them."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import ConfigurationError, PlatformError
from ansible_collections.mailops.migration.plugins.module_utils.platform import sql_dialect
from ansible_collections.mailops.migration.plugins.module_utils.platform.driver import ABILITIES
from ansible_collections.mailops.migration.plugins.module_utils.platform.postfix_sql import PostfixSql
from ansible_collections.mailops.migration.plugins.module_utils.platform.registry import (
    DRIVERS,
    ability_table,
    open_driver,
)
from ansible_collections.mailops.migration.plugins.module_utils.platform.sql_dialect import masked_dsn
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import (
    Create,
    Domain,
    Mailbox,
    Remove,
    Update,
)

from tests.unit.platform.makers import STORED, dsn, new_database, query

ANNA = Mailbox("anna@example.com", "Anna", 2048, password_hash=STORED)


@pytest.fixture
def database(tmp_path):
    return new_database(tmp_path)


@pytest.fixture
def driver(database):
    platform = PostfixSql(dsn(database))
    platform.apply([Create(Domain("example.com")), Create(ANNA)])
    return platform


def test_mailbox_row_is_filled_as_postfixadmin_fills_it(driver, database):
    columns = "username, password, name, maildir, quota, local_part, domain, active"
    expected = (ANNA.address, STORED, "Anna", "example.com/anna/", 2048, "anna", "example.com", 1)
    assert query(database, f"SELECT {columns} FROM mailbox") == [expected]


def test_alias_row_leads_to_the_mailbox_itself(driver, database):
    rows = query(database, "SELECT address, goto, domain, active FROM alias")
    assert rows == [("anna@example.com", "anna@example.com", "example.com", 1)]


def test_times_are_of_the_write_and_the_password_does_not_expire_at_once(driver, database):
    for table in ("domain", "mailbox", "alias"):
        (ages,) = query(database, f"SELECT julianday('now') - julianday(created), created = modified FROM {table}")
        assert 0 <= ages[0] < 0.01
        assert ages[1] == 1
    assert query(database, "SELECT password_expiry > datetime('now', '+364 days') FROM mailbox") == [(1,)]


def test_update_touches_no_other_column_but_the_time(driver, database):
    query(database, "UPDATE mailbox SET phone = '123', created = '2001-01-01', modified = '2001-01-01'")
    driver.apply([Update(ANNA, (("name", "A"),))])
    (row,) = query(database, "SELECT name, phone, password, quota, created, modified > '2020' FROM mailbox")
    assert row == ("A", "123", STORED, 2048, "2001-01-01", 1)


def test_alias_of_a_mailbox_is_as_active_as_the_mailbox(driver, database):
    driver.apply([Update(ANNA, (("active", False),))])
    assert query(database, "SELECT mailbox.active, alias.active FROM mailbox, alias") == [(0, 0)]


def test_forward_set_by_hand_survives_an_update(driver, database):
    query(database, "UPDATE alias SET goto = 'anna@example.com,private@elsewhere.org'")
    driver.apply([Update(ANNA, (("active", True), ("name", "A")))])
    assert query(database, "SELECT goto FROM alias") == [("anna@example.com,private@elsewhere.org",)]
    assert driver.read({"example.com"}).aliases["anna@example.com"].others == ("private@elsewhere.org",)


def test_missing_alias_shows_as_not_routed_and_is_repaired(driver, database):
    query(database, "DELETE FROM alias")
    current = driver.read({"example.com"}).mailboxes["anna@example.com"]
    assert not current.routed
    driver.apply([Update(current, (("routed", True),))])
    assert driver.read({"example.com"}).mailboxes["anna@example.com"].routed


def test_rows_that_postfixadmin_stored_in_upper_case_are_found_and_changed(driver, database):
    query(database, "UPDATE mailbox SET username = 'Anna@Example.com', domain = 'Example.com'")
    current = driver.read({"example.com"}).mailboxes["anna@example.com"]
    driver.apply([Update(current, (("name", "A"),))])
    assert query(database, "SELECT username, name FROM mailbox") == [("Anna@Example.com", "A")]


def test_removed_mailbox_leaves_no_trace_in_other_tables(driver, database):
    query(database, "INSERT INTO quota2 (username, bytes) VALUES ('anna@example.com', 5)")
    query(database, "INSERT INTO vacation (email) VALUES ('anna@example.com')")
    query(database, "INSERT INTO vacation (email) VALUES ('bert@example.com')")
    driver.apply([Remove(ANNA)])
    assert query(database, "SELECT count(*) FROM quota2") == [(0,)]
    assert query(database, "SELECT email FROM vacation") == [("bert@example.com",)]


def test_local_delivery_of_a_removed_domain_does_not_come_back_with_it(driver, database):
    query(database, "INSERT INTO local_delivery (domain, enabled) VALUES ('example.com', 0)")
    driver.apply([Remove(ANNA), Remove(Domain("example.com"))])
    assert query(database, "SELECT count(*) FROM local_delivery") == [(0,)]


def test_alias_domains_are_read_from_both_ends(driver, database):
    query(database, "INSERT INTO alias_domain (alias_domain, target_domain) VALUES ('alias.com', 'example.com')")
    assert driver.read({"example.com"}).domain_aliases == {"alias.com": "example.com"}
    assert driver.read({"alias.com"}).domain_aliases == {"alias.com": "example.com"}


def test_older_tables_without_later_columns_are_written(driver, database):
    for table in ("mailbox", "domain"):
        query(database, f"ALTER TABLE {table} DROP COLUMN password_expiry")
    query(database, "DROP TABLE alias_domain")
    driver.apply([Create(Domain("example.org")), Create(Mailbox("bert@example.org"))])
    driver.apply([Update(ANNA, (("password_hash", "{X}new"),))])
    assert driver.read({"example.org"}).mailboxes.keys() == {"bert@example.org"}


def test_sql_in_values_is_data(driver):
    name = "Robert'); DROP TABLE mailbox; --"
    driver.apply([Update(ANNA, (("name", name),))])
    assert driver.read({"example.com"}).mailboxes["anna@example.com"].name == name


def test_writing_puts_the_database_into_write_ahead_mode(driver, database):
    assert query(database, "PRAGMA journal_mode") == [("wal",)]


def test_reading_changes_no_byte(database):
    before = database.read_bytes()
    PostfixSql(dsn(database)).read({"example.com"})
    PostfixSql(dsn(database)).apply([])
    assert database.read_bytes() == before
    assert query(database, "PRAGMA journal_mode") == [("delete",)]


def test_readers_go_on_while_a_transaction_writes(driver, database):
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    writer.execute("UPDATE mailbox SET name = 'half done'")
    assert driver.read({"example.com"}).mailboxes["anna@example.com"].name == "Anna"
    writer.close()


def test_locked_database_is_an_error_that_says_so(driver, database, monkeypatch):
    monkeypatch.setattr(sql_dialect, "BUSY_SECONDS", 0.1)
    writer = sqlite3.connect(database, isolation_level=None)
    writer.execute("BEGIN IMMEDIATE")
    with pytest.raises(PlatformError, match=r"locked.*Nothing was written"):
        driver.apply([Remove(ANNA)])
    writer.close()
    assert driver.read({"example.com"}).mailboxes.keys() == {"anna@example.com"}


def test_missing_file_is_an_error_and_not_made(tmp_path):
    with pytest.raises(PlatformError, match="no database file"):
        PostfixSql(dsn(tmp_path / "absent")).read({"example.com"})
    assert not (tmp_path / "absent").exists()


def test_database_without_the_tables_is_an_error(tmp_path):
    sqlite3.connect(tmp_path / "empty").execute("CREATE TABLE x (y)").connection.close()
    with pytest.raises(PlatformError, match="no such table"):
        PostfixSql(dsn(tmp_path / "empty")).read({"example.com"})


@pytest.mark.parametrize(
    "text",
    ["mysql://u:geheim@host:many/db", "postgresql://u:geheim[@host/db", "mysql://u:1/geheim@host/db",
     "", "sqlite://relative.db", "sqlite:///", "oracle://u:geheim@host/db", "mysql://u:geheim@host", "/a/path"],
)
def test_dsn_that_cannot_be_used_is_refused_without_showing_its_password(text):
    with pytest.raises(ConfigurationError) as caught:
        PostfixSql(text)
    assert "geheim" not in str(caught.value)


def test_masked_dsn_keeps_all_but_the_password():
    assert masked_dsn("postgresql://user:ge:heim@host:5432/db?x=1") == "postgresql://user:********@host:5432/db?x=1"
    assert masked_dsn("sqlite:///var/lib/db") == "sqlite:///var/lib/db"
    assert masked_dsn("mysql://user:g/e@h?@host/db") == "mysql://user:********@host/db"
    assert masked_dsn("postgresql:///db?password=geheim&x=1") == "postgresql:///db?password=********&x=1"
    assert masked_dsn("postgresql://host:5432/db") == "postgresql://host:5432/db"


def test_unknown_driver_is_refused_with_the_known_ones():
    with pytest.raises(ConfigurationError, match="postfix_sql"):
        open_driver("exchange", {})


def test_documented_abilities_are_those_that_the_drivers_declare():
    table = ability_table(DRIVERS)
    assert len(table.splitlines()) == len(ABILITIES) + 2
    assert table in (Path(__file__).parents[3] / "docs/platform.md").read_text()
