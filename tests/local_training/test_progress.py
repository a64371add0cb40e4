"""What a training loop tells is what anybody reads: as told, as often as asked, until it is stopped."""

from __future__ import annotations

import dataclasses
from typing import Any

import pytest

from services.local_training import history as limits
from services.local_training_environment import (
    LocalTrainingError,
    TrainingProgress,
    TrainingProgressError,
    TrainingProgressInterface,
    TrainingProgressMonitor,
    TrainingProgressMonitorInterface,
)

CONTRACT_FIELDS = (
    "job_id",
    "epoch",
    "total_epochs",
    "batch",
    "total_batches",
    "train_loss",
    "val_loss",
    "learning_rate",
    "elapsed_time",
    "estimated_remaining",
    "memory_usage",
)


class Clock:
    def __init__(self) -> None:
        self.moment = 1000.0

    def __call__(self) -> float:
        return self.moment


def monitor(total_epochs: int = 10, **more: Any) -> tuple[TrainingProgressMonitor, Clock]:
    clock = Clock()
    return TrainingProgressMonitor(7, total_epochs, clock=clock, **more), clock


def record(**changes: Any) -> TrainingProgress:
    values = {
        "job_id": 7,
        "epoch": 1,
        "total_epochs": 4,
        "batch": 0,
        "total_batches": 5,
        "train_loss": 0.5,
        "val_loss": None,
        "learning_rate": 0.001,
        "elapsed_time": 0.0,
    }
    return TrainingProgress(**{**values, **changes})


def run_epoch(told: TrainingProgressMonitor, clock: Clock, epoch: int, *, batches: int = 10) -> None:
    """One second per batch, two for validation."""
    told.start_epoch(epoch, batches)
    for batch in range(1, batches + 1):
        clock.moment += 1
        told.update_batch(batch, 1 / batch, 0.01)
    clock.moment += 2
    told.update_epoch(epoch, 0.3, 0.4)


def test_a_record_has_the_fields_of_the_contract_first() -> None:
    names = [field.name for field in dataclasses.fields(TrainingProgress)]
    assert tuple(names[: len(CONTRACT_FIELDS)]) == CONTRACT_FIELDS


def test_an_epoch_counts_when_it_is_finished() -> None:
    assert record(epoch=1).epoch_progress == 0.0
    assert record(epoch=1, batch=5).epoch_progress == 0.0
    assert record(epoch=1, epoch_finished=True).epoch_progress == 25.0
    assert record(epoch=4, epoch_finished=True).epoch_progress == 100.0
    assert record(batch=2).batch_progress == 40.0


def test_percentages_of_nothing_are_zero() -> None:
    nothing = record(epoch=3, total_epochs=0, batch=2, total_batches=0, epoch_finished=True)
    assert (nothing.epoch_progress, nothing.batch_progress) == (0.0, 0.0)


def test_the_latest_is_a_snapshot_and_reading_consumes_nothing() -> None:
    told, clock = monitor()
    assert told.get_latest_progress() is None
    told.start_epoch(1, 4)
    clock.moment += 3
    told.update_batch(1, 0.9, 0.01)
    told.update_batch(2, 0.8, 0.02)
    latest = told.get_latest_progress()
    assert latest is not None
    assert (latest.batch, latest.train_loss, latest.learning_rate, latest.elapsed_time) == (2, 0.8, 0.02, 3.0)
    assert told.get_latest_progress() == latest
    assert (
        [each.batch for each in told.get_history()] == [each.batch for each in told.get_history()] == [1, 2]
    )
    with pytest.raises(dataclasses.FrozenInstanceError):
        latest.batch = 4  # type: ignore[misc]


def test_the_history_holds_batches_and_epochs_in_the_order_told() -> None:
    told, clock = monitor()
    for epoch in (1, 2):
        run_epoch(told, clock, epoch, batches=2)
    history = told.get_history()
    assert [(each.epoch, each.batch, each.epoch_finished) for each in history] == [
        (1, 1, False),
        (1, 2, False),
        (1, 2, True),
        (2, 1, False),
        (2, 2, False),
        (2, 2, True),
    ]
    assert history[2].val_loss == 0.4
    assert history[2].learning_rate == 0.01  # that of the last batch
    assert history[2].epoch_progress == 10.0


def test_the_history_is_bounded_and_batches_push_no_epoch_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MOST_BATCHES_KEPT", 5)
    monkeypatch.setattr(limits, "MOST_EPOCHS_KEPT", 3)
    told, clock = monitor()
    for epoch in range(1, 6):
        run_epoch(told, clock, epoch)
    history = told.get_history()
    assert [each.epoch for each in history if each.epoch_finished] == [3, 4, 5]
    assert [each.batch for each in history if not each.epoch_finished] == [6, 7, 8, 9, 10]


