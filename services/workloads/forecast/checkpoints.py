"""The states of a model's fit as checkpoints of a job."""

from __future__ import annotations

import hashlib
import json
import time
from functools import partial
from pathlib import Path

from threadpoolctl import threadpool_info

from services.environment import versions
from services.forecasting.models.checkpoints import Save
from services.workloads.base import Run
from services.workloads.forecast.config import ForecastConfig

# Not part of the fingerprint: a training is worth more than its last bits.
OTHER_THREADS = (
    "The checkpoint was computed with {before} threads, this worker has {now}: from here on the numbers may "
    "differ in their last digits from those of a training that was never stopped"
)
FIT, JOB = "fit", "job.json"
# What fits compute with: under another version they might not go on exactly.
COMPUTES = ("tensorflow", "keras", "numpy", "scikit-learn", "lightgbm")


class JobCheckpoints:
    """services.forecasting.models.checkpoints.Checkpoints of a job, made when its fit begins.

    `earlier_seconds` is what earlier attempts spent on the fit up to the state this one goes on from.
    """

    def __init__(self, run: Run, config: ForecastConfig) -> None:
        self.earlier_seconds = 0.0
        self._run = run
        self._began = time.monotonic()
        self._fingerprint = fingerprint(config)
        self._folder: Path | None = None
        self._threads = _threads()
        if (found := run.load_checkpoint(self._fingerprint)) is not None:
            self._folder = found.last
            about = json.loads((found.last / JOB).read_text(encoding="utf-8"))
            self.earlier_seconds = about["seconds"]
            after = "" if found.epoch is None else f" after epoch {found.epoch}"
            run.log(f"The training goes on from its checkpoint{after}")
            if (before := about.get("threads", self._threads)) != self._threads:
                run.log(OTHER_THREADS.format(before=before, now=self._threads), "warning")

    @property
    def seconds(self) -> float:
        """Of the fit so far, over all attempts."""
        return self.earlier_seconds + time.monotonic() - self._began

    def last(self) -> Path | None:
        return None if self._folder is None else self._folder / FIT

    def offer(self, save: Save, *, step: int, epoch: int | None = None, best: Save | None = None) -> None:
        self._run.checkpoint(
            partial(self._save, save), step=step, epoch=epoch, best=best, fingerprint=self._fingerprint
        )

    def finish_asked(self) -> bool:
        return self._run.finish_requested

    def _save(self, save: Save, folder: Path) -> None:
        (folder / JOB).write_text(
            json.dumps({"seconds": self.seconds, "threads": self._threads}), encoding="utf-8"
        )
        (folder / FIT).mkdir()
        save(folder / FIT)


def _threads() -> int:
    """With how many this process computes; sums that are split among them differ in their last bits.

    What BLAS was given is asked: a worker gives every library the same number.
    """
    return max((int(each["num_threads"]) for each in threadpool_info()), default=1)


def fingerprint(config: ForecastConfig) -> str:
    """The content of the dataset, what is learned from it, and what computes."""
    installed = versions()
    computes = [f"{name} {installed[name]}" for name in COMPUTES if name in installed]
    learned = json.dumps(config.model_dump(mode="json", include={"model", "split"}), sort_keys=True)
    what = hashlib.sha256(f"{config.fingerprint()} {learned}".encode()).hexdigest()
    return " ".join([what, *computes])
