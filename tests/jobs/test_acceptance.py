"""What the engine promises, one test per sentence of the promise.

Those that need a model, a page or a socket stand beside these: tests/workloads/test_forecast_checkpoints.py,
tests/jobs/test_progress.py, tests/jobs/test_records.py, tests/realtime and tests/e2e/test_crashes.py.
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Iterator
from threading import Barrier, Thread
from typing import Any

import psutil
import pytest

from services.errors import AppError, Conflict
from services.jobs import Jobs, JobView
from services.jobs.local import LocalRunner
from services.jobs.states import ATTEMPT_ENDS, Status
from tests.jobs.house import House, finished, until


@pytest.fixture
def runner(house: House) -> Iterator[LocalRunner]:
    """Real worker processes that take a checkpoint after every epoch."""
    object.__setattr__(house.settings, "checkpoint_seconds", 0.0)
    runner = house.runner()
    runner.start_workers()
    yield runner
    runner.stop()


@pytest.fixture
def jobs(house: House, runner: LocalRunner) -> Jobs:
    return house.jobs(runner)


def ends(house: House, job: JobView) -> list[str]:
    return [kind for kind in house.told(job.id) if kind in ATTEMPT_ENDS]


def curve(jobs: Jobs, house: House, job: JobView) -> list[float | None]:
    return [point.value for point in jobs.records.metrics(house.user, job.id, keys=["loss"], order="asc")]


def kill(runner: LocalRunner, lane: str = "training") -> None:
    for name, pid in runner.pids().items():
        if name.startswith(lane):
            psutil.Process(pid).kill()


def test_cancel_during_the_last_batch_ends_cancelled_or_completed_and_never_both(house: House) -> None:
    jobs, chance, seen = house.jobs(), random.Random(3), set()
    for _ in range(25):
        job = jobs.submit(house.user, "toy_count", {"n": 2})
        claimed = house.claim()
        worker = Thread(target=house.work, args=(claimed,))
        worker.start()
        time.sleep(chance.uniform(0, 0.08))
        try:
            jobs.cancel(house.user, job.id)
            due = "cancelled"
        except Conflict as error:
            assert error.code == "invalid_transition"
            due = "completed"
        worker.join()
        ended = jobs.get(house.user, job.id)
        assert ended.status == due, "what was accepted is done, however late it came"
        assert ends(house, job) == [ended.status]
        assert (ended.outcome is not None) == (ended.status == "completed")
        seen.add(ended.status)
    assert seen <= {"cancelled", "completed"}


def test_pause_in_the_last_epoch_completes(house: House, jobs: Jobs) -> None:
    job = jobs.submit(house.user, "toy_learn", {"epochs": 3, "pause": 0.6})
    until(lambda: len(curve(jobs, house, job)) == 3)
    jobs.pause(house.user, job.id)
    assert finished(jobs, house.user, job).status == "completed"
    assert ends(house, job) == ["completed"]


def test_pause_then_kill_the_worker_and_resume_continues_at_the_right_epoch_with_exact_losses(
    house: House, jobs: Jobs, runner: LocalRunner
) -> None:
    whole = finished(jobs, house.user, jobs.submit(house.user, "toy_learn", {"epochs": 10}))
    job = jobs.submit(house.user, "toy_learn", {"epochs": 10, "hold": 4})
    until(lambda: len(curve(jobs, house, job)) == 4)
    jobs.pause(house.user, job.id)
    until(lambda: jobs.get(house.user, job.id).status == "paused")
    kill(runner)
    jobs.resume(house.user, job.id)
    ended = finished(jobs, house.user, job)
    assert whole.outcome and ended.outcome
    assert ended.outcome["history"] == whole.outcome["history"]
    assert ended.outcome["best_epoch"] == whole.outcome["best_epoch"]
    epochs = [point.epoch for point in jobs.records.metrics(house.user, job.id, keys=["loss"], order="asc")]
    assert epochs == list(range(1, 11))


def test_resume_of_failed_without_checkpoint_is_a_conflict(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_fail", {"how": "data"})
    house.work(house.claim())
    for action in (jobs.resume, jobs.retry):
        with pytest.raises(Conflict) as refused:
            action(house.user, job.id)
        assert refused.value.details == {
            "status": "failed",
            "action": action.__name__,
            "allowed": ["restart", "delete"],
        }


def test_percent_reaches_100_with_failed_and_skipped_items(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_items", {"n": 5, "bad": [1], "skipped": [2, 3]})
    house.work(house.claim())
    ended = jobs.get(house.user, job.id)
    assert (ended.status, ended.reason, (ended.progress or {})["percent"]) == ("completed", "partial", 100)
    told = [event.data["percent"] for event in jobs.events(house.user, job.id) if "percent" in event.data]
    assert told == sorted(told)


def test_retry_failed_touches_exactly_the_failed_items(house: House, tmp_path: Any) -> None:
    jobs = house.jobs()
    config = {"n": 4, "bad": [0, 2], "folder": str(tmp_path)}
    job = jobs.submit(house.user, "toy_items", config)
    house.work(house.claim())
    untouched = {
        task.key: task.finished_at for task in jobs.records.tasks(house.user, job.id, status="completed")
    }
    (tmp_path / "mended").touch()
    jobs.retry(house.user, job.id)
    house.work(house.claim())
    tasks = jobs.records.tasks(house.user, job.id)
    assert [(task.tries, task.status) for task in tasks] == [
        (2, "completed"),
        (1, "completed"),
        (2, "completed"),
        (1, "completed"),
    ]
    assert {task.key: task.finished_at for task in tasks if task.tries == 1} == untouched


def test_all_items_failed_is_failed_and_zero_items_is_completed(house: House) -> None:
    jobs = house.jobs()
    for config, status in (({"n": 2, "bad": [0, 1]}, "failed"), ({"n": 0}, "completed")):
        job = jobs.submit(house.user, "toy_items", config)
        house.work(house.claim())
        assert jobs.get(house.user, job.id).status == status


def test_a_killed_worker_is_requeued_within_lease_plus_10_seconds_without_a_double_writer(
    house: House, jobs: Jobs, runner: LocalRunner
) -> None:
    job = jobs.submit(house.user, "toy_learn", {"epochs": 6, "hold": 3})
    until(lambda: len(curve(jobs, house, job)) == 3)
    begin = time.monotonic()
    kill(runner)
    until(lambda: "requeued" in house.told(job.id))
    assert time.monotonic() - begin < house.settings.lease_seconds + 10
    assert finished(jobs, house.user, job).attempt == 2
    house.assert_told_as_stored(job.id)
    attempts = [event.attempt for event in jobs.events(house.user, job.id)]
    assert attempts == sorted(attempts), "nobody of an older attempt wrote after the next had begun"


def test_of_two_concurrent_starts_on_one_session_one_runs_and_one_is_refused(house: House) -> None:
    jobs, session = house.jobs(), house.add_session(house.user)
    barrier, answers = Barrier(2), []

    def start() -> None:
        barrier.wait()
        try:
            view = jobs.submit(house.user, "toy_count", {}, session_id=session, exclusive=True)
            answers.append(view.status)
        except AppError as error:
            answers.append(error.code)

    threads = [Thread(target=start) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["TRAINING_IN_PROGRESS", "queued"]


def test_nan_loss_ends_failed_with_reason_and_json_stays_valid(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_diverge", {})
    house.work(house.claim())
    ended = jobs.get(house.user, job.id)
    assert (ended.status, ended.reason) == ("failed", "nan_loss")
    told = [event.to_json() for event in jobs.events(house.user, job.id)]
    assert json.loads(json.dumps([ended.to_json(), told], allow_nan=False))
    assert curve(jobs, house, job) == [1.0, None], "what was measured before stays"


def test_quota_is_refunded_after_a_platform_failure_and_counted_again_by_a_retry(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_fail", {"how": "bug"})
    assert house.used(house.user) == 1
    house.work(house.claim())
    assert jobs.get(house.user, job.id).status == "failed"
    assert house.used(house.user) == 0
    jobs.restart(house.user, job.id)
    assert house.used(house.user) == 1


def test_a_saving_failure_never_announces_completed(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    jobs = house.jobs()

    def broken(*_arguments: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tests.toy_workloads.record_gated", broken)
    job = jobs.submit(house.user, "toy_gated", {"folder": str(house.settings.data_dir), "place": "none"})
    house.work(house.claim())
    ended = jobs.get(house.user, job.id)
    assert (ended.status, (ended.error or {})["code"]) == (Status.FAILED, "DISK_FULL")
    assert "completed" not in house.told(job.id)
    assert ended.outcome is None
    assert house.blobs_of(job.id) == []


def test_server_restart_in_mid_run_leaves_a_true_state_and_a_complete_history(house: House) -> None:
    object.__setattr__(house.settings, "checkpoint_seconds", 0.0)
    first = house.runner()
    first.start_workers()
    jobs = house.jobs(first)
    job = jobs.submit(house.user, "toy_learn", {"epochs": 8, "hold": 4})
    until(lambda: len(curve(jobs, house, job)) == 4)
    first.stop()
    waiting = jobs.get(house.user, job.id)
    assert (waiting.status, waiting.attempt) == ("queued", 1)
    second = house.runner()
    second.start_workers()
    try:
        ended = finished(house.jobs(second), house.user, job)
    finally:
        second.stop()
    assert (ended.status, ended.attempt) == ("completed", 2)
    assert ended.outcome
    assert curve(jobs, house, job) == ended.outcome["history"]
    house.assert_told_as_stored(job.id)
