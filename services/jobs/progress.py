"""How far a job is: one object for all kinds of work, from two clocks and what its training function says."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, get_args

from services.jobs.measured import Measured, Objective, Values
from services.jobs.pace import Pace
from services.storage.tables import now as utc_now
from services.workloads.base import PHASE_WEIGHTS, Phase

PHASES: tuple[Phase, ...] = get_args(Phase)
PAUSE_SECONDS = 0.2  # between two plain progress events
MOST_SECONDS = 1e9  # a time left beyond that is none
ALMOST = 99.99  # 100 is for a job whose status is completed
TASK_STATES = ("pending", "running", "completed", "failed", "cancelled", "skipped")
NO_TASKS: Mapping[str, int] = dict.fromkeys(TASK_STATES, 0)

Seconds = Callable[[], float]
Memory = Callable[[], Mapping[str, float] | None]


def tasks_done(counts: Mapping[str, int]) -> int:
    """Tasks on which nothing remains to be done; those of a job that was stopped count too."""
    return sum(counts.get(state, 0) for state in ("completed", "failed", "skipped", "cancelled"))


@dataclass
class _Place:
    """Where in its phase a job is."""

    phase: Phase | None
    since: float
    pace: Pace = field(default_factory=Pace)
    unit: str = "step"
    current: float | None = None
    total: float | None = None
    message: str | None = None
    epoch: int | None = None
    batch: int | None = None
    total_batches: int | None = None


class Progress:
    """Keeps what was last said of each thing; the percentage never falls, not even over attempts.

    An attempt that goes on from a checkpoint is given what was told at that point (`restore`).
    """

    def __init__(
        self,
        weights: Mapping[Phase, float] = PHASE_WEIGHTS,
        clock: Seconds = time.monotonic,
        *,
        now: Callable[[], datetime] = utc_now,
        memory: Memory = lambda: None,
    ) -> None:
        self._weights = {phase: max(0.0, float(weights.get(phase, 0.0))) for phase in PHASES}
        self._total_weight = sum(self._weights.values()) or 1.0
        self._longest = max(PHASES, key=lambda phase: self._weights[phase])
        self._clock, self._now, self._memory = clock, now, memory
        self._began, self._first_began, self._active_before = clock(), now(), 0.0
        self._told = float("-inf")
        self._percent = 0.0
        self._measured, self._stops_early = Measured(), False
        self._counts, self._has_tasks = dict(NO_TASKS), False
        self._total_epochs: int | None = None
        self._took: dict[Phase, float] = {}  # seconds of the phases of this attempt that are over
        self._at = _Place(None, self._began)

    @property
    def phase(self) -> Phase | None:
        return self._at.phase

    def expect(self, about: Mapping[str, Any]) -> None:
        """What the workload says of its config: `total_epochs`, `stops_early`, `objective` {metric, mode}."""
        self._total_epochs = about.get("total_epochs")
        self._stops_early = bool(about.get("stops_early", False))
        if objective := about.get("objective"):
            self._measured = Measured(Objective(**objective))

    def note(
        self,
        phase: Phase,
        current: float | None = None,
        total: float | None = None,
        message: str | None = None,
        epoch: int | None = None,
        data: Mapping[str, Any] | None = None,
    ) -> bool:
        """Take in a report; True if it begins another phase.

        Of `data`, `unit`, `batch`, `total_batches`, `total_epochs` and `counts` (of tasks) are understood;
        counts say `current` and `total` by themselves, unless `counted` is false.
        """
        moment = self._clock()
        begins = phase != self.phase
        if begins:
            if self.phase is not None:
                self._took[self.phase] = moment - self._at.since
            self._at = _Place(phase, moment, epoch=self._at.epoch)  # the last one, also while it is evaluated
        at = self._at
        at.message = message if message is not None else at.message
        self._note_place(epoch, data or {})
        if data and "counts" in data:
            self._counts, self._has_tasks = {**NO_TASKS, **data["counts"]}, True
            if data.get("counted", True):
                current, total = tasks_done(self._counts), sum(self._counts.values())
        if total is not None and math.isfinite(total):
            at.total = max(0.0, float(total))
        if current is not None and math.isfinite(current):
            at.current = max(0.0, float(current))
            at.pace.note(at.current, moment)
        return begins

    def measure(self, epoch: int | None, values: Values) -> None:
        """Take in metrics; null is what was no finite number."""
        self._measured.take(epoch, values)

    def is_due(self) -> bool:
        """Whether plain progress may be told again."""
        return self._clock() - self._told >= PAUSE_SECONDS

    def tell(self) -> dict[str, Any]:
        """Everything that is shown of a job besides what its row says; counts as told."""
        self._told = self._clock()
        self._percent = max(self._percent, min(ALMOST, self._reached()))
        at, rate, remaining, moment = self._at, self._at.pace.rate(self._told), self._remaining(), self._now()
        active = self._active_before + max(0.0, self._told - self._began)
        memory = self._memory()
        return {
            "phase": self.phase,
            "percent": round(self._percent, 2),
            "unit": at.unit,
            "current": at.current,
            "total": at.total,
            "epoch": at.epoch,
            "total_epochs": self._total_epochs,
            "batch": at.batch,
            "total_batches": at.total_batches,
            "counts": dict(self._counts),
            "rate": None if rate is None else round(60 * rate, 4),
            "rate_unit": f"{at.unit}/min",
            "elapsed_s": round(active, 2),
            "wall_s": round(max(active, (moment - self._first_began).total_seconds()), 2),
            **left(remaining, moment),
            "eta_is_upper_bound": self._stops_early and not self._is_past(self._longest),
            **self._measured.tell(),
            "memory": None if memory is None else dict(memory),
            "message": at.message,
            "updated_at": moment.isoformat(),
        }

    def restore(
        self, told: Mapping[str, Any] | None, *, active_seconds: float, first_began: datetime
    ) -> None:
        """Go on from what an earlier attempt told last; all attempts before this took `active_seconds`."""
        self._active_before, self._first_began = active_seconds, first_began
        if told is not None:
            self._percent = max(self._percent, float(told["percent"]))
            self._measured.restore(told)
            self._counts = dict(told["counts"])

    def _note_place(self, epoch: int | None, data: Mapping[str, Any]) -> None:
        at = self._at
        if epoch is not None:
            at.batch = at.batch if epoch == at.epoch else None
            at.epoch, at.unit = epoch, "epoch"
        at.unit = data.get("unit", at.unit)
        at.batch = data.get("batch", at.batch)
        at.total_batches = data.get("total_batches", at.total_batches)
        self._total_epochs = data.get("total_epochs", self._total_epochs)

    def _is_past(self, phase: Phase) -> bool:
        return self.phase is not None and PHASES.index(self.phase) > PHASES.index(phase)

    def _reached(self) -> float:
        if self.phase is None:
            return 0.0
        before = sum(self._weights[phase] for phase in PHASES[: PHASES.index(self.phase)])
        return 100.0 * (before + self._share() * self._weights[self.phase]) / self._total_weight

    def _share(self) -> float:
        """Of the phase."""
        at = self._at
        if at.current is None or at.total is None:
            return 0.0
        return min(1.0, at.current / at.total) if at.total else float(self._has_tasks)

    def _remaining(self) -> float | None:
        """Seconds to the end of the job; unknown until the longest phase has shown its speed."""
        if self.phase is None or self._at.total is None:
            return None
        if PHASES.index(self.phase) < PHASES.index(self._longest):
            return None
        seconds = self._at.pace.remaining(self._at.total, self._told)
        if seconds is None:
            return None
        return seconds + self._later(self._told - self._at.since + seconds)

    def _later(self, this_phase: float) -> float:
        """Seconds of the phases to come, by their weights.

        What a weight is worth is seen in the phases behind us, and in this one, which takes `this_phase`
        seconds: the least of them, because a long training makes storing its model no longer. Where
        nothing was seen yet but this phase, nothing is added.
        """
        assert self.phase is not None
        behind = {**self._took, self.phase: this_phase}
        worth = [
            behind[phase] / weight for phase, weight in self._weights.items() if phase in behind and weight
        ]
        if len(behind) == 1 or not worth:
            return 0.0
        return min(worth) * sum(self._weights[phase] for phase in PHASES[PHASES.index(self.phase) + 1 :])


def left(seconds: float | None, moment: datetime) -> dict[str, Any]:
    """The time left, as a duration and as a moment."""
    if seconds is None or seconds > MOST_SECONDS:
        return {"eta_s": None, "eta_at": None}
    return {"eta_s": round(seconds, 1), "eta_at": (moment + timedelta(seconds=seconds)).isoformat()}