def test_callbacks_hear_every_record_from_then_on_and_may_end_the_loop() -> None:
    class Enough(Exception): ...

    told, _clock = monitor()
    first: list[TrainingProgress] = []
    second: list[TrainingProgress] = []
    told.add_callback(first.append)
    told.start_epoch(1, 3)
    told.update_batch(1, 0.5, 0.1)
    told.add_callback(second.append)
    told.update_batch(2, 0.4, 0.1)
    assert [each.batch for each in first] == [1, 2]
    assert [each.batch for each in second] == [2]

    def enough(_progress: TrainingProgress) -> None:
        raise Enough

    told.add_callback(enough)
    with pytest.raises(Enough):
        told.update_batch(3, 0.3, 0.1)
    latest = told.get_latest_progress()
    assert latest is not None and latest.batch == 3


def test_stopped_means_stopped() -> None:
    told, _clock = monitor()
    heard: list[TrainingProgress] = []
    told.add_callback(heard.append)
    told.start_epoch(1, 3)
    told.update_batch(1, 0.5, 0.1)
    told.stop()
    told.stop()
    for tell in (
        lambda: told.update_batch(2, 0.5, 0.1),
        lambda: told.update_epoch(1, 0.5, 0.5),
        lambda: told.start_epoch(2, 3),
    ):
        with pytest.raises(TrainingProgressError, match="stopped") as error:
            tell()
        assert error.value.code == "STOPPED"
        assert isinstance(error.value, LocalTrainingError)
    assert [each.batch for each in told.get_history()] == [each.batch for each in heard] == [1]


@pytest.mark.parametrize(
    ("tell", "why"),
    [
        (lambda told: told.update_batch(1, 0.5, 0.1), "the first epoch is 1"),
        (lambda told: told.start_epoch(0, 3), "Epoch 0 cannot start"),
        (lambda told: told.start_epoch(2, 3), "Epoch 2 cannot start"),
        (lambda told: told.start_epoch(1, -1), "must not be negative"),
        (lambda told: (told.start_epoch(1, 3), told.start_epoch(1, 3)), "epoch 1 is at work"),
        (lambda told: (told.start_epoch(1, 3), told.update_batch(4, 0.5, 0.1)), "Batch 4 does not follow"),
        (lambda told: (told.start_epoch(1, 3), told.update_batch(0, 0.5, 0.1)), "Batch 0 does not follow"),
        (lambda told: (told.start_epoch(1, 3), told.update_epoch(2, 0.5)), "Epoch 2 cannot end"),
        (lambda told: told.update_epoch(1, 0.5), "Epoch 1 cannot end"),
    ],
)
def test_progress_that_cannot_be_is_refused(tell: Any, why: str) -> None:
    told, _clock = monitor()
    with pytest.raises(TrainingProgressError, match=why):
        tell(told)


def test_there_is_no_epoch_behind_the_last() -> None:
    told, clock = monitor(total_epochs=1)
    run_epoch(told, clock, 1)
    with pytest.raises(TrainingProgressError, match="beyond the last, 1"):
        told.start_epoch(2, 3)


def test_the_remaining_time_is_unknown_until_units_are_done_and_then_right() -> None:
    """10 epochs of 10 batches of 1 s and 2 s of validation: 120 s in all."""
    told, clock = monitor()
    told.start_epoch(1, 10)
    estimates = []
    for batch in range(1, 11):
        clock.moment += 1
        told.update_batch(batch, 0.5, 0.01)
        estimates.append(told.get_latest_progress().estimated_remaining)  # type: ignore[union-attr]
    assert estimates[:4] == [None] * 4
    assert estimates[4] == 95.0  # 95 batches; what validation takes cannot be known yet
    clock.moment += 2
    told.update_epoch(1, 0.5, 0.5)
    assert told.get_latest_progress().estimated_remaining == pytest.approx(108.0)  # type: ignore[union-attr]
    for epoch in range(2, 11):
        run_epoch(told, clock, epoch)
    for each in told.get_history()[11:]:
        assert each.estimated_remaining == pytest.approx(120.0 - each.elapsed_time)
    assert told.get_history()[-1].estimated_remaining == 0.0


def test_the_remaining_time_follows_a_change_of_speed() -> None:
    told, clock = monitor(total_epochs=20)
    for epoch in range(1, 11):
        run_epoch(told, clock, epoch)
    for epoch in range(11, 16):  # half as fast
        told.start_epoch(epoch, 10)
        clock.moment += 24
        told.update_epoch(epoch, 0.5)
    assert told.get_latest_progress().estimated_remaining == pytest.approx(5 * 24.0)  # type: ignore[union-attr]


def test_a_training_that_goes_on_from_a_checkpoint_counts_what_is_left() -> None:
    told, clock = monitor(finished_epochs=8)
    run_epoch(told, clock, 9)
    latest = told.get_latest_progress()
    assert latest is not None
    assert latest.epoch_progress == 90.0
    assert latest.estimated_remaining == pytest.approx(12.0)


def test_memory_is_told_with_every_record() -> None:
    told, _clock = monitor(memory=lambda: {"used_mb": 12.0})
    told.start_epoch(1, 1)
    told.update_batch(1, 0.5, 0.1)
    assert told.get_history()[0].memory_usage == {"used_mb": 12.0}


def test_both_keep_the_contract() -> None:
    progress: TrainingProgressInterface = record()
    told: TrainingProgressMonitorInterface = monitor()[0]
    assert progress.epoch_progress == 0.0
    assert told.get_history() == []
