"""Who is next: the queue of a lane, fair between users, by priority and age within that."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from itertools import count
from typing import Any
from uuid import UUID

from sqlalchemy import ColumnElement, Select, Table, func, select
from sqlalchemy.orm import Session

from services.jobs.states import Status
from services.storage.tables import JobRow, UserRow, now

PRIORITIES = ("high", "normal", "low")  # as stored: 0, 1, 2
NORMAL = PRIORITIES.index("normal")
AGEING = timedelta(minutes=10)  # a job that has waited so long counts as one class higher
_JOBS: Table = JobRow.metadata.tables[JobRow.__tablename__]  # mapping costs as much as looking
_WAITING = (_JOBS.c.id, _JOBS.c.user_id, _JOBS.c.priority, _JOBS.c.queued_at)
Served = Mapping[UUID, tuple[int, datetime | None]]  # user → running now, last start


@dataclass(frozen=True)
class Waiting:
    """A queued job."""

    job: UUID
    user: UUID
    priority: int
    since: datetime

    def rank(self, moment: datetime) -> int:
        """Its class now; a low job that waits is a high one after two AGEINGs, so none starves."""
        return max(0, self.priority - max(timedelta(), moment - self.since) // AGEING)


def order(tx: Session, lane: str) -> list[tuple[UUID, UUID]]:
    """The queued jobs of a lane with their users, in the order in which they will be taken."""
    return _ordered(tx, lane, select(*_WAITING).where(*_queued(lane)))


def heads(tx: Session, lane: str, devices: Collection[str] | None = None) -> list[tuple[UUID, UUID]]:
    """Of each user and priority the oldest: one of these is next, however many wait behind them.

    `devices`: only jobs that a worker may take which answers to these names; None: all.
    """
    return _ordered(tx, lane, _heads(lane, None if devices is None else tuple(devices)))


@cache
def _heads(lane: str, devices: tuple[str, ...] | None) -> Select[*tuple[Any, ...]]:
    place = func.row_number().over(
        partition_by=(_JOBS.c.user_id, _JOBS.c.priority), order_by=(_JOBS.c.queued_at, _JOBS.c.id)
    )
    query = select(*_WAITING, place.label("place")).where(*_queued(lane))
    if devices is not None:
        query = query.where(_JOBS.c.device_request.in_(devices))
    ranked = query.subquery()
    columns = (ranked.c.id, ranked.c.user_id, ranked.c.priority, ranked.c.queued_at)
    return select(*columns).where(ranked.c.place == 1)


def _queued(lane: str) -> tuple[ColumnElement[bool], ...]:
    return _JOBS.c.status == Status.QUEUED, _JOBS.c.lane == lane


def _ordered(tx: Session, lane: str, query: Select[*tuple[Any, ...]]) -> list[tuple[UUID, UUID]]:
    waiting = [Waiting(*row) for row in tx.connection().execute(query)]
    users = {each.user for each in waiting}
    if len(users) < 2:
        return fair(waiting, {}, now())
    return fair(waiting, _served(tx, lane, users), now())


def _served(tx: Session, lane: str, users: Collection[UUID]) -> Served:
    """Two looks into indexes: a user may have ten thousand jobs that ended long ago."""
    running = select(JobRow.user_id, func.count()).where(JobRow.status == Status.RUNNING, JobRow.lane == lane)
    busy: dict[UUID, int] = dict(tx.execute(running.group_by(JobRow.user_id)).all())
    own = JobRow.user_id == UserRow.id, JobRow.lane == lane
    newest = select(func.max(JobRow.started_at)).where(*own).correlate(UserRow).scalar_subquery()
    last = tx.execute(select(UserRow.id, newest).where(UserRow.id.in_(users)))
    return {user: (busy.get(user, 0), moment) for user, moment in last}


def positions(tx: Session, lane: str) -> dict[UUID, int]:
    """The place of every queued job of a lane; 1 is next."""
    return {job: place for place, (job, _) in enumerate(order(tx, lane), start=1)}


def fair(waiting: Iterable[Waiting], served: Served, moment: datetime) -> list[tuple[UUID, UUID]]:
    """Users take turns: first who has least running, then whose next job has the higher class, then who
    was served longest ago, then who came first. One user's own jobs go by class, then by arrival.

    A user with a hundred jobs thus delays another's single job by one, not by a hundred, however urgent
    the hundred are said to be.
    """
    jobs: dict[UUID, deque[Waiting]] = defaultdict(deque)
    for each in sorted(waiting, key=lambda each: (each.rank(moment), each.since, each.job)):
        jobs[each.user].append(each)
    turns = []
    for arrival, (user, own) in enumerate(jobs.items()):
        busy, last = served.get(user, (0, None))
        turns.append((busy, own[0].rank(moment), last.timestamp() if last else 0.0, arrival, user))
    heapq.heapify(turns)
    later = count(1)
    ordered = []
    while turns:
        busy, _, _, arrival, user = heapq.heappop(turns)
        ordered.append((jobs[user].popleft().job, user))
        if jobs[user]:
            rank = jobs[user][0].rank(moment)
            heapq.heappush(turns, (busy + 1, rank, 1e12 + next(later), arrival, user))
    return ordered
