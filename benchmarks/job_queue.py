"""How fast jobs begin and how little lies between them, on a real server with warm workers.

python -m benchmarks.job_queue [--repeats 15] [--jobs 100]

1. From the request that submits a job to the first report of its training function, one job at a time.
2. `--jobs` jobs of 0.1 s on two workers, queued while both are busy: how long they take from the moment
   the workers are free (the mean of the two), against the ideal of half a tenth of a second each.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import mean, median
from typing import Any

from examples.client import Client
from examples.server import Server, wait_until

JOBS = "/api/v1/training/jobs"
WORK_SECONDS, WORKERS = 0.1, 2
WARM_SECONDS = 15.0  # in which idle workers import what trainings need


def submit(client: Client, seconds: float) -> str:
    body = {"workload": "burn", "job_name": "queue", "config": {"seconds": seconds, "rest": True}}
    job_id: str = client.call("POST", JOBS, json=body)["id"]
    return job_id


def job(client: Client, job_id: str) -> dict[str, Any]:
    found: dict[str, Any] = client.call("GET", f"{JOBS}/{job_id}")["job"]
    return found


def is_running(client: Client, job_id: str) -> bool:
    return bool(job(client, job_id)["status"] == "running")


def events(client: Client, job_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.call("GET", f"{JOBS}/{job_id}/events?after_seq=0")["events"]
    return found


def at(event: dict[str, Any]) -> float:
    return datetime.fromisoformat(event["at"]).timestamp()


def first_step(client: Client) -> float:
    """Seconds from the request to the first report, by the one clock of this machine."""
    begin = time.time()
    job_id = submit(client, WORK_SECONDS)
    wait_until(lambda: job(client, job_id)["status"] == "completed", 30, "the job")
    return next(at(event) for event in events(client, job_id) if event["type"] == "progress") - begin


def drain(client: Client, count: int) -> tuple[float, float]:
    """Seconds for all of them, and the ideal."""
    blockers = [submit(client, 4 + 0.05 * count) for _ in range(WORKERS)]
    for each in blockers:
        wait_until(partial(is_running, client, each), 30, "both to be busy")
    jobs = [submit(client, WORK_SECONDS) for _ in range(count)]
    time.sleep(count * WORK_SECONDS)  # nobody asks meanwhile: asking costs the cores that work
    wait_until(lambda: job(client, jobs[-1])["status"] == "completed", 300, "the last job")
    wait_until(lambda: client.call("GET", f"{JOBS}?status=running")["total"] == 0, 30, "all of them")
    free = mean(at(events(client, each)[-1]) for each in blockers)
    last = max(at(events(client, each)[-1]) for each in jobs)
    return last - free, count * WORK_SECONDS / WORKERS


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--repeats", type=int, default=15)
    parser.add_argument("--jobs", type=int, default=100)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        server = Server(
            Path(folder) / "data",
            TRAINYARD_WORKERS=str(WORKERS),
            TRAINYARD_JOBS_PER_USER="50",
            TRAINYARD_EXTRA_WORKLOADS="benchmarks.burning",
            TRAINYARD_LOG_LEVEL="error",
        ).start()
        try:
            client = Client(server.url)
            client.sign_up("queue@example.org", "ten characters and more")
            time.sleep(WARM_SECONDS)
            waits = sorted(first_step(client) for _ in range(chosen.repeats))
            took, ideal = drain(client, chosen.jobs)
        finally:
            server.stop()
    print("| | s | goal |\n|---|---|---|")
    print(f"| submit to first step, median | {median(waits):.3f} | |")
    print(f"| submit to first step, worst of {chosen.repeats} | {waits[-1]:.3f} | 1 |")
    goal = ideal / 0.9
    print(f"| {chosen.jobs} jobs of {WORK_SECONDS} s on {WORKERS} workers | {took:.2f} | {goal:.2f} |")
    print(f"| share of the ideal | {100 * ideal / took:.0f} % | 90 % |")


if __name__ == "__main__":
    main()
