"""How the values of a feature are distributed, in numbers: what a violin plot is drawn from."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
DENSITY_POINTS, DENSITY_BINS = 100, 512
QUANTILES = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)


def distribution(values: Array) -> dict[str, Any]:
    """Count, mean, standard deviation, quantiles and density of the numbers among these values.

    The density is None for a constant; without any number everything but the count is None.
    """
    finite = values[np.isfinite(values)].ravel()
    if not finite.size:
        return {"n": 0, **dict.fromkeys(("mean", "std", "min", "max", "quantiles", "density"))}
    scale = float(np.abs(finite).max()) or 1.0  # sums of huge numbers would overflow
    unit = finite / scale
    quantiles = np.quantile(finite, QUANTILES)
    density = _density(unit)
    return {
        "n": int(finite.size),
        "mean": float(unit.mean()) * scale,
        "std": float(unit.std()) * scale,
        "min": float(quantiles[0]),
        "max": float(quantiles[-1]),
        "quantiles": {str(q): float(v) for q, v in zip(QUANTILES, quantiles, strict=True)},
        "density": density and {"at": (density[0] * scale).tolist(), "height": density[1].tolist()},
    }


def _density(values: Array) -> tuple[Array, Array] | None:
    """Gaussian kernel density (Scott's rule) of counts in fine bins, at most 1 wide; None for a constant."""
    low, high = float(values.min()), float(values.max())
    if high - low <= 1e-12 * max(abs(low), abs(high)):
        return None
    counts, edges = np.histogram(values, bins=DENSITY_BINS, range=(low, high))
    middles = (edges[1:] + edges[:-1]) / 2
    width = max(1.06 * float(values.std()) * values.size ** (-0.2), (high - low) / DENSITY_BINS)
    at = np.linspace(low, high, DENSITY_POINTS)
    height = np.exp(-0.5 * ((at[:, None] - middles) / width) ** 2) @ counts
    return at, height / height.max()
