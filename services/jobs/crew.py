"""The worker processes of one machine: every place is filled again as soon as it is empty."""

from __future__ import annotations

import logging
import os
import shutil
import time
from collections.abc import Callable, Sequence
from threading import Condition, Thread
from threading import Event as Flag

from sqlalchemy.exc import SQLAlchemyError

from services.devices import presence
from services.devices.sharing import Seat, seats
from services.events import Event
from services.jobs import event_log
from services.jobs.lease import Usage, take_back
from services.jobs.worker_process import WorkerProcess
from services.settings import Settings
from services.storage.database import Database

STOP_SECONDS = 10.0
SHORT_LIFE_SECONDS = 5.0  # a worker that ends sooner is not started again at once
LONGEST_PAUSE_SECONDS = 30.0
THREAD_LIMITS = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "POLARS_MAX_THREADS",
    "TF_NUM_INTRAOP_THREADS",
    "TF_NUM_INTEROP_THREADS",
)
log = logging.getLogger(__name__)


class Crew:
    """Whoever keeps it gets every event that was stored here, those of dead workers included, by `tell`."""

    def __init__(
        self,
        database: Database,
        usage: Usage,
        settings: Settings,
        tell: Callable[[Event], None],
    ) -> None:
        self._database = database
        self._usage = usage
        self._settings = settings
        self._tell = tell
        self._work_dir = settings.data_dir / "work"
        self._stopping = Flag()
        self._changed = Condition()  # guards _workers; notified when one of them rests or has ended
        self._workers: dict[str, WorkerProcess] = {}
        self._threads: list[Thread] = []

    def start(self, lanes: Sequence[str]) -> None:
        """One worker for every name of a lane; SettingsError if a device they are to use is not there."""
        self._threads = [
            Thread(target=self._keep, args=(seat,), name=f"{seat.lane} worker", daemon=True)
            for seat in seats(lanes, self._settings.device)
        ]
        for thread in self._threads:
            thread.start()

    def wake(self) -> None:
        """There may be work: all look at once, one of them gets it."""
        for worker in self._living():
            worker.wake()

    def serve(self) -> None:
        """Let a worker that rests look for work; comes back when there is one for the next call."""
        with self._changed:
            worker = self._changed.wait_for(self._resting_or_stopping)
            if not isinstance(worker, WorkerProcess):
                return
            worker.wake()
            self._changed.wait_for(self._resting_or_stopping)

    def stop(self) -> None:
        """Ask all to put their jobs back and end; who takes too long is killed."""
        with self._changed:
            self._stopping.set()
            self._changed.notify_all()
        for worker in self._living():
            worker.close()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def pids(self) -> dict[str, int]:
        """The living workers and their processes."""
        return {worker.worker_id: worker.pid for worker in self._living()}

    def end(self, worker_id: str) -> None:
        """Kill a worker that no longer shows a sign of life, if it is one of ours."""
        for worker in self._living():
            if worker.worker_id == worker_id:
                log.error("worker %s has been silent for longer than its lease; it is ended", worker_id)
                worker.kill()

    def _living(self) -> list[WorkerProcess]:
        with self._changed:
            return list(self._workers.values())

    def _resting_or_stopping(self) -> WorkerProcess | bool:
        resting = (worker for worker in self._workers.values() if worker.rests)
        return self._stopping.is_set() or next(resting, False)

    def _keep(self, seat: Seat) -> None:
        """One place for a worker: whoever ends is followed by another."""
        pause = 0.0
        while not self._stopping.wait(pause):
            began = time.monotonic()
            worker = self._spawn(seat)
            if worker is None:
                return
            self._attend(worker)
            short = time.monotonic() - began < SHORT_LIFE_SECONDS
            pause = min(LONGEST_PAUSE_SECONDS, max(0.2, 2 * pause)) if short else 0.0

    def _spawn(self, seat: Seat) -> WorkerProcess | None:
        with self._changed:  # a worker that stop() does not see must not be born
            if self._stopping.is_set():
                return None
            worker = WorkerProcess(seat, self._environment(seat.lane), self._changed)
            self._workers[worker.worker_id] = worker
            return worker

    def _attend(self, worker: WorkerProcess) -> None:
        """Pass on what the worker tells; when it is dead, see to the job it held."""
        last: Event | None = None
        for event in worker.events():
            self._tell(event)
            last = event
        with self._changed:
            del self._workers[worker.worker_id]
            self._changed.notify_all()
        status = worker.bury(STOP_SECONDS)
        if status != 0:
            log.error("worker %s ended with status %s", worker.worker_id, status)
        shutil.rmtree(self._work_dir / worker.worker_id, ignore_errors=True)
        try:
            presence.forget(self._database, worker.worker_id)
            self._tell_unheard(last)
            for event in take_back(self._database, self._usage, worker.worker_id):
                self._tell(event)
        except SQLAlchemyError:
            log.exception("the jobs of worker %s wait for the end of their lease", worker.worker_id)

    def _tell_unheard(self, last: Event | None) -> None:
        """Events stored by a worker that died before it could tell them."""
        if last is not None:
            with self._database.read() as tx:
                unheard = event_log.read(tx, last.job_id, after_seq=last.seq)
            for event in unheard:
                self._tell(event)

    def _environment(self, lane: str) -> dict[str, str]:
        """Ours with the settings as they were read, and the cores shared out among the workers."""
        cores = os.cpu_count() or 1
        workers = max(1, self._settings.workers)
        threads = str(max(1, cores // workers if lane == "training" else cores - 1))
        limits = dict.fromkeys(THREAD_LIMITS, threads)
        quiet = {"TF_CPP_MIN_LOG_LEVEL": "2", "PYTHONUNBUFFERED": "1"}
        return {**os.environ, **limits, **quiet, **self._settings.to_env()}
