"""Everything that is counted for a user, with what the plan allows and when it is counted anew."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from services.plans import reached, subscribed
from services.plans.counters import COUNTED, MINUTE, UNLIMITED, Counter, limits_of
from services.plans.counting import counted
from services.plans.periods import Period, earlier
from services.plans.subscribed import Subscribed
from services.plans.sums import api_keys, held_bytes, reserved_seconds, stored_bytes, trainings
from services.storage.database import Database
from services.storage.tables import PlanRow, now

SHOWN_PERIODS = 6


class UsageOverview:
    """What GET /api/v1/usage says; reads only."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._clock = clock

    def of(self, user_id: UUID) -> dict[str, Any]:
        """Forbidden without an active subscription."""
        with self._database.read() as tx:
            mine = subscribed.require(tx, user_id, self._clock())
            return {
                "plan": _plan(mine.plan),
                "period": _bounds(mine.period),
                "counters": _counters(tx, user_id, mine),
                "storage": _storage(tx, user_id, mine),
                "parallel_jobs": {
                    "limit": _or_none(mine.plan.max_parallel_jobs),
                    **trainings(tx, user_id),
                },
                "api_keys": _api_keys(tx, user_id, mine),
                "events": reached.newest(tx, user_id),
                "history": [
                    {**_bounds(period), **_worked(counted(tx, user_id, period))}
                    for period in earlier(mine.since, mine.period, SHOWN_PERIODS)
                ],
            }


def _plan(plan: PlanRow) -> dict[str, Any]:
    return {
        "id": plan.id,
        "name": plan.name,
        "can_use_training": plan.can_use_training,
        "max_file_size_mb": _or_none(plan.max_file_size_mb),
    }


def _counters(tx: Session, user_id: UUID, mine: Subscribed) -> dict[str, Any]:
    limits, used = limits_of(mine.plan), counted(tx, user_id, mine.period)
    resets = {"resets_at": mine.period.end.isoformat()}
    compute = Counter(limits["compute"], used.get("compute", 0), reserved_seconds(tx, user_id))
    return {
        **{kind: {**Counter(limits[kind], used.get(kind, 0)).to_json(), **resets} for kind in COUNTED},
        "compute_minutes": {**compute.to_json(MINUTE), **resets},
    }


def _storage(tx: Session, user_id: UUID, mine: Subscribed) -> dict[str, Any]:
    files, artifacts = stored_bytes(tx, user_id)
    told = Counter(limits_of(mine.plan)["storage"], files + artifacts, held_bytes(tx, user_id)).to_json()
    return {
        "limit_bytes": told["limit"],
        "used_bytes": told["used"],
        "remaining_bytes": told["remaining"],
        "file_bytes": files,
        "artifact_bytes": artifacts,
        "unfinished_upload_bytes": told["reserved"],
    }


def _api_keys(tx: Session, user_id: UUID, mine: Subscribed) -> dict[str, Any]:
    told = Counter(limits_of(mine.plan)["api_keys"], api_keys(tx, user_id)).to_json()
    return {name: told[name] for name in ("limit", "used", "remaining")}


def _bounds(period: Period) -> dict[str, str]:
    return {"start": period.start.isoformat(), "end": period.end.isoformat()}


def _worked(used: dict[str, int]) -> dict[str, Any]:
    return {
        **{kind: used.get(kind, 0) for kind in COUNTED},
        "compute_minutes": round(used.get("compute", 0) / MINUTE, 2),
    }


def _or_none(limit: int) -> int | None:
    return None if limit == UNLIMITED else limit
