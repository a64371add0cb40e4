"""The measured past on a lattice of days and slots, and what is refused of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.forecasting.errors import DataError

Array = NDArray[np.float64]
Times = NDArray[np.int64]
DAY = 86_400 * 10**9
LEAST_DAYS = 365  # of load: a year shows every season once


@dataclass(frozen=True)
class History:
    """Whole days: load (days, slots), NaN where unknown; temperatures (stations, days, slots), complete."""

    first_day: int
    step: int
    load: Array
    temperatures: Array

    @property
    def end_day(self) -> int:
        """The first day that is not (wholly) known, as days since 1970-01-01."""
        return self.first_day + len(self.load)


def history(time: Times, load: Array, temperatures: Array) -> History:
    """time (n,) in ns, load (n,), temperatures (n, stations); the incomplete first and last day are cut."""
    _refuse_shapes(time, load, temperatures)
    step = _step(time)
    missing = np.argwhere(~np.isfinite(temperatures))
    if len(missing):
        row, station = (int(each) for each in missing[0])
        raise DataError(
            "MISSING_TEMPERATURE",
            f"Temperature {station + 1} has no value in row {row + 1} ({len(missing)} values are missing)",
            suggestion="Fill the gaps of the temperatures first, or leave that station out",
            details={"field": "temperatures", "row": row, "station": station, "missing": len(missing)},
        )
    slots = DAY // step
    start = int(-time[0] % DAY // step)
    days = (len(time) - start) // slots
    used = slice(start, start + days * slots)
    shaped = load[used].reshape(days, slots)
    if days == 0 or int(np.isfinite(shaped).all(axis=1).sum()) < LEAST_DAYS:
        known = int(np.isfinite(shaped).all(axis=1).sum())
        raise DataError(
            "SHORT_HISTORY",
            f"The load is known for {known} whole days; temperature scenarios need {LEAST_DAYS}",
            suggestion="Give at least one year of load, better three, and every year of temperature there is",
            details={"field": "load", "days": known, "needed": LEAST_DAYS},
        )
    return History(
        first_day=int((time[0] + start * step) // DAY),
        step=step,
        load=shaped,
        temperatures=temperatures[used].T.reshape(-1, days, slots),
    )


def _refuse_shapes(time: Times, load: Array, temperatures: Array) -> None:
    if temperatures.ndim == 2 and len(time) == len(load) == len(temperatures) and temperatures.shape[1] > 0:
        return
    raise DataError(
        "UNEQUAL_LENGTHS",
        f"There are {len(time)} times, {len(load)} loads and temperatures of shape {temperatures.shape}",
        suggestion="Give one load and one row of temperatures for every time",
        details={"field": "temperatures"},
    )


def _step(time: Times) -> int:
    steps = np.diff(time)
    step = int(steps[0]) if len(steps) else 0
    if step <= 0 or DAY % step or time[0] % step:
        raise DataError(
            "UNFIT_STEP",
            f"The times are {step / 6e10:g} minutes apart: the step must divide a day and start at midnight",
            suggestion="Bring load and temperatures to a step such as 15, 30 or 60 minutes",
            details={"field": "time"},
        )
    if (steps != step).any():
        row = int(np.argmax(steps != step)) + 1
        raise DataError(
            "GAP_IN_TIME",
            f"Row {row + 1} is {steps[row - 1] / 6e10:g} minutes after the one before, not {step / 6e10:g}",
            suggestion="Give every time once; a load that is unknown may be NaN",
            details={"field": "time", "row": row},
        )
    return step
