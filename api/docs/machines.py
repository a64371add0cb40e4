"""Routes of the machines behind the server, described."""

from __future__ import annotations

from pydantic import BaseModel, Field

from api.docs.operation import Operation, Operations, answer

TAG = "Machines"
V = "/api/v1"
MEMORY = Field(description="megabytes, at most some seconds old; null where none is told")


class Device(BaseModel):
    """What trainings compute on. Which further fields there are depends on `type`."""

    device: str = Field(description="cpu, mps or cuda:0, cuda:1, ...")
    host: str
    type: str = Field(description="cpu, mps or cuda")
    name: str
    device_id: int
    total_memory: int | None = Field(description="bytes")
    total_memory_gb: float | None
    device_count: int = Field(description="of this type on this machine")
    supports_mixed_precision: bool
    physical_cores: int = Field(default=0, description="cpu")
    logical_cores: int = Field(default=0, description="cpu")
    available_memory_gb: float = Field(default=0.0, description="cpu, when its workers began")
    compute_capability: str = Field(default="", description="cuda")
    multiprocessor_count: int = Field(default=0, description="cuda")
    cuda_version: str | None = Field(default=None, description="cuda")
    workers: list[str] = Field(description="ids of those that work on it")
    memory: dict[str, float] | None = MEMORY
    busy_jobs: int


class Worker(BaseModel):
    """A living process that works on jobs."""

    id: str
    host: str
    pid: int
    lane: str = Field(description="training or interactive")
    device: str
    memory: dict[str, float] | None = MEMORY
    busy: bool
    job_id: str | None = Field(description="of the caller's own jobs only; an admin is told all")
    started_at: str
    seen_at: str


OPERATIONS: Operations = {
    f"GET {V}/devices": Operation(
        "The devices of all machines that have living workers.",
        TAG,
        {200: answer("DeviceList", devices=list[Device])},
        refuses=(400,),
    ),
    f"GET {V}/workers": Operation(
        "The living workers; who was silent for half a minute is not among them.",
        TAG,
        {200: answer("WorkerList", workers=list[Worker])},
        refuses=(400,),
    ),
}
