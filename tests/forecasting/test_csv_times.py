"""Patterns of times: detected, declared, or refused where they can be read in two ways."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from services.forecasting.time_patterns import CLOCKS, DATES
from tests.forecasting.csv_files import imported, refused, times

FIRST = datetime(2023, 12, 30, 22, 15, 30)
SPELLINGS = {
    "2023-12-30 22:15:30": "%Y-%m-%d %H:%M:%S",
    "2023-12-30T22:15": "%Y-%m-%dT%H:%M",
    "2023-12-30T22:15:30.250000": "%Y-%m-%dT%H:%M:%S.%f",
    "2023/12/30 22:15": "%Y/%m/%d %H:%M",
    "2023.12.30 22.15": "%Y.%m.%d %H.%M",
    "30.12.2023 22:15": "%d.%m.%Y %H:%M",
    "30.12.2023, 22:15:30": "%d.%m.%Y, %H:%M:%S",
    "30.12.23 22:15": "%d.%m.%y %H:%M",
    "30/12/2023 22:15": "%d/%m/%Y %H:%M",
    "30/12/23 10:15 PM": "%d/%m/%y %I:%M %p",
    "30-12-2023 22:15": "%d-%m-%Y %H:%M",
    "12/30/2023 10:15:30 PM": "%m/%d/%Y %I:%M:%S %p",
    "12/30/23 22:15": "%m/%d/%y %H:%M",
    "12-30-2023 22:15": "%m-%d-%Y %H:%M",
    "30 Dec 2023 22:15": "%d %b %Y %H:%M",
    "30-Dec-2023 22:15:30": "%d-%b-%Y %H:%M:%S",
    "30-Dec-23 22:15": "%d-%b-%y %H:%M",
    "30/Dec/2023 22:15": "%d/%b/%Y %H:%M",
    "30 December 2023 22:15": "%d %B %Y %H:%M",
    "Dec 30, 2023 22:15": "%b %d, %Y %H:%M",
    "December 30, 2023 10:15 PM": "%B %d, %Y %I:%M %p",
    "20231230221530": "%Y%m%d%H%M%S",
    "202312302215": "%Y%m%d%H%M",
    "2023123022": "%Y%m%d%H",
    "20231230 2215": "%Y%m%d %H%M",
    "20231230T221530": "%Y%m%dT%H%M%S",
    "20231230 22:15": "%Y%m%d %H:%M",
    "2023-12-30": "%Y-%m-%d",
    "30.12.2023": "%d.%m.%Y",
    "12/30/2023": "%m/%d/%Y",
    "20231230": "%Y%m%d",
}


@pytest.mark.parametrize("pattern", SPELLINGS.values(), ids=SPELLINGS)
def test_a_pattern_is_told_from_the_cells(tmp_path: Path, pattern: str) -> None:
    meant = [FIRST + timedelta(days=i, microseconds=250_000) for i in range(40)]
    found = times(tmp_path, *(f"{time:{pattern}}" for time in meant))
    read = [datetime.strptime(f"{time:{pattern}}", pattern) for time in meant]
    assert [datetime.fromisoformat(text) for text in found] == [time.replace(microsecond=0) for time in read]


def test_there_are_many_patterns() -> None:
    assert len(DATES) * len(CLOCKS) > 300


def test_seconds_and_milliseconds_since_1970(tmp_path: Path) -> None:
    assert times(tmp_path, "1704067200", "1704070800") == ["2024-01-01T00:00", "2024-01-01T01:00"]
    assert times(tmp_path, "1704067200000", "1704067260000") == ["2024-01-01T00:00", "2024-01-01T00:01"]
    assert times(tmp_path, "1704067200.5", "1704067201.5") == ["2024-01-01T00:00", "2024-01-01T00:00:01"]


def test_hours_without_a_leading_zero(tmp_path: Path) -> None:
    assert times(tmp_path, "1.2.2024 0:00", "13.2.2024 7:05") == ["2024-02-01T00:00", "2024-02-13T07:05"]


def test_an_offset_from_utc_is_obeyed_row_by_row(tmp_path: Path) -> None:
    cells = [
        "2024-03-31T01:30:00+01:00",
        "2024-03-31T03:00:00+0200",
        "2024-03-31T03:30:00+02",
        "2024-03-31T02:00:00Z",
    ]
    assert times(tmp_path, *cells) == [
        f"2024-03-31T{clock}" for clock in ("00:30", "01:00", "01:30", "02:00")
    ]
    assert times(tmp_path, "2024-01-01 00:00:00-05:30", "2024-01-01 01:00:00 UTC") == [
        "2024-01-01T01:00",
        "2024-01-01T05:30",
    ]
    assert times(tmp_path, "20240101T000000Z", "20240101T010000Z") == ["2024-01-01T00:00", "2024-01-01T01:00"]


def test_a_row_without_the_offset_that_the_others_have_is_named(tmp_path: Path) -> None:
    error = refused(tmp_path, "t;v\n2024-01-01T00:00Z;1\n2024-01-01T01:00Z;2\n2024-01-01T02:00;3\n")
    assert (error.code, error.details["row"]) == ("INVALID_TIME", 4)
    assert refused(tmp_path, "t;v\n2024-01-01T00:00Z;1\n2024-01-01T00:00+99:00;2\n").code == "INVALID_TIME"


def test_a_declared_zone_is_reported_as_unused_where_offsets_are_written(tmp_path: Path) -> None:
    found = imported(tmp_path, "t;v\n2024-01-01T00:00Z;1\n2024-01-01T01:00Z;2\n", timezone="Europe/Vienna")
    assert found.detected["timezone"] == "from the offsets"
    assert "Europe/Vienna was not needed" in found.warnings[0]


def test_24_00_is_midnight_of_the_next_day(tmp_path: Path) -> None:
    assert times(tmp_path, "31.01.2024 23:45", "31.01.2024 24:00") == ["2024-01-31T23:45", "2024-02-01T00:00"]


def test_midnight_may_be_written_as_the_date_alone(tmp_path: Path) -> None:
    cells = ["2024-01-31 23:00:00", "2024-02-01", "2024-02-01 01:00:00"]
    assert times(tmp_path, *cells) == ["2024-01-31T23:00", "2024-02-01T00:00", "2024-02-01T01:00"]


def test_fractions_of_a_second_may_be_absent_where_they_are_zero(tmp_path: Path) -> None:
    cells = ["2024-01-31 23:00:00", "2024-01-31 23:00:01.5", "2024-01-31 23:00:03"]
    assert times(tmp_path, *cells)[1:] == ["2024-01-31T23:00:01", "2024-01-31T23:00:03"]


def test_one_day_above_12_decides_a_column_wherever_it_stands(tmp_path: Path) -> None:
    ambiguous = [f"{i % 12 + 1:02}/{i // 12 % 12 + 1:02}/2024 00:{i // 144:02}" for i in range(2000)]
    ambiguous[777] = "12/13/2024 00:05"
    found = imported(tmp_path, "t;v\n" + "".join(f"{cell};1\n" for cell in ambiguous))
    assert found.detected["dateFormat"] == "%m/%d/%Y %H:%M"


def test_days_and_months_that_nothing_tells_apart_are_refused_with_both_readings(tmp_path: Path) -> None:
    content = "t;v\n" + "".join(f"{day:02}/03/2024 00:00;{day}\n" for day in range(1, 13))
    error = refused(tmp_path, content)
    assert error.code == "AMBIGUOUS_DATE"
    assert error.details == {
        "field": "importOptions.dayFirst",
        "text": "01/03/2024 00:00",
        "readings": {"dayFirst": "2024-03-01", "monthFirst": "2024-01-03"},
        "dateFormats": {"dayFirst": "%d/%m/%Y %H:%M", "monthFirst": "%m/%d/%Y %H:%M"},
    }
    assert "importOptions.dayFirst" in (error.suggestion or "")
    for day_first, second in ((True, "2024-03-02T00:00"), (False, "2024-02-03T00:00")):
        series = imported(tmp_path, content, dayFirst=day_first).columns[0].series
        assert str(series.time[1].astype("datetime64[ns]"))[:16] == second


def test_short_years_may_stand_in_front(tmp_path: Path) -> None:
    error = refused(tmp_path, "t;v\n24-01-02;1\n24-01-03;2\n")
    assert error.code == "AMBIGUOUS_DATE"
    assert set(error.details["readings"].values()) == {"2002-01-24", "2024-01-02"}
    assert times(tmp_path, "24-01-02", "24-01-03", dateFormat="%y-%m-%d") == [
        "2024-01-02T00:00",
        "2024-01-03T00:00",
    ]


def test_a_column_that_contradicts_the_declared_order_is_refused(tmp_path: Path) -> None:
    error = refused(tmp_path, "t;v\n12/31/2024 00:00;1\n12/30/2024 00:00;2\n", timeColumn="t", dayFirst=True)
    assert error.code == "INVALID_TIME"


@pytest.mark.parametrize(
    "pattern", ["%Y-%d-%m %H:%M", "%Y-%d-%m %H:%M:%S.%f", "%Y%d%m%H", "%H:%M %a %d.%m.%y"]
)
def test_a_declared_pattern_wins(tmp_path: Path, pattern: str) -> None:
    cells = [f"{datetime(2024, 2, 1, hour):{pattern}}" for hour in (4, 5)]
    assert times(tmp_path, *cells, dateFormat=pattern, timeColumn="Zeit") == [
        "2024-02-01T04:00",
        "2024-02-01T05:00",
    ]


@pytest.mark.parametrize("pattern", ["YYYY-MM-DD", "%q%q%q", "%Y-%m-%d %M", "%H:%M:%S", "%Y"])
def test_what_is_no_pattern_is_refused(tmp_path: Path, pattern: str) -> None:
    error = refused(tmp_path, "t;v\n2024-01-01 00:00;1\n2024-01-01 01:00;2\n", dateFormat=pattern)
    assert error.code == "INVALID_DATE_FORMAT"
    assert error.details["field"] == "importOptions.dateFormat"


def test_the_first_unreadable_time_is_named_by_its_row(tmp_path: Path) -> None:
    rows = [f"2024-01-01 {hour:02}:00;1" for hour in range(10)]
    for wrong in ("Summe;5", "2024-02-30 00:00;5", ";5", "9999-12-31 00:00;5", "24-01-01 00:00;5"):
        error = refused(tmp_path, "\n".join(["t;v", *rows, wrong, "2024-01-02 00:00;1"]))
        assert (error.code, error.details["row"]) == ("INVALID_TIME", 12)
        assert repr(wrong.split(";")[0]) in error.message


def test_the_first_time_that_does_not_fit_a_declared_pattern_is_named(tmp_path: Path) -> None:
    content = "t;v\n04:00 01.02.2024;1\n05:00 01.02.2024;1\n01.02.2024;1\n"
    error = refused(tmp_path, content, dateFormat="%H:%M %d.%m.%Y")
    assert (error.code, error.details["row"]) == ("INVALID_TIME", 4)


def test_a_date_and_its_clock_may_stand_in_two_columns(tmp_path: Path) -> None:
    content = "Datum;Uhrzeit;Wert\n01.01.2024;00:00;1\n01.01.2024;00:15;2\n13.01.2024;00:00;3\n"
    for options in ({}, {"timeColumn": "Datum"}):
        found = imported(tmp_path, content, **options)
        assert found.detected["timeColumn"] == "Datum + Uhrzeit"
        assert len(found.columns[0].series.time) == 3


def test_a_full_time_is_preferred_to_a_date_beside_it(tmp_path: Path) -> None:
    found = imported(
        tmp_path, "Date,Time,V\n2024-01-01,2024-01-01T05:00Z,1\n2024-01-01,2024-01-01T06:00Z,2\n"
    )
    assert found.detected["timeColumn"] == "Time"
