"""Accepting, ordering, limiting and calling off jobs that wait."""

from __future__ import annotations

import threading
from uuid import uuid4

import pytest

from services.errors import Conflict, Forbidden, Invalid, NotFound
from services.jobs import Selection
from services.storage.tables import PlanRow
from tests.jobs.house import House


def test_a_job_is_counted_stored_told_and_handed_to_the_runner(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_count", {"n": 2}, session_id=house.add_session(house.user))
    assert (job.status, job.queue_position, job.attempt) == ("queued", 1, 0)
    assert job.config == {"n": 2, "pause": 0.0}
    assert house.told(job.id) == ["queued"]
    assert house.used(house.user) == 1


def test_a_config_is_refused_by_field_and_nothing_is_counted(house: House) -> None:
    with pytest.raises(Invalid) as refused:
        house.jobs().submit(house.user, "toy_count", {"n": 0, "steps": 3})
    assert refused.value.code == "INVALID_CONFIG"
    assert {error["field"] for error in (refused.value.details or {})["errors"]} == {
        "config.n",
        "config.steps",
    }
    with pytest.raises(Invalid, match="no workload 'juggle'"):
        house.jobs().submit(house.user, "juggle", {})
    assert house.used(house.user) == 0
    assert house.jobs().list(house.user) == []


def test_at_the_limit_of_the_plan_nothing_is_queued(house: House) -> None:
    with house.database.write() as tx:
        tx.get_one(PlanRow, "standard").max_training_runs_per_month = 1
    jobs = house.jobs()
    jobs.submit(house.user, "toy_count", {})
    with pytest.raises(Forbidden):
        jobs.submit(house.user, "toy_count", {})
    assert jobs.count(house.user) == 1


def test_an_exclusive_job_is_refused_while_another_is_active_even_in_a_race(house: House) -> None:
    jobs = house.jobs()
    session = house.add_session(house.user)
    outcomes: list[str] = []

    def submit() -> None:
        try:
            jobs.submit(house.user, "toy_count", {}, session_id=session, exclusive=True)
            outcomes.append("accepted")
        except Conflict as error:
            outcomes.append(error.code)

    threads = [threading.Thread(target=submit) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["TRAINING_IN_PROGRESS"] * 7 + ["accepted"]
    assert house.used(house.user) == 1
    assert jobs.has_active(None, session)
    jobs.submit(house.user, "toy_hang", {}, session_id=session, exclusive=True)  # another workload may


def test_another_users_job_does_not_exist(house: House) -> None:
    jobs = house.jobs()
    stranger = house.add_user()
    job = jobs.submit(house.user, "toy_count", {})
    for call in (jobs.get, jobs.cancel, jobs.events, jobs.records.artifacts, jobs.records.metrics):
        with pytest.raises(NotFound, match="no job"):
            call(stranger, job.id)
    with pytest.raises(NotFound, match="no such session"):
        jobs.submit(stranger, "toy_count", {}, session_id=house.add_session(house.user))
    with pytest.raises(NotFound):
        jobs.get(house.user, uuid4())
    assert jobs.list(stranger) == []


def test_users_take_turns_and_see_their_place(house: House) -> None:
    jobs = house.jobs()
    other = house.add_user()
    mine = [jobs.submit(house.user, "toy_count", {}).id for _ in range(3)]
    theirs = jobs.submit(other, "toy_count", {}).id
    assert [jobs.get(house.user, job).queue_position for job in mine] == [1, 3, 4]
    assert jobs.get(other, theirs).queue_position == 2
    assert [job.queue_position for job in jobs.list(house.user)] == [4, 3, 1]
    taken = []
    for _ in range(4):
        claimed = house.claim()
        assert claimed is not None
        taken.append(claimed.lease.job_id)
        house.work(claimed)
    assert taken == [mine[0], theirs, mine[1], mine[2]]


def test_a_user_runs_no_more_trainings_at_once_than_allowed(house: House) -> None:
    jobs = house.jobs()
    other = house.add_user()
    for _ in range(4):
        jobs.submit(house.user, "toy_count", {})
    theirs = jobs.submit(other, "toy_count", {})
    claims = [house.claim(f"worker-{place}", jobs_per_user=2) for place in range(4)]
    users = [jobs.get(house.user, claim.lease.job_id).user_id for claim in (claims[0], claims[2]) if claim]
    assert users == [house.user] * 2
    assert claims[1] is not None
    assert claims[1].lease.job_id == theirs.id
    assert claims[3] is None, "two are running, the third waits although a worker is free"
    house.work(claims[0])
    assert house.claim("worker-3", jobs_per_user=2) is not None


def test_small_jobs_have_a_lane_of_their_own(house: House) -> None:
    jobs = house.jobs()
    jobs.submit(house.user, "toy_count", {})
    small = jobs.submit(house.user, "toy_count_now", {})
    assert small.queue_position == 1
    claimed = house.claim(lane="interactive")
    assert claimed is not None
    assert claimed.lease.job_id == small.id


def test_a_waiting_job_is_cancelled_at_once_and_costs_nothing(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_count", {})
    assert jobs.cancel(house.user, job.id).status == "cancelled"
    assert jobs.cancel(house.user, job.id).status == "cancelled", "twice is once"
    assert house.told(job.id) == ["queued", "cancelled"]
    assert house.used(house.user) == 0
    assert house.claim() is None


def test_what_has_ended_cannot_be_cancelled(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_count", {})
    house.work(house.claim())
    with pytest.raises(Conflict) as refused:
        jobs.cancel(house.user, job.id)
    assert refused.value.code == "invalid_transition"


def test_one_job_is_claimed_by_one_worker(house: House) -> None:
    house.jobs().submit(house.user, "toy_count", {})
    claims: list[object] = []
    threads = [
        threading.Thread(target=lambda name=name: claims.append(house.claim(f"worker-{name}")))
        for name in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len([claim for claim in claims if claim is not None]) == 1


def test_lists_are_chosen_and_leafed_through(house: House) -> None:
    jobs = house.jobs()
    session = house.add_session(house.user)
    first = jobs.submit(house.user, "toy_count", {}, session_id=session)
    second = jobs.submit(house.user, "toy_hang", {}, session_id=session)
    third = jobs.submit(house.user, "toy_count", {})
    jobs.cancel(house.user, first.id)
    assert [job.id for job in jobs.list(house.user)] == [third.id, second.id, first.id]
    assert [job.id for job in jobs.list(house.user, Selection(session_id=session, status="queued"))] == [
        second.id
    ]
    assert [job.id for job in jobs.list(house.user, limit=1, offset=1)] == [second.id]
    assert jobs.count(house.user, Selection(workload="toy_count")) == 2
    newest = jobs.latest(house.user, session, "toy_count")
    assert newest is not None
    assert newest.id == first.id
    assert jobs.latest(house.user, session, "toy_count", statuses=["completed"]) is None
