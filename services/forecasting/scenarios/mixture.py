"""Quantiles of scenarios with residuals added: every residual point on every scenario, equally likely."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


def weighted_points(values: Array, weights: Array, count: int) -> Array:
    """The (i + ½)/count quantiles, i < count, of weighted values: a distribution in `count` points.

    Linear between the middles of the sorted weights (Hazen's positions, weighted).
    """
    kept = weights > 0
    order = np.argsort(values[kept], kind="stable")
    ordered, weight = values[kept][order], weights[kept][order]
    middle = (np.cumsum(weight) - weight / 2) / weight.sum()
    return np.interp((np.arange(count) + 0.5) / count, middle, ordered)


def mixture_quantiles(scenarios: Array, residuals: Array, levels: Array) -> Array:
    """(times, levels) of scenarios (scenarios, times) and residuals (points, times); never crossing."""
    outcomes = (scenarios[:, None, :] + residuals[None, :, :]).reshape(-1, scenarios.shape[1])
    outcomes.sort(axis=0)
    place = levels * (len(outcomes) - 1)
    low = np.floor(place).astype(np.int64)
    high = np.minimum(low + 1, len(outcomes) - 1)
    share = (place - low)[:, None]
    mixed: Array = outcomes[low] * (1 - share) + outcomes[high] * share
    return mixed.T
