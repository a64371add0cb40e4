"""A Redis and a PostgreSQL of the tests' own, on free ports, with nothing kept."""

from __future__ import annotations

import os
import pwd
import shutil
import signal
import subprocess
import tempfile
import time
from pathlib import Path

import psycopg
import redis
from sqlalchemy import make_url

from examples.server import free_port, wait_until
from services.storage.database import Database

POSTGRES = sorted(Path("/usr/lib/postgresql").glob("*/bin"))
ACCOUNT = "postgres"  # PostgreSQL refuses to run as root


def missing() -> str | None:
    """Why there can be no cluster on this machine."""
    if shutil.which("redis-server") is None:
        return "redis-server is not installed"
    if not POSTGRES:
        return "no PostgreSQL in /usr/lib/postgresql"
    return None


class RedisServer:
    """May be shut down and started again; it forgets everything then."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://127.0.0.1:{self.port}/0"
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> RedisServer:
        options = {
            "port": self.port,
            "bind": "127.0.0.1",
            "save": "",
            "appendonly": "no",
            "dir": self._folder,
        }
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        with (self._folder / "redis.log").open("ab") as log:
            self._process = subprocess.Popen(["redis-server", *arguments], stdout=log, stderr=log)
        wait_until(self._answers, 10, "Redis to answer")
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.terminate()
            self._process.wait(10)

    def fail(self, how: str) -> None:
        """Stopped: connections are refused. Frozen: they hang."""
        if how == "stopped":
            self.stop()
        else:
            self._signal(signal.SIGSTOP)

    def recover(self, how: str) -> None:
        if how == "stopped":
            self.start()
        else:
            self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def client(self) -> redis.Redis:
        return redis.Redis.from_url(self.url)

    def _answers(self) -> bool:
        with self.client() as client:
            try:
                return bool(client.ping())
            except redis.ConnectionError:
                return False


class PostgresServer:
    """A cluster of one, unsafe on purpose: nothing in it is to outlive the tests."""

    def __init__(self) -> None:
        self.port = free_port()
        self._bin = POSTGRES[-1]
        self._folder = Path(tempfile.mkdtemp(prefix="postgres-"))
        self._process: subprocess.Popen[bytes] | None = None
        self._template: str | None = None

    def start(self) -> PostgresServer:
        as_other: dict[str, object] = {}
        if os.geteuid() == 0:
            account = pwd.getpwnam(ACCOUNT)
            os.chown(self._folder, account.pw_uid, account.pw_gid)
            as_other = {"user": account.pw_uid, "group": account.pw_gid, "extra_groups": []}
        data = self._folder / "data"
        initdb = [self._bin / "initdb", "-D", data, "-U", ACCOUNT, "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(initdb, check=True, capture_output=True, cwd=self._folder, **as_other)  # type: ignore[call-overload]
        quick = ["-c", "fsync=off", "-c", "full_page_writes=off", "-c", "max_connections=300"]
        here = ["-p", str(self.port), "-c", "listen_addresses=127.0.0.1", "-c", "unix_socket_directories="]
        with (self._folder.parent / f"{self._folder.name}.log").open("ab") as log:
            self._process = subprocess.Popen(
                [self._bin / "postgres", "-D", data, *here, *quick],
                stdout=log,
                stderr=log,
                cwd=self._folder,
                **as_other,  # type: ignore[call-overload]
            )
        wait_until(self._answers, 20, "PostgreSQL to answer")
        return self

    def stop(self) -> None:
        if self._process is not None:
            self._process.send_signal(signal.SIGINT)  # at once, without waiting for clients to leave
            self._process.wait(20)
        shutil.rmtree(self._folder, ignore_errors=True)
        (self._folder.parent / f"{self._folder.name}.log").unlink(missing_ok=True)

    def database(self) -> str:
        """The address of a new, empty database."""
        return self._create("template1")

    def migrated(self) -> str:
        """The address of a new database with the newest schema."""
        if self._template is None:
            address = self.database()
            database = Database(address)
            database.migrate()
            database.close()
            self._template = address.rsplit("/", 1)[1]
        return self._create(self._template)

    def drop(self, address: str) -> None:
        """With whoever is still connected to it."""
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"drop database {make_url(address).database} with (force)")

    def _create(self, template: str) -> str:
        name = f"trainyard_{time.monotonic_ns()}"
        with psycopg.connect(self._address("postgres"), autocommit=True) as connection:
            connection.execute(f"create database {name} template {template}")
        return self._address(name).replace("postgresql://", "postgresql+psycopg://")

    def _address(self, database: str) -> str:
        return f"postgresql://{ACCOUNT}@127.0.0.1:{self.port}/{database}"

    def _answers(self) -> bool:
        try:
            psycopg.connect(self._address("postgres"), connect_timeout=1).close()
        except psycopg.OperationalError:
            return False
        return True
