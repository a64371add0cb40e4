"""Values: decimal marks, groups of thousands, words for missing, and what is no number."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.forecasting.csv_files import imported, refused, values


@pytest.mark.parametrize(
    ("cells", "read"),
    [
        (("1.5", "-2.25", "3", "1e3", ".5", "+7."), [1.5, -2.25, 3, 1000, 0.5, 7]),
        (("1,5", "-2,25", "3", "1,5e3", ",5"), [1.5, -2.25, 3, 1500, 0.5]),
        (("1.234,5", "2,5", "1.234.567,25"), [1234.5, 2.5, 1234567.25]),
        (("1,234.5", "2.5", "1,234,567.25"), [1234.5, 2.5, 1234567.25]),
        (("1 234,5", "1\u00a0234,5", "1\u202f234,5", "1'234,5"), [1234.5] * 4),
        (("1.234", "1,5"), [1234, 1.5]),
        (("1,234", "1.5"), [1234, 1.5]),
        (("1,234", "0,512"), [1.234, 0.512]),
        (("1,234", "1234,567"), [1.234, 1234.567]),
        (("1.234", "5.678"), [1.234, 5.678]),
        (("1,234", "5,678"), [1.234, 5.678]),
    ],
    ids=str,
)
def test_the_decimal_mark_is_told_from_the_column(
    tmp_path: Path, cells: tuple[str, ...], read: list[float]
) -> None:
    assert values(tmp_path, *cells) == read


def test_words_for_missing_values_are_missing(tmp_path: Path) -> None:
    cells = ("", "NaN", "nan", "NA", "n/a", "#N/A", "NULL", "None", "-", "--", "?", "  ", "2,5")
    assert values(tmp_path, "1,5", *cells) == [1.5, *[None] * 12, 2.5]
    assert values(tmp_path, "1.5", *cells[:-1]) == [1.5, *[None] * 12]


def test_a_number_between_commas_that_may_be_read_in_two_ways_is_refused(tmp_path: Path) -> None:
    content = 't,v\n2024-01-01 00:00,"1,234"\n2024-01-01 01:00,"5,678"\n'
    error = refused(tmp_path, content)
    assert error.code == "AMBIGUOUS_DECIMAL"
    assert error.details["readings"] == {",": 1.234, ".": 1234.0}
    for decimal, read in ((",", [1.234, 5.678]), (".", [1234, 5678])):
        assert imported(tmp_path, content, decimal=decimal).columns[0].series.value.tolist() == read


def test_a_declared_mark_is_obeyed(tmp_path: Path) -> None:
    assert values(tmp_path, "1.234", "5.678", decimal=",") == [1234, 5678]
    assert values(tmp_path, "1,234", "5,678", decimal=".") == [1234, 5678]


@pytest.mark.parametrize(
    ("cells", "wrong"),
    [
        (("1.5", "seven", "2"), 1),
        (("1.5", "12 kW", "2"), 1),
        (("1.5", "50%", "2"), 1),
        (("1.5", "2.5", "inf"), 2),
        (("1.5", "-Infinity", "2"), 1),
        (("1.5", "1e999", "2"), 1),
        (("1.5", "1e200", "2"), 1),
        (("1,5", "2,5", "2.5"), 2),
        (("1.5", "2.5", "2,5"), 2),
        (("1.5", "1,23,456.5", "2"), 1),
        (("1.5", "1 2", "2"), 1),
        (("1.5", "1_000", "2"), 1),
        (("1.5", "0x1F", "2"), 1),
        (("1,5", "1,5,6", "2"), 1),
    ],
    ids=str,
)
def test_what_is_no_number_is_named_by_row_column_and_text(
    tmp_path: Path, cells: tuple[str, ...], wrong: int
) -> None:
    rows = "".join(f"2024-01-01 {i:02}:00;{cell}\n" for i, cell in enumerate(cells))
    error = refused(tmp_path, f"Zeit;Wert\n{rows}")
    assert error.code == "NOT_NUMERIC"
    assert (error.details["row"], error.details["column"], error.details["text"]) == (
        wrong + 2,
        "Wert",
        cells[wrong],
    )


def test_every_column_has_its_own_mark(tmp_path: Path) -> None:
    found = imported(tmp_path, "t;a;b\n2024-01-01;1,5;1.5\n2024-01-02;2,5;2.5\n", ["a", "b"])
    assert [column.decimal for column in found.columns] == [",", "."]
    assert all(column.series.value.tolist() == [1.5, 2.5] for column in found.columns)
