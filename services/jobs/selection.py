"""Which of a user's jobs are meant, and in which order."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, get_args
from uuid import UUID

from sqlalchemy import ColumnElement, Select

from services.access import own_jobs, shown_jobs
from services.errors import BadRequest
from services.jobs.states import Status
from services.jobs.waiting import PRIORITIES
from services.storage.tables import JobRow
from services.tags import tagged
from services.workloads.base import Lane

LANES = get_args(Lane)


@dataclass(frozen=True)
class Selection:
    """Every field that is given narrows it; `name` is any part of the name, `without` are workloads.

    `status` may be several with commas. `everybodys`: of all users, which is for admins to ask.
    """

    session_id: UUID | None = None
    workload: str | None = None
    lane: str | None = None
    status: str | None = None
    priority: str | None = None
    tag: str | None = None
    name: str | None = None
    without: Collection[str] = ()
    everybodys: bool = False

    def _reachable(self, user_id: UUID) -> tuple[ColumnElement[bool], ...]:
        """Of a session all of it that is open, whoever began them; else what one began oneself."""
        if self.everybodys:
            return ()
        return own_jobs(user_id) if self.session_id is None else shown_jobs(user_id)

    def where(self, user_id: UUID) -> list[ColumnElement[bool]]:
        statuses = None if self.status is None else self.status.split(",")
        if statuses is not None and not set(statuses) <= set(Status):
            raise BadRequest(
                f"status is {self.status!r}; it must be one of {', '.join(Status)}, or several with commas"
            )
        if self.lane not in (None, *LANES):
            raise BadRequest(f"lane is {self.lane!r}; it must be {' or '.join(LANES)}")
        if self.priority is not None and self.priority not in PRIORITIES:
            raise BadRequest(f"priority is {self.priority!r}; it must be one of {', '.join(PRIORITIES)}")
        wanted = {
            JobRow.session_id: self.session_id,
            JobRow.workload: self.workload,
            JobRow.lane: self.lane,
            JobRow.priority: None if self.priority is None else PRIORITIES.index(self.priority),
        }
        found = [
            *self._reachable(user_id),
            *(column == value for column, value in wanted.items() if value is not None),
        ]
        if statuses is not None:
            found.append(JobRow.status.in_(statuses))
        if self.tag is not None:
            found.append(tagged(JobRow.tags, self.tag))
        if self.name is not None:
            found.append(JobRow.name.icontains(self.name, autoescape=True))
        if self.without:
            found.append(JobRow.workload.not_in(self.without))
        return found


def ordered(query: Select[Any], *, oldest_first: bool) -> Select[Any]:
    if oldest_first:
        return query.order_by(JobRow.created_at, JobRow.id)
    return query.order_by(JobRow.created_at.desc(), JobRow.id.desc())
