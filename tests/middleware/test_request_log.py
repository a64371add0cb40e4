"""Every request has an id, a log line and a measurement."""

from __future__ import annotations

import logging

import pytest
from flask import Flask
from flask.testing import FlaskClient


def test_a_request_id_is_made_or_taken_over(app: Flask) -> None:
    client = app.test_client()
    assert len(client.get("/health/live").headers["X-Request-Id"]) == 32
    given = client.get("/health/live", headers={"X-Request-Id": "page-17.a"})
    assert given.headers["X-Request-Id"] == "page-17.a"


@pytest.mark.parametrize("strange", ["x" * 65, "a b", "a;b", '"'])
def test_a_strange_request_id_is_replaced(app: Flask, strange: str) -> None:
    answer = app.test_client().get("/health/live", headers={"X-Request-Id": strange})
    assert len(answer.headers["X-Request-Id"]) == 32


def test_the_log_line_has_path_and_status_and_no_query(
    client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "middleware.request_log"):
        client.get("/api/auth/me?token=geheim")
    assert [record.getMessage() for record in caplog.records] == ["GET /api/auth/me 200"]


def test_requests_are_measured_by_route_and_not_by_address(client: FlaskClient) -> None:
    client.get("/api/training/results/first-stranger")
    client.get("/nowhere/second-stranger")
    client.open("/health/live", method="STRANGER")
    metrics = client.get("/metrics").get_data(as_text=True)
    assert 'route="/api/training/results/<session_id>",status="400"' in metrics
    assert 'method="other"' in metrics
    assert "stranger" not in metrics.lower()
