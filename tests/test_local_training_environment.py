"""Trainings from Python by the names of the contract, done by the same engine and its real workers."""

from __future__ import annotations

import math
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import numpy as np
import pytest
from pydantic import BaseModel
from sqlalchemy.orm import Session

from examples.server import ROOT
from services.local_training_environment import (
    DeviceDetectionError,
    DeviceManager,
    DeviceManagerInterface,
    LocalTrainingEnvironment,
    LocalTrainingEnvironmentInterface,
    LocalTrainingError,
    TrainingProgress,
    TrainingProgressError,
)
from services.retention import Retention
from services.settings import Settings
from services.storage.database import Database
from services.storage.tables import now
from services.wiring import Services, build
from tests.conftest import COLD, PASSWORD
from tests.jobs.house import until

STATUS_KEYS = {"job_id", "job_name", "status", "start_timestamp", "end_timestamp", "environment"}
PROGRESS_KEYS = {
    "epoch",
    "total_epochs",
    "epoch_progress",
    "batch_progress",
    "train_loss",
    "val_loss",
    "elapsed_time",
    "estimated_remaining",
}
TRAIN = np.arange(36, dtype=np.float32).reshape(12, 3)
VALIDATION = TRAIN[:4] + 1


@pytest.fixture(scope="module")
def engine(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Services]:
    folder = tmp_path_factory.mktemp("engine") / "data"
    folder.mkdir()
    shutil.copy(migrated, folder / "trainyard.db")
    environment = {
        "DATA_DIR": str(folder),
        "TRAINYARD_WORKERS": "1",
        "TRAINYARD_EXTRA_WORKLOADS": "tests.embedding_workload,tests.toy_workloads",
        "TRAINYARD_CHECKPOINT_SECONDS": "0.1",
        **COLD,
        "TRAINYARD_LOG_LEVEL": "error",
    }
    services = build(Settings.from_env(environment))
    services.runner.start_workers()
    yield services
    services.runner.stop()
    services.database.close()


@pytest.fixture
def user(engine: Services) -> UUID:
    return engine.accounts.sign_up(f"{uuid4().hex}@example.org", PASSWORD).user.id


@pytest.fixture
def local(engine: Services, user: UUID) -> LocalTrainingEnvironment:
    return LocalTrainingEnvironment(engine, user, "toy_mean")


def losses(epochs: int) -> list[float]:
    """What tests.embedding_workload comes to after each epoch."""
    mean, found = np.zeros(3), []
    for _ in range(epochs):
        for at in (0, 4, 8):
            mean += 0.5 * (TRAIN[at : at + 4].mean(axis=0) - mean)
        found.append(float(((TRAIN - mean) ** 2).mean()))
    return found


def ended(local: LocalTrainingEnvironment, job_id: int) -> dict[str, Any]:
    return until(lambda: (status := local.get_job_status(job_id))["end_timestamp"] and status, 60)


def test_a_training_is_started_followed_and_done(local: LocalTrainingEnvironment, engine: Services) -> None:
    interface: LocalTrainingEnvironmentInterface = local
    job_id = interface.start_training_job({"epochs": 4, "job_name": "Mean of all"}, TRAIN, VALIDATION)
    assert isinstance(job_id, int)
    status = ended(local, job_id)
    assert status.keys() == STATUS_KEYS | {"progress"}
    assert (status["job_id"], status["job_name"], status["environment"]) == (job_id, "Mean of all", "local")
    assert status["status"] == "completed"
    assert status["start_timestamp"] < status["end_timestamp"] <= now().isoformat()
    progress = status["progress"]
    assert progress.keys() == PROGRESS_KEYS
    assert (progress["epoch"], progress["total_epochs"]) == (4, 4)
    assert (progress["epoch_progress"], progress["batch_progress"]) == (100.0, 100.0)
    assert progress["estimated_remaining"] is None
    assert progress["val_loss"] > 0 and 0 < progress["train_loss"] < 200
    job = engine.jobs.get(local._user_id, UUID(int=job_id))
    assert job.outcome is not None
    assert ((TRAIN - job.outcome["mean"]) ** 2).mean() == pytest.approx(progress["train_loss"])
    assert progress["train_loss"] == pytest.approx(losses(4)[-1])


def test_a_job_has_one_number_in_every_environment_and_after_every_restart(
    local: LocalTrainingEnvironment, engine: Services, user: UUID
) -> None:
    job_id = local.start_training_job({}, TRAIN, VALIDATION)
    again = LocalTrainingEnvironment(engine, user, "toy_mean")
    ended(again, job_id)
    elsewhere = build(engine.settings)  # another process would see the same
    try:
        later = LocalTrainingEnvironment(elsewhere, user, "toy_mean")
        assert later.get_job_status(job_id) == local.get_job_status(job_id)
        assert [job["job_id"] for job in later.list_training_jobs()] == [job_id]
    finally:
        elsewhere.database.close()


