"""Baselines know only what was measured until the reference time."""

from __future__ import annotations

import numpy as np
import pytest

from services.forecasting.baselines import predict_baselines, training_errors
from services.forecasting.dataset import Dataset, WindowSpec
from tests.forecasting.features import HOUR, START, dataset, feature

DAYS = 20
HOURS = np.arange(24 * DAYS, dtype=float)
STEPS = WindowSpec(4, 25, 60)


def measured(values: np.ndarray, hours: tuple[float, float] = (0, 24), steps: WindowSpec = STEPS) -> Dataset:
    return dataset([feature(values, (-3, 0), name="past")], [feature(values, hours)], steps)


def at(samples: Dataset, hour: int) -> np.ndarray:
    return np.flatnonzero(samples.references == START + hour * HOUR)


def test_the_last_value_stays() -> None:
    samples = measured(HOURS)
    assert predict_baselines(samples, at(samples, 200))["last value"].ravel().tolist() == [200] * 25


def test_yesterday_and_last_week_come_back() -> None:
    samples = measured(HOURS)
    found = predict_baselines(samples, at(samples, 200))
    assert found["seasonal naive (day)"].ravel().tolist() == [176 + k for k in range(25)]
    assert found["seasonal naive (week)"].ravel().tolist() == [32 + k for k in range(25)]


def test_a_lead_longer_than_the_season_repeats_the_newest_known_day() -> None:
    samples = measured(HOURS, (0, 48), WindowSpec(4, 49, 60))
    found = predict_baselines(samples, at(samples, 200))["seasonal naive (day)"].ravel()
    assert found.tolist() == [176 + k for k in range(25)] + [177 + k for k in range(24)]


@pytest.mark.parametrize("offset", [0, 30])
def test_nothing_after_the_reference_time_has_an_influence(offset: int) -> None:
    steps = WindowSpec(4, 25, 60, offset)
    values = np.random.default_rng(0).normal(size=len(HOURS))
    reference = START + 200 * HOUR + offset * HOUR // 60
    changed = np.where(np.arange(len(HOURS)) > 200, 1e9, values)
    found = []
    for series in (values, changed):
        samples = measured(series, steps=steps)
        found.append(predict_baselines(samples, np.flatnonzero(samples.references == reference)))
    for name, forecast in found[0].items():
        np.testing.assert_array_equal(forecast, found[1][name], err_msg=name)


def test_what_the_file_does_not_reach_back_to_is_unknown_not_zero() -> None:
    samples = measured(HOURS)
    early = predict_baselines(samples, at(samples, 30))
    assert np.isfinite(early["seasonal naive (day)"]).all()
    assert np.isnan(early["seasonal naive (week)"]).all()


def test_a_long_hole_a_day_ago_is_not_bridged() -> None:
    values = HOURS.copy()
    values[180:190] = np.nan
    samples = measured(values)
    found = predict_baselines(samples, at(samples, 200))["seasonal naive (day)"].ravel()
    assert np.isnan(found).tolist() == [4 <= k < 14 for k in range(25)]


def test_the_error_of_the_daily_baseline_is_taken_from_training_samples() -> None:
    samples = measured(HOURS % 24 + HOURS // 24)  # every day lies 1 above the one before
    truth, naive = training_errors(samples, np.arange(300))
    assert truth.shape == naive.shape
    assert len(truth) > 200
    np.testing.assert_allclose(truth[:, :24] - naive[:, :24], 1)


def test_many_training_samples_are_thinned_out_evenly() -> None:
    samples = measured(np.arange(24 * 200, dtype=float))
    truth, _ = training_errors(samples, np.arange(samples.n))
    assert 1000 < len(truth) <= 2000
