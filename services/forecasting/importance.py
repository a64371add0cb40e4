"""Which inputs a forecast rests on: permutation over windows, and exact contributions of linear models.

Permutation importance: Breiman, "Random Forests", Machine Learning 45 (2001); model-agnostic form by Fisher,
Rudin & Dominici, JMLR 20 (2019). Columns that belong together change places together, whole windows at a
time, so that a model never sees a window that is torn within itself.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.metrics import finite

Array = NDArray[np.float64]
Predict = Callable[[Array], Array]
# (windows, repeats): the largest whose predictions are expected to take no longer than the budget.
SIZES = ((500, 3), (200, 2), (60, 1))
BUDGET_SECONDS = 1.5
PROBE = 16
NO_VARIANCE = "the forecasts of this step do not vary"
# A model counts as linear if its contributions add up to its forecasts this closely, relative to their range.
ADDITIVE = 1e-5


@dataclass(frozen=True)
class Group:
    """Input columns that are permuted together."""

    name: str
    columns: tuple[int, ...]


@dataclass(frozen=True)
class Windows:
    """Scaled inputs (k, input_steps, n_inputs), truth (k, output_steps, n_outputs) in original units, and the
    forecast of such inputs in original units."""

    x: Array
    truth: Array
    predict: Predict


def affordable(predict: Predict, x: Array, groups: int) -> tuple[int, int]:
    """Windows and repeats that stay within the budget, by the time that these few windows take."""
    each = min(_seconds(predict, x) for _ in range(2)) / len(x)
    for size, repeats in SIZES:
        if each * size * (1 + groups * repeats) <= BUDGET_SECONDS:
            return size, repeats
    return SIZES[-1]


def _seconds(predict: Predict, x: Array) -> float:
    """Of the processor: the same windows are taken on a busy machine."""
    started = time.process_time()
    predict(x)
    return time.process_time() - started


def spaced(n: int, most: int) -> NDArray[np.int64]:
    """At most so many of n places, evenly spaced."""
    return np.unique(np.linspace(0, n - 1, min(n, most)).astype(np.int64))


def permutation_importance(
    windows: Windows,
    groups: Sequence[Group],
    output_names: Sequence[str],
    *,
    repeats: int,
    seed: int,
    tick: Callable[[], None] = lambda: None,
) -> dict[str, dict[str, Any]]:
    """Per output: MAE as it is, and by how much it grows when a group's windows are exchanged among samples.

    `increase` over all steps and `per_step`, in original units; means over `repeats` seeded permutations,
    the same ones for every group. Around 0: the model does not use the group; below: it would do without.
    """
    base = _errors(windows, windows.x)
    increase: dict[str, Array] = {}
    for group in groups:
        random = np.random.default_rng(seed)
        total = np.zeros_like(base)
        for _ in range(repeats):
            tick()
            x, columns = windows.x.copy(), list(group.columns)
            x[:, :, columns] = windows.x[random.permutation(len(x))][:, :, columns]
            total += _errors(windows, x)
        increase[group.name] = total / repeats - base
    return {
        output: {
            "MAE": float(base[:, j].mean()),
            "increase": {name: float(each[:, j].mean()) for name, each in increase.items()},
            "per_step": {name: finite(each[:, j]) for name, each in increase.items()},
        }
        for j, output in enumerate(output_names)
    }


def linear_shares(
    windows: Windows, groups: Sequence[Group], output_names: Sequence[str]
) -> dict[str, dict[str, Any]] | None:
    """Exact share of each group in the variance of the forecasts of a linear model; None if it is not one.

    A linear forecast is an intercept and a sum of contributions c_g, one per group of inputs, so that
    Cov(c_g, f) / Var(f) adds up to 1 over the groups; a share below 0 works against the others.
    """
    forecast = windows.predict(windows.x)
    nothing = windows.predict(np.zeros_like(windows.x[:1]))
    parts = {group.name: windows.predict(_alone(windows.x, group)) - nothing for group in groups}
    rest = forecast - nothing - np.sum(list(parts.values()), axis=0)
    spread = float(np.ptp(forecast)) or 1.0
    if not np.abs(rest).max() <= ADDITIVE * spread:
        return None
    centred = forecast - forecast.mean(axis=0)
    together = {name: np.mean(part * centred, axis=0) for name, part in parts.items()}
    variance = np.mean(centred**2, axis=0)
    return {output: _shares_of(together, variance, j, spread) for j, output in enumerate(output_names)}


def _shares_of(together: Mapping[str, Array], variance: Array, output: int, spread: float) -> dict[str, Any]:
    """Shares over all steps (their covariances and variances summed) and per step."""
    noise = (1e-9 * spread) ** 2
    known = np.where(variance[:, output] > noise, variance[:, output], np.nan)
    per_step = {name: finite(each[:, output] / known) for name, each in together.items()}
    total = float(variance[:, output].sum())
    shares = {
        name: float(each[:, output].sum() / total) if total > noise else None
        for name, each in together.items()
    }
    found: dict[str, Any] = {"share": shares, "per_step": per_step}
    if not np.isfinite(known).all():
        found["undefined"] = NO_VARIANCE
    return found


def _alone(x: Array, group: Group) -> Array:
    """The windows with every other group at 0."""
    kept = np.zeros_like(x)
    kept[:, :, list(group.columns)] = x[:, :, list(group.columns)]
    return kept


def _errors(windows: Windows, x: Array) -> Array:
    """MAE per step and output."""
    return np.asarray(np.abs(windows.predict(x) - windows.truth).mean(axis=0))
