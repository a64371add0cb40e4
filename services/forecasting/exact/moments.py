"""Sums over samples of products of window values, without the windows.

For windows one step apart the sums along a diagonal differ by what enters and what leaves,

    S[k+1, l+1] = S[k, l] - (first windows of each run) + (the windows after each run),

so n samples of P columns cost O(n P + P²) instead of O(n P²), and the sums of a shorter look-back are a
corner of those of the longest. A gap ends one run of samples and begins another.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from services.forecasting.exact.parts import Part, runs

Array = NDArray[np.float64]
Indices = NDArray[np.int64]
CHUNK = 2048
# With shorter runs on average nothing is won by what neighbouring samples share.
SHORT_RUN = 16


@dataclass(frozen=True)
class Moments:
    """`products` (P, P) and `sums` (P,) over samples whose weights add up to `weight`."""

    weight: float
    sums: Array
    products: Array

    def __add__(self, other: Moments) -> Moments:
        return Moments(self.weight + other.weight, self.sums + other.sums, self.products + other.products)

    def __sub__(self, other: Moments) -> Moments:
        return Moments(self.weight - other.weight, self.sums - other.sums, self.products - other.products)

    def times(self, factor: float) -> Moments:
        return Moments(self.weight * factor, self.sums * factor, self.products * factor)

    def pick(self, columns: Indices) -> Moments:
        return Moments(self.weight, self.sums[columns], self.products[np.ix_(columns, columns)])

    def centred(self) -> Array:
        """Sums of products of deviations from the mean."""
        return self.products - np.outer(self.sums, self.sums) / self.weight


def moments(parts: Sequence[Part], index: Indices, weights: Array | None = None) -> Moments:
    """Of the columns of all parts, in order, over these samples (ascending); weights are one per sample.

    Standardise the parts first: sums of products of values far from 0 lose digits.
    """
    stretches = runs(index)
    if weights is not None or len(stretches) * SHORT_RUN > len(index):
        return _cut(parts, index, np.ones(len(index)) if weights is None else weights)
    ends = np.cumsum([0, *(part.steps for part in parts)])
    products = np.empty((ends[-1], ends[-1]))
    sums = np.empty(ends[-1])
    for a, left in enumerate(parts):
        rows = slice(ends[a], ends[a + 1])
        sums[rows] = _sums(left, stretches)
        for b in range(a, len(parts)):
            columns = slice(ends[b], ends[b + 1])
            block = _cross(left, parts[b], stretches, index)
            products[rows, columns] = block
            if a != b:
                products[columns, rows] = block.T
    return Moments(float(len(index)), sums, products)


def _cross(left: Part, right: Part, stretches: list[slice], index: Indices) -> Array:
    """(left.steps, right.steps): sums over the samples of left step k times right step l."""
    if left.steps == 1:
        return _row(left, right, stretches)[None, :]
    if right.steps == 1:
        return _row(right, left, stretches)[:, None]
    shift = left.shift
    corrections = 2 * len(stretches) * (shift or 0)
    if shift is None or shift != right.shift or 2 * corrections > len(index):
        return _direct(left, right, index)
    return _recursive(left, right, stretches, shift)


def _row(left: Part, right: Part, stretches: list[slice]) -> Array:
    """Sums of the first step of one part times every step of the other."""
    result = np.zeros(right.steps)
    for run in stretches:
        first = left.step(run, 0)
        if (
            right.per_sample == 1 and right.steps > 1
        ):  # every lag by one call, of which each per_step-th counts
            result += np.correlate(right.span(run), first, mode="valid")[:: max(1, right.per_step)]
            continue
        for k in range(right.steps):
            result[k] += first @ right.step(run, k)
    return result


def _sums(part: Part, stretches: list[slice]) -> Array:
    result = np.zeros(part.steps)
    for run in stretches:
        if part.per_sample == 1:
            before = np.concatenate([[0.0], np.cumsum(part.span(run))])
            first = part.per_step * np.arange(part.steps)
            result += before[first + (run.stop - run.start)] - before[first]
        else:
            result += [part.step(run, k).sum() for k in range(part.steps)]
    return result


def _recursive(left: Part, right: Part, stretches: list[slice], shift: int) -> Array:
    edges = [
        (edge + t, sign)
        for run in stretches
        for edge, sign in ((run.start, -1.0), (run.stop, 1.0))
        for t in range(shift)
    ]
    at = np.array([edge for edge, _ in edges], dtype=np.int64)
    signs = np.array([sign for _, sign in edges])
    # the last step of the windows after a run may lie beyond the data; it is not needed
    entering = _shorter(left).at(at) * signs[:, None]
    change = entering.T @ _shorter(right).at(at)
    result = np.empty((left.steps, right.steps))
    result[0] = _row(left, right, stretches)
    result[:, 0] = _row(right, left, stretches)
    for k in range(left.steps - 1):
        np.add(result[k, :-1], change[k], out=result[k + 1, 1:])
    return result


def _shorter(part: Part) -> Part:
    return Part(part.values, part.per_sample, part.per_step, part.steps - 1, part.first)


def _direct(left: Part, right: Part, index: Indices) -> Array:
    result = np.zeros((left.steps, right.steps))
    for start in range(0, len(index), CHUNK):
        chosen = index[start : start + CHUNK]
        result += left.at(chosen).T @ right.at(chosen)
    return result


def _cut(parts: Sequence[Part], index: Indices, weights: Array) -> Moments:
    """From windows that are really cut, some samples at a time."""
    size = sum(part.steps for part in parts)
    sums, products = np.zeros(size), np.zeros((size, size))
    for start in range(0, len(index), CHUNK):
        chosen = index[start : start + CHUNK]
        rows = np.concatenate([part.at(chosen) for part in parts], axis=1)
        heavy = rows * weights[start : start + CHUNK, None]
        sums += heavy.sum(axis=0)
        products += heavy.T @ rows
    return Moments(float(weights.sum()), sums, products)
