"""The metric history: what is newest, what is in a range, what a few points keep, what a resume hides."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import insert, update

from services.errors import BadRequest
from services.jobs import blocks
from services.jobs.blocks import Blocks
from services.jobs.curves import Curves, keys_of, thin
from services.storage.job_tables import AttemptRow
from services.storage.tables import JobRow, MetricRow
from tests.jobs.house import House

Point = tuple[str, int, float | None]  # key, step, value


class Told:
    """A job whose points are written here, as its worker would."""

    def __init__(self, house: House) -> None:
        self.house, self.records = house, house.jobs().records
        self.id = house.jobs().submit(house.user, "toy_count", {}).id
        self.attempt = 0
        self.blocks = Blocks(self.id)

    def begin(self, cursor: int = 0) -> None:
        self.attempt += 1
        self.blocks = Blocks(self.id)
        with self.house.database.write() as tx:
            tx.add(
                AttemptRow(
                    job_id=self.id, attempt=self.attempt, worker_id="w", host="h", device="cpu", cursor=cursor
                )
            )

    def add(self, *points: Point) -> None:
        rows = [
            {
                "job_id": self.id,
                "attempt": self.attempt,
                "key": key,
                "value": value,
                "step": step,
                "epoch": step,
                "phase": "train",
            }
            for key, step, value in points
        ]
        with self.house.database.write() as tx:
            tx.execute(insert(MetricRow), rows)
            self.blocks.note(tx, len(rows))
            seq = {"last_seq": JobRow.last_seq + 1}
            tx.execute(update(JobRow).where(JobRow.id == self.id).values(seq))

    def end(self) -> None:
        """The attempt ends well; its row counts it, as a claim does."""
        with self.house.database.write() as tx:
            tx.execute(update(JobRow).where(JobRow.id == self.id).values(attempt=self.attempt))
            self.blocks.close(tx, self.attempt)

    def look_anew(self) -> None:
        """As a server does that has just started."""
        self.records = self.house.jobs().records

    def last_id(self) -> int:
        with self.house.database.read() as tx:
            return max(tx.scalars(MetricRow.__table__.select().with_only_columns(MetricRow.id)))

    def steps(self, **chosen: Any) -> list[int]:
        return [point.step for point in self.records.metrics(self.house.user, self.id, **chosen)]

    def curve(self, key: str = "loss", max_points: int = 5_000, **chosen: Any) -> dict[str, list[Any]]:
        found = self.records.curves(self.house.user, self.id, max_points=max_points, **chosen)
        return found.get(key, {"step": [], "value": []})


@pytest.fixture
def job(house: House) -> Told:
    told = Told(house)
    told.begin()
    return told


def test_the_newest_points_come_first_and_are_cut_off_by_the_limit(job: Told) -> None:
    job.add(*((key, step, 1 / step) for step in range(1, 201) for key in ("loss", "val_loss")))
    job.add(("batch/loss", 999, 1.0), ("once", 3, 1.0))
    assert job.steps(order="desc", limit=5) == [200, 200, 199, 199, 198]
    assert job.steps(keys=["loss"], order="desc", limit=3) == [200, 199, 198]
    assert job.steps(keys=["loss"], after_step=197) == [198, 199, 200]
    assert job.steps(keys=["loss"], from_step=10, to_step=12) == [10, 11, 12]
    assert job.steps(keys=["once", "batch/loss"]) == [3, 999]
    assert job.steps(keys=["none"]) == []
    assert len(job.steps(limit=10_000)) == 401, "those of batches are asked for by name"


def test_every_point_comes_once_however_many_share_a_step(job: Told) -> None:
    job.add(*(("loss", step // 40, float(step)) for step in range(400)))
    for order in ("asc", "desc"):
        points = job.records.metrics(job.house.user, job.id, order=order, limit=10_000)
        values = [point.value for point in points]
        assert sorted(values) == [float(each) for each in range(400)]
        assert values == sorted(values, reverse=order == "desc")


def test_after_5000_epochs_the_answer_is_the_newest_and_a_bounded_sample(job: Told) -> None:
    job.add(*(("loss", step, math.sin(step) if step != 2_345 else 77.0) for step in range(1, 5_001)))
    newest = job.steps(order="desc")
    assert (newest[0], len(newest)) == (5_000, 1_000)
    sample = job.curve(max_points=500)
    assert len(sample["step"]) <= 500
    assert (sample["step"][0], sample["step"][-1]) == (1, 5_000)
    assert (2_345, 77.0) in zip(sample["step"], sample["value"], strict=True)


@given(
    values=st.lists(st.floats(allow_infinity=False), min_size=1, max_size=400),
    max_points=st.integers(4, 60),
)
def test_few_points_keep_the_ends_and_every_extreme(values: list[float], max_points: int) -> None:
    places = thin(values, 0, len(values), max_points)
    assert len(places) <= max_points or len(values) <= max_points
    assert places == sorted(set(places))
    assert (places[0], places[-1]) == (0, len(values) - 1)
    finite = [value for value in values if not math.isnan(value)]
    if finite:
        kept = [values[place] for place in places if not math.isnan(values[place])]
        assert (min(kept), max(kept)) == (min(finite), max(finite))


def test_what_was_no_number_is_null_in_a_sample_too(job: Told) -> None:
    job.add(*(("loss", step, None if step % 3 else float(step)) for step in range(100)))
    sample = job.curve(max_points=20)
    known = [value for value in sample["value"] if value is not None]
    assert (len(sample["step"]) <= 20, min(known), max(known)) == (True, 0.0, 99.0)
    assert job.curve()["value"][:4] == [0.0, None, None, 3.0]


def test_a_resume_hides_what_it_superseded_and_attempts_can_be_looked_at_apart(job: Told) -> None:
    job.add(("loss", 1, 1.0), ("loss", 2, 2.0))
    cursor = job.last_id()
    job.add(("loss", 3, 3.0))
    job.begin(cursor)
    job.add(("loss", 3, 30.0), ("loss", 4, 40.0))
    assert job.curve()["value"] == [1.0, 2.0, 30.0, 40.0]
    assert job.steps() == [1, 2, 3, 4]
    assert [job.curve(attempt=n)["value"] for n in (1, 2)] == [[1.0, 2.0, 3.0], [30.0, 40.0]]
    assert job.steps(attempt="all") == [1, 2, 3, 3, 4]
    assert job.steps(attempt=3) == job.curve(attempt=3)["step"] == []
    assert [row["loss"] for row in job.records.recent_metrics(job.house.user, job.id)] == [
        40.0,
        30.0,
        2.0,
        1.0,
    ]
    job.begin(0)
    assert job.steps() == job.curve()["step"] == [], "begun anew, and nothing measured yet"


def test_a_curve_that_grows_is_read_on_and_one_that_goes_back_is_read_again(job: Told) -> None:
    job.add(("loss", 1, 1.0), ("loss", 2, 2.0))
    assert job.curve()["step"] == [1, 2]
    job.add(("loss", 3, 3.0), ("val_loss", 3, 3.0))
    assert job.curve()["step"] == [1, 2, 3]
    assert job.curve("val_loss")["step"] == [3]
    job.begin(0)
    job.add(("loss", 1, 9.0))
    assert job.curve()["value"] == [9.0]
    assert job.curve(attempt="all")["value"] == [1.0, 9.0, 2.0, 3.0]


def test_curves_in_memory_are_bounded(job: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    other = Told(job.house)
    other.begin()
    for each in (job, other):
        each.add(*(("loss", step, 1.0) for step in range(60)))
    curves = Curves(most=100)
    with job.house.database.read() as tx:
        for wanted in (job.id, other.id, job.id):
            assert len(curves.read(tx, wanted, None)["loss"].ids) == 60
            assert held(curves) == [wanted]


def held(curves: Curves) -> list[UUID]:
    return [job_id for job_id, _ in curves._held]


def test_recent_epochs_come_newest_first_one_row_each_and_no_more_than_ten(job: Told) -> None:
    keys = ("loss", "val_loss", "learning_rate")
    job.add(*((key, step, step / 10) for step in range(1, 31) for key in keys), ("batch/loss", 40, 1.0))
    rows = job.records.recent_metrics(job.house.user, job.id)
    assert [row["epoch"] for row in rows] == list(range(30, 20, -1))
    assert rows[0] == {"step": 30, "epoch": 30, "loss": 3.0, "val_loss": 3.0, "learning_rate": 3.0}


@pytest.mark.parametrize("chosen", [{"max_points": 3}, {"max_points": 5_001}])
def test_a_sample_of_no_sensible_size_is_refused(job: Told, chosen: dict[str, Any]) -> None:
    with pytest.raises(BadRequest, match="from 4 to 5000"):
        job.curve(**chosen)


Op = tuple[str, Sequence[tuple[str, int]]]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    ops=st.lists(
        st.tuples(
            st.sampled_from(["add", "add", "add", "resume", "end", "look", "look anew"]),
            st.lists(st.tuples(st.sampled_from("ab"), st.integers(0, 6)), max_size=6),
        ),
        max_size=12,
    )
)
def test_whatever_happens_samples_and_points_are_those_of_the_table(house: House, ops: Sequence[Op]) -> None:
    """Memory of the curves, and blocks of them, against a plain list of what was written."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(blocks, "POINTS_OF_A_BLOCK", 4)
        compare(house, ops)


