"""What the profile of an imported series says, and that its Parquet file keeps it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from services.forecasting.parquet import SeriesData, read_parquet, write_parquet
from services.forecasting.profile import measured, profile
from tests.forecasting.csv_files import imported

ROWS = [f"2024-01-01 {i // 4:02}:{i % 4 * 15 + 5:02};{i}" for i in range(96)]


def test_a_profile_says_what_is_in_the_file(tmp_path: Path) -> None:
    rows = [*ROWS[:40], *ROWS[48:60], "2024-01-01 15:05;", ROWS[60], *ROWS[61:]]
    about = profile(imported(tmp_path, "t;v\n" + "\n".join(rows)).columns[0])
    assert about == {
        "column": "v",
        "decimal": ".",
        "rows": 88,
        "numericRows": 88,
        "nanShare": 0.0,
        "duplicates": 1,
        "unsorted": False,
        "min": 0.0,
        "max": 95.0,
        "mean": about["mean"],
        "constant": False,
        "empty": False,
        "firstTime": "2024-01-01T00:05:00+00:00",
        "lastTime": "2024-01-01T23:50:00+00:00",
        "stepMinutes": {"mean": 1425 / 87, "mostFrequent": 15.0, "min": 15.0, "max": 135.0},
        "offsetMinutes": 5.0,
        "regular": False,
        "stepHistogram": [{"minutes": 15.0, "count": 86}, {"minutes": 135.0, "count": 1}],
        "gapCount": 1,
        "gaps": [
            {
                "position": 39,
                "from": "2024-01-01T09:50:00+00:00",
                "to": "2024-01-01T12:05:00+00:00",
                "minutes": 135.0,
                "missingRows": 8,
            }
        ],
    }


def test_constant_and_empty_columns_and_missing_values_are_said(tmp_path: Path) -> None:
    content = "t;a;b;c\n2024-01-01;5;;1\n2024-01-02;5;;\n2024-01-03;5;;3\n"
    found = imported(tmp_path, content, ["a", "b", "c"])
    constant, empty, holes = (profile(column) for column in found.columns)
    assert (constant["constant"], constant["empty"]) == (True, False)
    assert (empty["constant"], empty["empty"]) == (False, True)
    assert (empty["min"], empty["max"], empty["mean"], empty["nanShare"]) == (None, None, None, 1.0)
    assert holes["nanShare"] == 0.333333
    assert found.warnings == [
        "a: every value is 5",
        "b: holds no number at all",
        "c: 1 of 3 values are missing",
    ]
    json.dumps([constant, empty, holes, *(measured(c.series) for c in found.columns)], allow_nan=False)


def test_steps_that_do_not_divide_the_hour_have_no_offset() -> None:
    hours = 3600 * 10**9 * np.array([0, 2, 4], dtype=np.int64)
    assert measured(SeriesData(hours, np.ones(3)))["offset"] is None
    assert measured(SeriesData(hours // 2, np.ones(3)))["offset"] == 0


def test_a_wide_histogram_and_many_gaps_are_cut(tmp_path: Path) -> None:
    minutes = np.cumsum(np.concatenate([np.ones(3000), np.arange(2, 1502)])).astype(np.int64)
    series = SeriesData(minutes * 60 * 10**9, np.ones(len(minutes)))
    column = imported(tmp_path, "t;v\n" + "\n".join(ROWS)).columns[0]
    about = profile(type(column)("v", series, 0, False, "."))
    assert (about["gapCount"], len(about["gaps"]), len(about["stepHistogram"])) == (1500, 500, 20)


def test_a_parquet_file_gives_back_the_same_series(tmp_path: Path) -> None:
    series = SeriesData(np.array([-5, 0, 10**18 + 1], dtype=np.int64), np.array([1.5, np.nan, -0.1]))
    for name in ("a", "b"):
        write_parquet(series, tmp_path / name)
    assert (tmp_path / "a").read_bytes() == (tmp_path / "b").read_bytes()
    found = read_parquet(tmp_path / "a")
    assert found.time.dtype == np.int64 and found.value.dtype == np.float64
    np.testing.assert_array_equal(found.time, series.time)
    np.testing.assert_array_equal(found.value, series.value)
