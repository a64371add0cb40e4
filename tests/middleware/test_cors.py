"""Pages on other hosts: only those that the settings name."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from api.context import KEY
from app import create_app
from tests.conftest import make_settings

PAGE = "https://page.example"


@pytest.fixture(scope="module")
def open_app(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Flask]:
    folder = tmp_path_factory.mktemp("cors") / "data"
    folder.mkdir()
    shutil.copy(migrated, folder / "trainyard.db")
    app = create_app(make_settings(folder, TRAINYARD_CORS_ORIGINS=PAGE))
    yield app
    app.extensions[KEY].database.close()


def test_a_known_page_may_ask_and_read_what_it_needs(open_app: Flask) -> None:
    answer = open_app.test_client().options("/api/training/upload-chunk", headers={"Origin": PAGE})
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    for name in ("Authorization", "Idempotency-Key"):
        assert name in answer.headers["Access-Control-Allow-Headers"]
    assert "DELETE" in answer.headers["Access-Control-Allow-Methods"]
    for name in ("Content-Disposition", "Content-Length", "X-Request-Id", "X-Model-Env-Keras"):
        assert name in answer.headers["Access-Control-Expose-Headers"]


def test_a_refusal_can_be_read_by_a_known_page_too(open_app: Flask) -> None:
    answer = open_app.test_client().get("/api/auth/me", headers={"Origin": PAGE})
    assert answer.status_code == 401
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE


@pytest.mark.parametrize("origin", ["https://evil.example", "https://page.example.evil.example", "null", ""])
def test_an_unknown_page_is_told_nothing(open_app: Flask, origin: str) -> None:
    answer = open_app.test_client().get("/health/live", headers={"Origin": origin})
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Origin" in answer.headers["Vary"]
