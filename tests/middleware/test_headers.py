"""What every answer tells a browser, whether it is data, the page, a refusal or a fault."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient

PATHS = ("/health/live", "/api/docs", "/api/v1/training/jobs", "/nowhere", "/")


@pytest.mark.parametrize("path", PATHS)
def test_no_answer_may_be_framed_guessed_or_run(client: FlaskClient, path: str) -> None:
    headers = client.get(path).headers
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    policy = headers["Content-Security-Policy"]
    assert "frame-ancestors 'none'" in policy
    scripts = [rule for rule in policy.split("; ") if rule.startswith(("script-src", "default-src"))]
    assert scripts and not any("unsafe-inline" in rule or rule == "unsafe-eval'" for rule in scripts)


def test_data_is_kept_by_nobody_on_the_way(client: FlaskClient) -> None:
    assert client.get("/api/v1/training/jobs").headers["Cache-Control"] == "no-store"


def test_https_is_to_be_remembered_only_where_it_is_used(app: Flask) -> None:
    client = app.test_client()
    assert "Strict-Transport-Security" not in client.get("/health/live").headers
    secure = client.get("/health/live", base_url="https://localhost").headers
    assert int(secure["Strict-Transport-Security"].removeprefix("max-age=")) >= 180 * 24 * 3600
