"""Trainings on embeddings, started and followed from Python; the jobs are those of the job engine."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from typing import TYPE_CHECKING, Any, Protocol
from uuid import UUID

from pydantic import BaseModel
from sqlalchemy.orm import Session

from services.devices.detection import devices
from services.devices.device import DeviceManager
from services.devices.names import MPS, is_name
from services.devices.workforce import Workforce
from services.errors import AppError, Conflict, NotFound
from services.jobs import JobOptions, Jobs, JobView, Selection
from services.local_training import embeddings
from services.local_training.errors import DeviceDetectionError, LocalTrainingError, TrainingProgressError
from services.local_training.interfaces import (
    DeviceManagerInterface,
    LocalTrainingEnvironmentInterface,
    TrainingProgressInterface,
    TrainingProgressMonitorInterface,
)
from services.local_training.job_monitor import JobMonitor
from services.local_training.progress import TrainingProgressMonitor
from services.local_training.record import TrainingProgress
from services.local_training.status import status_of
from services.storage.blobs import Blobs
from services.storage.database import Database
from services.workload_catalogue import WorkloadCatalogue
from services.workloads.base import Workload

if TYPE_CHECKING:
    import numpy as np

__all__ = [
    "DeviceDetectionError",
    "DeviceManager",
    "DeviceManagerInterface",
    "JobMonitor",
    "LocalTrainingEnvironment",
    "LocalTrainingEnvironmentInterface",
    "LocalTrainingError",
    "TrainingProgress",
    "TrainingProgressError",
    "TrainingProgressInterface",
    "TrainingProgressMonitor",
    "TrainingProgressMonitorInterface",
]

TRAIN, VALIDATION = "train_embeddings", "val_embeddings"
PAGE = 500


class Engine(Protocol):
    """The side of services.wiring.Services that is needed here."""

    @property
    def jobs(self) -> Jobs: ...
    @property
    def blobs(self) -> Blobs: ...
    @property
    def database(self) -> Database: ...
    @property
    def workloads(self) -> WorkloadCatalogue: ...
    @property
    def workforce(self) -> Workforce: ...


class LocalTrainingEnvironment:
    """One user's trainings of one workload, whose config has the fields train_embeddings and val_embeddings.

    A job's number is its UUID written as an integer: nothing is kept beside the job's row, so numbers
    outlive every restart and mean the same in every environment.

    `db` is optional everywhere. Jobs live in the engine's own database and each call is a transaction of its
    own, because workers must see a job at once; a session or database of anywhere else is refused.
    """

    def __init__(
        self, engine: Engine, user_id: UUID, workload: str = "autoencoder", *, device: str = "auto"
    ) -> None:
        self._engine = engine
        self._user_id = user_id
        self._workload = workload
        self._device_request = device

    @cached_property
    def device_manager(self) -> DeviceManager:
        """The device described here; it caps nothing, since trainings run in processes of their own."""
        return DeviceManager(self._device_request, memory_fraction=None)

    def get_environment_info(self) -> dict[str, Any]:
        """`embedding_service` is None: embeddings are brought along."""
        found = devices()
        return {
            "device_info": self.device_manager.device_info,
            "memory_usage": self.device_manager.get_memory_usage(),
            "embedding_service": None,
            "active_jobs": [job.id.int for job in self._jobs() if job.finished_at is None],
            "pytorch_version": _torch_version(),
            "cuda_available": any(name.startswith("cuda") for name in found),
            "mps_available": MPS in found,
        }

    def start_training_job(
        self,
        config: Mapping[str, Any] | BaseModel | Any,
        train_embeddings: np.ndarray,
        val_embeddings: np.ndarray,
        db: Session | Database | None = None,
    ) -> int:
        """Queue a job. Of the config, `job_name` and `device` also tell the engine its name and device."""
        self._check_database(db)
        values = _plain(config)
        options = JobOptions(name=values.get("job_name"), device=values.get("device") or "auto")
        try:
            workload = self._engine.workloads.workload(self._workload)
            _check_device(self._engine.workforce, options.device)
            values = _fitting(workload, values)
            arrays = {TRAIN: train_embeddings, VALIDATION: val_embeddings}
            for name, stored in embeddings.store(self._engine.blobs, arrays).items():
                values[name] = stored.model_dump(mode="json")
            job = self._engine.jobs.submit(self._user_id, self._workload, values, options=options)
        except AppError as error:
            raise _told(error) from error
        return job.id.int

    def get_job_status(self, job_id: int, db: Session | Database | None = None) -> dict[str, Any]:
        self._check_database(db)
        job = self._job(job_id)
        return status_of(self._engine.database, [job])[0]

    def list_training_jobs(self, db: Session | Database | None = None) -> list[dict[str, Any]]:
        """The newest first."""
        self._check_database(db)
        return status_of(self._engine.database, self._jobs())

    def cancel_training_job(self, job_id: int, db: Session | Database | None = None) -> bool:
        """True if it was called off or its worker was asked to stop, False if it had ended."""
        self._check_database(db)
        job = self._job(job_id)
        if job.finished_at is not None:
            return False
        try:
            self._engine.jobs.cancel(self._user_id, job.id)
        except Conflict:  # it ended just now
            return False
        return True

    def monitor(self, job_id: int) -> JobMonitor:
        """Follow a job: its latest progress, its history, callbacks."""
        return JobMonitor(self._engine.jobs, self._user_id, self._job(job_id).id.int)

    def _job(self, job_id: int) -> JobView:
        unknown = LocalTrainingError(f"There is no training job {job_id}", code="JOB_NOT_FOUND")
        if not isinstance(job_id, int) or not 0 <= job_id < 2**128:
            raise unknown
        try:
            job = self._engine.jobs.get(self._user_id, UUID(int=job_id))
        except NotFound:
            raise unknown from None
        if job.workload != self._workload:
            raise unknown
        return job

    def _jobs(self) -> list[JobView]:
        ours = Selection(workload=self._workload)
        found: list[JobView] = []
        while len(page := self._engine.jobs.list(self._user_id, ours, limit=PAGE, offset=len(found))) == PAGE:
            found += page
        return [*found, *page]

    def _check_database(self, db: Session | Database | None) -> None:
        ours = self._engine.database
        theirs = db.get_bind().engine.url if isinstance(db, Session) else db and db.engine.url
        if theirs is not None and theirs != ours.engine.url:
            raise LocalTrainingError(
                "`db` is another database than that of this environment's jobs; leave it out",
                code="OTHER_DATABASE",
            )


def _plain(config: Any) -> dict[str, Any]:
    if isinstance(config, BaseModel):
        return config.model_dump(mode="json")
    if dataclasses.is_dataclass(config) and not isinstance(config, type):
        return dataclasses.asdict(config)
    if isinstance(config, Mapping):
        return dict(config)
    raise LocalTrainingError(
        f"config is {type(config).__name__}; it must be a mapping, a dataclass or a pydantic model",
        code="INVALID_CONFIG",
    )


def _fitting(workload: Workload, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the workload's config is made from; name and device only where it has a place for them."""
    fields = workload.config.model_fields
    if not fields.keys() >= {TRAIN, VALIDATION}:
        raise LocalTrainingError(
            f"The workload {workload.name!r} does not learn from embeddings", code="WRONG_WORKLOAD"
        )
    given = sorted({TRAIN, VALIDATION} & values.keys())
    if given:
        raise LocalTrainingError(f"{', '.join(given)} stand in the config already", code="INVALID_CONFIG")
    return {key: value for key, value in values.items() if key in fields or key not in ("job_name", "device")}


def _check_device(workforce: Workforce, request: Any) -> None:
    if not isinstance(request, str) or not is_name(request):
        raise DeviceDetectionError(f"{request!r} is no device", code="UNKNOWN_DEVICE")
    try:
        workforce.check(request)
    except AppError as error:
        raise DeviceDetectionError(error.message, code=error.code) from None


def _torch_version() -> str | None:
    """Of the installed package; importing it would take a second."""
    try:
        return version("torch")
    except PackageNotFoundError:
        return None


def _told(error: AppError) -> LocalTrainingError:
    message = f"{error.message}. {error.suggestion}" if error.suggestion else error.message
    return LocalTrainingError(message, code=error.code)
