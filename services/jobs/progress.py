"""How far a job is: percentage over all phases, speed, remaining time, and how often it is worth telling."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable, Mapping
from typing import Any, get_args

from services.workloads.base import PHASE_WEIGHTS, Phase

PHASES: tuple[Phase, ...] = get_args(Phase)
PAUSE_SECONDS = 0.2  # between two plain progress events
SPEED_SAMPLES = 60  # speed is measured over the last ones, so that it follows changes

Seconds = Callable[[], float]


class Progress:
    """Keeps what was last said of each thing; the percentage never falls."""

    def __init__(
        self, weights: Mapping[Phase, float] = PHASE_WEIGHTS, clock: Seconds = time.monotonic
    ) -> None:
        self._weights = {phase: float(weights.get(phase, 0.0)) for phase in PHASES}
        self._total_weight = sum(self._weights.values()) or 1.0
        self._longest = max(PHASES, key=lambda phase: self._weights[phase])
        self._clock = clock
        self._began = clock()
        self._told = float("-inf")
        self._percent = 0.0
        self._samples: deque[tuple[float, float]] = deque(maxlen=SPEED_SAMPLES)
        self.phase: Phase | None = None
        self._current: float | None = None
        self._total: float | None = None
        self._message: str | None = None
        self._epoch: int | None = None

    def note(
        self,
        phase: Phase,
        current: float | None,
        total: float | None,
        message: str | None,
        epoch: int | None,
    ) -> bool:
        """Take in a report; True if it begins another phase."""
        moment = self._clock()
        begins = phase != self.phase
        if begins:
            self.phase = phase
            self._current = self._total = self._message = self._epoch = None
            self._samples.clear()
        self._message = message if message is not None else self._message
        self._epoch = epoch if epoch is not None else self._epoch
        if current is not None:
            self._advance(float(current), moment)
        if total is not None:
            self._total = float(total)
        return begins

    def is_due(self) -> bool:
        """Whether plain progress may be told again."""
        return self._clock() - self._told >= PAUSE_SECONDS

    def tell(self) -> dict[str, Any]:
        """Everything a page draws; counts as told."""
        self._told = self._clock()
        self._percent = max(self._percent, self._reached())
        rate = self._rate()
        return {
            "phase": self.phase,
            "current": self._current,
            "total": self._total,
            "percent": round(self._percent, 2),
            "message": self._message,
            "epoch": self._epoch,
            "rate": None if rate is None else round(rate, 4),
            "eta_seconds": self._remaining(rate),
            "elapsed_seconds": round(self._told - self._began, 2),
        }

    def _advance(self, current: float, moment: float) -> None:
        if self._current is not None and current < self._current:
            self._samples.clear()  # the workload counts something else now
        self._current = current
        if not self._samples or moment - self._samples[-1][0] >= PAUSE_SECONDS / 2:
            self._samples.append((moment, current))

    def _reached(self) -> float:
        assert self.phase is not None
        before = sum(self._weights[phase] for phase in PHASES[: PHASES.index(self.phase)])
        share = min(1.0, (self._current or 0.0) / self._total) if self._total else 0.0
        return 100.0 * (before + share * self._weights[self.phase]) / self._total_weight

    def _rate(self) -> float | None:
        """Units of the phase per second."""
        if self._current is None or len(self._samples) < 2:
            return None
        (start, first), (end, last) = self._samples[0], self._samples[-1]
        return (last - first) / (end - start) if last > first else None

    def _remaining(self, rate: float | None) -> float | None:
        """Seconds to the end of this phase; unknown until the longest phase has shown its speed."""
        assert self.phase is not None
        too_early = PHASES.index(self.phase) < PHASES.index(self._longest)
        if too_early or not rate or self._total is None or self._current is None:
            return None
        return round(max(0.0, self._total - self._current) / rate, 1)
