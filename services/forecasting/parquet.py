"""A series and its file: two columns, time (UTC, ns) and value (NaN where missing)."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl
from numpy.typing import NDArray


@dataclass(frozen=True)
class SeriesData:
    """Ascending, unique times in ns since 1970 (UTC), and a float64 value each."""

    time: NDArray[np.int64]
    value: NDArray[np.float64]


def write_parquet(series: SeriesData, path: Path) -> None:
    """Equal series give equal bytes."""
    time = pl.Series("time", series.time).cast(pl.Datetime("ns", "UTC"))
    frame = pl.DataFrame({"time": time, "value": series.value})
    frame.write_parquet(path, compression="zstd", statistics=True)


def read_parquet(path: Path) -> SeriesData:
    frame = pl.read_parquet(path, columns=["time", "value"])
    time = frame["time"].dt.timestamp("ns").to_numpy()
    return SeriesData(np.asarray(time, dtype=np.int64), frame["value"].to_numpy().astype(np.float64))
