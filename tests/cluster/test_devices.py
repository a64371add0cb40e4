"""Workers of many machines in one list, on PostgreSQL."""

from __future__ import annotations

import pytest
import requests

from examples.server import wait_until
from services.devices.detection import may_have_gpu
from tests.clusters import PATIENCE_SECONDS, Cluster


@pytest.mark.slow
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


@pytest.mark.skipif(may_have_gpu(), reason="this machine may have the GPU that is asked for")
@pytest.mark.slow
def test_a_machine_that_is_to_use_a_gpu_it_has_not_is_refused(cluster: Cluster) -> None:
    machine = cluster.worker("without-gpu", TRAINYARD_DEVICE="cuda").start()
    assert machine.process is not None
    try:
        assert machine.process.wait(PATIENCE_SECONDS) == 2
    finally:
        machine.stop()
    assert "TRAINYARD_DEVICE: There is no device cuda here; there is cpu" in machine.log.read_text()
    assert "Traceback" not in machine.log.read_text()
