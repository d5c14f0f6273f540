# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""The drivers' contract on the driver in memory and on PostfixAdmin's tables in SQLite."""

from __future__ import annotations

import pytest
from ansible_collections.mailops.migration.plugins.module_utils.platform.postfix_sql import PostfixSql

from tests.support.driver_contract import DriverContract
from tests.unit.platform.makers import dsn, new_database
from tests.unit.platform.memory_driver import MemoryPlatform


@pytest.fixture(params=["memory", "sqlite"])
def driver(request, tmp_path):
    return MemoryPlatform() if request.param == "memory" else PostfixSql(dsn(new_database(tmp_path)))


class TestDriverContract(DriverContract):
    pass
