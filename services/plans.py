"""What a plan allows, compared with what was counted in this calendar month."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from services.errors import Forbidden
from services.storage.database import Database
from services.storage.tables import PlanRow, SubscriptionRow, UsageEventRow, UserRow, now

UNLIMITED = -1
STANDARD = "standard"


@dataclass(frozen=True)
class Counter:
    limit: int  # -1: unlimited
    used: int

    @property
    def exhausted(self) -> bool:
        return self.limit != UNLIMITED and self.used >= self.limit


@dataclass(frozen=True)
class Usage:
    plan: str
    counters: dict[str, Counter]
    period_start: datetime
    resets_at: datetime

    def to_json(self) -> dict[str, Any]:
        counted = {
            kind: {"limit": None if each.limit == UNLIMITED else each.limit, "used": each.used}
            for kind, each in self.counters.items()
        }
        return {
            **counted,
            "period_start": self.period_start.isoformat(),
            "resets_at": self.resets_at.isoformat(),
        }


class Plans:
    """Limits and usage; `count` is called inside the transaction that accepts the work."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._clock = clock

    def subscribe(self, tx: Session, user_id: UUID, plan_id: str = STANDARD) -> None:
        tx.add(SubscriptionRow(user_id=user_id, plan_id=plan_id, started_at=self._clock()))

    def require_subscription(self, user_id: UUID) -> None:
        """Forbidden unless an active, unexpired subscription exists."""
        with self._database.read() as tx:
            self._plan(tx, user_id)

    def check(self, user_id: UUID, kind: str) -> None:
        """Whether one more would be allowed now; `count` decides."""
        with self._database.read() as tx:
            self._check(tx, user_id, kind)

    def count(
        self, tx: Session, user_id: UUID, kind: str, *, job_id: UUID | None = None, note: str = ""
    ) -> None:
        """Count one unit in the caller's write transaction; Forbidden where the limit is reached."""
        # Two submissions at once must not both see the last free unit (SQLite writes one by one anyway).
        tx.execute(select(UserRow.id).where(UserRow.id == user_id).with_for_update())
        self._check(tx, user_id, kind)
        tx.add(
            UsageEventRow(
                user_id=user_id, kind=kind, quantity=1, job_id=job_id, note=note, created_at=self._clock()
            )
        )

    def is_counted(self, tx: Session, job_id: UUID) -> bool:
        """Whether the job counts now; one that was given back does not."""
        total = select(func.sum(UsageEventRow.quantity)).where(UsageEventRow.job_id == job_id)
        return (tx.scalar(total) or 0) > 0

    def give_back(self, tx: Session, job_id: UUID, note: str = "given back") -> None:
        """Take back what a job was counted for, in the period in which it was; a second call does nothing."""
        rows = tx.scalars(select(UsageEventRow).where(UsageEventRow.job_id == job_id)).all()
        balance = sum(row.quantity for row in rows)
        if balance <= 0:
            return
        first = rows[0]
        tx.add(
            UsageEventRow(
                user_id=first.user_id,
                kind=first.kind,
                quantity=-balance,
                job_id=job_id,
                note=note,
                created_at=first.created_at,
            )
        )

    def usage(self, user_id: UUID) -> Usage:
        with self._database.read() as tx:
            return self._usage(tx, user_id, self._plan(tx, user_id))

    def find_usage(self, user_id: UUID) -> Usage | None:
        """None: no active subscription."""
        with self._database.read() as tx:
            plan = self._find_plan(tx, user_id)
            return None if plan is None else self._usage(tx, user_id, plan)

    def max_file_bytes(self, user_id: UUID) -> int | None:
        """Largest file of this user's plan; None: no limit."""
        with self._database.read() as tx:
            megabytes = self._plan(tx, user_id).max_file_size_mb
        return None if megabytes == UNLIMITED else megabytes * 1_000_000

    def _find_plan(self, tx: Session, user_id: UUID) -> PlanRow | None:
        return tx.scalars(
            select(PlanRow)
            .join(SubscriptionRow, SubscriptionRow.plan_id == PlanRow.id)
            .where(SubscriptionRow.user_id == user_id, SubscriptionRow.status == "active")
            .where(or_(SubscriptionRow.expires_at.is_(None), SubscriptionRow.expires_at > self._clock()))
            .order_by(SubscriptionRow.started_at.desc())
            .limit(1)
        ).first()

    def _plan(self, tx: Session, user_id: UUID) -> PlanRow:
        found = self._find_plan(tx, user_id)
        if found is None:
            raise Forbidden(
                "There is no active subscription",
                code="NO_ACTIVE_SUBSCRIPTION",
                suggestion="Renew the subscription, then try again",
            )
        return found

    def _check(self, tx: Session, user_id: UUID, kind: str) -> None:
        plan = self._plan(tx, user_id)
        if kind == "training" and not plan.can_use_training:
            raise Forbidden(
                f"Plan {plan.name} has no training",
                code="TRAINING_NOT_AVAILABLE",
                suggestion="Choose a plan with training",
                details={"plan": plan.id},
            )
        usage = self._usage(tx, user_id, plan)
        counter = usage.counters[kind]
        if counter.exhausted:
            raise Forbidden(
                f"Plan {plan.name} allows {counter.limit} {kind} runs a month; {counter.used} are used",
                code=f"{kind.upper()}_LIMIT_REACHED",
                suggestion=f"Wait until {usage.resets_at:%Y-%m-%d} or choose a larger plan",
                details={
                    "limit": counter.limit,
                    "used": counter.used,
                    "plan": plan.id,
                    "resets_at": usage.resets_at.isoformat(),
                },
            )

    def _usage(self, tx: Session, user_id: UUID, plan: PlanRow) -> Usage:
        start, end = month_of(self._clock())
        summed = (
            select(UsageEventRow.kind, func.sum(UsageEventRow.quantity))
            .where(UsageEventRow.user_id == user_id)
            .where(UsageEventRow.created_at >= start, UsageEventRow.created_at < end)
            .group_by(UsageEventRow.kind)
        )
        counted = {kind: int(total) for kind, total in tx.execute(summed)}
        limits = {
            "processing": plan.max_processing_jobs_per_month,
            "training": plan.max_training_runs_per_month,
        }
        counters = {kind: Counter(limit, counted.get(kind, 0)) for kind, limit in limits.items()}
        return Usage(plan.id, counters, start, end)


def month_of(time: datetime) -> tuple[datetime, datetime]:
    """First moment of the calendar month (UTC) and of the next one."""
    start = time.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    year, month = divmod(start.month, 12)
    return start, start.replace(year=start.year + year, month=month + 1)
