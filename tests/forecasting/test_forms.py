"""What a sample takes by the form of its series: nothing that was not known at its reference time."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.forecasting.csv_series import read_csv
from services.forecasting.dataset import Dataset, FeatureSpec, WindowSpec
from services.forecasting.errors import DataError
from services.forecasting.parquet import read_parquet, write_parquet
from tests.forecasting.features import HOUR, START, dataset, feature, hours_since_start, without
from tests.forecasting.fitted import fitted

HOURS = np.arange(120.0)
STEPS = WindowSpec(4, 3, 60)


def forecasts(every: int = 6, ahead: int = 12, last: int = 120, **more: Any) -> FeatureSpec:
    """Issued every six hours for the next twelve: the value tells the target and the issue."""
    pairs = [(target, issue) for issue in range(0, last, every) for target in range(issue, issue + ahead)]
    pairs.sort()
    time, issued = (START + np.array(column, dtype=np.int64) * HOUR for column in zip(*pairs, strict=True))
    value = np.array([target + issue / 1000 for target, issue in pairs])
    window = more.pop("hours", (0, 3))
    return FeatureSpec("weather", time, value, *window, form="forecasts", issued=issued, **more)


def with_target(series: FeatureSpec, steps: WindowSpec = STEPS) -> Dataset:
    return dataset([series], [feature(HOURS, (0, 2), name="target")], steps)


def test_a_window_of_forecasts_holds_for_each_instant_the_newest_one_issued_by_the_reference_time() -> None:
    samples = with_target(forecasts())
    for row, reference in enumerate(hours_since_start(samples.references)):
        newest = reference // 6 * 6 / 1000
        expected = [reference + k + newest for k in range(4)]
        assert samples.raw_inputs(slice(row, row + 1))[0, :, 0].tolist() == pytest.approx(expected)
    assert samples.notes == []


def test_instants_that_no_forecast_reaches_drop_the_sample() -> None:
    samples = with_target(forecasts(every=12, ahead=12))
    kept = {int(hour) % 12 for hour in hours_since_start(samples.references)}
    assert kept == set(range(9))  # from 9 on the window runs beyond the newest issue


def test_an_older_forecast_counts_where_the_newer_is_empty() -> None:
    series = forecasts()
    series.value[(series.issued == START + 12 * HOUR) & (series.time == START + 14 * HOUR)] = np.nan
    row = np.flatnonzero(with_target(series).references == START + 12 * HOUR)
    found = with_target(series).raw_inputs(row)[0, :, 0]
    assert found.tolist() == pytest.approx([12.012, 13.012, 14.006, 15.012])


def test_a_forecast_issued_after_the_reference_time_is_never_used() -> None:
    series = forecasts()
    late = FeatureSpec(**{**vars(series), "issued": series.issued + HOUR // 2})
    for samples, delay in ((with_target(series), 0.0), (with_target(late), 0.5)):
        x = samples.raw_inputs(slice(None))[:, :, 0]
        issue = np.rint((x - np.floor(x)) * 1000)
        assert (issue + delay <= np.array(hours_since_start(samples.references))[:, None]).all()


@pytest.mark.parametrize(
    ("method", "expected"), [("linear", [10.5, 11.5]), ("nearest", [10, 11]), ("mean", [10, 11])]
)
def test_forecasts_are_read_by_the_three_methods(method: Any, expected: list[float]) -> None:
    series = forecasts(hours=(0.5, 1.5), method=method)
    samples = with_target(series, WindowSpec(2, 3, 60))
    row = np.flatnonzero(samples.references == START + 10 * HOUR)
    assert samples.raw_inputs(row)[0, :, 0].tolist() == pytest.approx([each + 0.006 for each in expected])


def test_the_mean_of_a_window_of_forecasts_is_of_the_vintages_known() -> None:
    samples = with_target(forecasts(window_mean=True))
    row = np.flatnonzero(samples.references == START + 13 * HOUR)
    assert samples.raw_inputs(row)[0, :, 0].tolist() == pytest.approx([14.5 + 0.012] * 4)


def test_a_dataset_with_forecasts_is_the_same_after_loading(tmp_path: Path) -> None:
    samples = with_target(forecasts())
    samples.save(tmp_path / "saved")
    loaded = Dataset.load(tmp_path / "saved")
    np.testing.assert_array_equal(loaded.raw_inputs(slice(None)), samples.raw_inputs(slice(None)))


def test_the_current_value_is_the_newest_number_in_every_step() -> None:
    values = HOURS.copy()
    values[50:52] = np.nan
    series = feature(values, (0, 0), name="state", form="current")
    samples = with_target(series, WindowSpec(4, 3, 30))
    x = samples.raw_inputs(slice(None))[:, :, 0]
    hours = np.array(hours_since_start(samples.references))
    expected = np.where((hours >= 50) & (hours < 52), 49, np.floor(hours))
    np.testing.assert_array_equal(x, np.repeat(expected[:, None], 4, axis=1))


def test_a_current_value_older_than_the_gap_limit_is_none() -> None:
    series = without(feature(HOURS, (0, 0), name="state", form="current"), slice(50, 60))
    kept = hours_since_start(with_target(series).references)
    assert {49, 52, 60} <= set(kept)
    assert not {53, 59} & set(kept)
    patient = with_target(series, WindowSpec(4, 3, 60, max_gap_minutes=600))
    assert {53, 59} <= set(hours_since_start(patient.references))


def test_measurements_of_the_future_among_the_inputs_are_said_to_be_foresight() -> None:
    (note,) = with_target(feature(HOURS, (0, 3), name="weather")).notes
    assert (note.code, note.details) == ("PERFECT_FORESIGHT", {"feature": "weather", "until_hours": 3})
    assert with_target(feature(HOURS, (-3, 0), name="weather")).notes == []


@pytest.mark.parametrize(
    ("code", "series"),
    [
        ("NO_ISSUE_TIMES", feature(HOURS, (0, 3), form="forecasts")),
        ("INVALID_DATENFORM", FeatureSpec(**{**vars(forecasts()), "form": "historical"})),
        ("UNSORTED_TIMES", FeatureSpec(**{**vars(forecasts()), "issued": -forecasts().time})),
    ],
)
def test_a_form_that_does_not_fit_the_series_is_refused(code: str, series: FeatureSpec) -> None:
    with pytest.raises(DataError) as refused:
        with_target(series)
    assert refused.value.code == code


def test_an_output_is_of_measurements() -> None:
    with pytest.raises(DataError) as refused:
        dataset([feature(HOURS, (-3, 0))], [feature(HOURS, (0, 2), name="y", form="current")], STEPS)
    assert refused.value.code == "INVALID_DATENFORM"


@pytest.mark.parametrize("mode", ["AUTO", "LIN"])
def test_models_learn_from_every_form_of_a_column(mode: str) -> None:
    hours = np.arange(24.0 * 25)
    load = 50 + 10 * np.sin(hours * np.pi / 12) + np.random.default_rng(2).normal(0, 1, len(hours))
    target = feature(load, (1, 6), name="load")
    past = feature(load, (-11, 0), name="past")
    lagged = feature(load, (-11, 0), name="past", lags=("P1D", "PT24H"))
    now = feature(load, (0, 0), name="now", form="current")
    cases = [([past], 45), ([lagged], 60), ([past, now, forecasts(last=len(hours), hours=(1, 6))], 60)]
    for inputs, stride in cases:  # in the first no reference time but every fourth is that of a row
        samples = dataset(inputs, [target], WindowSpec(12, 6, stride, timezone="Europe/Vienna"))
        trained, _ = fitted(samples, mode)
        error = np.abs(trained.forecast - trained.truth).mean()
        assert error < 0.5 * np.abs(trained.baselines["last value"] - trained.truth).mean()


CSV = """Ausgabe;Zeit;Temperatur
2024-01-01 06:00;2024-01-01 07:00;5,5
2024-01-01 00:00;2024-01-01 07:00;4,5
2024-01-01 00:00;2024-01-01 06:00;3,5
2024-01-01 00:00;2024-01-01 06:00;4,5
"""


def test_a_file_of_forecasts_keeps_every_issue(tmp_path: Path) -> None:
    path = tmp_path / "forecasts.csv"
    path.write_text(CSV, encoding="utf-8")
    (column,) = read_csv(path, issued="Ausgabe").columns
    write_parquet(column.series, tmp_path / "series.parquet")
    series = read_parquet(tmp_path / "series.parquet")
    assert hours_since_start(series.time) == [6, 7, 7]
    assert hours_since_start(series.issued) == [0, 0, 6]
    assert series.value.tolist() == [4, 4.5, 5.5]
    assert (column.duplicates, column.unsorted) == (1, False)


def test_a_column_of_issue_times_that_is_not_there_is_named(tmp_path: Path) -> None:
    path = tmp_path / "forecasts.csv"
    path.write_text(CSV, encoding="utf-8")
    with pytest.raises(DataError) as refused:
        read_csv(path, issued="issued")
    assert (refused.value.code, refused.value.details["field"]) == ("UNKNOWN_COLUMN", "ausgabezeit")
