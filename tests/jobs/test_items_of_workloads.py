"""Folds and trials as tasks: paused, killed and failed ones leave the result of a job that never stopped."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from sqlalchemy import select

from services.forecasting.errors import DataError
from services.jobs import JobView, execute
from services.jobs.local import LocalRunner
from services.storage.tables import JobRow, TrainingResultRow
from services.workloads.evidence import checksum
from services.workloads.search.dimensions import Dimension
from services.workloads.search.last_run import LastRun
from services.workloads.search.spaces import SPACES
from tests.jobs.house import House, finished, until
from tests.workloads.by_hand import dataset_config

TIMES = {"duration_seconds", "fit_seconds", "seconds", "predictions_key", "parameters", "archive_key"}


@pytest.fixture
def house(house: House) -> House:
    object.__setattr__(house.settings, "extra_workloads", ("tests.trapped_workloads",))
    return House(house.settings, house.database)


@pytest.fixture
def workers(house: House) -> Iterator[LocalRunner]:
    runner = house.runner()
    runner.start_workers()
    yield runner
    runner.stop()


def trap(what: str, *places: str) -> list[dict[str, str]]:
    return [{"at": place, "what": what} for place in places]


def backtest(house: House, **more: Any) -> JobView:
    values = {
        **dataset_config(house.settings.data_dir / "blobs", days=25),
        "model": more.pop("model", {"MODE": "LIN"}),
        "folds": {"count": 4, "holdout_percent": 10, "evaluate_holdout": True, **more.pop("folds", {})},
        **more,
    }
    return house.jobs().submit(house.user, "trapped_backtest", values)


PENALTY = Dimension(kind="real", low=1e-4, high=1e4, start=1.0, log=True).model_dump(mode="json")
SPACE = {"modes": {"RIDGE": {"ALPHA": PENALTY}, "LIN": {}}}


def search(house: House, **more: Any) -> JobView:
    values = {
        **dataset_config(house.settings.data_dir / "blobs", days=20),
        "model": {"MODE": "RIDGE"},
        "space": more.pop("space", SPACE),
        "trials": 5,
        "importance": False,
        **more,
    }
    session_id = house.add_session(house.user)
    return house.jobs().submit(house.user, "trapped_search", values, session_id=session_id)


def worked(house: House, job: JobView) -> JobView:
    """Here and now."""
    house.work(house.claim())
    return house.jobs().get(house.user, job.id)


def paused(house: House, job: JobView, done: int) -> JobView:
    """Worked on in a thread until a pause that is asked for when so many tasks are done."""
    jobs, worker = house.jobs(), Thread(target=lambda: house.work(house.claim()))
    worker.start()
    until(lambda: (jobs.get(house.user, job.id).counts or {}).get("completed") == done)
    jobs.pause(house.user, job.id)
    worker.join()
    return jobs.get(house.user, job.id)


def plain(value: Any) -> Any:
    """Without what two equal jobs may tell differently."""
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items() if name not in TIMES}
    return [plain(each) for each in value] if isinstance(value, list) else value


def results(job: JobView) -> Any:
    assert job.status == "completed", job.error
    return plain((job.outcome or {})["results"])


def predictions(house: House, job: JobView) -> dict[str, np.ndarray]:
    key = (job.outcome or {})["results"]["predictions_key"]
    with np.load(house.blobs.local_path(key, Path()), allow_pickle=False) as stored:
        return dict(stored)


def assert_same_predictions(house: House, one: JobView, other: JobView) -> None:
    first, second = predictions(house, one), predictions(house, other)
    assert first.keys() == second.keys()
    assert all(np.array_equal(first[name], second[name]) for name in first)


def tries(house: House, job: JobView) -> list[tuple[str, int, str]]:
    evidence = house.jobs().records.evidence(house.user, job.id)
    return [(key, each.attempt, each.status) for key, each in evidence]


@pytest.mark.parametrize("refit", [True, False])
def test_a_backtest_that_was_paused_has_the_tables_of_one_that_was_not(house: House, refit: bool) -> None:
    whole = worked(house, backtest(house, folds={"refit": refit}))
    job = paused(house, backtest(house, folds={"refit": refit}, traps=trap("hold", "Fold 2 of 4")), 1)
    assert (job.status, (job.counts or {})["completed"]) == ("paused", 2)
    assert (job.progress or {})["current"] == 2
    house.jobs().resume(house.user, job.id)
    ended = worked(house, job)
    assert results(ended) == results(whole)
    assert_same_predictions(house, ended, whole)
    keys = ["fold-1", "fold-2", "fold-3", "fold-4", "hold-out"]
    assert tries(house, job) == [(key, 1 + (k > 1), "completed") for k, key in enumerate(keys)]
    assert list(house.blobs.list(f"checkpoints/{job.id}/")) == []


def test_folds_that_fail_are_named_and_a_retry_does_them_alone(house: House, tmp_path: Path) -> None:
    whole = worked(house, backtest(house))
    traps = [*trap("fail", "Fold 2 of 4"), *trap("crash", "Fold 3 of 4")]
    job = worked(house, backtest(house, traps=traps, mended=str(tmp_path / "mended")))
    assert (job.status, job.reason) == ("completed", "partial")
    found = results(job)
    assert [each["fold"] for each in found["folds"]] == [1, 4]
    assert [(each["fold"], each["code"]) for each in found["missing_folds"]] == [
        (2, "TRAPPED"),
        (3, "INTERNAL_ERROR"),
    ]
    assert "2 of 4" in found["averages_over"]
    errors = [each["outputs"]["load"]["MAE"] for each in found["folds"]]
    assert found["spread"]["load"]["MAE"]["mean"] == pytest.approx(np.mean(errors))
    assert set(predictions(house, job)["fold"]) == {0, 1, 4}
    (tmp_path / "mended").touch()
    house.jobs().retry(house.user, job.id)
    ended = worked(house, job)
    assert (ended.reason, results(ended)) == (None, results(whole))
    assert_same_predictions(house, ended, whole)
    assert [key for key, attempt, _ in tries(house, job) if attempt == 2] == ["fold-2", "fold-3"]


def test_a_backtest_without_any_good_fold_has_failed(house: House) -> None:
    job = worked(house, backtest(house, traps=trap("fail", *(f"Fold {k} of 4" for k in range(1, 5)))))
    assert (job.status, job.reason) == ("failed", "all_tasks_failed")
    assert [each["code"] for each in (job.error or {})["details"]["failures"]] == ["TRAPPED"] * 4 + [
        "NO_FOLDS"
    ]


def test_a_cancelled_backtest_counts_what_was_not_done_and_can_be_taken_up_again(house: House) -> None:
    whole = worked(house, backtest(house))
    job = paused(house, backtest(house, traps=trap("hold", "Fold 2 of 4")), 1)
    house.jobs().cancel(house.user, job.id)
    job = house.jobs().get(house.user, job.id)
    counts = {"pending": 0, "running": 0, "completed": 2, "failed": 0, "cancelled": 3, "skipped": 0}
    assert (job.status, job.counts, (job.progress or {})["counts"]) == ("cancelled", counts, counts)
    house.jobs().retry(house.user, job.id)
    assert results(worked(house, job)) == results(whole)
    assert [attempt for _, attempt, _ in tries(house, job)] == [1, 1, 2, 2, 2]


def test_a_full_disk_ends_the_job_and_costs_no_fold(house: House, tmp_path: Path) -> None:
    whole = worked(house, backtest(house))
    traps = trap("full", "Fold 3 of 4")
    job = worked(house, backtest(house, traps=traps, mended=str(tmp_path / "mended")))
    assert (job.status, job.reason, house.used(house.user)) == ("failed", "disk_full", 1)
    assert [task.status for task in house.jobs().records.tasks(house.user, job.id)] == [
        "completed",
        "completed",
        "pending",
        "pending",
        "pending",
    ]
    (tmp_path / "mended").touch()
    house.jobs().retry(house.user, job.id)
    assert results(worked(house, job)) == results(whole)
    assert [attempt for _, attempt, _ in tries(house, job)] == [1, 1, 2, 2, 2]


def test_a_job_that_got_further_may_lose_a_worker_again(house: House) -> None:
    job = backtest(house)
    house.execute("update training_jobs set losses = 1 where id = :id", id=job.id.hex)
    worked(house, job)
    with house.database.read() as tx:
        assert tx.get_one(JobRow, job.id).losses == 0


def test_a_kept_forecast_that_is_damaged_is_made_anew(house: House) -> None:
    whole = worked(house, backtest(house))
    job = paused(house, backtest(house, traps=trap("hold", "Fold 2 of 4")), 1)
    for key in house.blobs.list(f"checkpoints/{job.id}/kept/fold-1"):
        (house.settings.data_dir / "blobs" / key).write_bytes(b"what a broken disk gives back")
    house.jobs().resume(house.user, job.id)
    ended = worked(house, job)
    assert results(ended) == results(whole)
    assert_same_predictions(house, ended, whole)


def test_evidence_says_what_computed_a_fold_and_what_came_out(house: House) -> None:
    job = worked(house, backtest(house))
    with_fold = predictions(house, job)
    for k, (_, each) in enumerate(house.jobs().records.evidence(house.user, job.id)[:4], start=1):
        assert (each.computed_by or "").startswith("LIN numpy ")
        assert each.checksum == checksum(with_fold["forecast"][with_fold["fold"] == k])
        assert each.details["n_test"] == (with_fold["fold"] == k).sum()
        assert (each.device, each.tried) == ("cpu", 1) and each.processing_ms > 0


@pytest.mark.slow
def test_after_a_kill_only_the_open_items_are_done(house: House, request: pytest.FixtureRequest) -> None:
    whole = worked(house, backtest(house, folds={"refit": False}))
    whole_search = worked(house, search(house))
    job = backtest(house, traps=trap("kill", "Fold 3 of 4"), folds={"refit": False})
    searched = search(house, traps=trap("kill", "Trial 4 of 5"))
    jobs = house.jobs(request.getfixturevalue("workers"))
    ended, searched = finished(jobs, house.user, job, 60), finished(jobs, house.user, searched, 60)
    assert (results(ended), ended.attempt) == (results(whole), 2)
    assert_same_predictions(house, ended, whole)
    assert searched.attempt == 2
    assert_same_search(house, searched, whole_search)
    assert [attempt for _, attempt, _ in tries(house, searched)] == [1, 1, 1, 2, 2]
    assert [(key, attempt) for key, attempt, _ in tries(house, job)] == [
        ("fold-1", 1),
        ("fold-2", 1),
        ("fold-3", 2),
        ("fold-4", 2),
        ("hold-out", 2),
    ]


def trials(job: JobView) -> list[Any]:
    found: list[Any] = results(job)["search"]["trials"]
    return found


def assert_same_search(house: House, one: JobView, other: JobView) -> None:
    assert results(one) == results(other)
    forecasts = [{row.name: row.sha256 for row in artifacts(house, each)} for each in (one, other)]
    assert forecasts[0]["test_predictions.npz"] == forecasts[1]["test_predictions.npz"]


def artifacts(house: House, job: JobView) -> Any:
    return house.jobs().records.artifacts(house.user, job.id)


def test_a_search_that_was_paused_proposes_what_one_does_that_was_not(house: House) -> None:
    whole = worked(house, search(house, trials=12))
    job = paused(house, search(house, trials=12, traps=trap("hold", "Trial 9 of 12")), 8)
    assert (job.status, (job.counts or {})["completed"]) == ("paused", 9)
    house.jobs().resume(house.user, job.id)
    ended = worked(house, job)
    assert trials(ended) == trials(whole) and len(trials(whole)) == 12
    assert_same_search(house, ended, whole)
    assert [attempt for _, attempt, _ in tries(house, job)] == [1] * 9 + [2] * 3


def test_trials_that_fail_are_named_and_a_retry_does_them_alone(house: House, tmp_path: Path) -> None:
    whole = worked(house, search(house))
    traps = [*trap("fail", "Trial 1 of 5"), *trap("crash", "Trial 4 of 5")]
    job = worked(house, search(house, traps=traps, mended=str(tmp_path / "mended")))
    assert (job.status, job.reason) == ("completed", "partial")
    found = trials(job)
    assert [(each["number"], each["state"]) for each in found if each["state"] != "complete"] == [
        (1, "failed"),
        (4, "failed"),
    ]
    assert [each["params"] for each in found] == [each["params"] for each in trials(whole)]
    assert "It failed" in found[0]["reason"] and "platform" in found[3]["reason"]
    (tmp_path / "mended").touch()
    house.jobs().retry(house.user, job.id)
    assert artifacts(house, job) == [], "no half of an old result beside a new one"
    ended = worked(house, job)
    assert ended.reason is None
    assert_same_search(house, ended, whole)
    assert [key for key, attempt, _ in tries(house, job) if attempt == 2] == ["trial-1", "trial-4"]
    with house.database.read() as tx:
        assert len(tx.scalars(select(TrainingResultRow).where(TrainingResultRow.job_id == job.id)).all()) == 1


def test_a_search_whose_last_training_failed_keeps_its_trials(house: House, tmp_path: Path) -> None:
    whole = worked(house, search(house))
    mended = str(tmp_path / "mended")
    job = worked(house, search(house, traps=trap("fail", "The model is being fitted"), mended=mended))
    assert (job.status, (job.error or {})["code"]) == ("failed", "TRAPPED")
    assert "retry" in job.allowed
    house.jobs().retry(house.user, job.id)
    with house.database.write() as tx:
        row = tx.get_one(JobRow, job.id)
        row.config = {name: value for name, value in row.config.items() if name != "traps"}
    assert_same_search(house, worked(house, job), whole)
    assert {attempt for _, attempt, _ in tries(house, job)} == {1}


def test_trials_that_are_not_needed_are_skipped_at_once(house: House) -> None:
    job = worked(house, search(house, space={"modes": {"LIN": {}}}, trials=300))
    counts = job.counts or {}
    assert (job.reason, counts["completed"], counts["skipped"]) == (None, 1, 299)
    assert results(job)["search"]["stopped_by"] == "exhausted"
    assert house.told(job.id).count("task") < 6
    assert (
        house.jobs().records.tasks(house.user, job.id, status="skipped")[0].skip_reason
        == "Nothing is left to try"
    )


@pytest.mark.slow
def test_a_search_that_was_paused_in_its_last_training_goes_on_there(house: House) -> None:
    rate = SPACES["Dense"]["LEARNING_RATE"].model_dump(mode="json")
    network: dict[str, Any] = {
        "space": {"modes": {"Dense": {"LEARNING_RATE": rate}}},
        "fixed": {"EP": 4, "N": 4, "LAY": 1},
        "model": {"MODE": "Dense"},
        "trials": 2,
    }
    whole = worked(house, search(house, **network))
    job = paused(house, search(house, **network, traps=trap("hold", "The model is being fitted")), 2)
    assert (job.status, [row.epoch for row in checkpoints(house, job)]) == ("paused", [1, 1])
    house.jobs().resume(house.user, job.id)
    ended = worked(house, job)
    assert_same_search(house, ended, whole)
    assert losses(house, ended) == losses(house, whole) and len(losses(house, ended)) == 4


def losses(house: House, job: JobView) -> list[Any]:
    points = house.jobs().records.metrics(house.user, job.id, keys=["val_loss"])
    return [(point.epoch, point.value) for point in points]


def checkpoints(house: House, job: JobView) -> list[Any]:
    return list(house.jobs().records.checkpoints(house.user, job.id))


def test_the_last_training_begins_anew_where_other_parameters_are_trained(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A checkpoint of the parameters before is not used, and its part of the curve is taken back."""
    found: list[Any] = []

    def train(run: Any, _config: Any) -> dict[str, Any]:
        for task in run.tasks(["trial-1"], counted=False):
            with task:
                task.done({})
        last = LastRun(run, 1, in_full=False)
        found.append(last.load_checkpoint(f"parameters {run.attempt}"))
        last.report(phase="train", epoch=run.attempt, metrics={"loss": run.attempt})
        last.checkpoint(lambda folder: (folder / "state").touch(), step=1, fingerprint="parameters 1")
        if run.attempt == 1:
            raise DataError("TRAPPED", "It failed")
        return {}

    object.__setattr__(house.settings, "checkpoint_seconds", 0.0)
    monkeypatch.setattr(execute, "load", lambda _dotted: train)
    job = worked(house, backtest(house))
    assert job.status == "failed" and len(house.jobs().records.checkpoints(house.user, job.id)) == 1
    house.jobs().retry(house.user, job.id)
    assert worked(house, job).status == "completed"
    assert found == [None, None]
    points = house.jobs().records.metrics(house.user, job.id, keys=["loss"])
    assert [point.value for point in points] == [2]


def test_evidence_says_what_computed_a_trial(house: House) -> None:
    job = worked(house, search(house, trials=3))
    found = [each for _, each in house.jobs().records.evidence(house.user, job.id)]
    computed_by = [(each.computed_by or "").split()[:2] for each in found]
    assert computed_by == [["RIDGE", "numpy"], ["LIN", "numpy"], ["RIDGE", "numpy"]]
    assert [each.details["value"] for each in found] == [each["value"] for each in trials(job)]
    assert all(len(each.checksum or "") == 64 for each in found)
