"""Thousands of small uploads with a fault in each, and one large one beside cp and sha256sum.

Ways: tus (PATCH after PATCH), tus joined (parts put together), parts (numbered ones of the multipart route).
A file is wrong if what the server stored for its import differs in one byte from what was sent.
"""

from __future__ import annotations

import argparse
import collections
import hashlib
import os
import random
import secrets
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path

import psutil

from benchmarks.upload_faults import FAULTS, House, Outcome, Parts, Tus, send_file
from examples.client import Client
from examples.server import ROOT, free_port, wait_until

MB = 1_000_000
WAYS = ("tus", "tus joined", "parts")
FILES_PER_SESSION = 20


class Lives:
    """The server of benchmarks.upload_house, which is forked again whenever it is killed."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        command = [sys.executable, "-m", "benchmarks.upload_house", str(folder), str(self.port)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)
        self.pids: list[int] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.pids.append(int(line))

    def pid(self) -> int:
        return self.pids[-1]

    def end(self) -> None:
        self.process.kill()
        self.process.wait()


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--uploads", type=int, default=10_000)
    parser.add_argument("--clients", type=int, default=8)
    parser.add_argument("--kills", type=int, default=100, help="uploads in whose middle the server is killed")
    parser.add_argument("--megabytes", type=int, default=200, help="size of the large file")
    parser.add_argument("--minutes", type=float, default=30, help="begin no upload after so many")
    parser.add_argument("--seed", type=int, default=1)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="trainyard-bench-") as name:
        folder = Path(name)
        lives = Lives(folder / "data")
        try:
            house = signed_in(lives)
            wrong = small_files(house, folder / "data", arguments)
            large_file(house, folder, arguments.megabytes * MB)
        finally:
            lives.end()
    return 1 if wrong else 0


def signed_in(lives: Lives) -> House:
    client = Client(f"http://127.0.0.1:{lives.port}")

    def is_live() -> bool:
        try:
            return client.http.get(f"{client.url}/health/live", timeout=2).ok
        except OSError:
            return False

    wait_until(is_live, 60, "the server")
    client.sign_up(f"bench-{secrets.token_hex(4)}@example.org", secrets.token_urlsafe(12))
    return House(lives.port, client.token, lives.pid)


def small_files(house: House, folder: Path, arguments: argparse.Namespace) -> int:
    started = time.monotonic()
    with ThreadPoolExecutor(arguments.clients) as pool:
        made = list(pool.map(lambda number: one_file(house, number, arguments), range(arguments.uploads)))
    outcomes = [each for each in made if each is not None]
    seconds = time.monotonic() - started
    wrong = [each for each in outcomes if not is_right(folder, each)]
    stored = sum(not path.name.startswith(".") for path in (folder / "blobs" / "files").glob("*/*"))
    rate = f"{len(outcomes) / seconds:.1f} a second"
    print(f"{len(outcomes)} uploads in {seconds:.0f} s, {rate}, the server killed {len(house.lives)} times")
    print(f"{'way':<12}{'fault':<11}{'files':>7}{'wrong':>7}{'faults':>8}{'parts':>8}{'again':>7}{'most':>6}")
    table = collections.defaultdict(list)
    for each in outcomes:
        table[each.way, each.fault].append(each)
    for (way, fault), group in sorted(table.items()):
        bad = sum(each in wrong for each in group)
        print(
            f"{way:<12}{fault:<11}{len(group):>7}{bad:>7}{sum(each.faults for each in group):>8}"
            f"{sum(each.parts for each in group):>8}{sum(each.sent_again for each in group):>7}"
            f"{max(each.sent_again / max(each.faults, 1) for each in group):>6.1f}"
        )
    print("again: parts sent again; most: of one file, per fault that hit it")
    greedy = [each for each in outcomes if each.sent_again > each.faults]
    print(f"files stored {stored}, wrong {len(wrong)}, more than one part again per fault: {len(greedy)}")
    for each in (*wrong, *greedy)[:10]:
        print("  ", each)
    return len(wrong) + len(greedy) + abs(stored - len(outcomes))


_started = time.monotonic()
_sessions: dict[int, str] = {}
_opening = threading.Lock()


def one_file(house: House, number: int, arguments: argparse.Namespace) -> Outcome | None:
    minutes = (time.monotonic() - _started) / 60
    if minutes > arguments.minutes:
        return None
    if number % 500 == 499:
        said = f"{number + 1} uploads after {minutes:.1f} min, {(number + 1) / minutes / 60:.1f} a second"
        print(said, file=sys.stderr, flush=True)
    rng = random.Random(arguments.seed * 1_000_003 + number)
    group = number // FILES_PER_SESSION
    with _opening:
        if group not in _sessions:
            path = "/api/training/create-database-session"
            answer = house.surely("POST", path, b"{}", {"Content-Type": "application/json"})
            _sessions[group] = answer.json["sessionUuid"]
    every = max(1, arguments.uploads // max(arguments.kills, 1))
    fault = "kill" if arguments.kills and number % every == every - 1 else FAULTS[number % 4]
    way = WAYS[number // 4 % 3]
    return send_file(house, way, fault, _sessions[group], f"file{number}.csv", rng)


def is_right(folder: Path, outcome: Outcome) -> bool:
    """Stored once, byte by byte what was sent, and its import begun."""
    path = folder / "blobs" / "files" / outcome.session_id / f"{outcome.sha256}.csv"
    if outcome.status != "processing" or not path.is_file():
        return False
    return hashlib.sha256(path.read_bytes()).hexdigest() == outcome.sha256


def large_file(house: House, folder: Path, size: int) -> None:
    """One file, by cp and by the protocols, on the same disk."""
    source = folder / "large.csv"
    with source.open("wb") as file:
        for _ in range(size // MB):
            file.write(os.urandom(MB))
    seconds = {"cp + sync, then sha256sum": timed(lambda: copied(source))}
    process = psutil.Process(house.pid())
    idle, peak, done = process.memory_info().rss, [0], threading.Event()

    def watch() -> None:
        while not done.wait(0.02):
            peak[0] = max(peak[0], process.memory_info().rss)

    watcher = threading.Thread(target=watch)
    watcher.start()
    for way in ("tus, sha256 of every 8 MB", "tus, one request", "parts of 8 MB, each with its sha256"):
        seconds[way] = timed(partial(sent, house, source, way))
    done.set()
    watcher.join()
    print(f"\n{size // MB} MB, until all of it is verified, stored and its import begun")
    for way, took in seconds.items():
        print(f"  {way:<38}{took:>7.2f} s{size / MB / took:>8.0f} MB/s")
    print(f"server's memory: {idle / MB:.0f} MB before, {peak[0] / MB:.0f} MB at most")


def timed(work: Callable[[], object]) -> float:
    started = time.monotonic()
    work()
    return time.monotonic() - started


def copied(source: Path) -> None:
    target = source.with_suffix(".copy")
    subprocess.run(["cp", source, target], check=True)
    subprocess.run(["sync", target], check=True)
    subprocess.run(["sha256sum", target], check=True, stdout=subprocess.DEVNULL)
    target.unlink()


def sent(house: House, source: Path, way: str) -> None:
    answer = house.surely(
        "POST", "/api/training/create-database-session", b"{}", {"Content-Type": "application/json"}
    )
    content = source.read_bytes()
    step = len(content) if "one request" in way else 8 * 1024 * 1024
    parts = [content[start : start + step] for start in range(0, len(content), step)]
    outcome = Outcome(
        way, "", len(parts), answer.json["sessionUuid"], hashlib.sha256(content).hexdigest(), len(content)
    )
    kind = Tus if way.startswith("tus") else Parts
    rng = random.Random(1)
    rng.random = (lambda: 0.0) if "sha256 of every" in way else (lambda: 1.0)  # type: ignore[method-assign]
    kind(house, outcome, parts, "large.csv", rng).send()
    assert outcome.status == "processing", outcome


if __name__ == "__main__":
    sys.exit(main())
