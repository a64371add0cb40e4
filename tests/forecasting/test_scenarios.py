"""The load distribution by temperature scenarios, on a law whose quantiles are known."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from statistics import NormalDist

import numpy as np
import pytest
from numpy.typing import NDArray

from services.forecasting.errors import DataError
from services.forecasting.scenarios import ScenarioConfig, TemperatureScenarioModel
from services.forecasting.scenarios.mixture import mixture_quantiles, weighted_points
from services.forecasting.scenarios.model import scenario_starts
from services.forecasting.scenarios.regression import fit_slots
from services.forecasting.scenarios.terms import DayCalendar

Array = NDArray[np.float64]
SLOTS = 8  # a day
STEP = 86_400 * 10**9 // SLOTS
YEARS = 6
HEAT, NOISE, WEATHER = 0.5, 3.0, 5.0  # load per degree; spreads of residual and of weather
LEVELS = np.array([0.05, 0.25, 0.5, 0.75, 0.95])


@dataclass(frozen=True)
class World:
    time: NDArray[np.int64]
    load: Array
    temperatures: Array
    usual: Array  # what the load is at the temperature that is normal for the hour


def world(years: int = YEARS) -> World:
    """Station 2 drives the load; station 1 tells nothing but the season."""
    rng = np.random.default_rng(1)
    n = years * 366 * SLOTS
    time = np.datetime64("2010-01-01", "ns").astype(np.int64) + np.arange(n) * STEP
    season = 15 - 10 * np.cos(np.arange(n) * 2 * np.pi / (365.25 * SLOTS))
    weather = np.repeat(rng.normal(0, WEATHER, n // SLOTS), SLOTS)
    other = np.repeat(rng.normal(0, WEATHER, n // SLOTS), SLOTS)
    weekend = ((np.arange(n) // SLOTS + 4) % 7 >= 5) * -20.0  # 2010-01-01 was a Friday
    usual = 100 + HEAT * season + weekend + 10 * np.sin(np.arange(n) * 2 * np.pi / SLOTS)
    load = usual + HEAT * weather + rng.normal(0, NOISE, n)
    return World(time, load, np.stack([season + other, season + weather], axis=1), usual)


WORLD = world()
KNOWN, MONTH = slice(0, (YEARS * 366 - 30) * SLOTS), slice((YEARS * 366 - 30) * SLOTS, None)
CONFIG = ScenarioConfig(stations=1, half_life_years=10.0)


@pytest.fixture(scope="module")
def fitted() -> TemperatureScenarioModel:
    return fit()


def fit(holidays: Collection[date] = ()) -> TemperatureScenarioModel:
    model = TemperatureScenarioModel(CONFIG, holidays)
    return model.fit(WORLD.time[KNOWN], WORLD.load[KNOWN], WORLD.temperatures[KNOWN])


def test_the_quantiles_of_a_known_law_are_found(fitted: TemperatureScenarioModel) -> None:
    found = fitted.quantiles(WORLD.time[MONTH], LEVELS)
    spread = np.hypot(HEAT * WEATHER, NOISE)
    expected = np.array([NormalDist(0, spread).inv_cdf(level) for level in LEVELS])
    assert fitted.stations == [1]
    assert found.shape == (30 * SLOTS, len(LEVELS))
    assert (found - WORLD.usual[MONTH, None]).mean(axis=0) == pytest.approx(expected, abs=0.3)
    assert np.abs(found - WORLD.usual[MONTH, None] - expected).max() < 2.5


def test_quantiles_never_cross_and_are_the_same_each_time(fitted: TemperatureScenarioModel) -> None:
    levels = np.arange(1, 100) / 100
    first = fitted.quantiles(WORLD.time[MONTH], levels)
    assert (np.diff(first, axis=1) >= 0).all()
    assert np.array_equal(first, fit().quantiles(WORLD.time[MONTH], levels))


def test_times_are_forecast_alike_whichever_others_are_asked_for(fitted: TemperatureScenarioModel) -> None:
    whole = fitted.quantiles(WORLD.time[MONTH], LEVELS)
    order = [5, 200, 3]
    some = fitted.quantiles(WORLD.time[MONTH][order], LEVELS)
    assert some == pytest.approx(whole[order], abs=1.5)


def test_unknown_loads_are_left_out() -> None:
    load = WORLD.load[KNOWN].copy()
    load[4_000:4_100] = np.nan
    load[: 365 * SLOTS] = np.nan
    model = TemperatureScenarioModel(CONFIG).fit(WORLD.time[KNOWN], load, WORLD.temperatures[KNOWN])
    found = model.quantiles(WORLD.time[MONTH], LEVELS)
    assert np.abs(found[:, 2] - WORLD.usual[MONTH]).mean() < 1.0


def test_a_holiday_is_forecast_like_a_sunday(fitted: TemperatureScenarioModel) -> None:
    day = slice(MONTH.start + SLOTS * 4, MONTH.start + SLOTS * 5)
    when = np.datetime64(int(WORLD.time[day.start]), "ns").astype("datetime64[D]").astype(date)
    assert when.weekday() < 5
    lower = fitted.quantiles(WORLD.time[MONTH], LEVELS) - fit([when]).quantiles(WORLD.time[MONTH], LEVELS)
    assert lower[SLOTS * 4 : SLOTS * 5].mean() == pytest.approx(20, abs=1)
    assert np.abs(np.delete(lower, np.arange(SLOTS * 4, SLOTS * 5), axis=0)).max() < 1e-9


def test_a_short_history_is_refused() -> None:
    rows = slice(0, 300 * SLOTS)
    with pytest.raises(DataError, match="known for 300 whole days") as caught:
        TemperatureScenarioModel().fit(WORLD.time[rows], WORLD.load[rows], WORLD.temperatures[rows])
    assert caught.value.code == "SHORT_HISTORY"
    assert caught.value.suggestion is not None


def test_too_few_past_years_of_weather_are_refused() -> None:
    rows = slice(0, 400 * SLOTS)
    model = TemperatureScenarioModel(ScenarioConfig(shift_days=1))
    model.fit(WORLD.time[rows], WORLD.load[rows], WORLD.temperatures[rows])
    with pytest.raises(DataError) as caught:
        model.quantiles(WORLD.time[rows.stop : rows.stop + 16], LEVELS)
    assert caught.value.code == "FEW_SCENARIOS"


@pytest.mark.parametrize(
    ("break_it", "code"),
    [
        (lambda time, load, heat: (time[::-1], load, heat), "UNFIT_STEP"),
        (lambda time, load, heat: (np.delete(time, 50), load[1:], heat[1:]), "GAP_IN_TIME"),
        (lambda time, load, heat: (time, load[1:], heat), "UNEQUAL_LENGTHS"),
        (
            lambda time, load, heat: (time, load, np.where(heat == heat[7, 1], np.nan, heat)),
            "MISSING_TEMPERATURE",
        ),
    ],
)
def test_an_unfit_history_is_refused(break_it, code) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(DataError) as caught:
        TemperatureScenarioModel().fit(*break_it(WORLD.time, WORLD.load, WORLD.temperatures))
    assert caught.value.code == code
    assert caught.value.details


def test_times_of_the_past_and_levels_outside_are_refused(fitted: TemperatureScenarioModel) -> None:
    with pytest.raises(DataError, match="2015-12-07T00:00"):
        fitted.quantiles(WORLD.time[MONTH.start - 1 : MONTH.start + 5], LEVELS)
    for levels in ([0.0, 0.5], [0.5, 0.1], []):
        with pytest.raises(DataError) as caught:
            fitted.quantiles(WORLD.time[MONTH], np.array(levels))
        assert caught.value.code == "UNFIT_LEVELS"


def test_slot_regressions_are_ridge_regressions_of_sklearn() -> None:
    from sklearn.linear_model import Ridge

    rng = np.random.default_rng(0)
    terms, truth = rng.normal(size=(80, 3, 4)), rng.normal(size=(80, 3))
    weights = rng.uniform(0, 1, size=(80, 3)) * (rng.uniform(size=(80, 3)) > 0.2)
    fit = fit_slots(terms, np.where(weights > 0, truth, np.nan), weights, ridge=0.3)
    for slot in range(3):
        x, w = terms[:, slot], weights[:, slot]
        mean = np.average(x, axis=0, weights=w)
        spread = np.sqrt(np.average((x - mean) ** 2, axis=0, weights=w))
        slow = Ridge(alpha=0.3 * w.sum()).fit((x - mean) / spread, truth[:, slot], sample_weight=w)
        assert fit.coefficients[slot] * spread == pytest.approx(slow.coef_, abs=1e-10)
        assert fit.predict(terms)[:, slot] == pytest.approx(slow.predict((x - mean) / spread), abs=1e-10)


def test_mixture_quantiles_are_those_of_all_sums() -> None:
    rng = np.random.default_rng(0)
    scenarios, residuals = rng.normal(size=(7, 5)), rng.normal(size=(3, 5))
    every = np.array([[a + b for a in scenarios[:, k] for b in residuals[:, k]] for k in range(5)])
    levels = np.array([0.01, 0.3, 0.5, 0.99])
    assert mixture_quantiles(scenarios, residuals, levels) == pytest.approx(
        np.quantile(every, levels, axis=1).T, abs=1e-12
    )


def test_points_of_equal_weights_are_hazens_quantiles_and_weight_0_counts_for_nothing() -> None:
    values = np.array([4.0, 1.0, 3.0, 2.0, 99.0])
    points = weighted_points(values, np.array([1.0, 1.0, 1.0, 1.0, 0.0]), 2)
    assert points == pytest.approx(np.quantile(values[:4], [0.25, 0.75], method="hazen"))


def test_runs_of_weather_begin_around_the_same_date_and_end_in_the_past() -> None:
    first = int(np.datetime64("2012-03-01").astype(int))
    begin = int(np.datetime64("2010-01-01").astype(int))
    starts = scenario_starts(first, 10, begin, first, 2)
    dates = [str(np.datetime64(int(start), "D")) for start in starts]
    assert dates[:5] == ["2010-02-27", "2010-02-28", "2010-03-01", "2010-03-02", "2010-03-03"]
    assert dates[5:] == ["2011-02-27", "2011-02-28", "2011-03-01", "2011-03-02", "2011-03-03"]
    assert list(scenario_starts(first, 10, begin, first, 11))[-1] + 10 <= first


def test_the_calendar_knows_kinds_of_days() -> None:
    days = np.arange(
        int(np.datetime64("2011-07-01").astype(int)), int(np.datetime64("2011-07-08").astype(int))
    )
    assert list(DayCalendar.of(days, [date(2011, 7, 4)]).kind) == [4, 5, 6, 6, 1, 2, 3]  # Friday first
