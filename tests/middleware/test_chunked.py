"""A body of unknown length arrives whole, whichever server mode is set."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import requests

from examples.server import running


@pytest.mark.parametrize("mode", ["threading", "eventlet"])
def test_a_body_sent_in_pieces_is_read(tmp_path: Path, mode: str) -> None:
    (tmp_path / "data").mkdir()
    text = json.dumps({"email": "ada@example.org", "password": "correct horse battery"}).encode()
    with running(tmp_path / "data", TRAINYARD_WORKERS="0", TRAINYARD_ASYNC_MODE=mode) as server:
        pieces = (text[place : place + 7] for place in range(0, len(text), 7))
        headers = {"Content-Type": "application/json"}
        answer = requests.post(f"{server.url}/api/auth/sign-up", data=pieces, headers=headers, timeout=10)
    assert answer.status_code == 201
