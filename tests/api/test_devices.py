"""GET /api/v1/devices and /api/v1/workers: what the workers of this server say of themselves."""

from __future__ import annotations

import socket
import sys
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api.docs.machines import Device, Worker
from tests.api.caller import Caller
from tests.jobs.house import until


def test_devices_are_shown_with_their_workers(running: Flask, working: Caller) -> None:
    def told(path: str) -> Any:
        answer = working.client.get(f"/api/v1/{path}", headers=working.headers)
        assert answer.status_code == 200
        return answer.get_json()[path]

    def complete() -> Any:
        devices = told("devices")
        there = devices and len(devices[0]["workers"]) == 2
        return there and devices[0]["busy_jobs"] == 0 and devices  # what other tests left may still work

    (device,) = until(complete, 60)
    assert device["device"] == device["type"] == "cpu"
    assert device["host"] == socket.gethostname()
    assert device["logical_cores"] and device["total_memory_gb"]
    assert device["memory"]["percent"] > 0
    workers = told("workers")
    assert [worker["id"] for worker in workers] == device["workers"]
    assert {worker["lane"] for worker in workers} == {"training", "interactive"}
    for model, shown in ((Device, device), (Worker, workers[0])):
        model.model_validate(shown, strict=True)
        assert set(shown) <= set(model.model_fields)  # what the document does not tell is not there


def test_a_server_without_workers_has_no_devices_to_show(client: FlaskClient) -> None:
    assert client.get("/api/v1/devices").get_json() == {"success": True, "devices": []}
    assert client.get("/api/v1/workers").get_json() == {"success": True, "workers": []}


@pytest.mark.parametrize("path", ["/api/v1/devices", "/api/v1/workers"])
def test_it_takes_a_signed_in_user_and_no_arguments(app: Flask, client: FlaskClient, path: str) -> None:
    assert app.test_client().get(path).status_code == 401
    refused = client.get(f"{path}?host=a")
    assert refused.status_code == 400
    assert "host" in refused.get_json()["error"]


def test_the_web_process_asks_no_device(client: FlaskClient) -> None:
    before = {"torch", "psutil"} & set(sys.modules)
    assert client.get("/api/v1/devices").status_code == 200
    assert {"torch", "psutil"} & set(sys.modules) == before
