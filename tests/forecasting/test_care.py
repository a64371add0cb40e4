"""The data-care report: planted damage is found where it is, and nothing in what is sound."""

from __future__ import annotations

import json
import time

import numpy as np
import pytest

from services.forecasting.care.finding import MOST
from services.forecasting.care.flatlines import _surprise
from services.forecasting.care.report import care_report
from services.forecasting.care.rows import runs_of
from services.forecasting.care.spikes import REACH, deviations
from services.forecasting.parquet import SeriesData
from services.forecasting.profile import profile
from tests.forecasting.care_series import QUARTER, found, sun, town
from tests.forecasting.csv_files import imported

GAP = ("gap", 40_000, 40_000)  # the one the made-up logger has
VIENNA = ("Europe/Vienna",)


def changed(series: SeriesData, value: np.ndarray) -> SeriesData:
    return SeriesData(series.time, value)


def test_a_sound_series_has_its_one_gap_and_nothing_else() -> None:
    load, temperature = town()
    assert found(load) == [GAP]
    assert found(temperature) == []
    assert found(changed(temperature, np.round(temperature.value))) == []
    assert found(sun()) == []


def test_every_planted_damage_is_found_where_it_was_planted() -> None:
    load, _ = town()
    value = load.value.copy()
    value[12_345] += 300
    value[30_000:30_003] -= 350
    value[20_000:20_030] = value[20_000]
    value[50_000:50_008] = -999
    value[35_000:35_002] = np.nan
    value[60_000:] += 120
    places = found(changed(load, value))
    assert places == [
        ("spike", 12_345, 12_345),
        ("flatline", 20_000, 20_029),
        ("spike", 30_000, 30_002),
        ("missing", 35_000, 35_001),
        GAP,
        ("outlier", 50_000, 50_007),
        ("level_shift", pytest.approx(60_000, abs=2 * 96), pytest.approx(60_000, abs=2 * 96)),
    ]


def test_a_mark_that_comes_often_is_an_outlier_each_time() -> None:
    load, _ = town()
    value = load.value.copy()
    starts = range(1_000, 70_000, 1_000)
    for start in starts:
        value[start : start + 20] = -999  # two in a hundred: no quantile would call them rare
    places = [place for place in found(changed(load, value)) if place != GAP]
    assert places == [("outlier", start, start + 19) for start in starts]


def test_zero_is_usual_by_night_and_a_flatline_at_noon() -> None:
    plant = sun()
    value = plant.value.copy()
    value[200 * 96 + 36 : 200 * 96 + 60] = 0.0  # 09:00 to 15:00 on a day of summer
    assert found(changed(plant, value)) == [("flatline", 200 * 96 + 36, 200 * 96 + 59)]


def test_a_value_that_often_stays_is_no_flatline() -> None:
    random = np.random.default_rng(2)
    calm = np.repeat(random.random(600) < 0.5, random.integers(5, 300, 600))
    wind = np.where(calm, 0.0, random.random(len(calm)) + 3)
    places = found(SeriesData(np.arange(len(wind), dtype=np.int64) * QUARTER, wind))
    assert [place for place in places if place[0] == "flatline"] == []


def test_the_median_of_neighbours_is_that_of_the_obvious_way() -> None:
    number = np.random.default_rng(3).normal(size=500).round(1)
    obvious = [
        0.0
        if not REACH <= i < len(number) - REACH
        else number[i] - np.median(number[i - REACH : i + REACH + 1])
        for i in range(len(number))
    ]
    np.testing.assert_allclose(deviations(number), obvious)


def local_clock(zone_rows: list[str]) -> str:
    return "Zeit;Wert\n" + "".join(f"{cell};{i % 7}.{i % 10}\n" for i, cell in enumerate(zone_rows))


def days(first: str, last: str) -> list[str]:
    return np.datetime_as_string(np.arange(first, last, np.timedelta64(15, "m"), "M8[m]"), unit="m").tolist()


def test_a_local_clock_that_was_read_as_utc_shows_on_both_days(tmp_path) -> None:
    spring = [cell for cell in days("2024-03-30", "2024-04-02") if not cell.startswith("2024-03-31T02")]
    autumn = days("2024-10-26T00:00", "2024-10-27T03:00") + days("2024-10-27T02:00", "2024-10-28T00:00")
    between = days("2024-04-02", "2024-10-26")
    cells = [cell.replace("T", " ") for cell in spring + between + autumn]
    column = imported(tmp_path, local_clock(cells)).columns[0]
    report = care_report(column.series, zones=VIENNA, repeated=column.repeated_at, fell_back=column.fell_back)
    changes = [each for each in report["findings"] if each["kind"] == "clock_change"]
    assert sorted((each["from"], each["to"]) for each in changes) == [
        ("2024-03-31T02:00:00Z", "2024-03-31T02:45:00Z"),
        ("2024-10-27T02:00:00Z", "2024-10-27T02:45:00Z"),
    ]
    assert all("importOptions.timezone 'Europe/Vienna'" in each["message"] for each in changes)
    assert report["counts"]["gap"] == report["counts"]["duplicate"] == 0
    right = imported(tmp_path, local_clock(cells), timezone="Europe/Vienna").columns[0]
    sound = care_report(right.series, zones=VIENNA, repeated=right.repeated_at)
    assert sound["counts"]["clock_change"] == sound["counts"]["gap"] == 0


