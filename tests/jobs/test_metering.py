"""Compute minutes, storage and parallel jobs: held while a job is open, paid when it ends, given back."""

from __future__ import annotations

from collections.abc import Iterator
from threading import Barrier, Thread
from typing import Any
from uuid import UUID, uuid4

import pytest
from sqlalchemy import delete, select, update

from services.errors import AppError, Forbidden, TooLarge
from services.jobs.lease import SilenceWatch, reap
from services.plans.overview import UsageOverview
from services.storage.database import Database
from services.storage.plan_tables import LimitEventRow
from services.storage.tables import ArtifactRow, FileRow, JobRow, PlanRow, SessionRow
from tests.daemons import PostgresServer
from tests.jobs.house import House

SUBMITS, THREADS = 200, 20


def limit(house: House, **limits: float | bool) -> None:
    with house.database.write() as tx:
        tx.execute(update(PlanRow).where(PlanRow.id == "standard").values(**limits))


def overview(house: House) -> dict[str, Any]:
    return UsageOverview(house.database).of(house.user)


def minutes(house: House) -> tuple[float, float]:
    """Used and reserved."""
    counter = overview(house)["counters"]["compute_minutes"]
    return counter["used"], counter["reserved"]


def worked_for(house: House, job_id: UUID, seconds: float) -> None:
    """As the worker of the job would have reported it."""
    with house.database.write() as tx:
        tx.execute(update(JobRow).where(JobRow.id == job_id).values(progress={"elapsed_s": seconds}))


def told_of(house: House) -> list[tuple[str, float, float]]:
    return [(each["counter"], each["limit"], each["used"]) for each in overview(house)["events"]]


def reached(house: House) -> list[tuple[str, int, int]]:
    with house.database.read() as tx:
        query = select(LimitEventRow.kind, LimitEventRow.limit, LimitEventRow.used)
        return [(row.kind, row.limit, row.used) for row in tx.execute(query.order_by(LimitEventRow.kind))]


def test_an_open_job_holds_a_minute_and_pays_what_it_took(house: House) -> None:
    limit(house, total_compute_hours=1)
    job = house.jobs().submit(house.user, "toy_count", {})
    assert minutes(house) == (0, 1)
    claimed = house.claim()
    worked_for(house, job.id, 300)
    assert minutes(house) == (0, 5), "a job at work holds what it has worked"
    house.work(claimed)
    used, reserved = minutes(house)
    assert 0 < used <= 0.5 and reserved == 0, "what the toy really took, at least a second"
    assert house.used(house.user) == 1


def test_a_job_called_off_before_it_began_pays_nothing(house: House) -> None:
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_count", {})
    jobs.cancel(house.user, job.id)
    assert minutes(house) == (0, 0)


def test_every_attempt_pays_for_itself_and_a_fault_of_the_platform_pays_all_back(house: House) -> None:
    seconds = [0.0]
    watch = SilenceWatch(house.settings.lease_seconds, lambda: seconds[0])

    def fall_silent() -> None:
        reap(house.database, house.plans, watch)
        seconds[0] += 60
        reap(house.database, house.plans, watch)

    job = house.jobs().submit(house.user, "toy_count", {})
    house.claim()
    worked_for(house, job.id, 120)
    fall_silent()
    assert minutes(house) == (2, 1), "the lost attempt, and a minute for the next one"
    house.claim()
    worked_for(house, job.id, 180)
    fall_silent()
    assert house.jobs().get(house.user, job.id).reason == "worker_lost"
    assert minutes(house) == (0, 0)
    assert house.used(house.user) == 0


def test_a_job_that_outgrows_the_minutes_ends_and_the_next_is_refused(house: House) -> None:
    limit(house, total_compute_hours=0.05)  # three minutes
    jobs = house.jobs()
    job = jobs.submit(house.user, "toy_count", {})
    claimed = house.claim()
    worked_for(house, job.id, 240)
    with pytest.raises(Forbidden) as error:
        jobs.submit(house.user, "toy_count", {})
    assert error.value.code == "COMPUTE_LIMIT_REACHED"
    house.work(claimed)
    assert jobs.get(house.user, job.id).status == "completed"
    with house.database.write() as tx:
        house.plans.give_back(tx, job.id)
    job = jobs.submit(house.user, "toy_fail", {"how": "data"})
    claimed = house.claim()
    worked_for(house, job.id, 200)
    house.work(claimed)  # pays what its worker reported last
    assert jobs.get(house.user, job.id).status == "failed"
    with pytest.raises(Forbidden) as error:
        jobs.submit(house.user, "toy_count", {})
    details = error.value.details or {}
    assert (details["limit"], details["unit"], details["plan"]) == (3, "minutes", "standard")
    assert details["used"] >= 3 and details["resets_at"]
    assert error.value.suggestion
    assert [kind for kind, *_ in reached(house)] == ["compute"]
    assert [each[0] for each in told_of(house)] == ["compute_minutes"]


def test_a_limit_that_is_reached_is_told_once_a_period(house: House) -> None:
    limit(house, max_training_runs_per_month=2)
    jobs = house.jobs()
    first = jobs.submit(house.user, "toy_count", {})
    assert reached(house) == []
    jobs.submit(house.user, "toy_count", {})
    assert told_of(house) == reached(house) == [("training", 2, 2)]
    jobs.cancel(house.user, first.id)  # given back, and taken again
    jobs.submit(house.user, "toy_count", {})
    assert reached(house) == [("training", 2, 2)]


