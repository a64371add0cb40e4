"""One attempt of a job as its training function sees it: reports, checkpoints, tasks, log lines, files."""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from functools import cached_property
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from services.errors import Conflict
from services.events import Event
from services.jobs import checkpoints, kept
from services.jobs.event_log import append, plain
from services.jobs.heartbeat import Heartbeat
from services.jobs.lease import LOCK_LEASE, Claim, LeaseLost
from services.jobs.points import Measured, Points
from services.jobs.progress import Progress
from services.jobs.states import ENGINE_EVENTS
from services.jobs.tasks import Item, TaskBoard
from services.storage.blobs import Blobs
from services.storage.blobs.discarding import discard
from services.storage.database import Database
from services.storage.job_tables import AttemptRow, CheckpointRow
from services.storage.tables import ArtifactRow, MetricRow, TrainingLogRow
from services.workloads.base import Checkpoint, Paused, Phase, Task

MAX_MESSAGE = 2_000
STOPPED_BY_USER = "stopped_by_user"


class JobRun:
    """services.workloads.base.Run for a claimed job: everything is stored under the lease, then published."""

    def __init__(
        self,
        claim: Claim,
        database: Database,
        blobs: Blobs,
        publish: Callable[[Event], None],
        heartbeat: Heartbeat,
        progress: Progress,
        *,
        about: Mapping[str, Any],
        workdir: Path,
        cache_dir: Path,
        checkpoint_seconds: float,
    ) -> None:
        self.cache_dir = cache_dir
        self.job_id = claim.lease.job_id
        self.attempt = claim.lease.attempt
        self.device = claim.device
        self._workdir = workdir
        self._claim = claim
        self._lease = claim.lease
        self._database = database
        self._blobs = blobs
        self._publish = publish
        self._heartbeat = heartbeat
        self._progress = progress
        self._about = dict(about)
        progress.expect(about)
        progress.restore(claim.progress, active_seconds=claim.active_seconds, first_began=claim.began)
        self.points = Points(claim.lease.job_id, claim.lease.attempt)
        self._pace = checkpoints.Pace(checkpoint_seconds)
        self._board: TaskBoard | None = None
        self._saved = False
        self.reason: str | None = None  # for which it will have completed, where that is worth telling
        self._items: Generator[Item, None, None] | None = None
        self._lock = Lock()  # reports of several threads keep their order

    @cached_property
    def workdir(self) -> Path:
        """Made when it is first asked for: a short job often needs none."""
        self._workdir.mkdir(parents=True)
        return self._workdir

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
        if event in ENGINE_EVENTS:
            raise ValueError(f"a workload cannot send the event {event!r}")
        self._heartbeat.check()
        with self._lock:
            begins = self._progress.note(phase, current, total, message, epoch, data)
            if begins or metrics or event != "progress" or self._progress.is_due():
                kind = "metrics" if metrics and event == "progress" else event
                measured = [*earlier, (step, epoch, metrics)] if metrics else list(earlier)
                self._tell(kind, plain(dict(metrics or {})), plain(dict(data or {})), step, measured)

    def enter(self, phase: Phase, message: str) -> None:
        """Go on to a phase that is over in a moment, and told with what comes after it."""
        self._heartbeat.check()
        with self._lock:
            self._progress.note(phase, message=message)

    @property
    def has_checkpoints(self) -> bool:
        """Whether this attempt or an earlier one may have left some."""
        return self._saved or self.attempt > 1

    def log(self, message: str, level: Literal["info", "warning"] = "info") -> None:
        with self._lock:
            line = {
                "level": level,
                "message": message[:MAX_MESSAGE],
                "phase": self._progress.phase,
                "attempt": self.attempt,
            }
            with self._database.write() as tx:
                told = self._append(tx, "log", line)
                session_id, job_id = self._claim.session_id, self._lease.job_id
                tx.add(TrainingLogRow(session_id=session_id, job_id=job_id, progress=line))
            self._publish(told)

    def save_artifact(
        self, kind: str, name: str, path: Path, media_type: str = "application/octet-stream"
    ) -> str:
        if not name or len(name) > 255 or name in {".", ".."} or any(sign in name for sign in "/\\\0"):
            raise ValueError(f"{name!r} is no name for an artifact")
        self._heartbeat.check()
        blob = self._blobs.put_file(f"jobs/{self._lease.job_id}/{self.attempt}/{name}", path)
        same = (ArtifactRow.job_id == self._lease.job_id, ArtifactRow.name == name)
        row = ArtifactRow(
            job_id=self._lease.job_id,
            attempt=self.attempt,
            kind=kind,
            name=name,
            media_type=media_type,
            size_bytes=blob.size_bytes,
            sha256=blob.sha256,
            blob_key=blob.key,
        )
        with self._database.write() as tx:
            self.require_lease(tx)
            tx.execute(delete(ArtifactRow).where(*same).execution_options(synchronize_session=False))
            tx.add(row)
        return blob.key

    def checkpoint(
        self,
        save: Callable[[Path], None],
        *,
        step: int,
        epoch: int | None = None,
        best: Callable[[Path], None] | None = None,
        fingerprint: str = "",
    ) -> None:
        self._heartbeat.check()
        pausing = self._heartbeat.pause_requested
        if not pausing and not self._pace.is_due():
            return
        began = self._pace.now()
        try:
            stored = [
                checkpoints.write(self._blobs, self._lease.job_id, self.attempt, kind, each, self.workdir)
                for kind, each in (("last", save), ("best", best))
                if each is not None
            ]
        except checkpoints.Unsaved as error:
            self._tell_unsaved(str(error), pausing)
            self._pace.taken(began)
            return
        self._record_checkpoint(stored, {"step": step, "epoch": epoch, "fingerprint": fingerprint})
        self._pace.taken(began)
        if pausing:
            raise Paused

    def load_checkpoint(self, fingerprint: str = "", *, or_begin: bool = False) -> Checkpoint | None:
        with self._database.read() as tx:
            rows = checkpoints.all_of(tx, self._lease.job_id)
        for row in (row for row in rows if row.kind == "last"):
            if (row.config_hash, row.fingerprint) != (self._claim.config_hash, fingerprint):
                if or_begin:
                    break
                raise Conflict(
                    f"The checkpoint of step {row.step} belongs to other data or settings than those of now",
                    code="CHECKPOINT_MISMATCH",
                    suggestion="Restart the job: it then begins anew",
                )
            # a best model that stayed the same since belongs to the newest step for which it was stored
            best_rows = [each for each in rows if each.kind == "best" and each.step >= row.step]
            try:
                last = checkpoints.read(self._blobs, row, self.workdir / "checkpoint-last")
                best = None
                if best_rows:
                    twin = min(best_rows, key=lambda each: each.step)
                    best = checkpoints.read(self._blobs, twin, self.workdir / "checkpoint-best")
            except checkpoints.Damaged as error:
                self.log(f"Not used: {error}", "warning")
                continue
            self._go_on_from(row)
            return Checkpoint(last, best, row.step, row.epoch)
        if rows and not or_begin:
            raise Conflict(
                "No checkpoint of this job is whole, so it cannot go on where it stopped",
                code="CHECKPOINT_DAMAGED",
                suggestion="Restart the job: it then begins anew",
            )
        self._hold_points(0)
        return None

    def tasks(
        self,
        keys: Sequence[str],
        *,
        unit: str = "task",
        phase: Phase = "train",
        batch: int = 1,
        counted: bool = True,
    ) -> Iterator[Task]:
        self._board = TaskBoard(
            self, self._lease, self._database, keys, unit=unit, phase=phase, batch=batch, counted=counted
        )
        self._items = self._board.run()
        return self._items

    def close(self) -> None:
        """Store the item that was at work when the training function left; before the job itself ends."""
        if self._items is not None:
            self._items.close()

    def task_results(self) -> dict[str, dict[str, Any]]:
        return self._board.results() if self._board else {}

    def task_errors(self) -> dict[str, dict[str, Any]]:
        return self._board.errors() if self._board else {}

    @property
    def counts(self) -> dict[str, int] | None:
        """Of the tasks by status; None where the job has none."""
        return self._board.counts if self._board else self._claim.counts

    @property
    def finish_requested(self) -> bool:
        return self._heartbeat.finish_requested

    def finished_early(self, message: str) -> None:
        self.reason = STOPPED_BY_USER
        self._heartbeat.check()
        with self._lock:
            self._progress.note("train", message=message)
            with self._database.write() as tx:
                told = self.tell(tx, "finishing", {"reason": self.reason, "message": message})
            self._publish(told)

    def stop_where_asked(self) -> None:
        """Raises Cancelled, LeaseLost or Paused; called where the job could go on later."""
        self._heartbeat.check()
        if self._heartbeat.pause_requested:
            raise Paused

    def keep(self, name: str, path: Path) -> None:
        self._heartbeat.check()
        with self._database.write() as tx:
            self.require_lease(tx)
        kept.put(self._blobs, self._lease.job_id, name, path)

    def kept(self, name: str) -> Path | None:
        return kept.get(self._blobs, self._lease.job_id, name, self.workdir)

    def input(self, blob_key: str) -> Path:
        return self._blobs.local_path(blob_key, self.workdir)

    def progress_json(self) -> dict[str, Any]:
        """What the row keeps: the last of everything that was said."""
        return {**self._about, **self._progress.tell()}

    def tell(self, tx: Session, kind: str, data: Mapping[str, Any], **changes: Any) -> Event:
        """Store an event of the engine with the progress of now; to be published after the commit."""
        state = self.progress_json()
        return self._append(
            tx, kind, {**state, **data}, phase=self._progress.phase, progress=state, **changes
        )

    def note_tasks(self, phase: Phase, unit: str, counts: Mapping[str, int], *, counted: bool) -> None:
        """Take in how far the tasks are, without telling; `counted`: that is how far the phase is."""
        with self._lock:
            self._progress.note(phase, data={"unit": unit, "counts": counts, "counted": counted})

    def publish(self, event: Event) -> None:
        self._publish(event)

    def _record_checkpoint(self, stored: Sequence[checkpoints.Stored], about: Mapping[str, Any]) -> None:
        """Rows and event appear together; a job that got further may lose a worker again."""
        self._saved = True
        job_id = self._lease.job_id
        with self._lock:
            with self._database.write() as tx:
                told = self.tell(
                    tx, "checkpoint", {**about, "kinds": [each.kind for each in stored]}, losses=0
                )
                cursor = tx.scalar(select(func.max(MetricRow.id)).where(MetricRow.job_id == job_id)) or 0
                state = {**self.progress_json(), "metric_reports": self.points.reports}
                values = {
                    **about,
                    "attempt": self.attempt,
                    "cursor": cursor,
                    "progress": state,
                    "config_hash": self._claim.config_hash,
                }
                superseded = checkpoints.replace(tx, job_id, stored, values)
            self._publish(told)
        discard(self._blobs, superseded)

    def _tell_unsaved(self, why: str, pausing: bool) -> None:
        """The training goes on without; a pause it cannot have is called off."""
        self.log(f"The checkpoint could not be stored: {why}", "warning")
        if not pausing:
            return
        with self._lock:
            with self._database.write() as tx:
                asked = {"requested_action": "none", "code": "PAUSE_IMPOSSIBLE", "error": why}
                told = self._append(tx, "changed", asked, requested_action="none")
            self._publish(told)

    def _go_on_from(self, row: CheckpointRow) -> None:
        """Metric points behind the checkpoint are superseded from now on; progress stands where it stood."""
        self.points.reports = row.progress["metric_reports"]
        self._hold_points(row.cursor)

    def _hold_points(self, cursor: int) -> None:
        """Of the metric points of earlier attempts those up to here count."""
        this = AttemptRow.job_id == self._lease.job_id, AttemptRow.attempt == self.attempt
        with self._lock, self._database.write() as tx:
            self.require_lease(tx)
            statement = update(AttemptRow).where(*this).values(cursor=cursor)
            tx.execute(statement.execution_options(synchronize_session=False))

    def _tell(
        self,
        kind: str,
        metrics: dict[str, float | None],
        data: dict[str, Any],
        step: int | None,
        measured: Sequence[Measured],
    ) -> None:
        """Row, metric points and event in one small transaction; published when it is committed."""
        if kind != "batch":
            for _, epoch, values in measured:
                self._progress.measure(epoch, plain(values))
        state = self.progress_json()
        told = {**state, "metrics": metrics, "step": step, **data}
        with self._database.write() as tx:
            stored = self._append(tx, kind, told, phase=self._progress.phase, progress=state)
            self.points.add(tx, kind, self._progress.phase, measured)
        self._publish(stored)

    def _append(self, tx: Session, kind: str, data: Mapping[str, Any], **changes: Any) -> Event:
        event = append(tx, self._lease.job_id, kind, data, where=self._lease.holds, **changes)
        if event is None:
            raise LeaseLost
        return event

    def require_lease(self, tx: Session) -> None:
        """Lock the row of the job, so that the lease cannot end before this transaction does."""
        if tx.connection().execute(LOCK_LEASE, self._lease.holds.values).one_or_none() is None:
            raise LeaseLost
