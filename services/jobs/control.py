"""What an owner may do to a job besides looking: conditional changes, each with the event that tells it."""

from __future__ import annotations

from collections.abc import Collection
from functools import cache
from typing import Any
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from services.errors import Conflict
from services.events import Event
from services.jobs import checkpoints, finish
from services.jobs.event_log import Guard, append
from services.jobs.states import FINISHED, Action, Status, allowed
from services.storage.blobs import Blobs
from services.storage.job_tables import CheckpointRow, TaskRow
from services.storage.tables import JobEventRow, JobRow, now

AGAIN: dict[str, Any] = {
    "status": Status.QUEUED,
    "phase": None,
    "reason": None,
    "error": None,
    "outcome": None,
    "losses": 0,
    "finished_at": None,
}


BEFORE_THE_END = (None, "prepare", "train")  # later there is nothing left to cut short


def allowed_of(tx: Session, rows: Collection[JobRow]) -> dict[UUID, list[Action]]:
    """What may be asked of each of these jobs, with one look at their checkpoints."""
    ended = [row.id for row in rows if row.status in FINISHED]
    query = select(CheckpointRow.job_id).where(CheckpointRow.job_id.in_(ended), CheckpointRow.kind == "last")
    resumable = set(tx.scalars(query.distinct())) if ended else set()
    return {
        row.id: allowed(
            Status(row.status),
            resumable=row.resumable,
            finishable=row.finishable and row.phase in BEFORE_THE_END,
            to_do_again=row.status in FINISHED and (_may_go_on(row) or row.id in resumable),
        )
        for row in rows
    }


def require(tx: Session, row: JobRow, action: Action) -> None:
    """Conflict, with what is allowed instead, where this is not."""
    may = allowed_of(tx, [row])[row.id]
    if action not in may:
        others = ", ".join(may) or "nothing"
        raise Conflict(
            f"A job that is {row.status} cannot be asked to {action} now; it allows: {others}",
            code="invalid_transition",
            suggestion=_way_out(row, action),
            details={"status": row.status, "action": str(action), "allowed": [str(each) for each in may]},
        )


def submit(tx: Session, row: JobRow) -> Event | None:
    """Queue a draft."""
    return append(tx, row.id, "queued", where=_still(Status.PENDING), status=Status.QUEUED, queued_at=now())


def pause(tx: Session, row: JobRow) -> Event | None:
    """A waiting job stops at once; of a working one its worker is asked."""
    event = finish.pause(tx, row.id, {}, where=_still(Status.QUEUED))
    if event is not None:
        return event
    return _ask(tx, row.id, "pause")


def finish_now(tx: Session, row: JobRow) -> Event | None:
    """Its worker is asked to end the training with the best it has, and to go on to the evaluation."""
    return _ask(tx, row.id, "finish")


def cancel(tx: Session, row: JobRow) -> Event | None:
    """Conditional updates, so that a worker that claims at the same moment is asked instead."""
    idle = JobRow.status.in_((Status.PENDING, Status.QUEUED, Status.PAUSED))
    return finish.cancel(tx, row.id, where=Guard((idle,))) or _ask(tx, row.id, "cancel")


def resume(tx: Session, row: JobRow, blobs: Blobs) -> Event | None:
    """Into the queue again, to go on where it stopped; Conflict where nothing is left to go on from.

    A job that was paused while it waited, and never got as far as a checkpoint, has nothing to lose: it
    begins at its beginning, and its event says so.
    """
    anew = row.counts is None and not _has_saved(tx, row)
    if not anew and row.counts is None:
        _require_whole_checkpoint(tx, row, blobs)
    return append(
        tx,
        row.id,
        "resumed",
        {"from_step": _step(tx, row), "from_the_beginning": anew},
        where=_still(Status.PAUSED),
        status=Status.QUEUED,
        queued_at=now(),
    )