def test_jobs_are_listed_the_newest_first_and_those_of_others_never(
    local: LocalTrainingEnvironment, engine: Services, user: UUID
) -> None:
    assert local.list_training_jobs() == []
    started = [local.start_training_job({"epochs": 1}, TRAIN, VALIDATION) for _ in range(3)]
    engine.jobs.submit(user, "toy_count", {"n": 1})  # of another workload
    for job_id in started:
        ended(local, job_id)
    listed = local.list_training_jobs()
    assert [job["job_id"] for job in listed] == started[::-1]
    assert listed == [local.get_job_status(job_id) for job_id in started[::-1]]
    stranger = engine.accounts.sign_up(f"{uuid4().hex}@example.org", PASSWORD).user.id
    theirs = LocalTrainingEnvironment(engine, stranger, "toy_mean")
    assert theirs.list_training_jobs() == []
    with pytest.raises(LocalTrainingError, match="no training job"):
        theirs.get_job_status(started[0])


def test_an_unknown_job_is_an_error_everywhere(
    local: LocalTrainingEnvironment, engine: Services, user: UUID
) -> None:
    other_kind = engine.jobs.submit(user, "toy_count", {"n": 1}).id.int
    unknown: list[Any] = [7, -1, 2**128, other_kind, None, "7", 1.5]
    for job_id in unknown:
        for ask in (local.get_job_status, local.cancel_training_job, local.monitor):
            with pytest.raises(LocalTrainingError, match=f"no training job {job_id}") as error:
                ask(job_id)
            assert error.value.code == "JOB_NOT_FOUND"


def test_cancelling_stops_a_training_within_a_batch_and_what_has_ended_stays(
    local: LocalTrainingEnvironment,
) -> None:
    job_id = local.start_training_job({"epochs": 1000, "pause": 0.02}, TRAIN, VALIDATION)
    until(lambda: local.get_job_status(job_id).get("progress"))
    assert local.get_job_status(job_id)["status"] == "running"
    assert local.get_environment_info()["active_jobs"] == [job_id]
    assert local.cancel_training_job(job_id) is True
    assert ended(local, job_id)["status"] == "cancelled"
    assert local.cancel_training_job(job_id) is False
    assert local.get_job_status(job_id)["progress"]["epoch"] < 1000
    assert local.get_environment_info()["active_jobs"] == []


def test_what_waits_is_pending_and_can_be_called_off(local: LocalTrainingEnvironment) -> None:
    """One worker: the second job waits."""
    first = local.start_training_job({"epochs": 1000, "pause": 0.02}, TRAIN, VALIDATION)
    until(lambda: local.get_job_status(first).get("progress"))
    second = local.start_training_job({}, TRAIN, VALIDATION)
    status = local.get_job_status(second)
    assert status.keys() == STATUS_KEYS
    assert (status["status"], status["start_timestamp"], status["end_timestamp"]) == ("pending", None, None)
    assert local.cancel_training_job(second) is True
    assert local.get_job_status(second)["status"] == "cancelled"
    assert local.cancel_training_job(first) is True
    ended(local, first)


def test_callbacks_and_history_tell_what_the_training_loop_told(local: LocalTrainingEnvironment) -> None:
    job_id = local.start_training_job({"epochs": 5, "pause": 0.05}, TRAIN, VALIDATION)
    monitor = local.monitor(job_id)
    heard: list[TrainingProgress] = []
    monitor.add_callback(heard.append)
    ended(local, job_id)
    until(lambda: heard and heard[-1].epoch_progress == 100.0)
    history = monitor.get_history()
    epochs = [record for record in history if record.epoch_finished]
    assert [record.epoch for record in epochs] == [1, 2, 3, 4, 5]
    assert [record.train_loss for record in epochs] == pytest.approx(losses(5))
    for record in history:
        assert (record.job_id, record.total_epochs, record.total_batches) == (job_id, 5, 3)
        assert record.learning_rate == 0.5
        assert 1 <= record.batch <= 3
        assert record.memory_usage and record.elapsed_time > 0
    assert all(record.val_loss is not None for record in epochs)
    assert any(not record.epoch_finished for record in history)
    assert monitor.get_history() == history  # reading consumes nothing
    assert monitor.get_latest_progress() == history[-1]
    assert heard == [record for record in history if record in heard]
    assert local.monitor(job_id).get_history() == history  # it lies in the database


