"""Workers of many machines in one list, on PostgreSQL."""

from __future__ import annotations

import requests

from examples.server import wait_until
from tests.clusters import PATIENCE_SECONDS, Cluster


def test_every_web_server_shows_the_workers_of_all_machines(cluster: Cluster) -> None:
    cluster.wait_for_workers()
    user, token = cluster.account()
    headers = {"Authorization": f"Bearer {token}"}

    def shown(server: int, what: str) -> list[dict[str, object]]:
        answer = requests.get(f"{cluster.servers[server].url}/api/v1/{what}", headers=headers, timeout=10)
        answer.raise_for_status()
        found: list[dict[str, object]] = answer.json()[what]
        return found

    def lanes(server: int) -> list[object]:
        return sorted(str(worker["lane"]) for worker in shown(server, "workers"))

    everyone = ["interactive", "interactive", "training", "training"]
    for server in (0, 1):
        wait_until(lambda server=server: lanes(server) == everyone, PATIENCE_SECONDS, "all workers")
    job = cluster.submit(user, "toy_count", n=200, pause=0.02)
    wait_until(
        lambda: [str(job)] == [each["job_id"] for each in shown(0, "workers") if each["busy"]],
        PATIENCE_SECONDS,
        "the worker that has the job",
    )
    assert sum(int(str(device["busy_jobs"])) for device in shown(1, "devices")) == 1
    assert cluster.finished(user, job) == "completed"
