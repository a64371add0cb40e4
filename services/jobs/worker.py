"""A worker process: claims jobs of its lane one after another until its server is gone.

Its standard input carries a line for every new job and ends with the server. Its standard output carries
JSON lines: events, and whenever there is nothing to do the number of input lines after which it looked.
Whatever libraries print goes to the error stream instead.
"""

from __future__ import annotations

import argparse
import gc
import json
import logging
import os
import shutil
import signal
import socket
from collections.abc import Iterable
from importlib import import_module
from threading import Event as Flag
from threading import Lock, Thread

from services import logs, workloads
from services.devices.device import here, settle
from services.devices.presence import Presence
from services.events import Event
from services.jobs.execute import Workplace, execute
from services.jobs.lease import Claim, Place, claim, release
from services.plans import Plans
from services.settings import Settings
from services.storage.blobs.opening import open_blobs
from services.storage.database import Database
from services.workloads.base import Workload

IDLE_SECONDS = 1.0  # a missed wake-up costs no more than this
log = logging.getLogger(__name__)


class Worker:
    """Works in the main thread; a second one listens to the server."""

    def __init__(self, settings: Settings, lane: str, worker_id: str, output: int) -> None:
        self._settings = settings
        self._lane = lane
        self._worker_id = worker_id
        self._output = output
        self._write_lock = Lock()
        self._claiming = Lock()
        self._woken = Flag()
        self._heard = 0  # lines of the server
        self._rested: int | None = None  # lines after which nothing was found, as last told
        self._claim: Claim | None = None
        self._work_dir = settings.data_dir / "work" / worker_id
        self._database = Database(settings.database_url)
        self._presence = Presence(self._database, worker_id, lane, here())
        known = workloads.load(settings.extra_workloads)
        self._cold = _modules(known.values(), lane) if settings.workers_start == "warm" else []
        self._place = Workplace(
            database=self._database,
            blobs=open_blobs(settings, self._database),
            usage=Plans(self._database),
            workloads=known,
            publish=self.publish,
            work_dir=self._work_dir,
            cache_dir=settings.data_dir / "cache",
            lease_seconds=settings.lease_seconds,
            checkpoint_seconds=settings.checkpoint_seconds,
            end_process=self._exit,
        )

    def run(self) -> None:
        self._presence.begin()
        Thread(target=self._listen, name="server", daemon=True).start()
        while True:
            self._woken.clear()
            heard = self._heard
            if self._work_once():
                self._rested = None
                continue
            if self._rested != heard:
                self._rested = heard
                self._write(str(heard))
            if not self._warm_up():
                self._woken.wait(IDLE_SECONDS)

    def publish(self, event: Event) -> None:
        """Hand a stored event to the server; if that is gone, the row still tells it."""
        self._write(json.dumps(event.to_json(), ensure_ascii=False, allow_nan=False))

    def _write(self, line: str) -> None:
        rest = memoryview(f"{line}\n".encode())
        with self._write_lock:
            try:
                while rest:
                    rest = rest[os.write(self._output, rest) :]
            except OSError:
                log.warning("the server no longer listens to worker %s", self._worker_id)

    def _work_once(self) -> bool:
        """Whether there was a job."""
        with self._claiming:
            self._claim = claim(
                self._database,
                Place(
                    self._worker_id,
                    self._lane,
                    host=socket.gethostname(),
                    device=here().name,
                    limit=self._settings.jobs_per_device,
                ),
                jobs_per_user=self._settings.jobs_per_user,
            )
        if self._claim is None:
            return False
        execute(self._claim, self._place)
        here().clear_cache()  # what a GPU keeps for the next job is missing to its other workers
        self._claim = None
        return True

    def _warm_up(self) -> bool:
        """Import one more heavy module while no job waits; False when nothing is left to import."""
        if not self._cold:
            return False
        module = self._cold.pop(0)
        try:
            import_module(module)
        except ImportError as error:  # its own jobs will fail and say so; those of other workloads need not
            log.error("%s cannot be imported: %s", module, error)
        if not self._cold:
            gc.freeze()  # the frameworks' objects stay: looking for garbage in them takes a third of a second
        return True

    def _listen(self) -> None:
        while lines := os.read(0, 4096):
            self._heard += len(lines)
            self._woken.set()
        self.leave()

    def leave(self) -> None:
        """Put the job back and end; called beside the main thread, which may be anywhere."""
        self._claiming.acquire()  # and never released: nothing is claimed any more
        held = self._claim
        event = release(self._database, held.lease) if held else None
        if event:
            self.publish(event)
        self._exit()

    def _exit(self) -> None:
        """End at once, wherever the main thread is: what it would still write is refused or rolled back."""
        self._presence.end()
        shutil.rmtree(self._work_dir, ignore_errors=True)
        os._exit(0)


def _modules(known: Iterable[Workload], lane: str) -> list[str]:
    names = (name for workload in known if workload.lane == lane for name in workload.warm)
    return list(dict.fromkeys(names))


def _own_output() -> int:
    """A private copy of the pipe to the server; prints of libraries land in the error stream."""
    output = os.dup(1)
    os.dup2(2, 1)
    return output


def main() -> None:
    parser = argparse.ArgumentParser(description="Work on queued jobs (started by the server)")
    parser.add_argument("--lane", choices=("training", "interactive"), required=True)
    parser.add_argument("--worker-id", required=True)
    parser.add_argument("--device", default="cpu", help="what trainings compute on, such as cuda:0")
    parser.add_argument("--sharers", type=int, default=1, help="workers that share the device's memory")
    chosen = parser.parse_args()
    output = _own_output()
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the server, which then closes our input
    settings = Settings.from_env()
    logs.configure(settings)
    logs.bind(worker=chosen.worker_id)
    settle(chosen.device, sharers=chosen.sharers)
    worker = Worker(settings, chosen.lane, chosen.worker_id, output)
    signal.signal(signal.SIGTERM, lambda *_: Thread(target=worker.leave, daemon=True).start())
    worker.run()


if __name__ == "__main__":
    main()
