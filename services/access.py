"""Who may do what in which session: the one place that decides, for routes, sockets and keys alike.

    need       owner  editor  reader  key with scope
    READ       yes    yes     yes     read, train
    PREDICT    yes    yes     no      predict, train
    TRAIN      yes    yes     no      train
    EDIT       yes    yes     no      -
    OWN        yes    no      no      -

Whoever serves a request says with `asking` what it needs and by what key it comes. Without that the
conditions below hold for owners only, so a way that was forgotten is closed and not open.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from enum import StrEnum
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, and_, case, or_, select, union
from sqlalchemy.orm import Session

from services.errors import AppError, Forbidden, NotFound
from services.storage.access_tables import ShareRow
from services.storage.tables import JobRow, SessionRow

Condition = ColumnElement[bool]
OWNER, EDITOR, READER = "owner", "editor", "reader"
GUESTS = (EDITOR, READER)


class Need(StrEnum):
    READ = "read"
    PREDICT = "predict"
    TRAIN = "train"
    EDIT = "edit"
    OWN = "own"


OF_ROLE: dict[str, frozenset[Need]] = {
    OWNER: frozenset(Need),
    EDITOR: frozenset(Need) - {Need.OWN},
    READER: frozenset({Need.READ}),
}
OF_SCOPE: dict[str, frozenset[Need]] = {
    "predict": frozenset({Need.PREDICT}),
    "read": frozenset({Need.READ}),
    "train": frozenset({Need.READ, Need.PREDICT, Need.TRAIN}),
}


@dataclass(frozen=True)
class KeyGrant:
    """What an API key opens: one session, within its scopes."""

    key_id: UUID
    session_id: UUID
    scopes: tuple[str, ...]

    @property
    def rights(self) -> frozenset[Need]:
        return frozenset[Need]().union(*(OF_SCOPE[scope] for scope in self.scopes))


@dataclass(frozen=True)
class Asking:
    need: Need
    key: KeyGrant | None = None


_OWNERS_ONLY = Asking(Need.OWN)
_asking: ContextVar[Asking] = ContextVar("asking", default=_OWNERS_ONLY)


@contextmanager
def asking(need: Need, key: KeyGrant | None = None) -> Iterator[None]:
    """Within, the conditions below are those of this need. Forbidden where the key is not for it."""
    if key is not None and need not in key.rights:
        raise Forbidden(
            f"This API key is for {' and '.join(key.scopes)}",
            code="KEY_SCOPE",
            suggestion="Use a key with another scope, or sign in",
            details={"scopes": list(key.scopes), "needed": str(need)},
        )
    token = _asking.set(Asking(need, key))
    try:
        yield
    finally:
        _asking.reset(token)


def is_by_key() -> bool:
    """Then there is nothing outside of one session."""
    return _asking.get().key is not None


# sessions


def shown_sessions(user_id: UUID) -> tuple[Condition, ...]:
    """Sessions open to this user for what is asked; a deleted one is as good as absent until restored."""
    return _permitted(user_id, _asking.get().need), SessionRow.deleted_at.is_(None)


def own_first(user_id: UUID) -> ColumnElement[int]:
    """An order: where a name is one's own and a guest's too, one's own is meant."""
    return case((SessionRow.user_id == user_id, 0), else_=1)


def listed_sessions(tx: Session, user_id: UUID) -> Condition:
    """As `shown_sessions`, for long lists: who is nobody's guest reads an index in its order."""
    shared = [row.session_id for row in tx.execute(_shares(user_id, Need.READ))]
    mine = SessionRow.user_id == user_id
    return or_(mine, SessionRow.id.in_(shared)) if shared else mine


def roles(tx: Session, user_id: UUID, sessions: list[SessionRow]) -> dict[UUID, str]:
    """Of sessions that are shown to the user: as whom."""
    foreign = [row.id for row in sessions if row.user_id != user_id]
    found = {row.id: OWNER for row in sessions if row.user_id == user_id}
    if foreign:
        query = select(ShareRow.session_id, ShareRow.role).where(*_let_in(user_id))
        for row in tx.execute(query.where(ShareRow.session_id.in_(foreign))):
            found[row.session_id] = row.role
    return found


