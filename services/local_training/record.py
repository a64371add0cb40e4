"""One moment of a training."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


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


def _percent(part: int, whole: int) -> float:
    return 100.0 * part / whole if whole > 0 else 0.0
