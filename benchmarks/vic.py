"""Day-ahead demand of Victoria: our models beside LightGBM by mlforecast and by darts, on one split.

Issued daily at 12:00 local time for the 48 half-hours from the next midnight; measured temperature stands in
for a perfect forecast of it. Fitted on 2012-01 to 2013-06; 2013-07 to 2013-12 decides when to stop and gives
the errors that make quantiles (split-conformal, the same for every row); 2014 is the test. Ours learn from
the origins at 12:00, the peers from every half-hour.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

os.environ["OMP_NUM_THREADS"] = "1"
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")

import numpy as np
from numpy.typing import NDArray

from benchmarks.peers import environment
from benchmarks.vic_data import DAY, GAP, HALF_HOUR, NAME, ZONE, Places, Victoria, read, write_for_peers
from services.forecasting.conformal import split_conformal
from services.forecasting.dataset import CalendarSpec, Dataset, FeatureSpec, WindowSpec, build
from services.forecasting.errors import DataError
from services.forecasting.metrics import pinball_loss
from services.forecasting.models import create
from services.forecasting.models.parameters import ModelParams

Array = NDArray[np.float64]
LEVELS = tuple(round(0.05 * k, 2) for k in range(1, 20))
OURS = {
    "AUTO": {"MODE": "AUTO"},
    "RIDGE": {"MODE": "RIDGE"},
    "LGBMR": {"MODE": "LGBMR", "N_ESTIMATORS": 1000},
    "Dense": {"MODE": "Dense", "EP": 100, "PATIENCE": 10, "N": 128},
    "ENSEMBLE": {"MODE": "ENSEMBLE", "N_ESTIMATORS": 1000, "EP": 100, "PATIENCE": 10, "N": 128},
}
PEERS = ("mlforecast LightGBM", "darts LightGBM", "darts linear")
# Windows in hours from 12:00 local; the target day is 12.0 to 35.5.
DEMAND_WINDOWS = {"today": -24.0, "day before": -36.0, "week before": -156.0, "8 days before": -180.0}
HEAT_WINDOWS = {"target": 12.0, "until target": -12.0, "before": -36.0, "week before": -156.0}
HOLIDAY_WINDOWS = {"target": 12.0, "today": -12.0, "week before": -156.0}


@dataclass(frozen=True)
class Row:
    name: str
    mae: float
    pinball: float
    coverage: float
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path(os.environ.get("DATA_SETS_DIR", "../shared/data")))
    parser.add_argument("--models", nargs="*", choices=OURS, default=list(OURS))
    parser.add_argument("--ours-only", action="store_true", help="without the peers")
    environment.add_option(parser)
    arguments = parser.parse_args()
    try:
        data = read(arguments.data)
    except DataError as error:
        print(f"{error.message}. {error.suggestion}.", file=sys.stderr)
        return 2
    origins = np.concatenate([data.validation, data.test])
    rows = [_row("Same day last week", data, data.demand[origins[:, None] - 311 + np.arange(DAY)], 0.0)]
    dataset = _dataset(data)
    for name in arguments.models:
        rows.append(_row(name, data, *_ours(name, data, dataset, origins)))
    if not arguments.ours_only:
        rows += _peers(data, origins, arguments.peers)
    _print_table(rows, data)
    return 0 if min(rows, key=lambda row: row.mae).name in OURS else 1


def _dataset(data: Victoria) -> Dataset:
    def spec(name: str, values: Array, start: float) -> FeatureSpec:
        return FeatureSpec(name, data.time, values, start, start + 23.5)

    inputs = [spec(f"demand {name}", data.demand, start) for name, start in DEMAND_WINDOWS.items()]
    inputs += [spec(f"temperature {name}", data.temperature, start) for name, start in HEAT_WINDOWS.items()]
    inputs += [spec(f"holiday {name}", data.holiday, start) for name, start in HOLIDAY_WINDOWS.items()]
    calendar = [
        CalendarSpec(component, local=True, start_hours=12.0, end_hours=35.5) for component in ("Y", "W", "D")
    ]
    windows = WindowSpec(DAY, DAY, stride_minutes=30, timezone=ZONE)
    return build(inputs, [spec("demand", data.demand, 12.0)], calendar, windows)


def _ours(name: str, data: Victoria, dataset: Dataset, origins: Places) -> tuple[Array, float]:
    """Forecasts (origins, 48) and CPU seconds of fit and forecast."""
    started = time.process_time()
    rows = {int(reference): row for row, reference in enumerate(dataset.references)}

    def of(chosen: Places) -> NDArray[np.int64]:
        return np.array([rows[int(data.time[origin]) + HALF_HOUR] for origin in chosen])

    train = of(data.origins[data.origins + GAP + DAY <= data.trained])
    scalers = dataset.fit_scalers(train)
    model = create(ModelParams.model_validate(OURS[name]), "honest", anchors=[0])
    validation = dataset.samples(of(data.validation), scalers)
    model.fit(dataset.samples(train, scalers), validation, lambda *_given, **_named: None)
    asked = dataset.samples(of(origins), scalers)
    forecast = scalers.unscale_outputs(model.predict(asked.x(slice(0, len(origins)))))[:, :, 0]
    return forecast, time.process_time() - started


def _peers(data: Victoria, origins: Places, folder: Path) -> list[Row]:
    with tempfile.TemporaryDirectory() as name:
        source, target = Path(name) / "data.npz", Path(name) / "forecasts.npz"
        write_for_peers(data, origins, source)
        environment.run(folder, "vic.py", str(source), str(target))
        with np.load(target) as found:
            return [_row(peer, data, found[peer], float(found[f"{peer} seconds"])) for peer in PEERS]


def _row(name: str, data: Victoria, forecast: Array, seconds: float) -> Row:
    """Quantiles come from the errors on the validation days, the scores from the test days."""
    count = len(data.validation)
    known, truth = data.targets(data.validation)[:, :, None], data.targets(data.test)
    quantiles = split_conformal(known, forecast[:count, :, None], LEVELS)
    point = forecast[count:]
    drawn = quantiles.apply(point[:, :, None])[..., 0]
    losses = [pinball_loss(truth, q, level).mean() for level, q in zip(LEVELS, drawn, strict=True)]
    inside = (truth >= drawn[1]) & (truth <= drawn[-2])
    return Row(
        name, float(np.abs(truth - point).mean()), float(np.mean(losses)), float(inside.mean()), seconds
    )


def _print_table(rows: list[Row], data: Victoria) -> None:
    print(f"{NAME}: {len(data.test)} test days, demand in MW\n")
    print("| Model | MAE | Pinball (19 levels) | Truth within 10 to 90 % | CPU s |\n|---|---|---|---|---|")
    for row in sorted(rows, key=lambda each: each.mae):
        scores = f"{row.mae:.1f} | {row.pinball:.1f} | {row.coverage:.0%} | {row.seconds:.1f}"
        print(f"| {row.name} | {scores} |")


if __name__ == "__main__":
    sys.exit(main())
