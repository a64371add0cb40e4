"""Dataset creation and evaluation against the plain loop over samples and steps, side by side in one run."""

from __future__ import annotations

import argparse
import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from services.forecasting.conformal import split_conformal
from services.forecasting.dataset import CalendarSpec, Dataset, FeatureSpec, SplitSpec, WindowSpec, build
from services.forecasting.error_profile import error_profile
from services.forecasting.evaluation import evaluate
from services.forecasting.horizon_tables import horizon_tables
from services.forecasting.quantile_levels import LEVELS
from services.forecasting.quantile_scores import quantile_scores
from services.forecasting.significance import against_best, overlap_of
from services.forecasting.worst_windows import worst_windows

QUARTER = 15 * 60 * 10**9
AVERAGING_LEVELS = 12
LOOP_SAMPLES = 200


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--years", type=float, default=3)
    parser.add_argument("--steps", type=int, default=97)
    arguments = parser.parse_args()
    n = round(arguments.years * 365 * 96)
    features = _features(n)
    dataset, seconds = _timed(lambda: _build(features, arguments.steps))
    batches, reading = _timed(lambda: _read(dataset))
    loop = _timed(lambda: _loop(features, dataset))[1] / LOOP_SAMPLES
    split = dataset.split(SplitSpec(0.7, 0.2, 0.1, shuffle=False, seed=0), "honest")
    truth = dataset.raw_outputs(split.test)
    forecast = truth + 1.0
    evaluation = _timed(lambda: evaluate(truth, forecast, dataset.output_names, dataset.step_minutes))[1]
    tables = _timed(lambda: _further_tables(dataset, truth, forecast, split.test))[1]
    part = truth[:LOOP_SAMPLES]
    evaluation_loop = _timed(lambda: _evaluation_loop(part, part + 1.0))[1] * len(truth) / len(part)
    result = {
        "rows_per_series": n,
        "samples": dataset.n,
        "build_seconds": round(seconds, 3),
        "read_all_windows_seconds": round(reading, 3),
        "windows_gigabytes_if_held": round(batches / 1e9, 2),
        "loop_ms_per_sample": round(loop * 1e3, 3),
        "faster_than_loop": round(loop * dataset.n / (seconds + reading)),
        "evaluation_seconds": round(evaluation, 3),
        "further_tables_seconds": round(tables, 3),
        "evaluation_faster_than_loop": round(evaluation_loop / evaluation),
    }
    print(json.dumps(result, indent=2))
    return 0 if seconds <= 1.0 and evaluation <= 0.5 and tables <= 1.0 else 1


def _further_tables(dataset: Dataset, truth: np.ndarray, forecast: np.ndarray, rows: np.ndarray) -> None:
    """Horizon tables, profile, significance, worst windows, scores of quantiles, as in a training."""
    window, names = dataset.histories[0].window, dataset.output_names
    references = dataset.references[rows]
    naive = {f"baseline {i}": forecast + i for i in range(3)}
    horizon_tables(truth, forecast, naive, names, [window.offsets / 6e10], (truth[:2000], forecast[:2000]))
    y, p = truth[:, :, 0], forecast[:, :, 0]
    error_profile(y, p, references, window.offsets, zone="Europe/Vienna", country="AT")
    best, overlap = dict.fromkeys(names, "baseline 0"), overlap_of(window.end, QUARTER)
    against_best(truth, forecast, naive, best, names, dataset.index[rows], [overlap])
    worst_windows(y, p, references, window.step * window.steps)
    quantile_scores(truth, forecast, split_conformal(truth, forecast, LEVELS), names)


def _timed(work: Callable[[], Any]) -> tuple[Any, float]:
    started = time.perf_counter()
    result = work()
    return result, time.perf_counter() - started


def _features(n: int) -> dict[str, Any]:
    """Load history, temperature ahead and load ahead, each with its own window."""
    times = 1_600_000_000 * 10**9 // QUARTER * QUARTER + np.arange(n) * QUARTER
    load = 200 + 50 * np.sin(np.arange(n) * 2 * np.pi / 96) + np.random.default_rng(0).normal(0, 5, n)
    shared: dict[str, Any] = {"time": times, "method": "linear", "window_mean": False}
    shared |= {"scale": True, "scale_min": 0.0, "scale_max": 1.0}
    history = FeatureSpec(name="load", value=load, start_hours=-24, end_hours=0, **shared)
    weather = FeatureSpec(name="temperature", value=load / 10, start_hours=0, end_hours=24, **shared)
    target = FeatureSpec(name="target", value=load, start_hours=0, end_hours=24, **shared)
    return {"inputs": [history, weather], "outputs": [target]}


def _build(features: dict[str, Any], steps: int) -> Dataset:
    window: dict[str, Any] = {"start_hours": -24, "end_hours": 0, "scale": False}
    window |= {"scale_min": 0.0, "scale_max": 1.0, "country": None, "local": False, "per_step": True}
    calendar = [CalendarSpec(component=name, **window) for name in ("Y", "W", "D")]
    windows = WindowSpec(
        input_steps=steps,
        output_steps=steps,
        stride_minutes=15,
        offset_minutes=0,
        timezone="UTC",
        max_gap_minutes=None,
    )
    return build(
        features["inputs"],
        features["outputs"],
        calendar,
        windows,
        arithmetic="honest",
        report=lambda _current, _total: None,
    )


def _read(dataset: Dataset) -> int:
    """Every window once, in batches as a training reads them; returns the bytes."""
    size = 0
    for start in range(0, dataset.n, 1024):
        rows = slice(start, min(start + 1024, dataset.n))
        size += dataset.raw_inputs(rows).nbytes + dataset.raw_outputs(rows).nbytes
    return size


def _loop(features: dict[str, Any], dataset: Dataset) -> None:
    """What one writes first: for every sample, series and step look up two rows and interpolate."""
    for reference in dataset.references[:LOOP_SAMPLES]:
        for series in [*features["inputs"], *features["outputs"]]:
            start, end = series.start_hours * 3600 * 10**9, series.end_hours * 3600 * 10**9
            for at in np.linspace(start, end, dataset.input_steps):
                _interpolate(series.time, series.value, int(reference + at))


def _interpolate(times: np.ndarray, values: np.ndarray, at: int) -> float:
    right = int(np.searchsorted(times, at))
    if times[right] == at:
        return float(values[right])
    share = (at - times[right - 1]) / (times[right] - times[right - 1])
    return float(values[right - 1] + share * (values[right] - values[right - 1]))


def _evaluation_loop(truth: np.ndarray, forecast: np.ndarray) -> None:
    """Mean absolute errors of all averaging levels, sample by sample and block by block."""
    for level in range(1, AVERAGING_LEVELS + 1):
        errors = [
            abs(y[i : i + level].mean() - p[i : i + level].mean())
            for y, p in zip(truth[:, :, 0], forecast[:, :, 0], strict=True)
            for i in range(0, truth.shape[1] // level * level, level)
        ]
        np.mean(errors)


if __name__ == "__main__":
    sys.exit(main())
