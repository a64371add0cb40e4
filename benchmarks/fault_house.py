"""A server for the faults that are tried on it, and what of a job was lost, seen from outside."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from uuid import UUID

import psutil

from benchmarks.fault_work import Work, artifact_digest, expected
from examples.client import Client
from examples.server import Server, wait_until

JOBS = "/api/v1/training/jobs"
LEASE_SECONDS = 3.0
ENDS = frozenset({"completed", "failed", "cancelled", "paused", "requeued"})
PASSWORD = "ten characters and more"


@dataclass
class House:
    """A server, its one user, and the jobs of the fault that is tried."""

    folder: Path
    workers: int = 2
    environment: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.server = Server(
            self.folder / "data",
            TRAINYARD_WORKERS=str(self.workers),
            TRAINYARD_LEASE_SECONDS=str(LEASE_SECONDS),
            TRAINYARD_CHECKPOINT_SECONDS="0",
            TRAINYARD_JOBS_PER_USER="50",
            TRAINYARD_EXTRA_WORKLOADS="benchmarks.fault_work",
            TRAINYARD_LOG_LEVEL="error",
            **self.environment,
        ).start()
        self.client = Client(self.server.url)
        self.client.sign_up("faults@example.org", PASSWORD)
        self.configs: dict[str, Work] = {}

    def submit(self, **config: Any) -> str:
        body = {"workload": "work", "job_name": "fault", "config": config}
        job_id: str = self.client.call("POST", JOBS, json=body)["id"]
        self.configs[job_id] = Work(**config)
        return job_id

    def job(self, job_id: str) -> dict[str, Any]:
        found: dict[str, Any] = self.client.call("GET", f"{JOBS}/{job_id}")["job"]
        return found

    def wait(self, job_id: str, *statuses: str, seconds: float = 120) -> dict[str, Any]:
        wanted = statuses or ("completed", "failed", "cancelled")
        wait_until(lambda: self.job(job_id)["status"] in wanted, seconds, f"{job_id} to be {wanted}")
        return self.job(job_id)

    def wait_for_another_attempt(self, job_id: str, last: int) -> None:
        def another() -> bool:
            job = self.job(job_id)
            return job["attempt"] > last or job["status"] in ("completed", "failed")

        wait_until(another, 30, f"another attempt at {job_id}")

    def went_on(self, job_id: str) -> bool:
        """Whether it took a checkpoint since it was lost last, or has ended."""
        kinds = [event["type"] for event in self.client.call("GET", f"{JOBS}/{job_id}/events")["events"]]
        last_loss = max(place for place, kind in enumerate(kinds) if kind == "requeued")
        ended = self.job(job_id)["status"] in ("completed", "failed")
        return ended or "checkpoint" in kinds[last_loss:]

    def workers_at_work(self) -> list[psutil.Process]:
        assert self.server.process is not None
        return [
            child
            for child in psutil.Process(self.server.process.pid).children(recursive=True)
            if "services.jobs.worker" in " ".join(child.cmdline()) and "training" in child.cmdline()
        ]

    def worker_of(self, job_id: str) -> psutil.Process:
        """The process that has the job in its hands, found by the worker's name."""
        with self.rows() as rows:
            query = "select worker_id from training_jobs where id = ?"
            (name,) = rows.execute(query, (UUID(job_id).hex,)).fetchone()
        return next(each for each in self.workers_at_work() if name in each.cmdline())

    @contextmanager
    def rows(self) -> Iterator[sqlite3.Connection]:
        connection = sqlite3.connect(self.folder / "data" / "trainyard.db", timeout=30)
        try:
            yield connection
        finally:
            connection.close()

    def lost(self, job_id: str, status: str = "completed") -> list[str]:
        """What is not as it would have been without the fault."""
        config, job = self.configs[job_id], self.job(job_id)
        wrong = [] if job["status"] == status else [f"it is {job['status']}: {job['error']}"]
        events = self.client.call("GET", f"{JOBS}/{job_id}/events?after_seq=0")["events"]
        if [event["seq"] for event in events] != list(range(1, len(events) + 1)):
            wrong.append("events are missing or double")
        ends = [event["attempt"] for event in events if event["type"] in ENDS and event["attempt"]]
        if sorted(ends) != list(range(1, job["attempt"] + 1)):
            wrong.append(f"attempts ended {ends} of {job['attempt']}")
        if status == "completed" and not wrong:
            wrong += self._lost_results(job_id, config)
        return wrong

    def _lost_results(self, job_id: str, config: Work) -> list[str]:
        wrong = []
        shown = self.client.call("GET", f"{JOBS}/{job_id}")["job"]["outcome"]["losses"]
        if shown != expected(config):
            wrong.append("other losses")
        address = f"{JOBS}/{job_id}/metrics?keys=loss&order=asc&limit=1000"
        points = self.client.call("GET", address)["metrics"]
        if [point["value"] for point in points] != expected(config):
            wrong.append("another metric curve")
        artifacts = self.client.call("GET", f"{JOBS}/{job_id}/artifacts")["artifacts"]
        if [each["sha256"] for each in artifacts] != [artifact_digest(config)]:
            wrong.append("another model file")
        return wrong

    def close(self) -> None:
        self.server.stop()
