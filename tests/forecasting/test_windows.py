"""Windows hold the right instants and values; what is missing is never made up."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from services.forecasting.dataset import FeatureSpec, WindowSpec
from services.forecasting.errors import DataError
from services.forecasting.windows import gap_limit, grid, reference_times, values_at, window_means
from tests.forecasting.features import HOUR, MINUTE, START, feature, hours_since_start, without


def at(*hours: float) -> np.ndarray:
    return START + np.array([round(hour * HOUR) for hour in hours], dtype=np.int64)


def read(series: FeatureSpec, *hours: float, step: int = HOUR) -> list[float]:
    return values_at(series, at(*hours), step, gap_limit(series, None, "honest")).tolist()


def test_both_ends_of_a_window_are_among_its_steps() -> None:
    assert (grid("load", -24, 0, 97).offsets / MINUTE).tolist() == list(range(-1440, 1, 15))


@pytest.mark.parametrize(("hours", "instant"), [((-3, 0), 0), ((0, 24), 24), ((1.5, 1.5), 1.5)])
def test_a_window_of_one_step_holds_its_end(hours: tuple[float, float], instant: float) -> None:
    window = grid("load", *hours, 1)
    assert (window.offsets / HOUR).tolist() == [instant]
    assert window.step_minutes == 0


def test_fractions_of_hours_are_kept() -> None:
    assert (grid("load", -0.25, 1.5, 8).offsets / MINUTE).tolist() == list(range(-15, 91, 15))


def test_a_step_that_is_no_whole_number_of_nanoseconds_never_ends_after_the_window() -> None:
    assert 24 * HOUR - 14 < grid("load", 0, 24, 14).end <= 24 * HOUR
    assert grid("load", 0, 24, 14, "compat").step == round(24 * HOUR / 13)


@pytest.mark.parametrize("arithmetic", ["honest", "compat"])
def test_tables_name_a_step_as_it_was_meant_not_as_it_was_cut(arithmetic: Any) -> None:
    assert grid("load", 0, 3, 14, arithmetic).step_minutes == pytest.approx(180 / 13, rel=1e-15)
    assert str(grid("load", 0, 3, 14, "compat").step_minutes) == "13.846153846153847"
    assert grid("load", 0.1, 0.4, 3).step_minutes == 9


@pytest.mark.parametrize(("hours", "steps"), [((0, 0), 2), ((1, 0), 2), ((1, 0), 1), ((float("nan"), 0), 3)])
def test_a_window_that_does_not_start_before_it_ends_is_refused(hours: Any, steps: int) -> None:
    with pytest.raises(DataError) as refused:
        grid("load", *hours, steps)
    assert refused.value.code == "INVALID_WINDOW"
    assert refused.value.details == {"field": "zeithorizontStart", "feature": "load"}


@pytest.mark.parametrize(
    ("field", "change"),
    [
        ("eingabe", {"input_steps": 0}),
        ("ausgabe", {"output_steps": 0}),
        ("zeitschrittweite", {"stride_minutes": 0}),
        ("zeitschrittweite", {"stride_minutes": -15}),
        ("zeitschrittweite", {"stride_minutes": float("nan")}),
        ("offset", {"offset_minutes": float("inf")}),
        ("max_gap_minutes", {"max_gap_minutes": 0}),
        ("zeitzone", {"timezone": "Europe/Atlantis"}),
    ],
)
def test_impossible_steps_are_refused_by_the_name_of_the_field(field: str, change: dict[str, Any]) -> None:
    with pytest.raises(DataError) as refused:
        WindowSpec(**{"input_steps": 4, "output_steps": 4, "stride_minutes": 15, **change})
    assert refused.value.details == {"field": field}


def test_between_two_rows_lies_the_straight_line_and_outside_the_file_nothing() -> None:
    found = read(feature([10, 20, 40], (0, 1)), -0.5, 0, 0.25, 1, 1.5, 2, 2.1)
    assert found[1:-1] == [10, 12.5, 20, 30, 40]
    assert np.isnan([found[0], found[-1]]).all()


def test_a_row_without_a_number_is_a_barrier_up_to_the_next_rows() -> None:
    found = read(feature([1, 2, np.nan, 4, 5], (0, 1)), 1, 1.5, 2, 2.5, 3)
    assert np.isnan(found).tolist() == [False, True, True, True, False]


def test_absent_rows_are_bridged_only_up_to_three_usual_steps() -> None:
    series = feature(np.arange(40), (0, 1))
    assert read(without(series, slice(10, 12)), 10.5) == [10.5]
    assert np.isnan(read(without(series, slice(10, 13)), 10.5)).all()


def test_a_given_limit_takes_the_place_of_the_usual_one_and_compat_knows_none() -> None:
    series = without(feature(np.arange(40), (0, 1)), slice(10, 20))
    assert gap_limit(series, None, "honest") == 3 * HOUR
    assert gap_limit(series, 660, "honest") == 11 * HOUR
    assert gap_limit(series, 60, "compat") is None
    assert values_at(series, at(15), HOUR, 11 * HOUR).tolist() == [15]


def test_the_nearest_row_counts_the_earlier_of_two() -> None:
    series = feature([10, 20, 40], (0, 1), method="nearest")
    assert read(series, 0.4, 0.5, 0.6, 2) == [10, 10, 20, 40]


def test_the_nearest_row_is_not_taken_across_a_gap_beyond_the_limit() -> None:
    series = without(feature(np.arange(40.0), (0, 1), method="nearest"), slice(10, 20))
    assert read(series, 9, 20) == [9, 20]
    assert np.isnan(read(series, 9.1, 19.9)).all()


def test_means_are_taken_over_the_step_that_ends_at_the_instant() -> None:
    series = feature([1, 2, 3, 4, 5, 6, 7, 8], (0, 1), every=15, method="mean")
    assert read(series, 0.75, 1.75) == [2.5, 6.5]


def test_means_ignore_missing_numbers_but_not_a_gap_or_the_start_of_the_file() -> None:
    values = [1, 2, np.nan, 3, *range(4, 41)]
    series = feature(values, (0, 1), every=15, method="mean")
    assert read(series, 0.75) == [2]
    assert np.isnan(read(series, 0.5)).all()  # an hour before the first row was not measured
    assert np.isnan(read(without(series, slice(17, 21)), 5, 5.5)).tolist() == [True, True]


def test_means_of_a_series_slower_than_the_step_lie_on_the_line_between_its_rows() -> None:
    series = feature([10, 20, 40], (0, 1), method="mean")
    assert read(series, 1, 1.25, 1.5, step=15 * MINUTE) == [20, 25, 30]


def test_a_window_mean_holds_every_row_of_a_window_that_lies_in_the_file() -> None:
    series = feature([1, 2, 3, 4, 5], (-2, 0), window_mean=True)
    found = window_means(series, at(1, 2, 4, 5), grid("load", -2, 0, 2), "honest")
    assert found[1:3].tolist() == [2, 4]
    assert np.isnan(found[[0, 3]]).all()


def test_the_historical_window_mean_lacks_the_last_row_and_takes_what_there_is_at_the_start() -> None:
    series = feature([1, 2, 3, np.nan, 5], (-2, 0), window_mean=True)
    found = window_means(series, at(0, 1, 2, 4), grid("load", -2, 0, 2), "compat")
    assert found[1:].tolist() == [1, 1.5, 3]
    assert np.isnan(found[0])


def references(series: FeatureSpec, arithmetic: Any, stride: float, offset: float = 0) -> list[float]:
    window = grid(series.name, series.start_hours, series.end_hours, 2)
    steps = WindowSpec(2, 2, stride, offset)
    return hours_since_start(reference_times([(series, window)], 1, steps, arithmetic))


def test_reference_times_lie_where_all_windows_have_room() -> None:
    series = feature(np.arange(7), (-2, 1))
    assert references(series, "honest", 60) == [2, 3, 4, 5]
    assert references(series, "honest", 60, 30) == [2.5, 3.5, 4.5]


def test_a_daily_grid_starts_at_midnight_plus_the_offset() -> None:
    series = feature(np.arange(72), (-2, 1))
    assert references(series, "honest", 1440) == [24, 48]
    assert references(series, "honest", 1440, 120) == [2, 26, 50]


def test_the_historical_grid_hangs_on_the_hour_before_the_first_row() -> None:
    series = feature(np.arange(49), (-2, 1))
    assert references(series, "compat", 1440) == [23, 47]
    assert references(series, "compat", 720, 30) == [11.5, 23.5, 35.5, 47.5]


def test_an_endless_grid_is_refused_with_its_limit() -> None:
    with pytest.raises(DataError) as refused:
        references(feature(np.arange(100_000), (0, 1)), "honest", 0.001)
    assert refused.value.code == "TOO_MANY_SAMPLES"
    assert refused.value.details == {"field": "zeitschrittweite", "limit": 20_000_000}
