"""Searches of a session: a request becomes one job that tries parameters and trains the best of them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.datasets import Datasets
from services.jobs import JobOptions, Jobs, JobView
from services.search_fields import read_search
from services.sessions import Sessions
from services.study_views import find_study, study_json

WORKLOAD = "search"


class Searches:
    """Accepts searches; they run in worker processes."""

    def __init__(self, sessions: Sessions, datasets: Datasets, jobs: Jobs) -> None:
        self._sessions = sessions
        self._datasets = datasets
        self._jobs = jobs

    def start(
        self, user_id: UUID, ref: str, body: Mapping[str, Any], options: JobOptions | None = None
    ) -> JobView:
        """Queue a search; Conflict while one of the session is active, unless `allow_parallel`."""
        session_id = self._sessions.resolve(user_id, ref)
        request = read_search(body)
        dataset = self._datasets.config(session_id, request.options)
        config = {
            **dataset.model_dump(mode="json"),
            "model": request.model.model_dump(mode="json"),
            "fixed": request.fixed,
            "split": request.split.model_dump(mode="json"),
            "space": request.space.model_dump(mode="json"),
            "quantiles": list(request.quantiles),
            "importance": request.importance,
            **request.budget.model_dump(mode="json"),
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
        """How far the newest search is, or the named one, with every trial that has ended so far."""
        session_id = self._sessions.resolve(user_id, ref)
        job = find_study(self._jobs, user_id, session_id, WORKLOAD, job_id)
        told = study_json(job)
        report = (told["results"] or {}).get("search")
        return {**told, "search": report or self._so_far(user_id, job)}

    def _so_far(self, user_id: UUID, job: JobView) -> dict[str, Any]:
        """From the events, which tell every trial when it ends; one that was tried again counts once."""
        events = [event.data for event in self._jobs.events(user_id, job.id, kind="trial")]
        trials = {each["trial"]["number"]: each["trial"] for each in events}
        return {
            "trials": [trials[number] for number in sorted(trials)],
            "best": events[-1]["best"] if events else None,
        }
