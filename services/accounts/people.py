"""What the operator does with accounts from the command line; no route leads here."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from services import audit
from services.accounts import passwords, sign_ins
from services.errors import Conflict, NotFound
from services.jobs.states import ACTIVE
from services.plans import subscribed
from services.session_removal import SessionRemoval
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import (
    JobRow,
    PlanRow,
    SessionRow,
    SubscriptionRow,
    UserRow,
    now,
)
from services.uploads.chunks import ChunkStore


@dataclass(frozen=True)
class Person:
    id: UUID
    email: str
    plan: str | None
    created_at: datetime
    blocked_at: datetime | None


class People:
    """Accounts by their e-mail address."""

    def __init__(self, database: Database, blobs: Blobs, chunks: ChunkStore) -> None:
        self._database = database
        self._blobs = blobs
        self._removal = SessionRemoval(database, blobs, chunks)

    def all(self) -> Sequence[Person]:
        """The oldest first."""
        with self._database.read() as tx:
            rows = tx.scalars(select(UserRow).order_by(UserRow.created_at, UserRow.id)).all()
            return [_person(tx, row) for row in rows]

    def find(self, email: str) -> Person:
        with self._database.read() as tx:
            return _person(tx, _row(tx, email))

    def set_plan(self, email: str, plan_id: str) -> None:
        """What was counted and the day on which the month begins stay; without subscription a new one."""
        with self._database.write() as tx:
            if tx.get(PlanRow, plan_id) is None:
                known = ", ".join(tx.scalars(select(PlanRow.id).order_by(PlanRow.id)))
                raise NotFound(f"There is no plan {plan_id}; there are: {known}", code="PLAN_NOT_FOUND")
            user = _row(tx, email)
            if subscribed.find(tx, user.id, now()) is None:
                tx.add(SubscriptionRow(user_id=user.id, plan_id=plan_id, started_at=now()))
                return
            active = SubscriptionRow.user_id == user.id, SubscriptionRow.status == "active"
            tx.execute(update(SubscriptionRow).where(*active).values(plan_id=plan_id))

    def block(self, email: str) -> None:
        """From the next request on nothing of the account is let in; jobs at work go on to their end."""
        with self._database.write() as tx:
            user = _row(tx, email)
            user.blocked_at = user.blocked_at or now()
            audit.note(tx, "account_blocked", user.id)
            sign_ins.end_all(tx, user.id, now())

    def unblock(self, email: str) -> None:
        with self._database.write() as tx:
            user = _row(tx, email)
            user.blocked_at = None
            audit.note(tx, "account_unblocked", user.id)

    def reset_password(self, email: str) -> str:
        """A new password, told this once; every sign-in of the account ends."""
        password = secrets.token_urlsafe(12)
        hashed = passwords.hasher().hash(password)
        with self._database.write() as tx:
            user = _row(tx, email)
            if not user.password_hash:
                raise Conflict(
                    f"The password of {user.email} is not kept here",
                    code="PASSWORD_KEPT_ELSEWHERE",
                    suggestion="Reset it where the accounts are kept",
                )
            user.password_hash = hashed
            audit.note(tx, "password_reset", user.id)
            sign_ins.end_all(tx, user.id, now())
        return password

    def delete(self, email: str) -> dict[str, int]:
        """The account with its sessions, jobs, models and files; Conflict while a job of it is at work."""
        with self._database.write() as tx:
            user = _row(tx, email)
            sessions = tx.scalars(select(SessionRow.id).where(SessionRow.user_id == user.id)).all()
            _refuse_busy(tx, user, sessions)
            audit.note(tx, "account_deleted", user.id, email=user.email)
            user.blocked_at = user.blocked_at or now()  # nothing new begins while it is taken apart
            jobs = tx.scalars(select(JobRow.id).where(JobRow.user_id == user.id)).all()
        counts = self._removal.remove(sessions)
        with self._database.write() as tx:
            tx.execute(delete(UserRow).where(UserRow.id == user.id))
        blobs = [key for job_id in jobs for key in self._blobs.list(f"jobs/{job_id}/")]
        return {**counts, "blobs": counts["blobs"] + sum(self._blobs.delete(key) for key in blobs)}


def _person(tx: Session, row: UserRow) -> Person:
    mine = subscribed.find(tx, row.id, now())
    plan = None if mine is None else mine.plan.id
    return Person(row.id, row.email, plan, row.created_at, row.blocked_at)


def _row(tx: Session, email: str) -> UserRow:
    row = tx.scalar(select(UserRow).where(UserRow.email == email.strip().lower()))
    if row is None:
        raise NotFound(f"There is no account {email}", code="USER_NOT_FOUND")
    return row


def _refuse_busy(tx: Session, user: UserRow, sessions: Sequence[UUID]) -> None:
    theirs = (JobRow.user_id == user.id) | JobRow.session_id.in_(sessions)
    if tx.scalar(select(JobRow.id).where(theirs, JobRow.status.in_(ACTIVE)).limit(1)) is not None:
        raise Conflict(
            f"A job of {user.email} waits or is at work",
            code="USER_BUSY",
            suggestion="Cancel it as an admin, or wait for its end",
        )
