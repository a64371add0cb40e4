"""A Run for the last part of a search: the training of the best parameters, told as the rest of one job."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Literal

from services.workloads.base import Checkpoint, Phase, Run, Task


class LastRun(Run):
    """Passes everything on; the dataset is there already, and training is the last of `trials` + 1 units."""

    def __init__(self, run: Run, trials: int, *, in_full: bool) -> None:
        """`in_full`: its user has ended the search already, which says nothing about this training."""
        self.cache_dir: Path = run.cache_dir
        self.job_id = run.job_id
        self.attempt = run.attempt
        self.device = run.device
        self._run = run
        self._trials = trials
        self._in_full = in_full
        self._share = 0.0

    @property
    def workdir(self) -> Path:
        return self._run.workdir

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

    def checkpoint(
        self,
        save: Callable[[Path], None],
        *,
        step: int,
        epoch: int | None = None,
        best: Callable[[Path], None] | None = None,
        fingerprint: str = "",
    ) -> None:
        self._run.checkpoint(save, step=step, epoch=epoch, best=best, fingerprint=fingerprint)

    def load_checkpoint(self, fingerprint: str = "", *, or_begin: bool = False) -> Checkpoint | None:
        """A trial that was tried again may have changed which parameters are trained: then it begins anew."""
        return self._run.load_checkpoint(fingerprint, or_begin=True)

    def tasks(
        self,
        keys: Sequence[str],
        *,
        unit: str = "task",
        phase: Phase = "train",
        batch: int = 1,
        counted: bool = True,
    ) -> Iterator[Task]:
        return self._run.tasks(keys, unit=unit, phase=phase, batch=batch, counted=counted)

    @property
    def finish_requested(self) -> bool:
        return self._run.finish_requested and not self._in_full

    def finished_early(self, message: str) -> None:
        self._run.finished_early(message)

    def task_results(self) -> dict[str, dict[str, Any]]:
        return self._run.task_results()

    def task_errors(self) -> dict[str, dict[str, Any]]:
        return self._run.task_errors()

    def keep(self, name: str, path: Path) -> None:
        self._run.keep(name, path)

    def kept(self, name: str) -> Path | None:
        return self._run.kept(name)

    def log(self, message: str, level: Literal["info", "warning"] = "info") -> None:
        self._run.log(message, level)

    def save_artifact(
        self, kind: str, name: str, path: Path, media_type: str = "application/octet-stream"
    ) -> str:
        return self._run.save_artifact(kind, name, path, media_type)

    def input(self, blob_key: str) -> Path:
        return self._run.input(blob_key)
