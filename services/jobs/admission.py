"""Whether a job may be taken in: what is said of it, what it counts as, what stands in its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, Protocol
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.access import shown_sessions
from services.errors import Conflict, NotFound
from services.jobs import waiting
from services.jobs.states import ACTIVE
from services.storage.tables import JobRow, SessionRow, UserRow


class Counting(Protocol):
    """The side of services.plans.Plans that accepting and calling off a job needs."""

    def count(
        self,
        tx: Session,
        user_id: UUID,
        kind: Literal["training", "processing"],
        *,
        job_id: UUID | None = None,
        note: str = "",
    ) -> None: ...
    def give_back(self, tx: Session, job_id: UUID) -> None: ...
    def is_counted(self, tx: Session, job_id: UUID) -> bool: ...


@dataclass(frozen=True)
class JobOptions:
    """What may be said of a job besides its work."""

    name: str | None = None
    notes: str | None = None
    tags: tuple[str, ...] = ()
    priority: int = waiting.NORMAL
    device: str = "auto"
    draft: bool = False
    restart_of: UUID | None = None
    idempotency_key: str | None = None
    request_hash: str | None = None


def asked_before(tx: Session, user_id: UUID, options: JobOptions, *, lock: bool = True) -> JobRow | None:
    """The job that an earlier request with the same idempotency key made; `lock`: one asks at a time."""
    if options.idempotency_key is None:
        return None
    if lock:
        tx.execute(select(UserRow.id).where(UserRow.id == user_id).with_for_update())
    mine = JobRow.user_id == user_id, JobRow.idempotency_key == options.idempotency_key
    row = tx.scalar(select(JobRow).where(*mine))
    if row is not None and row.request_hash != options.request_hash:
        raise Conflict(
            "This Idempotency-Key came before with another request",
            code="IDEMPOTENCY_KEY_REUSED",
            suggestion="Use a new key for a new request",
            details={"job_id": str(row.id)},
        )
    return row


def lock_session(tx: Session, user_id: UUID, session_id: UUID) -> None:
    """The session must be the user's; locked, so that of two submits the second sees the first's job."""
    mine = select(SessionRow.id).where(SessionRow.id == session_id, *shown_sessions(user_id))
    if tx.scalar(mine.with_for_update()) is None:
        raise NotFound("There is no such session", code="SESSION_NOT_FOUND")


def refuse_second(tx: Session, session_id: UUID, workload: str) -> None:
    active = tx.scalar(
        select(JobRow.id)
        .where(JobRow.session_id == session_id, JobRow.workload == workload, JobRow.status.in_(ACTIVE))
        .limit(1)
    )
    if active is not None:
        raise Conflict(
            f"A {workload} job of this session is still at work",
            code="TRAINING_IN_PROGRESS",
            suggestion="Wait for it or cancel it",
            details={"job_id": str(active)},
        )
