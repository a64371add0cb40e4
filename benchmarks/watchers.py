"""Two hundred clients watch one job while both cores train: how late they hear, and what is lost."""

from __future__ import annotations

import argparse
import json
import os
import secrets
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any
from uuid import UUID

from benchmarks.responsiveness import BURNING, summary
from examples.client import Client
from examples.server import ROOT, Server, running, wait_until
from services.settings import Settings
from services.wiring import build

TRAININGS = 2
LIMIT_P95_MS = 250.0
QUIET = {"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
CONNECTING_SECONDS = 60.0
SETTLING_SECONDS = 3.0  # two hundred connections at once are another question


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="how long to measure")
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--processes", type=int, default=4, help="among which the clients are shared out")
    parser.add_argument("--async-mode", choices=("threading", "eventlet"), default="threading")
    arguments = parser.parse_args()
    before = os.getloadavg()[0]  # near 0, or the numbers tell of other programs too
    environment = {
        "TRAINYARD_WORKERS": str(TRAININGS),
        "TRAINYARD_JOBS_PER_USER": str(TRAININGS),
        "TRAINYARD_ASYNC_MODE": arguments.async_mode,
        **QUIET,
        **BURNING,
    }
    with tempfile.TemporaryDirectory(prefix="trainyard-bench-") as folder:
        data = Path(folder) / "data"
        with running(data, **environment) as server:
            heard, stored = measure(server, data, arguments)
    result = judged(heard, stored)
    about = {"async_mode": arguments.async_mode, "cores": os.cpu_count(), "load_before": round(before, 2)}
    return report({**about, "seconds": arguments.seconds, **result})


def measure(
    server: Server, data: Path, arguments: argparse.Namespace
) -> tuple[list[dict[str, Any]], list[int]]:
    """What each client heard, and the numbers that are stored."""
    client = Client(server.url)
    client.sign_up(f"bench-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(12))
    user = UUID(client.call("GET", "/api/auth/me")["user"]["id"])
    services = build(Settings.from_env({"DATA_DIR": str(data), "TRAINYARD_WORKERS": "0", **BURNING}))
    seconds = arguments.seconds + 2 * CONNECTING_SECONDS
    jobs = [services.jobs.submit(user, "burn", {"seconds": seconds}).id for _ in range(TRAININGS)]
    wait_until(
        lambda: all(services.jobs.get(user, job).status == "running" for job in jobs), 60, "running jobs"
    )
    shares = [len(range(at, arguments.clients, arguments.processes)) for at in range(arguments.processes)]
    crowd = [begin(server.url, str(client.token), jobs[0], share) for share in shares if share]
    heard = listen(crowd, arguments.seconds)
    stored = [event.seq for event in services.jobs.events(user, jobs[0])]
    services.database.close()
    return heard, stored


def listen(crowd: list[subprocess.Popen[str]], seconds: float) -> list[dict[str, Any]]:
    """All begin to measure when the last of them is ready, and end together."""
    for each in crowd:
        assert each.stdin is not None and each.stdout is not None
        if each.stdout.readline().strip() != "ready":
            raise AssertionError("a client process did not get ready")
    time.sleep(SETTLING_SECONDS)
    for each in crowd:
        assert each.stdin is not None
        each.stdin.write("go\n")
        each.stdin.flush()
    time.sleep(seconds)
    for each in crowd:
        assert each.stdin is not None
        each.stdin.close()
    return [one for each in crowd for one in json.loads(each.stdout.read() if each.stdout else "")]


def begin(url: str, token: str, job: UUID, clients: int) -> subprocess.Popen[str]:
    options = ["--url", url, "--token", token, "--job", str(job), "--clients", str(clients)]
    return subprocess.Popen(
        [sys.executable, "-m", "benchmarks.many_sockets", *options],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def judged(heard: list[dict[str, Any]], stored: list[int]) -> dict[str, Any]:
    """All delays of all clients, and what is wrong with what they heard."""
    if stored != list(range(1, len(stored) + 1)):
        raise AssertionError("the stored events themselves have holes")
    delays = [delay for each in heard for delay in each["delays_ms"]]
    return {
        "clients": len(heard),
        "events_each": round(len(delays) / len(heard), 1),
        "holes": sum(each["holes"] for each in heard),
        "doubles": sum(each["doubles"] for each in heard),
        "unordered": sum(each["unordered"] for each in heard),
        "late_ends": max(each["last"] for each in heard) - min(each["last"] for each in heard),
        "delay": summary(delays),
    }


def report(result: dict[str, Any]) -> int:
    columns = ("n", "p50", "p95", "p99", "max")
    print(f"\n{'milliseconds':<30}" + "".join(f"{name:>9}" for name in columns))
    print(f"{'stored event to client':<30}" + "".join(f"{result['delay'][name]:>9}" for name in columns))
    print(json.dumps(result, indent=2))
    wrong = [name for name in ("holes", "doubles", "unordered") if result[name]]
    if result["delay"]["p95"] > LIMIT_P95_MS:
        wrong.append(f"p95 over {LIMIT_P95_MS} ms")
    print("\n".join(wrong), file=sys.stderr, end="\n" if wrong else "")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
