"""Percentages, speed and remaining time."""

from __future__ import annotations

from services.jobs.progress import Progress
from services.workloads.base import Phase


class Clock:
    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


def note(progress: Progress, phase: Phase, current: float | None = None, total: float | None = None) -> bool:
    return progress.note(phase, current, total, None, None)


def test_the_percentage_weighs_the_phases_and_never_falls() -> None:
    progress = Progress()
    seen = []
    for phase, current in (("prepare", 0), ("prepare", 5), ("train", 5), ("prepare", 1), ("evaluate", 10)):
        note(progress, phase, current, 10)  # type: ignore[arg-type]
        seen.append(progress.tell()["percent"])
    assert seen == [0.0, 5.0, 47.5, 47.5, 92.0]


def test_remaining_time_follows_the_speed_of_the_longest_phase() -> None:
    clock = Clock()
    progress = Progress(clock=clock)
    note(progress, "prepare", 1, 2)
    clock.seconds += 1
    note(progress, "prepare", 2, 2)
    assert progress.tell()["eta_seconds"] is None, "preparing says nothing about training"
    note(progress, "train", 0, 100)
    assert progress.tell()["eta_seconds"] is None
    clock.seconds += 10
    note(progress, "train", 20, 100)
    told = progress.tell()
    assert (told["rate"], told["eta_seconds"]) == (2.0, 40.0)


def test_speed_starts_anew_when_the_workload_counts_something_else() -> None:
    clock = Clock()
    progress = Progress(clock=clock)
    note(progress, "train", 0, 10)
    clock.seconds += 1
    note(progress, "train", 10, 10)
    note(progress, "train", 0, 5)
    assert progress.tell()["rate"] is None


def test_plain_progress_is_due_five_times_a_second() -> None:
    clock = Clock()
    progress = Progress(clock=clock)
    note(progress, "train", 0, 10)
    assert progress.is_due()
    progress.tell()
    assert not progress.is_due()
    clock.seconds += 0.21
    assert progress.is_due()


def test_a_phase_begins_once_and_forgets_the_message_of_the_one_before() -> None:
    progress = Progress()
    assert progress.note("train", 1, 2, "halfway", 1)
    assert not progress.note("train", None, None, None, None)
    assert progress.tell()["message"] == "halfway"
    assert note(progress, "export")
    assert progress.tell()["message"] is None


def test_a_total_of_nothing_is_no_division_by_zero() -> None:
    progress = Progress()
    note(progress, "train", 0, 0)
    assert progress.tell()["percent"] == 10.0
