"""Few points that draw the line of many: extremes kept, order kept, gaps seen."""

from __future__ import annotations

import time

import numpy as np
import pytest

from services.forecasting.decimation import BLOCK, Drawable
from services.forecasting.parquet import SeriesData
from services.forecasting.units import MINUTE

START = 1_700_000_000 * 10**9


def drawable(value: np.ndarray, instants: np.ndarray | None = None) -> Drawable:
    count = np.arange(len(value), dtype=np.int64)
    return Drawable.of(SeriesData(START + count * MINUTE if instants is None else instants, value))


def noise(count: int, missing: float = 0.0) -> np.ndarray:
    dice = np.random.default_rng(count)
    value = np.cumsum(dice.normal(size=count))
    value[dice.random(count) < missing] = np.nan
    return value


@pytest.mark.parametrize("missing", [0.0, 0.3])
@pytest.mark.parametrize("count", [3000, BLOCK * 20, 50_001])
def test_every_bucket_keeps_its_least_and_its_greatest(count: int, missing: float) -> None:
    series = drawable(noise(count, missing))
    for first, last in ((0, count - 1), (count // 7, count // 2), (count // 3, count // 3 + 1500)):
        line = series.line(int(series.time[first]), int(series.time[last]), 1000)
        assert line.found == last - first + 1
        assert len(line.time) <= 1001
        assert (np.diff(line.time) > 0).all()
        assert line.time[0] == series.time[first] and line.time[-1] == series.time[last]
        bucket = (series.time[first : last + 1] - series.time[first]) // line.bucket
        shown = (line.time - series.time[first]) // line.bucket
        value = series.value[first : last + 1]
        for number in range(0, int(bucket[-1]) + 1, 17):
            real, drawn = value[bucket == number], line.value[shown == number]
            if np.isfinite(real).any():
                assert np.nanmin(drawn) == np.nanmin(real)
                assert np.nanmax(drawn) == np.nanmax(real)


def test_points_are_points_of_the_series() -> None:
    series = drawable(noise(20_000))
    line = series.line(int(series.time[0]), int(series.time[-1]), 500)
    rows = np.searchsorted(series.time, line.time)
    assert (series.time[rows] == line.time).all()
    assert (series.value[rows] == line.value).all()


def test_few_rows_come_whole_with_a_break_where_rows_are_absent() -> None:
    instants = START + np.array([0, 1, 2, 6, 7], dtype=np.int64) * MINUTE
    series = drawable(np.array([1.0, 2.0, np.nan, 4.0, 5.0]), instants)
    line = series.line(START, START + 7 * MINUTE, 10)
    assert line.bucket == 0 and line.found == 5
    assert ((line.time - START) // MINUTE).tolist() == [0, 1, 2, 3, 6, 7]
    assert np.isnan(line.value).tolist() == [False, False, True, True, False, False]


def test_a_gap_is_seen_from_far_away() -> None:
    count = np.arange(20_000, dtype=np.int64)
    instants = START + np.where(count < 10_000, count, count + 5000) * MINUTE
    series = drawable(noise(20_000), instants)
    line = series.line(int(instants[0]), int(instants[-1]), 1000)
    broken = line.time[np.isnan(line.value)]
    assert broken.size
    assert (broken > instants[9999]).all() and (broken < instants[10_000]).all()
    after = np.flatnonzero(np.isnan(line.value))[0] + 1
    assert np.isnan(line.value[after]) or line.time[after] >= instants[10_000]


def test_a_stretch_without_any_value_breaks_the_line() -> None:
    value = noise(20_000)
    value[8000:12_000] = np.nan
    line = drawable(value).line(START, START + 20_000 * MINUTE, 400)
    inside = (line.time > START + 8200 * MINUTE) & (line.time < START + 11_800 * MINUTE)
    assert inside.any() and np.isnan(line.value[inside]).all()
    assert np.isfinite(line.value[~inside]).sum() > 200


def test_of_forecasts_the_newest_issue_is_drawn() -> None:
    instants = START + np.array([0, 0, 1, 1, 2], dtype=np.int64) * MINUTE
    issued = START - np.array([9, 8, 9, 8, 9], dtype=np.int64) * MINUTE
    series = Drawable.of(SeriesData(instants, np.array([1.0, 2.0, 3.0, 4.0, 5.0]), issued))
    assert series.line(START, START + 2 * MINUTE, 10).value.tolist() == [2.0, 4.0, 5.0]


def test_nothing_lies_outside() -> None:
    series = drawable(noise(5000))
    line = series.line(0, 10, 100)
    assert (line.found, line.time.size) == (0, 0)


def test_a_million_rows_take_milliseconds() -> None:
    series = drawable(noise(1_000_000))
    spent = []
    for first in range(0, 400_000, 20_000):
        began = time.process_time()
        series.line(int(series.time[first]), int(series.time[-first - 1]), 4000)
        spent.append(time.process_time() - began)
    assert sorted(spent)[len(spent) // 2] < 0.05
