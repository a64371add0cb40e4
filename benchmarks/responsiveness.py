"""How fast the server answers and how soon a page hears of progress while three trainings run."""

from __future__ import annotations

import argparse
import http.client
import json
import os
import secrets
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID

import socketio

from examples.client import Client
from examples.demo import configure, upload_sample
from examples.server import Server, running, wait_until
from services.settings import Settings
from services.wiring import build

MODELS: tuple[dict[str, Any], ...] = (
    {"MODE": "LIN"},
    {"MODE": "Dense", "LAY": 3, "N": 256, "EP": 200, "ACTF": "relu", "PATIENCE": 200},
    {"MODE": "LGBMR", "N_ESTIMATORS": 2000, "LEARNING_RATE": 0.02, "PATIENCE": 2000},
)
SPLIT = {"trainPercentage": 70, "validationPercentage": 20, "testPercentage": 10, "shuffle": False}
BURNING = {"TRAINYARD_EXTRA_WORKLOADS": "benchmarks.burning"}
BETWEEN_REQUESTS_SECONDS = 0.02
LIMITS_MS = {
    "health": ("GET /health/live", "p99", 25.0),
    "event": ("progress report to client", "p95", 150.0),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="how long to measure")
    parser.add_argument("--async-mode", choices=("threading", "eventlet"), default="threading")
    parser.add_argument("--toy", action="store_true", help="loops that only burn time instead of models")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]  # near 0, or the numbers tell of other programs too
    environment = {
        "TRAINYARD_WORKERS": str(len(MODELS)),
        "TRAINYARD_JOBS_PER_USER": str(len(MODELS)),
        "TRAINYARD_ASYNC_MODE": arguments.async_mode,
        **BURNING,
    }
    with tempfile.TemporaryDirectory(prefix="trainyard-bench-") as folder:
        data = Path(folder) / "data"
        with running(data, **environment) as server, watching(server) as watch:
            begin = burn if arguments.toy else train
            begin(watch, data, arguments.seconds)
            wait_until(lambda: len(watch.busy()) == len(MODELS), 300, "three running trainings")
            result = watch.measure(arguments.seconds)
    about = {"async_mode": arguments.async_mode, "toy": arguments.toy, "load_before": round(before, 2)}
    return report({**about, **result})


class Watch:
    """One user's page: three sessions, their events, and a clock on the server's answers."""

    def __init__(self, client: Client, page: socketio.Client) -> None:
        self.client = client
        self.page = page
        self.at_work: dict[str, str | None] = {}  # session → the job that trains
        self.delays_ms: list[float] = []
        self.completed = 0
        self.restart: dict[str, Callable[[], None]] = {}
        page.on("training_progress", self._progress)
        page.on("training_metrics", self._told)
        page.on("training_batch_progress", self._told)
        page.on("training_completed", self._completed)
        page.on("training_error", self._failed)

    def session(self) -> str:
        """A new session that is listened to."""
        made = self.client.call(
            "POST", "/api/training/create-database-session", json={"sessionName": "Bench"}
        )
        session_id = str(made["sessionUuid"])
        self.at_work[session_id] = None
        self.page.call("join_training_session", {"session_id": session_id})
        return session_id

    def busy(self) -> list[str]:
        return [session for session, job in self.at_work.items() if job]

    def measure(self, seconds: float) -> dict[str, Any]:
        self.delays_ms.clear()
        self.completed = 0
        health, share = self._ask_health(seconds)
        return {
            "seconds": seconds,
            "three_at_work_share": share,
            "trainings_completed": self.completed,
            "health": summary(health),
            "event": summary(list(self.delays_ms)),
        }

    def _ask_health(self, seconds: float) -> tuple[list[float], float]:
        """Milliseconds per answer, and in which share of the requests all trainings were at work."""
        place = urlsplit(self.client.url)
        taken, full = [], 0
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            started = time.perf_counter()
            connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=30)
            connection.request("GET", "/health/live")
            answer = connection.getresponse()
            answer.read()
            taken.append(1000 * (time.perf_counter() - started))
            connection.close()
            if answer.status != 200:
                raise AssertionError(f"/health/live answered {answer.status}")
            full += len(self.busy()) == len(MODELS)
            time.sleep(BETWEEN_REQUESTS_SECONDS)
        return taken, round(full / len(taken), 3)

    def _progress(self, data: dict[str, Any]) -> None:
        if data.get("status") not in {"queued", "requeued", "training_completed"}:
            self.at_work[data["session_id"]] = data["job_id"]
        self._told(data)

    def _told(self, data: dict[str, Any]) -> None:
        """Only the payload with the number: one delay for each stored event."""
        if "seq" in data:
            said = reported_at(data)
            self.delays_ms.append(1000 * (time.time() - said))

    def _completed(self, data: dict[str, Any]) -> None:
        self._told(data)
        self.completed += 1
        self.at_work[data["session_id"]] = None
        again = self.restart.get(data["session_id"])
        if again:
            self.page.start_background_task(again)

    def _failed(self, data: dict[str, Any]) -> None:
        print(f"a training failed: {data['error']}", file=sys.stderr)
        self.at_work[data["session_id"]] = None