def add_file(house: House, session_id: UUID, key: str, size: int) -> UUID:
    row = FileRow(
        id=uuid4(),
        session_id=session_id,
        file_name="load.csv",
        type="input",
        bezeichnung=uuid4().hex,
        storage_path=key,
        size_bytes=size,
    )
    with house.database.write() as tx:
        tx.add(row)
    return row.id


def test_storage_counts_a_shared_blob_once_and_goes_down_on_delete(house: House) -> None:
    limit(house, max_storage_gb=0.000002)  # 2 000 bytes
    first, second = house.add_session(house.user), house.add_session(house.user)
    file_id = add_file(house, first, "files/a", 1000)
    add_file(house, second, "files/a", 1000)
    elsewhere = house.add_session(house.add_user())
    add_file(house, elsewhere, "files/b", 1_000_000)
    job = house.jobs().submit(house.user, "toy_count", {}, session_id=first)
    with house.database.write() as tx:
        for name in ("a", "b"):
            tx.add(
                ArtifactRow(
                    job_id=job.id,
                    attempt=1,
                    kind="model",
                    name=name,
                    media_type="x",
                    size_bytes=200,
                    sha256="0" * 64,
                    blob_key="jobs/one",
                )
            )
    storage = overview(house)["storage"]
    assert (storage["file_bytes"], storage["artifact_bytes"]) == (1000, 200)
    assert storage["remaining_bytes"] == 800
    house.plans.room.hold(house.user, "upload", 800)
    assert overview(house)["storage"]["remaining_bytes"] == 0
    with pytest.raises(TooLarge) as error:
        house.plans.room.hold(house.user, "upload", 801)
    house.plans.room.release("upload")
    assert error.value.code == "STORAGE_LIMIT_REACHED"
    details = error.value.details or {}
    assert (details["limit"], details["used"], details["requested"]) == (2000, 1200, 801)
    add_file(house, second, "files/c", 900)
    with pytest.raises(Forbidden) as full:
        house.jobs().submit(house.user, "toy_count", {})
    assert full.value.code == "STORAGE_LIMIT_REACHED"
    assert ("storage", 2000, 1200) in reached(house)
    with house.database.write() as tx:
        tx.execute(delete(SessionRow).where(SessionRow.id == second))
    assert overview(house)["storage"]["used_bytes"] == 1200
    with house.database.write() as tx:
        tx.execute(delete(FileRow).where(FileRow.id == file_id))
    assert overview(house)["storage"]["used_bytes"] == 200
    house.jobs().submit(house.user, "toy_count", {})


def test_more_trainings_than_the_plan_works_on_at_once_wait(house: House) -> None:
    limit(house, max_parallel_jobs=1)
    jobs = house.jobs()
    for _ in range(2):
        jobs.submit(house.user, "toy_count", {})
    assert house.claim(jobs_per_user=5) is not None
    assert house.claim(jobs_per_user=5) is None
    assert overview(house)["parallel_jobs"] == {"limit": 1, "running": 1, "waiting": 1}
    limit(house, max_parallel_jobs=-1)
    assert house.claim(jobs_per_user=5) is not None


@pytest.fixture(params=["sqlite", "postgres"])
def on_both(request: pytest.FixtureRequest, house: House) -> Iterator[House]:
    """The same house on either database."""
    if request.param == "sqlite":
        yield house
        return
    server: PostgresServer = request.getfixturevalue("postgres")
    database = Database(server.migrated())
    yield House(house.settings, database)
    database.close()


@pytest.mark.parametrize(
    ("limits", "code"),
    [
        ({"max_training_runs_per_month": 5}, "TRAINING_LIMIT_REACHED"),
        ({"total_compute_hours": 5 / 60}, "COMPUTE_LIMIT_REACHED"),
    ],
    ids=["trainings", "minutes"],
)
def test_of_two_hundred_submits_at_once_exactly_as_many_are_accepted_as_the_limit_allows(
    on_both: House, limits: dict[str, float], code: str
) -> None:
    limit(on_both, **limits)
    jobs, start = on_both.jobs(), Barrier(THREADS)
    accepted: list[UUID] = []
    refused: list[str] = []

    def submit() -> None:
        start.wait()
        for _ in range(SUBMITS // THREADS):
            try:
                accepted.append(jobs.submit(on_both.user, "toy_count", {}).id)
            except AppError as error:
                refused.append(error.code)

    threads = [Thread(target=submit) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(accepted), len(refused)) == (5, SUBMITS - 5)
    assert set(refused) == {code}
    assert on_both.used(on_both.user) == 5
    with on_both.database.read() as tx:
        assert len(tx.scalars(select(JobRow.id).where(JobRow.user_id == on_both.user)).all()) == 5


def test_of_many_uploads_announced_at_once_as_many_get_room_as_there_is(on_both: House) -> None:
    limit(on_both, max_storage_gb=0.000001)  # 1 000 bytes
    room, start = on_both.plans.room, Barrier(THREADS)
    refused: list[str] = []

    def announce() -> None:
        start.wait()
        for _ in range(3):
            try:
                room.hold(on_both.user, uuid4().hex, 190)
            except TooLarge as error:
                refused.append(error.code)

    threads = [Thread(target=announce) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["STORAGE_LIMIT_REACHED"] * (3 * THREADS - 5)
    assert UsageOverview(on_both.database).of(on_both.user)["storage"]["unfinished_upload_bytes"] == 950
