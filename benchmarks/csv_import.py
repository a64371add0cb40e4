"""From a German CSV of 100 MB to profile, data-care report and violin numbers, beside pandas in one run."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from services.forecasting.care.report import care_report
from services.forecasting.csv_series import read_csv
from services.forecasting.distribution import distribution
from services.forecasting.profile import profile

NAMES = ("Wärmelast [kW]", "Außentemperatur [°C]", "Rücklauf [°C]")
MINUTES_PER_DAY = 1440
GAP = slice(500_000, 500_300)
TARGET_SECONDS = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=float, default=100)
    parser.add_argument("--columns", type=int, default=1, choices=(1, 2, 3))
    parser.add_argument("--without-pandas", action="store_true")
    arguments = parser.parse_args()
    names = NAMES[: arguments.columns]
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "waermelast.csv"
        rows = write_german_csv(path, round(arguments.megabytes * 1e6), names)
        _ours(_head_of(path, Path(folder)), names)  # libraries are loaded, nothing else is warm
        path.read_bytes()
        parts, answer = _ours(path, names)
        pandas = None if arguments.without_pandas else _timed(lambda: _pandas(path, names))[1]
    total = sum(parts.values())
    result = {
        "megabytes": round(answer["bytes"] / 1e6, 1),
        "rows": rows,
        "columns": len(names),
        "cpu_seconds": {name: round(seconds, 3) for name, seconds in parts.items()},
        "total_cpu_seconds": round(total, 3),
        "megabytes_per_second": round(answer["bytes"] / 1e6 / total, 1),
        "findings": answer["findings"],
        "pandas_read_csv_to_datetime_seconds": pandas and round(pandas, 3),
        "faster_than_pandas_reading_alone": pandas and round(pandas / total, 1),
    }
    print(json.dumps(result, indent=2, ensure_ascii=False))
    return 0 if total <= TARGET_SECONDS else 1


def write_german_csv(path: Path, size: int, names: tuple[str, ...]) -> int:
    """dd.mm.yyyy HH:MM;12,34 in latin-1, a row per minute, with a gap, spikes and a stuck value."""
    line = 17 + 7 * len(names)
    count = size // line
    start = np.datetime64("2016-01-01T00:00", "m")
    random = np.random.default_rng(0)
    columns = [_values(count, random) for _ in names]
    with path.open("w", encoding="latin-1", newline="") as file:
        file.write(";".join(("Zeit", *names)) + "\r\n")
        for begin in range(0, count, MINUTES_PER_DAY * 100):
            end = min(begin + MINUTES_PER_DAY * 100, count)
            file.write(_lines(start, begin, end, columns))
    return count - (GAP.stop - GAP.start if count > GAP.stop else 0)


def _lines(start: np.datetime64, begin: int, end: int, columns: list[np.ndarray]) -> str:
    stamps = pd.Series(start + np.arange(begin, end)).dt.strftime("%d.%m.%Y %H:%M").tolist()
    cells = [[f"{value:.2f}".replace(".", ",") for value in column[begin:end]] for column in columns]
    rows = zip(range(begin, end), stamps, *cells, strict=True)
    return "".join(";".join(row[1:]) + "\r\n" for row in rows if not GAP.start <= row[0] < GAP.stop)


def _values(count: int, random: np.random.Generator) -> np.ndarray:
    minute = np.arange(count)
    day = np.sin(2 * np.pi * minute / MINUTES_PER_DAY)
    year = np.cos(2 * np.pi * minute / (365.25 * MINUTES_PER_DAY))
    value = 500 + 100 * day + 150 * year + random.normal(0, 5, count)
    value[count // 3] += 300
    value[count // 2 : count // 2 + 240] = value[count // 2]
    return np.round(value, 2)


def _ours(path: Path, names: tuple[str, ...]) -> tuple[dict[str, float], dict[str, Any]]:
    digest, hashing = _timed(lambda: hashlib.sha256(path.read_bytes()).hexdigest())
    found, reading = _timed(lambda: read_csv(path, columns=names))
    about, profiling = _timed(lambda: [profile(column) for column in found.columns])
    care, caring = _timed(
        lambda: [
            care_report(column.series, repeated=column.repeated_at, fell_back=column.fell_back)
            for column in found.columns
        ]
    )
    drawn, drawing = _timed(lambda: [distribution(column.series.value) for column in found.columns])
    parts = {"hash": hashing, "read": reading, "profile": profiling, "care": caring, "violin": drawing}
    size = path.stat().st_size
    json.dumps([digest, about, care, drawn], allow_nan=False)
    return parts, {"bytes": size, "findings": [each["counts"] for each in care]}


def _pandas(path: Path, names: tuple[str, ...]) -> None:
    """What one writes first."""
    frame = pd.read_csv(path, sep=";", decimal=",", encoding="latin-1")
    frame["Zeit"] = pd.to_datetime(frame["Zeit"], format="%d.%m.%Y %H:%M")
    assert list(frame.columns[1:]) == list(names)


def _head_of(path: Path, folder: Path) -> Path:
    head = folder / "head.csv"
    with path.open("rb") as source:
        head.write_bytes(b"".join(source.readline() for _ in range(50_000)))
    return head


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.process_time()
    result = work()
    return result, time.process_time() - started


if __name__ == "__main__":
    sys.exit(main())
