"""Routes of jobs and workloads, described."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.docs.job import Job
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
    without_default,
)
from services.job_requests import JobBody, JobChange

JOBS, RECORDS, QUEUES, WORKLOADS = "Jobs", "What a job leaves", "Queues", "Workloads"
V = "/api/v1"
J = f"{V}/training/jobs"
JOB = f"{J}/<job_id>"


class CurveColumns(BaseModel):
    """A metric's points as columns of equal length; null: the value was no finite number."""

    step: list[int]
    epoch: list[int | None]
    attempt: list[int]
    value: list[float | None]


class Created(Job):
    success: Literal[True]


class Counts(BaseModel):
    pending: int
    running: int
    completed: int
    failed: int
    cancelled: int
    skipped: int


class Queue(BaseModel):
    """`pending` waits, `started` is worked on, `failed` ended so: of the caller, unless it says of all."""

    name: str
    pending: int
    started: int
    failed: int
    pending_of_all: int
    started_of_all: int
    oldest_waiting_s: float | None = Field(description="how long the caller's oldest has waited")
    jobs: Objects = Field(default=[], description="only where one queue is shown: id and queue_position")


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
ASKED = answer("JobAsked", job=Job, message=optional(str, "what is worth knowing of it"))
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
OFFSET = (int, Field(default=0, ge=0))
LOCATION = {"Location": "the path of the job"}
REPLAYED = {"Idempotent-Replayed": "true where an earlier request with the same key made the job"}
KEY_HEADER = query(
    "CreateHeaders",
    key=(
        str,
        Field(
            default="",
            alias="Idempotency-Key",
            description="the client's name of this very request: sent again it answers with the same job",
            max_length=255,
            json_schema_extra=without_default,
        ),
    ),
)
ACTION = (400, 404, 409)


def _action(what: str) -> Operation:
    return Operation(f"{what} 409 names what is allowed.", JOBS, {200: ASKED, 202: ASKED}, refuses=ACTION)


