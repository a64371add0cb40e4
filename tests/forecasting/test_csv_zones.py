"""A declared time zone: hours that come twice and hours that never came."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from pydantic import ValidationError

from services.forecasting.csv_series import ImportOptions
from tests.forecasting.csv_files import imported, refused, stamps

VIENNA = "Europe/Vienna"


def written_locally(zone: str, first: datetime, count: int, minutes: int) -> list[tuple[str, int]]:
    """Rows as a logger on local time writes them, valued by their place in real time."""
    instants = [first + timedelta(minutes=minutes * i) for i in range(count)]
    return [(f"{at.astimezone(ZoneInfo(zone)):%Y-%m-%d %H:%M}", i) for i, at in enumerate(instants)]


def as_read(folder: Path, rows: list[tuple[str, int]], zone: str) -> tuple[list[str], list[float]]:
    content = "t;v\n" + "".join(f"{clock};{value}\n" for clock, value in rows)
    series = imported(folder, content, timezone=zone).columns[0].series
    return stamps(series), series.value.tolist()


@pytest.mark.parametrize("minutes", [10, 30])
@pytest.mark.parametrize(
    ("zone", "change"),
    [
        (VIENNA, datetime(2024, 3, 31, tzinfo=UTC)),
        (VIENNA, datetime(2024, 10, 27, tzinfo=UTC)),
        ("America/New_York", datetime(2024, 11, 3, 6, tzinfo=UTC)),
        ("America/Sao_Paulo", datetime(2018, 2, 18, 2, tzinfo=UTC)),
        ("Australia/Lord_Howe", datetime(2024, 4, 6, 15, tzinfo=UTC)),
        ("Asia/Kolkata", datetime(2024, 4, 6, tzinfo=UTC)),
    ],
)
@pytest.mark.parametrize("newest_first", [False, True])
def test_both_passes_of_a_repeated_hour_are_told_apart(
    tmp_path: Path, zone: str, change: datetime, minutes: int, newest_first: bool
) -> None:
    first = change - timedelta(hours=12)
    rows = written_locally(zone, first, 24 * 60 // minutes, minutes)
    times, values = as_read(tmp_path, rows[::-1] if newest_first else rows, zone)
    assert times == [f"{first + timedelta(minutes=minutes * i):%Y-%m-%dT%H:%M}" for i in range(len(rows))]
    assert values == list(range(len(rows)))


def test_an_hour_of_one_row_may_come_twice(tmp_path: Path) -> None:
    rows = written_locally(VIENNA, datetime(2024, 10, 26, tzinfo=UTC), 48, 60)
    assert as_read(tmp_path, rows, VIENNA)[1] == list(range(48))


def test_rows_that_are_missing_in_one_pass_do_not_mislead(tmp_path: Path) -> None:
    rows = written_locally(VIENNA, datetime(2024, 10, 26, 23, tzinfo=UTC), 16, 15)
    kept = [row for row in rows if row[1] not in (5, 8)]  # 02:15 of the first, 02:00 of the second pass
    times, values = as_read(tmp_path, kept, VIENNA)
    assert values == [value for _, value in kept]
    assert times[4:10] == [
        f"2024-10-27T{clock}" for clock in ("00:00", "00:30", "00:45", "01:15", "01:30", "01:45")
    ]


def test_in_unsorted_rows_the_first_of_two_equal_times_is_the_earlier(tmp_path: Path) -> None:
    rows = [
        ("2024-10-27 02:00", 1),
        ("2024-10-27 02:00", 2),
        ("2024-10-27 02:30", 3),
        ("2024-10-27 02:30", 4),
    ]
    others = written_locally(VIENNA, datetime(2024, 10, 20, tzinfo=UTC), 30, 60)
    random.Random(1).shuffle(others)
    times, values = as_read(tmp_path, [*others, *rows], VIENNA)
    assert times[-4:] == [f"2024-10-27T{clock}" for clock in ("00:00", "00:30", "01:00", "01:30")]
    assert values[-4:] == [1, 3, 2, 4]


def test_an_hour_that_is_written_once_is_the_earlier_one(tmp_path: Path) -> None:
    times, _ = as_read(tmp_path, [(f"2024-10-27 0{hour}:00", hour) for hour in range(1, 5)], VIENNA)
    assert times == ["2024-10-26T23:00", "2024-10-27T00:00", "2024-10-27T02:00", "2024-10-27T03:00"]


def test_a_time_that_never_was_is_refused_with_its_row(tmp_path: Path) -> None:
    content = "t;v\n2024-03-31 01:30;1\n2024-03-31 02:30;2\n2024-03-31 03:30;3\n"
    error = refused(tmp_path, content, timezone=VIENNA)
    assert error.code == "NONEXISTENT_TIME"
    assert error.details == {
        "row": 3,
        "text": "2024-03-31 02:30",
        "field": "importOptions.timezone",
        "timezone": VIENNA,
    }
    fixed = imported(tmp_path, content, timezone="Etc/GMT-1")
    assert stamps(fixed.columns[0].series)[1] == "2024-03-31T01:30"
    assert fixed.detected["timezone"] == "Etc/GMT-1"


@pytest.mark.parametrize("zone", ["Middle/Earth", "", "Factory", "+01:00"])
def test_an_unknown_zone_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError, match="is no time zone"):
        ImportOptions(timezone=zone)