def session_refusal(tx: Session, user_id: UUID, condition: Condition) -> AppError | None:
    """Why a session that was not found is refused, where that may be told; None: it does not exist."""
    now = _asking.get()
    if now.key is not None:
        return Forbidden(
            "This API key belongs to another session",
            code="KEY_SESSION_MISMATCH",
            suggestion="Use a key of the session, or the session of the key",
        )
    readable = condition, _permitted(user_id, Need.READ), SessionRow.deleted_at.is_(None)
    if tx.scalar(select(SessionRow.id).where(*readable)) is None:
        return None
    what = (
        "Only its owner may do this with the session" if now.need is Need.OWN else "You may only look at it"
    )
    return Forbidden(
        f"The session is shared with you. {what}",
        code="SESSION_NOT_YOURS" if now.need is Need.OWN else "SESSION_READ_ONLY",
        suggestion="Ask the owner of the session",
    )


def _permitted(user_id: UUID, need: Need) -> Condition:
    mine: Condition = SessionRow.user_id == user_id
    if need is not Need.OWN:
        mine = or_(mine, SessionRow.id.in_(_shares(user_id, need)))
    key = _asking.get().key
    return mine if key is None else and_(mine, SessionRow.id == key.session_id)


def _shares(user_id: UUID, need: Need) -> Select[Any]:
    able = [role for role in GUESTS if need in OF_ROLE[role]]
    return select(ShareRow.session_id).where(*_let_in(user_id), ShareRow.role.in_(able))


def _let_in(user_id: UUID) -> tuple[Condition, ...]:
    return ShareRow.user_id == user_id, ShareRow.withdrawn_at.is_(None)


# jobs


def shown_jobs(user_id: UUID) -> tuple[Condition, ...]:
    """Jobs of sessions that are open for what is asked, and one's own without a session."""
    return (_job_permitted(user_id, _asking.get().need),)


def own_jobs(user_id: UUID) -> tuple[Condition, ...]:
    """What one started oneself, for lists; not in sessions that are deleted or no longer shared."""
    gone = union(
        select(SessionRow.id).where(SessionRow.user_id == user_id, SessionRow.deleted_at.is_not(None)),
        select(ShareRow.session_id)
        .join(SessionRow, SessionRow.id == ShareRow.session_id)
        .where(ShareRow.user_id == user_id)
        .where(or_(ShareRow.withdrawn_at.is_not(None), SessionRow.deleted_at.is_not(None))),
    )
    return JobRow.user_id == user_id, or_(JobRow.session_id.is_(None), JobRow.session_id.not_in(gone))


def require_session_for_key(session_id: UUID | None) -> None:
    """With a key nothing begins outside of its session."""
    key = _asking.get().key
    if key is not None and session_id != key.session_id:
        raise Forbidden(
            "With an API key jobs begin in the session of the key only",
            code="KEY_SESSION_MISMATCH",
            suggestion="Name the session of the key, or sign in",
        )


def job_refusal(tx: Session, user_id: UUID, job_id: UUID) -> AppError:
    """For a job that is not shown: it does not exist, or it is only to be looked at."""
    if tx.scalar(select(JobRow.id).where(JobRow.id == job_id, _job_permitted(user_id, Need.READ))) is None:
        return NotFound(f"There is no job {job_id}", code="JOB_NOT_FOUND")
    return Forbidden(
        "The session of this job is shared with you to look at",
        code="SESSION_READ_ONLY",
        suggestion="Ask the owner of the session",
    )


def _job_permitted(user_id: UUID, need: Need) -> Condition:
    there = SessionRow.id == JobRow.session_id, SessionRow.deleted_at.is_(None)
    found = select(SessionRow.id).where(*there, _permitted(user_id, need))
    inside: Condition = found.correlate(JobRow).exists()
    if _asking.get().key is not None:
        return inside
    return or_(and_(JobRow.session_id.is_(None), JobRow.user_id == user_id), inside)


def readable(
    tx: Session, user_id: UUID, *, sessions: Collection[UUID], jobs: Collection[UUID]
) -> frozenset[UUID]:
    """Which of these sessions and jobs the user may look at now, whatever is being asked."""
    with asking(Need.READ):
        shown = SessionRow.id.in_(sessions), *shown_sessions(user_id)
        known = JobRow.id.in_(jobs), *shown_jobs(user_id)
    found = list(tx.scalars(select(SessionRow.id).where(*shown))) if sessions else []
    return frozenset(found).union(tx.scalars(select(JobRow.id).where(*known)) if jobs else ())
