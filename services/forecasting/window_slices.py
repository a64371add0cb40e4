"""A few test windows of stored forecasts as JSON carries them: instants, truth, forecasts, quantiles."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.metrics import finite
from services.forecasting.stored_forecasts import StoredForecasts, quantiles_of
from services.forecasting.windows import MINUTE
from services.forecasting.worst_windows import utc_text

Times = NDArray[np.int64]


def windows(stored: StoredForecasts, rows: slice, output: int, lead: Times) -> list[dict[str, Any]]:
    """Of one output; `baseline` and `quantiles` are null where none were kept."""
    references = np.asarray(stored.array("references")[rows])
    truth, forecast = (np.asarray(stored.array(name)[rows, :, output]) for name in ("truth", "forecast"))
    baseline = np.asarray(stored.array("baseline")[rows, :, output]) if stored.has("baseline") else None
    quantiles = quantiles_of(stored, rows, output)
    return [
        {
            "index": rows.start + i,
            "reference_time": time_text(reference),
            "times": _texts(reference + lead),
            "truth": finite(truth[i]),
            "forecast": finite(forecast[i]),
            "MAE": float(np.abs(truth[i] - forecast[i]).mean()),
            "baseline": None if baseline is None else finite(baseline[i]),
            "quantiles": None
            if quantiles is None
            else {str(level): finite(each[i]) for level, each in zip(*quantiles, strict=True)},
        }
        for i, reference in enumerate(references)
    ]


def _texts(instants: Times) -> list[str]:
    """All at once: one by one takes longer than everything else here."""
    return [f"{text}Z" for text in np.datetime_as_string(instants.astype("M8[ns]"), unit="s")]


def levels(stored: StoredForecasts) -> list[float]:
    return [float(level) for level in stored.array("levels")] if stored.has("levels") else []


def minutes(lead: Times) -> list[float]:
    found: list[float] = (np.asarray(lead) / MINUTE).tolist()
    return found


def time_text(instant: Any) -> str:
    return utc_text(int(instant))
