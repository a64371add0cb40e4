"""How long the list of a user with 10 000 jobs takes to answer, over HTTP from a server process.

Usage: python -m benchmarks.job_list [--jobs 10000] [--requests 100] [--queued 200]

A third of as many jobs of another user lie between them. Prints median, p95 and the slowest per question.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import requests

from examples.server import running
from services.accounts.local import LocalAccounts
from services.plans import Plans
from services.settings import Settings
from services.storage.database import Database
from services.storage.tables import JobRow, now

JOBS = "/api/v1/training/jobs"
QUESTIONS = {
    "the newest 50": "",
    "the newest 500": "?limit=500",
    "50 behind the first 9 000": "?offset=9000",
    "the oldest 50": "?order=oldest",
    "50 that failed": "?status=failed",
    "50 that wait": "?status=queued",
    "50 of one workload": "?workload=backtest",
    "50 with a tag": "?tag=winter",
    "50 by a part of the name": "?name=heat",
    "50 of low priority": "?priority=low",
    "the queues": "queues",
}
ENDS = (("completed", 88), ("failed", 8), ("cancelled", 4))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--jobs", type=int, default=10_000)
    parser.add_argument("--requests", type=int, default=100)
    parser.add_argument("--queued", type=int, default=200, help="so many of the jobs wait")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        token = _fill(folder, chosen.jobs, chosen.queued)
        with running(folder, TRAINYARD_WORKERS="0") as server, requests.Session() as session:
            session.headers["Authorization"] = f"Bearer {token}"
            print(f"{chosen.jobs} jobs, {chosen.queued} of them wait\n")
            print(f"{'':28}{'median':>10}{'p95':>10}{'slowest':>10}{'bytes':>10}")
            for question, query in QUESTIONS.items():
                path = "/api/v1/queues" if query == "queues" else JOBS + query
                _measure(session, question, server.url + path, chosen.requests)


def _fill(folder: Path, count: int, queued: int) -> str:
    """A database with the jobs in it; an access token of their owner."""
    settings = Settings.from_env({"DATA_DIR": str(folder), "TRAINYARD_WORKERS": "0"})
    database = Database(settings.database_url)
    database.migrate()
    accounts = LocalAccounts(database, Plans(database), settings)
    tokens = accounts.sign_up("benchmark@example.org", "a password of 24 letters")
    other = accounts.sign_up("other@example.org", "a password of 24 letters")
    dice = random.Random(1)
    with database.write() as tx:
        for age in range(count):
            tx.add(JobRow(**_job(dice, tokens.user.id, age, waits=age < queued)))
            if age % 3 == 0:
                tx.add(JobRow(**_job(dice, other.user.id, age, waits=age < queued)))
    database.close()
    return tokens.access_token


def _job(dice: random.Random, user_id: UUID, age: int, *, waits: bool) -> Mapping[str, Any]:
    created = now() - timedelta(minutes=age)
    (end,) = dice.choices([end for end, _ in ENDS], [weight for _, weight in ENDS])
    config = {"model": {"MODE": "Dense"}, "series": [{"name": f"series {k}"} for k in range(20)]}
    return {
        "id": uuid4(),
        "user_id": user_id,
        "workload": dice.choice(("forecast", "forecast", "forecast", "backtest", "search")),
        "lane": "training",
        "name": f"{dice.choice(('load', 'heat', 'wind'))} {age}",
        "tags": dice.sample(("winter", "summer", "district 7", "trial"), 2),
        "priority": dice.choice((0, 1, 1, 1, 2)),
        "config": config,
        "config_hash": "0" * 64,
        "status": "queued" if waits else end,
        "attempt": 0 if waits else 1,
        "outcome": None if waits else {"results": {"metrics": [0.1] * 200}},
        "error": {"code": "NO_SAMPLES", "error": "No window fits"} if end == "failed" and not waits else None,
        "progress": None if waits else {"percent": 100.0, "epoch": 20, "metrics": {"loss": 0.1}},
        "created_at": created,
        "queued_at": created,
        "finished_at": None if waits else created + timedelta(minutes=5),
    }


def _measure(session: requests.Session, question: str, url: str, count: int) -> None:
    times = []
    for _ in range(count + 3):
        began = time.perf_counter()
        answer = session.get(url, timeout=60)
        times.append((time.perf_counter() - began) * 1000)
        answer.raise_for_status()
    warm = sorted(times[3:])
    p95 = warm[int(len(warm) * 0.95)]
    size = len(answer.content)
    print(f"{question:28}{statistics.median(warm):8.1f}ms{p95:8.1f}ms{warm[-1]:8.1f}ms{size:10}")


if __name__ == "__main__":
    main()
