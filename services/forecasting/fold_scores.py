"""What a fold says of a model: totals, tables per step of the horizon, and how far folds differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.evaluation import Training, skill
from services.forecasting.horizon_tables import NO_SKILL, horizon_tables
from services.forecasting.metrics import mae, rmse

Array = NDArray[np.float64]
SPREAD = ("MAE", "RMSE", "skill")


def fold_scores(
    truth: Array,
    forecast: Array,
    baselines: Mapping[str, Array],
    output_names: Sequence[str],
    lead_minutes: Sequence[Sequence[float]],
    training: Training,
) -> dict[str, dict[str, Any]]:
    """Per output, of (samples, steps, outputs) in original units: totals, and `per_step` a horizon table.

    skill = 1 - MAE(model) / MAE(best baseline), both over the samples where every baseline says something;
    None with the reason under `undefined`.
    """
    totals = skill(truth, forecast, baselines, output_names)
    steps = horizon_tables(truth, forecast, baselines, output_names, lead_minutes, training)
    found: dict[str, dict[str, Any]] = {}
    for j, name in enumerate(output_names):
        y, p, total = truth[:, :, j], forecast[:, :, j], totals[name]
        found[name] = {
            "MAE": mae(y, p),
            "RMSE": rmse(y, p),
            "best_baseline": total["best_baseline"],
            "baseline_MAE": total["baseline_mae"],
            "skill": total["skill"],
            "per_step": steps[name],
        }
        if total["skill"] is None:
            found[name]["undefined"] = {"skill": NO_SKILL}
    return found


def spread(scores: Sequence[Mapping[str, Mapping[str, Any]]]) -> dict[str, dict[str, Any]]:
    """Per output and measure: mean, standard deviation (n - 1), smallest and largest value over folds."""
    return {
        output: {measure: _spread_of([each[output][measure] for each in scores]) for measure in SPREAD}
        for output in scores[0]
    }


def _spread_of(values: Sequence[float | None]) -> dict[str, float | int | None]:
    known = np.array([value for value in values if value is not None])
    if len(known) == 0:
        return {"folds": 0, "mean": None, "std": None, "min": None, "max": None}
    deviation = float(known.std(ddof=1)) if len(known) > 1 else None
    limits = {"min": float(known.min()), "max": float(known.max())}
    return {"folds": len(known), "mean": float(known.mean()), "std": deviation, **limits}
