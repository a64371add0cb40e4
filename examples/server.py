"""A server of its own for demo, tests and benchmarks: a process, a free port, a folder; may be killed."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import ClassVar, TypeVar

import requests

ROOT = Path(__file__).resolve().parents[1]
# All that a demo, a test or a benchmark asks for comes from one address, much of it from one user.
UNLIMITED = {
    "TRAINYARD_REQUESTS_PER_MINUTE": "0",
    "TRAINYARD_ADDRESS_REQUESTS_PER_MINUTE": "0",
    "TRAINYARD_SIGN_INS_PER_MINUTE": "0",
}
T = TypeVar("T")


class Server:
    """`python app.py` with its data in `folder`; may be killed and started again on the same data."""

    everywhere: ClassVar[dict[str, str]] = dict(UNLIMITED)

    def __init__(self, folder: Path, **environment: str) -> None:
        self.folder = folder
        self.environment = environment
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.log = folder.parent / f"{folder.name}.log"
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> Server:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("TRAINYARD_")},
            "DATA_DIR": str(self.folder),
            "PORT": str(self.port),
            "PYTHONPATH": str(ROOT),
            **self.everywhere,
            **self.environment,
        }
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, str(ROOT / "app.py")], cwd=ROOT, env=environment, stdout=log, stderr=log
            )
        wait_until(self.is_live, 30, f"the server to answer; its log: {self.log}")
        return self

    def is_live(self) -> bool:
        assert self.process is not None
        if self.process.poll() is not None:
            raise AssertionError(f"the server ended: {self.log.read_text()[-3000:]}")
        try:
            return requests.get(f"{self.url}/health/live", timeout=2).ok
        except requests.RequestException:
            return False

    def kill(self) -> None:
        """kill -9, as a power cut would."""
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(10)

    def stop(self) -> int:
        """Ask it to end; returns its exit status."""
        assert self.process is not None
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(30)


@contextmanager
def running(folder: Path, **environment: str) -> Iterator[Server]:
    server = Server(folder, **environment).start()
    try:
        yield server
    finally:
        server.stop()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
    return port


def wait_until(condition: Callable[[], T], seconds: float, what: str) -> T:
    """Poll until the condition holds; returns what it gave."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        value = condition()
        if value:
            return value
        time.sleep(0.05)
    raise AssertionError(f"waited {seconds} s in vain for {what}")
