"""Routes of plan and usage, described."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.docs.operation import Operation, Operations, answer

TAG = "Accounts"


class PlanOfUser(BaseModel):
    id: str
    name: str
    can_use_training: bool
    max_file_size_mb: int | None


class UsagePeriod(BaseModel):
    """A month of the subscription, from the day of its start; `end` is no part of it."""

    start: str
    end: str


class UsageCounter(BaseModel):
    limit: float | None = Field(description="null: as many as one likes")
    used: float
    reserved: float = Field(description="held by jobs that have not ended")
    remaining: float | None
    resets_at: str


class UsageCounters(BaseModel):
    processing: UsageCounter
    training: UsageCounter
    compute_minutes: UsageCounter


class StorageUse(BaseModel):
    """A file or result that several sessions share counts once."""

    limit_bytes: int | None
    used_bytes: int
    remaining_bytes: int | None
    file_bytes: int
    artifact_bytes: int
    unfinished_upload_bytes: int = Field(description="not used yet, but no part of what remains")


class ParallelJobs(BaseModel):
    """Trainings at work at once; more than the limit wait in the queue."""

    limit: int | None
    running: int
    waiting: int


class ApiKeyUse(BaseModel):
    """Keys that there are, until they are deleted; nothing begins anew with the month."""

    limit: int | None
    used: int
    remaining: int | None


class ReachedLimit(BaseModel):
    """Once for each counter and period, kept for as long as the operator keeps logs."""

    counter: str = Field(description="training, processing, compute_minutes, storage (bytes) or api_keys")
    at: str
    period_start: str
    plan: str
    limit: float
    used: float


class UsageOfPeriod(UsagePeriod):
    processing: int
    training: int
    compute_minutes: float


OPERATIONS: Operations = {
    "GET /api/v1/usage": Operation(
        "The plan, what is used of it in this month of the subscription and in the six before, and the last "
        "20 limits that were reached.",
        TAG,
        {
            200: answer(
                "UsageOverview",
                plan=PlanOfUser,
                period=UsagePeriod,
                counters=UsageCounters,
                storage=StorageUse,
                parallel_jobs=ParallelJobs,
                api_keys=ApiKeyUse,
                events=list[ReachedLimit],
                history=list[UsageOfPeriod],
            )
        },
        refuses=(400, 403),
    ),
}
