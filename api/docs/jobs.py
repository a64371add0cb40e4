"""Routes of jobs and workloads, described."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.docs.operation import (
    Obj,
    Objects,
    Operation,
    Operations,
    answer,
    body,
    given,
    maybe,
    optional,
    query,
)

JOBS, WORKLOADS = "Jobs", "Workloads"
V = "/api/v1"
J = f"{V}/training/jobs"
JOB = f"{J}/<job_id>"


class Job(BaseModel):
    """A job; `config` and `outcome` only where one job is shown."""

    id: str
    session_id: str | None
    workload: str
    status: str = Field(description="pending, queued, running, paused, completed, failed or cancelled")
    phase: str | None
    requested_action: str = Field(description="none, pause or cancel")
    reason: str | None
    error: Obj | None
    attempt: int
    progress: Obj | None
    progress_percent: float
    current_epoch: int | None
    total_epochs: int | None
    train_loss: float | None
    val_loss: float | None
    last_seq: int = Field(description="of its events")
    queue_position: int | None = Field(description="1 is next")
    created_at: str
    started_at: str | None
    finished_at: str | None
    config: Obj = Field(default={}, description="only where one job is shown")
    outcome: Obj | None = Field(default=None, description="only where one job is shown")


class Workload(BaseModel):
    """A kind of job; `schema` and `defaults` are of the config that creating one takes."""

    name: str
    summary: str
    lane: str
    unit: str
    usage: str | None
    created_from: str = Field(description="config: as sent; session: from its files; route: only by its own")
    native: bool
    route: str | None
    schema_: Obj | None = Field(alias="schema")
    defaults: Obj | None
    config_schema: Obj


ONE = answer("JobAnswer", job=Job)
LIMIT = (int, Field(default=1000, ge=1, le=10_000))
METRICS_QUERY = query(
    "MetricsQuery",
    keys=optional(str, "names, comma-separated; without, all but those of batches"),
    attempt=optional(str, "a number, or all; without, the one curve that the job shows over its attempts"),
    from_step=optional(int, "the first"),
    to_step=optional(int, "the last"),
    after_step=optional(int, "continue behind it"),
    order=optional(Literal["asc", "desc"], "of steps; desc where neither a range nor max_points is given"),
    limit=LIMIT,
    max_points=optional(
        int,
        "whole curves of so many points per key: of every bucket the first, last, least and greatest",
        ge=4,
        le=5_000,
    ),
    form=(
        Literal["points", "columns"],
        Field(default="points", description="columns: `curves` by key in place of `metrics`"),
    ),
)
_JOBS: Operations = {
    f"GET {J}": Operation(
        "The caller's jobs, newest first.",
        JOBS,
        {200: answer("JobList", jobs=list[Job], total=int, limit=int, offset=int)},
        query=query(
            "JobListQuery",
            status=optional(str, "only of this status"),
            workload=optional(str, "only of this kind"),
            session_id=optional(str, "only of this session"),
            limit=(int, Field(default=50, ge=1, le=500)),
            offset=(int, Field(default=0, ge=0)),
        ),
    ),
    f"GET {JOB}": Operation(
        "A job with its config and its newest metrics.",
        JOBS,
        {200: answer("JobDetail", job=Job, recent_metrics=Objects)},
    ),
    f"DELETE {JOB}": Operation("Cancel a job.", JOBS, {200: ONE, 202: ONE}, refuses=(400, 404, 409)),
    f"POST {JOB}/cancel": Operation("Cancel a job.", JOBS, {200: ONE, 202: ONE}, refuses=(400, 404, 409)),
    f"GET {JOB}/events": Operation(
        "What happened, in order and without holes.",
        JOBS,
        {200: answer("Events", events=Objects, last_seq=int)},
        query=query("EventsQuery", after_seq=(int, Field(default=0, ge=0, description="the last one known"))),
    ),
    f"GET {JOB}/metrics": Operation(
        "Metric points: the newest first, by range, or whole curves thinned out without losing an extreme.",
        JOBS,
        {200: answer("Metrics", metrics=maybe(Objects), curves=maybe(Obj))},
        query=METRICS_QUERY,
    ),
    f"GET {JOB}/logs": Operation(
        "Lines for people, oldest first.",
        JOBS,
        {200: answer("Logs", logs=Objects)},
        query=query(
            "LogsQuery", after=(int, Field(default=0, description="id of the last known")), limit=LIMIT
        ),
    ),
    f"GET {JOB}/artifacts": Operation(
        "The files a job left.", JOBS, {200: answer("Artifacts", artifacts=Objects)}
    ),
    f"GET {JOB}/artifacts/<name>": Operation(
        "One of them.", JOBS, {200: None}, file="application/octet-stream"
    ),
}
_WORKLOADS: Operations = {
    f"GET {V}/workloads": Operation(
        "The kinds of job, with JSON Schemas.",
        WORKLOADS,
        {200: answer("WorkloadList", workloads=list[Workload])},
        refuses=(400,),
    ),
    f"GET {V}/workloads/<workload>": Operation(
        "One kind of job.", WORKLOADS, {200: answer("WorkloadAnswer", workload=Workload)}
    ),
    f"POST {V}/workloads/<workload>/validate": Operation(
        "Whether a job of this config would be accepted; none is made.",
        WORKLOADS,
        {200: answer("Validated", valid=bool, config=Obj)},
        body=body(
            "Validate",
            config=given(dict[str, Any], "as creating the job takes it"),
            session_id=optional(str, "its files are checked too"),
        ),
        refuses=(400, 404, 422),
    ),
}
OPERATIONS: Operations = {**_JOBS, **_WORKLOADS}
