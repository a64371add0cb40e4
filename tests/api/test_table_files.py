"""Error tables taken home: JSON as stored, CSV in two notations, XLSX with numbers as numbers."""

from __future__ import annotations

import csv
import io
import re
import zipfile
from uuid import UUID

import pytest

from services.table_files import as_xlsx
from tests.api.world import World
from tests.builders import METRICS, add_training, ready_session

TABLES = "/api/v1/training/jobs/{}/tables"


@pytest.fixture(scope="module")
def job_id(world: World) -> UUID:
    session_id = ready_session(world.database, world.user_id)
    return add_training(world.database, world.blobs, world.user_id, session_id)


def test_the_tables_are_those_of_the_session_route(world: World, job_id: UUID) -> None:
    found = world.ok("GET", TABLES.format(job_id))
    assert found["tables"]["df_eval"]["Load"]["delta [min]"] == [60, 120]
    assert found["tables"]["df_eval_ts"]["Load"]["60.0"]["MAE"] == [0.5, 0.6, 0.7]


def test_a_csv_has_a_row_per_level(world: World, job_id: UUID) -> None:
    answer = world.raw("GET", TABLES.format(job_id) + "?format=csv")
    assert answer.mimetype == "text/csv" and answer.data.startswith(b"\xef\xbb\xbf")
    assert f"filename=LIN_{job_id}_df_eval.csv" in answer.headers["Content-Disposition"]
    heading, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")))
    assert heading == ["output", "delta [min]", *METRICS]
    assert rows == [["Load", "60.0", *["0.5"] * 8], ["Load", "120.0", *[""] * 8]]


def test_a_german_spreadsheet_reads_commas(world: World, job_id: UUID) -> None:
    answer = world.raw(
        "GET", TABLES.format(job_id) + "?format=csv&table=df_eval_ts&decimal=comma&output=Load"
    )
    heading, *rows = csv.reader(io.StringIO(answer.data.decode("utf-8-sig")), delimiter=";")
    assert heading == ["output", "delta [min]", "block", *METRICS]
    assert [row[:4] for row in rows] == [["Load", "60,0", str(i + 1), f"0,{5 + i}"] for i in range(3)]


def test_a_workbook_has_a_sheet_per_table_and_numbers_in_it(world: World, job_id: UUID) -> None:
    answer = world.raw("GET", TABLES.format(job_id) + "?format=xlsx")
    with zipfile.ZipFile(io.BytesIO(answer.data)) as book:
        sheets = re.findall(r'sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        first = book.read("xl/worksheets/sheet1.xml").decode()
    assert sheets == ["df_eval Load", "df_eval_ts Load"]
    assert '<c r="A2"><v>60</v></c><c r="B2"><v>0.5</v></c>' in first
    assert 'r="B3"' not in first  # undefined: an empty cell


def test_names_that_no_sheet_may_have_are_changed_and_formulas_stay_text() -> None:
    table = {"delta [min]": [1.0], "=1+1": [2.0]}
    names = ["Last [kW]: a/b", "x" * 40, "x" * 41, "X" * 40]
    with zipfile.ZipFile(io.BytesIO(as_xlsx({"df_eval": dict.fromkeys(names, table)}))) as book:
        sheets = re.findall(r'sheet name="([^"]+)"', book.read("xl/workbook.xml").decode())
        assert "<f>" not in book.read("xl/worksheets/sheet1.xml").decode()
    assert sheets[0] == "df_eval Last _kW__ a_b"
    assert len({name.lower() for name in sheets}) == 4 and max(map(len, sheets)) == 31


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("format=pdf", "format"),
        ("format=csv&table=df", "table"),
        ("format=csv&decimal=dot", "decimal"),
        ("format=xlsx&table=df_eval", "table"),
        ("decimal=comma", "decimal"),
        ("output=Moon", "output"),
    ],
)
def test_a_wish_that_means_nothing_is_refused(world: World, job_id: UUID, query: str, field: str) -> None:
    refusal = world.refused("GET", TABLES.format(job_id) + "?" + query, 400)
    assert refusal["details"] == {"field": field}
