"""Fixtures of the engine: a house with toy workloads, and workers for the tests that want them."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.jobs.runner import JobRunner
from services.settings import Settings
from services.storage.database import Database
from tests.clusters import cluster_environment
from tests.daemons import PostgresServer, RedisServer
from tests.jobs.house import House


@pytest.fixture
def installation(tmp_path: Path, request: pytest.FixtureRequest) -> dict[str, str]:
    """Where the engine works: TEST_RUNNER=celery takes every test of it to a real Redis and PostgreSQL."""
    folder = tmp_path / "data"
    folder.mkdir()
    if os.environ.get("TEST_RUNNER") == "celery":
        redis: RedisServer = request.getfixturevalue("redis")
        postgres: PostgresServer = request.getfixturevalue("postgres")
        return {"DATA_DIR": str(folder), **cluster_environment(redis, postgres.migrated())}
    shutil.copy(request.getfixturevalue("migrated"), folder / "trainyard.db")
    return {"DATA_DIR": str(folder)}


@pytest.fixture
def house(installation: dict[str, str]) -> Iterator[House]:
    settings = Settings.from_env(
        {
            **installation,
            "TRAINYARD_WORKERS": "1",
            "TRAINYARD_WORKERS_START": "cold",
            "TRAINYARD_LEASE_SECONDS": "2",
            "TRAINYARD_EXTRA_WORKLOADS": "tests.toy_workloads",
            "TRAINYARD_LOG_LEVEL": "error",
        }
    )
    database = Database(settings.database_url)
    yield House(settings, database)
    database.close()


@pytest.fixture
def runner(house: House) -> Iterator[JobRunner]:
    """Real worker processes; they start cold, since toys need nothing heavy."""
    runner = house.runner()
    runner.start_workers()
    yield runner
    runner.stop()
