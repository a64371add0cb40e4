"""Trainings ranked against each other and against the baselines, where the same samples judged them."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import Row, Select, select
from sqlalchemy.orm import Session

from services.access import shown_jobs
from services.artifacts import open_blob
from services.errors import BadRequest, NotFound
from services.ranking_groups import MEASURES, Entry, grouped
from services.sessions import Sessions
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import ArtifactRow, JobRow, SessionRow, TrainingResultRow
from utils.recent import Recent

MAX_JOBS = 100
KEPT = 400  # evaluations whose tables per step stay in memory; some 50 kB each


class Leaderboard:
    """Reads results; the tables per step come from the stored evaluations, each of which never changes."""

    def __init__(self, database: Database, blobs: Blobs, sessions: Sessions) -> None:
        self._database = database
        self._blobs = blobs
        self._sessions = sessions
        self._steps: Recent[str, dict[str, Any]] = Recent(KEPT)

    def of_session(self, user_id: UUID, ref: str, **wishes: Any) -> dict[str, Any]:
        """The newest MAX_JOBS completed trainings of a session."""
        session_id = self._sessions.resolve(user_id, ref)
        return self._ranked(_query(user_id).where(TrainingResultRow.session_id == session_id), **wishes)

    def of_jobs(self, user_id: UUID, jobs: Sequence[UUID], **wishes: Any) -> dict[str, Any]:
        """These trainings, whatever their sessions."""
        if not 1 <= len(jobs) <= MAX_JOBS:
            raise _refused("job_id", f"must be given 1 to {MAX_JOBS} times, not {len(jobs)}")
        found = self._ranked(_query(user_id).where(JobRow.id.in_(jobs)), **wishes)
        there = {row["job_id"] for group in found["groups"] for row in group["rows"]}
        for job_id in jobs:
            if str(job_id) not in there:
                raise NotFound(f"There is no completed training {job_id}", code="JOB_NOT_FOUND")
        return found

    def _ranked(
        self, query: Select[Any], *, metric: str = "MAE", output: str | None = None, horizon: bool = False
    ) -> dict[str, Any]:
        if metric not in MEASURES:
            raise _refused("metric", f"is {metric[:40]!r}; it must be one of {', '.join(MEASURES)}")
        with self._database.read() as tx:
            rows = tx.execute(query.limit(MAX_JOBS + 1)).all()
            keys = _evaluations(tx, [row.JobRow.id for row in rows]) if horizon else {}
        entries = [_entry(row) for row in rows[:MAX_JOBS]]
        known = list(dict.fromkeys(name for entry in entries for name in entry.results["output_features"]))
        if output is not None and output not in known:
            said = f"is {output[:80]!r}; it must be one of {', '.join(known)}" if known else "names nothing"
            raise _refused("output", said)
        steps = {job: self._steps_of(key) for job, key in keys.items()}
        return {
            "metric": metric,
            "output": output,
            "outputs": known,
            "truncated": len(rows) > MAX_JOBS,
            "groups": grouped(entries, metric, output, steps if horizon else None),
        }

    def _steps_of(self, key: str) -> dict[str, Any]:
        """The tables per step of one evaluation, those read last kept."""
        return self._steps.get(key, lambda: self._read_steps(key))

    def _read_steps(self, key: str) -> dict[str, Any]:
        with open_blob(self._blobs, key) as stream:
            compared: dict[str, Any] = json.load(stream).get("compared", {})
        return compared


def _query(user_id: UUID) -> Any:
    """Completed trainings with their sessions, newest first."""
    return (
        select(JobRow, TrainingResultRow, SessionRow.session_name)
        .join(TrainingResultRow, TrainingResultRow.job_id == JobRow.id)
        .join(SessionRow, SessionRow.id == TrainingResultRow.session_id)
        .where(*shown_jobs(user_id), TrainingResultRow.status == "completed")
        .order_by(TrainingResultRow.completed_at.desc(), TrainingResultRow.created_at.desc())
    )


def _entry(row: Row[Any]) -> Entry:
    job: JobRow = row.JobRow
    result: TrainingResultRow = row.TrainingResultRow
    about = {
        "job_id": str(job.id),
        "session_id": str(result.session_id),
        "session_name": row.session_name,
        "name": job.name or result.results["model_type"],
        "mode": result.results["model_type"],
        "tags": list(job.tags),
        "workload": job.workload,
        "created_at": job.created_at.isoformat(),
        "completed_at": result.completed_at.isoformat() if result.completed_at else None,
        "duration_seconds": result.results.get("duration_seconds"),
    }
    return Entry(about, result.results)


def _evaluations(tx: Session, jobs: Collection[UUID]) -> dict[str, str]:
    """Blob keys by job."""
    query = select(ArtifactRow.job_id, ArtifactRow.blob_key)
    found: Iterable[Any] = tx.execute(
        query.where(ArtifactRow.job_id.in_(jobs), ArtifactRow.kind == "evaluation")
    )
    return {str(row.job_id): row.blob_key for row in found}


def _refused(field: str, message: str) -> BadRequest:
    return BadRequest(f"{field} {message}", details={"field": field})
