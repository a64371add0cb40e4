"""Tasks: the items of an item-wise job, each with its own state, error and evidence."""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from uuid import UUID, uuid4

from sqlalchemy import insert, select, update
from sqlalchemy.orm import Session

from services.errors import AppError
from services.forecasting.errors import DataError
from services.jobs.event_log import plain
from services.jobs.failures import is_without_room, told
from services.jobs.lease import Lease, LeaseLost
from services.storage.database import Database
from services.storage.job_tables import EvidenceRow, TaskRow
from services.storage.tables import now
from services.workloads.base import Cancelled, Paused, Phase

if TYPE_CHECKING:
    from services.jobs.run import JobRun

log = logging.getLogger(__name__)
STATES = ("pending", "running", "completed", "failed", "cancelled", "skipped")
PASS = (Cancelled, Paused, LeaseLost, MemoryError)
SHOWN_FAILURES = 5  # of a batch, in its event
UNEXPECTED = {
    "code": "INTERNAL_ERROR",
    "error": "The platform failed on this item",
    "suggestion": "Retry the failed items; if it fails again, tell the operator the job's id",
}


class AllTasksFailed(AppError):
    """Not one item came out well, so the job did not either."""

    code = "ALL_TASKS_FAILED"


@dataclass
class Item:
    """services.workloads.base.Task: what happens to one item, until it is stored with its batch."""

    id: UUID
    key: str
    tried: int
    status: str = "pending"
    result: dict[str, Any] | None = None
    skip_reason: str | None = None
    error: dict[str, Any] | None = None
    computed_by: str | None = None
    checksum: str | None = None
    details: dict[str, Any] = field(default_factory=dict)
    seconds: float = 0.0
    is_last: bool = False  # the ones behind it are skipped for the same reason
    _began: float = 0.0

    def __enter__(self) -> Item:
        self._began = time.perf_counter()
        self.status = "running"
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: Any) -> bool:
        self.seconds = time.perf_counter() - self._began
        if error is None:
            self.status = "completed" if self.status == "running" else self.status
            return False
        self.status = "pending"
        if not isinstance(error, Exception) or isinstance(error, PASS) or is_without_room(error):
            return False  # this is about the whole job
        self.status, self.result, self.error = "failed", None, _seen(error, self.key)
        return True

    def done(
        self,
        result: Mapping[str, Any] | None = None,
        *,
        computed_by: str | None = None,
        checksum: str | None = None,
        details: Mapping[str, Any] | None = None,
    ) -> None:
        self.status, self.result = "completed", plain(dict(result or {}))
        self.computed_by, self.checksum, self.details = computed_by, checksum, plain(dict(details or {}))

    def skip(self, reason: str, *, rest: bool = False) -> None:
        self.status, self.skip_reason, self.is_last = "skipped", reason, rest


