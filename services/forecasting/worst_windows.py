"""The windows of the test part with the largest errors, as examples to look into."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.absolute_errors import by_window

Array = NDArray[np.float64]
Times = NDArray[np.int64]
SHOWN = 20


def worst_windows(
    truth: Array, forecast: Array, references: Times, length: int, shown: int = SHOWN
) -> list[dict[str, Any]]:
    """Of one output (samples, steps), the largest mean |e| first: reference_time (UTC), MAE, truth, forecast.

    No two windows share more than half of `length` (ns), the time that one covers.
    """
    error = by_window(truth, forecast)
    left = np.isfinite(error)
    found: list[dict[str, Any]] = []
    while left.any() and len(found) < shown:
        worst = int(np.argmax(np.where(left, error, -1.0)))
        found.append(
            {
                "reference_time": utc_text(int(references[worst])),
                "MAE": float(error[worst]),
                "truth": truth[worst].tolist(),
                "forecast": forecast[worst].tolist(),
            }
        )
        left &= 2 * np.abs(references - references[worst]) >= length
        left[worst] = False
    return found


def utc_text(instant: int) -> str:
    """ns since 1970 -> 2024-01-31T12:00:00Z"""
    return f"{np.datetime_as_string(np.datetime64(instant, 'ns'), unit='s')}Z"
