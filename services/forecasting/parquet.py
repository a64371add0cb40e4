"""A series and its file: time (UTC, ns), value (NaN where missing), for forecasts their time of issue."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True)
class SeriesData:
    """Ascending, unique times in ns since 1970 (UTC), and a float64 value each.

    Of forecasts (`issued`) a time is there once per issue, ascending.
    """

    time: NDArray[np.int64]
    value: NDArray[np.float64]
    issued: NDArray[np.int64] | None = None


def write_parquet(series: SeriesData, path: Path) -> None:
    """Equal series give equal bytes."""
    columns = {"time": _instants(series.time), "value": pl.Series(series.value)}
    if series.issued is not None:
        columns["issued"] = _instants(series.issued)
    frame = pl.DataFrame(columns)
    frame.write_parquet(path, compression="zstd", statistics=True)


def read_parquet(path: Path) -> SeriesData:
    frame = pl.read_parquet(path)
    value = np.asarray(frame["value"].to_numpy(), dtype=np.float64)
    issued = _nanoseconds(frame["issued"]) if "issued" in frame.columns else None
    return SeriesData(_nanoseconds(frame["time"]), value, issued)


def _instants(time: NDArray[np.int64]) -> pl.Series:
    return pl.Series(time).cast(pl.Datetime("ns", "UTC"))


def _nanoseconds(time: pl.Series) -> NDArray[np.int64]:
    return np.asarray(time.dt.timestamp("ns").to_numpy(), dtype=np.int64)
