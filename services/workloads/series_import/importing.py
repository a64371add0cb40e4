"""Reads an uploaded file and stores every wanted column as a series of its own."""

from __future__ import annotations

import hashlib
from typing import Any

from services.forecasting.care.report import USUAL_ZONE, care_report
from services.forecasting.csv_series import Column, Imported, ImportOptions, read_csv
from services.forecasting.parquet import write_parquet
from services.forecasting.profile import measured, profile
from services.validation import checked
from services.workloads.base import Run
from services.workloads.series_import.config import SeriesColumn, SeriesImportConfig

# Of all series of a file together, so that a wide file with many gaps does not make a row of megabytes.
MAX_GAPS_NAMED = 2000
MAX_FINDINGS_NAMED = 300


def train(run: Run, config: SeriesImportConfig) -> dict[str, Any]:
    """For each series where it lies, what was measured in it, and the profile of the file."""
    options = checked(
        ImportOptions, config.import_options, where="importOptions", code="INVALID_IMPORT_OPTIONS"
    )
    run.report(phase="prepare", current=0, total=1, message=f"Reading {config.file_name}")
    columns = [series.column for series in config.series]
    found = read_csv(run.input(config.blob_key), options, columns, config.issued_column)
    zones = _zones(options, config)
    total = len(config.series)
    stored = []
    for place, (series, column) in enumerate(zip(config.series, found.columns, strict=True)):
        run.report(phase="export", current=place, total=total, message=series.bezeichnung)
        named = _store(run, series, column, found, MAX_GAPS_NAMED // total)
        stored.append({**named, "care": _care(column, zones, MAX_FINDINGS_NAMED // total)})
    return {"series": stored}


def _zones(options: ImportOptions, config: SeriesImportConfig) -> list[str]:
    """Those that were named and change their clocks, else one of the European Union."""
    named = [zone for zone in (options.timezone, config.zone) if zone and zone != "UTC"]
    return list(dict.fromkeys(named)) or [USUAL_ZONE]


def _care(column: Column, zones: list[str], listed: int) -> dict[str, Any]:
    """Worst first, so that what a wide file cuts off is what matters least."""
    return care_report(
        column.series,
        zones=zones,
        repeated=column.repeated_at,
        fell_back=column.fell_back,
        listed=max(listed, 1),
    )


def _store(run: Run, series: SeriesColumn, column: Column, found: Imported, max_gaps: int) -> dict[str, Any]:
    path = run.workdir / f"{series.file_id}.parquet"
    write_parquet(column.series, path)
    about = profile(column)
    about["gaps"] = about["gaps"][:max_gaps]
    return {
        "series_path": run.save_artifact("series", path.name, path, "application/vnd.apache.parquet"),
        "series_hash": hashlib.sha256(path.read_bytes()).hexdigest(),
        "measured": measured(column.series),
        "profile": {**about, "detected": found.detected, "warnings": found.warnings},
    }
