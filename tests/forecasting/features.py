"""Small series with one feature each, for tests of the forecasting library."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from services.forecasting.dataset import Dataset, FeatureSpec, WindowSpec, build

MINUTE = 60 * 10**9
HOUR = 60 * MINUTE
DAY = 24 * HOUR
START = int(np.datetime64("2024-01-01T00:00", "ns").astype(np.int64))


def feature(values: Sequence[float] | np.ndarray, hours: tuple[float, float], **more: Any) -> FeatureSpec:
    """A series from 2024-01-01 on, every `every` minutes (60), cut to the window `hours`."""
    every = more.pop("every", 60)
    name = more.pop("name", "load")
    value = np.asarray(values, dtype=np.float64)
    time = more.pop("time", START + np.arange(len(value), dtype=np.int64) * every * MINUTE)
    return FeatureSpec(name, time, value, *hours, **more)


def without(series: FeatureSpec, rows: slice) -> FeatureSpec:
    """The same series with these rows absent."""
    kept = {"time": np.delete(series.time, rows), "value": np.delete(series.value, rows)}
    return FeatureSpec(**{**vars(series), **kept})


def dataset(inputs: list[FeatureSpec], outputs: list[FeatureSpec], steps: WindowSpec, **more: Any) -> Dataset:
    return build(inputs, outputs, more.pop("calendar", []), steps, **more)


def hours_since_start(times: np.ndarray) -> list[float]:
    return ((times - START) / HOUR).tolist()
