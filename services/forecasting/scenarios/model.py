"""A load distribution for hours whose weather is unknown: past years' temperatures through a regression.

    load_t = f(calendar_t, temperature_t, remembered temperature_t) + residual_t

is fitted on the past (terms.py, regression.py). For the hours ahead, the temperatures that were measured
around the same date in every past year, each also moved by up to `shift_days` days, are run through f, and
every one of these scenarios gets the residuals of the season added. The quantiles are those of all outcomes.

Sources: Hong, Wilson & Xie, "Long term probabilistic load forecasting and normalization with hourly
information" (IEEE Trans. Smart Grid 5, 2014) for weather scenarios; Xie & Hong, "Temperature scenario
generation for probabilistic load forecasting" (IEEE Trans. Smart Grid 9, 2018) for shifted dates; Hong, Wang
& White, "Weather station selection for electric load forecasting" (Int. J. Forecasting 31, 2015); Xie &
Hong, "GEFCom2014 probabilistic electric load forecasting" (Int. J. Forecasting 32, 2016) for residuals.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np
from threadpoolctl import threadpool_limits

from services.forecasting.errors import DataError
from services.forecasting.scenarios.history import DAY, Array, History, Times, history
from services.forecasting.scenarios.mixture import mixture_quantiles, weighted_points
from services.forecasting.scenarios.regression import SlotRegression, fit_slots
from services.forecasting.scenarios.terms import (
    YEAR_DAYS,
    DayCalendar,
    Days,
    TermsConfig,
    Weather,
    design,
    weather,
)

LEAST_SCENARIOS = 10
MINUTE = 60 * 10**9
SETTLING = 3  # half-lives until the remembered temperature has forgotten how it began
# Threads only hinder products this small: on two busy cores 0.4 s with one became 12.7 s with two.
BLAS_THREADS = 1
JUDGED_SLOTS = 3  # of a day, when stations are compared


@dataclass(frozen=True)
class ScenarioConfig:
    """`half_life_years` is the age at which a day weighs half, `shift_days` how far past dates are moved.

    Chosen on the months of 2008 to 2010 of GEFCom2014-L (benchmarks/gefcom.py --choose), each forecast from
    the data before it: a quarter to half a year lose the same to 0.1 %, one year 1 % more.
    """

    terms: TermsConfig = field(default_factory=TermsConfig)
    stations: int = 8
    half_life_years: float = 0.5
    ridge: float = 0.01
    shift_days: int = 9
    residual_points: int = 19
    residual_season_days: int = 45


@dataclass(frozen=True)
class Fitted:
    """What a fit leaves; calendar, weights and residuals of the days with load, the weather of all."""

    history: History
    regression: SlotRegression
    calendar: DayCalendar
    weights: Array
    residuals: Array
    weather: Weather


class TemperatureScenarioModel:
    """Times are ns since 1970 on a clock without summer time, each the beginning of its interval."""

    def __init__(self, config: ScenarioConfig | None = None, holidays: Collection[date] = ()) -> None:
        self.config = config or ScenarioConfig()
        self.holidays = frozenset(holidays)
        self.stations: list[int] = []
        self._fitted: Fitted | None = None

    def fit(self, time: Times, load: Array, temperatures: Array) -> TemperatureScenarioModel:
        """time (n,), load (n,) with NaN where unknown, temperatures (n, stations) without gaps."""
        known = history(np.asarray(time), np.asarray(load), np.asarray(temperatures))
        with threadpool_limits(BLAS_THREADS, user_api="blas"):
            self._fitted = self._fit(known)
        return self

    def quantiles(self, time: Times, levels: Array) -> Array:
        """(n, levels) of the load at these times, which lie after the history; ascending along the levels."""
        if self._fitted is None:
            raise DataError("NOT_FITTED", "The model has seen no data", suggestion="Call fit first")
        fitted, time, levels = self._fitted, np.asarray(time), np.asarray(levels)
        _refuse_levels(levels)
        _refuse_times(time, fitted.history)
        day = time // DAY
        slot = time % DAY // fitted.history.step
        first = int(day.min())
        calendar = DayCalendar.of(np.arange(first, int(day.max()) + 1), self.holidays)
        with threadpool_limits(BLAS_THREADS, user_api="blas"):
            scenarios = self._scenarios(fitted, calendar, first)
        result = np.empty((len(time), len(levels)))
        months = day.astype("datetime64[D]").astype("datetime64[M]")
        for month in np.unique(months):  # the season of the residuals moves with the month
            chosen = np.flatnonzero(months == month)
            middle = calendar.phase[int(np.median(day[chosen])) - first]
            residuals = self._residual_points(fitted, float(middle))[:, slot[chosen]]
            loads = scenarios[:, day[chosen] - first, slot[chosen]]
            result[chosen] = mixture_quantiles(loads, residuals, levels)
        return result

    def _fit(self, known: History) -> Fitted:
        day = np.flatnonzero(np.isfinite(known.load).any(axis=1))
        truth = known.load[day]
        age = (len(known.load) - day) / YEAR_DAYS
        weights = np.where(np.isfinite(truth), 0.5 ** (age / self.config.half_life_years)[:, None], 0.0)
        calendar = DayCalendar.of(known.first_day + day, self.holidays)
        self.stations = self._best_stations(known, day, calendar, weights)
        seen = self._seen(known.temperatures[self.stations].mean(axis=0))
        terms = design(calendar, seen.days(day), self.config.terms)
        regression = fit_slots(terms, truth, weights, self.config.ridge)
        residuals = truth - regression.predict(terms)
        return Fitted(known, regression, calendar, weights, residuals, seen)

    def _best_stations(self, known: History, day: Days, calendar: DayCalendar, weights: Array) -> list[int]:
        """Each station alone explains the load; those with the least weighted squared error are averaged."""
        every = max(1, known.load.shape[1] // JUDGED_SLOTS)
        judged = slice(every // 2, None, every)
        terms = replace(self.config.terms, memory_hours=self.config.terms.memory_hours[:1])
        errors = []
        for temperature in known.temperatures:
            now = weather(_standard(temperature), terms).days(day)
            seen = Weather(now.now[:, judged], tuple(each[:, judged] for each in now.remembered))
            x, y, w = design(calendar, seen, terms), known.load[day][:, judged], weights[:, judged]
            wrong = np.where(w > 0, y - fit_slots(x, y, w, self.config.ridge).predict(x), 0.0)
            errors.append(float((w * wrong**2).sum()))
        return sorted(int(each) for each in np.argsort(errors, kind="stable")[: self.config.stations])

    def _seen(self, temperature: Array) -> Weather:
        return weather(_standard(temperature), self.config.terms)

    def _scenarios(self, fitted: Fitted, calendar: DayCalendar, first: int) -> Array:
        """(scenarios, days, slots): the load that each past run of weather would give."""
        known, count = fitted.history, len(calendar.kind)
        settled = known.first_day + math.ceil(
            SETTLING * max(self.config.terms.memory_hours, default=0.0) / 24
        )
        starts = scenario_starts(first, count, settled, known.end_day, self.config.shift_days)
        if len(starts) < LEAST_SCENARIOS:
            raise DataError(
                "FEW_SCENARIOS",
                f"The temperatures hold {len(starts)} runs of {count} days around this date; "
                f"{LEAST_SCENARIOS} are needed",
                suggestion="Give more years of temperature, or forecast fewer days at once",
                details={"field": "temperatures", "scenarios": len(starts), "needed": LEAST_SCENARIOS},
            )
        loads = []
        for start in starts - known.first_day:
            past = fitted.weather.days(slice(start, start + count))
            loads.append(fitted.regression.predict(design(calendar, past, self.config.terms)))
        return np.stack(loads)

    def _residual_points(self, fitted: Fitted, phase: float) -> Array:
        """(points, slots): the residuals of this season in every slot."""
        apart = np.abs((fitted.calendar.phase - phase + np.pi) % (2 * np.pi) - np.pi)
        season = apart <= 2 * np.pi * self.config.residual_season_days / YEAR_DAYS
        if not (fitted.weights[season] > 0).any(axis=0).all():
            raise DataError(
                "UNKNOWN_SEASON",
                f"No load is known within {self.config.residual_season_days} days of this time of the year",
                suggestion="Give load of at least one whole year without long gaps",
                details={"field": "load"},
            )
        columns = zip(fitted.residuals[season].T, fitted.weights[season].T, strict=True)
        points = self.config.residual_points
        return np.stack([weighted_points(value, weight, points) for value, weight in columns], axis=1)


def scenario_starts(first: int, count: int, begin: int, end: int, shift_days: int) -> Days:
    """First days of the runs in [begin, end) on the date of `first` in a past year, ± the shifts."""
    date_ = np.datetime64(first, "D")
    into = int((date_ - date_.astype("datetime64[M]").astype("datetime64[D]")).astype(int))
    month = int(date_.astype("datetime64[M]").astype(int))
    starts = []
    for years in range(1 + (first - begin) // 365 + 1):
        same = int(np.datetime64(month - 12 * years, "M").astype("datetime64[D]").astype(int)) + into
        starts += [same + shift for shift in range(-shift_days, shift_days + 1)]
    return np.array(
        sorted(start for start in starts if begin <= start and start + count <= end), dtype=np.int64
    )


def _standard(temperature: Array) -> Array:
    """(T - mean) / standard deviation, so that its powers stay near 1."""
    spread = float(temperature.std())
    return np.asarray((temperature - temperature.mean()) / (spread if spread > 0 else 1.0))


def _refuse_levels(levels: Array) -> None:
    if levels.ndim != 1 or not len(levels) or (levels <= 0).any() or (levels >= 1).any():
        raise DataError(
            "UNFIT_LEVELS",
            "Quantile levels lie between 0 and 1, both excluded",
            suggestion="Give levels such as 0.05, 0.5 and 0.95",
            details={"field": "levels"},
        )
    if (np.diff(levels) <= 0).any():
        raise DataError("UNFIT_LEVELS", "Quantile levels must ascend", details={"field": "levels"})


def _refuse_times(time: Times, known: History) -> None:
    end = known.end_day * DAY
    if len(time) and time.min() >= end and not (time % known.step).any():
        return
    raise DataError(
        "UNFIT_TIMES",
        f"Forecast times lie on the step of the history, from {np.datetime64(end // MINUTE, 'm')} on",
        suggestion="Ask for times after the last whole day of the history",
        details={"field": "time"},
    )
