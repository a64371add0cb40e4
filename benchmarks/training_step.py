"""A training step of two networks: ours beside plain `model.fit` over arrays; the cost of live reporting.

One thread, batches of 32, a look-back of 336 for 96 steps. Epochs of both alternate; the first of each,
which compiles, is left out.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before the libraries read it
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import keras
import numpy as np

from benchmarks.live_job import live_report
from services.forecasting.dataset import FeatureSpec, Samples, WindowSpec, build
from services.forecasting.models.base import Shape
from services.forecasting.models.keras_loop import Loop, Plan
from services.forecasting.models.keras_nets import network
from services.forecasting.models.parameters import ModelParams

HOUR = 3600 * 10**9
ROWS, LOOK_BACK, HORIZON, BATCH = 8_640, 336, 96, 32  # the training part of ETTh1
NETS: dict[str, dict[str, Any]] = {
    "NLinear": {"MODE": "NLinear"},
    "MLP 256-256": {"MODE": "Dense", "LAY": 2, "N": 256},
}
REPORTED_EPOCHS = 60
GOAL, REPORT_GOAL, CURVE_GOAL = 0.5, 0.01, 1e-4


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=6)
    epochs = parser.parse_args().epochs
    samples, few = the_samples()
    found = {name: _compare(ModelParams(**net), samples, few, epochs) for name, net in NETS.items()}
    print(json.dumps({"load": round(os.getloadavg()[0], 1), **found}, indent=2))
    good = all(
        each["ratio"] <= GOAL
        and each["reporting_share"] <= REPORT_GOAL
        and each["loss_curve_difference"] <= CURVE_GOAL
        for each in found.values()
    )
    return 0 if good else 1


def the_samples() -> tuple[Samples, Samples]:
    """To train and, few, to validate."""
    values = np.cumsum(np.random.default_rng(0).normal(size=ROWS))
    times = np.arange(ROWS) * HOUR
    past = FeatureSpec("past", times, values, 1.0 - LOOK_BACK, 0.0)
    ahead = FeatureSpec("ahead", times, values, 1.0, float(HORIZON))
    dataset = build([past], [ahead], [], WindowSpec(LOOK_BACK, HORIZON, 60))
    rows = np.arange(dataset.n)
    scalers = dataset.fit_scalers(rows)
    return dataset.samples(rows, scalers), dataset.samples(rows[-2:], scalers)


def _compare(params: ModelParams, samples: Samples, few: Samples, epochs: int) -> dict[str, Any]:
    plan = Plan(epochs, BATCH, patience=epochs, rate=0.001, clip_norm=None, seed=1, products=True)
    steps = -(-len(samples) // BATCH)
    plain = _plain_epochs(a_net(params), samples, plan)
    ours = _our_epochs(a_net(params), samples, few, plan)
    pairs = np.array([(*next(plain), *next(ours)) for _ in range(epochs)])
    seconds = pairs[1:, [1, 3]]
    return {
        "plain_fit_us_per_step": round(statistics.median(seconds[:, 0]) / steps * 1e6),
        "ours_us_per_step": round(statistics.median(seconds[:, 1]) / steps * 1e6),
        "ratio": round(statistics.median(seconds[:, 1] / seconds[:, 0]), 3),
        "loss_curve_difference": float(np.abs(pairs[:, 2] / pairs[:, 0] - 1).max()),
        **_reporting(params, samples, few, replace(plan, epochs=REPORTED_EPOCHS, patience=REPORTED_EPOCHS)),
    }


def _reporting(params: ModelParams, samples: Samples, few: Samples, plan: Plan) -> dict[str, Any]:
    """A whole training as a job reports it, each report stored in a database on disk and published."""
    with live_report() as report:
        loop = Loop(a_net(params), plan, samples, few, report)
        report(0, 1, message="the first report also prepares statements")
        report.reset()
        loop.run()
        spent = report.spent
        return {"reports": spent.count, "ms_per_report": spent.ms_each(), "reporting_share": report.share()}


def a_net(params: ModelParams) -> Any:
    keras.utils.set_random_seed(0)
    return network(params, Shape(LOOK_BACK, 1, HORIZON, 1), [0])


def _plain_epochs(net: Any, samples: Samples, plan: Plan) -> Iterator[tuple[float, float]]:
    """Loss and CPU seconds of each epoch; the arrays are made beforehand, in the order of our epochs."""
    rows, random = slice(0, len(samples)), np.random.default_rng(plan.seed)
    x, y = samples.x32(rows), samples.y32(rows)
    net.compile(keras.optimizers.Adam(plan.rate), "mse", metrics=[keras.metrics.RootMeanSquaredError()])
    for _ in range(plan.epochs):
        order = random.permutation(len(x))
        mixed = x[order], y[order]
        before = time.process_time()
        done = net.fit(*mixed, batch_size=plan.batch_size, shuffle=False, verbose=0)
        yield done.history["loss"][0], time.process_time() - before


def _our_epochs(net: Any, samples: Samples, few: Samples, plan: Plan) -> Iterator[tuple[float, float]]:
    loop = Loop(net, plan, samples, few, lambda *_, **__: None)
    random = np.random.default_rng(plan.seed)
    for epoch in range(plan.epochs):
        order = random.permutation(len(samples))
        before = time.process_time()
        loss = loop.epoch(epoch, order)
        yield loss, time.process_time() - before


if __name__ == "__main__":
    sys.exit(main())
