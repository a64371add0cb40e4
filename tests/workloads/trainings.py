"""Forecast trainings worked on without a server; also a program, for a worker process that gets killed."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path
from typing import Any

import pytest

from services.events import Event
from services.forecasting.models import keras_loop
from services.jobs import Jobs, JobView
from services.jobs.checkpoints import Pace
from services.settings import Settings
from services.storage.database import Database
from services.workloads.forecast import exports
from tests.jobs.house import House
from tests.workloads.by_hand import dataset_config

EPOCHS = 40
NET = {"MODE": "Dense", "N": 8, "LAY": 1, "EP": EPOCHS, "PATIENCE": EPOCHS}
KILLED = "killed"  # the worker that will be


def open_house(folder: Path) -> House:
    """A house in which a checkpoint is taken after every epoch."""
    (folder / "blobs").mkdir(exist_ok=True)
    settings = {"DATA_DIR": str(folder), "TRAINYARD_CHECKPOINT_SECONDS": "0"}
    if "DATABASE_URL" in os.environ:  # of the one whose job it is
        settings["DATABASE_URL"] = os.environ["DATABASE_URL"]
    about = Settings.from_env(settings)
    return House(about, Database(about.database_url))


def submit(house: House, **net: Any) -> tuple[Jobs, JobView]:
    jobs, session = house.jobs(), house.add_session(house.user)
    data = dataset_config(house.settings.data_dir / "blobs", days=25)
    config = {**data, "session_id": str(session), "model": {**NET, **net}, "importance": False}
    return jobs, jobs.submit(house.user, "forecast", config, session_id=session)


def work(house: House, worker_id: str = "by-hand") -> None:
    """As a worker would; without the files for download, which take longest."""
    with pytest.MonkeyPatch.context() as patch:
        nothing: dict[str, Any] = {"plots": [], "archive_key": "none", "archive_bytes": 0}
        patch.setattr(exports, "export", lambda *_given: nothing)
        house.work(house.claim(worker_id))


def main(folder: Path, every: int, until: int) -> None:
    """Work on the first job that waits; then on a second one, with a checkpoint after so many epochs and
    every epoch told at once, until the process is killed in the middle of the epoch after this one."""
    house = open_house(folder)
    work(house)
    offers = itertools.count(1)

    def die(event: Event) -> None:
        if (event.type, event.data.get("epoch")) == ("metrics", until):
            os.kill(os.getpid(), signal.SIGKILL)

    house.bus.subscribe(die)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Pace, "is_due", lambda _pace: next(offers) % every == 0)
        for name in ("REPORT_SECONDS", "REPORT_COST"):
            patch.setattr(keras_loop, name, 0.0)
        work(house, KILLED)


if __name__ == "__main__":
    main(Path(sys.argv[1]), *map(int, sys.argv[2:]))
