"""Which workers live, what devices they work on, and how busy those are; told without touching a device."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby
from typing import Any
from uuid import UUID

from sqlalchemy import select

from services.devices.names import answering
from services.devices.presence import DATABASE_TIME, DEAD_AFTER
from services.errors import Invalid
from services.jobs.states import Status
from services.local_training.errors import DeviceDetectionError
from services.storage.database import Database
from services.storage.job_tables import WorkerRow
from services.storage.tables import JobRow

PER_PROCESS = ("allocated_mb", "cached_mb", "max_allocated_mb")  # what is told of a GPU is one worker's part


@dataclass(frozen=True)
class _Worker:
    row: WorkerRow
    job_id: UUID | None
    owner: UUID | None

    @property
    def device(self) -> tuple[str, str]:
        return self.row.host, self.row.device


class Workforce:
    """Read from the rows that workers keep fresh; who was silent for half a minute is not shown."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def workers(self, user_id: UUID, *, everybodys: bool = False) -> list[dict[str, Any]]:
        """All of them; of the jobs of others only that there is one, unless `everybodys` are to be named."""
        return [_told(each, everybodys or each.owner == user_id) for each in self._living()]

    def devices(self) -> list[dict[str, Any]]:
        """Each device of each machine, with those that work on it."""
        return [_summed_up(list(workers)) for _, workers in groupby(self._living(), lambda each: each.device)]

    def check(self, request: str) -> None:
        """Refuses a device that no living worker could give; where none lives, jobs wait for one."""
        present = [worker.row.device for worker in self._living() if worker.row.lane == "training"]
        try:
            answering(request, sorted(set(present)) or [request])
        except DeviceDetectionError as error:
            raise Invalid(str(error), code=error.code) from None

    def _living(self) -> list[_Worker]:
        """By machine, device and id."""
        query = select(WorkerRow, DATABASE_TIME).order_by(WorkerRow.host, WorkerRow.device, WorkerRow.id)
        with self._database.read() as tx:
            rows = [row for row, moment in tx.execute(query) if row.seen_at >= moment - DEAD_AFTER]
            running = select(JobRow.worker_id, JobRow.id, JobRow.user_id).where(
                JobRow.status == Status.RUNNING, JobRow.worker_id.in_([row.id for row in rows])
            )
            held = {worker: (job, owner) for worker, job, owner in tx.execute(running)}
        return [_Worker(row, *held.get(row.id, (None, None))) for row in rows]


def _told(worker: _Worker, named: bool) -> dict[str, Any]:
    row = worker.row
    return {
        "id": row.id,
        "host": row.host,
        "pid": row.pid,
        "lane": row.lane,
        "device": row.device,
        "memory": row.memory,
        "busy": worker.job_id is not None,
        "job_id": str(worker.job_id) if named and worker.job_id is not None else None,
        "started_at": row.started_at.isoformat(),
        "seen_at": row.seen_at.isoformat(),
    }


def _summed_up(workers: Sequence[_Worker]) -> dict[str, Any]:
    newest = max((worker.row for worker in workers), key=lambda row: row.seen_at)
    return {
        "device": newest.device,
        "host": newest.host,
        **newest.info,
        "workers": [worker.row.id for worker in workers],
        "memory": _memory([worker.row for worker in workers], newest),
        "busy_jobs": sum(worker.job_id is not None for worker in workers),
    }


def _memory(rows: Sequence[WorkerRow], newest: WorkerRow) -> dict[str, Any] | None:
    if newest.memory is None or not newest.memory.keys() >= set(PER_PROCESS):
        return newest.memory
    told = [row.memory for row in rows if row.memory is not None]
    return newest.memory | {name: round(sum(memory[name] for memory in told), 1) for name in PER_PROCESS}
