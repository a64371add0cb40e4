"""Series for the tests of data care: the clean load of a town, and what is planted into it."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np

from services.forecasting.care.report import findings
from services.forecasting.csv_series import read_csv
from services.forecasting.parquet import SeriesData
from services.forecasting.sample_data import write_sample_files

QUARTER = 900 * 10**9


@cache
def town() -> tuple[SeriesData, SeriesData]:
    """Load (15 min, one gap of 20 rows, days of 23 and 25 local hours, holidays) and temperature (1 h)."""
    with TemporaryDirectory() as folder:
        load, temperature = write_sample_files(Path(folder))
        return read_csv(load).columns[0].series, read_csv(temperature).columns[0].series


def sun(days: int = 400) -> SeriesData:
    """A photovoltaic plant: zero every night, longer in winter, clouds by day."""
    time = np.arange(days * 96, dtype=np.int64) * QUARTER
    hour = time / 3.6e12 % 24
    season = np.cos(2 * np.pi * (time / 8.64e13 / 365.25 - 0.47))
    height = np.maximum(0, 0.2 + 0.3 * season - 0.7 * np.cos(2 * np.pi * (hour + 1) / 24))
    clouds = np.random.default_rng(1).beta(2, 1, len(time))
    return SeriesData(time, np.round(100 * height * (0.3 + 0.7 * clouds), 2))


def found(series: SeriesData, **context: Any) -> list[tuple[str, int, int]]:
    """Kind, first and last row of every finding, in the order of time; absent rows count as the next one."""
    told = [each for kind in findings(series, **context) for each in kind.listed]
    places = [
        (
            each.kind,
            int(np.searchsorted(series.time, each.start)),
            int(np.searchsorted(series.time, each.end)),
        )
        for each in told
    ]
    return sorted(places, key=lambda place: (place[1], place[0]))
