"""What a model offers that is trained for the quantiles themselves, by pinball loss."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol, runtime_checkable

from services.forecasting.errors import DataError
from services.forecasting.models.base import Array, Report, Samples

# Modes whose model offers it; the web process, which loads no model, refuses the others by this.
PINBALL_MODES = ("LGBMR",)
# Each level is a fit of its own, and its forecasts of all test samples are held at once.
MOST_PINBALL_LEVELS = 19


@runtime_checkable
class QuantileModel(Protocol):
    """Fitted first for its point forecast, then for these levels; saved and loaded with them."""

    quantile_levels: tuple[float, ...]

    def fit_quantiles(
        self, train: Samples, validation: Samples, levels: Sequence[float], report: Report
    ) -> None: ...

    def predict_quantiles(self, x: Array) -> Array:
        """(k, input_steps, n_inputs) -> (levels, k, output_steps, n_outputs), scaled; they may cross."""


def check_pinball(mode: str, levels: Sequence[float]) -> None:
    if mode not in PINBALL_MODES:
        raise _refuse(f"is 'pinball', which {mode} cannot be trained for", "Use 'conformal'")
    if len(levels) > MOST_PINBALL_LEVELS:
        raise _refuse(
            f"is 'pinball' with {len(levels)} levels: each is a fit of its own",
            f"Send at most {MOST_PINBALL_LEVELS} quantiles, or use 'conformal'",
        )


def _refuse(text: str, suggestion: str) -> DataError:
    about = {"field": "quantile_method"}
    return DataError("INVALID_QUANTILES", f"quantile_method {text}", suggestion=suggestion, details=about)
