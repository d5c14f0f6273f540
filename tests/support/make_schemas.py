# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Makes ``schemas/postfixadmin-*.sql`` anew: has PostfixAdmin's own installer make its tables, and writes them down.

    apt-get download postfixadmin php8.2-{cli,common,mysql,pgsql,sqlite3,mbstring}
    for package in *.deb; do dpkg -x "$package" DIR; done
    bin/test-servers && PYTHONPATH=. .venv/bin/python -m tests.support.make_schemas DIR

Needs ``pg_dump`` (postgresql-client) and ``sqlite3`` on the path. Done with PostfixAdmin 3.3.13 of Debian 12.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tests.support.databases import SCHEMAS, Database, MariadbServer, PostgresServer

EXTENSIONS = ("pdo", "mysqlnd", "pdo_sqlite", "pdo_pgsql", "pdo_mysql", "mysqli", "pgsql", "mbstring", "sqlite3")
INSTALLER_NAMES = {"sqlite": "sqlite", "postgresql": "pgsql", "mysql": "mysqli"}
# Settings of the session, comments, and what servers of one version write that others don't take.
_NOISE = r"--|SET |SELECT pg_catalog|\\|$|.*\(pg_attver="
HEADER = "-- PostfixAdmin 3.3.13's tables as its installer makes them; written by tests/support/make_schemas.py.\n"
SETTINGS = """<?php
$CONF['configured'] = true;
$CONF['database_type'] = getenv('KIND');
$CONF['database_host'] = getenv('HOST');
$CONF['database_port'] = getenv('PORT');
$CONF['database_user'] = getenv('USER');
$CONF['database_password'] = getenv('PASSWORD');
$CONF['database_name'] = getenv('NAME');
"""


def main(root: Path) -> None:
    """Make all three."""
    with tempfile.TemporaryDirectory() as folder, PostgresServer() as postgres, MariadbServer() as mariadb:
        application = _application(root, Path(folder))
        (Path(folder) / "db").touch()
        for database in (Database("sqlite", f"{folder}/db"), postgres.new_database(), mariadb.new_database()):
            _install(root, application, database)
            text = _DUMPS[database.kind](database)
            (SCHEMAS / f"postfixadmin-{database.kind}.sql").write_text(f"{HEADER}\n{text}")


def _application(root: Path, folder: Path) -> Path:
    application = folder / "postfixadmin"
    shutil.copytree(root / "usr/share/postfixadmin", application, symlinks=True)
    for link in ("config.inc.php", "config.local.php", "templates_c"):
        (application / link).unlink()
    settings = (root / "etc/postfixadmin/config.inc.php").read_text()
    (application / "config.inc.php").write_text(settings.replace("require_once('dbconfig.inc.php');", ""))
    (application / "config.local.php").write_text(SETTINGS)
    (application / "templates_c").mkdir()
    return application


def _install(root: Path, application: Path, database: Database) -> None:
    (modules,) = (root / "usr/lib/php").glob("2*")
    options = [part for name in EXTENSIONS for part in ("-d", f"extension={name}")]
    words = {"KIND": INSTALLER_NAMES[database.kind], "HOST": database.host, "PORT": str(database.port),
             "USER": database.user, "PASSWORD": database.password, "NAME": database.name}
    (php,) = (root / "usr/bin").glob("php[0-9]*")
    subprocess.run([php, "-n", "-d", f"extension_dir={modules}", *options, "upgrade.php"],
                   cwd=application / "public", env={**os.environ, **words}, check=True, capture_output=True)


def _dump_sqlite(database: Database) -> str:
    done = subprocess.run(["sqlite3", database.name, ".schema --nosys"], check=True, capture_output=True, text=True)
    return re.sub(r"^[ \t]+", "    ", done.stdout, flags=re.MULTILINE) + _version(database)


def _dump_postgresql(database: Database) -> str:
    options = ["--schema-only", "--no-owner", "--no-privileges", "--no-comments", f"--dbname={database.dsn}"]
    done = subprocess.run(["pg_dump", *options], check=True, capture_output=True, text=True)
    lines = (line for line in done.stdout.splitlines() if not re.match(_NOISE, line))
    return "\n".join(lines) + "\n" + _version(database)


def _dump_mysql(database: Database) -> str:
    tables = [name for (name,) in database.rows("SHOW TABLES")]
    statements = [database.rows(f"SHOW CREATE TABLE `{table}`")[0][1] for table in tables]
    text = ";\n".join(re.sub(r" AUTO_INCREMENT=\d+", "", statement) for statement in statements)
    # Foreign keys may name tables that come later.
    return f"SET foreign_key_checks = 0;\n{text};\nSET foreign_key_checks = 1;\n{_version(database)}"


def _version(database: Database) -> str:
    ((number,),) = database.rows("SELECT value FROM config WHERE name = 'version'")
    return f"INSERT INTO config (name, value) VALUES ('version', '{number}');\n"


_DUMPS = {"sqlite": _dump_sqlite, "postgresql": _dump_postgresql, "mysql": _dump_mysql}

if __name__ == "__main__":
    main(Path(sys.argv[1]))
