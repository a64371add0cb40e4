"""Starts trainings: a request and the session's files become a job whose config is a complete snapshot."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.datasets import Datasets
from services.jobs import JobOptions, Jobs, JobView
from services.sessions import Sessions
from services.training_fields import read_training

WORKLOAD = "forecast"


class Training:
    """Accepts train requests; they run in worker processes."""

    def __init__(self, sessions: Sessions, datasets: Datasets, jobs: Jobs) -> None:
        self._sessions = sessions
        self._datasets = datasets
        self._jobs = jobs

    def start(
        self, user_id: UUID, ref: str, body: Mapping[str, Any], options: JobOptions | None = None
    ) -> JobView:
        """Queue a training; Conflict TRAINING_IN_PROGRESS while one of the session is active,
        unless the request says `allow_parallel`."""
        session_id = self._sessions.resolve(user_id, ref)
        request = read_training(body)
        dataset = self._datasets.config(session_id, request.options)
        config = {
            **dataset.model_dump(mode="json"),
            "model": request.model.model_dump(mode="json"),
            "split": request.split.model_dump(mode="json"),
            "quantiles": list(request.quantiles),
            "quantile_method": request.quantile_method,
            "importance": request.importance,
        }
        return self._jobs.submit(
            user_id,
            WORKLOAD,
            config,
            session_id=session_id,
            exclusive=not request.allow_parallel,
            options=options,
        )
