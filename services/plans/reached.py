"""A limit that is reached: told to the user as a refusal, and once a period to whoever listens."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Table, select
from sqlalchemy.dialects.postgresql import insert as postgres_insert
from sqlalchemy.dialects.sqlite import insert as sqlite_insert
from sqlalchemy.orm import Session

from services.errors import Forbidden
from services.plans.counters import GIGABYTE, MINUTE, Counter
from services.plans.subscribed import Subscribed
from services.storage.plan_tables import LimitEventRow

SHOWN = 20
_TABLE: Table = LimitEventRow.metadata.tables[LimitEventRow.__tablename__]


def note(tx: Session, user_id: UUID, kind: str, counter: Counter, mine: Subscribed, moment: datetime) -> None:
    """Store that the limit is reached, unless that was done in this period."""
    insert = sqlite_insert if tx.get_bind().dialect.name == "sqlite" else postgres_insert
    values = {
        "id": uuid4(),
        "user_id": user_id,
        "kind": kind,
        "period_start": mine.period.start,
        "plan_id": mine.plan.id,
        "limit": counter.limit,
        "used": counter.taken,
        "created_at": moment,
    }
    tx.execute(insert(_TABLE).values(values).on_conflict_do_nothing())


def newest(tx: Session, user_id: UUID) -> list[dict[str, Any]]:
    """The limits that a user reached last, the newest first, in the units of the counters."""
    rows = tx.scalars(
        select(LimitEventRow)
        .where(LimitEventRow.user_id == user_id)
        .order_by(LimitEventRow.created_at.desc(), LimitEventRow.id)
        .limit(SHOWN)
    )
    return [_shown(row) for row in rows]


def _shown(row: LimitEventRow) -> dict[str, Any]:
    name, unit = ("compute_minutes", MINUTE) if row.kind == "compute" else (row.kind, 1)
    told = Counter(row.limit, row.used).to_json(unit)
    return {
        "counter": name,
        "at": row.created_at.isoformat(),
        "period_start": row.period_start.isoformat(),
        "plan": row.plan_id,
        "limit": told["limit"],
        "used": told["used"],
    }


def refusal(kind: str, counter: Counter, mine: Subscribed) -> Forbidden:
    """Says what the plan allows, what is used, when that is counted anew, and the way out."""
    plan, resets = mine.plan, mine.period.end
    details: dict[str, Any] = {"limit": counter.limit, "used": counter.used, "plan": plan.id}
    wait = f"Wait until {resets:%Y-%m-%d} or choose a larger plan"
    when = {"resets_at": resets.isoformat()}
    if kind == "compute":
        told = counter.to_json(MINUTE)
        message = (
            f"Plan {plan.name} allows {told['limit']:g} compute minutes a month; {told['used']:g} are used"
            f" and {told['reserved']:g} are held by jobs that have not ended"
        )
        details |= {
            **{name: told[name] for name in ("limit", "used", "reserved")},
            "unit": "minutes",
            **when,
        }
    elif kind == "storage":
        message = f"Plan {plan.name} stores {_gigabytes(counter.limit)}; {_gigabytes(counter.used)} are used"
        if counter.reserved:
            message += f" and {_gigabytes(counter.reserved)} are held by unfinished uploads"
        details |= {"reserved": counter.reserved, "unit": "bytes"}
        wait = "Delete files, jobs, sessions or uploads that are not needed, or choose a larger plan"
    elif kind == "api_keys":
        message = f"Plan {plan.name} allows {counter.limit} API keys, and there are {counter.used}"
        wait = "Delete a key that is not needed, or choose a larger plan"
    else:
        message = f"Plan {plan.name} allows {counter.limit} {kind} runs a month; {counter.used} are used"
        details |= when
    code = "API_KEY_LIMIT_EXCEEDED" if kind == "api_keys" else f"{kind.upper()}_LIMIT_REACHED"
    return Forbidden(message, code=code, suggestion=wait, details=details)


def _gigabytes(number: int) -> str:
    return f"{number / GIGABYTE:.3g} GB"
