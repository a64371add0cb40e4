"""What a model offers that is trained for the quantiles themselves, by pinball loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from services.forecasting.models.base import Array, Report, Samples


@runtime_checkable
class QuantileModel(Protocol):
    """Fitted first for its point forecast, then for these levels; saved and loaded with them."""

    quantile_levels: tuple[float, ...]

    def fit_quantiles(
        self, train: Samples, validation: Samples, levels: Sequence[float], report: Report
    ) -> None: ...

    def predict_quantiles(self, x: Array) -> Array:
        """(k, input_steps, n_inputs) -> (levels, k, output_steps, n_outputs), scaled; they may cross."""
