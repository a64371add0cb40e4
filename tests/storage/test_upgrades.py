"""The database of the first release comes forward with everything in it, on SQLite and on PostgreSQL."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from argon2 import PasswordHasher
from sqlalchemy import Connection, MetaData, Table, inspect, select

from api.context import KEY
from app import create_app
from services.storage.database import Database
from tests.conftest import make_settings, signed_in
from tests.daemons import PostgresServer
from tests.storage.supabase_database import fill

FIRST = "0001"
EMAIL, PASSWORD = "ada@example.org", "correct horse battery staple"
REPLACED = {"training_jobs": {"lease_expires_at"}}  # by signs of life that are counted


@pytest.fixture(params=["sqlite", "postgres"])
def address(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    if request.param == "sqlite":
        (tmp_path / "data").mkdir()
        yield f"sqlite:///{tmp_path / 'data' / 'trainyard.db'}"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        yield server.database()


def tables_of(connection: Connection) -> list[Table]:
    found = MetaData()
    found.reflect(connection)
    return [table for table in found.sorted_tables if table.name != "alembic_version"]


def rows_of(connection: Connection, tables: list[Table]) -> dict[str, dict[str, Any]]:
    """The one row of each table as it was then; of the plans the one that the test made."""
    found: dict[str, dict[str, Any]] = {}
    for table in tables:
        query = select(table).where(table.c.id == "first") if table.name == "plans" else select(table)
        (row,) = connection.execute(query).mappings()
        found[table.name] = dict(row)
    return found


@pytest.fixture
def first_release(address: str) -> dict[str, dict[str, Any]]:
    """What a database of the first revision holds, with a row in every table it had."""
    database = Database(address)
    database.migrate(to=FIRST)
    with database.engine.execution_options(write=True).begin() as connection:
        user_id: Any = uuid4() if not database.is_sqlite else uuid4().hex
        plan = {"id": "first", "name": "First", "can_use_training": True, "max_training_runs_per_month": 7}
        user = {"id": user_id, "email": EMAIL, "password_hash": PasswordHasher().hash(PASSWORD)}
        job = {"status": "completed", "lane": "training", "workload": "forecast", "attempt": 1}
        tables = tables_of(connection)
        plans = next(table for table in tables if table.name == "plans")
        limits = {column.name: 7 for column in plans.columns if column.name.startswith("max_")}
        connection.execute(plans.insert().values(**limits | plan))
        known = {
            "users": user,
            "plans": {"id": "first"},
            "training_jobs": job,
            "subscriptions": {"status": "active"},
        }
        fill(connection, [table for table in tables if table.name != "plans"], known)
        held = rows_of(connection, tables)
    database.close()
    return held


def test_nothing_that_was_stored_is_lost(address: str, first_release: dict[str, dict[str, Any]]) -> None:
    database = Database(address)
    database.migrate()
    with database.engine.connect() as connection:
        now = {table.name: table for table in tables_of(connection)}
        for name, held in first_release.items():
            gone = set(held) - set(now[name].columns.keys())
            assert gone == REPLACED.get(name, set()), f"{name} lost {gone}"
            kept = [column for column in held if column not in gone]
            query = select(*(now[name].c[column] for column in kept))
            rows = [dict(row) for row in connection.execute(query).mappings()]
            assert {column: held[column] for column in kept} in rows, name
        assert inspect(connection).get_foreign_keys("training_jobs")
    database.close()


def test_its_people_sign_in_and_find_their_sessions(
    address: str, first_release: dict[str, dict[str, Any]], tmp_path: Path
) -> None:
    app = create_app(make_settings(tmp_path / "data", DATABASE_URL=address))
    services = app.extensions[KEY]
    tokens = services.accounts.sign_in(EMAIL, PASSWORD)
    client = signed_in(app, tokens)
    (session,) = client.get("/api/training/list-sessions").json["sessions"]
    assert UUID(session["sessionId"]) == UUID(str(first_release["sessions"]["id"]))
    (job,) = client.get("/api/v1/training/jobs").json["jobs"]
    assert (UUID(job["id"]), job["status"]) == (UUID(str(first_release["training_jobs"]["id"])), "completed")
    assert client.get("/api/v1/usage").json["plan"]["id"] == "first"
    services.runner.stop()
    services.database.close()
