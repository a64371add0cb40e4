"""What of a plan is used: counters as they are shown and compared."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from services.storage.tables import PlanRow

UNLIMITED = -1
MINUTE = 60
GIGABYTE = 1_000_000_000
COUNTED = ("processing", "training")  # by the job, when it is accepted


@dataclass(frozen=True)
class Counter:
    """In whole units: jobs, seconds of compute, bytes, keys."""

    limit: int  # -1: unlimited
    used: int
    reserved: int = 0  # held by jobs that have not ended

    @property
    def taken(self) -> int:
        return self.used + self.reserved

    @property
    def exhausted(self) -> bool:
        return self.limit != UNLIMITED and self.taken >= self.limit

    def to_json(self, unit: int = 1) -> dict[str, Any]:
        """`unit`: how many of ours make one of those shown, such as 60 seconds a minute."""

        def shown(number: int) -> float | int:
            return number if unit == 1 else round(number / unit, 2)

        unlimited = self.limit == UNLIMITED
        return {
            "limit": None if unlimited else shown(self.limit),
            "used": shown(self.used),
            "reserved": shown(self.reserved),
            "remaining": None if unlimited else shown(max(self.limit - self.taken, 0)),
        }


@dataclass(frozen=True)
class Usage:
    """Of the current period; `counters` by kind: processing, training, compute (seconds)."""

    plan: str
    counters: dict[str, Counter]
    period_start: datetime
    resets_at: datetime

    def to_json(self) -> dict[str, Any]:
        """In short, for whoever signs in."""
        short = {}
        for kind in COUNTED:
            told = self.counters[kind].to_json()
            short[kind] = {"limit": told["limit"], "used": told["used"]}
        return {
            **short,
            "period_start": self.period_start.isoformat(),
            "resets_at": self.resets_at.isoformat(),
        }


def limits_of(plan: PlanRow) -> dict[str, int]:
    """By kind, in whole units."""
    return {
        "processing": plan.max_processing_jobs_per_month,
        "training": plan.max_training_runs_per_month,
        "compute": _scaled(plan.total_compute_hours, 3600),
        "storage": _scaled(plan.max_storage_gb, GIGABYTE),
        "api_keys": plan.max_api_keys,
    }


def _scaled(limit: float, unit: int) -> int:
    return UNLIMITED if limit == UNLIMITED else round(limit * unit)
