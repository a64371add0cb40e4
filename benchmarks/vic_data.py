"""Demand of Victoria as one day-ahead task: series, origins, the split and what all models see."""

from __future__ import annotations

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.forecasting.errors import DataError
from services.forecasting.local_time import local_seconds

Array = NDArray[np.float64]
Places = NDArray[np.int64]
NAME, ZONE = "vic_electricity.csv", "Australia/Melbourne"
HALF_HOUR = 30 * 60 * 10**9
DAY, GAP, WEEK = 48, 24, 336
NOON = 12 * 3_600
VALIDATION_BEGIN, TEST_BEGIN = np.datetime64("2013-07-01"), np.datetime64("2014-01-01")


@dataclass(frozen=True)
class Victoria:
    """Half-hours in UTC ns; an origin is the last half-hour known at 12:00 local, the one stamped 11:30.

    Its target is the 48 half-hours from the next midnight on (a day of 25 hours ends two too early).
    """

    time: NDArray[np.int64]
    demand: Array
    temperature: Array
    holiday: Array
    local: Array  # seconds of the local clock
    origins: Places

    def part(self, begin: np.datetime64 | None, end: np.datetime64 | None) -> Places:
        """Origins whose target day lies in [begin, end)."""
        day = ((self.local[self.origins] + 86_400) // 86_400).astype(np.int64).astype("datetime64[D]")
        kept = np.ones(len(day), dtype=bool)
        if begin is not None:
            kept &= day >= begin
        if end is not None:
            kept &= day < end
        return self.origins[kept]

    @property
    def validation(self) -> Places:
        return self.part(VALIDATION_BEGIN, TEST_BEGIN)

    @property
    def test(self) -> Places:
        return self.part(TEST_BEGIN, None)

    @property
    def trained(self) -> int:
        """The last row that training may see: it ends with June 2013."""
        return int(self.validation[0]) - GAP

    def targets(self, origins: Places) -> Array:
        """(origins, 48)"""
        return self.demand[origins[:, None] + 1 + GAP + np.arange(DAY)]


def read(folder: Path) -> Victoria:
    path = folder / NAME
    if not path.is_file():
        raise DataError(
            "NO_DATA",
            f"There is no {NAME} in {folder}",
            suggestion="Set DATA_SETS_DIR to its folder (AEMO; R package tsibbledata)",
        )
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    stamps = np.array([row["Time"].rstrip("Z") for row in rows], dtype="datetime64[ns]")
    time = stamps.astype(np.int64)
    if (np.diff(time) != HALF_HOUR).any():
        raise DataError("GAP_IN_TIME", f"{NAME} is not a row per half-hour, as published")
    local = local_seconds(time / 1e9, ZONE)
    noon = np.flatnonzero(local % 86_400 == NOON) - 1
    whole = (noon >= WEEK + DAY) & (noon + GAP + DAY < len(time))
    return Victoria(
        time=time,
        demand=np.array([float(row["Demand"]) for row in rows]),
        temperature=np.array([float(row["Temperature"]) for row in rows]),
        holiday=np.array([float(row["Holiday"] == "TRUE") for row in rows]),
        local=local,
        origins=noon[whole],
    )


def write_for_peers(data: Victoria, origins: Places, path: Path) -> None:
    """What benchmarks/peers/vic.py reads: the same information that ours are given."""
    days = np.floor(data.local / 86_400)
    year = 2 * np.pi * (days % 365.25) / 365.25
    np.savez(
        path,
        demand=data.demand,
        temperature=data.temperature,
        holiday=data.holiday,
        hour=data.local % 86_400 / 3_600,
        weekday=(days + 3) % 7,
        year_sin=np.sin(year),
        year_cos=np.cos(year),
        origins=origins,
        trained=data.trained,
    )
