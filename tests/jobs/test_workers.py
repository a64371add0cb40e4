"""Real worker processes: killed, cancelled, stopped, and always one end per job."""

from __future__ import annotations

import os
import signal
import time
from contextlib import suppress
from dataclasses import replace
from pathlib import Path

import pytest

from services.jobs.local import LocalRunner
from services.storage.tables import JobRow
from tests.jobs.house import House, finished, until


def marked(folder: Path, place: str, attempt: int) -> int:
    """The process that reached this place."""
    mark = folder / f"{place}-{attempt}"
    return int(until(lambda: mark.exists() and mark.read_text()))


def test_the_second_job_starts_at_once(house: House, runner: LocalRunner) -> None:
    jobs = house.jobs(runner)
    finished(jobs, house.user, jobs.submit(house.user, "toy_count", {}))
    job = finished(jobs, house.user, jobs.submit(house.user, "toy_count", {}))
    assert job.started_at is not None
    assert (job.started_at - job.created_at).total_seconds() < 1
    small = finished(jobs, house.user, jobs.submit(house.user, "toy_count_now", {}))
    assert small.status == "completed"
    house.assert_told_as_stored(job.id)


def test_a_killed_worker_costs_one_attempt(house: House, runner: LocalRunner) -> None:
    jobs = house.jobs(runner)
    job = finished(jobs, house.user, jobs.submit(house.user, "toy_die", {"times": 1}))
    assert (job.status, job.attempt) == ("completed", 2)
    assert house.told(job.id).count("requeued") == 1
    house.assert_told_as_stored(job.id)
    assert house.used(house.user) == 1


@pytest.mark.parametrize(
    ("workload", "config"),
    [
        ("toy_die", {"times": 9}),
        pytest.param("toy_die", {"times": 9, "exit": True}, marks=pytest.mark.slow),
        pytest.param("toy_fail", {"how": "memory"}, marks=pytest.mark.slow),
    ],
)
def test_a_job_that_kills_two_workers_is_given_up(
    house: House, runner: LocalRunner, workload: str, config: dict[str, object]
) -> None:
    jobs = house.jobs(runner)
    job = jobs.submit(house.user, workload, config)
    lost = finished(jobs, house.user, job)
    assert (lost.status, lost.reason, lost.attempt) == ("failed", "worker_lost", 2)
    assert house.used(house.user) == 0
    house.assert_told_as_stored(job.id)
    after = finished(jobs, house.user, jobs.submit(house.user, "toy_count", {}))
    assert after.status == "completed", "there is a worker again"


@pytest.mark.parametrize("place", ["stored", "record"])
def test_a_kill_before_the_status_leaves_nothing_double(
    house: House, runner: LocalRunner, tmp_path: Path, place: str
) -> None:
    jobs = house.jobs(runner)
    job = jobs.submit(house.user, "toy_gated", {"folder": str(tmp_path), "place": place})
    first = marked(tmp_path, place, 1)
    os.kill(first, signal.SIGKILL)
    (tmp_path / "go").touch()
    done = finished(jobs, house.user, job)
    assert (done.status, done.attempt) == ("completed", 2)
    assert house.told(job.id).count("completed") == 1
    house.assert_told_as_stored(job.id)
    artifacts = jobs.records.artifacts(house.user, job.id)
    assert [(row.name, row.attempt) for row in artifacts] == [("model.bin", 2), ("only-2.bin", 2)]
    kept = [f"jobs/{job.id}/2/model.bin", f"jobs/{job.id}/2/only-2.bin"]
    until(lambda: sorted(house.blobs_of(job.id)) == kept)
    assert [line["message"] for line in jobs.records.logs(house.user, job.id)] == ["recorded"]


def test_cancelling_takes_less_than_two_seconds(house: House, runner: LocalRunner) -> None:
    jobs = house.jobs(runner)
    job = jobs.submit(house.user, "toy_hang", {})
    until(lambda: "progress" in house.told(job.id))
    asked = time.monotonic()
    jobs.cancel(house.user, job.id)
    ended = finished(jobs, house.user, job, 5)
    assert time.monotonic() - asked < 2
    assert (ended.status, ended.attempt) == ("cancelled", 1)
    house.assert_told_as_stored(job.id)
    assert house.used(house.user) == 1, "it ran, so it counts"


