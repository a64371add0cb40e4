"""The records of one training, bounded: its last epochs and, between them, its last batches."""

from __future__ import annotations

from collections import deque

from services.local_training.record import TrainingProgress

MOST_EPOCHS_KEPT = 10_000
MOST_BATCHES_KEPT = 1_000


class History:
    """Epochs and batches are kept apart, so that many batches push no epoch out."""

    def __init__(self) -> None:
        self._epochs: deque[TrainingProgress] = deque(maxlen=MOST_EPOCHS_KEPT)
        self._batches: deque[TrainingProgress] = deque(maxlen=MOST_BATCHES_KEPT)
        self.latest: TrainingProgress | None = None

    def add(self, record: TrainingProgress) -> None:
        """What was told of this place or a later one before was of an attempt that got lost, and goes."""
        for kept in (self._epochs, self._batches):
            while kept and _place(kept[-1]) >= _place(record):
                kept.pop()
        (self._epochs if record.epoch_finished else self._batches).append(record)
        self.latest = record

    def all(self) -> list[TrainingProgress]:
        """In the order of the training."""
        return sorted([*self._epochs, *self._batches], key=_place)


def _place(record: TrainingProgress) -> tuple[int, bool, int]:
    return record.epoch, record.epoch_finished, record.batch
