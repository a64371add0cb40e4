"""MAE, RMSE and skill per output and step of the horizon, and how far they spread over folds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.absolute_errors import by_step
from services.forecasting.evaluation import comparable, skill
from services.forecasting.horizon_tables import against_baselines
from services.forecasting.metrics import finite, mae, rmse

Array = NDArray[np.float64]
NO_BASELINE = "no sample has a value of every baseline, or the best of them makes no error"
SPREAD = ("MAE", "RMSE", "skill")


@np.errstate(over="ignore", invalid="ignore", divide="ignore")
def horizon_scores(
    truth: Array, forecast: Array, baselines: Mapping[str, Array], output_names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """Per output, of (samples, steps, outputs) in original units: totals, and lists with a value per step.

    skill = 1 - MAE(model) / MAE(best baseline), both over the samples where every baseline says something;
    per step the best baseline of that step. Undefined is None, with the reason under `undefined`.
    """
    totals = skill(truth, forecast, baselines, output_names)
    found: dict[str, dict[str, Any]] = {}
    for j, name in enumerate(output_names):
        y, p, total = truth[:, :, j], forecast[:, :, j], totals[name]
        known = comparable(baselines, j)
        of_output = {each: values[:, :, j] for each, values in baselines.items()}
        found[name] = {
            "MAE": mae(y, p),
            "RMSE": rmse(y, p),
            "best_baseline": total["best_baseline"],
            "baseline_MAE": total["baseline_mae"],
            "skill": total["skill"],
            "compared_samples": total["samples"],
            "per_step": {
                "MAE": finite(by_step(y, p)),
                "RMSE": finite(np.sqrt(np.mean((y - p) ** 2, axis=0))),
                **against_baselines(y, p, of_output, known),
            },
        }
        if total["skill"] is None or None in found[name]["per_step"]["skill"]:
            found[name]["undefined"] = {"skill": NO_BASELINE}
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
