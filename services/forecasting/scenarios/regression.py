"""Weighted ridge regression, one for each slot of the day, by normal equations solved side by side."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]


@dataclass(frozen=True)
class SlotRegression:
    """coefficients (slots, terms), intercept (slots,)"""

    coefficients: Array
    intercept: Array

    def predict(self, terms: Array) -> Array:
        """(days, slots) of terms (days, slots, terms)"""
        values: Array = np.matmul(terms.transpose(1, 0, 2), self.coefficients[:, :, None])[:, :, 0].T
        return values + self.intercept


def fit_slots(terms: Array, truth: Array, weights: Array, ridge: float) -> SlotRegression:
    """Minimises Σ w (y - a - x·b)² / Σ w + ridge · Σ (b · std x)² in every slot.

    terms (days, slots, terms); truth and weights (days, slots), a weight of 0 leaves the value out.
    Centred and scaled by the weighted moments of the slot, in float64; the penalty is free of units.
    """
    share = (weights / weights.sum(axis=0)).T[:, :, None]  # (slots, days, 1)
    x = terms.transpose(1, 0, 2)
    y = np.where(weights > 0, truth, 0.0).T[:, :, None]
    mean_x, mean_y = (share * x).sum(axis=1), (share * y).sum(axis=1)
    x = x - mean_x[:, None, :]
    x *= np.sqrt(share)
    y = (y - mean_y[:, None, :]) * np.sqrt(share)
    gram = x.transpose(0, 2, 1) @ x
    spread = np.sqrt(np.einsum("spp->sp", gram))
    spread[spread < 1e-9] = 1.0  # a term that never moves gets the coefficient 0 from the penalty
    gram /= spread[:, :, None] * spread[:, None, :]
    moment = (x.transpose(0, 2, 1) @ y) / spread[:, :, None]
    places = np.arange(gram.shape[1])
    gram[:, places, places] += ridge
    coefficients = np.linalg.solve(gram, moment)[:, :, 0] / spread
    intercept = mean_y[:, 0] - (mean_x * coefficients).sum(axis=1)
    return SlotRegression(coefficients, intercept)
