"""What load is regressed on, per day and slot of the day: the calendar and polynomials of temperature.

Tao's vanilla model (Hong, "Short term electric load forecasting", PhD thesis, NC State 2010, ch. 4) is

    load = trend + month + weekday·hour + (T + T² + T³)·month + (T + T² + T³)·hour.

Ours keeps its idea in three changes. One regression per slot of the day carries every "·hour". Fourier
terms of the day of the year stand for the months, so that nothing jumps on the first of a month. And the
temperature of the past hours enters as exponentially weighted means, the compact form of the lagged
temperatures of Wang, Liu & Hong, "Electric load forecasting with recency effect" (Int. J. Forecasting 32,
2016).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

Array = NDArray[np.float64]
Days = NDArray[np.int64]  # days since 1970-01-01
SUNDAY = 6
YEAR_DAYS = 365.25


@dataclass(frozen=True)
class TermsConfig:
    memory_hours: tuple[float, ...] = (24.0, 72.0)
    annual_harmonics: int = 3
    degree: int = 3


@dataclass(frozen=True)
class Weather:
    """Standardised temperature now, and remembered at each half-life: each (days, slots)."""

    now: Array
    remembered: tuple[Array, ...]

    def days(self, chosen: slice | Days) -> Weather:
        return Weather(self.now[chosen], tuple(each[chosen] for each in self.remembered))


def weather(temperature: Array, config: TermsConfig) -> Weather:
    """Of a temperature (days, slots) with no day missing."""
    slot_hours = 24 / temperature.shape[1]
    flat = temperature.ravel()
    return Weather(
        temperature,
        tuple(
            _remembered(flat, hours / slot_hours).reshape(temperature.shape) for hours in config.memory_hours
        ),
    )


def _remembered(values: Array, half_life: float) -> Array:
    """m_t = keep·m_{t-1} + (1 - keep)·T_t with keep = 2^(-1/half_life), begun at the first value."""
    keep = 0.5 ** (1 / half_life)
    smooth, _ = lfilter([1 - keep], [1, -keep], values, zi=[keep * values[0]])
    return np.asarray(smooth, dtype=np.float64)


@dataclass(frozen=True)
class DayCalendar:
    """Kind of day (0 Monday to 6 Sunday; a holiday counts as Sunday) and phase of the year, per day."""

    kind: NDArray[np.int64]
    phase: Array

    @classmethod
    def of(cls, days: Days, holidays: Collection[date]) -> DayCalendar:
        free = [(day - date(1970, 1, 1)).days for day in holidays]
        weekday = (days + 3) % 7  # 1970-01-01 was a Thursday
        dates = days.astype("datetime64[D]")
        of_year = (dates - dates.astype("datetime64[Y]").astype("datetime64[D]")).astype(np.int64)
        kind = np.where(np.isin(days, free), SUNDAY, weekday)
        return cls(kind, np.asarray(2 * np.pi * of_year / YEAR_DAYS))


def design(calendar: DayCalendar, seen: Weather, config: TermsConfig) -> Array:
    """(days, slots, terms), without the constant."""
    count, slots = seen.now.shape
    annual = [f(k * calendar.phase) for k in range(1, config.annual_harmonics + 1) for f in (np.sin, np.cos)]
    kinds = [(calendar.kind == kind).astype(float) for kind in range(1, 7)]
    steady = np.stack([*annual, *kinds], axis=1)
    season = np.stack([np.ones(count), *annual[:2]], axis=1)
    weekend = (calendar.kind >= SUNDAY - 1).astype(float)[:, None]
    parts = [
        np.broadcast_to(steady[:, None, :], (count, slots, steady.shape[1])),
        _products(_powers(seen.now, config.degree), np.concatenate([season, weekend], axis=1)),
    ]
    parts += [_products(_powers(past, config.degree), season) for past in seen.remembered]
    if seen.remembered:  # the same heat weighs more after a hot day
        now, past = seen.now, seen.remembered[0]
        parts.append(np.stack([now * past, now * past * past, now * now * past], axis=2))
    return np.concatenate(parts, axis=2)


def _powers(values: Array, degree: int) -> Array:
    return np.stack([values**power for power in range(1, degree + 1)], axis=2)


def _products(powers: Array, of_day: Array) -> Array:
    """Every power times every value of its day: (days, slots, powers · values)."""
    product = powers[:, :, :, None] * of_day[:, None, None, :]
    return product.reshape(*powers.shape[:2], -1)
