"""At the end of an attempt a counted job pays the compute seconds that it took."""

from __future__ import annotations

import math
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from services.plans import reached, subscribed
from services.plans.counters import COUNTED, UNLIMITED, Counter, limits_of
from services.plans.counting import counted
from services.storage.tables import UsageEventRow, now

_COUNTED_FOR = (
    select(UsageEventRow.user_id)
    .where(UsageEventRow.job_id == bindparam("job"), UsageEventRow.kind.in_(COUNTED))
    .group_by(UsageEventRow.user_id)
    .having(func.sum(UsageEventRow.quantity) > 0)
)


def settle(tx: Session, job_id: UUID, seconds: float, moment: datetime | None = None) -> None:
    """At least one second; nothing for what is not counted, such as plots and previews."""
    user_id = tx.execute(_COUNTED_FOR, {"job": job_id}).scalar()
    if user_id is None:
        return
    moment = moment or now()
    tx.add(
        UsageEventRow(
            user_id=user_id,
            kind="compute",
            quantity=max(1, math.ceil(seconds)),
            job_id=job_id,
            note="worked",
            created_at=moment,
        )
    )
    mine = subscribed.find(tx, user_id, moment)
    limit = UNLIMITED if mine is None else limits_of(mine.plan)["compute"]
    if mine is None or limit == UNLIMITED:
        return
    tx.flush()
    counter = Counter(limit, counted(tx, user_id, mine.period).get("compute", 0))
    if counter.exhausted:
        reached.note(tx, user_id, "compute", counter, mine, moment)
