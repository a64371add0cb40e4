"""Reads GEFCom2014-L_V2.zip: hourly load and temperatures, task by task, and the reported benchmark."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars
from numpy.typing import NDArray

from services.forecasting.errors import DataError

Array = NDArray[np.float64]
NAME = "GEFCom2014-L_V2.zip"
HOUR = 3_600 * 10**9
# Stamps end their hour and run together ("112001 1:00" is 1/1/2001 1:00), so that 1/11 and 11/1 look the
# same; but rows are consecutive hours from here, over all tasks.
FIRST_HOUR = np.datetime64("2001-01-01T00", "ns").astype(np.int64)
TASKS = range(1, 16)
SCORED = range(4, 16)
LEVELS = np.arange(1, 100) / 100


@dataclass(frozen=True)
class Track:
    """time (n,): where each hour begins; load NaN before 2005; `known[task]` rows precede its origin."""

    time: NDArray[np.int64]
    load: Array
    temperatures: Array
    known: dict[int, int]
    benchmark: dict[int, Array]

    def month(self, task: int) -> slice:
        """The rows that the task asks for."""
        return slice(self.known[task], self.known[task] + len(self.benchmark[task]))

    def rows_of(self, month: np.datetime64) -> slice:
        edges = np.array([month, month + 1]).astype("datetime64[ns]").astype(np.int64)
        first, last = (int(place) for place in np.searchsorted(self.time, edges))
        return slice(first, last)


def read(folder: Path) -> Track:
    path = folder / NAME
    if not path.is_file():
        raise DataError(
            "NO_DATA",
            f"There is no {NAME} in {folder}",
            suggestion="Set DATA_SETS_DIR to its folder (Hong et al. 2016, Int. J. Forecasting 32(3))",
        )
    with zipfile.ZipFile(path) as archive:
        parts = [_numbers(archive, f"Load/Task {task}/L{task}-train.csv") for task in TASKS]
        benchmark = {task: _numbers(archive, f"Load/Task {task}/L{task}-benchmark.csv") for task in TASKS}
        parts.append(_numbers(archive, "Load/Solution to Task 15/solution15_L_temperature.csv"))
    rows = np.concatenate(parts)
    known = np.cumsum([len(part) for part in parts[:-1]])
    return Track(
        time=FIRST_HOUR + np.arange(len(rows)) * HOUR,
        load=rows[:, 0],
        temperatures=rows[:, 1:],
        known={task: int(count) for task, count in zip(TASKS, known, strict=True)},
        benchmark=benchmark,
    )


def _numbers(archive: zipfile.ZipFile, name: str) -> Array:
    """All columns but the two that say where and when; what is empty is NaN."""
    table = polars.read_csv(archive.read(name), infer_schema=False)
    return table.select(polars.all().exclude(table.columns[:2]).cast(polars.Float64)).to_numpy()


def pinball(truth: Array, quantiles: Array, levels: Array) -> float:
    """Mean over hours and levels of τ·(y - q) where y ≥ q, else (1 - τ)·(q - y) (Hong et al. 2016)."""
    error = truth[:, None] - quantiles
    return float(np.maximum(levels * error, (levels - 1) * error).mean())
