"""One direct linear fit and a backtest by darts and skforecast; run by benchmarks/linear_speed.py.

Reads `data.npz` (series, rows of training, look-back, horizon, origins) and writes CPU seconds and, as a
check that the same work was done, errors. Importing and converting to the library's types count not.
"""

from __future__ import annotations

import json
import sys
import time
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

REPEATS = 3


def main() -> None:
    warnings.filterwarnings("ignore")
    source, target, *chosen = sys.argv[1:]
    data = dict(np.load(source))
    series, look_back = data["series"], int(data["look_back"])
    trained, horizon, origins = int(data["trained"]), int(data["horizon"]), int(data["origins"])
    found: dict[str, Any] = {}
    if "darts" in chosen:
        found |= darts(series, trained, look_back, horizon, origins)
    if "skforecast" in chosen:
        found |= skforecast(series[:trained], look_back, horizon)
    Path(target).write_text(json.dumps(found), encoding="utf-8")


def darts(series: np.ndarray, trained: int, look_back: int, horizon: int, origins: int) -> dict[str, Any]:
    from darts import TimeSeries
    from darts.models import LinearRegressionModel

    index = pd.date_range("2016-07-01", periods=len(series), freq="15min")
    whole = TimeSeries.from_times_and_values(index, series)
    past = whole[:trained]

    def fit() -> LinearRegressionModel:
        return LinearRegressionModel(lags=look_back, output_chunk_length=horizon).fit(past)

    fit_seconds, model = least(fit)
    # the first origin sees the training rows, each further one a row more
    judged = whole[trained - look_back : trained + origins - 1 + horizon]

    def backtest() -> Any:
        return model.historical_forecasts(
            judged,
            forecast_horizon=horizon,
            stride=1,
            retrain=False,
            last_points_only=False,
            start=index[trained],
        )

    backtest_seconds, forecasts = least(backtest)
    values = np.stack([each.values()[:, 0] for each in forecasts])
    truth = np.lib.stride_tricks.sliding_window_view(series[trained:], horizon)[: len(values)]
    return {
        "darts fit": fit_seconds,
        "darts backtest": backtest_seconds,
        "darts origins": len(values),
        "darts error": float(((values - truth) ** 2).mean()),
    }


def skforecast(series: np.ndarray, look_back: int, horizon: int) -> dict[str, Any]:
    from skforecast.direct import ForecasterDirect
    from sklearn.linear_model import Ridge

    past = pd.Series(series, index=pd.date_range("2016-07-01", periods=len(series), freq="15min"), name="y")

    def fit() -> Any:
        model = ForecasterDirect(estimator=Ridge(), steps=horizon, lags=look_back, n_jobs=1)
        model.fit(past)
        return model

    return {"skforecast fit": least(fit, 1)[0]}


def least(work: Any, repeats: int = REPEATS) -> tuple[float, Any]:
    """CPU seconds of the fastest of some runs, and the last result."""
    seconds = []
    for _ in range(repeats):
        started = time.process_time()
        result = work()
        seconds.append(time.process_time() - started)
    return min(seconds), result


if __name__ == "__main__":
    main()
