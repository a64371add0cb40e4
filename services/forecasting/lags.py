"""Lags: a series whole periods before each instant of the horizon, as far back as it takes to be known."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.forecasting.lag_names import parse_lag, parse_lags
from services.forecasting.local_time import clock_swing, from_clock, is_changed, to_clock
from services.forecasting.windows import Times


@dataclass(frozen=True)
class Lag:
    """`text` as given (ISO 8601): P1D and P1W move the local clock, PT24H the time itself."""

    text: str
    length: int  # ns
    by_clock: bool

    def instants(self, at: Times, seen_from: Times, zone: str) -> Times:
        """Each instant moved back by as many whole periods as it takes to be known, at least one.

        A local time that the clock shows twice means the first one, one that it skips the same moment on
        the clock before the change (as fold=0 of PEP 495).
        """
        if not self.by_clock:
            periods = np.maximum(1, -(-(at - seen_from) // self.length))
            return np.asarray(at - periods * self.length)
        clock = to_clock(at, zone)
        periods = np.maximum(1, (at - seen_from) // self.length)
        while True:
            found = from_clock(clock - periods * self.length, zone)
            late = found > seen_from
            if not late.any():
                return found
            periods += late

    def offsets(self, ahead: Times) -> Times:
        """`instants` relative to the reference time, where the clock is not changed in between."""
        return np.asarray(ahead - np.maximum(1, -(-ahead // self.length)) * self.length)

    def is_changed(self, ahead: Times, references: Times, zone: str) -> NDArray[np.bool_]:
        """Per reference whether a change of the clock makes `offsets` wrong for some of its instants."""
        if not self.by_clock:
            return np.zeros(len(references), dtype=bool)
        begin = int(self.offsets(ahead).min()) - clock_swing(references, zone)
        return is_changed(references + begin, references + int(ahead.max()), zone)

    def newest(self, ahead: Times, references: Times, zone: str) -> int:
        """No value is younger than this, relative to the reference time (ns)."""
        swing = clock_swing(references, zone) if self.by_clock else 0
        return min(0, int(self.offsets(ahead).max()) + swing)

    def reach(self, first_offset: int, references: Times, zone: str) -> int:
        """No value is older than this, relative to the reference time (ns)."""
        swing = clock_swing(references, zone) if self.by_clock else 0
        return min(first_offset, 0) - self.length - swing


def read_lag(text: str) -> Lag:
    return Lag(*parse_lag(text))


def read_lags(texts: Sequence[str]) -> list[Lag]:
    return [Lag(*each) for each in parse_lags(texts)]
