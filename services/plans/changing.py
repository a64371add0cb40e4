"""What the operator changes of plans from the command line."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import select

from services.errors import Invalid, NotFound
from services.plans.counters import UNLIMITED
from services.storage.database import Database
from services.storage.tables import PlanRow

LIMITS = (
    "max_processing_jobs_per_month",
    "max_training_runs_per_month",
    "total_compute_hours",
    "max_storage_gb",
    "max_file_size_mb",
    "max_parallel_jobs",
    "max_api_keys",
)
SWITCH = "can_use_training"
_IN_PARTS = ("total_compute_hours", "max_storage_gb")  # half an hour is a limit; half a job is none
_WORDS = {"true": True, "yes": True, "false": False, "no": False}


class PlanBook:
    """All plans; a change holds for everybody who has the plan, from the next request on."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def all(self) -> Sequence[PlanRow]:
        with self._database.read() as tx:
            return tx.scalars(select(PlanRow).order_by(PlanRow.id)).all()

    def set(self, plan_id: str, name: str, value: str) -> None:
        """`value` as it was typed; Invalid where it is no limit."""
        with self._database.write() as tx:
            plan = tx.get(PlanRow, plan_id)
            if plan is None:
                raise NotFound(f"There is no plan {plan_id}", code="PLAN_NOT_FOUND")
            setattr(plan, name, _value(name, value))

    def add(self, plan_id: str, name: str, like: str) -> None:
        """A new plan with the limits of another."""
        with self._database.write() as tx:
            pattern = tx.get(PlanRow, like)
            if pattern is None:
                raise NotFound(f"There is no plan {like}", code="PLAN_NOT_FOUND")
            if tx.get(PlanRow, plan_id) is not None:
                raise Invalid(f"There is already a plan {plan_id}", code="PLAN_EXISTS")
            limits = {each: getattr(pattern, each) for each in (*LIMITS, SWITCH)}
            tx.add(PlanRow(id=plan_id, name=name, **limits))


def _value(name: str, value: str) -> float | int | bool:
    text = value.strip().lower()
    if name == SWITCH:
        if text not in _WORDS:
            raise Invalid(f"{name} is yes or no, not {value!r}")
        return _WORDS[text]
    if name not in LIMITS:
        raise Invalid(f"There is no limit {name}; there are: {', '.join((*LIMITS, SWITCH))}")
    if text == "unlimited":
        return UNLIMITED
    try:
        number = float(text) if name in _IN_PARTS else int(text)
    except ValueError:
        number = -2
    if number != UNLIMITED and not 0 <= number < 1e9:
        raise Invalid(f"{name} is a number from 0, or unlimited (-1), not {value!r}")
    return number
