"""Sessions as rows of a list: with what is in them, counted for a whole page at once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.access import roles
from services.file_fields import iso_time
from services.jobs.states import Status
from services.storage.tables import FileRow, JobRow, SessionRow, TrainingResultRow, UserRow

NEWEST_RESULTS = 5
SHOWN = {
    "active": (Status.PENDING, Status.QUEUED, Status.RUNNING, Status.PAUSED),
    "completed": (Status.COMPLETED,),
    "failed": (Status.FAILED,),
}


def summaries(tx: Session, rows: Sequence[SessionRow], user_id: UUID) -> list[dict[str, Any]]:
    """What a list shows of these to this user, in their order."""
    ids = [row.id for row in rows]
    access, owners = roles(tx, user_id, list(rows)), _owners(tx, rows, user_id)
    files, jobs, best = _files(tx, ids), _jobs(tx, ids), _best(tx, ids)
    return [
        {
            "id": str(row.id),
            "alias": row.alias,
            "name": row.session_name,
            "tags": row.tags,
            "finalized": row.finalized,
            "samples": row.n_dat,
            "created_at": iso_time(row.created_at),
            "updated_at": iso_time(row.updated_at),
            "deleted_at": iso_time(row.deleted_at),
            "files": files[row.id],
            "jobs": jobs[row.id],
            "best": best.get(row.id),
            "access": access[row.id],
            "owner": owners.get(row.user_id),
        }
        for row in rows
    ]


def _owners(tx: Session, rows: Sequence[SessionRow], user_id: UUID) -> dict[UUID, str]:
    """Addresses of those who share theirs; one's own is not repeated."""
    others = {row.user_id for row in rows} - {user_id}
    if not others:
        return {}
    found = tx.execute(select(UserRow.id, UserRow.email).where(UserRow.id.in_(others)))
    return {row.id: row.email for row in found}


def _files(tx: Session, ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    counts = {each: {"input": 0, "output": 0} for each in ids}
    query = select(FileRow.session_id, FileRow.type, func.count()).where(FileRow.session_id.in_(ids))
    for session_id, role, count in tx.execute(query.group_by(FileRow.session_id, FileRow.type)):
        counts[session_id][role] = count
    return counts


def _jobs(tx: Session, ids: Sequence[UUID]) -> dict[UUID, dict[str, int]]:
    """Of trainings: imports, datasets and plots are parts of the work on a session, not results."""
    counts = {each: dict.fromkeys(SHOWN, 0) for each in ids}
    query = (
        select(JobRow.session_id, JobRow.status, func.count())
        .where(JobRow.session_id.in_(ids), JobRow.lane == "training")
        .group_by(JobRow.session_id, JobRow.status)
    )
    for session_id, status, count in tx.execute(query):
        for name, statuses in SHOWN.items():
            if session_id is not None and status in statuses:
                counts[session_id][name] += count
    return counts


def _best(tx: Session, ids: Sequence[UUID]) -> dict[UUID, dict[str, Any]]:
    """Of the newest results of each session the one with the most skill over its outputs.

    Skills are compared as each training reported them; GET .../leaderboard judges on the same samples.
    """
    place = func.row_number().over(
        partition_by=TrainingResultRow.session_id, order_by=TrainingResultRow.created_at.desc()
    )
    newest = (
        select(TrainingResultRow.id, place.label("place"))
        .where(TrainingResultRow.session_id.in_(ids))
        .subquery()
    )
    query = (
        select(
            TrainingResultRow.session_id,
            TrainingResultRow.job_id,
            TrainingResultRow.results["model_type"].as_string(),
            TrainingResultRow.results["skill"],
        )
        .join(newest, newest.c.id == TrainingResultRow.id)
        .where(newest.c.place <= NEWEST_RESULTS)
    )
    best: dict[UUID, dict[str, Any]] = {}
    for session_id, job_id, mode, outputs in tx.execute(query):
        skill = _mean_skill(outputs)
        known = best.get(session_id)
        if known is None or (skill if skill is not None else -math.inf) > (
            known["skill"] if known["skill"] is not None else -math.inf
        ):
            best[session_id] = {"job_id": str(job_id), "mode": mode, "skill": skill}
    return best


def _mean_skill(outputs: Any) -> float | None:
    skills = [each.get("skill") for each in (outputs or {}).values()]
    if not skills or any(skill is None for skill in skills):
        return None
    return float(sum(skills) / len(skills))
