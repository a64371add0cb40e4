"""What a workload is, and all that its training function ever sees of the server."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal, Protocol
from uuid import UUID

from pydantic import BaseModel

Phase = Literal["prepare", "train", "evaluate", "export", "register"]
Lane = Literal["training", "interactive"]

# Shares of a job's duration, for a percentage over all phases; a workload that differs says its own.
PHASE_WEIGHTS: Mapping[Phase, float] = {
    "prepare": 10,
    "train": 75,
    "evaluate": 7,
    "export": 6,
    "register": 2,
}


class Cancelled(Exception):
    """Raised by Run.report when the user asked to stop; a training function lets it pass."""


class Paused(Exception):
    """Raised where a job stops that will go on later; a training function lets it pass."""


@dataclass(frozen=True)
class Checkpoint:
    """What an earlier attempt saved: folders as its `save` and `best` wrote them."""

    last: Path
    best: Path | None
    step: int
    epoch: int | None


class Task(Protocol):
    """One item of an item-wise job, as a context: an exception inside makes the item failed, and only it."""

    key: str

    def __enter__(self) -> Task: ...
    def __exit__(self, *raised: Any) -> bool: ...

    def done(
        self,
        result: Mapping[str, Any] | None = None,
        *,
        computed_by: str | None = None,
        checksum: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        """`result` is small and JSON-able; the rest is kept as evidence of how it came about."""

    def skip(self, reason: str, *, rest: bool = False) -> None:
        """There is nothing to do for this item, and why; with `rest` for none that is still to come."""


class Run(Protocol):
    """One attempt of a job, seen from inside."""

    cache_dir: Path  # shared between jobs; content-addressed folders only, written atomically
    job_id: UUID
    attempt: int
    device: str  # what to compute on: cpu, cuda:0, mps

    @property
    def workdir(self) -> Path:
        """Private, empty at the start, removed at the end."""

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
        """Say how far it is; cheap enough to be called for every batch.

        `current`/`total` are units of the phase. Calls with `metrics`, with an `event` other than
        "progress" or that begin a new phase are always stored and published; plain progress at most
        five times a second. `earlier` are (step, epoch, metrics) of moments since the last report, which
        are stored beside the metrics of this one. Raises Cancelled once the user asked to stop.
        Non-finite metrics are stored as null.
        """

    def checkpoint(
        self,
        save: Callable[[Path], None],
        *,
        step: int,
        epoch: int | None = None,
        best: Callable[[Path], None] | None = None,
        fingerprint: str = "",
    ) -> None:
        """A point from which training goes on exactly; offered after every epoch but the last (a pause loses
        to completion), and free when none is due.

        `save(folder)` writes everything that is needed into an empty folder, `best` the best model so far;
        `fingerprint` says what data the state belongs to (at most 200 characters). One is due when enough
        time has passed since the last or the user asked for a pause; in that case Paused is raised as soon
        as it is stored and was read back. Raises Cancelled as `report` does.
        """

    def load_checkpoint(self, fingerprint: str = "", *, or_begin: bool = False) -> Checkpoint | None:
        """From where to go on; None: begin, which takes back the metric points of earlier attempts.

        Raises Conflict if it belongs to other data or none is whole, unless `or_begin`.
        """

    def tasks(
        self,
        keys: Sequence[str],
        *,
        unit: str = "task",
        phase: Phase = "train",
        batch: int = 1,
        counted: bool = True,
    ) -> Iterator[Task]:
        """The items that are still to be done, of all `keys` (unique, at most 200 characters each).

        Their states are stored after every `batch` of them, where also Paused and Cancelled are raised.
        Their number says how far the phase is, unless `counted` is false: then the workload reports that.
        Fails with AllTasksFailed at the end if no item came out well.
        """

    @property
    def finish_requested(self) -> bool:
        """Whether the user wants what is best so far to be the result; costs nothing to ask."""

    def finished_early(self, message: str) -> None:
        """Say that the training was ended for that: the job then completes for the reason stopped_by_user."""

    def task_results(self) -> dict[str, dict[str, Any]]:
        """Results of the completed items by key, in the order of `keys`, those of earlier attempts too."""

    def task_errors(self) -> dict[str, dict[str, Any]]:
        """Of the failed items: {code, error, ...} as their owner reads it."""

    def keep(self, name: str, path: Path) -> None:
        """Store a file that later attempts of this job can read, in place of an earlier one of this name.

        Gone when the job has completed.
        """

    def kept(self, name: str) -> Path | None:
        """A local path of what was stored under this name; None if nothing was."""

    def log(self, message: str, level: Literal["info", "warning"] = "info") -> None:
        """A line for the user's log of this job."""

    def save_artifact(
        self, kind: str, name: str, path: Path, media_type: str = "application/octet-stream"
    ) -> str:
        """Store a file of the job; returns its blob key. Saving a name again replaces it."""

    def input(self, blob_key: str) -> Path:
        """A local, read-only path of a stored file."""


def _nothing(_config: Any) -> Mapping[str, Any]:
    return {}


def _never(_config: Any) -> bool:
    return False


@dataclass(frozen=True)
class Workload:
    """A kind of job. `train` and `record` are "module:function" and imported only inside a worker.

    train(run: Run, config: BaseModel) -> Mapping: the work; returns a small JSON-able outcome.
    record(tx: Session, job: JobRow, outcome: Mapping) -> None: writes the rows that follow from the
        outcome, in the same transaction that sets the job to completed, so both happen or neither.
        Before it runs the transaction has already dropped what earlier attempts recorded as artifacts.
    """

    name: str
    config: type[BaseModel]
    train: str
    record: str | None = None
    lane: Lane = "training"
    summary: str = ""  # one sentence for the catalogue
    unit: str = "step"  # what its progress counts: epoch, fold, trial, ...
    # whether users send its config as it is; only for configs that name nothing stored on the server, neither
    # blob nor row: those of the others are written by a service that knows whose they are
    open_config: bool = False
    usage: Literal["training", "processing"] | None = None  # what an accepted job counts as
    warm: tuple[str, ...] = ()  # modules a worker of this lane imports while no job waits
    phase_weights: Mapping[Phase, float] = field(default_factory=lambda: PHASE_WEIGHTS)
    # what every event and the progress of a job also say, such as model_name and total_epochs
    about: Callable[[Any], Mapping[str, Any]] = _nothing
    # whether a job of this config, while it works, can be paused and go on later or elsewhere
    resumable: Callable[[Any], bool] = _never
    # whether one, while it works, can be ended with the best it has so far; it then looks at finish_requested
    finishable: Callable[[Any], bool] = _never
