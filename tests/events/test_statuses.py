"""The loop behind plain WebSockets: one query for all, told on time, at changes and at the end."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any
from uuid import UUID, uuid4

from services.events import Event
from services.events.statuses import PERIOD_SECONDS, Statuses
from services.jobs.states import Status
from services.jobs.watching import Now

PROGRESS = {"epoch": 4, "total_epochs": 10, "percent": 40.0, "learning_rate": 0.001}
MEASURED = {"loss": 0.5, "val_loss": None, "accuracy": 0.9}


class Rows:
    """Rows in memory; counts how often they were asked for."""

    def __init__(self, *jobs: UUID) -> None:
        self.status = dict.fromkeys(jobs, Status.RUNNING)
        self.queries = 0

    def now(self, jobs: Collection[UUID]) -> dict[UUID, Now]:
        self.queries += 1
        shown: dict[str, Any] = {**PROGRESS, "metrics": MEASURED}
        return {job: Now(self.status[job], None, shown) for job in jobs if job in self.status}


class Line:
    def __init__(self) -> None:
        self.said: list[dict[str, Any]] = []
        self.code: int | None = None

    def say(self, text: str) -> None:
        self.said.append(json.loads(text))

    def end(self, text: str, code: int) -> None:
        self.say(text)
        self.code = code


class Loop(Statuses):
    """Rounds are made by the test, at its own time."""

    def __init__(self, rows: Rows) -> None:
        super().__init__(rows, lambda: self.time)
        self.time = 0.0
        self.woken = 0
        self._rounds.wake = self._count  # type: ignore[method-assign]

    def _count(self) -> None:
        self.woken += 1


def event(job: UUID, kind: str) -> Event:
    return Event(job, None, uuid4(), "forecast", 1, kind, 1, "2026-03-01T00:00:00+00:00", {})


def test_all_clients_of_all_jobs_cost_one_query_per_round() -> None:
    jobs = [uuid4() for _ in range(3)]
    rows = Rows(*jobs)
    loop = Loop(rows)
    lines = [Line() for _ in range(60)]
    for index, line in enumerate(lines):
        loop.add(jobs[index % 3], line)
    assert loop.serve() == PERIOD_SECONDS
    assert rows.queries == 1
    loop.time += PERIOD_SECONDS
    loop.serve()
    assert rows.queries == 2
    assert {len(line.said) for line in lines} == {2}
    assert lines[4].said[0] == {
        "event": "training_status",
        "job_id": str(jobs[1]),
        "status": "running",
        "current_epoch": 4,
        "total_epochs": 10,
        "progress_percent": 40.0,
        "metrics": {
            "train_loss": 0.5,
            "val_loss": None,
            "train_accuracy": 0.9,
            "val_accuracy": None,
            "learning_rate": 0.001,
        },
        "error_message": None,
        "timestamp": lines[4].said[0]["timestamp"],
    }


def test_a_change_is_told_at_once_and_moves_no_other_time() -> None:
    watched, other = uuid4(), uuid4()
    rows = Rows(watched, other)
    loop = Loop(rows)
    line = Line()
    loop.add(watched, line)
    loop.serve()
    loop.time += 2
    loop.forward(event(other, "paused"))
    loop.forward(event(watched, "progress"))
    assert loop.woken == 1, "neither is news for this client"
    rows.status[watched] = Status.PAUSED
    loop.forward(event(watched, "paused"))
    assert loop.woken == 2
    assert loop.serve() == PERIOD_SECONDS - 2
    assert [said["status"] for said in line.said] == ["running", "paused"]


def test_the_end_is_told_once_and_closes() -> None:
    done, deleted = uuid4(), uuid4()
    rows = Rows(done, deleted)
    loop = Loop(rows)
    lines = {job: Line() for job in (done, deleted)}
    for job, line in lines.items():
        loop.add(job, line)
    loop.serve()
    rows.status = {done: Status.FAILED}
    loop.time += PERIOD_SECONDS
    assert loop.serve() is None, "nobody is left, so the loop ends"
    assert (lines[done].said[-1]["status"], lines[done].code) == ("failed", 1000)
    assert (lines[deleted].said[-1]["code"], lines[deleted].code) == ("JOB_NOT_FOUND", 4404)
    loop.time += PERIOD_SECONDS
    loop.serve()
    assert {len(line.said) for line in lines.values()} == {2}


def test_who_has_gone_is_told_nothing() -> None:
    job, line = uuid4(), Line()
    loop = Loop(Rows(job))
    loop.add(job, line)
    loop.remove(line)
    assert loop.serve() is None
    assert line.said == []
