"""What was kept to be looked at and is too old for that: reached limits, and the daily calls of API keys."""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import delete

from services.storage.access_tables import KeyCallsRow
from services.storage.database import Database
from services.storage.plan_tables import LimitEventRow

LONGEST_PERIOD = timedelta(days=31)  # within one a limit that is reached again is known to have been told


def forget(database: Database, moment: datetime, age: timedelta) -> dict[str, int]:
    """How many rows of each went; a limit's whether it was delivered or not."""
    old = LimitEventRow.created_at < moment - max(age, LONGEST_PERIOD)
    past = KeyCallsRow.day < moment - age
    with database.write() as tx:
        limits = tx.execute(delete(LimitEventRow).where(old).returning(LimitEventRow.id)).all()
        calls = tx.execute(delete(KeyCallsRow).where(past).returning(KeyCallsRow.key_id)).all()
    return {"limit_events": len(limits), "api_key_calls": len(calls)}
