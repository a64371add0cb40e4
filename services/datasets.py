"""Datasets of a session: built by small jobs, shown as violin plots, downloaded as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from services.artifacts import Download, download_blob, png_data_uri
from services.dataset_config import calendar_columns, dataset_config, session_files
from services.errors import NotFound
from services.forecasting.lag_names import lag_name
from services.interactive import SmallJobs
from services.jobs import JobOptions, Jobs, JobView
from services.jobs.states import Status
from services.sessions import Sessions
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.storage.tables import TimeInfoRow, VisualizationRow
from services.trained import find
from services.training_fields import DatasetOptions, read_dataset
from services.workloads.forecast.config import DatasetConfig, RankedConfig


class Datasets:
    """Cuts, shows and hands out the samples that a session's files become."""

    def __init__(
        self, database: Database, blobs: Blobs, sessions: Sessions, jobs: Jobs, small_jobs: SmallJobs
    ) -> None:
        self._database = database
        self._blobs = blobs
        self._sessions = sessions
        self._jobs = jobs
        self._small_jobs = small_jobs

    def config(self, session_id: UUID, options: DatasetOptions) -> DatasetConfig:
        """What a job works from; Invalid with everything that is missing."""
        with self._database.read() as tx:
            return dataset_config(
                tx,
                session_id,
                arithmetic=options.arithmetic,
                max_gap_minutes=options.max_gap_minutes,
            )

    def generate(self, user_id: UUID, ref: str, body: Mapping[str, Any]) -> JobView:
        """Build the dataset and its violin plots; the job is completed, or still at work."""
        return self._small_jobs.wait(user_id, self.start(user_id, ref, body).id)

    def start(
        self, user_id: UUID, ref: str, body: Mapping[str, Any], options: JobOptions | None = None
    ) -> JobView:
        """Queue the building of the dataset."""
        session_id = self._sessions.resolve(user_id, ref)
        wishes, split = read_dataset(body)
        config = RankedConfig(**dict(self.config(session_id, wishes)), split=split)
        values = config.model_dump(mode="json")
        return self._jobs.submit(user_id, "dataset", values, session_id=session_id, options=options)

    def ranking(self, user_id: UUID, ref: str) -> dict[str, Any]:
        """The instant ranking of the newest dataset; NotFound before there is one."""
        session_id = self._sessions.resolve(user_id, ref)
        job = self._jobs.latest(user_id, session_id, "dataset", statuses=[Status.COMPLETED])
        found = (job.outcome or {}).get("ranking") if job else None
        if job is None or found is None:
            raise NotFound(
                "This session has no ranking yet",
                code="RANKING_NOT_FOUND",
                suggestion="Generate its datasets (POST /api/training/generate-datasets/<session_id>)",
            )
        return {"ranking": found, "job_id": str(job.id)}

    def violin_plots(self, job: JobView) -> dict[str, Any]:
        """The pictures that a completed dataset job left, in the order of the features."""
        query = select(VisualizationRow).where(VisualizationRow.job_id == job.id)
        with self._database.read() as tx:
            rows = {row.plot_name: row for row in tx.scalars(query)}
        order = [name for name in (job.outcome or {}).get("violin_plots", []) if name in rows]
        names = order + sorted(set(rows) - set(order))
        return {
            name: {
                "data": png_data_uri(self._blobs, rows[name].image_path),
                "type": rows[name].plot_type,
                "label": rows[name].data.get("label"),
            }
            for name in names
        }

    def arrays(self, user_id: UUID, ref: str) -> Download | JobView:
        """The sample arrays as .npz, or the job that still writes them; equal datasets are written once."""
        session_id = self._sessions.resolve(user_id, ref)
        config = self.config(session_id, DatasetOptions())
        job = self._earlier_arrays(user_id, session_id, config)
        if job is None:
            job = self._small_jobs.run(user_id, "arrays", config, session_id)
        elif job.status != Status.COMPLETED:
            job = self._small_jobs.wait(user_id, job.id)
        if job.status != Status.COMPLETED:
            return job
        key = (job.outcome or {})["artifact"]
        return download_blob(self._blobs, key, f"arrays_{session_id}.npz", "application/octet-stream")

    def variables(self, user_id: UUID, ref: str, job_id: UUID | None = None) -> dict[str, Any]:
        """What can be plotted: the features of a training, or of the files while there is none."""
        session_id = self._sessions.resolve(user_id, ref)
        with self._database.read() as tx:
            try:
                trained = find(tx, session_id, job_id=job_id)
            except NotFound:
                if job_id is not None:
                    raise
                return self._untrained_variables(tx, session_id)
            config = DatasetConfig.model_validate(
                {name: trained.job.config[name] for name in DatasetConfig.model_fields}
            )
            names = config.measured_inputs
            features = trained.results["input_features"]
            return {
                "input_variables": names,
                "output_variables": trained.results["output_features"],
                "time_components": [feature for feature in features if feature not in names],
                "job_id": str(trained.job.id),
            }

    def _untrained_variables(self, tx: Session, session_id: UUID) -> dict[str, Any]:
        files = session_files(tx, session_id)
        return {
            "input_variables": [row.bezeichnung for row in files if row.type == "input"]
            + [lag_name(row.bezeichnung, lag) for row in files for lag in row.lags or ()],
            "output_variables": [row.bezeichnung for row in files if row.type == "output"],
            "time_components": calendar_columns(tx.get(TimeInfoRow, session_id)),
            "job_id": None,
        }

    def _earlier_arrays(self, user_id: UUID, session_id: UUID, config: DatasetConfig) -> JobView | None:
        """A job that writes, or wrote, the arrays of just this dataset."""
        statuses = [Status.QUEUED, Status.RUNNING, Status.COMPLETED]
        job = self._jobs.latest(user_id, session_id, "arrays", statuses=statuses)
        if job is None or DatasetConfig.model_validate(job.config).fingerprint() != config.fingerprint():
            return None
        gone = job.status == Status.COMPLETED and not self._blobs.exists((job.outcome or {})["artifact"])
        return None if gone else job
