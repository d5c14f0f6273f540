# GNU General Public License v3.0+ (see COPYING or https://www.gnu.org/licenses/gpl-3.0.txt)
"""Databases with the tables of PostfixAdmin and of Local Delivery: SQLite, and real PostgreSQL and MariaDB on loopback.

``bin/test-servers`` unpacks the servers. They run as nobody in a folder of their own, in memory where there is room,
and end with the test run, however that ends.
"""

from __future__ import annotations

import contextlib
import itertools
import os
import shutil
import signal
import sqlite3
import subprocess
import tempfile
import time
from abc import ABC, abstractmethod
from collections.abc import Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, ClassVar, Self

import psycopg
import pymysql
from pymysql.constants import CLIENT

from tests.support.dovecot import free_ports, scratch_folder
from tests.support.rooted_server import SERVERS
from tests.support.watcher import Watcher, watch_over

KINDS = ("sqlite", "postgresql", "mysql")
SCHEMAS = Path(__file__).parent / "schemas"
TABLES = Path(__file__).parents[2] / "roles" / "mail_platform" / "files"
PATIENCE = 60.0
_NUMBERS = itertools.count(1)


@dataclass(frozen=True)
class Database:
    """One database; ``kind`` is of :data:`KINDS`. Of SQLite only ``name``, the path of its file, says anything."""

    kind: str
    name: str
    host: str = ""
    port: int = 0
    user: str = ""
    password: str = ""

    @property
    def dsn(self) -> str:
        """As the option ``platform.dsn`` takes it."""
        if self.kind == "sqlite":
            return f"sqlite://{self.name}".replace(" ", "%20")
        return f"{self.kind}://{self.user}:{self.password}@{self.host}:{self.port}/{self.name}"

    def rows(self, statement: str, parameters: Sequence[object] = ()) -> list[tuple[Any, ...]]:
        """What a statement answers, read by nobody's code but the database's own library; it is committed."""
        with closing(self.connect()) as connection:
            cursor = connection.cursor()
            cursor.execute(statement, tuple(parameters))
            answer = [tuple(row) for row in cursor.fetchall()] if cursor.description else []
            connection.commit()
            return answer

    def script(self, text: str) -> None:
        """Carry out a text of several statements."""
        with closing(self.connect()) as connection:
            if self.kind == "sqlite":
                connection.executescript(text)
                return
            cursor = connection.cursor()
            cursor.execute(text)
            # The errors of later statements come with their results.
            while cursor.nextset():
                pass
            connection.commit()

    def connect(self) -> Any:
        """A DB-API connection."""
        if self.kind == "sqlite":
            return sqlite3.connect(self.name)
        if self.kind == "postgresql":
            return psycopg.connect(self.dsn)
        return pymysql.connect(host=self.host, port=self.port, user=self.user, password=self.password,
                               database=self.name, client_flag=CLIENT.MULTI_STATEMENTS, charset="utf8mb4")


class Databases:
    """Makes databases with empty tables of PostfixAdmin and Local Delivery; a server starts when it is first needed."""

    def __init__(self) -> None:
        self._servers: dict[str, DatabaseServer] = {}
        self._running = ExitStack()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *unused: object) -> None:
        self._running.close()

    def new(self, kind: str, folder: Path) -> Database:
        """A database of a kind; of SQLite it is a file in ``folder``."""
        if kind == "sqlite":
            database = Database(kind, str(folder / "platform db.sqlite"))
        else:
            if kind not in self._servers:
                self._servers[kind] = self._running.enter_context(_SERVERS[kind]())
            database = self._servers[kind].new_database()
        for schema in (SCHEMAS / f"postfixadmin-{kind}.sql", TABLES / f"local-delivery-{kind}.sql"):
            database.script(schema.read_text())
        return database


