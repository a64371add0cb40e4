"""kill -9 of a worker or of the server at a bad moment: nothing is lost, nothing is double, no job lies."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from examples.client import ApiError, Client
from examples.server import Server, running, wait_until
from tests.e2e.conftest import signed_in
from tests.e2e.series import ready_session, write_series

SLOW = {"MODE": "Dense", "LAY": 1, "N": 8, "EP": 12, "PATIENCE": 12}
JOBS = "/api/v1/training/jobs"


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Of all crashes: each has a user of its own, and goes on with what the one before left."""
    folder = tmp_path_factory.mktemp("crashes") / "data"
    with running(folder, TRAINYARD_WORKERS="1", TRAINYARD_LEASE_SECONDS="3") as server:
        yield server


def start_training(client: Client, session_id: str) -> str:
    body = {"model_parameters": SLOW}
    job_id: str = client.call("POST", f"/api/training/train-models/{session_id}", json=body)["job_id"]
    wait_until(lambda: "metrics" in kinds(client, job_id), 60, "the first epoch")
    return job_id


def job(client: Client, job_id: str) -> dict[str, Any]:
    body = client.call("GET", f"{JOBS}/{job_id}")
    found: dict[str, Any] = body.get("job", body)
    return found


def events(client: Client, job_id: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = client.call("GET", f"{JOBS}/{job_id}/events?after_seq=0")["events"]
    return found


def kinds(client: Client, job_id: str) -> list[str]:
    return [event["type"] for event in events(client, job_id)]


def assert_finished_once(client: Client, session_id: str, job_id: str) -> None:
    wait_until(lambda: job(client, job_id)["status"] == "completed", 90, "the training to complete")
    told = events(client, job_id)
    assert [event["seq"] for event in told] == list(range(1, len(told) + 1))
    assert [event["type"] for event in told].count("completed") == 1
    assert client.call("GET", f"/api/training/results/{session_id}?all=true")["count"] == 1
    artifacts = client.call("GET", f"{JOBS}/{job_id}/artifacts")["artifacts"]
    names = [artifact["name"] for artifact in artifacts]
    assert len(names) == len(set(names))
    assert {artifact["attempt"] for artifact in artifacts} == {job(client, job_id)["attempt"]}
    assert client.call("GET", "/api/auth/me")["usage"]["training"]["used"] == 1


@pytest.mark.slow
def test_a_killed_worker_costs_an_attempt_and_nothing_else(server: Server, tmp_path: Path) -> None:
    client = signed_in(server)
    session_id = ready_session(client, tmp_path)
    job_id = start_training(client, session_id)
    assert server.process is not None
    for child in psutil.Process(server.process.pid).children(recursive=True):
        if "services.jobs.worker" in child.cmdline() and "training" in child.cmdline():
            child.kill()
    wait_until(lambda: "requeued" in kinds(client, job_id), 15, "the loss to be noticed")
    assert_finished_once(client, session_id, job_id)
    assert job(client, job_id)["attempt"] == 2


@pytest.mark.slow
def test_a_killed_server_finishes_its_training_after_the_restart(server: Server, tmp_path: Path) -> None:
    client = signed_in(server)
    session_id = ready_session(client, tmp_path)
    job_id = start_training(client, session_id)
    server.kill()
    server.start()
    assert_finished_once(client, session_id, job_id)


def test_an_upload_goes_on_where_the_killed_server_left_it(server: Server, tmp_path: Path) -> None:
    client = signed_in(server)
    created = client.call("POST", "/api/training/create-database-session", json={"sessionName": "Cut"})
    session_id = created["sessionUuid"]
    content = write_series(tmp_path / "load.csv").read_bytes()
    size = len(content) // 4 + 1
    chunks = [content[start : start + size] for start in range(0, len(content), size)]

    def send(index: int) -> dict[str, Any]:
        about = {"sessionId": session_id, "fileName": "load.csv", "fileType": "input"}
        about |= {"chunkIndex": index, "totalChunks": len(chunks)}
        about["fileHash"] = hashlib.sha256(content).hexdigest()
        metadata = {"bezeichnung": "Load", "zeithorizontStart": -23, "zeithorizontEnd": 0}
        return client.send_chunk(about, chunks[index], metadata)

    send(3)
    send(0)
    server.kill()
    server.start()
    status = client.call("GET", f"/api/training/upload-status?sessionId={session_id}")
    (upload,) = status["uploads"]
    assert upload["missing"] == [1, 2]
    send(0)  # sent twice: accepted, kept once
    chunks[3] = b"x" * len(chunks[3])
    with pytest.raises(ApiError) as refused:
        send(3)
    assert (refused.value.status, refused.value.body["code"]) == (409, "CHUNK_CONFLICT")
    send(1)
    send(2)
    (row,) = client.call("GET", f"/api/training/csv-files/{session_id}")["data"]
    assert row["datenpunkte"] == 60 * 24
    assert row["file_hash"] == hashlib.sha256(content).hexdigest()
