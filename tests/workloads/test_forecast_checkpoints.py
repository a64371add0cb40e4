"""Forecast trainings through the engine: paused, killed, resumed by others, always to the very same end."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from services.events import Event
from services.jobs import Jobs, JobView
from services.jobs.lease import take_back
from services.workloads.forecast import WORKLOADS, checkpoints
from services.workloads.forecast import config as forecast_config
from services.workloads.forecast.config import ForecastConfig
from tests.jobs.house import House
from tests.workloads.by_hand import dataset_config
from tests.workloads.trainings import EPOCHS, KILLED, open_house, submit, work

pytest.importorskip("keras")

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[House]:
    folder = tmp_path_factory.mktemp("house")
    shutil.copy(migrated, folder / "trainyard.db")
    house = open_house(folder)
    yield house
    house.database.close()


def pause_at(house: House, jobs: Jobs, job: JobView, epoch: int) -> None:
    """Ask for it as soon as the checkpoint of this epoch is stored."""

    def ask(event: Event) -> None:
        if (event.job_id, event.type, event.data.get("epoch")) == (job.id, "checkpoint", epoch):
            jobs.pause(house.user, job.id)

    house.bus.subscribe(ask)


def curve(house: House, job: JobView, key: str = "val_loss") -> list[tuple[int | None, float | None]]:
    points = house.jobs().records.metrics(house.user, job.id, keys=[key])
    return [(point.epoch, point.value) for point in points]


def results(house: House, job: JobView) -> dict[str, Any]:
    """What must not depend on how often a job was stopped."""
    outcome = house.jobs().get(house.user, job.id).outcome
    assert outcome is not None
    names = ("evaluation_metrics", "epochs_completed", "stopped_early", "notes", "skill")
    return {name: outcome["results"][name] for name in names}


@pytest.fixture(scope="module")
def whole(house: House) -> JobView:
    """A training that nobody disturbed."""
    jobs, job = submit(house)
    work(house)
    assert jobs.get(house.user, job.id).status == "completed"
    assert [epoch for epoch, _ in curve(house, job)] == list(range(1, EPOCHS + 1))
    return job


def assert_as_if_undisturbed(house: House, job: JobView, whole: JobView) -> None:
    assert house.jobs().get(house.user, job.id).status == "completed"
    for key in ("val_loss", "loss"):
        assert curve(house, job, key) == curve(house, whole, key), "the same values, none missing or double"
    assert results(house, job) == results(house, whole)


@pytest.mark.slow
def test_paused_or_killed_and_resumed_by_another_process_it_ends_as_if_never_disturbed(
    house: House, whole: JobView
) -> None:
    """The other process resumes the paused training, then is killed in the middle of one of its own."""
    jobs, paused = submit(house)
    pause_at(house, jobs, paused, 3)
    work(house)
    stopped_at = len(curve(house, paused))
    assert jobs.get(house.user, paused.id).status == "paused"
    assert 3 <= stopped_at < EPOCHS
    assert jobs.records.checkpoints(house.user, paused.id)[0].epoch == stopped_at
    jobs.resume(house.user, paused.id)
    killed = submit(house)[1]
    other = [sys.executable, "-m", "tests.workloads.trainings", str(house.settings.data_dir), "5", "13"]
    there = {**os.environ, "DATABASE_URL": house.settings.database_url}
    assert subprocess.run(other, cwd=ROOT, env=there, check=False).returncode == -signal.SIGKILL
    assert [event.type for event in take_back(house.database, house.plans, KILLED)] == ["requeued"]
    assert [epoch for epoch, _ in curve(house, killed)] == list(range(1, 14))
    work(house)
    for job, begun_at in ((paused, stopped_at), (killed, 10)):
        assert_as_if_undisturbed(house, job, whole)
        first, second = jobs.records.attempts(house.user, job.id)
        assert (first.cursor, second.cursor > 0) == (0, True)
        points = jobs.records.metrics(house.user, job.id, keys=["loss"])
        assert [point.attempt for point in points] == [1] * begun_at + [2] * (EPOCHS - begun_at)
        assert list(house.blobs.list(f"checkpoints/{job.id}/")) == []
        events = jobs.events(house.user, job.id)
        assert [event.seq for event in events] == list(range(1, len(events) + 1))


def test_the_stored_model_is_the_best_though_training_went_on_to_worse(house: House) -> None:
    jobs, job = submit(house, LEARNING_RATE=0.5)
    pause_at(house, jobs, job, 12)
    work(house)
    rows = jobs.records.checkpoints(house.user, job.id)
    best, last = (next(row for row in rows if row.kind == kind) for kind in ("best", "last"))
    assert best.sha256 != last.sha256
    jobs.resume(house.user, job.id)
    work(house)
    losses = [value for _, value in curve(house, job) if value is not None]
    assert min(losses) < losses[-1]
    found = results(house, job)["evaluation_metrics"]["val_metrics_scaled"]["MSE"]
    assert found == pytest.approx(min(losses), rel=1e-3)


def test_a_pause_asked_for_in_the_last_epoch_is_answered_by_completion(house: House, whole: JobView) -> None:
    jobs, job = submit(house)
    pause_at(house, jobs, job, EPOCHS - 1)
    work(house)
    ended = jobs.get(house.user, job.id)
    assert (ended.attempt, ended.requested_action) == (1, "none")
    assert_as_if_undisturbed(house, job, whole)
    assert "pause_requested" in house.told(job.id)
    assert "paused" not in house.told(job.id)


def test_a_training_that_is_ended_early_is_evaluated_and_stored_with_its_best_weights(house: House) -> None:
    jobs, job = submit(house, LEARNING_RATE=0.5)

    def ask(event: Event) -> None:
        if (event.job_id, event.type, event.data.get("epoch")) == (job.id, "checkpoint", 12):
            jobs.finish(house.user, job.id)

    house.bus.subscribe(ask)
    work(house)
    ended = jobs.get(house.user, job.id)
    assert (ended.status, ended.reason) == ("completed", "stopped_by_user")
    assert ended.outcome is not None
    results = ended.outcome["results"]
    epochs, losses = results["epochs_completed"], [value or 0.0 for _, value in curve(house, job)]
    assert 12 <= epochs == len(losses) < EPOCHS
    assert (results["stopped_by_user"], results["stopped_early"]) == (True, False)
    assert min(losses) < losses[-1], "the last weights are not the best"
    found = results["evaluation_metrics"]["val_metrics_scaled"]["MSE"]
    assert found == pytest.approx(min(losses), rel=1e-3)
    fitted = next(event for event in jobs.events(house.user, job.id) if event.type == "fitted")
    assert fitted.data["stopped_by_user"] is True


def test_a_training_that_goes_on_with_other_threads_says_that_its_last_digits_may_differ(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It does go on: what was learned is worth more."""
    told = []
    for threads in (7, 9):
        monkeypatch.setattr(checkpoints, "threadpool_info", lambda: [{"num_threads": 7}])
        jobs, job = submit(house)
        pause_at(house, jobs, job, 2)
        work(house)
        there = [{"num_threads": threads}, {"num_threads": 1}]
        monkeypatch.setattr(checkpoints, "threadpool_info", lambda there=there: there)
        jobs.resume(house.user, job.id)
        work(house)
        assert jobs.get(house.user, job.id).status == "completed"
        lines = jobs.records.logs(house.user, job.id)
        told.append([line["message"] for line in lines if "last digits" in line["message"]])
    assert told[0] == []
    (line,) = told[1]
    assert "computed with 7 threads, this worker has 9" in line


