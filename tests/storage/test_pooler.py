"""A pooler in between: PgBouncer stands for Supavisor, whose two modes it has."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import make_url, text

from api.context import KEY
from app import create_app
from services.storage.database import IDLE_IN_TRANSACTION_MS, Database, pooled_by_transaction
from tests.conftest import PASSWORD, make_settings
from tests.daemons import PostgresServer
from tests.pooler import PROGRAM, Pooler

CONNECTIONS = 3  # behind the pooler; each test has more in front of it


@pytest.fixture(scope="module", params=["transaction", "session"])
def pooler(request: pytest.FixtureRequest, postgres: PostgresServer) -> Iterator[Pooler]:
    if PROGRAM is None:
        (pytest.fail if os.environ.get("CI") else pytest.skip)("pgbouncer is not installed")
    size = CONNECTIONS if request.param == "transaction" else 60
    pooler = Pooler(postgres, request.param, size=size).start()
    yield pooler
    pooler.stop()


@pytest.fixture
def database(pooler: Pooler, postgres: PostgresServer) -> Iterator[Database]:
    database = Database(pooler.through(postgres.migrated()))
    yield database
    database.close()


def at_once(database: Database, count: int, statement: str) -> list[Any]:
    """What so many transactions see, all of them with a connection of their own in front of the pooler."""
    seen: list[Any] = []
    opened = threading.Barrier(count)

    def look() -> None:
        for _ in range(8):  # psycopg would prepare a statement after five
            with database.write() as tx:
                seen.append(tx.scalar(text(statement)))
        opened.wait(20)

    threads = [threading.Thread(target=look) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert len(seen) == 8 * count
    return seen


def test_a_stuck_writer_loses_its_rows_in_every_transaction(database: Database) -> None:
    limits = at_once(database, 8, "select current_setting('idle_in_transaction_session_timeout')")
    assert set(limits) == {f"{IDLE_IN_TRANSACTION_MS // 60_000}min"}


@pytest.mark.parametrize("pooler", ["transaction"], indirect=True)
def test_in_transaction_mode_nothing_is_left_on_the_servers_side(database: Database) -> None:
    backends = at_once(database, 8, "select pg_backend_pid()")
    assert 1 <= len(set(backends)) <= CONNECTIONS
    for _ in range(8):
        with database.read() as tx:
            assert tx.scalar(text("select current_setting('idle_in_transaction_session_timeout')")) == "0"
            assert tx.scalar(text("select count(*) from pg_prepared_statements")) == 0


def test_a_server_works_through_it(pooler: Pooler, postgres: PostgresServer, tmp_path: Path) -> None:
    toys = {"TRAINYARD_EXTRA_WORKLOADS": "tests.toy_workloads", "TRAINYARD_WORKERS": "2"}
    address = pooler.through(postgres.database())  # empty: migrating goes through it too
    app = create_app(make_settings(tmp_path, DATABASE_URL=address, **toys))
    services = app.extensions[KEY]
    services.runner.start_workers()
    try:
        user = services.accounts.sign_up("ada@example.org", PASSWORD).user.id
        jobs = [services.jobs.submit(user, "toy_count", {}).id for _ in range(6)]
        assert [services.jobs.wait(user, job, 60).status for job in jobs] == ["completed"] * 6
        for job in jobs:
            events = services.jobs.events(user, job)
            assert [event.seq for event in events] == list(range(1, len(events) + 1))
    finally:
        services.runner.stop()
        services.database.close()


@pytest.mark.parametrize(
    ("address", "by_transaction"),
    [
        ("postgresql+psycopg://u:p@aws-0-eu.pooler.supabase.com:6543/postgres", True),
        ("postgresql+psycopg://u:p@aws-0-eu.pooler.supabase.com:5432/postgres", False),
        ("postgresql+psycopg://u:p@db.example.supabase.co:5432/postgres", False),
        ("postgresql+psycopg://u:p@pgbouncer:5432/postgres?pooler=transaction", True),
        ("postgresql+psycopg://u:p@pgbouncer:6543/postgres?pooler=session", False),
    ],
)
def test_the_mode_is_known_by_supabases_port_or_told(address: str, by_transaction: bool) -> None:
    assert pooled_by_transaction(make_url(address)) is by_transaction
