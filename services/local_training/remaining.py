"""The time a training still takes, from the units it has completed: batches at first, then whole epochs."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass

EARLIEST_BATCH = 5  # sooner, the first batch (slow: everything warms up) says too much
EPOCHS_AVERAGED = 5


@dataclass(frozen=True)
class _Epoch:
    seconds: float  # from the end of the one before, so that validation and saving count
    training_seconds: float  # of these, up to its last batch


class Remaining:
    """Moments are seconds of one clock. Until the first epoch is over validation is unknown and left out."""

    def __init__(self, total_epochs: int, finished_epochs: int = 0) -> None:
        self._total = total_epochs
        self._finished = finished_epochs
        self._epochs: deque[_Epoch] = deque(maxlen=EPOCHS_AVERAGED)
        self._began: float | None = None
        self._batch = self._batches = 0
        self._last_batch: float | None = None

    def start_epoch(self, moment: float, batches: int) -> None:
        if self._began is None:
            self._began = moment
        self._batch, self._batches = 0, batches
        self._last_batch = None

    def batch(self, moment: float, batch: int) -> None:
        self._batch, self._last_batch = batch, moment

    def end_epoch(self, moment: float) -> None:
        assert self._began is not None
        trained_until = moment if self._last_batch is None else self._last_batch
        self._epochs.append(_Epoch(moment - self._began, trained_until - self._began))
        self._finished += 1
        self._began = moment
        self._batch = 0

    def seconds(self, moment: float) -> float | None:
        """None until it can be known."""
        if self._total <= 0 or self._began is None:
            return None
        if self._epochs:
            return self._by_epochs()
        if self._batch < EARLIEST_BATCH or self._last_batch is None:
            return None
        per_batch = (self._last_batch - self._began) / self._batch
        return per_batch * ((self._total - self._finished) * self._batches - self._batch)

    def _by_epochs(self) -> float:
        seconds = sum(epoch.seconds for epoch in self._epochs) / len(self._epochs)
        training = sum(epoch.training_seconds for epoch in self._epochs) / len(self._epochs)
        done = training * self._batch / self._batches if self._batches else 0.0
        return max(0.0, seconds * (self._total - self._finished) - done)
