"""Every error measure of every step of the horizon, beside the best baseline of that step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.absolute_errors import by_step, chosen, chunks
from services.forecasting.evaluation import Training, comparable
from services.forecasting.metrics import (
    FURTHER,
    NAMES,
    Spread,
    Sums,
    column_spread,
    column_sums,
    finite,
    further_measures,
    measures,
    why_undefined,
)

Array = NDArray[np.float64]
NO_BASELINE = "no baseline has a forecast for any test sample"
NO_SKILL = "no baseline has a forecast here, or the best one is without error"


@np.errstate(over="ignore", invalid="ignore")
def horizon_tables(
    truth: Array,
    forecast: Array,
    baselines: Mapping[str, Array],
    output_names: Sequence[str],
    lead_minutes: Sequence[Sequence[float]],
    training: Training,
) -> dict[str, dict[str, Any]]:
    """Truth, forecast and baselines (samples, steps, outputs) in original units -> a table per output.

    `training` is truth and seasonal naive forecast of training samples, the scale of MASE step by step.
    The skill of a step is 1 - MAE / MAE of its best baseline, over the samples where all baselines have a
    forecast (`samples_compared`). `undefined` says for every column with a null why.
    """
    tables = {}
    for j, name in enumerate(output_names):
        y, p, known = truth[:, :, j], forecast[:, :, j], comparable(baselines, j)
        scale = by_step(training[0][:, :, j], training[1][:, :, j])
        columns = {
            **step_measures(y, p, scale),
            **against_baselines(y, p, {each: v[:, :, j] for each, v in baselines.items()}, known),
        }
        tables[name] = {
            "lead_minutes": list(lead_minutes[j]),
            **columns,
            "samples": len(y),
            "samples_compared": int(known.sum()),
            "undefined": _reasons(columns),
        }
    return tables


def step_measures(y: Array, p: Array, scale: Array) -> dict[str, list[Any]]:
    """All measures per step, and how many zeros the percentage error leaves out."""
    sums, spread = sums_by_step(y, p)
    found = {**measures(sums, scale, "honest"), **further_measures(sums, spread)}
    columns: dict[str, list[Any]] = {name: finite(found[name]) for name in (*NAMES, *FURTHER)}
    columns["MAPE_left_out"] = (sums.count - sums.relative_count).astype(int).tolist()
    return columns


def sums_by_step(y: Array, p: Array) -> tuple[Sums, Spread]:
    """What all measures of (samples, steps) follow from, per step."""
    nothing = np.zeros((0, y.shape[1]))
    sums = column_sums(nothing, nothing, "honest")
    endless = np.full(y.shape[1], np.inf)
    spread = Spread(np.zeros(y.shape[1]), endless, -endless)
    for rows in chunks(*y.shape):
        part, guess = np.ascontiguousarray(y[rows]), np.ascontiguousarray(p[rows])
        sums = sums + column_sums(part, guess, "honest")
        spread = spread | column_spread(part, guess)
    return sums, spread


def against_baselines(
    y: Array, p: Array, baselines: Mapping[str, Array], known: NDArray[np.bool_]
) -> dict[str, list[Any]]:
    """Per step the best baseline, its MAE and the skill against it, over the samples that are `known` to all;
    null where none has a forecast.
    """
    steps = y.shape[1]
    if not known.any():
        return {"best_baseline": [None] * steps, "baseline_MAE": [None] * steps, "skill": [None] * steps}
    truth = chosen(y, known)
    errors = np.stack([by_step(truth, chosen(values, known)) for values in baselines.values()])
    best = errors.argmin(axis=0)
    floor = errors[best, np.arange(steps)]
    model = by_step(truth, chosen(p, known))
    with np.errstate(divide="ignore", invalid="ignore"):
        skill = np.where(floor > 0, 1 - model / floor, np.nan)
    names = list(baselines)
    return {
        "best_baseline": [names[i] for i in best],
        "baseline_MAE": finite(floor),
        "skill": finite(skill),
    }


def _reasons(columns: Mapping[str, list[Any]]) -> dict[str, str]:
    about = {"best_baseline": NO_BASELINE, "baseline_MAE": NO_BASELINE, "skill": NO_SKILL}
    return {
        name: about.get(name) or why_undefined(name) for name, values in columns.items() if None in values
    }
