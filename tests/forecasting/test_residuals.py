"""Residuals: the autocorrelation of known series, gaps left out, histograms that lose nothing."""

from __future__ import annotations

import numpy as np
import pytest

from services.forecasting.residuals import MAX_VALUES, autocorrelation, residuals

HOUR = 3600 * 10**9


def test_the_autocorrelation_is_that_of_the_definition() -> None:
    rng = np.random.default_rng(1)
    noise = rng.normal(size=500)
    error = np.convolve(noise, [1.0, 0.8], mode="valid")
    times = HOUR * np.arange(len(error))
    gone = rng.random(len(error)) < 0.1
    truth, forecast = np.zeros((len(error), 1)), error[:, None]
    found = autocorrelation(truth[~gone], forecast[~gone], times[~gone], 0)
    kept = np.where(gone, np.nan, error - error[~gone].mean())
    for lag in (0, 1, 5, 40):
        products = kept[lag:] * kept[: len(kept) - lag]
        assert found["values"][lag] == pytest.approx(np.nanmean(products) / np.nanmean(kept**2), abs=1e-9)
    assert found["values"][1] == pytest.approx(0.8 / 1.64, abs=0.1)
    assert found["lag_minutes"][:3] == [0, 60, 120]


def test_the_order_of_windows_does_not_matter() -> None:
    rng = np.random.default_rng(2)
    truth, forecast = rng.normal(size=(2, 100, 2))
    times, order = HOUR * np.arange(100), rng.permutation(100)
    assert autocorrelation(truth, forecast, times, 1)["values"] == pytest.approx(
        autocorrelation(truth[order], forecast[order], times[order], 1)["values"]
    )


def test_a_single_window_and_a_perfect_forecast_are_told_without_nan() -> None:
    one = residuals(np.ones((1, 3)), np.ones((1, 3)), np.array([0]), HOUR * np.arange(3), None)
    assert one["histogram"]["counts"] == [3] and one["autocorrelation"]["reason"]
    many = residuals(np.ones((9, 3)), np.ones((9, 3)), HOUR * np.arange(9), HOUR * np.arange(3), 1)
    assert many["autocorrelation"]["values"] == [None] * 3
    assert many["autocorrelation"]["reason"] == "the errors never change"


def test_of_very_many_windows_some_are_looked_at() -> None:
    n = MAX_VALUES // 2
    truth = np.zeros((n, 4))
    found = residuals(truth, truth + 1, HOUR * np.arange(n), HOUR * np.arange(4), None)
    assert (found["samples"], found["of_samples"], found["mean"]) == (MAX_VALUES // 4, n, 1.0)
    assert len(found["against_forecast"]["residual"]) <= 1000
