"""A job's life, once: from the claim to its one end, whatever the training function does."""

from __future__ import annotations

import logging
import shutil
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any, Protocol

from pydantic import BaseModel
from sqlalchemy.orm import Session

from services.errors import AppError, Unavailable
from services.events import Event
from services.forecasting.errors import DataError
from services.jobs import checkpoints, finish
from services.jobs.failures import DISK_FULL, INTERNAL_ERROR, is_without_room, told
from services.jobs.heartbeat import Heartbeat
from services.jobs.lease import ASKED, Claim, Lease, LeaseLost, Usage
from services.jobs.memory import memory_on
from services.jobs.progress import Progress
from services.jobs.run import JobRun
from services.storage.blobs import Blobs
from services.storage.blobs.discarding import discard_below
from services.storage.database import Database
from services.storage.tables import JobRow
from services.workloads.base import Cancelled, Paused, Run, Workload

log = logging.getLogger(__name__)
PLATFORM_REASONS = frozenset({"internal_error", "disk_full"})  # not the user's doing: given back
_NOT_CALLED_OFF = JobRow.requested_action != "cancel"
REASONS = {"TRAINING_DIVERGED": "nan_loss", "ALL_TASKS_FAILED": "all_tasks_failed"}


class Train(Protocol):
    def __call__(self, run: Run, config: BaseModel) -> Mapping[str, Any]: ...


@dataclass(frozen=True)
class Workplace:
    """What a worker works with."""

    database: Database
    blobs: Blobs
    usage: Usage
    workloads: Mapping[str, Workload]
    publish: Callable[[Event], None]
    work_dir: Path
    cache_dir: Path
    lease_seconds: float
    checkpoint_seconds: float
    end_process: Callable[[], None]  # the way out of a training function that does not come back


def execute(claim: Claim, place: Workplace) -> None:
    """Work on a claimed job until it has ended or belongs to somebody else."""
    lease = claim.lease
    workdir = place.work_dir / f"{lease.job_id}-{lease.attempt}"
    place.publish(claim.started)

    def stuck() -> None:
        log.warning("job %s does not react to cancelling; its process ends", lease.job_id)
        _cancel(place, lease)
        place.end_process()

    try:
        with Heartbeat(place.database, lease, place.lease_seconds, stuck) as heartbeat:
            heartbeat.hear(claim.asked)
            _attempt(claim, place, heartbeat, workdir)
    finally:
        if workdir.exists():
            shutil.rmtree(workdir, ignore_errors=True)


def _attempt(claim: Claim, place: Workplace, heartbeat: Heartbeat, workdir: Path) -> None:
    """The only place where an exception becomes a job's end."""
    lease = claim.lease
    try:
        _work(claim, place, heartbeat, workdir)
    except Cancelled:
        _cancel(place, lease)
    except LeaseLost:
        log.warning("job %s, attempt %s: the lease is lost, abandoned", lease.job_id, lease.attempt)
    except MemoryError:
        raise  # this process is in no state to go on; its end counts as a lost worker
    except (DataError, AppError) as error:
        log.info("job %s was refused: %s %s", lease.job_id, error.code, error.message)
        _fail(place, lease, _reason(error), told(error))
    except OSError as error:
        log.exception("job %s failed", lease.job_id)
        full = is_without_room(error)
        _fail(place, lease, "disk_full" if full else "internal_error", DISK_FULL if full else INTERNAL_ERROR)
    except Exception:
        log.exception("job %s failed", lease.job_id)
        _fail(place, lease, "internal_error", INTERNAL_ERROR)


def _reason(error: DataError | AppError) -> str:
    """What the platform cannot reach is not the user's doing."""
    return "internal_error" if isinstance(error, Unavailable) else REASONS.get(error.code, "data_error")


def _work(claim: Claim, place: Workplace, heartbeat: Heartbeat, workdir: Path) -> None:
    workload = place.workloads[claim.workload]
    config = workload.config.model_validate(claim.config)
    run = JobRun(
        claim,
        place.database,
        place.blobs,
        place.publish,
        heartbeat,
        Progress(workload.phase_weights, memory=memory_on(claim.device)),
        about=workload.about(config),
        workdir=workdir,
        cache_dir=place.cache_dir,
        checkpoint_seconds=place.checkpoint_seconds,
    )
    train: Train = load(workload.train)
    try:
        with closing(run):
            outcome = train(run, config)
    except Paused:
        _pause(place, claim.lease, run)
        return
    run.enter("register", "Storing the result")
    record: finish.Record | None = load(workload.record) if workload.record else None
    with place.database.write() as tx:
        event = finish.complete(
            tx,
            claim.lease.job_id,
            outcome,
            where=claim.lease.holds.also(_NOT_CALLED_OFF),
            record=record,
            progress=run.progress_json(),
            reason="partial" if (run.counts or {}).get("failed") else run.reason,
            checkpoints_taken=run.has_checkpoints,
        )
        if event is not None:
            run.points.close(tx)
    if event is None:
        raise _why_not(place, claim.lease)
    place.publish(event)
    _drop_blobs(place, claim.lease, keep_own=True)
    if event.data.get("reason") != "partial":
        discard_below(place.blobs, checkpoints.folder_of(claim.lease.job_id))


def _pause(place: Workplace, lease: Lease, run: JobRun) -> None:
    """What a resume needs is stored and was read back."""
    state = run.progress_json()
    with place.database.write() as tx:
        event = finish.pause(tx, lease.job_id, state, where=lease.holds.also(_NOT_CALLED_OFF), progress=state)
    if event is None:
        raise _why_not(place, lease)
    place.publish(event)


def _why_not(place: Workplace, lease: Lease) -> Exception:
    """A cancel that was accepted wins over an end that was not yet written; otherwise the lease is gone."""
    with place.database.read() as tx:
        asked = tx.scalar(ASKED, lease.holds.values)
    return Cancelled() if asked == "cancel" else LeaseLost()


def load(dotted: str) -> Any:
    """The object behind "module:name"."""
    module, _, name = dotted.partition(":")
    return getattr(import_module(module), name)


def _cancel(place: Workplace, lease: Lease) -> None:
    _end(place, lease, lambda tx: finish.cancel(tx, lease.job_id, where=lease.holds))


def _fail(place: Workplace, lease: Lease, reason: str, error: Mapping[str, Any]) -> None:
    def fail(tx: Session) -> Event | None:
        event = finish.fail(tx, lease.job_id, reason, error, where=lease.holds)
        if event is not None and reason in PLATFORM_REASONS:
            place.usage.give_back(tx, lease.job_id)
        return event

    _end(place, lease, fail)


def _end(place: Workplace, lease: Lease, write: Callable[[Session], Event | None]) -> None:
    with place.database.write() as tx:
        event = write(tx)
    if event is not None:  # otherwise the reaper was faster, and decides
        place.publish(event)
        _drop_blobs(place, lease, keep_own=False)


def _drop_blobs(place: Workplace, lease: Lease, *, keep_own: bool) -> None:
    """Remove what no row names any more; the clean-up would find it too, but later."""
    own = f"jobs/{lease.job_id}/{lease.attempt}/"
    discard_below(place.blobs, f"jobs/{lease.job_id}/", but=own if keep_own else None)