@contextmanager
def watching(server: Server) -> Iterator[Watch]:
    client = Client(server.url)
    client.sign_up(f"bench-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(12))
    page = socketio.Client()
    watch = Watch(client, page)
    page.connect(server.url, auth={"token": client.token}, transports=["websocket"])
    try:
        yield watch
    finally:
        watch.restart.clear()
        page.disconnect()


def train(watch: Watch, data: Path, _seconds: float) -> None:
    """Three sessions with the sample data; whichever training ends is started anew."""
    for model in MODELS:
        session = watch.session()
        upload_sample(watch.client, session, data.parent / "sample")
        configure(watch.client, session, 15)
        watch.restart[session] = starter(watch.client, session, model)
    for start in list(watch.restart.values()):
        start()


def starter(client: Client, session: str, model: dict[str, Any]) -> Callable[[], None]:
    own = Client(client.url)  # a connection of its own: trainings are started from several threads
    own.http.headers["Authorization"] = client.http.headers["Authorization"]
    body = {"model_parameters": model, "training_split": SPLIT}

    def start() -> None:
        own.call("POST", f"/api/training/train-models/{session}", json=body)

    return start


def burn(watch: Watch, data: Path, seconds: float) -> None:
    """Loops instead of models, put into the server's queue from outside: no route takes them."""
    user = UUID(watch.client.call("GET", "/api/auth/me")["user"]["id"])
    services = build(Settings.from_env({"DATA_DIR": str(data), "TRAINYARD_WORKERS": "0", **BURNING}))
    for _ in MODELS:
        session = UUID(watch.session())
        services.jobs.submit(user, "burn", {"seconds": seconds + 30}, session_id=session)
    services.database.close()


def reported_at(data: dict[str, Any]) -> float:
    """When the training reported it: burning loops say it themselves, of models the stored time is known."""
    try:
        return float(data.get("message") or "")
    except ValueError:
        return datetime.fromisoformat(data["timestamp"]).timestamp()


def summary(values: list[float]) -> dict[str, float]:
    """Count, percentiles and maximum, in milliseconds."""
    cuts = statistics.quantiles(values, n=100, method="inclusive")
    picked = {"p50": cuts[49], "p95": cuts[94], "p99": cuts[98], "max": max(values)}
    return {"n": len(values), **{name: round(value, 2) for name, value in picked.items()}}


def report(result: dict[str, Any]) -> int:
    columns = ("n", "p50", "p95", "p99", "max")
    print(f"\n{'milliseconds':<26}" + "".join(f"{name:>9}" for name in columns))
    slow = []
    for key, (title, percentile, limit) in LIMITS_MS.items():
        values = result[key]
        print(f"{title:<26}" + "".join(f"{values[name]:>9}" for name in columns))
        if values[percentile] > limit:
            slow.append(f"{title}: {percentile} is over {limit} ms")
    print(json.dumps(result, indent=2))
    print("\n".join(slow), file=sys.stderr, end="\n" if slow else "")
    return 1 if slow else 0


if __name__ == "__main__":
    sys.exit(main())
