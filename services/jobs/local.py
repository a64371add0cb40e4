"""Embedded runner: worker processes kept alive by background threads of the server."""

from __future__ import annotations

import logging
import os
import shutil
import time
from threading import Event as Flag
from threading import Lock, Thread
from uuid import UUID

from sqlalchemy.exc import SQLAlchemyError

from services.events import Event, EventBus
from services.jobs import event_log
from services.jobs.lease import Usage, reap, take_back
from services.jobs.worker_process import WorkerProcess
from services.settings import Settings
from services.storage.database import Database

STOP_SECONDS = 10.0
SHORT_LIFE_SECONDS = 5.0  # a worker that ends sooner is not started again at once
LONGEST_PAUSE_SECONDS = 30.0
log = logging.getLogger(__name__)


class LocalRunner:
    """services.jobs.runner.JobRunner: settings.workers training processes and one for small jobs."""

    def __init__(
        self, database: Database, bus: EventBus, usage: Usage, settings: Settings, *, warm: bool = True
    ) -> None:
        self._settings = settings
        self.warm = warm
        self._database = database
        self._bus = bus
        self._usage = usage
        self._work_dir = settings.data_dir / "work"
        self._stopping = Flag()
        self._lock = Lock()
        self._workers: dict[str, WorkerProcess] = {}
        self._threads: list[Thread] = []

    def start(self, job_id: UUID) -> None:
        for worker in self._living():
            worker.wake()

    def start_workers(self) -> None:
        lanes = ["training"] * self._settings.workers
        if lanes:
            lanes.append("interactive")
            shutil.rmtree(self._work_dir, ignore_errors=True)  # what killed workers left
        else:
            log.warning("TRAINYARD_WORKERS is 0: this server accepts jobs, but none will run here")
        self._threads = [Thread(target=self._keep, args=(lane,), name=f"{lane} worker") for lane in lanes]
        self._threads.append(Thread(target=self._reap, name="lease reaper"))
        for thread in self._threads:
            thread.daemon = True
            thread.start()

    def stop(self) -> None:
        with self._lock:
            self._stopping.set()
        for worker in self._living():
            worker.close()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def is_working(self) -> bool:
        return bool(self._living()) or self._settings.workers == 0

    def pids(self) -> dict[str, int]:
        """The living workers and their processes."""
        return {worker.worker_id: worker.pid for worker in self._living()}

    def _living(self) -> list[WorkerProcess]:
        with self._lock:
            return list(self._workers.values())

    def _keep(self, lane: str) -> None:
        """One place for a worker: whoever ends is followed by another."""
        pause = 0.0
        while not self._stopping.wait(pause):
            began = time.monotonic()
            worker = self._spawn(lane)
            if worker is None:
                return
            self._attend(worker)
            short = time.monotonic() - began < SHORT_LIFE_SECONDS
            pause = min(LONGEST_PAUSE_SECONDS, max(0.2, 2 * pause)) if short else 0.0

    def _spawn(self, lane: str) -> WorkerProcess | None:
        with self._lock:  # a worker that stop() does not see must not be born
            if self._stopping.is_set():
                return None
            worker = WorkerProcess(lane, self._environment(lane), warm=self.warm)
            self._workers[worker.worker_id] = worker
            return worker

    def _attend(self, worker: WorkerProcess) -> None:
        """Publish what the worker tells; when it is dead, see to the job it held."""
        last: Event | None = None
        for event in worker.events():
            self._bus.publish(event)
            last = event
        with self._lock:
            del self._workers[worker.worker_id]
        status = worker.bury(STOP_SECONDS)
        if status != 0:
            log.error("worker %s ended with status %s", worker.worker_id, status)
        shutil.rmtree(self._work_dir / worker.worker_id, ignore_errors=True)
        try:
            self._publish_unheard(last)
            self._publish_all(take_back(self._database, self._usage, worker.worker_id))
        except SQLAlchemyError:
            log.exception("the jobs of worker %s wait for the end of their lease", worker.worker_id)

    def _publish_unheard(self, last: Event | None) -> None:
        """Events stored by a worker that died before it could tell them."""
        if last is not None:
            with self._database.read() as tx:
                unheard = event_log.read(tx, last.job_id, after_seq=last.seq)
            for event in unheard:
                self._bus.publish(event)

    def _publish_all(self, events: list[Event]) -> None:
        for event in events:
            self._bus.publish(event)
            if event.type == "requeued":
                self.start(event.job_id)

    def _reap(self) -> None:
        while not self._stopping.wait(min(1.0, self._settings.lease_seconds / 3)):
            try:
                self._publish_all(reap(self._database, self._usage))
            except SQLAlchemyError:
                log.exception("the database did not answer the lease reaper")

    def _environment(self, lane: str) -> dict[str, str]:
        """Ours with the settings as they were read, and the cores shared out among the workers."""
        cores = os.cpu_count() or 1
        threads = str(max(1, cores // self._settings.workers if lane == "training" else cores - 1))
        limits = dict.fromkeys(THREAD_LIMITS, threads)
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **limits, **quiet, **self._settings.to_env()}


THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
