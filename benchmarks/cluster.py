"""A cluster on this machine: how soon a job starts, how soon others hear of it, how fast small ones drain.

    python -m benchmarks.cluster

Needs redis-server and PostgreSQL; starts both for itself, with two web servers and two worker machines.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from datetime import datetime
from pathlib import Path
from threading import Event as Flag
from uuid import UUID

from services.events import Event
from tests.clusters import Cluster
from tests.daemons import PostgresServer, RedisServer

STARTS = 20
JOBS = 100
JOB_SECONDS = 0.1
WORKERS = 2


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        redis, postgres = RedisServer(Path(folder)).start(), PostgresServer().start()
        cluster = Cluster(Path(folder), redis, postgres).start(servers=2, workers=WORKERS)
        try:
            user, _ = cluster.account()
            cluster.finished(user, cluster.submit(user, "toy_count"))
            report("submit to first report heard on the server (ms)", starts(cluster, user))
            report("one event from worker to server (ms)", travels(cluster, user))
            seconds = drain(cluster, user)
            ideal = JOBS * JOB_SECONDS / WORKERS
            print(
                f"{JOBS} jobs of {JOB_SECONDS} s on {WORKERS} workers: {seconds:.2f} s, {ideal / seconds:.0%}"
            )
        finally:
            cluster.stop()
            postgres.stop()
            redis.stop()


def starts(cluster: Cluster, user: UUID) -> list[float]:
    found = []
    for _ in range(STARTS):
        heard = Flag()
        unsubscribe = cluster.node.bus.subscribe(
            lambda event, heard=heard: event.type == "progress" and heard.set()
        )
        began = time.perf_counter()
        job = cluster.submit(user, "toy_count")
        heard.wait(10)
        found.append(time.perf_counter() - began)
        unsubscribe()
        cluster.finished(user, job)
    return found


def travels(cluster: Cluster, user: UUID) -> list[float]:
    """From the moment that is stored in the event; both processes have the same clock."""
    found: list[float] = []

    def listen(event: Event) -> None:
        found.append(time.time() - datetime.fromisoformat(event.at).timestamp())

    job = cluster.submit(user, "toy_count", n=50, pause=0.05)
    unsubscribe = cluster.node.bus.subscribe(listen)
    cluster.finished(user, job)
    unsubscribe()
    return found


def drain(cluster: Cluster, user: UUID) -> float:
    jobs = [cluster.submit(user, "toy_count", n=1, pause=JOB_SECONDS) for _ in range(JOBS)]
    for job in jobs:
        cluster.finished(user, job, 120)
    rows = [cluster.node.jobs.get(user, job) for job in jobs]
    began = min(row.started_at for row in rows if row.started_at)
    ended = max(row.finished_at for row in rows if row.finished_at)
    return (ended - began).total_seconds()


def report(what: str, seconds: list[float]) -> None:
    shown = sorted(1000 * each for each in seconds)
    p95 = shown[int(0.95 * (len(shown) - 1))]
    print(f"{what}: median {statistics.median(shown):.0f}, p95 {p95:.0f}, most {shown[-1]:.0f}")


if __name__ == "__main__":
    main()