def test_a_double_hour_that_was_written_once_leaves_a_hole(tmp_path) -> None:
    rows = days("2024-10-20", "2024-11-02")
    cells = [cell.replace("T", " ") for cell in rows]
    column = imported(tmp_path, local_clock(cells), timezone="Europe/Vienna").columns[0]
    (change,) = [
        each for each in care_report(column.series, zones=VIENNA)["findings"] if each["kind"] != "spike"
    ]
    assert (change["kind"], change["from"], change["rows"]) == ("clock_change", "2024-10-27T01:00:00Z", 4)
    assert change["fix"] == {
        "action": "interpolate",
        "from": "2024-10-27T01:00:00Z",
        "to": "2024-10-27T01:45:00Z",
        "max_rows": 4,
    }


def test_duplicates_and_rows_out_of_order_are_told_with_their_times(tmp_path) -> None:
    rows = [f"2024-01-01 {i // 4:02}:{i % 4 * 15:02};{i % 5}" for i in range(96)]
    shuffled = [*rows[:20], rows[19], rows[30], *rows[20:30], *rows[31:50], rows[49], *rows[50:]]
    column = imported(tmp_path, "t;v\n" + "\n".join(shuffled)).columns[0]
    report = care_report(column.series, repeated=column.repeated_at, fell_back=column.fell_back)
    named = {(each["kind"], each["from"]) for each in report["findings"]}
    assert named == {
        ("duplicate", "2024-01-01T04:45:00Z"),
        ("duplicate", "2024-01-01T12:15:00Z"),
        ("disorder", "2024-01-01T05:00:00Z"),
    }


def test_a_file_in_falling_order_is_one_finding(tmp_path) -> None:
    rows = [f"2024-01-01 {i // 4:02}:{i % 4 * 15:02};{i % 5}" for i in range(96)]
    column = imported(tmp_path, "t;v\n" + "\n".join(rows[::-1])).columns[0]
    report = care_report(column.series, fell_back=column.fell_back)
    assert report["counts"]["disorder"] == 1
    assert report["findings"][0]["rows"] == 95


def test_a_report_is_short_and_says_how_much_there_is() -> None:
    minutes = np.cumsum(np.tile([1, 1, 1, 5], 2_000)).astype(np.int64)
    value = np.random.default_rng(0).normal(size=len(minutes))
    report = care_report(SeriesData(minutes * 60 * 10**9, value), listed=50)
    assert (report["counts"]["gap"], report["listed"], len(report["findings"])) == (2_000, 50, 50)
    assert MOST < 2_000
    json.dumps(report, allow_nan=False)


@pytest.mark.parametrize(
    "value",
    [
        [np.nan] * 50,
        [5.0] * 50,
        [1.0, np.nan],
        [np.nan, 1.0, np.nan, 2.0, np.nan],
        [0.0] * 49 + [1e150],
        list(range(50)),
    ],
)
def test_odd_series_have_a_report_too(value: list[float]) -> None:
    series = SeriesData(np.arange(len(value), dtype=np.int64) * QUARTER, np.array(value, dtype=float))
    report = care_report(series)
    json.dumps(report, allow_nan=False)
    assert report["counts"]["missing"] == sum(
        np.isnan(each) and not (i and np.isnan(value[i - 1])) for i, each in enumerate(value)
    )


def test_a_million_and_a_half_rows_take_half_a_second() -> None:
    load, _ = town()
    minutes = np.arange(1_500_000, dtype=np.int64) * 60 * 10**9
    course = np.interp(minutes % (728 * 86_400 * 10**9), load.time - load.time[0], load.value)
    value = course + np.random.default_rng(5).normal(0, 2, len(minutes))
    started = time.process_time()
    care_report(SeriesData(minutes, value))
    assert time.process_time() - started < 1.0  # half of it on an idle machine


def test_gaps_are_those_of_the_profile(tmp_path) -> None:
    random = np.random.default_rng(4)
    kept = np.flatnonzero(random.random(2_000) > 0.02)
    stamps = np.datetime_as_string(np.datetime64("2024-01-01T00:00", "m") + 15 * kept, unit="m")
    column = imported(tmp_path, "t;v\n" + "".join(f"{at};{i % 9}\n" for i, at in enumerate(stamps))).columns[
        0
    ]
    about = profile(column)["gaps"]
    told = [each for each in care_report(column.series)["findings"] if each["kind"] == "gap"]
    assert sorted((each["from"], each["rows"]) for each in told) == [
        (
            np.datetime_as_string(column.series.time[gap["position"]].astype("M8[ns]") + QUARTER, unit="s")
            + "Z",
            gap["missingRows"],
        )
        for gap in about
    ]


def test_the_surprise_of_a_run_is_that_of_the_obvious_way() -> None:
    random = np.random.default_rng(6)
    value = random.integers(0, 2, 400).astype(float)
    value[random.integers(0, 380, 8)[:, None] + np.arange(9)] = 1.0
    hour = np.arange(400) // 4 % 24
    still = value[1:] == value[:-1]
    first, last = runs_of(still)
    quick = _surprise(still, hour[1:], first, last + 1)
    for run in range(len(first)):
        own = set(range(first[run] + 1, last[run] + 1))  # comparisons after the first of the run
        surprise = 0.0
        for place in own:
            alike = [i for i in range(len(still)) if hour[i + 1] == hour[place + 1] and i not in own]
            asked = [i for i in alike if i > 0 and still[i - 1]]
            plain = (sum(still[i] for i in alike) + 1) / (len(alike) + 24)
            surprise -= np.log((sum(still[i] for i in asked) + 2 * plain) / (len(asked) + 2))
        assert quick[run] == pytest.approx(surprise)
