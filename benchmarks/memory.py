"""Peak memory of ten years by the minute: ten features, a look-back of a day, up to a trained network."""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import numpy as np

MINUTE = 60 * 10**9
LIMIT_GIGABYTES = 1.5
FIT_SAMPLES, BATCHES, BATCH = 20_000, 200, 256


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=5_200_000)
    parser.add_argument("--features", type=int, default=10)
    parser.add_argument("--look-back", type=int, default=1440)
    parser.add_argument("--horizon", type=int, default=60)
    parser.add_argument("--folder", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.folder:
        return _measured(arguments)
    with tempfile.TemporaryDirectory() as folder:
        _write(Path(folder), arguments)
        # a process of its own, so that making the data does not count
        command = [sys.executable, "-m", "benchmarks.memory", "--folder", folder]
        for name in ("rows", "features", "look_back", "horizon"):
            command += [f"--{name.replace('_', '-')}", str(getattr(arguments, name))]
        return subprocess.run(command, check=False).returncode


def _write(folder: Path, arguments: argparse.Namespace) -> None:
    """One Parquet file per feature, as an import leaves them."""
    from services.forecasting.parquet import SeriesData, write_parquet

    random = np.random.default_rng(0)
    clock = np.arange(arguments.rows)
    times = 1_400_000_040 * 10**9 + clock * MINUTE
    for number in range(arguments.features):
        value = np.sin(clock * (2 * np.pi / 1440) + number) + random.normal(0, 0.1, arguments.rows)
        write_parquet(SeriesData(times, value), folder / f"{number}.parquet")


def _measured(arguments: argparse.Namespace) -> int:
    stages = {
        name: {"cpu_seconds": round(seconds, 1), "peak_gigabytes": _peak(), "gigabytes_after": _now()}
        for name, seconds in _run(arguments)
    }
    print(json.dumps({**vars(arguments), "stages": stages, "peak_gigabytes": _peak()}, indent=2, default=str))
    return 0 if _peak() <= LIMIT_GIGABYTES else 1


def _peak() -> float:
    return round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e9, 3)


def _now() -> float:
    pages = int(Path("/proc/self/statm").read_text(encoding="ascii").split()[1])
    return round(pages * resource.getpagesize() / 1e9, 3)


def _run(arguments: argparse.Namespace) -> Iterator[tuple[str, float]]:
    """Name and seconds of every stage, in the order of a job."""
    from services.forecasting.dataset import Dataset, SplitSpec
    from services.forecasting.models import create
    from services.forecasting.models.parameters import ModelParams
    from services.workloads.forecast.arrays import load_or_build

    started = time.process_time()

    def passed() -> float:
        nonlocal started
        since, started = time.process_time() - started, time.process_time()
        return since

    folder = Path(arguments.folder)
    dataset: Dataset = load_or_build(_Run(folder), _config(arguments))  # type: ignore[arg-type]
    yield "build, save and load", passed()
    split = dataset.split(SplitSpec(), "honest")
    scalers = dataset.fit_scalers(split.train)
    yield "split and scalers", passed()
    train, validation = (dataset.samples(rows, scalers) for rows in (split.train, split.validation))
    order = np.random.default_rng(0).permutation(len(train))
    for number in range(BATCHES):
        rows = order[number * BATCH : (number + 1) * BATCH]
        train.x32(rows), train.y32(rows)
    yield f"{BATCHES} batches of {BATCH}", passed()
    few = [
        dataset.samples(np.sort(np.random.default_rng(0).choice(rows, FIT_SAMPLES // part)), scalers)
        for rows, part in ((split.train, 1), (split.validation, 4))
    ]
    model = create(ModelParams(MODE="Dense", LAY=1, N=32, EP=1), "honest", anchors=[None])
    model.fit(few[0], few[1], lambda _current, _total, **_more: None)
    model.predict(validation.x(slice(0, 256)))
    yield f"a network on {FIT_SAMPLES} windows", passed()


class _Run:
    """As much of a job as a dataset needs."""

    def __init__(self, folder: Path) -> None:
        self.cache_dir = folder / "cache"
        self._folder = folder

    def input(self, key: str) -> Path:
        return self._folder / key

    def report(self, **_more: Any) -> None:
        """Nobody watches."""

    log = report


def _config(arguments: argparse.Namespace) -> Any:
    from services.workloads.forecast.config import DatasetConfig

    files = [
        ("input", number, -arguments.look_back / 60 + 1 / 60, 0.0) for number in range(arguments.features)
    ]
    files.append(("output", 0, 1 / 60, arguments.horizon / 60))
    series = [
        {
            "file_id": UUID(int=number),
            "name": f"{role} {number}",
            "role": role,
            "blob_key": f"{number}.parquet",
            "sha256": f"{number:064}",
            "start_hours": start,
            "end_hours": end,
        }
        for role, number, start, end in files
    ]
    steps = {"input_steps": arguments.look_back, "output_steps": arguments.horizon, "stride_minutes": 1.0}
    config = {"session_id": UUID(int=0), "series": series, "calendar": [], "steps": steps}
    return DatasetConfig.model_validate(config)


if __name__ == "__main__":
    sys.exit(main())
