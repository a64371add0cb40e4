"""A dataset holds exactly the complete samples, says why others fell out, never all windows at once."""

from __future__ import annotations

import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.forecasting.columns import Column, Computed, Constant, Lattice
from services.forecasting.dataset import CalendarSpec, Dataset, FeatureSpec, SplitSpec, WindowSpec
from services.forecasting.errors import DataError
from services.forecasting.scaling import Scalers
from services.forecasting.windows import interpolate
from tests.forecasting.features import HOUR, START, dataset, feature, hours_since_start, without

HOURS = np.arange(240.0)
STEPS = WindowSpec(4, 3, 60)


def usual(**more: Any) -> Dataset:
    inputs = [feature(HOURS, (-3, 0), name="past"), feature(-HOURS, (0, 3), name="weather")]
    return dataset(inputs, [feature(HOURS, (0, 2), name="target")], STEPS, **more)


def test_windows_hold_past_and_future_around_the_reference_time() -> None:
    samples = usual()
    row = np.flatnonzero(samples.references == START + 100 * HOUR)
    assert samples.raw_inputs(row)[0, :, 0].tolist() == [97, 98, 99, 100]
    assert samples.raw_inputs(row)[0, :, 1].tolist() == [-100, -101, -102, -103]
    assert samples.raw_outputs(row)[0, :, 0].tolist() == [100, 101, 102]


def test_features_are_files_in_order_then_calendar_columns_in_order() -> None:
    calendar = [CalendarSpec(name, False, False, country="AT") for name in ("H", "D", "Y")]
    samples = usual(calendar=calendar)
    assert samples.input_names == ["past", "weather", "Y_sin", "Y_cos", "D_sin", "D_cos", "H"]
    assert samples.output_names == ["target"]
    assert samples.raw_inputs(slice(0, 5)).shape == (5, 4, 7)
    assert samples.step_minutes == [60]


def test_a_component_per_step_lies_in_its_own_window() -> None:
    spec = CalendarSpec("D", per_step=True, start_hours=-3, end_hours=0)
    samples = usual(calendar=[spec])
    hours = samples.references[:, None] / HOUR + np.arange(-3, 1)
    np.testing.assert_allclose(
        samples.raw_inputs(slice(None))[:, :, 2], np.sin(2 * np.pi * hours / 24), atol=1e-8
    )


def test_a_component_of_the_reference_time_stays_the_same_in_every_step() -> None:
    x = usual(calendar=[CalendarSpec("D", per_step=False)]).raw_inputs(slice(None))[:, :, 2]
    assert (x == x[:, :1]).all()


@pytest.mark.parametrize("arithmetic", ["honest", "compat"])
def test_samples_whose_windows_touch_a_missing_number_fall_out_and_are_counted(arithmetic: Any) -> None:
    values = HOURS.copy()
    values[100] = np.nan
    samples = dataset(
        [feature(values, (-3, 0), name="past")],
        [feature(HOURS, (0, 2), name="target")],
        STEPS,
        arithmetic=arithmetic,
    )
    assert samples.dropped["past"] >= 4
    gone = set(range(90, 110)) - {int(hour) for hour in hours_since_start(samples.references)}
    assert gone == {100, 101, 102, 103}


def test_a_month_without_rows_is_no_straight_line_unless_one_asks_for_it() -> None:
    series = without(feature(HOURS, (-3, 0), name="past"), slice(100, 150))
    target = feature(HOURS, (0, 2), name="target")
    assert dataset([series], [target], STEPS).n == usual().n + 1 - 50
    compat = dataset([series], [target], STEPS, arithmetic="compat")
    allowed = dataset([series], [target], WindowSpec(4, 3, 60, max_gap_minutes=60 * 60))
    assert allowed.n == compat.n == usual().n + 1


@pytest.mark.parametrize(
    ("stride", "steps", "form"),
    [(60, 4, Lattice), (20, 4, Lattice), (7, 4, Lattice), (1440, 13, Lattice), (60, 8, Computed)],
)
def test_every_form_of_a_feature_gives_the_interpolated_values(stride: float, steps: int, form: type) -> None:
    values = np.random.default_rng(0).normal(size=240)
    series = feature(values, (-3, 0), name="past")
    samples = dataset([series], [feature(HOURS, (0, 2))], WindowSpec(steps, 3, stride), arithmetic="compat")
    column: Column = samples.inputs[0]
    assert isinstance(column, form)
    at = samples.references[:, None] + np.linspace(-3 * HOUR, 0, steps).astype(np.int64)
    expected = interpolate(series.time, series.value, at.ravel(), None).reshape(at.shape)
    np.testing.assert_allclose(samples.raw_inputs(slice(None))[:, :, 0], expected, atol=1e-8)
    assert column.extremes(samples.index) == pytest.approx((expected.min(), expected.max()), abs=1e-8)


