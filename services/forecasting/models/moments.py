"""Sums of products of flattened windows about their means: all that a linear regression needs of its data."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from services.forecasting.models.base import Array, Samples, batches

BATCH = 512


@dataclass(frozen=True)
class Moments:
    """Of n rows x (P values) and y (Q values): X'X, X'Y and the diagonal of Y'Y, about the means."""

    count: int
    mean_x: Array
    mean_y: Array
    gram: Array  # (P, P)
    cross: Array  # (P, Q)
    power: Array  # (Q,)

    @property
    def scale(self) -> float:
        """Mean variance sum of an input: what a penalty is measured by. Above 0, even of constant series."""
        return max(float(np.trace(self.gram)) / len(self.gram), 1e-12)

    def solve(self, alpha: float) -> tuple[Array, Array]:
        """Coefficients (P, Q) and intercept (Q,) that minimise |y - xW - b|² + alpha |W|²."""
        penalised = self.gram.copy()
        penalised[np.diag_indices_from(penalised)] += alpha
        coefficients = np.asarray(np.linalg.solve(penalised, self.cross), dtype=np.float64)
        return coefficients, np.asarray(self.mean_y - self.mean_x @ coefficients)

    def squared_error(self, coefficients: Array, intercept: Array) -> Array:
        """(Q,): sum over these rows of (y - xW - b)², from the sums alone."""
        explained = np.einsum("pq,pq->q", coefficients, self.gram @ coefficients - 2 * self.cross)
        offset = self.mean_y - self.mean_x @ coefficients - intercept
        return np.asarray(self.power + explained + self.count * offset**2)


def moments(samples: Samples, told: Callable[[int, int], None]) -> Moments:
    """Summed batch by batch in float64, in two passes, so that no window is held twice.

    `told` hears how many batches of how many are done.
    """
    mean_x, mean_y = _means(samples)
    gram, cross = np.zeros((len(mean_x), len(mean_x))), np.zeros((len(mean_x), len(mean_y)))
    power = np.zeros(len(mean_y))
    parts = batches(len(samples), BATCH)
    for done, part in enumerate(parts, start=1):
        x, y = flat(samples.x(part)) - mean_x, flat(samples.y(part)) - mean_y
        gram += x.T @ x
        cross += x.T @ y
        power += np.square(y).sum(axis=0)
        told(done, len(parts))
    return Moments(len(samples), mean_x, mean_y, gram, cross, power)


def flat(values: Array) -> Array:
    return values.reshape(len(values), -1)


def _means(samples: Samples) -> tuple[Array, Array]:
    total_x: Array | float = 0.0
    total_y: Array | float = 0.0
    for part in batches(len(samples), BATCH):
        total_x = total_x + flat(samples.x(part)).sum(axis=0)
        total_y = total_y + flat(samples.y(part)).sum(axis=0)
    return np.asarray(total_x) / len(samples), np.asarray(total_y) / len(samples)
