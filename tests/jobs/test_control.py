"""What an owner may ask of a job, and what becomes of it; only the work that the jobs do is a toy."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from services.errors import Conflict, NotFound
from services.jobs import JobOptions, Jobs, JobView, Selection
from services.jobs.local import LocalRunner
from tests.jobs.house import House, finished, until


def refused(call: Any, *args: Any) -> Conflict:
    with pytest.raises(Conflict) as error:
        call(*args)
    return error.value


def at(jobs: Jobs, house: House, job: JobView, status: str, seconds: float = 20) -> JobView:
    def look() -> JobView | None:
        found = jobs.get(house.user, job.id)
        return found if found.status == status else None

    return until(look, seconds)


def losses(jobs: Jobs, house: House, job: JobView) -> list[float | None]:
    return [point.value for point in jobs.records.metrics(house.user, job.id, keys=["loss"])]


@pytest.fixture
def every_epoch(house: House) -> House:
    """A house in which a checkpoint is taken after every epoch."""
    object.__setattr__(house.settings, "checkpoint_seconds", 0.0)
    return house


@pytest.fixture
def jobs(every_epoch: House, every_runner: LocalRunner) -> Jobs:
    return every_epoch.jobs(every_runner)


@pytest.fixture
def every_runner(every_epoch: House) -> Any:
    runner = every_epoch.runner()
    runner.start_workers()
    yield runner
    runner.stop()


def test_a_paused_job_goes_on_to_exactly_the_losses_of_one_that_was_never_stopped(
    every_epoch: House, jobs: Jobs
) -> None:
    house = every_epoch
    whole = finished(jobs, house.user, jobs.submit(house.user, "toy_learn", {"epochs": 12}))
    job = jobs.submit(house.user, "toy_learn", {"epochs": 12, "hold": 5})
    until(lambda: len(losses(jobs, house, job)) == 5)
    asked = jobs.pause(house.user, job.id)
    assert (asked.status, asked.requested_action) in {("running", "pause"), ("paused", "none")}
    paused = at(jobs, house, job, "paused")
    assert paused.allowed == ("resume", "cancel", "delete")
    jobs.resume(house.user, job.id)
    ended = finished(jobs, house.user, job)
    assert (ended.status, ended.attempt) == ("completed", 2)
    assert whole.outcome is not None and ended.outcome is not None
    assert ended.outcome["history"] == whole.outcome["history"]
    assert losses(jobs, house, job) == losses(jobs, house, whole), "one curve, no point twice"
    kinds = house.told(job.id)
    assert [kind for kind in kinds if kind not in {"metrics", "progress", "checkpoint"}] == [
        "queued",
        "started",
        "pause_requested",
        "paused",
        "resumed",
        "started",
        "completed",
    ]
    house.assert_told_as_stored(job.id)
    assert house.used(house.user) == 2, "a pause costs nothing"


@pytest.mark.slow
def test_a_job_whose_worker_is_killed_again_and_again_goes_on_from_its_checkpoints(
    every_epoch: House, jobs: Jobs
) -> None:
    """Each death comes after a checkpoint more, so none of them is held against the job."""
    house = every_epoch
    whole = finished(jobs, house.user, jobs.submit(house.user, "toy_learn", {"epochs": 12}))
    job = jobs.submit(house.user, "toy_learn", {"epochs": 12, "die_in": [3, 5, 8, 11]})
    ended = finished(jobs, house.user, job, 60)
    assert whole.outcome is not None and ended.outcome is not None
    assert (ended.status, ended.attempt) == ("completed", 5)
    assert ended.outcome["history"] == whole.outcome["history"]
    assert losses(jobs, house, job) == losses(jobs, house, whole)
    assert house.told(job.id).count("requeued") == 4
    percents = [
        event.data["percent"] for event in house.heard if "percent" in event.data and event.job_id == job.id
    ]
    assert percents == sorted(percents)
    until(lambda: not list(house.blobs.list(f"checkpoints/{job.id}/")))  # a completed job needs none


def test_a_pause_in_the_last_epoch_loses_to_completion(every_epoch: House, jobs: Jobs) -> None:
    house = every_epoch
    folder = house.settings.data_dir
    job = jobs.submit(house.user, "toy_gated", {"folder": str(folder), "place": "record"})
    until(lambda: (folder / "record-1").exists())
    (folder / "go").touch()
    assert finished(jobs, house.user, job).status == "completed"
    assert refused(jobs.pause, house.user, job.id).code == "invalid_transition"


def test_what_keeps_no_state_cannot_be_paused_while_it_works(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_count", {})
    assert jobs.pause(house.user, job.id).status == "paused", "while it waits it can"
    assert jobs.resume(house.user, job.id).status == "queued"
    house.claim()
    error = refused(jobs.pause, house.user, job.id)
    assert (error.code, error.details) == (
        "invalid_transition",
        {"status": "running", "action": "pause", "allowed": ["cancel", "delete"]},
    )


def test_resuming_without_a_whole_checkpoint_is_refused_and_changes_nothing(
    every_epoch: House, jobs: Jobs
) -> None:
    house = every_epoch
    job = jobs.submit(house.user, "toy_learn", {"epochs": 9, "hold": 3})
    until(lambda: len(losses(jobs, house, job)) == 3)
    jobs.pause(house.user, job.id)
    at(jobs, house, job, "paused")
    for key in list(house.blobs.list(f"checkpoints/{job.id}/last")):
        path = house.settings.data_dir / "blobs" / key
        path.write_bytes(path.read_bytes()[:-1] + b"!")
    assert refused(jobs.resume, house.user, job.id).code == "NO_CHECKPOINT"
    assert jobs.get(house.user, job.id).status == "paused"


def test_a_failed_job_without_checkpoint_can_only_be_restarted(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_fail", {"how": "data"}, options=JobOptions(name="First", tags=("a",)))
    house.work(house.claim())
    error = refused(jobs.retry, house.user, job.id)
    assert (error.code, (error.details or {})["allowed"]) == ("invalid_transition", ["restart", "delete"])
    again = jobs.restart(house.user, job.id)
    assert (again.status, again.restart_of, again.name, again.tags) == ("queued", job.id, "First", ("a",))
    assert again.config == job.config


def test_of_two_damaged_checkpoints_the_older_one_still_serves(every_epoch: House, jobs: Jobs) -> None:
    house = every_epoch
    whole = finished(jobs, house.user, jobs.submit(house.user, "toy_learn", {"epochs": 9}))
    job = jobs.submit(house.user, "toy_learn", {"epochs": 9, "hold": 4})
    until(lambda: len(losses(jobs, house, job)) == 4)
    jobs.pause(house.user, job.id)
    at(jobs, house, job, "paused")
    newest = jobs.records.checkpoints(house.user, job.id)[0]
    (house.settings.data_dir / "blobs" / newest.blob_key).write_bytes(b"what a broken disk gives back")
    jobs.resume(house.user, job.id)
    ended = finished(jobs, house.user, job)
    assert whole.outcome is not None and ended.outcome is not None
    assert ended.outcome["history"] == whole.outcome["history"]


def test_the_checkpoint_of_other_data_is_not_used(every_epoch: House, jobs: Jobs) -> None:
    house = every_epoch
    job = jobs.submit(house.user, "toy_learn", {"epochs": 9, "hold": 4})
    until(lambda: len(losses(jobs, house, job)) == 4)
    jobs.pause(house.user, job.id)
    at(jobs, house, job, "paused")
    house.execute("update job_checkpoints set fingerprint = 'yesterday'")
    jobs.resume(house.user, job.id)
    ended = finished(jobs, house.user, job)
    assert ended.status == "failed"
    assert (ended.error or {})["code"] == "CHECKPOINT_MISMATCH"


def test_best_and_last_are_kept_apart(every_epoch: House, jobs: Jobs) -> None:
    house = every_epoch
    job = jobs.submit(house.user, "toy_learn", {"epochs": 40, "hold": 30})
    until(lambda: len(losses(jobs, house, job)) == 30)
    jobs.pause(house.user, job.id)
    at(jobs, house, job, "paused")
    rows = jobs.records.checkpoints(house.user, job.id)
    assert {row.kind for row in rows} == {"last", "best"}
    last, best = (next(row for row in rows if row.kind == kind) for kind in ("last", "best"))
    assert last.step == best.step == 30
    assert last.sha256 != best.sha256


def test_a_cancelled_training_can_go_on_from_its_checkpoint(every_epoch: House, jobs: Jobs) -> None:
    house = every_epoch
    whole = finished(jobs, house.user, jobs.submit(house.user, "toy_learn", {"epochs": 9}))
    job = jobs.submit(house.user, "toy_learn", {"epochs": 9, "hold": 4})
    until(lambda: len(losses(jobs, house, job)) == 4)
    jobs.cancel(house.user, job.id)
    cancelled = finished(jobs, house.user, job)
    assert (cancelled.status, cancelled.allowed) == ("cancelled", ("retry", "restart", "delete"))
    jobs.retry(house.user, job.id)
    ended = until(lambda: (found := jobs.get(house.user, job.id)).status == "completed" and found)
    assert whole.outcome is not None and ended.outcome is not None
    assert ended.outcome["history"] == whole.outcome["history"]


def test_a_retry_touches_exactly_the_failed_items(every_epoch: House, jobs: Jobs, tmp_path: Path) -> None:
    house = every_epoch
    config = {"n": 6, "bad": [1, 4], "skipped": [5], "folder": str(tmp_path)}
    job = finished(jobs, house.user, jobs.submit(house.user, "toy_items", config))
    assert (job.status, job.reason) == ("completed", "partial")
    assert job.counts == {
        "pending": 0,
        "running": 0,
        "completed": 3,
        "failed": 2,
        "cancelled": 0,
        "skipped": 1,
    }
    assert (job.progress or {})["percent"] == 100
    failed = jobs.records.tasks(house.user, job.id, status="failed")
    assert [(task.key, (task.error or {})["code"]) for task in failed] == [
        ("item-1", "BAD_ITEM"),
        ("item-4", "BAD_ITEM"),
    ]
    (tmp_path / "mended").touch()
    jobs.retry(house.user, job.id)
    again = until(
        lambda: (found := jobs.get(house.user, job.id)).reason is None and found.finished_at and found
    )
    assert (again.status, again.attempt) == ("completed", 2)
    assert again.outcome == {"squares": {f"item-{k}": k * k for k in range(5)}}
    done = (tmp_path / "done").read_text().split()
    assert [line for line in done if line.startswith("2:")] == ["2:item-1", "2:item-4"]
    evidence = jobs.records.evidence(house.user, job.id)
    tries = [(key, each.tried, each.status) for key, each in evidence if key == "item-1"]
    assert tries == [("item-1", 1, "failed"), ("item-1", 2, "completed")], "the old error is history"


def test_items_that_all_fail_fail_the_job_and_no_items_complete_it(every_epoch: House, jobs: Jobs) -> None:
    house = every_epoch
    job = finished(jobs, house.user, jobs.submit(house.user, "toy_items", {"n": 3, "bad": [0, 1, 2]}))
    assert (job.status, job.reason) == ("failed", "all_tasks_failed")
    assert [each["key"] for each in (job.error or {})["details"]["failures"]] == [
        "item-0",
        "item-1",
        "item-2",
    ]
    none = finished(jobs, house.user, jobs.submit(house.user, "toy_items", {"n": 0}))
    assert (none.status, (none.progress or {})["percent"]) == ("completed", 100)


def test_items_are_done_once_though_their_worker_dies_or_rests(
    every_epoch: House, jobs: Jobs, tmp_path: Path
) -> None:
    house = every_epoch
    config = {"n": 8, "die_in": 3, "folder": str(tmp_path)}
    ended = finished(jobs, house.user, jobs.submit(house.user, "toy_items", config))
    assert (ended.status, ended.attempt) == ("completed", 2)
    done = (tmp_path / "done").read_text().split()
    assert done == [f"1:item-{k}" for k in range(4)] + [f"2:item-{k}" for k in range(3, 8)]

    rest = tmp_path / "rest"
    rest.mkdir()
    job = jobs.submit(
        house.user, "toy_items", {"n": 8, "hold": 2, "batch": 2, "pause": 0.2, "folder": str(rest)}
    )
    until(lambda: (rest / "done").exists() and "1:item-2" in (rest / "done").read_text())
    jobs.pause(house.user, job.id)
    (rest / "asked").touch()
    paused = at(jobs, house, job, "paused")
    assert (paused.counts or {})["completed"] in {4, 6}, "the batch is done to its end"
    jobs.resume(house.user, job.id)
    assert finished(jobs, house.user, job).outcome == {"squares": {f"item-{k}": k * k for k in range(8)}}
    assert len((rest / "done").read_text().split()) == 8


def test_priorities_go_first_and_age_makes_up_for_them(house: House) -> None:
    jobs = house.jobs()
    low, normal, high = (
        jobs.submit(house.user, "toy_count", {}, options=JobOptions(priority=priority))
        for priority in (2, 1, 0)
    )
    assert [jobs.get(house.user, job.id).queue_position for job in (low, normal, high)] == [3, 2, 1]
    house.execute(
        "update training_jobs set queued_at = '2020-01-01 00:00:00.000000' where id = :id", id=low.id.hex
    )
    assert jobs.get(house.user, low.id).queue_position == 1, "nothing waits for ever"
    jobs.change(house.user, normal.id, {"priority": 0, "name": "Now"})
    changed = jobs.get(house.user, normal.id)
    assert (changed.priority, changed.name, changed.queue_position) == ("high", "Now", 2)


def test_a_device_takes_what_was_meant_for_it(house: House) -> None:
    jobs = house.jobs()
    gpu = jobs.submit(house.user, "toy_count", {}, options=JobOptions(device="cuda"))
    second = jobs.submit(house.user, "toy_count", {}, options=JobOptions(device="cuda:1"))
    assert house.claim(device="cpu") is None
    taken = house.claim(device="cuda:0")
    assert taken is not None and taken.lease.job_id == gpu.id
    assert house.claim(device="cuda:0") is None
    assert house.claim(device="cuda:1", limit=1) is not None
    assert jobs.get(house.user, second.id).device == "cuda:1"
    jobs.submit(house.add_user(), "toy_count", {})
    assert house.claim(device="cuda:1", limit=1) is None, "the device is full"
    assert house.claim(device="cuda:1", limit=2) is not None


def test_deleting_leaves_nothing_and_stops_what_works_first(every_epoch: House, jobs: Jobs) -> None:
    house = every_epoch
    ended = finished(jobs, house.user, jobs.submit(house.user, "toy_learn", {}))
    assert house.blobs_of(ended.id)
    assert jobs.delete(house.user, ended.id) is None
    assert house.blobs_of(ended.id) == []
    job = jobs.submit(house.user, "toy_learn", {"epochs": 9, "hold": 2})
    until(lambda: len(losses(jobs, house, job)) == 2)
    shown = jobs.delete(house.user, job.id)
    assert shown is not None and shown.requested_action == "cancel"

    def gone() -> bool:
        try:
            jobs.get(house.user, job.id)
        except NotFound:
            return True
        return False

    assert until(gone)
    until(lambda: not list(house.blobs.list("")))


def test_a_request_with_the_same_key_makes_one_job(house: House) -> None:
    jobs = house.jobs()
    options = JobOptions(idempotency_key="k-1", request_hash="a" * 64)
    first = jobs.submit(house.user, "toy_count", {}, options=options)
    second = jobs.submit(house.user, "toy_count", {}, options=options)
    assert (second.id, first.replayed, second.replayed) == (first.id, False, True)
    other = JobOptions(idempotency_key="k-1", request_hash="b" * 64)
    assert (
        refused(lambda: jobs.submit(house.user, "toy_count", {}, options=other)).code
        == "IDEMPOTENCY_KEY_REUSED"
    )
    stranger = house.add_user()
    assert jobs.submit(stranger, "toy_count", {}, options=options).id != first.id
    assert jobs.count(house.user) == 1
    assert house.used(house.user) == 1


def test_a_draft_waits_until_it_is_submitted(house: House) -> None:
    jobs = house.jobs()
    draft = jobs.submit(house.user, "toy_count", {}, options=JobOptions(draft=True))
    assert (draft.status, draft.allowed) == ("pending", ("submit", "cancel", "delete"))
    assert house.claim() is None
    assert jobs.start_draft(house.user, draft.id).queue_position == 1
    house.work(house.claim())
    assert jobs.get(house.user, draft.id).status == "completed"


def test_jobs_are_found_by_what_was_said_of_them(house: House) -> None:
    jobs = house.jobs()
    made = [
        jobs.submit(house.user, "toy_count", {}, options=JobOptions(name=name, tags=tags, priority=priority))
        for name, tags, priority in (("North 100%", ("grid", "ü"), 0), ("South", ("grid",), 1), (None, (), 1))
    ]
    names = {job.id: index for index, job in enumerate(made)}

    def found(**fields: Any) -> list[int]:
        return sorted(names[job.id] for job in jobs.list(house.user, Selection(**fields)))

    assert found(tag="grid") == [0, 1]
    assert found(tag="ü") == [0]
    assert found(tag="gri") == []
    assert found(name="0%") == [0]
    assert found(name="north") == [0]
    assert found(priority="high") == [0]
    assert json.dumps([job.to_json() for job in jobs.list(house.user)])
