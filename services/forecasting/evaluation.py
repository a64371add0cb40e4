"""How good a forecast is: tables over averaging levels and block positions, and skill against baselines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.metrics import (
    NAMES,
    change_along,
    change_in_windows,
    column_sums,
    finite,
    mae,
    measures,
    rmse,
    why_undefined,
)
from services.forecasting.windows import Arithmetic

Array = NDArray[np.float64]
# Truth and seasonal naive forecast of training samples, (samples, steps, outputs): the scale of MASE.
Training = tuple[Array, Array]
Table = dict[str, list[float | None]]
LEVELS = 12
DELTA = "delta [min]"


@dataclass(frozen=True)
class Evaluation:
    """Wire shapes of forecasting.md A.9; `undefined` says for every null in them why it is one."""

    df_eval: dict[str, Table]
    df_eval_ts: dict[str, dict[str, Table]]
    undefined: dict[str, str] = field(default_factory=dict)

    def note(self, place: str, table: Table) -> None:
        for metric, values in table.items():
            if None in values:
                self.undefined[f"{place}/{metric}"] = why_undefined(metric)


@np.errstate(over="ignore", invalid="ignore")
def evaluate(
    truth: Array,
    forecast: Array,
    output_names: Sequence[str],
    step_minutes: Sequence[float],
    *,
    arithmetic: Arithmetic = "honest",
    training: Training | None = None,
) -> Evaluation:
    """Truth and forecast (samples, steps, outputs) in original units.

    Level g = 1..12 averages g neighbouring output steps of both (the remainder is left out) and then
    measures: over all samples and blocks (df_eval), and per block position (df_eval_ts). A horizon of
    fewer than 12 steps has as many levels as steps. With `training`, MASE compares with the error that
    the seasonal naive forecast makes there, at the same level and position; without it, with the mean
    change from step to step in the truth.
    """
    found = Evaluation({}, {})
    for j, name in enumerate(output_names):
        rows: Table = {column: [] for column in (DELTA, *NAMES)}
        found.df_eval[name], found.df_eval_ts[name] = rows, {}
        for level in range(1, min(LEVELS, truth.shape[1]) + 1):
            delta = float(level * step_minutes[j])
            y, p = block_means(truth[:, :, j], level), block_means(forecast[:, :, j], level)
            scales = _scales(y, training, level, j, arithmetic)
            total, positions = _tables(y, p, scales, arithmetic)
            rows[DELTA].append(delta)
            for metric in NAMES:
                rows[metric] += total[metric]
            found.note(f"df_eval/{name}/{delta}", total)
            found.note(f"df_eval_ts/{name}/{delta}", positions)
            found.df_eval_ts[name][str(delta)] = positions
    return found


def _tables(y: Array, p: Array, scales: tuple[float, Array], arithmetic: Arithmetic) -> tuple[Table, Table]:
    """All measures over everything (lists of one), and per block position."""
    sums = column_sums(y, p, arithmetic)
    total = measures(sums.total(), scales[0], arithmetic)
    positions = measures(sums, scales[1], arithmetic)
    return ({n: finite(total[n]) for n in NAMES}, {n: finite(positions[n]) for n in NAMES})


def _scales(
    y: Array, training: Training | None, level: int, output: int, arithmetic: Arithmetic
) -> tuple[float, Array]:
    """The denominators of MASE: over everything, and per block position."""
    if arithmetic == "compat":
        apart = np.abs(np.diff(y, axis=0))
        return change_along(y), apart.mean(axis=0) if len(apart) else np.full(y.shape[1], np.nan)
    if training is None:
        scale = change_in_windows(y)
        return scale, np.full(y.shape[1], scale)
    known, naive = (block_means(values[:, :, output], level) for values in training)
    if len(known) == 0:
        return np.nan, np.full(y.shape[1], np.nan)
    error = np.abs(known - naive).mean(axis=0)
    return float(error.mean()), error


def block_means(values: Array, level: int) -> Array:
    """(samples, steps) -> (samples, steps // level): means of neighbouring steps, the remainder left out."""
    if level == 1:
        return values
    blocks = values.shape[1] // level
    return np.asarray(values[:, : blocks * level].reshape(len(values), blocks, level).mean(axis=2))


@np.errstate(over="ignore", invalid="ignore")
def flat_metrics(
    truth: Array, forecast: Array, *, arithmetic: Arithmetic = "honest", training: Training | None = None
) -> dict[str, Any]:
    """The 8 measures over all outputs and steps together, and as lists `*_TS` per output step."""
    y, p = _samples_of_all_outputs(truth), _samples_of_all_outputs(forecast)
    stacked = None if training is None else tuple(_samples_of_all_outputs(v)[:, :, None] for v in training)
    scales = _scales(y, None if stacked is None else (stacked[0], stacked[1]), 1, 0, arithmetic)
    total, steps = _tables(y, p, scales, arithmetic)
    return {n: values[0] for n, values in total.items()} | {f"{n}_TS": v for n, v in steps.items()}


def _samples_of_all_outputs(values: Array) -> Array:
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
            table[name][output] = {"MAE": mae(y, p), "RMSE": rmse(y, p)}
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
        judged = known if best else np.ones(len(truth), dtype=bool)
        model = mae(truth[judged, :, j], forecast[judged, :, j])
        floor = sizes[best] if best else None
        result[output] = {
            "best_baseline": best,
            "baseline_mae": floor,
            "model_mae": model,
            "skill": 1 - model / floor if model is not None and floor else None,
            "samples": int(known.sum()),
        }
    return result


def comparable(baselines: Mapping[str, Array], output: int) -> NDArray[np.bool_]:
    """Samples for which every baseline has a value in every step of this output."""
    masks = [np.isfinite(values[:, :, output]).all(axis=1) for values in baselines.values()]
    return np.asarray(np.logical_and.reduce(masks))
