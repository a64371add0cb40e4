"""Keep the best and stop: a training that is ended early, and completes all the same."""

from __future__ import annotations

from typing import Any

import pytest

from services.errors import Conflict
from services.events import Event
from services.jobs import Jobs, JobView
from services.jobs.lease import take_back
from tests.jobs.house import House


def at_epoch(house: House, job: JobView, epoch: int, act: Any) -> None:
    """Do this as soon as the checkpoint of this epoch is stored."""

    def hear(event: Event) -> None:
        if (event.job_id, event.type, event.data.get("epoch")) == (job.id, "checkpoint", epoch):
            act(house.user, job.id)

    house.bus.subscribe(hear)


def submit(house: House, **config: Any) -> tuple[Jobs, JobView]:
    object.__setattr__(house.settings, "checkpoint_seconds", 0.0)
    jobs = house.jobs()
    return jobs, jobs.submit(house.user, "toy_learn", {"epochs": 12, **config})


def refused(jobs: Jobs, house: House, job: JobView) -> dict[str, Any]:
    with pytest.raises(Conflict) as error:
        jobs.finish(house.user, job.id)
    assert error.value.code == "invalid_transition"
    assert error.value.details is not None
    return error.value.details


def test_a_training_that_is_ended_early_completes_with_its_best_and_says_who_ended_it(house: House) -> None:
    jobs, job = submit(house, hold=4)
    at_epoch(house, job, 4, jobs.finish)
    house.work(house.claim())
    ended = jobs.get(house.user, job.id)
    assert (ended.status, ended.reason, ended.requested_action) == ("completed", "stopped_by_user", "none")
    assert ended.outcome is not None
    assert len(ended.outcome["history"]) == 4
    assert ended.progress is not None and ended.progress["percent"] == 100
    assert [each.name for each in jobs.records.artifacts(house.user, job.id)] == ["model.json"]
    assert list(house.blobs.list(f"checkpoints/{job.id}/")) == [], "nothing is left to go on from"
    kinds = [kind for kind in house.told(job.id) if kind not in {"metrics", "progress", "checkpoint"}]
    assert kinds == ["queued", "started", "finish_requested", "finishing", "completed"]
    events = {event.type: event.data for event in jobs.events(house.user, job.id)}
    assert events["finishing"]["reason"] == events["completed"]["reason"] == "stopped_by_user"
    house.assert_told_as_stored(job.id)


def test_whoever_asks_before_the_first_best_state_gets_it_after_the_first_epoch(house: House) -> None:
    jobs, job = submit(house, hold=1)
    claimed = house.claim()
    assert jobs.finish(house.user, job.id).requested_action == "finish"
    house.work(claimed)
    ended = jobs.get(house.user, job.id)
    assert (ended.status, ended.outcome and len(ended.outcome["history"])) == ("completed", 1)


def test_the_wish_survives_the_death_of_the_worker(house: House) -> None:
    jobs, job = submit(house)
    claimed = house.claim("killed")
    jobs.finish(house.user, job.id)
    assert [event.type for event in take_back(house.database, house.plans, "killed")] == ["requeued"]
    assert claimed is not None
    house.work(house.claim())
    ended = jobs.get(house.user, job.id)
    assert (ended.status, ended.reason, ended.attempt) == ("completed", "stopped_by_user", 2)


@pytest.mark.parametrize(("second", "status"), [("cancel", "cancelled"), ("pause", "paused")])
def test_a_later_wish_wins(second: str, status: str, house: House) -> None:
    jobs, job = submit(house, hold=2)
    claimed = house.claim()
    jobs.finish(house.user, job.id)
    assert getattr(jobs, second)(house.user, job.id).requested_action == second
    house.work(claimed)
    assert jobs.get(house.user, job.id).status == status


def test_a_cancel_that_was_asked_for_stays(house: House) -> None:
    jobs, job = submit(house)
    house.claim()
    jobs.cancel(house.user, job.id)
    assert jobs.finish(house.user, job.id).requested_action == "cancel"


def test_only_a_working_training_that_can_is_ended_early(house: House) -> None:
    jobs, waiting = submit(house)
    assert refused(jobs, house, waiting)["allowed"] == ["pause", "cancel", "delete"]
    claimed = house.claim()
    assert "finish" in jobs.get(house.user, waiting.id).allowed
    house.execute("update training_jobs set phase = 'evaluate' where status = 'running'")
    assert "finish" not in refused(jobs, house, waiting)["allowed"], "its training is over"
    house.work(claimed)
    assert jobs.get(house.user, waiting.id).reason is None
    assert refused(jobs, house, waiting)["allowed"] == ["restart", "delete"]
    jobs, stateless = submit(house, resumable=False)
    house.claim()
    assert refused(jobs, house, stateless)["allowed"] == ["cancel", "delete"]
