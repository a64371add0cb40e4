"""TEST_DATABASE=postgres: where a test names no database, it works on a PostgreSQL of its own, not on SQLite.

TEST_DATABASE=pooler: the same through PgBouncer, which gives every transaction another connection.
"""

from __future__ import annotations

import os
from collections import defaultdict
from pathlib import Path

import pytest
from sqlalchemy import MetaData, select

from examples import server
from services import settings
from services.storage.database import Database
from tests.daemons import PostgresServer, missing
from tests.pooler import Pooler

CHOICE = os.environ.get("TEST_DATABASE", "sqlite")
ON_POSTGRES = CHOICE in ("postgres", "pooler")


class Databases:
    """One database for every folder of an installation, made when first asked for; migrated already."""

    def __init__(self) -> None:
        self._server: PostgresServer | None = None
        self._pooler: Pooler | None = None
        self._addresses: dict[Path, str] = {}
        self._opened: dict[str, list[Database]] = defaultdict(list)

    def server(self) -> PostgresServer:
        if self._server is None:
            reason = missing()
            if reason:
                (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no PostgreSQL here: {reason}")
            self._server = PostgresServer().start()
            if CHOICE == "pooler":
                self._pooler = Pooler(self._server, "transaction").start()
        return self._server

    def address(self, folder: Path) -> str:
        folder = folder.expanduser().resolve()
        if folder not in self._addresses:
            address = self.server().migrated()
            self._addresses[folder] = self._pooler.through(address) if self._pooler else address
        return self._addresses[folder]

    def forget(self, below: Path) -> None:
        """Drop the databases of the folders in here; a few thousand would fill a disk."""
        for folder in [folder for folder in self._addresses if folder.is_relative_to(below)]:
            address = self._addresses.pop(folder)
            for database in self._opened.pop(address, []):
                database.close()  # what a test left open: a file does not mind, a connection does
            self.server().drop(address)

    def remember(self, database: Database) -> None:
        if not database.is_sqlite:
            self._opened[database.url].append(database)

    def stop(self) -> None:
        for database in (each for some in self._opened.values() for each in some):
            database.close()
        for started in (self._pooler, self._server):
            if started is not None:
                started.stop()


DATABASES = Databases()


def instead_of_sqlite() -> None:
    """Every installation that is not told its database: those of this process and servers that it starts."""
    start, init = server.Server.start, Database.__init__

    def start_on_postgres(self: server.Server) -> server.Server:
        self.environment.setdefault("DATABASE_URL", DATABASES.address(self.folder))
        return start(self)

    def init_and_remember(self: Database, url: str) -> None:
        init(self, url)
        DATABASES.remember(self)

    settings.embedded_database = DATABASES.address
    Database.__init__ = init_and_remember  # type: ignore[method-assign]
    server.Server.start = start_on_postgres  # type: ignore[method-assign]


def everything_stored(database: Database) -> bytes:
    """Every row of every table, in words: what somebody reads who has got hold of the database."""
    tables = MetaData()
    with database.engine.connect() as connection:
        tables.reflect(connection)
        return b"\n".join(
            repr(tuple(row)).encode()
            for table in tables.sorted_tables
            for row in connection.execute(select(table))
        )
