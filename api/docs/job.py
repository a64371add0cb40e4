"""A job and its progress, as the routes of jobs give them."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, Field

from api.docs.operation import Obj

Status = Literal["pending", "queued", "running", "paused", "completed", "failed", "cancelled"]
Action = Literal["submit", "pause", "finish", "resume", "cancel", "retry", "restart", "delete"]


class Best(BaseModel):
    metric: str
    value: float
    epoch: int | None


class Memory(BaseModel):
    """Of the process that works, or of its GPU; there more may be told."""

    allocated_mb: float
    total_mb: float


class JobProgress(BaseModel):
    """How far a job is; one object for every kind."""

    job_id: str
    workload: str
    status: Status
    phase: str | None = Field(description="prepare, train, evaluate, export or register")
    requested_action: str
    attempt: int
    seq: int
    percent: float = Field(description="over all phases; it never falls")
    unit: str | None
    current: float | None
    total: float | None
    epoch: int | None
    total_epochs: int | None
    batch: int | None
    total_batches: int | None
    counts: dict[str, int]
    rate: float | None
    rate_unit: str | None
    elapsed_s: float
    wall_s: float
    eta_s: float | None
    eta_at: str | None
    eta_is_upper_bound: bool
    metrics: dict[str, float | None]
    non_finite: list[str]
    is_best: bool
    best: Best | None
    learning_rate: float | None
    memory: Memory | None
    message: str | None
    updated_at: str


class JobError(BaseModel):
    code: str
    error: str
    suggestion: str | None = None


class Job(BaseModel):
    """A job; what stands below `metrics` is there only where one job is shown."""

    id: str
    owner: str | None = Field(default=None, description="whose it is; where an admin lists everybody's")
    job_name: str
    session_id: str | None
    restart_of: str | None = Field(description="the job that this one repeats")
    notes: str | None
    tags: list[str]
    workload: str
    priority: Literal["high", "normal", "low"] = Field(description="one that waits rises with time")
    device_request: str
    device: str | None = Field(description="what it works or worked on")
    status: Status
    phase: str | None
    requested_action: str = Field(description="none, pause, finish or cancel: what its worker was asked for")
    allowed: list[Action] = Field(description="what may be asked of it now")
    reason: str | None
    error: JobError | None
    error_message: str | None
    attempt: int
    counts: Obj | None = Field(description="of its tasks by status, where it has tasks")
    active_seconds: float
    progress: JobProgress
    progress_percent: float
    current_epoch: int | None
    total_epochs: int | None
    best_epoch: int | None
    train_loss: float | None
    val_loss: float | None
    last_seq: int = Field(description="of its events")
    queue_position: int | None = Field(description="1 is next")
    created_at: str
    started_at: str | None
    finished_at: str | None
    completed_at: str | None = Field(description="the same as finished_at")
    metrics: Obj = Field(default={}, description="the newest values")
    config: Obj = Field(default={}, description="the complete config, defaults included")
    best_val_loss: float | None = None
    train_accuracy: float | None = None
    val_accuracy: float | None = None
    learning_rate: float | None = None
    outcome: Obj | None = None
    celery_task_id: str | None = Field(default=None, description="always null: the id of the job is enough")
