"""How far a training is, as its training loop tells it: one record per told batch and epoch."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from threading import Lock
from typing import Any

from services.local_training.errors import TrainingProgressError
from services.local_training.remaining import Remaining

MOST_EPOCHS_KEPT = 10_000
MOST_BATCHES_KEPT = 1_000


@dataclass(frozen=True)
class TrainingProgress:
    """One moment of a training. Epochs and batches count from 1; `batch` batches of `epoch` are done."""

    job_id: int
    epoch: int
    total_epochs: int
    batch: int
    total_batches: int
    train_loss: float
    val_loss: float | None
    learning_rate: float
    elapsed_time: float
    estimated_remaining: float | None = None  # an upper bound where training may stop early
    memory_usage: dict[str, Any] | None = None
    epoch_finished: bool = False

    @property
    def epoch_progress(self) -> float:
        """Percent of the epochs that are finished; the one at work does not count."""
        finished = self.epoch if self.epoch_finished else self.epoch - 1
        return _percent(finished, self.total_epochs)

    @property
    def batch_progress(self) -> float:
        """Percent of the batches of this epoch that are done."""
        return _percent(self.batch, self.total_batches)


Callback = Callable[[TrainingProgress], None]


class TrainingProgressMonitor:
    """Told by a training loop, read by whoever wants to know; reading changes nothing.

    Callbacks run in the loop's thread, in the order they were added. What one raises ends the loop, which
    is how a cancelled job stops. `finished_epochs`: of a training that goes on from a checkpoint.
    """

    def __init__(
        self,
        job_id: int,
        total_epochs: int,
        *,
        finished_epochs: int = 0,
        memory: Callable[[], dict[str, Any] | None] = lambda: None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        for name, count in (("total_epochs", total_epochs), ("finished_epochs", finished_epochs)):
            if count < 0:
                raise TrainingProgressError(f"{name} must not be negative, it is {count}")
        self._job_id = job_id
        self._total_epochs = total_epochs
        self._memory = memory
        self._clock = clock
        self._began = clock()
        self._remaining = Remaining(total_epochs, finished_epochs)
        self._lock = Lock()
        self._callbacks: list[Callback] = []
        self._latest: TrainingProgress | None = None
        # Kept apart, so that many batches do not push epochs out; the number says what came first.
        self._epochs: deque[tuple[int, TrainingProgress]] = deque(maxlen=MOST_EPOCHS_KEPT)
        self._batches: deque[tuple[int, TrainingProgress]] = deque(maxlen=MOST_BATCHES_KEPT)
        self._told = 0
        self._epoch = finished_epochs
        self._open = False  # between start_epoch and update_epoch
        self._batch = self._total_batches = 0
        self._learning_rate = 0.0
        self._stopped = False

    def add_callback(self, callback: Callback) -> None:
        """Call it with every record from now on."""
        with self._lock:
            self._callbacks.append(callback)

    def start_epoch(self, epoch: int, total_batches: int) -> None:
        with self._lock:
            self._check_running()
            if self._open or epoch != self._epoch + 1:
                raise TrainingProgressError(f"Epoch {epoch} cannot start: {self._where()}")
            if 0 < self._total_epochs < epoch:
                raise TrainingProgressError(f"Epoch {epoch} is beyond the last, {self._total_epochs}")
            if total_batches < 0:
                raise TrainingProgressError(f"total_batches must not be negative, it is {total_batches}")
            self._epoch, self._total_batches, self._batch = epoch, total_batches, 0
            self._open = True
            self._remaining.start_epoch(self._clock(), total_batches)

    def update_batch(self, batch: int, train_loss: float, learning_rate: float) -> None:
        """`batch` batches of this epoch are done."""
        with self._lock:
            self._check_running()
            if not self._open:
                raise TrainingProgressError(f"No batch can be done now: {self._where()}")
            if not self._batch < batch <= self._total_batches:
                raise TrainingProgressError(
                    f"Batch {batch} does not follow batch {self._batch} of {self._total_batches}"
                )
            self._batch, self._learning_rate = batch, learning_rate
            moment = self._clock()
            self._remaining.batch(moment, batch)
            record = self._record(moment, train_loss, None, finished=False)
            self._keep(self._batches, record)
            callbacks = list(self._callbacks)
        _tell(callbacks, record)

    def update_epoch(self, epoch: int, train_loss: float, val_loss: float | None = None) -> None:
        """The epoch is over, its validation included."""
        with self._lock:
            self._check_running()
            if not self._open or epoch != self._epoch:
                raise TrainingProgressError(f"Epoch {epoch} cannot end: {self._where()}")
            moment = self._clock()
            self._remaining.end_epoch(moment)
            self._batch, self._open = self._total_batches, False
            record = self._record(moment, train_loss, val_loss, finished=True)
            self._keep(self._epochs, record)
            callbacks = list(self._callbacks)
        _tell(callbacks, record)

    def get_latest_progress(self) -> TrainingProgress | None:
        with self._lock:
            return self._latest

    def get_history(self) -> list[TrainingProgress]:
        """In the order told: the last 10 000 epochs, and the last 1 000 batches between them."""
        with self._lock:
            return [record for _, record in sorted([*self._epochs, *self._batches], key=lambda kept: kept[0])]

    def stop(self) -> None:
        """From now on nothing can be told; what was told stays readable."""
        with self._lock:
            self._stopped = True

    def _check_running(self) -> None:
        if self._stopped:
            raise TrainingProgressError("Monitoring was stopped; nothing more can be told", code="STOPPED")

    def _where(self) -> str:
        if self._epoch == 0:
            return "the first epoch is 1 and has not started"
        return f"epoch {self._epoch} is {'at work' if self._open else 'finished'}"

    def _record(
        self, moment: float, train_loss: float, val_loss: float | None, *, finished: bool
    ) -> TrainingProgress:
        return TrainingProgress(
            job_id=self._job_id,
            epoch=self._epoch,
            total_epochs=self._total_epochs,
            batch=self._batch,
            total_batches=self._total_batches,
            train_loss=train_loss,
            val_loss=val_loss,
            learning_rate=self._learning_rate,
            elapsed_time=moment - self._began,
            estimated_remaining=self._remaining.seconds(moment),
            memory_usage=self._memory(),
            epoch_finished=finished,
        )

    def _keep(self, where: deque[tuple[int, TrainingProgress]], record: TrainingProgress) -> None:
        self._told += 1
        self._latest = record
        where.append((self._told, record))


def _tell(callbacks: list[Callback], record: TrainingProgress) -> None:
    for callback in callbacks:
        callback(record)


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole > 0 else 0.0
