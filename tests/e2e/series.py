"""A small series and session for tests that need a training, not a good forecast."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from examples.client import Client
from examples.server import wait_until

WEATHER = {"bezeichnung": "Temperature", "zeithorizontStart": 1, "zeithorizontEnd": 24}
TIME = {
    "tag": True,
    "feiertag": True,
    "zeitzone": "Europe/Vienna",
    "category_data": {
        "tag": {"datenform": "Zeithorizont", "zeithorizontStart": -23, "zeithorizontEnd": 0},
        "feiertag": {
            "datenform": "Zeithorizont",
            "zeithorizontStart": 1,
            "zeithorizontEnd": 24,
            "land": "AT",
        },
    },
}
START = datetime(2024, 1, 1, tzinfo=UTC)


def write_series(path: Path, days: int = 60) -> Path:
    """An hourly day-and-week rhythm with a little that no other week had."""
    lines = ["UTC;value"]
    for hour in range(days * 24):
        rhythm = 40 * math.sin(hour / 24 * math.tau) + 10 * math.sin(hour / 168 * math.tau)
        value = 100 + rhythm + hour * 7919 % 13 / 2
        lines.append(f"{START + timedelta(hours=hour):%Y-%m-%d %H:%M:%S};{value:.3f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def ready_session(client: Client, folder: Path, days: int = 60) -> str:
    """A session whose next step is train-models: a day of load in, a day out."""
    answer = client.call("POST", "/api/training/create-database-session", json={"sessionName": "Small"})
    session_id: str = answer["sessionUuid"]
    path = write_series(folder / "load.csv", days)
    past = {"bezeichnung": "Load history", "zeithorizontStart": -23, "zeithorizontEnd": 0}
    ahead = {"bezeichnung": "Load", "zeithorizontStart": 1, "zeithorizontEnd": 24}
    client.upload(session_id, path, "input", past)
    client.upload(session_id, path, "output", ahead)
    steps = {"eingabe": 24, "ausgabe": 24, "zeitschrittweite": 60, "offset": 0}
    body = {"sessionId": session_id, "zeitschritte": steps}
    client.call("POST", "/api/training/save-zeitschritte", json=body)
    client.call("POST", "/api/training/finalize-session", json={"sessionId": session_id})
    return session_id


def complete_session(client: Client, folder: Path) -> str:
    """Load, its history, a temperature that must be known ahead; hourly, with day and holidays."""
    session_id = ready_session(client, folder)
    client.upload(session_id, write_series(folder / "temperature.csv"), "input", WEATHER)
    client.call("POST", "/api/training/save-time-info", json={"sessionId": session_id, "timeInfo": TIME})
    return session_id


def train(client: Client, session_id: str, config: dict[str, Any]) -> str:
    """The job of a training that has ended well."""
    body = {"workload": "forecast", "session_id": session_id, "config": config}
    job_id: str = client.call("POST", "/api/v1/training/jobs", json=body)["id"]
    place = f"/api/v1/training/jobs/{job_id}"
    wait_until(lambda: client.call("GET", place)["job"]["status"] == "completed", 120, "a training")
    return job_id


class TrainedSession(NamedTuple):
    """A session with its trainings, and its owner."""

    client: Client
    tokens: dict[str, Any]
    id: str
    jobs: list[str]
