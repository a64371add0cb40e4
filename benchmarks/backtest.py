"""A backtest's forecasts: 2 784 origins of 96 steps by a linear model and the naive ones, one thread."""

from __future__ import annotations

import json
import os
import sys
import time

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy reads it
os.environ["OPENBLAS_NUM_THREADS"] = "1"

import numpy as np

from services.forecasting.dataset import Dataset, FeatureSpec, WindowSpec, build
from services.forecasting.folds import FoldSpec, plan_folds
from services.forecasting.models.linear import DirectLinear
from services.forecasting.windows import HOUR
from services.workloads.backtest.backtesting import Learned, judge

ROWS, LOOK_BACK, STEPS, ORIGINS = 17_420, 96, 96, 2_784  # ETTh1: hourly, two years
GOAL_SECONDS = 0.1
RUNS = 5


def main() -> int:
    dataset = _dataset()
    plan = plan_folds(
        np.asarray(dataset.references), dataset.reach, FoldSpec(count=1, test=ORIGINS * HOUR, validation=0.0)
    )
    (fold,) = plan.folds
    scalers, model = dataset.fit_scalers(fold.train), DirectLinear()
    nothing = dataset.samples(fold.validation, scalers)
    model.fit(dataset.samples(fold.train, scalers), nothing, lambda *_args, **_more: None)
    learned = Learned(model, scalers, fold, [], 0.0)
    seconds = [_seconds(dataset, learned) for _ in range(RUNS)]
    told = {
        "origins": len(fold.test),
        "steps": STEPS,
        "cpu_seconds": round(min(seconds), 4),
        "goal": GOAL_SECONDS,
    }
    print(json.dumps({**told, "all": [round(each, 4) for each in seconds], "load": os.getloadavg()[0]}))
    return 0 if min(seconds) <= GOAL_SECONDS else 1


def _dataset() -> Dataset:
    at = np.arange(ROWS)
    values = 10 + 5 * np.sin(2 * np.pi * at / 24) + np.random.default_rng(0).normal(size=ROWS)
    times = 1_467_331_200 * 10**9 + at * HOUR
    history = FeatureSpec("OT history", times, values, 1.0 - LOOK_BACK, 0.0)
    ahead = FeatureSpec("OT", times, values, 1.0, float(STEPS))
    return build([history], [ahead], [], WindowSpec(LOOK_BACK, STEPS, 60))


def _seconds(dataset: Dataset, learned: Learned) -> float:
    before = time.process_time()
    judge(dataset, learned, learned.fold.test, lambda *_args, **_more: None, "the fold")
    return time.process_time() - before


if __name__ == "__main__":
    sys.exit(main())
