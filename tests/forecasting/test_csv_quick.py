"""The quick ways of the CSV import come to what the slow ones come to."""

from __future__ import annotations

import csv
from pathlib import Path
from unittest.mock import patch

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from services.forecasting import csv_numbers, csv_table
from services.forecasting.csv_format import Format
from services.forecasting.csv_numbers import numbers
from services.forecasting.csv_table import Table
from services.forecasting.csv_text import as_utf8
from services.forecasting.distribution import distribution
from services.forecasting.errors import DataError
from tests.forecasting.csv_files import imported

CELLS = st.lists(
    st.one_of(
        st.from_regex(r"[+-]?\d{0,4}(,\d{0,3})?(e\d)?", fullmatch=True),
        st.sampled_from(
            ["", "-", "NaN", "-nan", "inf", "1e400", "1,2,3", "1.234,5", "1 234,5", "x", "1,5 kW"]
        ),
        st.integers(-9999, 9999).map(str),
    ),
    min_size=1,
    max_size=6,
)


@settings(max_examples=100, deadline=None)
@given(CELLS, st.sampled_from([None, ",", "."]), st.sampled_from([";", "\t"]))
def test_numbers_with_plain_commas_are_read_as_the_rules_say(
    cells: list[str], decimal: str | None, separator: str
) -> None:
    def read() -> object:
        rows = np.arange(len(cells))
        try:
            value, mark = numbers("v", pl.Series(cells, dtype=pl.String), decimal, separator, rows)
        except DataError as error:
            return error.code, error.message
        return [None if np.isnan(each) else each for each in value.tolist()], mark

    quick = read()
    with patch.object(csv_numbers, "_with_plain_commas", return_value=None):
        assert quick == read()


NUMBERS = st.lists(
    st.one_of(
        st.from_regex(r"[+-]?\d{1,4}[,.]\d{1,3}", fullmatch=True),
        st.sampled_from(
            ["", " ", "5", "nan", "inf", "1.234,5", "1,234.5", "1e400", "x", " 1,5", '"1,5"', "-"]
        ),
    ),
    min_size=2,
    max_size=5,
)


@settings(max_examples=90, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(NUMBERS, NUMBERS, st.sampled_from([None, ",", "."]), st.sampled_from([";", "|"]), st.booleans())
def test_columns_that_are_read_as_numbers_at_once_are_those_that_are_read_as_text(
    tmp_path: Path, a: list[str], b: list[str], decimal: str | None, separator: str, german: bool
) -> None:
    pattern = "{:02}.01.2024 00:00" if german else "2024-01-{:02} 00:00"
    rows = [(pattern.format(day), *cells) for day, cells in enumerate(zip(a, b, strict=False), start=1)]
    content = "\n".join(separator.join(row) for row in [("t", "a", "b"), *rows])

    def read() -> object:
        try:
            found = imported(tmp_path, content, ["a", "b"], separator=separator, decimal=decimal)
        except DataError as error:
            return error.code, error.message
        return [(column.decimal, str(column.series.value.tolist())) for column in found.columns]

    quick = read()
    with patch.object(csv_table, "_plain_numbers", return_value=None):
        assert quick == read()


LINES = st.lists(
    st.one_of(
        st.just(""), st.lists(st.text(" ab1,.ü\t\u00a0", max_size=4), min_size=2, max_size=3).map(";".join)
    ),
    min_size=1,
    max_size=8,
)


@settings(max_examples=90, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(LINES, st.sampled_from(["\n", "\r\n"]), st.booleans())
def test_cells_are_those_of_the_csv_module(
    tmp_path: Path, lines: list[str], ending: str, closed: bool
) -> None:
    lines = ["1;2", *lines]
    path = tmp_path / "table.csv"
    path.write_bytes((ending.join(["a;b", *lines]) + (ending if closed else "")).encode())
    form = Format(";", True, ["a", "b"], [], 2)
    parsed = [[cell.strip() for cell in row] for row in csv.reader(lines, delimiter=";")]
    ragged = any(len(row) != 2 and any(row) for row in parsed)
    try:
        cells = Table.of(path, form).cells(["a", "b"])
    except DataError as error:
        assert ragged and error.code == "RAGGED_ROWS"
        return
    assert not ragged
    table = list(zip(cells["a"].to_list(), cells["b"].to_list(), strict=True))
    wanted = [tuple(row) if len(row) == 2 else ("", "") for row in parsed]
    assert [row for row in table if any(row)] == [row for row in wanted if any(row)]


@pytest.mark.parametrize("encoding", ["cp1252", "latin-1", "utf-8"])
@pytest.mark.parametrize("ending", ["\n", "\r\n", "\r"])
def test_letters_beyond_ascii_survive_wherever_they_stand(tmp_path: Path, encoding: str, ending: str) -> None:
    rows = [f"2024-01-{1 + i // 24:02} {i % 24:02}:00;{i},5" for i in range(700)]
    text = ending.join(["Zeit;Wärme [°C]", *rows, "2024-01-31 00:00;1\u00a0234,5"]) + ending
    found = imported(tmp_path, text.encode(encoding), encoding=encoding)
    assert found.columns[0].name == "Wärme [°C]"
    assert len(found.columns[0].series.value) == 701
    assert found.columns[0].series.value[-1] == 1234.5


def test_a_letter_cut_by_the_end_of_a_block_is_one_letter(tmp_path: Path) -> None:
    head = "Zeit;Wert [°C]\n"
    row = "2024-01-01 00:00;1\n"
    count = (1 << 20) // len(row)
    comment = "x" * ((1 << 20) - len((head + row * count).encode()) - 1)
    (tmp_path / "a.csv").write_bytes((head + row * count + comment + "ü;1\n").encode())
    path, encoding = as_utf8(tmp_path / "a.csv", tmp_path)
    assert (path.name, encoding) == ("a.csv", "utf-8")


def test_a_distribution_without_a_number_says_so() -> None:
    about = distribution(np.array([np.nan, np.nan]))
    assert about == {"n": 0, "mean": None, "std": None, "min": None, "max": None} | dict.fromkeys(
        ("quantiles", "density")
    )
    assert distribution(np.array([3.0, 3.0, np.nan]))["density"] is None