@pytest.mark.slow
def test_a_job_that_never_reports_is_cancelled_with_its_process(house: House, runner: LocalRunner) -> None:
    jobs = house.jobs(runner)
    job = jobs.submit(house.user, "toy_hang", {"reports": False})
    until(lambda: "log" in house.told(job.id))
    jobs.cancel(house.user, job.id)
    assert finished(jobs, house.user, job).status == "cancelled"
    house.assert_told_as_stored(job.id)
    assert finished(jobs, house.user, jobs.submit(house.user, "toy_count", {})).status == "completed"


def test_a_stopped_server_puts_its_jobs_back_and_the_next_one_finishes_them(
    house: House, runner: LocalRunner, tmp_path: Path
) -> None:
    jobs = house.jobs(runner)
    job = jobs.submit(house.user, "toy_gated", {"folder": str(tmp_path)})
    waiting = jobs.submit(house.user, "toy_count", {})
    marked(tmp_path, "stored", 1)
    began = time.monotonic()
    runner.stop()
    assert time.monotonic() - began < 5
    assert runner.pids() == {}
    with house.database.read() as tx:
        row = tx.get_one(JobRow, job.id)
        assert (row.status, row.losses, row.requested_action) == ("queued", 0, "none")

    (tmp_path / "go").touch()
    after = house.runner()
    after.start_workers()
    try:
        assert finished(jobs, house.user, job).attempt == 2
        assert finished(jobs, house.user, waiting).status == "completed"
    finally:
        after.stop()
    house.assert_told_as_stored(job.id)


def test_a_worker_frozen_beyond_its_lease_is_ended_and_writes_nothing(
    house: House, runner: LocalRunner, tmp_path: Path
) -> None:
    jobs = house.jobs(runner)
    job = jobs.submit(house.user, "toy_gated", {"folder": str(tmp_path)})
    frozen = marked(tmp_path, "stored", 1)
    os.kill(frozen, signal.SIGSTOP)
    until(lambda: "requeued" in house.told(job.id))
    if house.in_cluster:  # another machine may have been the first to notice, and can end no process here
        with suppress(ProcessLookupError):  # or this one was first
            os.kill(frozen, signal.SIGCONT)
    until(lambda: house.in_cluster or frozen not in runner.pids().values())
    (tmp_path / "go").touch()
    done = finished(jobs, house.user, job)
    assert (done.status, done.attempt) == ("completed", 2)
    assert house.told(job.id).count("completed") == 1
    assert {row.attempt for row in jobs.records.artifacts(house.user, job.id)} == {2}


@pytest.mark.parametrize(("start", "loads"), [("warm", True), ("cold", False)])
def test_an_idle_worker_loads_the_libraries_of_trainings_only_where_it_is_to(
    house: House, start: str, loads: bool
) -> None:
    settings = replace(house.settings, workers=1, workers_start=start)
    runner = LocalRunner(house.database, house.blobs, house.bus, house.plans, settings)
    runner.start_workers()
    try:
        until(lambda: len(runner.pids()) == 2)
        if not loads:  # a worker that has done its first job has had nothing to do since it started
            jobs = house.jobs(runner)
            finished(jobs, house.user, jobs.submit(house.user, "toy_count", {}))
            assert not any(map(has_tensorflow, runner.pids().values()))
        else:
            until(lambda: any(map(has_tensorflow, runner.pids().values())))
    finally:
        runner.stop()


def has_tensorflow(pid: int) -> bool:
    return "libtensorflow" in Path(f"/proc/{pid}/maps").read_text()


def test_without_workers_it_says_so(house: House, caplog: pytest.LogCaptureFixture) -> None:
    settings = replace(house.settings, workers=0)
    runner = LocalRunner(house.database, house.blobs, house.bus, house.plans, settings)
    runner.start_workers()
    runner.stop()
    assert "accepts jobs, but none will run here" in caplog.text
