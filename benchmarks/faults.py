"""Faults tried on a real server with real worker processes, and what was lost: it must be nothing.

python -m benchmarks.faults [--kills 50] [--jobs 1000] [--only kill,disk]

Every job's losses, metric curve, events and artifact can be foretold (benchmarks/fault_work.py); after each
fault all of them are compared. Prints one row per fault and ends with status 1 if anything was lost.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from uuid import UUID

from benchmarks.fault_house import JOBS, House
from examples.client import ApiError
from examples.server import ROOT, wait_until

CHANCE = random.Random(20260301)


Fault = Callable[[Path, argparse.Namespace], tuple[int, list[str]]]


def killed_workers(folder: Path, chosen: argparse.Namespace) -> tuple[int, list[str]]:
    """Each job is killed again and again at random moments of its life, in whatever phase that is.

    Between two kills the job gets as far as one more checkpoint, or a kill comes after its last: one that
    loses two workers without getting further is given up, which is meant so.
    """
    house = House(folder)
    wrong: list[str] = []
    phases: list[str] = []
    seed = 0
    try:
        while len(phases) < chosen.kills:
            seed += 1
            job_id = house.submit(seed=seed, epochs=12, pause=0.05)
            phases += _kill_again_and_again(house, job_id, chosen.kills - len(phases))
            house.wait(job_id)
            wrong += house.lost(job_id)
    finally:
        house.close()
    counted = ", ".join(f"{phase} {phases.count(phase)}" for phase in sorted(set(phases)))
    print(f"  killed in: {counted}; {seed} jobs", file=sys.stderr)
    return len(phases), wrong


def _kill_again_and_again(house: House, job_id: str, most: int) -> list[str]:
    """The phases in which it was killed, at most five times."""
    phases: list[str] = []
    while len(phases) < min(most, 5):
        house.wait(job_id, "running", "completed", "failed")
        wait_until(lambda: not phases or house.went_on(job_id), 60, "a checkpoint more")
        time.sleep(CHANCE.uniform(0.0, 1.2))
        job = house.job(job_id)
        if job["status"] != "running":
            return phases
        try:
            house.worker_of(job_id).kill()
        except StopIteration:  # it ended between the two looks
            continue
        phases.append(str(job["phase"]))
        house.wait_for_another_attempt(job_id, job["attempt"])
    return phases


def killed_server(folder: Path, chosen: argparse.Namespace) -> tuple[int, list[str]]:
    return _kill_server(folder, chosen, workers_too=False)


def killed_both(folder: Path, chosen: argparse.Namespace) -> tuple[int, list[str]]:
    return _kill_server(folder, chosen, workers_too=True)


def _kill_server(folder: Path, chosen: argparse.Namespace, *, workers_too: bool) -> tuple[int, list[str]]:
    house = House(folder)
    tries, wrong = max(1, chosen.kills // 10), []
    try:
        for seed in range(tries):
            jobs = [house.submit(seed=10 * seed + k, epochs=12, pause=0.05) for k in range(3)]
            time.sleep(CHANCE.uniform(0.2, 1.5))
            workers = house.workers_at_work()
            house.server.kill()
            if workers_too:
                for worker in workers:
                    worker.kill()
            assert house.server.process is not None
            house.server.process.wait()
            house.server.start()
            for job_id in jobs:
                house.wait(job_id)
                wrong += house.lost(job_id)
    finally:
        house.close()
    return tries, wrong


def sleeping_worker(folder: Path, _chosen: argparse.Namespace) -> tuple[int, list[str]]:
    """Stopped for longer than its lease: another does the job, and the silent one is ended, since it may
    hold the database."""
    house = House(folder)
    wrong, tries = [], 3
    try:
        for seed in range(tries):
            job_id = house.submit(seed=seed, epochs=40, pause=0.05)
            house.wait(job_id, "running")
            time.sleep(0.5)
            sleeper = house.worker_of(job_id)
            sleeper.suspend()
            house.wait_for_another_attempt(job_id, 1)
            house.wait(job_id)
            if sleeper.is_running():
                wrong.append("the silent worker is still there")
            wrong += house.lost(job_id)
    finally:
        house.close()
    return tries, wrong


def locked_database(folder: Path, _chosen: argparse.Namespace) -> tuple[int, list[str]]:
    """Somebody else holds the database for five seconds while two jobs work and requests come in."""
    house = House(folder)
    wrong: list[str] = []
    try:
        jobs = [house.submit(seed=seed, epochs=60, pause=0.05) for seed in range(2)]
        for job_id in jobs:
            house.wait(job_id, "running")
        with house.rows() as rows:
            rows.isolation_level = None
            rows.execute("begin immediate")
            time.sleep(5)
            rows.execute("rollback")
        jobs.append(house.submit(seed=9))
        for job_id in jobs:
            house.wait(job_id)
            wrong += house.lost(job_id)
    finally:
        house.close()
    return 1, wrong


def full_disk(folder: Path, _chosen: argparse.Namespace) -> tuple[int, list[str]]:
    """The blobs lie on a disk of 3 MB: checkpoints do not fit, training goes on; an artifact fails the job
    with a clear reason, counted as the platform's fault."""
    blobs = folder / "data" / "blobs"
    blobs.mkdir(parents=True)
    command = ["mount", "-t", "tmpfs", "-o", "size=3m", "tmpfs", str(blobs)]
    if subprocess.run(command, capture_output=True, check=False).returncode:
        raise NotTried("needs the right to mount a small disk")
    house = None
    wrong = []
    try:
        house = House(folder)
        small = house.submit(seed=1, epochs=5)
        house.wait(small)
        wrong += house.lost(small)
        job_id = house.submit(seed=2, epochs=8, kilobytes=4000)
        job = house.wait(job_id)
        if (job["status"], (job["error"] or {}).get("code")) != ("failed", "DISK_FULL"):
            wrong.append(f"full disk: {job['status']} {job['error']}")
        wrong += house.lost(job_id, "failed")
        reported = house.client.call("GET", f"{JOBS}/{job_id}/metrics?keys=loss&limit=1000")["metrics"]
        if len(reported) != 8:
            wrong.append(f"full disk: the training stopped after {len(reported)} epochs")
        after = house.submit(seed=3, epochs=5)
        house.wait(after)
        wrong += house.lost(after)
    finally:
        if house is not None:
            house.close()
        subprocess.run(["umount", str(blobs)], check=False)
    return 2, wrong


