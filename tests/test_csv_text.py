"""No text of a user becomes a formula in somebody's spreadsheet, and no number becomes a text."""

from __future__ import annotations

import csv
import io

import pytest

from services.table_files import as_csv as table_csv
from utils.csv_text import as_csv


@pytest.mark.parametrize("text", ["=cmd|' /C calc'!A0", "+1", "-1+2", "@SUM(A1)", "\t=1", "\r=1", "|x", "%x"])
def test_what_a_formula_could_begin_is_kept_as_text(text: str) -> None:
    (row,) = csv.reader(io.StringIO(as_csv([[text, "Load [kW]"]]), newline=""))
    assert row == ["'" + text.replace("\r", " "), "Load [kW]"]


def test_numbers_are_numbers() -> None:
    assert as_csv([[-1.5, -3, None, 1e-9]]) == "-1.5,-3,,1e-09\n"
    assert as_csv([[-1.5]], separator=";", decimal=",") == "-1,5\n"


def test_an_output_called_like_a_formula_in_a_downloaded_table() -> None:
    outputs = {"=HYPERLINK(1)": {"delta [min]": [60.0], "MAE": [-0.5]}}
    text = table_csv("df_eval", outputs, "point").decode("utf-8-sig")
    assert list(csv.reader(io.StringIO(text)))[1] == ["'=HYPERLINK(1)", "60.0", "-0.5"]
