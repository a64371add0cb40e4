"""One worker process seen from the server: started, listened to, woken, ended."""

from __future__ import annotations

import json
import os
import selectors
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from threading import Condition
from uuid import uuid4

from services.devices.sharing import Seat
from services.events import Event

ROOT = Path(__file__).resolve().parents[2]
READ_BYTES = 1 << 16
NICENESS = 5  # the server answers first
POLL_SECONDS = 0.5  # a dead worker whose pipe a child of its own keeps open is noticed after this


class WorkerProcess:
    """Lives as long as the process does; `worker_id` is never used again."""

    def __init__(self, seat: Seat, environment: Mapping[str, str], changed: Condition) -> None:
        """`changed` guards what is known of it and is notified when it begins to rest."""
        self._changed = changed
        self._asked = 0  # wake-ups written
        self._answered: int | None = None  # wake-ups after which it found nothing to do; None: it works
        self.worker_id = f"{seat.lane}-{uuid4().hex[:12]}"
        options = ["--lane", seat.lane, "--worker-id", self.worker_id]
        options += ["--device", seat.device, "--sharers", str(seat.sharers)]
        self._process = subprocess.Popen(
            [sys.executable, "-m", "services.jobs.worker", *options],
            cwd=ROOT,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            bufsize=0,
        )
        os.setpriority(os.PRIO_PROCESS, self._process.pid, NICENESS)
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._input = self._process.stdin
        self._output = self._process.stdout
        os.set_blocking(self._input.fileno(), False)
        os.set_blocking(self._output.fileno(), False)

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def rests(self) -> bool:
        """Whether it has looked for work since it was last woken, and found none."""
        return self._answered == self._asked

    def events(self) -> Iterator[Event]:
        """What the worker tells, until it is dead."""
        rest = b""
        for part in self._parts():
            *lines, rest = (rest + part).split(b"\n")
            for told in map(json.loads, lines):
                if isinstance(told, int):
                    self._note(told)
                else:
                    event = Event.from_json(told)
                    if event.type == "started":
                        self._note(None)
                    yield event

    def wake(self) -> None:
        """Say that there may be work; one that is busy or gone needs no telling."""
        with self._changed:
            try:
                self._asked += os.write(self._input.fileno(), b"\n")
            except (OSError, ValueError):
                return

    def close(self) -> None:
        """Ask it to put its job back and end."""
        try:
            self._input.close()
        except OSError:
            return

    def kill(self) -> None:
        self._process.kill()

    def bury(self, seconds: float) -> int:
        """Its exit status when it has ended, killed if it takes longer; frees the pipes."""
        self.close()
        try:
            status = self._process.wait(seconds)
        except subprocess.TimeoutExpired:
            self._process.kill()
            status = self._process.wait()
        self._output.close()
        return status

    def _note(self, answered: int | None) -> None:
        with self._changed:
            self._answered = answered
            self._changed.notify_all()

    def _parts(self) -> Iterator[bytes]:
        # A selector, not a blocking read: under eventlet the other green threads go on meanwhile.
        with selectors.DefaultSelector() as selector:
            selector.register(self._output, selectors.EVENT_READ)
            while True:
                alive = self._process.poll() is None
                ready = selector.select(POLL_SECONDS if alive else 0)
                part = os.read(self._output.fileno(), READ_BYTES) if ready else None
                if part:
                    yield part
                elif part == b"" or not alive:
                    return
