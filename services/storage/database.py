"""The engine and the unit of work: one transaction per `with`, on SQLite or Postgres alike."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url, text
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.orm import Session, sessionmaker
from sqlalchemy.pool import QueuePool

BUSY_TIMEOUT_MS = 15_000
IDLE_IN_TRANSACTION_MS = 60_000
WAL_PAGES = 4_000  # 16 MB between two syncs of the disk, which the writer at that moment waits for
MIGRATIONS = Path(__file__).resolve().parents[2] / "migrations"


class Database:
    """Opens transactions: `write()` takes the write lock at once, `read()` never blocks a writer."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.is_sqlite = make_url(url).get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(url) if self.is_sqlite else _postgres_engine(url)
        self._sessions = sessionmaker(self.engine, expire_on_commit=False)
        self._writing = self.engine.execution_options(write=True)

    @contextmanager
    def write(self) -> Iterator[Session]:
        """A transaction that commits at the end and rolls back on any exception."""
        with self._sessions(bind=self._writing) as session, session.begin():
            yield session

    @contextmanager
    def read(self) -> Iterator[Session]:
        """A consistent view; nothing written through it survives."""
        with self._sessions() as session:
            yield session
            session.expunge_all()  # rows stay readable; a rollback would expire them
            session.rollback()

    def migrate(self, *, supabase_accounts: bool = False, to: str = "head") -> None:
        """Bring the schema to the newest Alembic revision; on Supabase with row-level security."""
        from alembic import command

        config = self._alembic()
        config.attributes["supabase_accounts"] = supabase_accounts
        command.upgrade(config, to)

    def revisions(self, connection: Connection) -> tuple[str | None, str | None, set[str]]:
        """Of the database, the newest of this version, and all that this version knows."""
        from alembic.migration import MigrationContext
        from alembic.script import ScriptDirectory

        scripts = ScriptDirectory.from_config(self._alembic())
        known = {script.revision for script in scripts.walk_revisions()}
        return (
            MigrationContext.configure(connection).get_current_revision(),
            scripts.get_current_head(),
            known,
        )

    def new_revision(self, message: str = "change of the tables") -> str:
        """Write a revision file with the difference between tables.py and the database."""
        from alembic import command

        command.revision(self._alembic(), message, autogenerate=True)
        return f"written to {MIGRATIONS / 'versions'}: read it before you commit it"

    def _alembic(self) -> Any:
        from alembic.config import Config

        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["engine"] = self.engine
        return config

    def ping(self) -> None:
        with self.read() as session:
            session.execute(text("select 1"))

    def close(self) -> None:
        """What another thread still works with is closed when it gives it back."""
        pool = self.engine.pool
        self.engine.dispose()  # only what is in the pool; a new one takes its place, without the listener
        event.listen(pool, "checkin", _hang_up)


def _hang_up(connection: DBAPIConnection | None, _record: object) -> None:
    if connection is not None:
        connection.close()


def pooled_by_transaction(url: URL) -> bool:
    """Whether a pooler in between gives every transaction whatever connection is free.

    Told by `?pooler=transaction`; Supabase's pooler (Supavisor) is known by the port it has for that mode.
    """
    return url.query.get("pooler") == "transaction" or (url.port == 6543 and "pooler" not in url.query)


def _postgres_engine(address: str) -> Engine:
    """A process that is stopped in the middle of a transaction must not hold its rows for ever.

    Behind a pooler by transaction nothing may be left to the session: the limit is set for each transaction
    that writes, and no statement is prepared on the server (psycopg does after five uses).
    """
    url = make_url(address)
    pooled = pooled_by_transaction(url)
    arguments: dict[str, Any] = {"prepare_threshold": None} if pooled else {}
    engine = create_engine(
        url.difference_update_query(["pooler"]), pool_pre_ping=True, connect_args=arguments
    )
    limit = f"idle_in_transaction_session_timeout = {IDLE_IN_TRANSACTION_MS}"

    if pooled:

        @event.listens_for(engine, "begin")
        def _begin(connection: Connection) -> None:
            if connection.get_execution_options().get("write", False):
                connection.exec_driver_sql(f"SET LOCAL {limit}")

    else:

        @event.listens_for(engine, "connect")
        def _connect(connection: Any, _record: Any) -> None:
            connection.execute(f"SET {limit}")
            connection.commit()

    return engine


def _sqlite_engine(url: str) -> Engine:
    """SQLite in WAL mode with foreign keys; transactions are opened by us, not by the driver.

    The driver's own deferred BEGIN lets two writers read first and then fail with "database is locked";
    BEGIN IMMEDIATE makes the second one wait (https://www.sqlite.org/lang_transaction.html).
    """
    path = make_url(url).database
    if path:
        Path(path).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url, poolclass=QueuePool, pool_size=8, max_overflow=56)

    @event.listens_for(engine, "connect")
    def _connect(connection: sqlite3.Connection, _record: Any) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_MS}",
            "journal_mode=WAL",
            "synchronous=NORMAL",
            f"wal_autocheckpoint={WAL_PAGES}",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        write = connection.get_execution_options().get("write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if write else "BEGIN")

    return engine
