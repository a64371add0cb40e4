"""A small series and session for tests that need a training, not a good forecast."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from pathlib import Path

from examples.client import Client

START = datetime(2024, 1, 1, tzinfo=UTC)


def write_series(path: Path, days: int = 60) -> Path:
    """An hourly day-and-week rhythm with a little irregularity."""
    lines = ["UTC;value"]
    for hour in range(days * 24):
        value = 100 + 40 * math.sin(hour / 24 * math.tau) + 10 * math.sin(hour / 168 * math.tau) + hour % 7
        lines.append(f"{START + timedelta(hours=hour):%Y-%m-%d %H:%M:%S};{value:.3f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def ready_session(client: Client, folder: Path) -> str:
    """A session whose next step is train-models: a day of load in, a day out."""
    answer = client.call("POST", "/api/training/create-database-session", json={"sessionName": "Small"})
    session_id: str = answer["sessionUuid"]
    path = write_series(folder / "load.csv")
    past = {"bezeichnung": "Load history", "zeithorizontStart": -23, "zeithorizontEnd": 0}
    ahead = {"bezeichnung": "Load", "zeithorizontStart": 1, "zeithorizontEnd": 24}
    client.upload(session_id, path, "input", past)
    client.upload(session_id, path, "output", ahead)
    steps = {"eingabe": 24, "ausgabe": 24, "zeitschrittweite": 60, "offset": 0}
    body = {"sessionId": session_id, "zeitschritte": steps}
    client.call("POST", "/api/training/save-zeitschritte", json=body)
    client.call("POST", "/api/training/finalize-session", json={"sessionId": session_id})
    return session_id