def corrupt_checkpoint(folder: Path, _chosen: argparse.Namespace) -> tuple[int, list[str]]:
    """Newest broken: the one before serves. All broken: refused, and the job stays paused."""
    house = House(folder)
    wrong = []
    try:
        for broken, code in ((1, None), (9, "NO_CHECKPOINT")):
            job_id = house.submit(seed=broken, epochs=40, pause=0.05)
            house.wait(job_id, "running")
            time.sleep(1)
            house.client.call("POST", f"{JOBS}/{job_id}/pause")
            house.wait(job_id, "paused")
            with house.rows() as rows:
                query = """select blob_key from job_checkpoints where job_id = ? and kind = 'last'
                    order by step desc"""
                keys = [key for (key,) in rows.execute(query, (UUID(job_id).hex,))]
            for key in keys[:broken]:
                path = folder / "data" / "blobs" / key
                path.write_bytes(path.read_bytes()[:-2] + b"??")
            try:
                house.client.call("POST", f"{JOBS}/{job_id}/resume")
            except ApiError as error:
                if error.body.get("code") != code:
                    wrong.append(f"resume answered {error}")
                continue
            if code is not None:
                wrong.append("a job with broken checkpoints was resumed")
            house.wait(job_id)
            wrong += house.lost(job_id)
    finally:
        house.close()
    return 2, wrong


def diverged(folder: Path, _chosen: argparse.Namespace) -> tuple[int, list[str]]:
    """A loss that is no number ends the job with that reason, and every answer stays valid JSON."""
    house = House(folder)
    try:
        job_id = house.submit(epochs=6, nan_at=4)
        job = house.wait(job_id)
        wrong = house.lost(job_id, "failed")
        if (job["reason"], job["error"]["code"]) != ("nan_loss", "TRAINING_DIVERGED"):
            wrong.append(f"it failed for {job['reason']} {job['error']}")
    finally:
        house.close()
    return 1, wrong


