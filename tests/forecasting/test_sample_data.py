"""The made-up town: the same in every run, and like a real one in what a forecast has to learn."""

from __future__ import annotations

from datetime import datetime
from itertools import pairwise
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from services.forecasting.csv_series import Imported, read_csv
from services.forecasting.parquet import SeriesData
from services.forecasting.profile import profile
from services.forecasting.sample_data import write_sample_files

QUARTER = 15 * 60 * 10**9


@pytest.fixture(scope="module")
def files(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    return write_sample_files(tmp_path_factory.mktemp("sample"))


@pytest.fixture(scope="module")
def load(files: tuple[Path, Path]) -> Imported:
    return read_csv(files[0])


def week_of(series: SeriesData, first: str) -> np.ndarray:
    """7 days of quarter hours from this time (UTC)."""
    start = np.searchsorted(series.time, np.datetime64(first, "ns").astype(np.int64))
    return series.value[start : start + 7 * 96].reshape(7, 96)


def test_it_is_the_same_in_every_run(files: tuple[Path, Path], tmp_path: Path) -> None:
    for old, new in zip(files, write_sample_files(tmp_path), strict=True):
        assert old.read_bytes() == new.read_bytes()


def test_it_covers_two_years_with_one_gap(load: Imported, files: tuple[Path, Path]) -> None:
    about = profile(load.columns[0])
    assert (about["stepMinutes"]["mostFrequent"], about["gapCount"], about["nanShare"]) == (15, 1, 0)
    assert about["gaps"][0]["missingRows"] == 20
    assert profile(read_csv(files[1]).columns[0])["rows"] == 17520


def test_the_load_follows_the_local_clock_through_the_change(load: Imported) -> None:
    """The evening peak comes an hour earlier in UTC once summer time has begun."""
    before = week_of(load.columns[0].series, "2023-03-18T00:00").mean(axis=0)
    after = week_of(load.columns[0].series, "2023-04-01T00:00").mean(axis=0)
    evening = slice(14 * 4, 22 * 4)
    moved = np.argmax(before[evening]) - np.argmax(after[evening])
    assert 2 <= moved <= 6


def test_weekends_holidays_and_cold_days_differ(load: Imported, files: tuple[Path, Path]) -> None:
    series = load.columns[0].series
    week = week_of(series, "2023-01-15T23:00").mean(axis=1)  # from Monday 16 January, local time
    assert week[:5].min() > week[5:].max()
    feast = week_of(series, "2023-04-30T22:00").mean(axis=1)  # 1 May 2023 is a Monday
    assert feast[0] < feast[1]
    temperature = read_csv(files[1]).columns[0].series
    at = np.searchsorted(series.time, temperature.time)
    assert (
        np.corrcoef(temperature.value[at < len(series.time)], series.value[at[at < len(series.time)]])[0, 1]
        < -0.3
    )


def test_its_times_are_utc_and_reach_over_both_changes(load: Imported) -> None:
    zone = ZoneInfo("Europe/Vienna")
    times = load.columns[0].series.time // 10**9
    offsets = [datetime.fromtimestamp(int(second), zone).utcoffset() for second in times[::960]]
    changes = sum(before != after for before, after in pairwise(offsets))
    assert changes == 4
    assert (np.diff(load.columns[0].series.time) % QUARTER == 0).all()
