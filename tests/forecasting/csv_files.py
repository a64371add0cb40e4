"""CSV files for tests: content in, what the import says out."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.forecasting.csv_series import Imported, ImportOptions, read_csv
from services.forecasting.errors import DataError
from services.forecasting.parquet import SeriesData


def imported(
    folder: Path, content: str | bytes, columns: Sequence[str | None] = (None,), **options: Any
) -> Imported:
    path = folder / "measured.csv"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return read_csv(path, ImportOptions.model_validate(options), columns)


def refused(
    folder: Path, content: str | bytes, columns: Sequence[str | None] = (None,), **options: Any
) -> DataError:
    """The refusal, which always says a way out."""
    with pytest.raises(DataError) as caught:
        imported(folder, content, columns, **options)
    assert caught.value.message and caught.value.suggestion
    return caught.value


def stamps(series: SeriesData) -> list[str]:
    """2024-01-01T00:15, seconds only where there are any."""
    texts = np.datetime_as_string(series.time.astype("datetime64[ns]"), unit="s").tolist()
    return [text.removesuffix(":00") for text in texts]


def times(folder: Path, *cells: str, **options: Any) -> list[str]:
    """What a column of these times is read as."""
    content = "Zeit;Wert\n" + "".join(f"{cell};{i}\n" for i, cell in enumerate(cells))
    return stamps(imported(folder, content, **options).columns[0].series)


def values(folder: Path, *cells: str, separator: str = ";", **options: Any) -> list[float]:
    """What a column of these values is read as; None where missing."""
    rows = "".join(f'2024-01-01 {i:02}:00{separator}"{cell}"\n' for i, cell in enumerate(cells))
    series = (
        imported(folder, f"Zeit{separator}Wert\n{rows}", separator=separator, **options).columns[0].series
    )
    return [None if np.isnan(value) else value for value in series.value.tolist()]