class TaskBoard:
    """The tasks of a job in the hands of one attempt."""

    def __init__(
        self,
        run: JobRun,
        lease: Lease,
        database: Database,
        keys: Sequence[str],
        *,
        unit: str,
        phase: Phase,
        batch: int,
        counted: bool,
    ) -> None:
        if len(set(keys)) != len(keys):
            raise ValueError("two tasks have the same key")
        self._run, self._lease, self._database = run, lease, database
        self._keys = list(keys)
        self._unit, self._phase, self._batch, self._counted = unit, phase, batch, counted
        self.counts: dict[str, int] = dict.fromkeys(STATES, 0)

    def run(self) -> Generator[Item, None, None]:
        """Every item that is not done yet; what was worked on is stored whatever ends the loop."""
        todo = self._plan()
        for start in range(0, len(todo), self._batch):
            self._run.stop_where_asked()
            batch = todo[start : start + self._batch]
            self._begin(batch)
            try:
                yield from batch
            finally:
                self._store(batch)
            last = next((item for item in batch if item.is_last), None)
            if last is not None:
                self._skip(todo[start + self._batch :], last.skip_reason or "")
                break
        good = self.counts["completed"] + self.counts["skipped"]
        if self.counts["failed"] and not good:
            raise self._all_failed()

    def results(self) -> dict[str, dict[str, Any]]:
        query = select(TaskRow.key, TaskRow.result).where(
            TaskRow.job_id == self._lease.job_id, TaskRow.status == "completed"
        )
        with self._database.read() as tx:
            return {key: result or {} for key, result in tx.execute(query.order_by(TaskRow.position))}

    def errors(self) -> dict[str, dict[str, Any]]:
        query = select(TaskRow.key, TaskRow.error).where(
            TaskRow.job_id == self._lease.job_id, TaskRow.status == "failed"
        )
        with self._database.read() as tx:
            return {key: error or {} for key, error in tx.execute(query.order_by(TaskRow.position))}

    def _plan(self) -> list[Item]:
        """Rows for keys that are new; what a lost attempt had begun is open again."""
        job_id = self._lease.job_id
        with self._database.write() as tx:
            known = {row.key: row for row in tx.scalars(select(TaskRow).where(TaskRow.job_id == job_id))}
            fresh: list[dict[str, Any]] = [
                {
                    "id": uuid4(),
                    "job_id": job_id,
                    "position": position,
                    "key": key,
                    "status": "pending",
                    "tries": 0,
                }
                for position, key in enumerate(self._keys)
                if key not in known
            ]
            if fresh:
                tx.execute(insert(TaskRow), fresh)
            states = Counter(row.status for row in known.values())
            states["pending"] += len(fresh) + states.pop("running", 0)
            self.counts = {state: states.get(state, 0) for state in STATES}
            self._note()
            event = self._run.tell(
                tx, "task", {"planned": len(self._keys), "unit": self._unit}, counts=self.counts
            )
        self._run.publish(event)
        items = {each["key"]: Item(each["id"], each["key"], 1) for each in fresh}
        for key, row in known.items():
            if row.status in ("pending", "running"):
                items[key] = Item(row.id, key, row.tries + 1)
        return [items[key] for key in self._keys if key in items]

    def _begin(self, batch: Sequence[Item]) -> None:
        changes = {"status": "running", "started_at": now(), "finished_at": None}
        with self._database.write() as tx:
            self._run.require_lease(tx)
            statement = update(TaskRow).where(TaskRow.id.in_([item.id for item in batch])).values(changes)
            tx.execute(statement.execution_options(synchronize_session=False))
        self.counts["pending"] -= len(batch)
        self.counts["running"] += len(batch)

    def _skip(self, rest: Sequence[Item], reason: str) -> None:
        for item in rest:
            item.skip(reason)
        if rest:
            self._begin(rest)
            self._store(rest)

    def _store(self, batch: Sequence[Item]) -> None:
        """Rows, evidence, counts and event of a batch in one transaction; what was not reached is open."""
        for item in batch:
            item.status = "pending" if item.status == "running" else item.status
            self.counts["running"] -= 1
            self.counts[item.status] += 1
        self._note()
        touched = [item for item in batch if item.status != "pending"]
        failures = [{"key": each.key, **(each.error or {})} for each in touched if each.status == "failed"]
        data = {
            "unit": self._unit,
            "done": [each.key for each in touched],
            "failures": failures[:SHOWN_FAILURES],
        }
        further = {"losses": 0} if touched else {}  # a job that got further may lose a worker again
        with self._database.write() as tx:
            event = self._run.tell(tx, "task", data, counts=self.counts, **further)
            self._write(tx, batch)
            rows = [self._evidence(item) for item in touched]
            if rows:
                tx.execute(insert(EvidenceRow), rows)
        self._run.publish(event)

    def _write(self, tx: Session, batch: Sequence[Item]) -> None:
        for item in batch:
            tx.execute(
                update(TaskRow)
                .where(TaskRow.id == item.id)
                .values(
                    status=item.status,
                    tries=item.tried if item.status != "pending" else TaskRow.tries,
                    error=item.error,
                    result=item.result,
                    skip_reason=item.skip_reason,
                    finished_at=now() if item.status != "pending" else None,
                )
                .execution_options(synchronize_session=False)
            )

    def _evidence(self, item: Item) -> dict[str, Any]:
        return {
            "id": uuid4(),
            "job_id": self._lease.job_id,
            "task_id": item.id,
            "attempt": self._lease.attempt,
            "tried": item.tried,
            "status": item.status,
            "computed_by": item.computed_by,
            "device": self._run.device,
            "processing_ms": round(1000 * item.seconds, 3),
            "checksum": item.checksum,
            "error": item.error,
            "details": item.details,
        }

    def _note(self) -> None:
        self._run.note_tasks(self._phase, self._unit, self.counts, counted=self._counted)

    def _all_failed(self) -> AllTasksFailed:
        failed = list(self.errors().items())[:SHOWN_FAILURES]
        first = failed[0][1]
        return AllTasksFailed(
            f"All {self.counts['failed']} {self._unit}s failed; the first: {first.get('error')}",
            suggestion=first.get("suggestion"),
            details={"failures": [{"key": key, **error} for key, error in failed]},
        )


def _seen(error: Exception, key: str) -> dict[str, Any]:
    """An item's error as its owner sees it; what is ours is logged and not shown."""
    if isinstance(error, DataError | AppError):
        return told(error)
    log.error("task %s failed", key, exc_info=error)
    return dict(UNEXPECTED)
