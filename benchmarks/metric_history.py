"""How long the metric history of a job of 5 000 epochs and 20 keys takes to answer over HTTP.

Usage: python -m benchmarks.metric_history [--epochs 5000] [--keys 20] [--requests 60]
"""

from __future__ import annotations

import argparse
import math
import statistics
import tempfile
import time
from pathlib import Path
from uuid import UUID, uuid4

from flask.testing import FlaskClient
from sqlalchemy import insert

from api.context import KEY
from app import create_app
from services.jobs.blocks import Blocks
from services.jobs.lease import Place, claim
from services.settings import Settings
from services.storage.tables import JobRow, MetricRow
from services.wiring import Services

BATCHES = 40  # steps of an epoch
NEIGHBOURS = 2  # jobs of the same size beside the one that is asked for
METRICS = "/metrics"
QUESTIONS = {
    "the newest 100 epochs": (METRICS, "?limit={hundred}"),
    "the newest 100 epochs, columns": (METRICS, "?limit={hundred}&form=columns"),
    "no arguments: the newest 1 000 points": (METRICS, ""),
    "100 epochs from the middle on, columns": (METRICS, "?from_step={middle}&limit={hundred}&form=columns"),
    "whole curves, 500 points per key, columns": (METRICS, "?max_points=500&form=columns"),
    "whole curves, 100 points per key, columns": (METRICS, "?max_points=100&form=columns"),
    "whole curves, 500 points per key, points": (METRICS, "?max_points=500"),
    "whole curve of one key, 500 points": (METRICS, "?max_points=500&keys=metric_03"),
    "the job, with its newest 10 epochs": ("", ""),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=5_000)
    parser.add_argument("--keys", type=int, default=20)
    parser.add_argument("--requests", type=int, default=60)
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        settings = Settings.from_env(
            {"DATA_DIR": name, "TRAINYARD_WORKERS": "0", "TRAINYARD_LOG_LEVEL": "error"}
        )
        app = create_app(settings)
        services: Services = app.extensions[KEY]
        tokens = services.accounts.sign_up("benchmark@example.org", "a password of 24 letters")
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {tokens.access_token}"
        jobs = [_job(services, tokens.user.id, chosen.epochs, chosen.keys) for _ in range(1 + NEIGHBOURS)]
        size = sum(path.stat().st_size for path in Path(name).glob("*.db*")) / 2**20
        print(f"{chosen.epochs} epochs x {chosen.keys} keys, {len(jobs)} such jobs, {size:.0f} MB\n")
        _measure(client, jobs[0], chosen)
        services.database.close()


def _job(services: Services, user_id: UUID, epochs: int, keys: int) -> UUID:
    """A job whose points were written epoch by epoch, as its worker would."""
    job_id = uuid4()
    row = JobRow(id=job_id, user_id=user_id, workload="forecast", lane="training", config={}, config_hash="")
    with services.database.write() as tx:
        tx.add(row)
    claimed = claim(services.database, Place("benchmark", "training"), jobs_per_user=99)
    assert claimed is not None
    rows = [
        {
            "job_id": job_id,
            "attempt": 1,
            "key": f"metric_{key:02}",
            "value": math.exp(-epoch / 900) + 0.1 * math.sin(epoch * (key + 1)),
            "step": epoch * BATCHES,
            "epoch": epoch,
            "phase": "train",
        }
        for epoch in range(1, epochs + 1)
        for key in range(keys)
    ]
    blocks = Blocks(job_id)
    with services.database.write() as tx:
        for start in range(0, len(rows), keys):
            tx.execute(insert(MetricRow), rows[start : start + keys])
            blocks.note(tx, keys)
        blocks.close(tx, claimed.lease.attempt)
    return job_id


def _measure(client: FlaskClient, job_id: UUID, chosen: argparse.Namespace) -> None:
    numbers = {"hundred": 100 * chosen.keys, "middle": chosen.epochs * BATCHES // 2}
    print(f"{'question':<46}{'first':>9}{'p50':>9}{'p95':>9}{'CPU':>9}{'first':>9}{'answer':>10}")
    for name, (path, arguments) in QUESTIONS.items():
        url = f"/api/v1/training/jobs/{job_id}{path}{arguments.format(**numbers)}"
        times, size, used = [], 0, [time.thread_time()]
        for _ in range(chosen.requests):
            begun = time.perf_counter()
            answer = client.get(url)
            times.append(1e3 * (time.perf_counter() - begun))
            used.append(time.thread_time())
            assert answer.status_code == 200, answer.get_json()
            size = len(answer.data)
        p50, p95 = statistics.median(times), statistics.quantiles(times, n=20)[-1]
        shown = [times[0], p50, p95, 1e3 * (used[-1] - used[0]) / chosen.requests, 1e3 * (used[1] - used[0])]
        print(f"{name:<46}{''.join(f'{value:>6.1f} ms' for value in shown)}{size / 1024:>7.0f} KB")


if __name__ == "__main__":
    main()
