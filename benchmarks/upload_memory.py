"""How much memory the server takes above idle while many clients upload large files at once."""

from __future__ import annotations

import argparse
import json
import secrets
import sys
import tempfile
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psutil

from examples.client import Client
from examples.server import Server, running

LIMIT_MEGABYTES = 100
MB = 1_000_000


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--megabytes", type=int, default=200)
    parser.add_argument("--chunk-megabytes", type=int, default=5)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trainyard-bench-") as folder:
        source = write_minutes(Path(folder) / "load.csv", arguments.megabytes * MB)
        with running(
            Path(folder) / "data", TRAINYARD_WORKERS="0", TRAINYARD_INTERACTIVE_WAIT_SECONDS="0"
        ) as server:
            result = measure(server, source, arguments.clients, arguments.chunk_megabytes * MB)
    print(json.dumps(result, indent=2))
    return 0 if result["above_idle_megabytes"] < LIMIT_MEGABYTES else 1


def write_minutes(path: Path, size: int) -> Path:
    """One value a minute until the file is large enough."""
    start, minute = datetime(2000, 1, 1, tzinfo=UTC), timedelta(minutes=1)
    lines = [f"{start + i * minute:%Y-%m-%d %H:%M:%S};{i % 997 / 10:.1f}\n" for i in range(size // 25 + 1)]
    path.write_text("UTC;value\n" + "".join(lines))
    return path


def measure(server: Server, source: Path, clients: int, chunk: int) -> dict[str, float]:
    """Every client sends the whole file in chunks; memory is sampled 50 times a second."""
    assert server.process is not None
    process = psutil.Process(server.process.pid)
    users = [signed_in(server) for _ in range(clients)]
    idle = process.memory_info().rss
    peak, done = [idle], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    started = time.monotonic()
    with ThreadPoolExecutor(clients) as pool:
        sent = sum(pool.map(lambda user: send(user, source, chunk), users))
    seconds = time.monotonic() - started
    done.set()
    watcher.join()
    return {
        "clients": clients,
        "megabytes_sent": round(sent / MB),
        "seconds": round(seconds, 1),
        "idle_megabytes": round(idle / MB, 1),
        "peak_megabytes": round(peak[0] / MB, 1),
        "above_idle_megabytes": round((peak[0] - idle) / MB, 1),
    }


def signed_in(server: Server) -> Client:
    client = Client(server.url)
    client.sign_up(f"bench-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(12))
    return client


def send(client: Client, source: Path, chunk: int) -> int:
    """Upload everything; without workers the import is accepted (202) and waits."""
    session = client.call("POST", "/api/training/create-database-session", json={"sessionName": "Bench"})
    metadata = {"bezeichnung": "Load", "zeithorizontStart": -1, "zeithorizontEnd": 0}
    client.upload(session["sessionUuid"], source, "input", metadata, chunk_bytes=chunk)
    return source.stat().st_size


if __name__ == "__main__":
    sys.exit(main())
