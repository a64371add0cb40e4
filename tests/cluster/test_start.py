"""Who may work on an installation: machines with the same folder and the same database, nobody else."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from examples.server import ROOT, free_port
from services.installation import CannotStart, identify
from services.storage.database import Database
from tests.clusters import Cluster, machine
from tests.daemons import PostgresServer


@pytest.fixture
def database(postgres: PostgresServer) -> Database:
    database = Database(postgres.migrated())
    yield database
    database.close()


def test_all_machines_with_the_same_folder_are_one_installation(database: Database, tmp_path: Path) -> None:
    assert identify(database, tmp_path) == identify(database, tmp_path)


def test_a_folder_that_is_not_the_shared_one_is_refused(database: Database, tmp_path: Path) -> None:
    name = identify(database, tmp_path / "shared")
    with pytest.raises(CannotStart, match=f"has no installation_id.*{name}.*Mount the folder"):
        identify(database, tmp_path / "own")
    assert not (tmp_path / "own").exists(), "and is not made one"


def test_the_folder_of_another_installation_is_refused(
    database: Database, postgres: PostgresServer, tmp_path: Path
) -> None:
    other = Database(postgres.migrated())
    identify(other, tmp_path / "other")
    other.close()
    identify(database, tmp_path / "ours")
    with pytest.raises(CannotStart, match=r"not.*from the same installation"):
        identify(database, tmp_path / "other")


@pytest.mark.slow
@pytest.mark.parametrize("entry", ["app.py", "-m services.jobs.cluster_worker"])
def test_a_machine_without_the_shared_folder_does_not_start(
    cluster: Cluster, tmp_path: Path, entry: str
) -> None:
    run = subprocess.run(
        [sys.executable, *entry.split()],
        cwd=ROOT,
        env={
            "PATH": "/usr/bin:/bin",
            **cluster.environment,
            "DATA_DIR": str(tmp_path),
            "PORT": str(free_port()),
        },
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 2
    assert f"DATA_DIR={tmp_path} is not the folder of this installation" in run.stderr
    assert "Traceback" not in run.stderr


def test_a_worker_without_a_cluster_does_not_start(tmp_path: Path) -> None:
    run = subprocess.run(
        [sys.executable, "-m", "services.jobs.cluster_worker"],
        cwd=ROOT,
        env=machine({"DATA_DIR": str(tmp_path)}),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert run.returncode == 2
    assert "JOB_RUNNER=celery" in run.stderr
