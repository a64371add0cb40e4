"""A real Socket.IO client, Python's or JavaScript's, in a process that obeys and says what it hears."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from threading import Thread
from typing import Any

from examples.server import wait_until

HERE = Path(__file__).resolve().parent
PATIENCE_SECONDS = 60.0  # the worker imports what trainings need before and between the first jobs
Payload = dict[str, Any]


def command(language: str) -> list[str]:
    if language == "python":
        return [sys.executable, str(HERE / "client.py")]
    return [str(shutil.which("node")), str(HERE / "client.mjs")]


def missing(language: str) -> str | None:
    """Why this client cannot run here."""
    if language == "javascript" and shutil.which("node") is None:
        return "node is not installed"
    if language == "javascript" and not (HERE / "node_modules/socket.io-client").is_dir():
        return "socket.io-client is not installed: make setup"
    return None


class ClientProcess:
    """Sorts what its sockets say; they end with it, as those of a page that is closed do."""

    def __init__(self, url: str, language: str) -> None:
        self._said: dict[int, list[Payload]] = {}
        self._process = subprocess.Popen(
            [*command(language), url], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )
        self._reader = Thread(target=self._read)
        self._reader.start()

    def socket(self, token: str | None = None) -> Wire:
        """One more socket; connected if a token is given."""
        number = len(self._said)
        self._said[number] = []
        wire = Wire(number, self._said[number], self._send)
        if token is not None:
            said = wire.connect(auth={"token": token}, transports=["websocket"])
            assert said["kind"] == "connected", said
        return wire

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.kill()
        self._process.wait()
        self._reader.join()
        self._process.stdin.close()
        self._process.stdout.close()

    def _send(self, order: Payload) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps(order) + "\n")
        self._process.stdin.flush()

    def _read(self) -> None:
        assert self._process.stdout is not None
        for text in self._process.stdout:
            line = json.loads(text, parse_constant=_refuse)
            self._said[line["socket"]].append(line)


class Wire:
    """One socket; `lines` are in the order in which it said them."""

    def __init__(self, number: int, lines: list[Payload], send: Callable[[Payload], None]) -> None:
        self.lines = lines
        self._number = number
        self._order = send

    def connect(self, **options: Any) -> Payload:
        """How the attempt ended: connected or refused."""
        self._send({"do": "connect", **options})
        return self.wait("connected", "refused")

    def ask(self, name: str, *args: Any) -> Payload:
        """Emit an event and return the answer that belongs to it."""
        start = len(self.lines)
        self._send({"do": "emit", "name": name, "args": args})
        answer: Payload = self.wait("ack", name=name, start=start)["data"]
        return answer

    def wait(self, *kinds: str, name: str | None = None, start: int = 0, **fields: Any) -> Payload:
        """The first line of one of these kinds, with this name and these payload fields."""

        def found() -> Payload:
            for line in self.lines[start:]:
                if line["kind"] in kinds and name in (None, line.get("name")):
                    data = line.get("data") or {}
                    if all(data.get(key) == value for key, value in fields.items()):
                        return line
            return {}

        return wait_until(found, PATIENCE_SECONDS, f"{kinds} {name} {fields}")

    def hear(self, name: str, **fields: Any) -> Payload:
        """Wait for an event of the server; returns its payload."""
        payload: Payload = self.wait("event", name=name, **fields)["data"]
        return payload

    def heard(self, *names: str) -> list[Payload]:
        """The payloads of these events so far."""
        return [line["data"] for line in self.lines if line["kind"] == "event" and line["name"] in names]

    def of(self, job_id: object) -> list[tuple[str, Payload]]:
        """What was said of a job, as (event, payload)."""
        lines = [line for line in self.lines if line["kind"] == "event"]
        return [(line["name"], line["data"]) for line in lines if line["data"].get("job_id") == str(job_id)]

    def seqs(self, job_id: object) -> list[int]:
        return [data["seq"] for _, data in self.of(job_id) if "seq" in data]

    def _send(self, order: Payload) -> None:
        self._order({"socket": self._number, **order})


def _refuse(text: str) -> None:
    raise AssertionError(f"{text} is no JSON")
