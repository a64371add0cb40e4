"""Whether files are long enough for a backtest, by their two ends alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np

from services.forecasting.folds import plan_folds
from services.forecasting.forms import window_of
from services.forecasting.windows import MINUTE, FeatureSpec, WindowSpec, reference_times
from services.workloads.backtest.config import FoldsConfig
from services.workloads.forecast.config import DatasetConfig, SeriesInput

Span = tuple[datetime, datetime]
MOST_CHECKED = 1_000_000  # reference times that a request may be checked with; beyond, the job checks alone


def refuse_short(
    config: DatasetConfig, spans: Sequence[tuple[datetime, datetime]], folds: FoldsConfig
) -> None:
    """DataError with numbers if not even files without a gap would do; `spans` are those of the series."""
    steps, features = config.steps, []
    for series, (first, last) in zip(config.series, spans, strict=True):
        count = steps.input_steps if series.role == "input" else steps.output_steps
        feature = _as_if_whole(series, first, last)
        features.append((feature, window_of(feature, count, "honest")))
    longest = max(int(feature.time[-1] - feature.time[0]) for feature, _ in features)
    if longest > MOST_CHECKED * steps.stride_minutes * MINUTE:
        return
    windows = WindowSpec(steps.input_steps, steps.output_steps, steps.stride_minutes, steps.offset_minutes)
    references = reference_times(features, 1, windows, "honest")
    if len(references):  # otherwise the dataset cannot be built, and its job says which files leave no room
        reach = min(window.start for _, window in features), max(window.end for _, window in features)
        plan_folds(references, (min(0, reach[0]), max(0, reach[1])), folds.spec())


def _as_if_whole(series: SeriesInput, first: datetime, last: datetime) -> FeatureSpec:
    """The series by its two ends alone."""
    time = np.array([round(end.timestamp() * 1e6) * 1000 for end in (first, last)])
    return FeatureSpec(
        series.name,
        time,
        np.zeros(2),
        series.start_hours,
        series.end_hours,
        form=series.form,
        issued=time if series.form == "forecasts" else None,
    )