@pytest.mark.parametrize("changed", ["data", "library"])
def test_a_checkpoint_of_other_data_or_another_library_is_refused(
    changed: str, house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As after an upgrade of the server that builds datasets or computes differently."""
    jobs, job = submit(house)
    pause_at(house, jobs, job, 2)
    work(house)
    if changed == "data":
        monkeypatch.setattr(forecast_config, "DATASET_FORMAT", 999)
    else:
        monkeypatch.setattr(checkpoints, "versions", lambda: {"tensorflow": "99.0"})
    jobs.resume(house.user, job.id)
    work(house)
    ended = jobs.get(house.user, job.id)
    assert ended.status == "failed"
    assert ended.error is not None
    assert ended.error["code"] == "CHECKPOINT_MISMATCH"
    assert "restart" in ended.allowed


@pytest.mark.parametrize(
    ("model", "can"),
    [
        *(({"MODE": mode}, True) for mode in ("Dense", "CNN", "LSTM", "AR LSTM", "NLinear", "DLinear")),
        *(({"MODE": mode}, False) for mode in ("AUTO", "LIN", "RIDGE", "SVR_dir", "SVR_MIMO", "LGBMR")),
        ({"MODE": "ENSEMBLE"}, True),
        ({"MODE": "ENSEMBLE", "MEMBERS": ["RIDGE", "LGBMR"]}, False),
    ],
)
def test_a_job_says_whether_it_can_be_paused_while_it_works(
    model: dict[str, Any], can: bool, tmp_path: Path
) -> None:
    config = ForecastConfig.model_validate({**dataset_config(tmp_path, days=3), "model": model})
    assert WORKLOADS["forecast"].resumable(config) is can
    assert WORKLOADS["forecast"].finishable(config) is can
