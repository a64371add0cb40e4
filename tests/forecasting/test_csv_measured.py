"""Measured and golden files, read as they are."""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

from services.forecasting.care.report import care_report
from services.forecasting.csv_series import ImportOptions, read_csv
from services.forecasting.errors import DataError
from services.forecasting.profile import measured, profile

SHARED = Path(__file__).parents[2].parent / "shared"
MEASURED = Path(os.environ.get("DATA_SETS_DIR", SHARED / "data"))
GOLDEN = Path(os.environ.get("GOLDEN_DIR", SHARED / "golden")) / "inputs"


def present(path: Path, variable: str) -> Path:
    if not path.exists():
        pytest.skip(f"{path.name} is not in {path.parent}: set {variable}")
    return path


def test_the_transformer_becomes_a_series_per_named_column() -> None:
    path = present(MEASURED / "ETTh1.csv", "DATA_SETS_DIR")
    with pytest.raises(DataError) as refused:
        read_csv(path)
    assert refused.value.code == "COLUMNS_UNDECIDED"
    assert refused.value.details is not None
    assert refused.value.details["columns"] == ["HUFL", "HULL", "MUFL", "MULL", "LUFL", "LULL", "OT"]
    load, oil = read_csv(path, None, ["HUFL", "OT"]).columns
    assert measured(oil.series) == {
        "utc_min": "2016-07-01T00:00:00+00:00",
        "utc_max": "2018-06-26T19:00:00+00:00",
        "zeitschrittweite": 60.0,
        "zeitschrittweite_mittelwert": 60.0,
        "zeitschrittweite_min": 60.0,
        "offset": 0.0,
        "min": pytest.approx(-4.08, abs=1e-6),
        "max": pytest.approx(46.007, abs=1e-6),
        "datenpunkte": 17420,
        "numerische_datenpunkte": 17420,
        "numerischer_anteil": 100.0,
    }
    assert load.series.value[0] == pytest.approx(5.827, abs=1e-3)


def test_the_days_that_stand_still_in_the_transformer_are_found() -> None:
    """On the 31st of a month all values of ETTh1 are those of its first hour; nobody says so."""
    path = present(MEASURED / "ETTh1.csv", "DATA_SETS_DIR")
    load, oil = (care_report(column.series) for column in read_csv(path, None, ["HUFL", "OT"]).columns)
    assert {kind: count for kind, count in oil["counts"].items() if count} == {"flatline": 14}
    assert {each["from"][8:] for each in oil["findings"]} == {"31T00:00:00Z"}
    assert {each["rows"] for each in oil["findings"]} <= {24, 25}
    outage = load["findings"][0]
    assert (outage["kind"], outage["from"], outage["rows"]) == ("flatline", "2016-12-05T09:00:00Z", 58)


def test_the_demand_of_victoria_is_sound() -> None:
    path = present(MEASURED / "vic_electricity.csv", "DATA_SETS_DIR")
    (demand,) = read_csv(path, None, ["Demand"]).columns
    assert care_report(demand.series, zones=["Australia/Melbourne"])["total"] == 0


def test_the_demand_of_victoria_is_read_with_its_offsets() -> None:
    path = present(MEASURED / "vic_electricity.csv", "DATA_SETS_DIR")
    found = read_csv(path, None, ["Demand", "Temperature"])
    assert found.detected["timezone"] == "from the offsets"
    about = profile(found.columns[0])
    assert (about["rows"], about["gapCount"], about["regular"]) == (52608, 0, True)
    assert about["firstTime"] == "2011-12-31T13:00:00+00:00"


def test_the_golden_inputs_are_read_as_they_are() -> None:
    path = present(GOLDEN / "mini_load_nan_15min.csv", "GOLDEN_DIR")
    about = profile(read_csv(path).columns[0])
    assert (about["rows"], about["numericRows"], about["gapCount"]) == (1728, 1720, 0)
    about = profile(read_csv(GOLDEN / "mini_load_missingrows_15min.csv").columns[0])
    assert [(gap["position"], gap["missingRows"]) for gap in about["gaps"]] == [(899, 8)]
    two = read_csv(GOLDEN / "span_2020_2026_two_rows.csv").columns[0].series
    assert two.value.tolist() == [0, 61367]


@pytest.mark.parametrize("zone", ["UTC", "Europe/Vienna"])
@pytest.mark.timeout(30)
def test_a_million_rows_are_read_in_seconds(tmp_path: Path, zone: str) -> None:
    """Half a second each on a free core, most of this test is the writing of the file."""
    minutes = np.datetime64("2022-04-01T00:00") + np.arange(1_000_000).astype("timedelta64[m]")
    stamps = [text.replace("T", " ") for text in np.datetime_as_string(minutes, unit="s").tolist()]
    if zone != "UTC":  # leave the skipped hours out, as a local clock does
        stamps = [text for text in stamps if text[5:13] not in ("03-26 02", "03-31 02")]
    path = tmp_path / "long.csv"
    path.write_text("UTC;v\n" + "".join(f"{text};{i % 997 / 8}\n" for i, text in enumerate(stamps)))
    series = read_csv(path, ImportOptions(timezone=zone)).columns[0].series
    assert len(series.time) == len(stamps)
