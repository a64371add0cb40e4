"""Two years of load and temperature as a town might have them: made up, the same in every run."""

from __future__ import annotations

import sys
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from services.forecasting.holidays import holidays
from services.forecasting.local_time import local_seconds

ZONE, COUNTRY = "Europe/Vienna", "AT"
START, DAYS = "2023-01-01", 730
STEP = 15 * 60
DAY = 86_400
GAP = (40_000, 40_020)  # rows that are missing: a logger that failed for five hours
Values = NDArray[np.float64]


def write_sample_files(folder: Path) -> tuple[Path, Path]:
    """`load.csv` (kW, local rhythm, one gap) and `temperature.csv` (°C, hourly)."""
    folder.mkdir(parents=True, exist_ok=True)
    begin = int(np.datetime64(START, "s").astype(np.int64))
    utc = begin + STEP * np.arange(DAYS * DAY // STEP, dtype=np.float64)
    temperature = _temperature(utc)
    load = _load(utc, temperature)
    kept = np.ones(len(utc), dtype=bool)
    kept[GAP[0] : GAP[1]] = False
    hourly = slice(0, None, 3600 // STEP)
    return (
        _write(folder / "load.csv", "Load [kW]", utc[kept], load[kept]),
        _write(folder / "temperature.csv", "Temperature [°C]", utc[hourly], temperature[hourly]),
    )


def _temperature(utc: Values) -> Values:
    """Season, time of day and weather that changes over days."""
    random = np.random.default_rng(7)
    year = np.cos(2 * np.pi * (utc / (365.25 * DAY) - 0.55))
    hour = np.cos(2 * np.pi * (utc / DAY - 0.6))
    return np.asarray(10.5 + 10 * year + 3.5 * hour + _wandering(random, len(utc), 0.9985) * 4.5)


def _load(utc: Values, temperature: Values) -> Values:
    """People follow the local clock: mornings, evenings, weekends, holidays; and they heat and cool."""
    random = np.random.default_rng(11)
    clock = local_seconds(utc, ZONE)
    hour, days = clock % DAY / 3600, (clock // DAY).astype(np.int64)
    idle = ((days + 3) % 7 >= 5) | _is_holiday(days)
    morning, evening = np.exp(-(((hour - 8.5) / 2.6) ** 2)), np.exp(-(((hour - 18.8) / 2.3) ** 2))
    shape = 210 + 120 * morning * np.where(idle, 0.45, 1.0) + 150 * evening + 40 * np.sin(np.pi * hour / 24)
    weather = 4.2 * np.maximum(15 - temperature, 0) + 3.1 * np.maximum(temperature - 23, 0)
    noise = _wandering(random, len(utc), 0.97) * 9 + random.normal(0, 4, len(utc))
    return np.asarray(shape * np.where(idle, 0.86, 1.0) + weather + noise)


def _wandering(random: np.random.Generator, n: int, memory: float) -> Values:
    """A first-order autoregressive series with variance 1."""
    from scipy.signal import lfilter

    shocks = random.normal(0, np.sqrt(1 - memory**2), n)
    return np.asarray(lfilter([1.0], [1.0, -memory], shocks))


def _is_holiday(days: NDArray[np.int64]) -> NDArray[np.bool_]:
    epoch = date(1970, 1, 1).toordinal()
    free = {day for year in range(2022, 2027) for day in holidays(COUNTRY, year)}
    return np.isin(days, [day.toordinal() - epoch for day in free])


def _write(path: Path, name: str, utc: Values, values: Values) -> Path:
    stamps = np.datetime_as_string(utc.astype("datetime64[s]"), unit="s")
    lines = [f"{stamp.replace('T', ' ')};{value:.2f}" for stamp, value in zip(stamps, values, strict=True)]
    path.write_text("\n".join([f"UTC;{name}", *lines]) + "\n", encoding="utf-8")
    return path


if __name__ == "__main__":
    print(*write_sample_files(Path(sys.argv[1])), sep="\n")
