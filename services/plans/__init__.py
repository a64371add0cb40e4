"""What a plan allows, compared with what was used in the month of the subscription."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.errors import Forbidden
from services.plans import reached, subscribed
from services.plans.counters import COUNTED, UNLIMITED, Counter, Usage, limits_of
from services.plans.counting import counted
from services.plans.room import Room, lock
from services.plans.subscribed import Subscribed
from services.plans.sums import reserved_seconds, stored_bytes
from services.storage.database import Database
from services.storage.tables import SubscriptionRow, UsageEventRow, now

__all__ = ["STANDARD", "UNLIMITED", "Counter", "Plans", "Usage", "lock"]

STANDARD = "standard"


class Plans:
    """Limits and usage; `count` is called inside the transaction that accepts the work."""

    def __init__(self, database: Database, clock: Callable[[], datetime] = now) -> None:
        self._database = database
        self._clock = clock
        self.room = Room(database, clock)

    def subscribe(self, tx: Session, user_id: UUID, plan_id: str = STANDARD) -> None:
        tx.add(SubscriptionRow(user_id=user_id, plan_id=plan_id, started_at=self._clock()))

    def require_subscription(self, user_id: UUID) -> None:
        """Forbidden unless an active, unexpired subscription exists."""
        with self._database.read() as tx:
            subscribed.require(tx, user_id, self._clock())

    def check(self, user_id: UUID, kind: str) -> None:
        """Whether one more would be allowed now; `count` decides."""
        with self._database.read() as tx:
            self._check(tx, user_id, kind)

    def count(
        self, tx: Session, user_id: UUID, kind: str, *, job_id: UUID | None = None, note: str = ""
    ) -> None:
        """Count one unit in the caller's write transaction; Forbidden where a limit is reached.

        The user's row is locked until that transaction ends, so of two requests at once the second sees
        what the first has taken.
        """
        lock(tx, user_id)
        mine, counter = self._check(tx, user_id, kind)
        moment = self._clock()
        tx.add(
            UsageEventRow(user_id=user_id, kind=kind, quantity=1, job_id=job_id, note=note, created_at=moment)
        )
        after = Counter(counter.limit, counter.used + 1)
        if after.exhausted:
            reached.note(tx, user_id, kind, after, mine, moment)

    def is_counted(self, tx: Session, job_id: UUID) -> bool:
        """Whether the job counts now; one that was given back does not."""
        total = select(func.sum(UsageEventRow.quantity)).where(
            UsageEventRow.job_id == job_id, UsageEventRow.kind.in_(COUNTED)
        )
        return (tx.scalar(total) or 0) > 0

    def give_back(self, tx: Session, job_id: UUID, note: str = "given back") -> None:
        """Take back what a job was counted for and what it worked, in the periods in which that was.

        A second call does nothing.
        """
        tx.flush()
        rows = tx.scalars(
            select(UsageEventRow)
            .where(UsageEventRow.job_id == job_id)
            .order_by(UsageEventRow.created_at, UsageEventRow.quantity.desc())
        ).all()
        balances: dict[tuple[UUID, str, datetime], int] = defaultdict(int)
        for row in rows:
            balances[row.user_id, row.kind, row.created_at] += row.quantity
        for (user_id, kind, moment), balance in balances.items():
            if balance > 0:
                tx.add(
                    UsageEventRow(
                        user_id=user_id,
                        kind=kind,
                        quantity=-balance,
                        job_id=job_id,
                        note=note,
                        created_at=moment,
                    )
                )
        tx.flush()

    def usage(self, user_id: UUID) -> Usage:
        with self._database.read() as tx:
            return self._usage(tx, user_id, subscribed.require(tx, user_id, self._clock()))

    def find_usage(self, user_id: UUID) -> Usage | None:
        """None: no active subscription."""
        with self._database.read() as tx:
            mine = subscribed.find(tx, user_id, self._clock())
            return None if mine is None else self._usage(tx, user_id, mine)

    def max_file_bytes(self, user_id: UUID) -> int | None:
        """Largest file of this user's plan; None: no limit."""
        with self._database.read() as tx:
            megabytes = subscribed.require(tx, user_id, self._clock()).plan.max_file_size_mb
        return None if megabytes == UNLIMITED else megabytes * 1_000_000

    def _check(self, tx: Session, user_id: UUID, kind: str) -> tuple[Subscribed, Counter]:
        mine = subscribed.require(tx, user_id, self._clock())
        plan = mine.plan
        if kind == "training" and not plan.can_use_training:
            raise Forbidden(
                f"Plan {plan.name} has no training",
                code="TRAINING_NOT_AVAILABLE",
                suggestion="Choose a plan with training",
                details={"plan": plan.id},
            )
        limits = limits_of(plan)
        is_limited = limits[kind] != UNLIMITED or limits["compute"] != UNLIMITED
        used = counted(tx, user_id, mine.period) if is_limited else {}
        counter = Counter(limits[kind], used.get(kind, 0))
        if counter.exhausted:
            raise reached.refusal(kind, counter, mine)
        if limits["compute"] != UNLIMITED:
            compute = Counter(limits["compute"], used.get("compute", 0), reserved_seconds(tx, user_id))
            if compute.exhausted:
                raise reached.refusal("compute", compute, mine)
        storage = _storage(tx, user_id, mine)
        if storage is not None and storage.exhausted:
            raise reached.refusal("storage", storage, mine)
        return mine, counter

    def _usage(self, tx: Session, user_id: UUID, mine: Subscribed) -> Usage:
        limits, used = limits_of(mine.plan), counted(tx, user_id, mine.period)
        counters = {kind: Counter(limits[kind], used.get(kind, 0)) for kind in COUNTED}
        reserved = reserved_seconds(tx, user_id)
        counters["compute"] = Counter(limits["compute"], used.get("compute", 0), reserved)
        return Usage(mine.plan.id, counters, mine.period.start, mine.period.end)


def _storage(tx: Session, user_id: UUID, mine: Subscribed) -> Counter | None:
    """What is stored; without unfinished uploads, or the import of one would find no room beside itself.

    None where the plan has no limit, so that nothing need be summed.
    """
    limit = limits_of(mine.plan)["storage"]
    return None if limit == UNLIMITED else Counter(limit, sum(stored_bytes(tx, user_id)))
