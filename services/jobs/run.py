"""One attempt of a job as its training function sees it: reports, log lines, artifacts, inputs."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from threading import Lock
from typing import Any, Literal

from sqlalchemy import delete, insert, update
from sqlalchemy.orm import Session

from services.events import Event
from services.jobs.event_log import append, plain
from services.jobs.heartbeat import Heartbeat
from services.jobs.lease import Claim, LeaseLost
from services.jobs.progress import Progress
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import ArtifactRow, JobRow, MetricRow, TrainingLogRow
from services.workloads.base import Phase

MAX_MESSAGE = 2_000
Measured = tuple[int | None, int | None, Mapping[str, float]]  # step, epoch, metrics
OURS = frozenset({"queued", "started", "completed", "failed", "cancelled", "requeued"})


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
    ) -> None:
        self.workdir = workdir
        self.cache_dir = cache_dir
        self.attempt = claim.lease.attempt
        self._claim = claim
        self._lease = claim.lease
        self._database = database
        self._blobs = blobs
        self._publish = publish
        self._heartbeat = heartbeat
        self._progress = progress
        self._about = dict(about)
        progress.expect(about)
        self._metric_reports = 0
        self._lock = Lock()  # reports of several threads keep their order

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
        if event in OURS:
            raise ValueError(f"a workload cannot send the event {event!r}")
        self._heartbeat.check()
        with self._lock:
            begins = self._progress.note(phase, current, total, message, epoch, data)
            if begins or metrics or event != "progress" or self._progress.is_due():
                kind = "metrics" if metrics and event == "progress" else event
                measured = [*earlier, (step, epoch, metrics)] if metrics else list(earlier)
                self._tell(kind, plain(dict(metrics or {})), plain(dict(data or {})), step, measured)

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
            self._require_lease(tx)
            tx.execute(delete(ArtifactRow).where(*same).execution_options(synchronize_session=False))
            tx.add(row)
        return blob.key

    def input(self, blob_key: str) -> Path:
        return self._blobs.local_path(blob_key, self.workdir)

    def progress_json(self) -> dict[str, Any]:
        """What the row keeps: the last of everything that was said."""
        return {**self._about, **self._progress.tell()}

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
            self._add_points(tx, kind, measured)
        self._publish(stored)

    def _add_points(self, tx: Session, kind: str, measured: Sequence[Measured]) -> None:
        """Points of batches have keys of their own, so that a curve over epochs stays one."""
        rows = []
        for step, epoch, metrics in measured:
            self._metric_reports += 1
            position = next((each for each in (step, epoch) if each is not None), self._metric_reports)
            rows += [
                {
                    "job_id": self._lease.job_id,
                    "attempt": self.attempt,
                    "key": f"batch/{key}" if kind == "batch" else key,
                    "value": value,
                    "step": position,
                    "epoch": epoch,
                    "phase": self._progress.phase,
                }
                for key, value in plain(metrics).items()
            ]
        if rows:
            tx.execute(insert(MetricRow), rows)

    def _append(self, tx: Session, kind: str, data: Mapping[str, Any], **changes: Any) -> Event:
        event = append(tx, self._lease.job_id, kind, data, where=self._lease.holds, **changes)
        if event is None:
            raise LeaseLost
        return event

    def _require_lease(self, tx: Session) -> None:
        """Lock the row of the job, so that the lease cannot end before this transaction does."""
        statement = update(JobRow).where(*self._lease.holds).values(attempt=JobRow.attempt)
        statement = statement.execution_options(synchronize_session=False)
        if tx.execute(statement.returning(JobRow.id)).one_or_none() is None:
            raise LeaseLost
