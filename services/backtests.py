"""Backtests of a session: a request becomes a job, refused at once where the files are too short for it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from uuid import UUID

import numpy as np
from sqlalchemy import select
from sqlalchemy.orm import Session

from services.backtest_fields import BacktestRequest, read_backtest
from services.datasets import Datasets
from services.forecasting.folds import plan_folds
from services.forecasting.forms import window_of
from services.forecasting.windows import MINUTE, FeatureSpec, WindowSpec, reference_times
from services.jobs import Jobs, JobView
from services.sessions import Sessions
from services.storage.database import Database
from services.storage.tables import FileRow
from services.study_views import find_study, study_json
from services.workloads.forecast.config import DatasetConfig, SeriesInput

WORKLOAD = "backtest"
MOST_CHECKED = 1_000_000  # reference times that a request may be checked with; beyond, the job checks alone


class Backtests:
    """Accepts backtests; they run in worker processes."""

    def __init__(self, database: Database, sessions: Sessions, datasets: Datasets, jobs: Jobs) -> None:
        self._database = database
        self._sessions = sessions
        self._datasets = datasets
        self._jobs = jobs

    def start(self, user_id: UUID, ref: str, body: Mapping[str, Any]) -> JobView:
        """Queue a backtest; Conflict while one of the session is active, unless `allow_parallel`."""
        session_id = self._sessions.resolve(user_id, ref)
        request = read_backtest(body)
        dataset = self._datasets.config(session_id, request.options)
        with self._database.read() as tx:
            _refuse_short_files(tx, dataset, request)
        config = {
            **dataset.model_dump(mode="json"),
            "model": request.model.model_dump(mode="json"),
            "folds": request.folds.model_dump(mode="json"),
        }
        return self._jobs.submit(
            user_id, WORKLOAD, config, session_id=session_id, exclusive=not request.allow_parallel
        )

    def report(self, user_id: UUID, ref: str, job_id: UUID | None = None) -> dict[str, Any]:
        """How far the newest backtest is, or the named one; its tables once it is completed."""
        session_id = self._sessions.resolve(user_id, ref)
        return study_json(find_study(self._jobs, user_id, session_id, WORKLOAD, job_id))


def _refuse_short_files(tx: Session, config: DatasetConfig, request: BacktestRequest) -> None:
    """DataError with numbers if not even files without a gap would do; gaps are found by the job."""
    query = select(FileRow.id, FileRow.utc_min, FileRow.utc_max)
    ends = {row.id: row for row in tx.execute(query.where(FileRow.session_id == config.session_id))}
    steps, features = config.steps, []
    for series in config.series:
        file = ends.get(series.file_id)
        if file is None or file.utc_min is None or file.utc_max is None:
            return
        count = steps.input_steps if series.role == "input" else steps.output_steps
        feature = _as_if_whole(series, file.utc_min, file.utc_max)
        features.append((feature, window_of(feature, count, "honest")))
    longest = max(int(feature.time[-1] - feature.time[0]) for feature, _ in features)
    if longest > MOST_CHECKED * steps.stride_minutes * MINUTE:
        return
    windows = WindowSpec(steps.input_steps, steps.output_steps, steps.stride_minutes, steps.offset_minutes)
    references = reference_times(features, 1, windows, "honest")
    if len(references):  # otherwise the dataset cannot be built, and its job says which files leave no room
        reach = min(window.start for _, window in features), max(window.end for _, window in features)
        plan_folds(references, (min(0, reach[0]), max(0, reach[1])), request.folds.spec())


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
