"""How long a page of the session list takes for a user with 10 000 sessions, over HTTP from a server process.

Usage: python -m benchmarks.session_list [--sessions 10000] [--pages 200]

Scrolls through all pages in every order, then repeats single questions. Prints median, p95 and the slowest.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
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
from services.storage.tables import FileRow, JobRow, SessionRow, TrainingResultRow, now

SESSIONS = "/api/v1/sessions"
ORDERS = ("updated", "created", "name")
QUESTIONS = {
    "a part of the name": "search=netz",
    "a rare part of the name": "search=netz%20777",
    "a tag": "tag=winter",
    "a tag and a part of the name": "tag=winter&search=heat&order=name",
    "the deleted ones": "deleted=true",
    "a page of 200": "limit=200",
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sessions", type=int, default=10_000)
    parser.add_argument("--pages", type=int, default=200, help="at most so many of 50 per order")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        token = _fill(folder, chosen.sessions)
        with running(folder, TRAINYARD_WORKERS="0") as server, requests.Session() as http:
            http.headers["Authorization"] = f"Bearer {token}"
            print(f"{chosen.sessions} sessions, some 3 jobs each\n")
            print(f"{'':34}{'median':>10}{'p95':>10}{'slowest':>10}")
            for order in ORDERS:
                _show(f"scrolling through, by {order}", _scroll(http, server.url, order, chosen.pages))
            for question, query in QUESTIONS.items():
                _show(question, [_timed(http, f"{server.url}{SESSIONS}?{query}")[0] for _ in range(40)])


def _scroll(http: requests.Session, url: str, order: str, pages: int) -> list[float]:
    times, cursor = [], ""
    for _ in range(pages):
        spent, page = _timed(http, f"{url}{SESSIONS}?order={order}{cursor}")
        times.append(spent)
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    return times


def _timed(http: requests.Session, url: str) -> tuple[float, Any]:
    began = time.perf_counter()
    answer = http.get(url, timeout=60)
    spent = (time.perf_counter() - began) * 1000
    answer.raise_for_status()
    return spent, answer.json()


def _show(what: str, times: list[float]) -> None:
    ordered = sorted(times)
    p95 = ordered[int(len(ordered) * 0.95)]
    print(f"{what:34}{statistics.median(ordered):8.1f}ms{p95:8.1f}ms{ordered[-1]:8.1f}ms")


def _fill(folder: Path, count: int) -> str:
    """A database with the sessions in it; an access token of their owner."""
    settings = Settings.from_env({"DATA_DIR": str(folder), "TRAINYARD_WORKERS": "0"})
    database = Database(settings.database_url)
    database.migrate()
    accounts = LocalAccounts(database, Plans(database), settings)
    tokens = accounts.sign_up("benchmark@example.org", "a password of 24 letters")
    other = accounts.sign_up("other@example.org", "a password of 24 letters")
    dice = random.Random(1)
    rows = [row for age in range(count) for row in _session(dice, tokens.user.id, age)]
    rows += [row for age in range(count // 3) for row in _session(dice, other.user.id, age)]
    with database.write() as tx:
        for table in (SessionRow, FileRow, JobRow, TrainingResultRow):  # owners before what they own
            tx.add_all(row for row in rows if isinstance(row, table))
            tx.flush()
    database.close()
    return tokens.access_token


def _session(dice: random.Random, user_id: UUID, age: int) -> list[Any]:
    session_id, created = uuid4(), now() - timedelta(minutes=age)
    session = SessionRow(
        id=session_id,
        user_id=user_id,
        session_name=None if age % 50 == 0 else f"{dice.choice(('Netz', 'Heat', 'Wind'))} {age}",
        tags=dice.sample(("winter", "summer", "district 7", "trial"), 2),
        deleted_at=created if age % 100 == 99 else None,
        created_at=created,
        updated_at=created + timedelta(minutes=dice.randrange(10_000)),
    )
    files = [
        FileRow(session_id=session_id, file_name="a.csv", type=role, bezeichnung=f"{role} {place}")
        for role, place in (("input", 1), ("input", 2), ("output", 1))
    ]
    return [session, *files, *(part for _ in range(3) for part in _job(dice, user_id, session_id))]


def _job(dice: random.Random, user_id: UUID, session_id: UUID) -> list[Any]:
    job_id, status = uuid4(), dice.choice(("completed", "completed", "failed"))
    job = JobRow(
        id=job_id,
        user_id=user_id,
        session_id=session_id,
        workload="forecast",
        lane="training",
        config={"model": {"MODE": "Dense"}, "series": [{"name": f"series {k}"} for k in range(20)]},
        config_hash="0" * 64,
        status=status,
    )
    if status != "completed":
        return [job]
    results = {
        "model_type": "Dense",
        "evaluation": {"steps": [dice.random() for _ in range(1000)]},
        "skill": {"Load": {"best_baseline": "last week", "skill": dice.random()}},
    }
    result = TrainingResultRow(
        session_id=session_id, job_id=job_id, status="completed", results=results, results_metadata={}
    )
    return [job, result]


if __name__ == "__main__":
    main()
