"""A model and every baseline over the same test samples: what a ranking may set side by side."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.absolute_errors import by_step, chosen
from services.forecasting.evaluation import Training, comparable
from services.forecasting.horizon_tables import sums_by_step
from services.forecasting.metrics import Spread, Sums, finite, further_measures, measures

Array = NDArray[np.float64]
MEASURES = ("MAE", "RMSE", "MSE", "WAPE", "sMAPE", "MAPE", "MASE", "NRMSE", "BIAS")


@np.errstate(over="ignore", invalid="ignore")
def compared(
    truth: Array,
    forecast: Array,
    baselines: Mapping[str, Array],
    output_names: Sequence[str],
    lead_minutes: Sequence[Sequence[float]],
    training: Training,
) -> dict[str, dict[str, Any]]:
    """Per output: the model and the baselines, each with `total` and `steps` (a list per measure).

    Truth and forecasts are (samples, steps, outputs); judged are the samples for which every baseline has a
    forecast, or all where no baseline has any. `skill` is 1 - MAE / MAE of the best baseline.
    """
    found = {}
    for j, name in enumerate(output_names):
        known = comparable(baselines, j)
        rivals = baselines if known.any() else {}
        judged = known if known.any() else np.ones(len(truth), dtype=bool)
        y, scale = chosen(truth[:, :, j], judged), by_step(training[0][:, :, j], training[1][:, :, j])
        rows = {each: _row(y, chosen(values[:, :, j], judged), scale) for each, values in rivals.items()}
        model = _row(y, chosen(forecast[:, :, j], judged), scale)
        for row in (model, *rows.values()):
            _add_skill(row, list(rows.values()))
        found[name] = {
            "samples": int(judged.sum()),
            "lead_minutes": list(lead_minutes[j]),
            "model": model,
            "baselines": rows,
        }
    return found


def totals(of_output: Mapping[str, Any]) -> dict[str, Any]:
    """The same without the lists per step."""
    return {
        "samples": of_output["samples"],
        "model": of_output["model"]["total"],
        "baselines": {name: row["total"] for name, row in of_output["baselines"].items()},
    }


def samples_hash(references: NDArray[np.int64], truth: Array, lead_ns: Sequence[NDArray[np.int64]]) -> str:
    """Equal for trainings that are judged by the same values at the same instants.

    The truth counts to 7 digits, so that no rounding of another arithmetic sets equal samples apart.
    """
    digest = hashlib.sha256(np.ascontiguousarray(references, dtype="<i8").tobytes())
    for offsets in lead_ns:
        digest.update(np.ascontiguousarray(offsets, dtype="<i8").tobytes())
    for start in range(0, len(truth), 4096):
        digest.update(np.ascontiguousarray(truth[start : start + 4096], dtype="<f4").tobytes())
    return digest.hexdigest()


def _row(y: Array, p: Array, scale: Array) -> dict[str, Any]:
    sums, spread = sums_by_step(y, p)
    steps = {**measures(sums, scale, "honest"), **further_measures(sums, spread)}
    total = _total(sums, spread, float(scale.mean()))
    return {
        "total": {name: finite(total[name])[0] for name in MEASURES},
        "steps": {name: finite(steps[name]) for name in MEASURES},
    }


def _total(sums: Sums, spread: Spread, scale: float) -> dict[str, Array]:
    edges = spread.signed.sum(), spread.low.min(), spread.high.max()
    edges = spread.signed.sum(), spread.low.min(), spread.high.max()
    whole = Spread(*(np.array([value]) for value in edges))
    return {**measures(sums.total(), scale, "honest"), **further_measures(sums.total(), whole)}


def _add_skill(row: dict[str, Any], rivals: list[dict[str, Any]]) -> None:
    """Against the best baseline, in total and of every step."""
    row["total"]["skill"] = _skill(row["total"]["MAE"], [rival["total"]["MAE"] for rival in rivals])
    own = row["steps"]["MAE"]
    row["steps"]["skill"] = [
        _skill(own[i], [rival["steps"]["MAE"][i] for rival in rivals]) for i in range(len(own))
    ]


def _skill(error: float | None, others: list[float | None]) -> float | None:
    best = min((each for each in others if each is not None), default=None)
    return 1 - error / best if error is not None and best else None