def test_an_input_of_the_past_never_uses_the_row_after_the_reference_time() -> None:
    series = without(feature(HOURS, (-1, 0), name="past"), slice(50, 52))
    steps = WindowSpec(5, 3, 20)
    samples = dataset([series], [feature(HOURS, (0, 2), name="target")], steps)
    by_reference = dict(
        zip(hours_since_start(samples.references), samples.raw_inputs(slice(None)), strict=True)
    )
    assert by_reference[10][:, 0].tolist() == [9, 9.25, 9.5, 9.75, 10]
    off = by_reference[10 + 1 / 3][:, 0]
    assert off.tolist() == pytest.approx([9 + 1 / 3, 9 + 7 / 12, 9 + 10 / 12, 10, 10])
    assert by_reference[51][:, 0].tolist() == [49] * 5  # a gap is not filled backwards
    assert by_reference[52][:, 0].tolist() == [51, 51.25, 51.5, 51.75, 52]


def test_a_window_mean_is_repeated_in_every_step() -> None:
    series = feature(HOURS, (-4, 0), name="past", window_mean=True)
    samples = dataset([series], [feature(HOURS, (0, 2))], STEPS)
    assert isinstance(samples.inputs[0], Constant)
    hours = np.array(hours_since_start(samples.references))
    assert samples.raw_inputs(slice(None))[:, :, 0].tolist() == [[hour - 2] * 4 for hour in hours]


def test_one_step_in_and_one_step_out_is_a_dataset_too() -> None:
    samples = dataset([feature(HOURS, (-1, 0), name="a")], [feature(HOURS, (0, 1))], WindowSpec(1, 1, 60))
    assert samples.raw_inputs(slice(0, 2)).shape == (2, 1, 1)
    assert (samples.raw_outputs(slice(None)) - samples.raw_inputs(slice(None)) == 1).all()


def test_output_files_that_end_early_take_part_in_the_span() -> None:
    short = feature(HOURS[:50], (0, 2), name="target")
    samples = dataset([feature(HOURS, (-3, 0), name="past")], [short], STEPS)
    assert hours_since_start(samples.references)[-1] == 47
    assert samples.dropped == {}


def test_windows_longer_than_the_data_are_refused_by_name_and_time() -> None:
    with pytest.raises(DataError) as refused:
        dataset([feature(HOURS, (-300, 0), name="past")], [feature(HOURS, (0, 2), name="target")], STEPS)
    assert refused.value.code == "NO_SAMPLES"
    assert (
        "'past' allows reference times from 2024-01-13T12:00:00Z on, 'target' until" in refused.value.message
    )


def test_data_full_of_holes_are_refused_with_the_count_of_every_feature() -> None:
    values = HOURS.copy()
    values[::3] = np.nan
    with pytest.raises(DataError) as refused:
        dataset([feature(values, (-3, 0), name="past")], [feature(HOURS, (0, 2))], STEPS)
    assert refused.value.code == "NO_SAMPLES"
    assert refused.value.details == {"reference_times": 235, "incomplete": {"past": 235, "load": 0}}


def unsorted() -> FeatureSpec:
    return feature([1, 2, 3], (0, 1), time=START + np.array([0, 2, 2]) * HOUR)


@pytest.mark.parametrize(
    ("code", "series"),
    [
        ("MISSING_FILES", []),
        ("EMPTY_FILE", [feature([], (0, 1))]),
        ("UNSORTED_TIMES", [unsorted()]),
        ("INVALID_SCALING", [feature(HOURS, (-3, 0), scale_min=1, scale_max=1)]),
    ],
)
def test_unusable_input_is_refused_before_any_work(code: str, series: list[FeatureSpec]) -> None:
    with pytest.raises(DataError) as refused:
        dataset(series, [feature(HOURS, (0, 2))], STEPS)
    assert refused.value.code == code


def test_a_saved_dataset_is_the_same_after_loading(tmp_path: Path) -> None:
    calendar = [CalendarSpec("D", True, True, -3, 0), CalendarSpec("H", False, False, country="AT")]
    inputs = [
        feature(HOURS, (-3, 0), name="past"),
        feature(HOURS, (-3, 0), name="mean", window_mean=True),
        feature(HOURS, (-2.9, 0.123), name="odd", method="nearest"),
    ]
    steps = WindowSpec(8, 3, 60, timezone="Europe/Vienna")
    samples = dataset(inputs, [feature(HOURS, (0, 2), name="target")], steps, calendar=calendar)
    samples.save(tmp_path / "saved")
    loaded = Dataset.load(tmp_path / "saved")
    assert isinstance(loaded.inputs[0], Lattice | Computed)
    np.testing.assert_array_equal(loaded.references, samples.references)
    np.testing.assert_array_equal(loaded.raw_inputs(slice(None)), samples.raw_inputs(slice(None)))
    np.testing.assert_array_equal(loaded.raw_outputs(slice(None)), samples.raw_outputs(slice(None)))
    assert loaded.input_names == samples.input_names
    np.testing.assert_array_equal(
        loaded.split(SplitSpec(), "honest").test, samples.split(SplitSpec(), "honest").test
    )


