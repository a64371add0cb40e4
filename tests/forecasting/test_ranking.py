"""The instant ranking: who is in it, what it is judged on, and what is said where nothing can be."""

from __future__ import annotations

import numpy as np
import pytest

from services.forecasting.baselines import predict_baselines
from services.forecasting.dataset import Dataset, FeatureSpec, SplitSpec, WindowSpec, build
from services.forecasting.models.auto import Auto
from services.forecasting.ranking import AUTO, rank

HOUR = 3600 * 10**9
START = int(np.datetime64("2024-01-01T00:00", "ns").astype(np.int64))
BASELINES = {"last value", "mean of the last day", "seasonal naive (day)", "seasonal naive (week)"}


def daily(hours: int, *, constant: bool = False) -> Dataset:
    random, at = np.random.default_rng(1), np.arange(hours)
    load = (
        np.full(hours, 5.0)
        if constant
        else 100 + 30 * np.sin(at * 2 * np.pi / 24) + random.normal(0, 4, hours)
    )
    time = START + HOUR * at
    return build(
        [FeatureSpec("load", time, load, -47, 0)],
        [FeatureSpec("load", time, load, 1, 24)],
        [],
        WindowSpec(48, 24, 60),
    )


def test_auto_is_best_and_its_errors_are_those_of_its_forecasts() -> None:
    dataset = daily(24 * 80)
    found = rank(dataset, SplitSpec(), [0], [0], lambda *_, **__: None)
    table = found["outputs"]["load"]
    assert {row["model"] for row in table["models"]} == BASELINES | {AUTO}
    assert table["models"][0]["model"] == AUTO
    assert [row["MAE"] for row in table["models"]] == sorted(row["MAE"] for row in table["models"])
    assert table["models"][0]["skill"] > 0.1
    split = dataset.split(SplitSpec(), "honest")
    scalers = dataset.fit_scalers(split.train)
    model = Auto([0], [0])
    model.fit(
        dataset.samples(split.train, scalers),
        dataset.samples(split.train[:0], scalers),
        lambda *_, **__: None,
    )
    rows = split.validation
    truth = dataset.raw_outputs(rows)[:, :, 0]
    forecast = scalers.unscale_outputs(model.predict(dataset.samples(rows, scalers).x(slice(0, len(rows)))))
    naive = predict_baselines(dataset, rows)["seasonal naive (day)"][:, :, 0]
    steps = np.abs(truth - forecast[:, :, 0]).mean(axis=0)
    assert table["steps"]["MAE"][AUTO] == pytest.approx(steps)
    assert table["steps"]["MAE"]["seasonal naive (day)"] == pytest.approx(np.abs(truth - naive).mean(axis=0))
    assert table["steps"]["best"] == [AUTO] * 24
    assert found["auto"]["judged"] > 50


def test_test_samples_are_not_read() -> None:
    """Whatever stands in the test part: the ranking is the same."""
    first = rank(daily(24 * 80), SplitSpec(), [0], [0], lambda *_, **__: None)
    changed = daily(24 * 80)
    split = changed.split(SplitSpec(), "honest")
    border = int(changed.references[split.test[0]]) - 47 * HOUR
    time = START + HOUR * np.arange(24 * 80)
    random, at = np.random.default_rng(1), np.arange(24 * 80)
    load = 100 + 30 * np.sin(at * 2 * np.pi / 24) + random.normal(0, 4, len(at))
    load[time >= border] = 1e6
    spoilt = build(
        [FeatureSpec("load", time, load, -47, 0)],
        [FeatureSpec("load", time, load, 1, 24)],
        [],
        WindowSpec(48, 24, 60),
    )
    again = rank(spoilt, SplitSpec(), [0], [0], lambda *_, **__: None)
    assert again["outputs"]["load"]["steps"]["MAE"][AUTO] == pytest.approx(
        first["outputs"]["load"]["steps"]["MAE"][AUTO], rel=1e-6
    )


def test_a_series_that_never_changes_is_forecast_and_has_no_skill() -> None:
    table = rank(daily(24 * 40, constant=True), SplitSpec(), [0], [0], lambda *_, **__: None)["outputs"][
        "load"
    ]
    assert all(row["MAE"] == 0 for row in table["models"])
    assert all(row["skill"] is None for row in table["models"])
    assert table["steps"]["skill"] == [None] * 24


def test_windows_off_the_rows_have_look_backs_too() -> None:
    """48 steps from -48 h to 0 h lie a little more than an hour apart."""
    random, at = np.random.default_rng(1), np.arange(24 * 60)
    load = 100 + 30 * np.sin(at * 2 * np.pi / 24) + random.normal(0, 4, len(at))
    time = START + HOUR * at
    dataset = build(
        [FeatureSpec("load", time, load, -48, 0)],
        [FeatureSpec("load", time, load, 1, 24)],
        [],
        WindowSpec(48, 24, 60),
    )
    found = rank(dataset, SplitSpec(), [0], [0], lambda *_, **__: None)
    assert found["auto"]["judged"] > 50
    assert found["outputs"]["load"]["models"][0]["model"] == AUTO


def test_a_gap_costs_the_windows_over_it_and_not_the_look_backs() -> None:
    """Windows that hold a value over the gap are no windows of the lattice; the others are judged as ever."""
    random, at = np.random.default_rng(1), np.arange(24 * 80)
    load = 100 + 30 * np.sin(at * 2 * np.pi / 24) + random.normal(0, 4, len(at))
    kept = (at < 600) | (at >= 602)
    time, value = START + HOUR * at[kept], load[kept]
    dataset = build(
        [FeatureSpec("load", time, value, -47, 0)],
        [FeatureSpec("load", time, value, 1, 24)],
        [],
        WindowSpec(48, 24, 60),
    )
    found = rank(dataset, SplitSpec(), [0], [0], lambda *_, **__: None)
    assert found["auto"]["judged"] > 50
    assert found["outputs"]["load"]["models"][0]["model"] == AUTO
