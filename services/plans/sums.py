"""The sums behind the counters, each one statement over what is stored anyway."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, or_, select, union
from sqlalchemy.orm import Session

from services.jobs.states import FINISHED, Status
from services.plans.counters import COUNTED
from services.storage.access_tables import ApiKeyRow
from services.storage.plan_tables import UnfinishedUploadRow
from services.storage.tables import ArtifactRow, FileRow, JobRow, SessionRow, UsageEventRow

RESERVED_SECONDS = 60  # what a job holds of the compute time until it is known what it took
WAITING = frozenset(Status) - FINISHED - {Status.RUNNING}


def reserved_seconds(tx: Session, user_id: UUID) -> int:
    """Of jobs that have not ended: what they worked and did not settle yet, at least a minute each.

    It follows from the jobs themselves, so however one ends, its reservation ends with it.
    """
    metered = (
        select(UsageEventRow.id)
        .where(UsageEventRow.job_id == JobRow.id, UsageEventRow.kind.in_(COUNTED))
        .exists()
    )
    mine = JobRow.user_id == user_id, metered
    waiting = select(func.count()).select_from(JobRow).where(*mine, JobRow.status.in_(WAITING))
    working = select(JobRow.active_seconds, JobRow.progress).where(*mine, JobRow.status == Status.RUNNING)
    seconds = (tx.scalar(waiting) or 0) * RESERVED_SECONDS
    return seconds + sum(_unsettled(*row) for row in tx.execute(working))


def stored_bytes(tx: Session, user_id: UUID) -> tuple[int, int]:
    """Bytes of files as uploaded and of artifacts in the user's sessions; a shared blob counts once.

    Also of sessions in the bin, until they are removed for good.
    """
    files = (
        select(FileRow.storage_path.label("key"), func.max(FileRow.size_bytes).label("size"))
        .join(SessionRow, SessionRow.id == FileRow.session_id)
        .where(SessionRow.user_id == user_id, FileRow.storage_path.is_not(None))
        .group_by(FileRow.storage_path)
        .subquery()
    )
    sized = ArtifactRow.blob_key.label("key"), ArtifactRow.size_bytes.label("size")
    here = select(*sized).join(JobRow, JobRow.id == ArtifactRow.job_id)
    artifacts = union(
        here.join(SessionRow, SessionRow.id == JobRow.session_id).where(SessionRow.user_id == user_id),
        here.where(JobRow.user_id == user_id, JobRow.session_id.is_(None)),
    ).subquery()
    return _sum(tx, select(func.sum(files.c.size))), _sum(tx, select(func.sum(artifacts.c.size)))


def held_bytes(tx: Session, user_id: UUID, but: Collection[str] = ()) -> int:
    """Of uploads that are not finished, as announced or as received; imported, they count as files."""
    query = (
        select(func.sum(UnfinishedUploadRow.size_bytes))
        .outerjoin(JobRow, JobRow.id == UnfinishedUploadRow.job_id)
        .where(UnfinishedUploadRow.user_id == user_id, UnfinishedUploadRow.key.not_in(but))
        .where(or_(JobRow.id.is_(None), JobRow.status != Status.COMPLETED))
    )
    return _sum(tx, query)


def api_keys(tx: Session, user_id: UUID) -> int:
    """Those that there are, expired ones too, until they are deleted."""
    return tx.scalar(select(func.count()).where(ApiKeyRow.user_id == user_id)) or 0


def trainings(tx: Session, user_id: UUID) -> dict[str, int]:
    """How many trainings of the user are at work, and how many wait."""
    query = select(JobRow.status, func.count().label("number")).where(
        JobRow.user_id == user_id,
        JobRow.lane == "training",
        JobRow.status.in_((Status.RUNNING, Status.QUEUED)),
    )
    found = {row.status: row.number for row in tx.execute(query.group_by(JobRow.status))}
    return {"running": found.get(Status.RUNNING, 0), "waiting": found.get(Status.QUEUED, 0)}


def _unsettled(settled: float, progress: Mapping[str, Any] | None) -> int:
    worked = float((progress or {}).get("elapsed_s") or 0.0)
    return max(RESERVED_SECONDS, round(worked - settled))


def _sum(tx: Session, query: Select[Any]) -> int:
    return int(tx.scalar(query) or 0)