def test_scalers_know_only_the_samples_they_were_fitted_on() -> None:
    samples = usual()
    scalers = samples.fit_scalers(np.arange(100))
    scaled = samples.samples(np.arange(samples.n), scalers)
    assert scaled.x(slice(0, 100)).min(axis=(0, 1)).tolist() == pytest.approx([0, 0])
    assert scaled.x(slice(0, 100)).max(axis=(0, 1)).tolist() == pytest.approx([1, 1])
    assert scaled.x(slice(None))[:, :, 0].max() > 1
    assert (len(scaled), scaled.input_steps, scaled.n_inputs) == (samples.n, 4, 2)
    assert (scaled.output_steps, scaled.n_outputs) == (3, 1)


def test_scalers_survive_json_and_give_back_the_original_units() -> None:
    samples = dataset(
        [
            feature(HOURS, (-3, 0), scale_min=-1, scale_max=1),
            feature(HOURS, (-3, 0), name="raw", scale=False),
        ],
        [feature(np.full(240, 7.0), (0, 2), name="flat")],
        STEPS,
    )
    scalers = Scalers.from_json(samples.fit_scalers(np.arange(samples.n)).to_json())
    x, y = samples.raw_inputs(slice(None)), samples.raw_outputs(slice(None))
    scaled = scalers.scale_inputs(x)[:, :, 0]
    assert (scaled.min(), scaled.max()) == pytest.approx((-1, 1))
    np.testing.assert_array_equal(scalers.scale_inputs(x)[:, :, 1], x[:, :, 1])
    assert (scalers.scale_outputs(y) == 0).all()
    np.testing.assert_allclose(scalers.unscale_outputs(scalers.scale_outputs(y)), y)
    assert scalers.to_json()["input"][1] == {"name": "raw", "scaled": False}


def test_a_long_series_with_long_windows_is_never_held_as_windows() -> None:
    n = 4 * 24 * 365
    values = np.sin(np.arange(n) / 10)
    tracemalloc.start()
    samples = dataset(
        [feature(values, (-24, 0), every=15, name="past")],
        [feature(values, (0, 24), every=15)],
        WindowSpec(97, 97, 15),
    )
    samples.fit_scalers(np.arange(samples.n))
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    windows = samples.n * 97 * 2 * 8
    assert peak < windows / 5


@pytest.mark.parametrize(("steps", "start"), [(97, -24), (385, -96)])
def test_a_dataset_takes_three_times_the_bytes_of_its_series_whatever_the_windows(
    steps: int, start: float
) -> None:
    n = 3 * 4 * 24 * 365
    values = np.cumsum(np.random.default_rng(0).normal(size=n))
    inputs = [
        feature(values, (start, 0), every=15, name="past"),
        feature(-values, (0, -start), every=15, name="t"),
    ]
    calendar = [CalendarSpec(name, start_hours=start, end_hours=0) for name in ("Y", "W", "D")]
    target = feature(values, (0.25, 24), every=15)
    series = sum(each.time.nbytes + each.value.nbytes for each in (*inputs, target))
    windows = WindowSpec(steps, 96, 15)
    dataset(inputs, [target], windows, calendar=calendar)  # what is imported or kept for later does not count
    tracemalloc.start()
    dataset(inputs, [target], windows, calendar=calendar)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak <= 3 * series


def test_rows_that_lie_on_the_lattice_are_not_copied() -> None:
    series = feature(HOURS, (-3, 0), name="past")
    column = dataset([series], [feature(HOURS, (0, 2), name="target")], STEPS).inputs[0]
    assert isinstance(column, Lattice)
    assert np.shares_memory(column.values, series.value)


@pytest.mark.parametrize(("stride", "steps"), [(60, 4), (180, 4), (60, 2), (600, 3), (1440, 7)])
def test_extremes_are_those_of_the_windows_asked_for(stride: float, steps: int) -> None:
    values = np.random.default_rng(1).normal(size=900)
    windows = WindowSpec(steps, 2, stride)
    samples = dataset([feature(values, (-6, 0))], [feature(values, (0, 2), name="y")], windows)
    for rows in (np.arange(samples.n), np.array([0]), np.array([5, 1, 2, samples.n - 1])):
        found = samples.inputs[0].extremes(samples.index[rows])
        windows_of = samples.raw_inputs(rows)
        assert found == pytest.approx((windows_of.min(), windows_of.max()), abs=1e-12)


def test_progress_is_reported_up_to_the_end() -> None:
    seen: list[tuple[float, float]] = []
    usual(report=lambda current, total: seen.append((current, total)))
    assert seen[-1] == (4, 4)
    assert [current for current, _ in seen] == [1, 2, 3, 4]