class DatabaseServer(ABC):
    """One server on a free port of the loopback, with a user ``admin`` that may do anything."""

    name: ClassVar[str]
    kind: ClassVar[str]
    first_database: ClassVar[str]

    def __init__(self) -> None:
        self._process: subprocess.Popen[bytes] | None = None
        self._watcher: Watcher | None = None

    def __enter__(self) -> Self:
        self.tree = SERVERS / self.name
        if not self.tree.is_dir():
            raise FileNotFoundError(f"{self.name} is not in {SERVERS}; run bin/test-servers")
        self.folder = Path(tempfile.mkdtemp(prefix=f"{self.name}-", dir=scratch_folder()))
        self.folder.chmod(0o755)
        (self.port,) = free_ports(1)
        # A copy, for nobody may not be let into the checkout.
        shutil.copytree(self.tree / "usr", self.folder / "usr", symlinks=True)
        self.data = self.folder / "data"
        self.data.mkdir(mode=0o700)
        if os.getuid() == 0:
            shutil.chown(self.data, "nobody", "nogroup")
        self._make_data()
        self._start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        if self._watcher is not None:
            self._watcher.dismiss()
        shutil.rmtree(self.folder, ignore_errors=True)

    def new_database(self) -> Database:
        """An empty database of a name that no other has."""
        name = f"platform{next(_NUMBERS)}"
        with closing(self._database(self.first_database).connect()) as connection:
            connection.autocommit = True if self.kind == "postgresql" else connection.autocommit
            connection.cursor().execute(f"CREATE DATABASE {name}")
        return self._database(name)

    @abstractmethod
    def _make_data(self) -> None:
        """Fill the folder of data."""

    @abstractmethod
    def _command(self) -> list[str]:
        """The server in the foreground."""

    def _database(self, name: str) -> Database:
        return Database(self.kind, name, "127.0.0.1", self.port, "admin", "pass-of-admin")

    def _start(self) -> None:
        with (self.folder / "server.log").open("wb") as log:
            self._process = subprocess.Popen(self._command(), stdout=log, stderr=log, stdin=subprocess.DEVNULL,
                                             start_new_session=True, **self._identity())
        self._watcher = watch_over(self.folder, self._process.pid)
        patience_ends = time.monotonic() + PATIENCE
        while not self._answers():
            if time.monotonic() > patience_ends or self._process.poll() is not None:
                complaint = (self.folder / "server.log").read_text(errors="replace")
                self.__exit__(None, None, None)
                raise RuntimeError(f"{self.name} did not start:\n{complaint}")
            time.sleep(0.05)

    def _answers(self) -> bool:
        try:
            self._database(self.first_database).connect().close()
        except (psycopg.Error, pymysql.Error):
            return False
        return True

    def _prepared(self, command: list[str], text: str = "") -> None:
        done = subprocess.run(command, input=text.encode(), capture_output=True, check=False, **self._identity())
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(command)} failed:\n{(done.stdout + done.stderr).decode(errors='replace')}")

    def _identity(self) -> dict[str, Any]:
        """Who it runs as, with which environment: PostgreSQL refuses to be root."""
        libraries = {"LD_LIBRARY_PATH": str(self.folder / "usr/lib"), "LC_ALL": "C.UTF-8", "PATH": os.environ["PATH"]}
        user = {"user": "nobody", "group": "nogroup", "extra_groups": []} if os.getuid() == 0 else {}
        return {"env": libraries, "cwd": self.folder, **user}


class PostgresServer(DatabaseServer):
    """PostgreSQL; passwords are asked for as on any server."""

    name = "postgresql"
    kind = "postgresql"
    first_database = "postgres"

    def _make_data(self) -> None:
        secret = self.folder / "secret"
        secret.write_text("pass-of-admin\n")
        secret.chmod(0o644)
        options = ["--username=admin", f"--pwfile={secret}", "--auth=scram-sha-256", "--encoding=UTF8", "--no-sync"]
        self._prepared([self._program("initdb"), "-D", str(self.data), *options])

    def _command(self) -> list[str]:
        settings = {"listen_addresses": "127.0.0.1", "port": self.port, "unix_socket_directories": "", "fsync": "off"}
        options = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return [self._program("postgres"), "-D", str(self.data), *options]

    def _program(self, name: str) -> str:
        (program,) = (self.folder / "usr/lib/postgresql").glob(f"*/bin/{name}")
        return str(program)


class MariadbServer(DatabaseServer):
    """MariaDB with its own defaults, among them the strict mode."""

    name = "mariadb"
    kind = "mysql"
    first_database = "mysql"

    def _make_data(self) -> None:
        parts = ("mysql_system_tables", "mysql_performance_tables", "mysql_system_tables_data")
        tables = "\n".join((self.folder / f"usr/share/mysql/{part}.sql").read_text() for part in parts)
        admin = "CREATE USER admin@'%' IDENTIFIED BY 'pass-of-admin'; GRANT ALL ON *.* TO admin@'%' WITH GRANT OPTION;"
        statements = admin.replace("; ", ";\n")
        text = f"CREATE DATABASE mysql;\nUSE mysql;\n{tables}\nFLUSH PRIVILEGES;\n{statements}\n"
        self._prepared([*self._server(), "--bootstrap"], text)

    def _command(self) -> list[str]:
        listening = ["--bind-address=127.0.0.1", f"--port={self.port}", f"--socket={self.data}/socket"]
        return [*self._server(), *listening, "--skip-name-resolve"]

    def _server(self) -> list[str]:
        places = [f"--basedir={self.folder}/usr", f"--datadir={self.data}", f"--tmpdir={self.data}"]
        speed = ["--innodb-flush-log-at-trx-commit=0", "--innodb-buffer-pool-size=64M"]
        return [str(self.folder / "usr/sbin/mariadbd"), "--no-defaults", *places, *speed]


_SERVERS: dict[str, type[DatabaseServer]] = {"postgresql": PostgresServer, "mysql": MariadbServer}
