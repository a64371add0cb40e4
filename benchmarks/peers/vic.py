"""Day-ahead demand of Victoria by mlforecast and darts; run by benchmarks/vic.py in the peers' environment.

Reads `data.npz` (what benchmarks/vic.py writes) and writes (origins, 48) forecasts and CPU seconds. Every
model sees demand until its origin, temperature and holiday until the end of its horizon, and the local
clock; it is fitted on the training rows only.
"""

from __future__ import annotations

import sys
import time
import warnings
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd
from lightgbm import LGBMRegressor

DAY, GAP, WEEK = 48, 24, 336
HISTORY = 400  # rows before an origin that the largest lag needs
LAGS = [1, 2, 3, 4, 24, 36, 44, 46, 47, 48, 49, 50, 52, 96, 144, 192, 240, 288, 335, 336, 337]
TREES = {"n_estimators": 400, "learning_rate": 0.05, "num_leaves": 31, "verbose": -1, "n_jobs": 1}
KNOWN = ["temperature", "holiday", "hour", "weekday", "year_sin", "year_cos"]
FEWER_TREES = {"n_estimators": 100, "learning_rate": 0.1}  # for each of 48 models
HEAT_LAGS = [1, 2, 4, 8, 24, 48]  # half-hours before the forecast one


def main() -> None:
    warnings.filterwarnings("ignore")
    source, target = sys.argv[1:]
    data = np.load(source)
    table = pd.DataFrame({name: data[name] for name in ["demand", *KNOWN]})
    table["ds"] = pd.date_range("2012-01-01", periods=len(table), freq="30min")  # a clock without changes
    origins, trained = data["origins"], int(data["trained"])
    models: dict[str, Callable[..., Any]] = {
        "mlforecast LightGBM": mlforecast,
        "darts LightGBM": lambda *given: darts("LightGBM", *given),
        "darts linear": lambda *given: darts("linear", *given),
    }
    found = {}
    for name, model in models.items():
        started = time.process_time()
        found[name] = model(table, trained, origins)
        found[f"{name} seconds"] = time.process_time() - started
        print(f"{name}: {found[f'{name} seconds']:.0f} s", file=sys.stderr)
    np.savez(target, **found)


def mlforecast(table: pd.DataFrame, trained: int, origins: np.ndarray) -> np.ndarray:
    """Recursive over 72 half-hours, of which the last 48 count; each origin is one series."""
    from mlforecast import MLForecast
    from mlforecast.lag_transforms import RollingMean

    known = table.copy()
    for lag in HEAT_LAGS:
        known[f"temperature_{lag}"] = known["temperature"].shift(lag).bfill()
    columns = [name for name in known.columns if name not in ("ds", "demand")]
    known = known.rename(columns={"demand": "y"}).assign(unique_id=0)
    model = MLForecast(
        models={"y_hat": LGBMRegressor(**TREES)},
        freq="30min",
        lags=LAGS,
        lag_transforms={1: [RollingMean(48)], 48: [RollingMean(336)]},
    )
    model.fit(known.iloc[: trained + 1], static_features=[])
    parts, ahead = [], []
    for number, origin in enumerate(origins):
        parts.append(known.iloc[origin + 1 - HISTORY * 2 : origin + 1].assign(unique_id=number))
        ahead.append(known.iloc[origin + 1 : origin + 1 + GAP + DAY].assign(unique_id=number))
    future = pd.concat(ahead)[["unique_id", "ds", *columns]]
    forecast = model.predict(GAP + DAY, new_df=pd.concat(parts), X_df=future)
    ordered = forecast.sort_values(["unique_id", "ds"])["y_hat"].to_numpy()
    return ordered.reshape(len(origins), GAP + DAY)[:, GAP:]


def darts(kind: str, table: pd.DataFrame, trained: int, origins: np.ndarray) -> np.ndarray:
    """Direct: one model per half-hour of the day ahead, all fitted on every half-hour as origin."""
    from darts import TimeSeries
    from darts.models import LightGBMModel, LinearRegressionModel

    yesterday, week_before = range(-DAY, 0), range(-WEEK + GAP, -WEEK + GAP + DAY)
    common = {
        "lags": [*week_before, *yesterday],
        "lags_future_covariates": [-DAY, -GAP, *range(0, DAY, 1 if kind == "linear" else 4)],
        "output_chunk_length": DAY,
        "output_chunk_shift": GAP,
    }
    frame = table.set_index("ds")
    series = TimeSeries.from_series(frame["demand"].astype(np.float32))
    covariates = TimeSeries.from_dataframe(frame[KNOWN].astype(np.float32))
    if kind == "linear":
        model = LinearRegressionModel(**common)
    else:
        model = LightGBMModel(**common, **{**TREES, **FEWER_TREES})
    model.fit(series[: trained + 1], future_covariates=covariates)
    pasts = [series[int(origin) + 1 - HISTORY : int(origin) + 1] for origin in origins]
    forecasts = model.predict(DAY, series=pasts, future_covariates=[covariates] * len(pasts))
    return np.stack([forecast.values()[:, 0] for forecast in forecasts])


if __name__ == "__main__":
    main()
