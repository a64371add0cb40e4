"""Progress on its way through the engine: records of a monitor become reports, and records again."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from typing import Any

from services.jobs.memory import memory_on
from services.local_training.progress import TrainingProgressMonitor
from services.local_training.record import TrainingProgress
from services.workloads.base import Run

KINDS = frozenset({"batch", "metrics"})  # events that tell of batches and of whole epochs
BATCH_PAUSE_SECONDS = 0.25  # between two told batches; epochs are always told


def monitor_of(run: Run, total_epochs: int, *, finished_epochs: int = 0) -> TrainingProgressMonitor:
    """What a training function tells its epochs and batches, and the job's owner hears."""
    monitor = TrainingProgressMonitor(
        run.job_id.int,
        total_epochs,
        finished_epochs=finished_epochs,
        memory=memory_on(run.device),
    )
    monitor.add_callback(_report_to(run))
    return monitor


def _report_to(run: Run, clock: Callable[[], float] = time.monotonic) -> Callable[[TrainingProgress], None]:
    """A callback that lets Cancelled and LeaseLost pass: they end the training."""
    told = float("-inf")

    def report(progress: TrainingProgress) -> None:
        nonlocal told
        done = float(progress.epoch)
        if not progress.epoch_finished:
            done += progress.batch_progress / 100 - 1
        place: dict[str, Any] = {"phase": "train", "current": done, "total": progress.total_epochs}
        if not progress.epoch_finished and clock() - told < BATCH_PAUSE_SECONDS:
            run.report(**place, epoch=progress.epoch)
            return
        run.report(
            **place,
            epoch=progress.epoch,
            step=progress.epoch * progress.total_batches - (progress.total_batches - progress.batch),
            metrics=_metrics(progress),
            event="progress" if progress.epoch_finished else "batch",
            data={
                "total_epochs": progress.total_epochs,
                "batch": progress.batch,
                "total_batches": progress.total_batches,
            },
        )
        told = clock()

    return report


def as_record(kind: str, data: Mapping[str, Any], job_id: int) -> TrainingProgress | None:
    """What a stored event tells of a training; None if it is of another kind."""
    if kind not in KINDS or data.get("epoch") is None:
        return None
    metrics = data.get("metrics") or {}
    return TrainingProgress(
        job_id=job_id,
        epoch=data["epoch"],
        total_epochs=data.get("total_epochs") or 0,
        batch=data.get("batch") or 0,
        total_batches=data.get("total_batches") or 0,
        train_loss=_number(metrics.get("loss")),
        val_loss=_number(metrics["val_loss"]) if "val_loss" in metrics else None,
        learning_rate=_number(metrics.get("learning_rate")),
        elapsed_time=data.get("elapsed_s") or 0.0,
        estimated_remaining=data.get("eta_s"),
        memory_usage=data.get("memory"),
        epoch_finished=kind == "metrics",
    )


def _metrics(progress: TrainingProgress) -> dict[str, float]:
    measured = {"loss": progress.train_loss, "learning_rate": progress.learning_rate}
    return measured if progress.val_loss is None else measured | {"val_loss": progress.val_loss}


def _number(stored: float | None) -> float:
    """Stored null is a number that was not finite, or none at all."""
    return math.nan if stored is None else stored