@pytest.mark.parametrize("how", ["paused", "killed"])
def test_a_training_that_was_interrupted_is_one_curve(
    local: LocalTrainingEnvironment, engine: Services, user: UUID, how: str
) -> None:
    epochs = 60
    job_id = local.start_training_job({"epochs": epochs, "pause": 0.01}, TRAIN, VALIDATION)
    monitor, job = local.monitor(job_id), UUID(int=job_id)
    until(lambda: "checkpoint" in [event.type for event in engine.jobs.events(user, job)], 60)
    if how == "paused":
        engine.jobs.pause(user, job)
        until(lambda: local.get_job_status(job_id)["status"] == "paused", 60)
        assert local.get_job_status(job_id)["progress"]["estimated_remaining"] is None
        engine.jobs.resume(user, job)
    else:
        monitor.get_history()  # what it knows of the attempt that gets lost must go
        worker = next(each for each in engine.workforce.workers(user) if each["job_id"] == str(job))
        os.kill(worker["pid"], signal.SIGKILL)
    assert ended(local, job_id)["status"] == "completed"
    assert engine.jobs.get(user, job).attempt == 2
    for read in (monitor, local.monitor(job_id)):
        history = read.get_history()
        told = [record for record in history if record.epoch_finished]
        assert [record.epoch for record in told] == list(range(1, epochs + 1))
        assert [record.train_loss for record in told] == pytest.approx(losses(epochs), rel=1e-12)
        assert history == sorted(history, key=lambda each: (each.epoch, each.epoch_finished, each.batch))


def test_a_stopped_monitor_calls_nobody_and_still_reads(local: LocalTrainingEnvironment) -> None:
    job_id = local.start_training_job({"epochs": 200, "pause": 0.01}, TRAIN, VALIDATION)
    monitor = local.monitor(job_id)
    heard: list[TrainingProgress] = []
    monitor.add_callback(heard.append)
    until(lambda: heard)
    monitor.stop()
    count = len(heard)
    latest = monitor.get_latest_progress()
    assert latest is not None
    until(lambda: monitor.get_latest_progress() != latest)
    assert len(heard) == count
    with pytest.raises(TrainingProgressError, match="stopped"):
        monitor.add_callback(heard.append)
    local.cancel_training_job(job_id)
    ended(local, job_id)


def test_a_loss_that_is_no_number_is_null_in_the_status_and_nan_in_the_history(
    local: LocalTrainingEnvironment,
) -> None:
    job_id = local.start_training_job({"epochs": 1, "diverge": True}, TRAIN, VALIDATION)
    assert ended(local, job_id)["progress"]["train_loss"] is None
    latest = local.monitor(job_id).get_latest_progress()
    assert latest is not None and math.isnan(latest.train_loss)


def test_the_same_embeddings_are_stored_once_and_kept_while_a_job_names_them(
    local: LocalTrainingEnvironment, engine: Services
) -> None:
    mine = np.random.default_rng(5).normal(size=(6, 2))
    for _ in range(2):
        ended(local, local.start_training_job({"epochs": 1}, mine, mine))
    before = set(engine.blobs.list("embeddings/"))
    orphan = np.zeros((1, 5))
    with pytest.raises(LocalTrainingError, match="epochs"):
        local.start_training_job({"epochs": 0}, orphan, orphan)
    assert len(set(engine.blobs.list("embeddings/")) - before) == 1
    moment = [now()]
    retention = Retention(engine.database, engine.blobs, engine.settings, clock=lambda: moment[0])
    for hours in (0, 2):
        moment[0] += timedelta(hours=hours)
        retention.sweep()
    assert set(engine.blobs.list("embeddings/")) == before


class PydanticConfig(BaseModel):
    epochs: int = 2
    device: str = "cpu"


@dataclass
class PlainConfig:
    epochs: int = 2
    device: str = "auto"
    job_name: str = "plain"


@pytest.mark.parametrize("config", [PydanticConfig(), PlainConfig(), {"epochs": 2}])
def test_a_config_may_be_of_any_usual_kind(local: LocalTrainingEnvironment, config: Any) -> None:
    progress = ended(local, local.start_training_job(config, TRAIN, VALIDATION))["progress"]
    assert progress["total_epochs"] == 2


BAD = np.array([[1.0, math.nan], [1.0, 2.0]])


