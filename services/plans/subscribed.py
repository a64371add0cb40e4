"""Which plan a user has now."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, or_, select
from sqlalchemy.orm import Session

from services.errors import Forbidden
from services.plans.counters import UNLIMITED
from services.plans.periods import Period, period_of
from services.storage.tables import PlanRow, SubscriptionRow, UtcDateTime, now


@dataclass(frozen=True)
class Subscribed:
    """A plan, and since when."""

    plan: PlanRow
    since: datetime
    period: Period


_MOMENT = bindparam("moment", type_=UtcDateTime())
_ACTIVE = (
    SubscriptionRow.status == "active",
    or_(SubscriptionRow.expires_at.is_(None), SubscriptionRow.expires_at > _MOMENT),
)
# built once: they are asked for every job that starts, and for every part of an upload
_FOUND = (
    select(PlanRow, SubscriptionRow.started_at)
    .join(SubscriptionRow, SubscriptionRow.plan_id == PlanRow.id)
    .where(SubscriptionRow.user_id == bindparam("user"), *_ACTIVE)
    .order_by(SubscriptionRow.started_at.desc())
    .limit(1)
)
_PARALLEL = (
    select(PlanRow.max_parallel_jobs)
    .join(SubscriptionRow, SubscriptionRow.plan_id == PlanRow.id)
    .where(SubscriptionRow.user_id == bindparam("user"), *_ACTIVE)
    .order_by(SubscriptionRow.started_at.desc())
    .limit(1)
)


def find(tx: Session, user_id: UUID, moment: datetime) -> Subscribed | None:
    """None: no active subscription."""
    row = tx.execute(_FOUND, {"user": user_id, "moment": moment}).one_or_none()
    return None if row is None else Subscribed(row[0], row[1], period_of(row[1], moment))


def require(tx: Session, user_id: UUID, moment: datetime) -> Subscribed:
    found = find(tx, user_id, moment)
    if found is None:
        raise Forbidden(
            "There is no active subscription",
            code="NO_ACTIVE_SUBSCRIPTION",
            suggestion="Renew the subscription, then try again",
        )
    return found


def parallel_jobs(tx: Session, user_id: UUID) -> int | None:
    """How many trainings may be at work at once by the plan; None: it does not say."""
    limit = tx.connection().scalar(_PARALLEL, {"user": user_id, "moment": now()})
    return None if limit is None or limit == UNLIMITED else limit
