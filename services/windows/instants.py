"""Instants and values as JSON has them: ISO 8601 in UTC, null for what is no number."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

SECOND = 10**9


def instant(time: int) -> str:
    return instants(np.array([time], dtype=np.int64))[0]


def instants(times: NDArray[np.int64]) -> list[str]:
    """To the second where that is exact, otherwise to the microsecond."""
    exact = not (times % SECOND).any()
    texts = np.datetime_as_string(
        np.asarray(times, dtype="datetime64[ns]"), unit="s" if exact else "us"
    ).tolist()
    return [f"{text}Z" for text in texts]


def numbers(values: NDArray[Any]) -> list[float | None]:
    return [float(value) if np.isfinite(value) else None for value in values]