def retry(tx: Session, row: JobRow, blobs: Blobs) -> Event | None:
    """The failed and cancelled tasks again, or on from the newest checkpoint; nothing else is touched."""
    if row.counts is None:
        _require_whole_checkpoint(tx, row, blobs)
    else:
        again = TaskRow.job_id == row.id, TaskRow.status.in_(("failed", "cancelled"))
        changes = {"status": "pending", "error": None, "finished_at": None}
        tx.execute(update(TaskRow).where(*again).values(changes).execution_options(synchronize_session=False))
        counts = dict(row.counts)
        counts["pending"] += counts["failed"] + counts["cancelled"]
        row.counts = {**counts, "failed": 0, "cancelled": 0}
    finish.forget_result(tx, row.id)
    newest = checkpoints.newest(tx, row.id)
    progress = row.progress if newest is None else newest.progress
    return append(
        tx,
        row.id,
        "resumed",
        {"from_step": newest.step if newest else None, "tasks": (row.counts or {}).get("pending")},
        where=_still(Status(row.status)),
        progress=None if progress is None else {**progress, "percent": min(progress["percent"], 99.0)},
        counts=row.counts,
        queued_at=now(),
        **AGAIN,
    )


def remove(tx: Session, row: JobRow) -> Event | None:
    """Forget a job and all that belongs to it, its blobs are the caller's; None if it has just begun.

    The event is its last, stands nowhere, and is for those who watch it at this moment.
    """
    idle = JobRow.id == row.id, JobRow.status != Status.RUNNING
    statement = delete(JobRow).where(*idle).execution_options(synchronize_session=False)
    found = tx.execute(statement.returning(JobRow.last_seq, JobRow.attempt)).one_or_none()
    if found is None:
        return None
    return Event(
        job_id=row.id,
        session_id=row.session_id,
        user_id=row.user_id,
        workload=row.workload,
        seq=found.last_seq + 1,
        type="deleted",
        attempt=found.attempt,
        at=now().isoformat(),
        data={},
    )


def blobs_of(blobs: Blobs, job_id: UUID) -> list[str]:
    """All that it has left; asked while its row is there, for a store may go by whom a job belongs to."""
    return [
        key for folder in (f"jobs/{job_id}/", checkpoints.folder_of(job_id)) for key in blobs.list(folder)
    ]


def ask_to_delete(tx: Session, row: JobRow) -> Event | None:
    """A working job is cancelled first; the reaper removes it when it has stopped."""
    row.delete_requested = True
    tx.flush()
    return _ask(tx, row.id, "cancel")


def _ask(tx: Session, job_id: UUID, action: str) -> Event | None:
    """Leave a request for the worker; one that is there already is not asked twice."""
    new = JobRow.status == Status.RUNNING, JobRow.requested_action.not_in((action, "cancel"))
    return append(tx, job_id, f"{action}_requested", where=Guard(new), requested_action=action)


@cache
def _still(status: Status) -> Guard:
    return Guard((JobRow.status == status,))


def _may_go_on(row: JobRow) -> bool:
    """Tasks are left to do; or all are done, and what was to follow them failed or was stopped."""
    counts = row.counts or {}
    if counts.get("completed") and row.status != Status.COMPLETED:
        return True
    return any(counts.get(state) for state in ("failed", "cancelled", "pending", "running"))


def _step(tx: Session, row: JobRow) -> int | None:
    newest = checkpoints.newest(tx, row.id)
    return newest.step if newest else None


def _has_saved(tx: Session, row: JobRow) -> bool:
    """Whether it ever stored a state, even if that is lost by now."""
    saved = JobEventRow.job_id == row.id, JobEventRow.type == "checkpoint"
    return tx.scalar(select(JobEventRow.seq).where(*saved).limit(1)) is not None


def _require_whole_checkpoint(tx: Session, row: JobRow, blobs: Blobs) -> None:
    rows = checkpoints.all_of(tx, row.id, "last")
    if any(each.config_hash == row.config_hash and checkpoints.is_whole(blobs, each) for each in rows):
        return
    what = "No checkpoint of this job is whole" if rows else "This job has no checkpoint"
    raise Conflict(
        f"{what}, so it cannot go on where it stopped",
        code="NO_CHECKPOINT",
        suggestion="Restart it: a new job then begins anew with the same settings",
        details={"allowed": [str(Action.RESTART), str(Action.DELETE)]},
    )


def _way_out(row: JobRow, action: Action) -> str | None:
    if action == Action.PAUSE and row.status == Status.RUNNING:
        return (
            "A job of this kind keeps no state to go on from: let it end, or cancel it and restart it later"
        )
    if action == Action.FINISH and row.status == Status.RUNNING:
        if row.finishable:
            return "Its training is over already; what is left is done in a moment"
        return "A job of this kind has no best state before its end: let it end, or cancel it"
    if action == Action.RETRY and row.status in FINISHED:
        return "There is no checkpoint and no failed task to go on from: restart it"
    return None
