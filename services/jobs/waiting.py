"""Who is next: the queue of a lane, fair between users and first come, first served within one."""

from __future__ import annotations

import heapq
from collections import defaultdict, deque
from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import count
from uuid import UUID

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from services.jobs.states import Status
from services.storage.tables import JobRow

Served = Mapping[UUID, tuple[int, datetime | None]]  # user → running now, last start
Waiting = Iterable[tuple[UUID, UUID]]  # job, user; oldest first


def order(tx: Session, lane: str) -> list[tuple[UUID, UUID]]:
    """The queued jobs of a lane with their users, in the order in which they will be taken."""
    waiting = tx.execute(
        select(JobRow.id, JobRow.user_id)
        .where(JobRow.status == Status.QUEUED, JobRow.lane == lane)
        .order_by(JobRow.created_at, JobRow.id)
    ).all()
    running = func.sum(case((JobRow.status == Status.RUNNING, 1), else_=0))
    served = tx.execute(
        select(JobRow.user_id, running, func.max(JobRow.started_at))
        .where(JobRow.lane == lane, JobRow.user_id.in_({user for _, user in waiting}))
        .group_by(JobRow.user_id)
    ).all()
    return fair([(job, user) for job, user in waiting], {user: (busy, last) for user, busy, last in served})


def positions(tx: Session, lane: str) -> dict[UUID, int]:
    """The place of every queued job of a lane; 1 is next."""
    return {job: place for place, (job, _) in enumerate(order(tx, lane), start=1)}


def fair(waiting: Waiting, served: Served) -> list[tuple[UUID, UUID]]:
    """Users take turns: first who has least running, then who was served longest ago, then who came first.

    A user with a hundred jobs thus delays another's single job by one, not by a hundred.
    """
    jobs: dict[UUID, deque[UUID]] = defaultdict(deque)
    for job, user in waiting:
        jobs[user].append(job)
    turns = []
    for arrival, user in enumerate(jobs):
        busy, last = served.get(user, (0, None))
        turns.append((busy, last.timestamp() if last else 0.0, arrival, user))
    heapq.heapify(turns)
    later = count(1)
    ordered = []
    while turns:
        busy, _, arrival, user = heapq.heappop(turns)
        ordered.append((jobs[user].popleft(), user))
        if jobs[user]:
            heapq.heappush(turns, (busy + 1, 1e12 + next(later), arrival, user))
    return ordered
