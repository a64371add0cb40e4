"""A worker machine of a cluster: `python -m services.jobs.cluster_worker` works until it is told to end.

The first process only keeps one process for each lane. That one listens to Redis, keeps its worker processes,
which do the work, and tells the web servers what they do.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from threading import Event as Flag
from threading import Thread

from services import logs
from services.events import Event
from services.installation import CannotStart, identify
from services.settings import Settings, SettingsError

LANES = ("training", "interactive")
RESTART_SECONDS = 2.0
STOP_SECONDS = 20.0
REFUSED = 2  # exit status: the configuration must be changed first
log = logging.getLogger(__name__)


class Lane:
    """The process of one lane: Celery's consumer in front, worker processes behind."""

    def __init__(self, settings: Settings, lane: str) -> None:
        # Imported here, since the process that only keeps the lanes needs none of it.
        from services.events.redis import RedisEventBus
        from services.jobs.celery import WakeUps
        from services.jobs.crew import Crew
        from services.jobs.reaper import Reaper
        from services.jobs.watch import Watch
        from services.plans import Plans
        from services.storage.blobs.opening import open_blobs
        from services.storage.database import Database

        self._settings = settings
        self._lane = lane
        self._slots = settings.workers if lane == "training" else 1
        self._database = Database(settings.database_url)
        usage = Plans(self._database)
        self._bus = RedisEventBus(settings.redis_url)
        self._wake_ups = WakeUps(self._database)
        self._crew = Crew(self._database, usage, settings, self._tell)
        blobs = open_blobs(settings, self._database)
        reaper = Reaper(self._database, blobs, usage, settings.lease_seconds, self._crew.end)
        self._watch = Watch(reaper.sweep, settings.lease_seconds, self._tell)

    def run(self) -> None:
        from services.jobs.celery import connected, consume
        from services.jobs.cluster import channel

        self._database.migrate(supabase_accounts=self._settings.accounts == "supabase")
        installation = identify(self._database, self._settings.data_dir)
        app = connected(self._settings.redis_url, installation)
        self._bus.start(channel(installation), listen=False)
        self._wake_ups.start(self._settings.redis_url, installation)
        self._watch.start()
        self._crew.start([self._lane] * self._slots)
        log.info("works with %s %s process(es)", self._slots, self._lane)
        try:
            consume(app, self._lane, self._crew.serve, self._crew.stop)
        finally:
            self._crew.stop()
            self._watch.stop()
            self._wake_ups.stop()
            self._bus.stop()
            self._database.close()

    def _tell(self, event: Event) -> None:
        self._bus.publish(event)
        if event.type == "requeued":
            self._wake_ups.send(event.job_id)


class Keeper:
    """Keeps the processes of the lanes; ends with all of them, or when one is refused to start."""

    def __init__(self, lanes: Sequence[str]) -> None:
        self._lanes = lanes
        self._stopping = Flag()
        self._status = 0

    def run(self) -> int:
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: self._stopping.set())
        threads = [Thread(target=self._keep, args=(lane,)) for lane in self._lanes]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        return self._status

    def _keep(self, lane: str) -> None:
        while not self._stopping.is_set():
            process = subprocess.Popen(
                [
                    sys.executable,
                    "-m",
                    "services.jobs.cluster_worker",
                    "--kept",
                    "--lane",
                    lane,
                ],
                stdin=subprocess.PIPE,  # closed by our end, whatever brings it about
                start_new_session=True,  # Ctrl-C is for us, who then ask it to end
            )
            status = self._wait(process)
            if status == REFUSED:
                self._status = REFUSED
                self._stopping.set()
            elif not self._stopping.is_set():
                log.error("the process of the %s lane ended with status %s", lane, status)
                self._stopping.wait(RESTART_SECONDS)

    def _wait(self, process: subprocess.Popen[bytes]) -> int:
        while process.poll() is None and not self._stopping.wait(0.1):
            pass
        process.terminate()
        try:
            return process.wait(STOP_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            return process.wait()


def _end_with_keeper() -> None:
    while os.read(0, 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main() -> int:
    parser = argparse.ArgumentParser(description="Work for a cluster (JOB_RUNNER=celery)")
    parser.add_argument("--lane", choices=LANES, help="only this kind of jobs; without: both")
    parser.add_argument("--kept", action="store_true", help="end when standard input is closed")
    chosen = parser.parse_args()
    try:
        settings = Settings.from_env()
        if settings.job_runner != "celery":
            raise CannotStart("A worker needs JOB_RUNNER=celery; without it the server brings its own")
        logs.configure(settings)
        if chosen.lane is None:
            lanes = [lane for lane in LANES if lane != "training" or settings.workers]
            return Keeper(lanes).run()
        logs.bind(lane=chosen.lane)
        if chosen.kept:
            Thread(target=_end_with_keeper, daemon=True).start()
        Lane(settings, chosen.lane).run()
    except (SettingsError, CannotStart) as error:
        print(error, file=sys.stderr)
        return REFUSED
    return 0


if __name__ == "__main__":
    sys.exit(main())
