"""How far a training is, as its training loop tells it: one record per told batch and epoch."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from threading import Lock
from typing import Any

from services.local_training.errors import TrainingProgressError
from services.local_training.history import History
from services.local_training.record import TrainingProgress
from services.local_training.remaining import Remaining

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
        memory: Callable[[], Mapping[str, Any] | None] = lambda: None,
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
        self._history = History()
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
            self._history.add(record)
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
            self._history.add(record)
            callbacks = list(self._callbacks)
        _tell(callbacks, record)

    def get_latest_progress(self) -> TrainingProgress | None:
        with self._lock:
            return self._history.latest

    def get_history(self) -> list[TrainingProgress]:
        """In the order told: the last 10 000 epochs, and the last 1 000 batches between them."""
        with self._lock:
            return self._history.all()

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
        memory = self._memory()
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
            memory_usage=None if memory is None else dict(memory),
            epoch_finished=finished,
        )


def _tell(callbacks: list[Callback], record: TrainingProgress) -> None:
    for callback in callbacks:
        callback(record)
