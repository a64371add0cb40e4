"""A real server with a worker, and the real clients of the tus protocol."""

from __future__ import annotations

import hashlib
import json
import os
import secrets
import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from examples.client import Client
from examples.server import Server, running, wait_until
from tests.api.caller import series_csv
from tests.tus.proxy import Proxy

HERE = Path(__file__).resolve().parent
LOAD = {"bezeichnung": "Load", "zeithorizontStart": -24, "zeithorizontEnd": 0}


class House:
    """The server, which may be killed, and a user with a session for each test."""

    def __init__(self, server: Server, file: Path) -> None:
        self.server = server
        self.file = file
        self.size = file.stat().st_size
        self.sha256 = hashlib.sha256(file.read_bytes()).hexdigest()
        self.endpoint = f"{server.url}/files/"
        self.client = Client(server.url)
        self.client.sign_up(f"{secrets.token_hex(6)}@example.org", "correct horse battery")
        created = self.client.call("POST", "/api/training/create-database-session", json={})
        self.session_id = created["sessionUuid"]

    @property
    def metadata(self) -> dict[str, str]:
        return {
            "sessionId": self.session_id,
            "fileType": "input",
            "filename": self.file.name,
            "fileMetadata": json.dumps(LOAD),
            "fileHash": self.sha256,
        }

    def offset(self, address: str) -> int:
        """What the server has of an upload, as soon as that is something."""
        path = urlsplit(address).path

        def there() -> int:
            return int(self.client.call("GET", path)["offset"])

        return wait_until(there, 30, f"the first bytes of {path}")

    def kill_and_start(self) -> None:
        self.server.kill()
        self.server.start()

    @contextmanager
    def held(self, share: float) -> Iterator[Proxy]:
        """A way to the server that stops in the middle of the file."""
        proxy = Proxy(self.server.port, hold_after=int(share * self.size))
        yield proxy
        proxy.close()

    def became(self, url: str) -> dict[str, Any]:
        """The file that an upload was imported as; of exactly these bytes."""

        def ended() -> dict[str, Any] | None:
            state = self.client.call("GET", urlsplit(url).path)
            return state if state["status"] in ("completed", "failed") else None

        state = wait_until(ended, 60, f"the import of {url}") or {}
        assert (state["status"], state["fileHash"]) == ("completed", self.sha256), state
        (row,) = self.client.call("GET", f"/api/training/csv-files/{self.session_id}")["data"]
        assert [row["id"]] == state["fileIds"]
        assert row["datenpunkte"] == ROWS
        return state

    def javascript(self, **options: Any) -> JavaScript:
        return JavaScript(
            {
                "endpoint": self.endpoint,
                "file": str(self.file),
                "token": self.client.token,
                "metadata": self.metadata,
                **options,
            }
        )


class JavaScript:
    """tus-js-client in a process of its own."""

    def __init__(self, options: dict[str, Any]) -> None:
        command = [str(shutil.which("node")), str(HERE / "client.mjs"), json.dumps(options)]
        self.process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
        self.said: list[dict[str, Any]] = []

    def __enter__(self) -> JavaScript:
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def end(self) -> str:
        """The address of the upload."""
        found = self._listen(lambda line: "done" in line)
        assert self.process.wait(30) == 0
        return str(found["done"])

    def patched(self) -> str:
        """The address of the upload, once the client begins to send its bytes."""
        return str(self._listen(lambda line: line.get("request") == "PATCH")["url"])

    def requests(self, method: str) -> list[dict[str, Any]]:
        return [line for line in self.said if line.get("request") == method]

    def kill(self) -> None:
        self.process.kill()
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()

    def _listen(self, wanted: Any) -> dict[str, Any]:
        assert self.process.stdout is not None
        deadline = time.monotonic() + 60
        for text in self.process.stdout:
            line: dict[str, Any] = json.loads(text)
            self.said.append(line)
            assert "error" not in line, line
            if wanted(line):
                return line
            assert time.monotonic() < deadline
        raise AssertionError(f"it ended too early; it said {self.said[-5:]}")


ROWS = 60_000


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In the other async mode only with the slow tests."""
    for item in items:
        chosen = getattr(item, "callspec", None)
        if chosen is not None and chosen.params.get("server") == "eventlet":
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", params=["threading", "eventlet"])
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    folder = tmp_path_factory.mktemp("tus") / "data"
    with running(folder, TRAINYARD_WORKERS="1", TRAINYARD_ASYNC_MODE=request.param) as server:
        yield server


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("file") / "load.csv"
    path.write_bytes(series_csv(rows=ROWS))
    return path


@pytest.fixture
def house(server: Server, file: Path) -> House:
    return House(server, file)


@pytest.fixture(scope="session")
def node() -> None:
    reason = None
    if shutil.which("node") is None:
        reason = "node is not installed"
    elif not (HERE / "node_modules/tus-js-client").is_dir():
        reason = "tus-js-client is not installed: make setup"
    if reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"the JavaScript client: {reason}")
