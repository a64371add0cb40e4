"""Where two things happen to a job at once, or in an order nobody thinks of."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

from services.errors import Conflict, NotFound
from services.jobs.lease import take_back
from services.jobs.reaper import Reaper
from services.storage.job_tables import EvidenceRow
from services.storage.tables import JobRow
from tests.jobs.house import House


def test_a_job_killed_before_its_first_checkpoint_and_paused_in_the_queue_begins_again_and_says_so(
    house: House,
) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_learn", {"epochs": 3})
    house.claim("killed")
    assert [event.type for event in take_back(house.database, house.plans, "killed")] == ["requeued"]
    assert jobs.pause(house.user, job.id).status == "paused"
    resumed = jobs.resume(house.user, job.id)
    assert (resumed.status, resumed.notice) == (
        "queued",
        "It had stored no state yet, so it begins at its beginning",
    )
    assert jobs.events(house.user, job.id)[-1].data == {"from_step": None, "from_the_beginning": True}
    house.work(house.claim())
    ended = jobs.get(house.user, job.id)
    assert (ended.status, ended.outcome and len(ended.outcome["history"])) == ("completed", 3)


def test_a_job_that_had_a_checkpoint_never_begins_again_in_silence(house: House) -> None:
    """Not even where nothing of it is left but the event."""
    object.__setattr__(house.settings, "checkpoint_seconds", 0.0)
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_learn", {"epochs": 9, "hold": 2})
    claimed = house.claim()
    jobs.pause(house.user, job.id)
    house.work(claimed)
    house.execute("delete from job_checkpoints")
    with pytest.raises(Conflict) as refused:
        jobs.resume(house.user, job.id)
    assert refused.value.code == "NO_CHECKPOINT"
    assert jobs.get(house.user, job.id).status == "paused"


def test_a_job_that_begins_while_it_is_deleted_is_stopped_first(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The row was read as queued; in a cluster another machine claims it before it is removed."""
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_learn", {"hold": 2})
    with house.database.read() as tx:
        seen = tx.get_one(JobRow, job.id)
    claimed = house.claim()
    monkeypatch.setattr(jobs, "_row", lambda tx, *_of, **_how: tx.merge(seen, load=False))
    jobs.delete(house.user, job.id)
    monkeypatch.undo()
    left = jobs.get(house.user, job.id)
    assert (left.status, left.requested_action) == ("running", "cancel")
    house.work(claimed)
    gone = Reaper(house.database, house.blobs, house.plans, 60).sweep()
    assert [(event.job_id, event.type) for event in gone] == [(job.id, "deleted")]
    with pytest.raises(NotFound):
        jobs.get(house.user, job.id)


def test_a_deleted_job_is_told_with_the_number_after_its_last(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_learn", {})
    jobs.delete(house.user, job.id)
    assert [(event.type, event.seq) for event in house.heard_of(job.id)] == [("queued", 1), ("deleted", 2)]
    assert house.used(house.user) == 0


def test_evidence_stands_in_the_order_of_the_tries_whatever_the_clocks_say(
    house: House, tmp_path: Path
) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_items", {"n": 4, "bad": [1], "folder": str(tmp_path)})
    house.work(house.claim())
    (tmp_path / "mended").touch()
    jobs.retry(house.user, job.id)
    house.work(house.claim())
    with house.database.write() as tx:  # a clock that runs backwards
        for place, row in enumerate(tx.scalars(select(EvidenceRow).order_by(EvidenceRow.created_at))):
            row.created_at -= timedelta(minutes=place)
    found = [(key, row.attempt, row.status) for key, row in jobs.records.evidence(house.user, job.id)]
    first = [(f"item-{k}", 1, "failed" if k == 1 else "completed") for k in range(4)]
    assert found == [*first, ("item-1", 2, "completed")]


def test_claims_of_many_at_once_keep_the_limits_and_never_wait_for_each_other_in_a_circle(
    house: House,
) -> None:
    """Users in turn, each with several jobs: claims that lock them in different orders would deadlock."""
    jobs, users = house.jobs(), [house.user, *(house.add_user() for _ in range(3))]
    for user in users * 4:
        jobs.submit(user, "toy_count", {})
    with ThreadPoolExecutor(8) as pool:
        claims = list(pool.map(lambda k: house.claim(f"worker-{k}", jobs_per_user=2), range(16)))
    taken = [claim for claim in claims if claim is not None]
    assert len({claim.lease.job_id for claim in taken}) == len(taken) == 8
    for user in users:
        running = [job for job in jobs.list(user) if job.status == "running"]
        assert len(running) == 2


def test_claims_at_once_never_put_more_on_a_device_than_it_may_carry(house: House) -> None:
    jobs = house.jobs()
    for _ in range(6):
        jobs.submit(house.user, "toy_count", {})
    with ThreadPoolExecutor(6) as pool:
        claims = pool.map(
            lambda k: house.claim(f"worker-{k}", jobs_per_user=9, limit=2, host="a", device="cuda:0"),
            range(6),
        )
        assert sum(claim is not None for claim in claims) == 2


def test_a_restart_sent_twice_with_one_key_makes_one_job(house: House) -> None:
    jobs = house.jobs()
    first = jobs.submit(house.user, "toy_count", {})
    house.work(house.claim())
    new = jobs.restart(house.user, first.id, "a key")
    again = jobs.restart(house.user, first.id, "a key")
    assert (new.replayed, again.replayed, again.id) == (False, True, new.id)
    assert new.restart_of == first.id
    assert jobs.restart(house.user, first.id, "another").id != new.id
    house.work(house.claim())
    with pytest.raises(Conflict) as reused:
        jobs.restart(house.user, new.id, "a key")
    assert reused.value.code == "IDEMPOTENCY_KEY_REUSED"
