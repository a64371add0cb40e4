"""A training job followed from Python: what its worker told, read back from the stored events."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from threading import Event as Flag
from threading import Lock, Thread, current_thread
from uuid import UUID

from services.jobs import Jobs, JobView
from services.local_training.errors import TrainingProgressError
from services.local_training.history import History
from services.local_training.record import TrainingProgress
from services.local_training.reporting import as_record

POLL_SECONDS = 0.2


class JobMonitor:
    """The reading half of a TrainingProgressMonitor, for a job that any worker on any machine does.

    Callbacks run in a thread of the monitor, which ends with the job or with `stop`.
    """

    def __init__(self, jobs: Jobs, user_id: UUID, job_id: int) -> None:
        self._jobs = jobs
        self._user_id = user_id
        self._job_id = job_id
        self._history = History()
        self._read_until = 0
        self._lock = Lock()
        self._callbacks: list[Callable[[TrainingProgress], None]] = []
        self._thread: Thread | None = None
        self._stopped = Flag()

    def add_callback(self, callback: Callable[[TrainingProgress], None]) -> None:
        """Call it with every record that is stored from now on."""
        with self._lock:
            if self._stopped.is_set():
                raise TrainingProgressError("This monitor was stopped", code="STOPPED")
            self._callbacks.append(callback)
            if self._thread is None:
                begin = self._job().last_seq
                self._thread = Thread(target=self._follow, args=(begin,), name="job monitor", daemon=True)
                self._thread.start()

    def get_latest_progress(self) -> TrainingProgress | None:
        with self._lock:
            self._refresh()
            return self._history.latest

    def get_history(self) -> list[TrainingProgress]:
        """The last 10 000 epochs and the last 1 000 told batches, as one curve over all attempts."""
        with self._lock:
            self._refresh()
            return self._history.all()

    def stop(self) -> None:
        """No callback is called any more; what was told stays readable."""
        self._stopped.set()
        if self._thread is not None and self._thread is not current_thread():
            self._thread.join()

    def _job(self) -> JobView:
        return self._jobs.get(self._user_id, UUID(int=self._job_id))

    def _refresh(self) -> None:
        for seq, record in self._told_after(self._read_until):
            self._read_until = seq
            if record is not None:
                self._history.add(record)

    def _follow(self, begin: int) -> None:
        known, ended = begin, False
        while not ended and not self._stopped.wait(POLL_SECONDS):
            ended = self._job().finished_at is not None  # looked at first: the last records are heard then
            for seq, record in self._told_after(known):
                known = seq
                if record is not None:
                    self._call(record)

    def _call(self, record: TrainingProgress) -> None:
        with self._lock:
            callbacks = list(self._callbacks)
        for callback in callbacks:
            if not self._stopped.is_set():
                callback(record)

    def _told_after(self, seq: int) -> Iterator[tuple[int, TrainingProgress | None]]:
        for event in self._jobs.events(self._user_id, UUID(int=self._job_id), seq):
            yield event.seq, as_record(event.type, event.data, self._job_id)
