"""Separators, headers, encodings, line ends and columns of a CSV file."""

from __future__ import annotations

import codecs
from pathlib import Path

import pytest
from pydantic import ValidationError

from services.forecasting.csv_series import ImportOptions
from tests.forecasting.csv_files import imported, refused, stamps

GERMAN = "Zeit;Wärme [°C]\n13.01.2024 00:00;1,5\n13.01.2024 01:00;2,5\n"


@pytest.mark.parametrize("separator", [";", ",", "\t", "|"])
@pytest.mark.parametrize("header", ["Zeit{}Wert\n", ""], ids=["header", "no header"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
def test_separator_header_and_line_ends_are_detected(
    tmp_path: Path, separator: str, header: str, end: str
) -> None:
    text = header.format(separator) + "".join(f"2024-01-01 0{i}:00{separator}{i}.5\n" for i in range(5))
    found = imported(tmp_path, text.replace("\n", end).encode())
    assert found.columns[0].series.value.tolist() == [0.5, 1.5, 2.5, 3.5, 4.5]
    assert found.detected["separator"] == separator
    assert found.detected["hasHeader"] is bool(header)
    assert found.columns[0].name == ("Wert" if header else "column 2")


@pytest.mark.parametrize(
    ("content", "encoding"),
    [
        (GERMAN.encode(), "utf-8"),
        (codecs.BOM_UTF8 + GERMAN.encode(), "utf-8-sig"),
        (GERMAN.encode("utf-16"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + GERMAN.encode("utf-16-be"), "utf-16-be"),
        (GERMAN.encode("utf-16-le"), "utf-16-le"),
        (GERMAN.encode("utf-16-be"), "utf-16-be"),
        (GERMAN.encode("cp1252"), "cp1252"),
        (GERMAN.replace("°", "°\x81").encode("latin-1"), "latin-1"),
    ],
    ids=["utf-8", "BOM", "utf-16 LE BOM", "utf-16 BE BOM", "utf-16 LE", "utf-16 BE", "cp1252", "latin-1"],
)
def test_encodings_are_detected(tmp_path: Path, content: bytes, encoding: str) -> None:
    found = imported(tmp_path, content)
    assert found.detected["encoding"] == encoding
    assert found.columns[0].name.replace("\x81", "") == "Wärme [°C]"
    assert found.columns[0].series.value.tolist() == [1.5, 2.5]


def test_a_letter_on_the_border_of_two_blocks_is_read(tmp_path: Path) -> None:
    row = "2024-01-01 00:00:00;1;°\n"
    content = "t;v;unit\n" + row * (3 * (1 << 20) // len(row.encode()))
    content = content.replace("00:00:00;1;°\n", "00:00:01;1;°\n", 1)
    assert len(imported(tmp_path, content, ["v"]).columns[0].series.time) == 2


def test_a_declared_encoding_is_obeyed_and_checked(tmp_path: Path) -> None:
    assert imported(tmp_path, GERMAN.encode("latin-1"), encoding="latin-1").detected["encoding"] == "latin-1"
    assert (
        imported(tmp_path, codecs.BOM_UTF8 + GERMAN.encode(), encoding="utf-8").detected["timeColumn"]
        == "Zeit"
    )
    error = refused(tmp_path, GERMAN.encode("latin-1"), encoding="utf-8")
    assert (error.code, error.details["field"]) == ("NOT_TEXT", "importOptions.encoding")


def test_a_header_may_hold_numbers_and_digits(tmp_path: Path) -> None:
    for name in ("2023", "2 m Temperatur", "10"):
        found = imported(tmp_path, f"Zeit;{name}\n2024-01-01;1\n2024-01-02;2\n")
        assert (found.detected["hasHeader"], found.columns[0].name) == (True, name)


def test_a_declared_header_is_obeyed(tmp_path: Path) -> None:
    content = "2024-01-01;1\n2024-01-02;2\n2024-01-03;3\n"
    assert len(imported(tmp_path, content, hasHeader=True).columns[0].series.time) == 2
    assert imported(tmp_path, content, hasHeader=True).columns[0].name == "1"


def test_blank_lines_are_no_rows_and_do_not_shift_the_numbers_of_others(tmp_path: Path) -> None:
    content = "\n\nt;v\n\n2024-01-01;1\n  \n;\n2024-01-02;2\n2024-01-03;x\n\n;\n"
    assert refused(tmp_path, content).details["row"] == 9
    assert imported(tmp_path, content.replace("x", "3")).columns[0].series.value.tolist() == [1, 2, 3]


def test_lines_above_the_table_can_be_skipped(tmp_path: Path) -> None:
    content = "Station 7, Graz\nheight: 300\nt;v\n2024-01-01;1\n2024-01-02;x\n"
    error = refused(tmp_path, content)
    assert "importOptions.skipRows" in (error.suggestion or "")
    assert refused(tmp_path, content, skipRows=2).details["row"] == 5


def test_an_empty_cell_after_the_last_separator_is_allowed(tmp_path: Path) -> None:
    for header in ("t;v", "t;v;"):
        found = imported(tmp_path, f"{header}\n2024-01-01;1;\n2024-01-02;2;\n")
        assert found.columns[0].series.value.tolist() == [1, 2]


def test_quotes_may_hold_separators_and_line_ends(tmp_path: Path) -> None:
    content = 't,v,note\n2024-01-01,"1,5","a ""b"", c"\n"2024-01-02","2,5","two\nlines"\n'
    assert imported(tmp_path, content, ["v"]).columns[0].series.value.tolist() == [1.5, 2.5]


@pytest.mark.parametrize("wrong", ["2024-01-03 00:00;3;4", "2024-01-03 00:00", "2024-01-03 00:00;3;;"])
@pytest.mark.parametrize("row", [2, 3, 300])
def test_a_ragged_row_is_named_wherever_it_stands(tmp_path: Path, wrong: str, row: int) -> None:
    rows = [f"2024-01-01 {i // 60:02}:{i % 60:02};{i}" for i in range(400)]
    rows[row - 2] = wrong
    error = refused(tmp_path, "\n".join(["t;v", *rows]))
    assert (error.code, error.details["row"], error.details["expected"]) == ("RAGGED_ROWS", row, 2)
    assert error.details["cells"] == wrong.split(";")


def test_unquoted_decimal_commas_between_commas_are_refused(tmp_path: Path) -> None:
    rows = "".join(f"2024-01-01 {i:02}:00,{i},5\n" for i in range(10))
    assert refused(tmp_path, f"t,v\n{rows}").code == "RAGGED_ROWS"


def test_a_quotation_mark_that_is_never_closed_is_refused(tmp_path: Path) -> None:
    rows = "".join(f'2024-01-01 {i:02}:00;{i};"ok"\n' for i in range(10))
    error = refused(tmp_path, f't;v;n\n{rows}2024-01-02 00:00;1;"oh\n{rows}', ["v"])
    assert error.code in ("BROKEN_QUOTES", "RAGGED_ROWS")


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "EMPTY_FILE"),
        (b"\n \n\n", "EMPTY_FILE"),
        (codecs.BOM_UTF8, "EMPTY_FILE"),
        (b"t;v\n", "TOO_FEW_ROWS"),
        (b"2024-01-01 00:00;1\n", "TOO_FEW_ROWS"),
        (b"t;v\n2024-01-01 00:00;1\n", "TOO_FEW_ROWS"),
        (b"t;v\n2024-01-01 00:00;1\n2024-01-01 00:00;2\n", "TOO_FEW_ROWS"),
        (b"\0" * 5000, "NOT_TEXT"),
        (b"t;v\n2024-01-01 00:00;1\n" * 400 + b"\0", "NOT_TEXT"),
        (b"PK\x03\x04\x14\0\x06\0\x08\0" * 99, "NOT_TEXT"),
        (b"t;v\n" + b"7" * 10_000_000, "LINE_TOO_LONG"),
        (b"7" * 10_000_000 + b";1\n", "LINE_TOO_LONG"),
        (b"just words\nand more\n", "COLUMNS_UNDECIDED"),
        (b"a;b\n1;2\n3;4\n", "COLUMNS_UNDECIDED"),
        (b"t;v\n2024-01-01;a\n2024-01-02;b\n", "NOT_NUMERIC"),
    ],
)
def test_what_is_no_series_is_refused(tmp_path: Path, content: bytes, code: str) -> None:
    assert refused(tmp_path, content).code == code


def test_a_long_line_is_named(tmp_path: Path) -> None:
    content = b"t;v\n" + b"2024-01-01;1\n" * 200_000 + b"7" * 1_100_000 + b"\n" + b"2024-01-01;1\n" * 9
    assert refused(tmp_path, content).details["row"] == 200_002


def test_of_several_columns_the_wanted_ones_become_series(tmp_path: Path) -> None:
    content = "t,a,b,c\n2024-01-01,1,2,x\n2024-01-02,3,4,y\n"
    found = imported(tmp_path, content, ["b", "a", "b"])
    assert [column.name for column in found.columns] == ["b", "a", "b"]
    assert [column.series.value.tolist() for column in found.columns] == [[2, 4], [1, 3], [2, 4]]
    error = refused(tmp_path, content)
    assert (error.code, error.details["columns"]) == ("COLUMNS_UNDECIDED", ["a", "b"])
    error = refused(tmp_path, content, ["a", "d"])
    assert (error.code, error.details["column"]) == ("UNKNOWN_COLUMN", "d")
    assert error.details["columns"] == ["t", "a", "b", "c"]
    assert refused(tmp_path, content, ["c"]).code == "NOT_NUMERIC"
    assert refused(tmp_path, content, ["a"], timeColumn="zeit").details["field"] == "importOptions.timeColumn"


def test_words_and_an_empty_column_do_not_hide_the_only_numbers(tmp_path: Path) -> None:
    found = imported(tmp_path, "t,v,unit,\n2024-01-01,1,kW,\n2024-01-02,3,kW,\n")
    assert found.columns[0].name == "v"


def test_200_columns_are_read_when_they_are_named(tmp_path: Path) -> None:
    names = [f"c{i}" for i in range(200)]
    content = ";".join(["t", *names]) + "\n"
    content += "".join(f"2024-01-{day:02}" + ";1.5" * 200 + "\n" for day in range(1, 29))
    error = refused(tmp_path, content)
    assert (error.code, error.details["count"]) == ("COLUMNS_UNDECIDED", 200)
    assert len(imported(tmp_path, content, names).columns) == 200


def test_repeated_and_nameless_columns_can_be_asked_for(tmp_path: Path) -> None:
    content = "t;v;v;;v (2)\n2024-01-01;1;2;3;4\n2024-01-02;1;2;3;4\n"
    wanted = ["v", "v (3)", "column 4", "v (2)"]
    assert [column.series.value[0] for column in imported(tmp_path, content, wanted).columns] == [1, 2, 3, 4]


@pytest.mark.parametrize(
    "options",
    [
        {"separater": ";"},
        {"separator": ":"},
        {"decimal": "'"},
        {"encoding": "ebcdic"},
        {"duplicates": "sum"},
        {"skipRows": -1},
        {"dateFormat": ""},
        {"dayFirst": "perhaps"},
    ],
    ids=str,
)
def test_options_that_do_not_exist_are_refused(options: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        ImportOptions.model_validate(options)


def test_every_option_is_documented() -> None:
    text = (Path(__file__).parents[2] / "docs" / "csv-import.md").read_text()
    for field in ImportOptions.model_fields.values():
        assert f"| `{field.alias}` |" in text


def test_rows_are_sorted_and_that_is_said(tmp_path: Path) -> None:
    found = imported(tmp_path, "t;v\n2024-01-03;3\n2024-01-01;1\n2024-01-02;2\n")
    assert stamps(found.columns[0].series)[0] == "2024-01-01T00:00"
    assert found.columns[0].series.value.tolist() == [1, 2, 3]
    assert found.columns[0].unsorted and "sorted" in found.warnings[0]


@pytest.mark.parametrize(
    ("rule", "read"),
    [("mean", [2, 2.5, 7]), ("first", [1, 2.5, 7]), ("last", [3, 2.5, 7]), (None, [2, 2.5, 7])],
)
def test_repeated_times_are_resolved_by_the_stated_rule(
    tmp_path: Path, rule: str | None, read: list[float]
) -> None:
    content = "t;v\n2024-01-02;2.5\n2024-01-01;1\n2024-01-03;7\n2024-01-01;3\n"
    found = imported(tmp_path, content, **({"duplicates": rule} if rule else {}))
    assert found.columns[0].series.value.tolist() == read
    assert found.columns[0].duplicates == 1
    assert f"resolved by: {rule or 'mean'}" in " ".join(found.warnings)


def test_the_mean_of_repeated_times_leaves_missing_values_out(tmp_path: Path) -> None:
    content = "t;v\n2024-01-01;1\n2024-01-01;\n2024-01-02;\n2024-01-02;\n2024-01-03;3\n"
    value = imported(tmp_path, content).columns[0].series.value.tolist()
    assert (value[0], value[2]) == (1, 3) and value[1] != value[1]