@pytest.mark.parametrize(
    ("config", "train", "validation", "code", "message"),
    [
        ({"epoch": 3}, TRAIN, VALIDATION, "INVALID_CONFIG", "epoch is no known field"),
        ({"learning_rate": 2}, TRAIN, VALIDATION, "INVALID_CONFIG", "learning_rate is 2"),
        (7, TRAIN, VALIDATION, "INVALID_CONFIG", "config is int"),
        ({"train_embeddings": 1}, TRAIN, VALIDATION, "INVALID_CONFIG", "stand in the config already"),
        ({}, BAD, VALIDATION, "INVALID_EMBEDDINGS", "1 of the 2 rows of train_embeddings"),
        ({}, TRAIN, TRAIN[:, :2], "INVALID_EMBEDDINGS", r"rows of one width, not of \[3, 2\]"),
        ({}, TRAIN, TRAIN[:0], "INVALID_EMBEDDINGS", "val_embeddings has the shape"),
        ({}, TRAIN[0], VALIDATION, "INVALID_EMBEDDINGS", "train_embeddings has the shape"),
        ({}, TRAIN.astype(int), VALIDATION, "INVALID_EMBEDDINGS", "holds int64"),
        ({}, [["a", "b"]], VALIDATION, "INVALID_EMBEDDINGS", "embeddings are float16, float32, float64"),
        ({}, [[1.0], [1.0, 2.0]], VALIDATION, "INVALID_EMBEDDINGS", "no array"),
    ],
)
def test_what_cannot_be_trained_is_refused_and_leaves_no_job(
    local: LocalTrainingEnvironment, config: Any, train: Any, validation: Any, code: str, message: str
) -> None:
    with pytest.raises(LocalTrainingError, match=message) as error:
        local.start_training_job(config, train, validation)
    assert error.value.code == code
    assert local.list_training_jobs() == []


def test_a_missing_or_unfit_workload_is_named(engine: Services, user: UUID) -> None:
    with pytest.raises(LocalTrainingError, match="no workload 'autoencoder_of_tomorrow'") as error:
        LocalTrainingEnvironment(engine, user, "autoencoder_of_tomorrow").start_training_job(
            {}, TRAIN, VALIDATION
        )
    assert error.value.code == "WORKLOAD_NOT_FOUND"
    with pytest.raises(LocalTrainingError, match="does not learn from embeddings"):
        LocalTrainingEnvironment(engine, user, "toy_count").start_training_job({}, TRAIN, VALIDATION)


def test_a_device_that_no_worker_has_is_an_error(local: LocalTrainingEnvironment, engine: Services) -> None:
    until(lambda: engine.workforce.devices())
    with pytest.raises(DeviceDetectionError, match="no device cuda here; there is cpu"):
        local.start_training_job({"device": "cuda"}, TRAIN, VALIDATION)
    with pytest.raises(DeviceDetectionError, match="'gpu' is no device"):
        local.start_training_job({"device": "gpu"}, TRAIN, VALIDATION)
    assert local.list_training_jobs() == []


def test_a_session_or_database_of_elsewhere_is_refused(
    local: LocalTrainingEnvironment, engine: Services, tmp_path: Path
) -> None:
    with Session(engine.database.engine) as ours:
        job_id = local.start_training_job({"epochs": 1}, TRAIN, VALIDATION, ours)
        assert local.get_job_status(job_id, engine.database)["job_id"] == job_id
        assert [job["job_id"] for job in local.list_training_jobs(ours)] == [job_id]
        until(lambda: local.get_job_status(job_id, ours)["end_timestamp"])
        assert local.cancel_training_job(job_id, ours) is False
    other = Database(f"sqlite:///{tmp_path / 'other.db'}")
    with Session(other.engine) as theirs:
        for db in (theirs, other):
            with pytest.raises(LocalTrainingError, match="another database") as error:
                local.start_training_job({}, TRAIN, VALIDATION, db)
            assert error.value.code == "OTHER_DATABASE"
            with pytest.raises(LocalTrainingError, match="another database"):
                local.list_training_jobs(db)
    other.close()


def test_the_environment_describes_itself_without_torch(local: LocalTrainingEnvironment) -> None:
    before = "torch" in sys.modules
    manager: DeviceManagerInterface = DeviceManager("cpu")
    info = local.get_environment_info()
    assert info.keys() == {
        "device_info",
        "memory_usage",
        "embedding_service",
        "active_jobs",
        "pytorch_version",
        "cuda_available",
        "mps_available",
    }
    assert info["device_info"].keys() == manager.device_info.keys()
    assert info["memory_usage"]["total_mb"] > 0
    assert info["pytorch_version"][0].isdigit()
    assert (info["cuda_available"], info["mps_available"]) == (False, False)
    assert ("torch" in sys.modules) == before


def test_what_the_document_shows_works(engine: Services, user: UUID) -> None:
    text = (ROOT / "docs" / "local-training.md").read_text(encoding="utf-8")
    shown = text.split("```python\n")[1].split("```")[0]
    names: dict[str, Any] = {
        "services": engine,
        "user_id": user,
        "workload": "toy_mean",
        "train_embeddings": TRAIN,
        "val_embeddings": VALIDATION,
    }
    exec(shown, names)
    assert ended(names["environment"], names["job_id"])["job_name"] == "Nightly"