_JOBS: Operations = {
    f"POST {J}": Operation(
        "Create a job of any workload that says it is native.",
        JOBS,
        {201: Created},
        headers=KEY_HEADER,
        body=JobBody,
        answer_headers={201: LOCATION | REPLAYED},
        refuses=(400, 403, 404, 409, 422),
    ),
    f"GET {J}": Operation(
        "The caller's jobs, newest first.",
        JOBS,
        {
            200: answer(
                "JobList",
                jobs=list[Job],
                total=int,
                limit=int,
                offset=int,
                next=(str | None, Field(description="the path of the next page")),
            )
        },
        query=query(
            "JobListQuery",
            owner=(
                Literal["me", "all"],
                Field(default="me", description="all: everybody's, for admins of the server only (403)"),
            ),
            status=optional(str, "only of this status, or of several with commas"),
            workload=optional(str, "only of this kind"),
            lane=optional(
                Literal["training", "interactive"], "trainings, or the small jobs that a page waits for"
            ),
            session_id=optional(str, "only of this session"),
            tag=optional(str, "only with this tag"),
            name=optional(str, "any part of the name, whatever its case"),
            priority=optional(str, "high, normal or low"),
            limit=(int, Field(default=50, ge=1, le=500)),
            offset=OFFSET,
            order=(Literal["newest", "oldest"], Field(default="newest", description="which comes first")),
        ),
    ),
    f"GET {JOB}": Operation(
        "A job with its config and its newest metrics.",
        JOBS,
        {200: answer("JobDetail", job=Job, recent_metrics=Objects, websocket_url=str)},
    ),
    f"PATCH {JOB}": Operation(
        "Another name, notes, tags or priority.", JOBS, {200: ONE}, body=JobChange, refuses=(400, 404, 422)
    ),
    f"DELETE {JOB}": Operation(
        "Delete a job and all it left; one that works is cancelled first (202).",
        JOBS,
        {202: ONE, 204: None},
        refuses=ACTION,
    ),
    f"POST {JOB}/submit": _action("Queue a draft."),
    f"POST {JOB}/pause": _action("Stop at the next checkpoint, to go on later."),
    f"POST {JOB}/resume": _action("Go on with a paused job where it stopped."),
    f"POST {JOB}/finish": _action(
        "Keep the best and stop: a training ends with its best state, which is evaluated and stored."
    ),
    f"POST {JOB}/cancel": _action("Cancel a job."),
    f"POST {JOB}/retry": Operation(
        "Do the failed tasks again, or go on from the newest checkpoint. 409 names what is allowed.",
        JOBS,
        {200: ASKED, 202: ASKED},
        body=body("Retry", what=optional(Literal["failed", "checkpoint"], "left out: whichever it has")),
        optional_body=True,
        refuses=(*ACTION, 403, 422),
    ),
    f"POST {JOB}/restart": Operation(
        "A new job with everything the ended one was asked for. 409 names what is allowed.",
        JOBS,
        {201: Created},
        headers=KEY_HEADER,
        answer_headers={201: LOCATION | REPLAYED},
        refuses=(*ACTION, 403, 422),
    ),
}
_RECORDS: Operations = {
    f"GET {JOB}/events": Operation(
        "What happened, in order and without holes.",
        RECORDS,
        {
            200: answer(
                "Events",
                events=Objects,
                last_seq=int,
                next=(str | None, Field(description="the path of the next page, where there are more")),
            )
        },
        query=query(
            "EventsQuery",
            after_seq=(int, Field(default=0, ge=0, description="the last one known")),
            type=optional(str, "only these, such as log or fold; their numbers then have holes"),
            limit=LIMIT,
        ),
    ),
    f"GET {JOB}/metrics": Operation(
        "Metric points: the newest first, by range, or whole curves thinned out without losing an extreme.",
        RECORDS,
        {200: answer("Metrics", metrics=maybe(Objects), curves=maybe(dict[str, CurveColumns]))},
        query=METRICS_QUERY,
    ),
    f"GET {JOB}/logs": Operation(
        "Lines for people, oldest first.",
        RECORDS,
        {200: answer("Logs", logs=Objects)},
        query=query(
            "LogsQuery", after=(int, Field(default=0, description="id of the last known")), limit=LIMIT
        ),
    ),
    f"GET {JOB}/attempts": Operation(
        "Each lease of the job by a worker, and how it ended.",
        RECORDS,
        {200: answer("Attempts", attempts=Objects)},
    ),
    f"GET {JOB}/checkpoints": Operation(
        "The states it can go on from, newest first.",
        RECORDS,
        {200: answer("Checkpoints", checkpoints=Objects)},
    ),
    f"GET {JOB}/tasks": Operation(
        "The items of an item-wise job in their order.",
        RECORDS,
        {200: answer("Tasks", tasks=Objects, counts=(Counts | None, ...))},
        query=query(
            "TasksQuery",
            status=optional(str, "pending, running, completed, failed, cancelled or skipped"),
            limit=LIMIT,
            offset=OFFSET,
        ),
    ),
    f"GET {JOB}/evidence": Operation(
        "What every try of every task came to: by what, on which device, how long, with which checksum.",
        RECORDS,
        {200: answer("EvidenceList", evidence=Objects)},
        query=query("EvidenceQuery", limit=LIMIT, offset=OFFSET),
    ),
    f"GET {JOB}/evidence/stats": Operation(
        "What the evidence adds up to.", RECORDS, {200: answer("EvidenceStats", stats=Obj)}
    ),
    f"GET {JOB}/artifacts": Operation(
        "The files a job left.", RECORDS, {200: answer("Artifacts", artifacts=Objects)}
    ),
    f"GET {JOB}/artifacts/<name>": Operation(
        "One of them.", RECORDS, {200: None}, file="application/octet-stream"
    ),
    f"GET {V}/queues": Operation(
        "The four queues.", QUEUES, {200: answer("QueueList", queues=list[Queue])}, refuses=(400,)
    ),
    f"GET {V}/queues/<queue>": Operation(
        "One queue, with the caller's waiting jobs and their places.",
        QUEUES,
        {200: answer("QueueAnswer", queue=Queue)},
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
        {200: answer("Validated", valid=bool, config=Obj, resumable=(bool | None, ...))},
        body=body(
            "Validate",
            config=given(dict[str, Any], "as creating the job takes it"),
            session_id=optional(str, "its files are checked too"),
        ),
        refuses=(400, 404, 422),
    ),
}
OPERATIONS: Operations = {**_JOBS, **_RECORDS, **_WORKLOADS}
