"""Stored events in the words of the page: every documented event with every documented field."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from services.events import Event
from services.events.news import news
from services.events.translate import duration, translate

STATE: dict[str, Any] = {
    "phase": "train",
    "current": 5.0,
    "total": 20.0,
    "percent": 28.75,
    "message": "Epoch 5 of 20",
    "epoch": 5,
    "eta_s": 90.0,
    "elapsed_s": 30.0,
    "model_name": "Dense",
    "total_epochs": 20,
}
MEASURED = {"loss": 0.5, "val_loss": None, "root_mean_squared_error": 0.7}


def event(kind: str, workload: str = "forecast", **data: Any) -> Event:
    at = "2026-03-01T12:00:00+00:00"
    return Event(uuid4(), uuid4(), uuid4(), workload, 7, kind, 1, at, data)


def said(kind: str, workload: str = "forecast", **data: Any) -> dict[str, dict[str, Any]]:
    """Payloads by event name."""
    return dict(translate(event(kind, workload, **data), "session_1_a"))


def test_progress_of_a_training_has_the_fields_of_the_page() -> None:
    told = said("progress", **STATE, metrics={})["training_progress"]
    assert told["session_id"] == "session_1_a"
    assert (told["status"], told["phase"], told["step"]) == ("processing", "training_execution", "train")
    assert (told["progress_percent"], told["phase_percent"]) == (28.75, 25.0)
    assert (told["current_iteration"], told["total_iterations"]) == (5.0, 20.0)
    assert (told["elapsed_seconds"], told["eta_seconds"]) == (30.0, 90.0)
    assert told["estimated_completion"] == "2026-03-01T12:01:30+00:00"
    assert (told["epoch"], told["total_epochs"], told["model_name"]) == (5, 20, "Dense")
    assert told["seq"] == 7


@pytest.mark.parametrize(
    ("phase", "status"),
    [("prepare", "data_transformation"), ("evaluate", "post_training"), ("export", "post_training")],
)
def test_each_phase_has_the_status_of_the_page(phase: str, status: str) -> None:
    assert said("progress", **{**STATE, "phase": phase})["training_progress"]["status"] == status


def test_an_epoch_moves_the_bar_and_adds_a_point_to_the_curve() -> None:
    told = said("metrics", **STATE, metrics=MEASURED)
    assert list(told) == ["training_progress", "training_metrics"]
    assert (told["training_progress"]["loss"], told["training_progress"]["val_loss"]) == (0.5, None)
    assert "seq" not in told["training_progress"]  # the stored event is complete only with the second
    point = told["training_metrics"]
    assert {"timestamp", "metrics_type", "accuracy", "val_accuracy", "epoch_duration"} <= set(point)
    assert (point["epoch"], point["loss"], point["root_mean_squared_error"]) == (5, 0.5, 0.7)
    assert (point["eta_seconds"], point["eta_formatted"], point["seq"]) == (90.0, "1m 30s", 7)


def test_a_batch_names_its_epoch() -> None:
    told = said("batch", **STATE, metrics={}, batch=10, total_batches=40, loss=0.4)
    assert told["training_progress"]["loss"] == 0.4
    batch = told["training_batch_progress"]
    assert (batch["batch"], batch["total_batches"], batch["loss"]) == (10, 40, 0.4)
    assert (batch["current_epoch"], batch["total_epochs"], batch["model_name"]) == (5, 20, "Dense")


def test_beginning_and_end_of_the_fit_are_told() -> None:
    assert said("fit_started", **STATE)["training_progress"]["status"] == "training_started"
    told = said("fitted", **STATE, epochs_completed=12, stopped_early=True, training_duration=200.0)
    end = told["training_progress"]
    assert (end["status"], end["epochs_completed"]) == ("model_training_completed", 12)
    assert (end["training_duration"], end["training_duration_formatted"]) == (200.0, "3m 20s")


def test_completed_is_said_once_after_the_full_bar() -> None:
    told = translate(event("completed", **STATE), "session_1_a")
    assert [name for name, _ in told] == ["training_progress", "training_completed"]
    assert (told[0][1]["progress_percent"], told[0][1]["model_type"]) == (100, "Dense")
    assert (told[1][1]["success"], told[1][1]["session_id"]) == (True, "session_1_a")


def test_a_failure_carries_its_code_sentence_and_way_out() -> None:
    error = {"code": "NO_SAMPLES", "error": "No window fits", "suggestion": "Use fewer steps"}
    told = said("failed", error=error, reason="data_error")["training_error"]
    assert (told["status"], told["error"], told["code"]) == ("failed", "No window fits", "NO_SAMPLES")
    assert told["suggestion"] == "Use fewer steps"
    lost = said("failed", error=None, reason="worker_lost")["training_error"]
    assert (lost["code"], lost["error"]) == ("worker_lost", "The job failed")


def test_a_dataset_speaks_in_keys_of_the_page() -> None:
    told = said("progress", "dataset", phase="export", percent=80.0, message=None)["dataset_status_update"]
    assert told["step"] == told["message"] == "violin.progress.savingToDatabase"
    assert (told["progress"], told["status"], told["eta_seconds"]) == (80.0, "processing", None)
    done = said("completed", "dataset")["dataset_status_update"]
    assert (done["progress"], done["step"]) == (100, "violin.progress.complete")
    failed = said("failed", "dataset", error={"code": "NO_SAMPLES", "error": "No window fits"})
    assert failed["dataset_status_update"]["error_details"] == "No window fits"


@pytest.mark.parametrize("workload", ["plot", "predict", "series_import"])
def test_small_jobs_are_not_heard(workload: str) -> None:
    assert said("completed", workload) == {}


@pytest.mark.parametrize(
    ("seconds", "text"), [(None, None), (45, "45s"), (200, "3m 20s"), (3900, "1h 05m"), (59.6, "1m 00s")]
)
def test_durations_are_written_as_people_say_them(seconds: float | None, text: str | None) -> None:
    assert duration(seconds) == text


def test_a_judged_fold_is_told_with_its_scores() -> None:
    told = said("fold", **STATE, fold=2, of=5, scores={"Load": {"MAE": 1.5}})
    assert (told["backtest_fold"]["fold"], told["backtest_fold"]["of"]) == (2, 5)
    assert told["backtest_fold"]["scores"] == {"Load": {"MAE": 1.5}}
    assert told["training_progress"]["phase"] == "training_execution"


def test_a_trial_of_a_search_is_told_with_the_best_so_far() -> None:
    told = said("trial", **STATE, trial={"number": 3, "value": 0.2}, best={"number": 1}, trials=20)
    assert told["search_trial"]["trial"] == {"number": 3, "value": 0.2}
    assert (told["search_trial"]["best"], told["search_trial"]["trials"]) == ({"number": 1}, 20)


def test_every_payload_says_which_kind_of_work_it_tells_of() -> None:
    for kind in ("forecast", "backtest", "search"):
        told = translate(event("completed", kind, **STATE), "session_1_a")
        assert {payload["workload"] for _, payload in told} == {kind}


def test_a_pause_is_told_from_the_request_to_the_resumption() -> None:
    assert said("pause_requested")["training_progress"]["status"] == "pausing"
    assert said("paused", **STATE)["training_paused"]["status"] == "paused"
    assert said("resumed", from_step=12)["training_resumed"]["status"] == "resumed"
    assert said("cancel_requested")["training_progress"]["status"] == "cancelling"


def test_tasks_are_told_by_their_counts_and_the_last_failures() -> None:
    counts = {"pending": 3, "completed": 1, "failed": 1}
    failures = [{"key": "2", "error": "No window fits"}]
    told = said("task", **STATE, counts=counts, failures=failures)
    assert told["training_tasks"]["counts"] == counts
    assert told["training_tasks"]["failures"] == failures
    assert told["training_progress"]["progress_percent"] == 28.75


@pytest.mark.parametrize(
    ("kind", "name", "status"),
    [
        ("queued", "job.status", "queued"),
        ("resumed", "job.status", "queued"),
        ("requeued", "job.status", "queued"),
        ("started", "job.status", "running"),
        ("paused", "job.status", "paused"),
        ("pause_requested", "job.status", "running"),
        ("cancel_requested", "job.status", "running"),
        ("changed", "job.status", None),
        ("progress", "job.progress", None),
        ("batch", "job.progress", None),
        ("checkpoint", "job.progress", None),
        ("a_kind_of_its_workload", "job.progress", None),
        ("metrics", "job.epoch", None),
        ("log", "job.log", None),
        ("task", "job.task", None),
        ("completed", "job.completed", "completed"),
        ("failed", "job.failed", "failed"),
        ("cancelled", "job.cancelled", "cancelled"),
    ],
)
def test_a_watcher_of_a_job_needs_to_know_eight_names_only(kind: str, name: str, status: str | None) -> None:
    stored = event(kind, "any", percent=3.0)
    told = news(stored)
    assert (told["name"], told["type"], told["seq"]) == (name, kind, 7)
    assert (told["data"].get("status"), told["data"]["percent"]) == (status, 3.0)
    assert told["data"].get("requested_action") == {
        "pause_requested": "pause",
        "cancel_requested": "cancel",
    }.get(kind)
    assert stored.data == {"percent": 3.0}
