"""How good a forecast is: tables over averaging levels and block positions, and skill against baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.metrics import NAMES, mae, measure, rmse
from services.forecasting.windows import Arithmetic

Array = NDArray[np.float64]
LEVELS = 12
DELTA = "delta [min]"


@dataclass(frozen=True)
class Evaluation:
    """Wire shapes of forecasting.md A.9; `undefined` says for every null in them why it is one."""

    df_eval: dict[str, dict[str, list[float | None]]]
    df_eval_ts: dict[str, dict[str, dict[str, list[float | None]]]]
    undefined: dict[str, str] = field(default_factory=dict)


def evaluate(
    truth: Array,
    forecast: Array,
    output_names: Sequence[str],
    step_minutes: Sequence[float],
    *,
    arithmetic: Arithmetic = "honest",
) -> Evaluation:
    """Truth and forecast (samples, steps, outputs) in original units.

    Level g = 1..12 averages g neighbouring output steps of both (the remainder is left out) and then
    measures: over all samples and blocks (df_eval), and per block position (df_eval_ts). A horizon of
    fewer than 12 steps has as many levels as steps.
    """
    found = Evaluation({}, {})
    for j, name in enumerate(output_names):
        rows: dict[str, list[float | None]] = {column: [] for column in (DELTA, *NAMES)}
        found.df_eval[name], found.df_eval_ts[name] = rows, {}
        for level in range(1, min(LEVELS, truth.shape[1]) + 1):
            y, p = block_means(truth[:, :, j], level), block_means(forecast[:, :, j], level)
            delta = level * step_minutes[j]
            rows[DELTA].append(delta)
            for metric in NAMES:
                value, reason = measure(metric, y, p, arithmetic)
                rows[metric].append(value)
                if reason:
                    found.undefined[f"df_eval/{name}/{delta}/{metric}"] = reason
            found.df_eval_ts[name][str(float(delta))] = _per_position(found, name, delta, y, p, arithmetic)
    return found


def _per_position(
    found: Evaluation, name: str, delta: float, y: Array, p: Array, arithmetic: Arithmetic
) -> dict[str, list[float | None]]:
    table: dict[str, list[float | None]] = {}
    for metric in NAMES:
        pairs = [measure(metric, y[:, k], p[:, k], arithmetic) for k in range(y.shape[1])]
        table[metric] = [value for value, _ in pairs]
        reasons = sorted({reason for _, reason in pairs if reason})
        if reasons:
            found.undefined[f"df_eval_ts/{name}/{delta}/{metric}"] = "; ".join(reasons)
    return table


def block_means(values: Array, level: int) -> Array:
    """(samples, steps) -> (samples, steps // level): means of neighbouring steps, the remainder left out."""
    blocks = values.shape[1] // level
    return np.asarray(values[:, : blocks * level].reshape(len(values), blocks, level).mean(axis=2))


def flat_metrics(truth: Array, forecast: Array, *, arithmetic: Arithmetic = "honest") -> dict[str, Any]:
    """The 8 measures over all outputs and steps together, and as lists `*_TS` per output step."""
    names = {metric: metric for metric in NAMES}
    totals: dict[str, Any] = {}
    for metric in names:
        totals[metric] = measure(metric, _windows(truth), _windows(forecast), arithmetic)[0]
    for metric in names:
        totals[f"{metric}_TS"] = [
            measure(metric, truth[:, k].ravel(), forecast[:, k].ravel(), arithmetic)[0]
            for k in range(truth.shape[1])
        ]
    return totals


def _windows(values: Array) -> Array:
    """(samples, steps, outputs) -> (samples · outputs, steps): windows stay whole."""
    return np.moveaxis(values, 2, 1).reshape(-1, values.shape[1])


def baseline_table(
    truth: Array, baselines: Mapping[str, Array], output_names: Sequence[str]
) -> dict[str, dict[str, dict[str, float | None]]]:
    """MAE and RMSE of every baseline and output, over the samples where all baselines say something."""
    table: dict[str, dict[str, dict[str, float | None]]] = {name: {} for name in baselines}
    for j, output in enumerate(output_names):
        known = comparable(baselines, j)
        for name, forecast in baselines.items():
            y, p = truth[known, :, j], forecast[known, :, j]
            empty = y.size == 0
            table[name][output] = {"MAE": None if empty else mae(y, p), "RMSE": None if empty else rmse(y, p)}
    return table


def skill(
    truth: Array, forecast: Array, baselines: Mapping[str, Array], output_names: Sequence[str]
) -> dict[str, dict[str, Any]]:
    """1 - MAE(model) / MAE(best baseline) per output, both over the same samples; 0 is no better."""
    table = baseline_table(truth, baselines, output_names)
    result: dict[str, dict[str, Any]] = {}
    for j, output in enumerate(output_names):
        known = comparable(baselines, j)
        errors = {name: each[output]["MAE"] for name, each in table.items()}
        sizes = {name: error for name, error in errors.items() if error is not None}
        best = min(sizes, key=sizes.__getitem__, default=None)
        model = mae(truth[known, :, j], forecast[known, :, j]) if known.any() else None
        floor = sizes[best] if best else None
        defined = model is not None and floor is not None and floor > 0
        result[output] = {
            "best_baseline": best,
            "baseline_mae": floor,
            "model_mae": model if best else mae(truth[:, :, j], forecast[:, :, j]),
            "skill": 1 - model / floor if defined and model is not None and floor else None,
            "samples": int(known.sum()),
        }
    return result


def comparable(baselines: Mapping[str, Array], output: int) -> NDArray[np.bool_]:
    """Samples for which every baseline has a value in every step of this output."""
    masks = [np.isfinite(values[:, :, output]).all(axis=1) for values in baselines.values()]
    return np.asarray(np.logical_and.reduce(masks))
