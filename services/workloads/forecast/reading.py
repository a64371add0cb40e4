"""Reads the series of a config for a dataset; what is the same in several of them is held once."""

from __future__ import annotations

import numpy as np

from services.forecasting.parquet import SeriesData, read_parquet
from services.workloads.base import Run
from services.workloads.forecast.config import SeriesInput
from services.workloads.forecast.mending import Mending


class Reading:
    """One file may be an input and the output, and files of one meter share their times."""

    def __init__(self, run: Run, mending: Mending) -> None:
        self._run = run
        self._mending = mending
        self._read: dict[str, SeriesData] = {}

    def series(self, series: SeriesInput) -> SeriesData:
        """The series as stored, with its recipe applied."""
        return self._mending.apply(series, self._stored(series.blob_key))

    def _stored(self, key: str) -> SeriesData:
        if key not in self._read:
            found = read_parquet(self._run.input(key))
            times = (each.time for each in self._read.values() if np.array_equal(each.time, found.time))
            self._read[key] = SeriesData(next(times, found.time), found.value, found.issued)
        return self._read[key]