def compare(house: House, ops: Sequence[Op]) -> None:
    job = Told(house)
    written: list[tuple[int, int, str, int]] = []  # id, attempt, key, step
    cursors: list[int] = []
    for op, points in [*ops, ("look", ()), ("look anew", ())]:
        if op == "resume" or job.attempt == 0:
            cursors.append(written[len(written) // 2][0] if written else 0)
            job.begin(cursors[-1])
        if op == "add" and points:
            job.add(*((key, step, float(step)) for key, step in points))
            last = job.last_id()
            ids = range(last - len(points) + 1, last + 1)
            written += [(id_, job.attempt, *point) for id_, point in zip(ids, points, strict=True)]
        if op == "end":
            job.end()
        if op == "look anew":
            job.look_anew()
        if op.startswith("look"):
            shown = [
                (step, id_, key)
                for id_, attempt, key, step in written
                if all(id_ <= cursor for cursor in cursors[attempt:])
            ]
            assert job.steps() == [step for step, _, _ in sorted(shown)]
            assert job.steps(order="desc", limit=3) == [step for step, _, _ in sorted(shown)[::-1]][:3]
            for key in "ab":
                assert job.curve(key)["step"] == sorted(step for step, _, each in shown if each == key)


def test_what_lies_in_blocks_is_not_read_from_rows(job: Told, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "POINTS_OF_A_BLOCK", 10)
    odd = [("loss", 2, float("nan")), ("batch/loss", 1, 7.0)]
    job.add(("loss", 1, 1.0), *odd, *(("loss", step, 0.5) for step in range(3, 11)))
    job.add(("loss", 11, 2.0))
    job.house.execute("delete from training_metrics where step < 5")
    job.look_anew()
    assert job.curve()["step"] == list(range(1, 12))
    assert job.curve()["value"] == [1.0, None, *[0.5] * 8, 2.0]
    assert job.curve("batch/loss", keys=["batch/loss"])["value"] == [7.0]


def test_a_job_that_ended_well_is_whole_in_its_blocks(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(blocks, "POINTS_OF_A_BLOCK", 4)
    job_id = house.jobs().submit(house.user, "toy_metrics", {"n": 11}).id
    house.work(house.claim())
    before = house.jobs().records.curves(house.user, job_id, max_points=100)
    assert before["loss"]["step"]
    house.execute("delete from training_metrics")
    assert house.jobs().records.curves(house.user, job_id, max_points=100) == before


def test_keys_are_found_without_reading_the_points(job: Told) -> None:
    job.add(*((key, step, 0.0) for step in range(50) for key in ("b", "a", "c/d")))
    with job.house.database.read() as tx:
        assert keys_of(tx, job.id) == ["a", "b", "c/d"]
