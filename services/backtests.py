"""Backtests of a session: a request becomes a job, refused at once where the files are too short for it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.backtest_fields import BacktestRequest, read_backtest
from services.datasets import Datasets
from services.jobs import JobOptions, Jobs, JobView
from services.sessions import Sessions
from services.storage.database import Database
from services.storage.tables import FileRow
from services.study_views import find_study, study_json
from services.workloads.forecast.config import DatasetConfig

WORKLOAD = "backtest"


class Backtests:
    """Accepts backtests; they run in worker processes."""

    def __init__(self, database: Database, sessions: Sessions, datasets: Datasets, jobs: Jobs) -> None:
        self._database = database
        self._sessions = sessions
        self._datasets = datasets
        self._jobs = jobs

    def start(
        self, user_id: UUID, ref: str, body: Mapping[str, Any], options: JobOptions | None = None
    ) -> JobView:
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
            user_id,
            WORKLOAD,
            config,
            session_id=session_id,
            exclusive=not request.allow_parallel,
            options=options,
        )

    def report(self, user_id: UUID, ref: str, job_id: UUID | None = None) -> dict[str, Any]:
        """How far the newest backtest is, or the named one; its tables once it is completed."""
        session_id = self._sessions.resolve(user_id, ref)
        return study_json(find_study(self._jobs, user_id, session_id, WORKLOAD, job_id))


def _refuse_short_files(tx: Session, config: DatasetConfig, request: BacktestRequest) -> None:
    """DataError with numbers if not even files without a gap would do; gaps are found by the job."""
    query = select(FileRow.id, FileRow.utc_min, FileRow.utc_max)
    ends = {row.id: row for row in tx.execute(query.where(FileRow.session_id == config.session_id))}
    from services.workloads.backtest.room import refuse_short  # numpy, which the web process needs only here

    known = [ends.get(series.file_id) for series in config.series]
    spans = [(file.utc_min, file.utc_max) for file in known if file and file.utc_min and file.utc_max]
    if len(spans) == len(config.series):
        refuse_short(config, spans, request.folds)
