"""The measured load track of GEFCom2014: what is read is what the competition scored, and ours is better."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from benchmarks.gefcom import REPORTED, REPORTED_MEAN, benchmark_scores, forecast
from benchmarks.gefcom_files import LEVELS, NAME, Track, pinball, read
from services.forecasting.errors import DataError

SHARED = Path(__file__).parents[2].parent / "shared"
MEASURED = Path(os.environ.get("DATA_SETS_DIR", SHARED / "data"))


@pytest.fixture(scope="module")
def track() -> Track:
    if not (MEASURED / NAME).is_file():
        pytest.skip(f"{NAME} is not in {MEASURED}: set DATA_SETS_DIR")
    return read(MEASURED)


def test_the_reported_scores_of_the_benchmark_are_reproduced(track: Track) -> None:
    found = benchmark_scores(track)
    assert {task: round(found[task], 3) for task in REPORTED} == REPORTED
    assert round(float(np.mean(list(found.values()))), 3) == REPORTED_MEAN


def test_the_rows_are_consecutive_hours_of_eleven_years(track: Track) -> None:
    assert str(np.datetime64(int(track.time[-1]), "ns"))[:13] == "2011-12-31T23"
    assert np.isnan(track.load[: 4 * 365 * 24 + 24]).all()  # 2001 to 2004
    assert not np.isnan(track.load[4 * 365 * 24 + 24 :]).any()
    assert str(np.datetime64(int(track.time[track.known[4]]), "ns"))[:13] == "2011-01-01T00"


def test_a_month_is_forecast_from_the_rows_before_it(track: Track) -> None:
    month = track.month(7)
    assert month == track.rows_of(np.datetime64("2011-04"))
    assert pinball(track.load[month], forecast(track, month), LEVELS) < 4.5  # the benchmark has 8.363


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=NAME) as caught:
        read(tmp_path)
    assert "DATA_SETS_DIR" in str(caught.value.suggestion)
