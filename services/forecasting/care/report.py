"""The data-care report of a series: what looks wrong, where, how badly, and what would mend it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from services.forecasting.care.clock import clock_changes
from services.forecasting.care.finding import SEVERITIES, Finding, Found, stamp, step, worst
from services.forecasting.care.flatlines import flatlines
from services.forecasting.care.holes import gaps, missing
from services.forecasting.care.levels import level_shifts
from services.forecasting.care.outliers import outliers, outside
from services.forecasting.care.rows import Rows, Times
from services.forecasting.care.spikes import spikes
from services.forecasting.parquet import SeriesData

LISTED = 300
PLACES = 20
NOTHING: Times = np.empty(0, dtype=np.int64)
USUAL_ZONE = "Europe/Vienna"  # its clocks change with those of the whole European Union


def care_report(
    series: SeriesData,
    *,
    zones: Sequence[str] = (USUAL_ZONE,),
    repeated: Times = NOTHING,
    fell_back: Times = NOTHING,
    listed: int = LISTED,
) -> dict[str, Any]:
    """JSON-able. `repeated`: instants that the file had more than once; `fell_back`: those of rows that
    stood after a later one; `zones`: whose clock changes are looked for."""
    found = findings(series, zones=zones, repeated=repeated, fell_back=fell_back)
    every = [each for kind in found for each in kind.listed]
    every.sort(key=lambda each: (SEVERITIES.index(each.severity), -each.score, -each.start))
    return {
        "rows": len(series.time),
        "zones": list(zones),
        "counts": {kind.kind: kind.count for kind in found},
        "total": sum(kind.count for kind in found),
        "listed": min(listed, len(every)),
        "findings": [each.to_json() for each in every[:listed]],
    }


def findings(
    series: SeriesData,
    *,
    zones: Sequence[str] = (USUAL_ZONE,),
    repeated: Times = NOTHING,
    fell_back: Times = NOTHING,
) -> list[Found]:
    """One entry per kind. Every row is told once: a spike is no outlier too, a mark such as -999 no
    flatline."""
    rows = Rows.of(series)
    changes = clock_changes(rows, repeated, zones)
    far = outside(rows.number)
    spiky, spiked = spikes(rows)
    return [
        gaps(rows, changes.listed),
        missing(rows),
        flatlines(rows, far | spiked),
        spiky,
        outliers(rows, far & ~spiked),
        level_shifts(rows, far | spiked),
        _duplicates(rows, repeated, changes.listed),
        changes,
        _disorder(fell_back),
    ]


def _duplicates(rows: Rows, repeated: Times, told: list[Finding]) -> Found:
    """Neighbouring ones are one finding."""
    free = np.ones(len(repeated), dtype=bool)
    for each in told:
        free &= (repeated < each.start) | (repeated > each.end)
    left = repeated[free]
    first = np.flatnonzero(np.diff(left, prepend=left[:1] - rows.step - 1) > rows.step)
    after = np.append(first[1:], len(left))
    listed = [_doubled(left[first[i] : after[i]]) for i in worst(after - first)]
    return Found("duplicate", len(first), listed)


def _doubled(part: Times) -> Finding:
    start, end, count = int(part[0]), int(part[-1]), len(part)
    return Finding(
        kind="duplicate",
        start=start,
        end=end,
        rows=count,
        size=float(count),
        unit="rows",
        severity="low",
        message=f"{count} instants from {stamp(start)} on came more than once and became one row each "
        "by importOptions.duplicates.",
        score=float(count),
        fix=step("mark_missing", start, end),
    )


def _disorder(fell_back: Times) -> Found:
    """A few places one by one; more of them are one finding, for the file then has another order."""
    parts = [fell_back] if len(fell_back) > PLACES else np.split(fell_back, np.arange(1, len(fell_back)))
    listed = [_sorted(part) for part in parts if part.size]
    return Found("disorder", len(listed), listed)


def _sorted(part: Times) -> Finding:
    start, end, count = int(part.min()), int(part.max()), len(part)
    return Finding(
        kind="disorder",
        start=start,
        end=end,
        rows=count,
        size=float(count),
        unit="rows",
        severity="info",
        message=f"{count} rows from {stamp(start)} on stood after later ones; the rows were sorted by time.",
    )
