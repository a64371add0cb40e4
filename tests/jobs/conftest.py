"""Fixtures of the engine: a house with toy workloads, and workers for the tests that want them."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from services.jobs.local import LocalRunner
from services.settings import Settings
from services.storage.database import Database
from tests.jobs.house import House


@pytest.fixture
def house(tmp_path: Path, migrated: Path) -> Iterator[House]:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(migrated, folder / "trainyard.db")
    settings = Settings.from_env(
        {
            "DATA_DIR": str(folder),
            "TRAINYARD_WORKERS": "1",
            "TRAINYARD_LEASE_SECONDS": "2",
            "TRAINYARD_EXTRA_WORKLOADS": "tests.toy_workloads",
            "TRAINYARD_LOG_LEVEL": "error",
        }
    )
    database = Database(settings.database_url)
    yield House(settings, database)
    database.close()


@pytest.fixture
def runner(house: House) -> Iterator[LocalRunner]:
    """Real worker processes; they start cold, since toys need nothing heavy."""
    runner = house.runner()
    runner.start_workers()
    yield runner
    runner.stop()
