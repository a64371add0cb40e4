"""What was counted in a period."""

from __future__ import annotations

from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from services.plans.periods import Period
from services.storage.tables import UsageEventRow


def counted(tx: Session, user_id: UUID, period: Period) -> dict[str, int]:
    """What was used in a period, by kind."""
    summed = (
        select(UsageEventRow.kind, func.sum(UsageEventRow.quantity))
        .where(UsageEventRow.user_id == user_id)
        .where(UsageEventRow.created_at >= period.start, UsageEventRow.created_at < period.end)
        .group_by(UsageEventRow.kind)
    )
    return {kind: int(total) for kind, total in tx.execute(summed)}
