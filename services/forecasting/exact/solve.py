"""Ridge regression from moments: one Cholesky factor serves every look-back and every offset removal.

With the inputs ordered from the newest value back, the factor of a shorter look-back is the corner of the
longest one's (Golub & Van Loan, Matrix Computations, 4.2). Removing an offset w'u from the columns c it is
taken from changes the normal equations by rank 2, which the Woodbury identity answers from that same
factor. Errors on other samples are quadratic forms of their moments, so no forecast is needed.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import cho_factor, solve_triangular

from services.forecasting.exact.moments import Moments

Array = NDArray[np.float64]
# A factor whose pivots differ by more than this has lost its digits.
MAX_CONDITION = 1e13


class IllConditioned(Exception):
    """The normal equations cannot be solved to any digit that counts."""


@dataclass(frozen=True)
class Offset:
    """`weights` (P,) give the level of a window, `carriers` (P,) mark the columns it is taken from."""

    weights: Array
    carriers: Array


def deviations(found: Moments, mean: Array) -> Array:
    """Sums of products of deviations from a given mean, (P, P)."""
    cross = np.outer(found.sums - found.weight / 2 * mean, mean)
    cross += cross.T.copy()
    return np.asarray(np.subtract(found.products, cross, out=cross))


class Ladder:
    """All look-backs of one penalty; inputs come first, in the order in which they are taken.

    `products` are sums of products of deviations (inputs, then targets). The penalty is relative to the
    mean square of the inputs, so it means the same for any number of samples and any unit.
    """

    def __init__(self, products: Array, inputs: int, penalty: float) -> None:
        self._gram = products[:inputs, :inputs]
        self._moment = products[:inputs, inputs:]
        matrix = self._gram.copy()
        level = float(np.trace(matrix)) / inputs
        if not level > 0:
            raise IllConditioned("the inputs never change")
        matrix[np.diag_indices(inputs)] += penalty * level
        try:
            self._factor = cho_factor(matrix, lower=True, overwrite_a=True, check_finite=False)[0]
        except np.linalg.LinAlgError as error:
            raise IllConditioned("the inputs depend on each other") from error
        pivots = np.diagonal(self._factor)
        if float(pivots.max() / pivots.min()) ** 2 > MAX_CONDITION:
            raise IllConditioned("the inputs almost depend on each other")

    def coefficients(
        self, inputs: int, targets: NDArray[np.int64], offsets: list[Offset | None]
    ) -> list[Array]:
        """One (inputs, targets) per offset, of the model that sees the first inputs only.

        They apply to the inputs as they are: the offset is already put back.
        """
        moment = self._moment[:inputs, targets]
        columns = [moment]
        taken = [each for each in offsets if each is not None]
        for each in taken:
            weights = each.weights[:inputs]
            columns += [each.carriers[:inputs, None], (self._gram[:inputs, :inputs] @ weights)[:, None]]
        solved = self._solve(np.concatenate(columns, axis=1))
        plain, rest = solved[:, : len(targets)], solved[:, len(targets) :]
        added = np.concatenate([np.empty((inputs, 0)), *columns[1:]], axis=1)
        result: list[Array] = []
        at = 0
        for offset in offsets:
            if offset is None:
                result.append(plain)
                continue
            pair = slice(at, at + 2)
            result.append(_restored(offset, inputs, moment, plain, added[:, pair], rest[:, pair]))
            at += 2
        return result

    def _solve(self, right: Array) -> Array:
        corner = self._factor[: len(right), : len(right)]
        half = solve_triangular(corner, right, lower=True, check_finite=False)
        return np.asarray(solve_triangular(corner, half, lower=True, trans="T", check_finite=False))


def _restored(offset: Offset, inputs: int, moment: Array, plain: Array, added: Array, solved: Array) -> Array:
    """Woodbury for K + U M U' with U = [c, g], g = A w, then the offset put back: W = Z + w (1 - c'Z)."""
    weights, carriers = offset.weights[:inputs], offset.carriers[:inputs]
    square = float(weights @ added[:, 1])
    ones = np.ones(moment.shape[1])
    right = np.stack([square * ones - weights @ moment, -ones])
    inner = np.array([[0.0, -1.0], [-1.0, -square]]) + added.T @ solved
    changed = plain + solved @ right
    found = changed - solved @ np.linalg.solve(inner, added.T @ changed)
    return np.asarray(found + np.outer(weights, ones - carriers @ found))


def squared_errors(products: Array, inputs: int, targets: NDArray[np.int64], coefficients: Array) -> Array:
    """(targets,): sums of squared errors on the samples of these deviations."""
    used = len(coefficients)
    moved = products[:used, :used] @ coefficients
    along = products[:used, inputs + targets]
    own = np.diagonal(products)[inputs + targets]
    return np.asarray(own + np.einsum("ij,ij->j", coefficients, moved - 2 * along))
