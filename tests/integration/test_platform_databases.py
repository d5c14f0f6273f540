# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The driver postfix_sql on PostfixAdmin's own tables in real databases."""

from __future__ import annotations

import re
from urllib.parse import quote

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.core.errors import PlatformError
from ansible_collections.mailops.migration.plugins.module_utils.platform.postfix_sql import PostfixSql
from ansible_collections.mailops.migration.plugins.module_utils.platform.values import Create, Domain, Mailbox

from tests.support.databases import TABLES, Database
from tests.support.driver_contract import DriverContract


@pytest.fixture
def driver(database):
    return PostfixSql(database.dsn)


class TestDriverContract(DriverContract):
    pass


def test_transaction_that_breaks_off_leaves_nothing(driver, database):
    home = [Create(Domain("example.com")), Create(Mailbox("anna@example.com", name="n" * 300))]
    if database.kind == "sqlite":
        database.rows("CREATE UNIQUE INDEX one_name ON mailbox (name)")
        home.append(Create(Mailbox("bert@example.com", name="n" * 300)))
    with pytest.raises(PlatformError, match="Nothing was written"):
        driver.apply(home)
    assert database.rows("SELECT count(*) FROM domain") == [(0,)]


@pytest.mark.parametrize("kind", ["postgresql", "mysql"])
def test_wrong_password_is_an_error_that_shows_none(databases, tmp_path, kind):
    database = databases.new(kind, tmp_path)
    wrong = database.dsn.replace(f":{database.password}@", f":{quote('geh@eim', safe='')}@")
    with pytest.raises(PlatformError, match="admin") as caught:
        PostfixSql(wrong).read({"example.com"})
    assert not re.search("geh|eim", str(caught.value))


def test_tables_of_the_sandbox_have_the_columns_that_the_installer_makes(databases, tmp_path):
    """The sandbox has tables of its own writing, which may not drift from PostfixAdmin's."""
    installed = databases.new("sqlite", tmp_path)
    ours = Database("sqlite", str(tmp_path / "ours"))
    ours.script((TABLES / "postfixadmin-sqlite.sql").read_text())
    for (table,) in ours.rows("SELECT name FROM sqlite_master WHERE type = 'table'"):
        assert columns(installed, table) <= columns(ours, table), table


def columns(database, table):
    return {row[1] for row in database.rows(f"PRAGMA table_info({table})")}
