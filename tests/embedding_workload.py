"""A small network on embeddings, for tests of the local training environment; it learns their mean."""

from __future__ import annotations

import time
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field

from services.local_training.embeddings import StoredEmbeddings
from services.local_training.reporting import monitor_of
from services.workloads.base import Run, Workload


class MeanConfig(BaseModel):
    model_config = ConfigDict(extra="forbid")
    train_embeddings: StoredEmbeddings
    val_embeddings: StoredEmbeddings
    epochs: int = Field(default=3, ge=1)
    batch_size: int = Field(default=4, ge=1)
    learning_rate: float = Field(default=0.5, gt=0, le=1)
    pause: float = Field(default=0.0, ge=0)  # seconds a batch takes
    diverge: bool = False


def train(run: Run, config: MeanConfig) -> Mapping[str, Any]:
    samples, validation = config.train_embeddings.load(run), config.val_embeddings.load(run)
    found = run.load_checkpoint()
    mean = np.zeros(samples.shape[1]) if found is None else np.load(found.last / "mean.npy")
    finished = 0 if found is None else found.step
    monitor = monitor_of(run, config.epochs, finished_epochs=finished)
    batches = [samples[at : at + config.batch_size] for at in range(0, len(samples), config.batch_size)]
    for epoch in range(finished + 1, config.epochs + 1):
        monitor.start_epoch(epoch, len(batches))
        for number, batch in enumerate(batches, 1):
            mean += config.learning_rate * (batch.mean(axis=0) - mean)
            time.sleep(config.pause)
            monitor.update_batch(number, _loss(samples, mean), config.learning_rate)
        loss = float("nan") if config.diverge else _loss(samples, mean)
        monitor.update_epoch(epoch, loss, _loss(validation, mean))
        run.checkpoint(partial(_save, mean), step=epoch, epoch=epoch)
    return {"mean": mean.tolist()}


def _save(mean: np.ndarray, folder: Path) -> None:
    np.save(folder / "mean.npy", mean)


def _loss(samples: np.ndarray, mean: np.ndarray) -> float:
    return float(((samples - mean) ** 2).mean())


WORKLOADS = {
    "toy_mean": Workload(
        name="toy_mean",
        config=MeanConfig,
        train=f"{__name__}:train",
        unit="epoch",
        resumable=lambda _config: True,
        about=lambda config: {"total_epochs": config.epochs},
    )
}