def deaf_training(folder: Path, _chosen: argparse.Namespace) -> tuple[int, list[str]]:
    """A training function that hears nothing for a minute is cancelled nevertheless; others go on."""
    house = House(folder)
    try:
        deaf = house.submit(epochs=4, deaf_seconds=60)
        other = house.submit(seed=5, epochs=40, pause=0.1)
        wait_until(lambda: house.job(deaf)["current_epoch"] == 2, 30, "the second epoch")
        house.client.call("POST", f"{JOBS}/{deaf}/cancel")
        begin = time.monotonic()
        house.wait(deaf, "cancelled")
        print(f"  cancelled after {time.monotonic() - begin:.1f} s", file=sys.stderr)
        house.wait(other)
        wrong = house.lost(deaf, "cancelled") + house.lost(other)
    finally:
        house.close()
    return 1, wrong


def many_jobs(folder: Path, chosen: argparse.Namespace) -> tuple[int, list[str]]:
    """All submitted before the first has ended; each is done once."""
    house = House(folder)
    try:
        with house.rows() as rows:
            rows.execute("update plans set max_training_runs_per_month = -1")
            rows.commit()
        jobs = [house.submit(seed=seed, epochs=1, pause=0) for seed in range(chosen.jobs)]
        wrong = []
        for job_id in jobs:
            house.wait(job_id, seconds=600)
            wrong += house.lost(job_id)
            if house.job(job_id)["attempt"] != 1:
                wrong.append("a job was done twice")
    finally:
        house.close()
    return chosen.jobs, wrong


def two_servers(folder: Path, _chosen: argparse.Namespace) -> tuple[int, list[str]]:
    """The second one on the same data is refused; the first notices nothing."""
    house = House(folder)
    try:
        job_id = house.submit(epochs=20, pause=0.05)
        environment = {**os.environ, "DATA_DIR": str(folder / "data"), "PORT": "0"}
        second = subprocess.run(
            [sys.executable, "app.py"],
            cwd=ROOT,
            env={**environment, "PORT": str(house.server.port + 1)},
            capture_output=True,
            text=True,
            timeout=30,
            check=False,
        )
        house.wait(job_id)
        wrong = house.lost(job_id)
        if second.returncode != 2:
            wrong.append(f"the second server ended with {second.returncode}: {second.stderr[-300:]}")
    finally:
        house.close()
    return 1, wrong


class NotTried(Exception):
    """Why a fault cannot be made here."""


FAULTS: Mapping[str, tuple[str, Fault]] = {
    "kill": ("kill -9 of a worker at random points of every phase", killed_workers),
    "server": ("kill -9 of the server", killed_server),
    "both": ("kill -9 of server and workers", killed_both),
    "sleep": ("SIGSTOP of a worker for longer than its lease", sleeping_worker),
    "locked": ("database locked for 5 s", locked_database),
    "disk": ("disk full at a checkpoint and at an artifact", full_disk),
    "corrupt": ("checkpoint broken on the disk", corrupt_checkpoint),
    "nan": ("loss is no number", diverged),
    "deaf": ("training function that ignores cancel", deaf_training),
    "many": ("jobs submitted at once", many_jobs),
    "two": ("two servers on one data directory", two_servers),
}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--jobs", type=int, default=1000)
    parser.add_argument("--only", default=",".join(FAULTS))
    chosen = parser.parse_args()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    lost = 0
    print("| fault | tried | lost | s |\n|---|---|---|---|")
    for name in chosen.only.split(","):
        title, fault = FAULTS[name]
        with tempfile.TemporaryDirectory() as folder:
            begin = time.monotonic()
            try:
                tries, wrong = fault(Path(folder), chosen)
            except NotTried as reason:
                print(f"| {title} | not tried: {reason} | – | – |", flush=True)
                continue
        for each in wrong[:10]:
            print(f"  {name}: {each}", file=sys.stderr)
        lost += len(wrong)
        seconds = time.monotonic() - begin
        print(f"| {title} | {tries} | {len(wrong) or 'nothing'} | {seconds:.0f} |", flush=True)
    return 1 if lost else 0


if __name__ == "__main__":
    sys.exit(main())
