"""Percentages, pace and remaining time: nothing falls, nothing is made up, nothing is infinite."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from services.jobs.progress import PHASES, Progress
from services.workloads.base import Phase


class Clock:
    """Both clocks of a progress: seconds that only go on, and a wall clock that may be set."""

    def __init__(self) -> None:
        self.seconds = 100.0
        self.set_by = 0.0

    def __call__(self) -> float:
        return self.seconds

    def now(self) -> datetime:
        return datetime(2026, 3, 1, tzinfo=UTC) + timedelta(seconds=self.seconds + self.set_by)


def made(clock: Clock, **more: Any) -> Progress:
    return Progress(clock=clock, now=clock.now, **more)


def told_after(progress: Progress, clock: Clock, seconds: float, *report: Any, **more: Any) -> dict[str, Any]:
    clock.seconds += seconds
    progress.note(*report, **more)
    return progress.tell()


def etas(clock: Clock, unit_seconds: float, units: int, total: int = 100) -> list[float | None]:
    progress = made(clock)
    progress.note("train", 0, total)
    return [
        told_after(progress, clock, unit_seconds, "train", current, total)["eta_s"]
        for current in range(1, units + 1)
    ]


def test_the_percentage_weighs_the_phases_and_never_falls() -> None:
    progress = Progress()
    seen = []
    for phase, current in (("prepare", 0), ("prepare", 5), ("train", 5), ("prepare", 1), ("evaluate", 10)):
        progress.note(phase, current, 10)  # type: ignore[arg-type]
        seen.append(progress.tell()["percent"])
    assert seen == [0.0, 5.0, 47.5, 47.5, 92.0]


def test_a_hundred_is_only_for_what_is_completed() -> None:
    progress = Progress()
    progress.note("register", 5, 5)
    assert progress.tell()["percent"] == 99.99


def test_the_time_left_is_unknown_at_first_and_there_from_the_fifth_unit_on() -> None:
    short = etas(Clock(), 0.01, 6)
    assert short[:4] == [None] * 4
    assert short[4] == pytest.approx(0.95, rel=0.3)
    long = etas(Clock(), 60.0, 6)
    assert long[0] is None, "the first unit says nothing yet"
    assert long[1:] == [60.0 * (100 - done) for done in range(2, 7)]


@settings(max_examples=50)
@given(
    unit=st.floats(1e-3, 1e4),
    total=st.integers(6, 200),
    warm_up=st.floats(0, 50),
    random=st.randoms(use_true_random=False),
)
def test_at_constant_speed_the_time_left_is_within_30_percent(
    unit: float, total: int, warm_up: float, random: Random
) -> None:
    """The first unit may also warm up; the others take what they take, give or take a tenth."""
    clock = Clock()
    progress = made(clock)
    progress.note("train", 0, total)
    clock.seconds += warm_up * unit
    times = [unit * random.uniform(0.9, 1.1) for _ in range(total)]
    for done in range(1, total + 1):
        eta = told_after(progress, clock, times[done - 1], "train", done, total)["eta_s"]
        if done >= 5:
            assert eta == pytest.approx(sum(times[done:]), rel=0.3, abs=0.1)
        elif done == 1:
            assert eta is None


@settings(max_examples=30)
@given(batch=st.floats(1e-3, 100), validation=st.integers(0, 50))
def test_from_the_fifth_batch_of_an_epoch_the_time_left_is_known(batch: float, validation: int) -> None:
    """Validation is part of an epoch: unseen in the first, counted from the second on."""
    clock, batches, epochs = Clock(), 20, 10
    progress = made(clock)
    progress.note("train", 0, epochs)
    epoch_seconds = (batches + validation) * batch
    for epoch in range(epochs):
        for done in range(1, batches + 1):
            told = told_after(
                progress,
                clock,
                batch,
                "train",
                epoch + done / batches,
                epochs,
                epoch=epoch + 1,
                data={"batch": done, "total_batches": batches},
            )
            truth = (batches - done) * batch + validation * batch + (epochs - epoch - 1) * epoch_seconds
            if epoch >= 3 or (done >= 5 and not validation):
                # within an epoch the share of the batches stands for that of the time
                assert told["eta_s"] == pytest.approx(truth, rel=0.3, abs=0.1 + validation * batch)
            if epoch < 2:
                assert told["rate"] is None or epoch == 1
        clock.seconds += validation * batch
    assert (told["unit"], told["epoch"], told["batch"], told["total_batches"]) == ("epoch", 10, 20, 20)


def test_the_rate_is_of_finished_units_per_minute() -> None:
    clock = Clock()
    progress = made(clock)
    progress.note("train", 0.25, 10, epoch=1)
    for done in range(1, 4):
        told = told_after(progress, clock, 30, "train", done, 10, epoch=done)
    assert (told["rate"], told["rate_unit"]) == (2.0, "epoch/min")


def test_remaining_time_is_that_of_the_longest_phase_and_what_follows() -> None:
    clock = Clock()
    progress = made(clock)
    progress.note("prepare", 0, 2)
    assert told_after(progress, clock, 10, "prepare", 2, 2)["eta_s"] is None, "it says nothing of training"
    progress.note("train", 0, 50)
    for done in range(1, 6):
        told = told_after(progress, clock, 100, "train", done, 50)
    # what preparing took says that a weight of one is worth a second: 15 s for all that follows
    assert told["eta_s"] == 4500 + 15
    assert datetime.fromisoformat(told["eta_at"]) - clock.now() == timedelta(seconds=4515)


def test_speed_starts_anew_when_the_workload_counts_something_else() -> None:
    clock = Clock()
    progress = made(clock)
    progress.note("train", 0, 10)
    assert told_after(progress, clock, 6, "train", 10, 10)["rate"] is not None
    told = told_after(progress, clock, 1, "train", 0, 5)
    assert (told["rate"], told["eta_s"]) == (None, None)


@given(
    st.lists(
        st.tuples(
            st.sampled_from(PHASES),
            st.none() | st.floats(-10, 1e12) | st.just(float("nan")) | st.just(float("inf")),
            st.none() | st.floats(-10, 1e12) | st.just(float("nan")),
            st.floats(0, 1e6) | st.just(0.0),
            st.floats(-1e5, 1e5),
        ),
        max_size=30,
    )
)
def test_whatever_is_reported_the_percentage_never_falls_and_no_number_is_infinite(
    reports: list[tuple[Phase, float | None, float | None, float, float]],
) -> None:
    clock = Clock()
    progress = made(clock)
    last = 0.0
    for phase, current, total, seconds, clock_set in reports:
        clock.set_by = clock_set
        told = told_after(progress, clock, seconds, phase, current, total)
        json.dumps(told, allow_nan=False)
        assert last <= told["percent"] < 100
        assert told["wall_s"] >= told["elapsed_s"] >= 0
        assert told["eta_s"] is None or told["eta_s"] >= 0
        last = told["percent"]


@given(totals=st.lists(st.integers(0, 50), min_size=1, max_size=20))
def test_a_total_that_changes_moves_no_bar_back(totals: list[int]) -> None:
    clock = Clock()
    progress = made(clock)
    seen = [told_after(progress, clock, 1, "train", 5, total)["percent"] for total in totals]
    assert seen == sorted(seen)
    assert seen[-1] <= 85.0


def test_a_clock_that_stands_still_is_no_speed() -> None:
    clock = Clock()
    progress = made(clock)
    for done in range(20):
        told = told_after(progress, clock, 0.0, "train", done, 20)
    assert (told["rate"], told["eta_s"], told["elapsed_s"]) == (None, None, 0.0)


def test_plain_progress_is_due_five_times_a_second() -> None:
    clock = Clock()
    progress = made(clock)
    progress.note("train", 0, 10)
    assert progress.is_due()
    progress.tell()
    assert not progress.is_due()
    clock.seconds += 0.21
    assert progress.is_due()


def test_a_phase_begins_once_and_forgets_the_message_of_the_one_before() -> None:
    progress = Progress()
    assert progress.note("train", 1, 2, "halfway", 1)
    assert not progress.note("train")
    assert progress.tell()["message"] == "halfway"
    assert progress.note("export")
    assert progress.tell()["message"] is None


def test_a_total_of_nothing_is_no_division_by_zero() -> None:
    progress = Progress()
    progress.note("train", 0, 0)
    assert progress.tell()["percent"] == 10.0


def counted(progress: Progress, **counts: int) -> dict[str, Any]:
    progress.note("train", data={"unit": "fold", "counts": counts})
    return progress.tell()


def test_tasks_that_failed_or_were_skipped_are_done_too() -> None:
    progress = Progress({"train": 1})
    told = counted(progress, pending=5, running=1, completed=2, failed=1, skipped=1)
    assert (told["percent"], told["current"], told["total"], told["unit"]) == (40.0, 4.0, 10.0, "fold")
    assert counted(progress, completed=4, failed=3, skipped=1, cancelled=2)["percent"] == 99.99
    assert counted(Progress({"train": 1}))["percent"] == 99.99, "no task at all: nothing is left to do"


def trained(clock: Clock, losses: Mapping[int, float | None]) -> Progress:
    progress = made(clock)
    progress.expect({"total_epochs": 4, "stops_early": True})
    for epoch, loss in losses.items():
        clock.seconds += 10
        progress.note("train", epoch, 4, epoch=epoch)
        progress.measure(epoch, {"loss": 1 / epoch, "val_loss": loss, "learning_rate": 0.01})
    return progress


def test_the_best_epoch_is_that_of_the_lowest_validation_loss() -> None:
    told = trained(Clock(), {1: 0.5, 2: 0.3, 3: 0.4}).tell()
    assert (told["is_best"], told["best"]) == (False, {"epoch": 2, "metric": "val_loss", "value": 0.3})
    assert (told["metrics"]["val_loss"], told["learning_rate"], told["non_finite"]) == (0.4, 0.01, [])
    assert trained(Clock(), {1: 0.5, 2: 0.3}).tell()["is_best"] is True


def test_the_best_follows_what_the_workload_aims_at() -> None:
    progress = Progress()
    progress.expect({"objective": {"metric": "f1_score", "mode": "max"}})
    for epoch, score in enumerate((0.5, 0.9, 0.7), start=1):
        progress.measure(epoch, {"f1_score": score, "val_loss": score})
    assert progress.tell()["best"] == {"epoch": 2, "metric": "f1_score", "value": 0.9}


def test_a_value_that_is_no_number_is_named_and_never_best() -> None:
    told = trained(Clock(), {1: 0.5, 2: None}).tell()
    assert (told["metrics"]["val_loss"], told["non_finite"]) == (None, ["val_loss"])
    assert (told["is_best"], told["best"]["epoch"]) == (False, 1)


def test_an_attempt_that_goes_on_starts_from_the_percentage_and_the_best_of_its_checkpoint() -> None:
    clock = Clock()
    began = clock.now()
    first = trained(clock, {1: 0.5, 2: 0.3})
    before = json.loads(json.dumps(first.tell()))
    clock.seconds += 3600
    second = made(clock)
    second.expect({"total_epochs": 4, "stops_early": True})
    second.restore(before, active_seconds=before["elapsed_s"], first_began=began)
    told = told_after(second, clock, 2, "prepare", 0, 1)
    assert told["percent"] == before["percent"] == 47.5
    assert told["best"] == before["best"]
    assert (told["elapsed_s"], told["wall_s"]) == (22.0, 3622.0)
    told = told_after(second, clock, 10, "train", 3, 4, epoch=3)
    assert told["percent"] == 66.25


def test_the_time_left_is_an_upper_bound_while_training_may_stop_early() -> None:
    clock = Clock()
    progress = trained(clock, {1: 0.5})
    assert progress.tell()["eta_is_upper_bound"] is True
    assert told_after(progress, clock, 1, "evaluate")["eta_is_upper_bound"] is False
    assert made(clock).tell()["eta_is_upper_bound"] is False
