"""The instant ranking of one year at 15 minutes, 96 steps to 96: CPU seconds until the table is there.

One thread. The series has a daily and a weekly shape, weather and noise; the inputs are its own past day,
the temperature of the day ahead and the calendar. `models_per_second` counts fitted and judged models in the
search alone.
"""

from __future__ import annotations

import json
import os
import time

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy reads it

import numpy as np

from services.forecasting.dataset import CalendarSpec, Dataset, FeatureSpec, SplitSpec, WindowSpec, build
from services.forecasting.ranking import rank

DAY, STEP = 96, 15 * 60 * 10**9
START = int(np.datetime64("2024-01-01T00:00", "ns").astype(np.int64))


def main() -> None:
    began = time.process_time()
    dataset = year()
    built = time.process_time() - began
    began = time.process_time()
    table = rank(dataset, SplitSpec(), [0], [0], lambda *_told, **_more: None)
    seconds = time.process_time() - began
    models = table["auto"]["judged"] * table["auto"]["folds"]
    found = {row["model"]: round(row["MAE"], 3) for row in table["outputs"]["load"]["models"]}
    report = {
        "samples": dataset.n,
        "build_cpu_seconds": round(built, 2),
        "ranking_cpu_seconds": round(seconds, 2),
        "models": models,
        "models_per_second": round(models / seconds),
        "validation_MAE": found,
    }
    print(json.dumps(report, indent=2))


def year() -> Dataset:
    random, at = np.random.default_rng(0), np.arange(365 * DAY)
    weather = 10 + 8 * np.sin(at * 2 * np.pi / (365 * DAY)) + 4 * np.sin(at * 2 * np.pi / DAY)
    weather += np.convolve(random.normal(size=len(at)), np.ones(DAY) / DAY**0.5, mode="same") * 2
    weekend = (at // DAY) % 7 >= 5
    load = 300 + 80 * np.sin(at * 2 * np.pi / DAY - 1) - 60 * weekend - 3 * weather
    load += np.convolve(random.normal(size=len(at)), np.ones(8) / 8**0.5, mode="same") * 8
    time_ns = START + STEP * at
    return build(
        [
            FeatureSpec("load", time_ns, load, -23.75, 0.0),
            FeatureSpec("temperature", time_ns, weather, 0.25, 24.0),
        ],
        [FeatureSpec("load", time_ns, load, 0.25, 24.0)],
        [
            CalendarSpec("W", start_hours=0.25, end_hours=24.0),
            CalendarSpec("D", start_hours=0.25, end_hours=24.0),
        ],
        WindowSpec(DAY, DAY, 15),
    )


if __name__ == "__main__":
    main()
