"""A Run for the last part of a search: the training of the best parameters, told as the rest of one job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from services.workloads.base import Phase, Run


class LastRun(Run):
    """Passes everything on; the dataset is there already, and training is the last of `trials` + 1 units."""

    def __init__(self, run: Run, trials: int) -> None:
        self.workdir: Path = run.workdir
        self.cache_dir: Path = run.cache_dir
        self.attempt = run.attempt
        self._run = run
        self._trials = trials
        self._share = 0.0

    def report(
        self,
        *,
        phase: Phase,
        current: float | None = None,
        total: float | None = None,
        metrics: Mapping[str, float] | None = None,
        earlier: Sequence[tuple[int, int, Mapping[str, float]]] = (),
        epoch: int | None = None,
        step: int | None = None,
        message: str | None = None,
        event: str = "progress",
        data: Mapping[str, Any] | None = None,
    ) -> None:
        if phase in ("prepare", "train"):
            if phase == "train" and current is not None and total:
                self._share = max(self._share, min(1.0, current / total))
            phase, current, total = "train", self._trials + self._share, self._trials + 1
        self._run.report(
            phase=phase,
            current=current,
            total=total,
            metrics=metrics,
            earlier=earlier,
            epoch=epoch,
            step=step,
            message=message,
            event=event,
            data=data,
        )

    def log(self, message: str, level: Literal["info", "warning"] = "info") -> None:
        self._run.log(message, level)

    def save_artifact(
        self, kind: str, name: str, path: Path, media_type: str = "application/octet-stream"
    ) -> str:
        return self._run.save_artifact(kind, name, path, media_type)

    def input(self, blob_key: str) -> Path:
        return self._run.input(blob_key)
