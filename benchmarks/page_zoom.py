"""How many frames per second the page draws while a series of 1 000 000 rows is zoomed and moved in Chromium.

Usage: python -m benchmarks.page_zoom [--rows 1000000] [--seconds 6]   (needs chromium and the built page)

The wheel is turned and the series moved without a pause. Prints frames per second, the p95 of the time
between two frames, and how soon the first line was drawn.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
from playwright.sync_api import Page, sync_playwright

from examples.client import Client
from examples.server import Server, running

CHART = "[role=img][tabindex='0']"
COUNT_FRAMES = """() => {
  const first = window.frames_ === undefined
  window.frames_ = [performance.now()]
  if (!first) return
  const count = (at) => { window.frames_.push(at); requestAnimationFrame(count) }
  requestAnimationFrame(count)
}"""


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seconds", type=float, default=6.0, help="of each kind of movement")
    chosen = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        with running(folder / "data", TRAINYARD_WORKERS="1") as server:
            session_id, tokens = _prepare(server, folder, chosen.rows)
            _measure(server.url, session_id, tokens, chosen.rows, chosen.seconds)


def _prepare(server: Server, folder: Path, rows: int) -> tuple[str, dict[str, Any]]:
    client = Client(server.url)
    client.sign_up("zoom@example.org", "a password of 24 letters")
    credentials = {"email": "zoom@example.org", "password": "a password of 24 letters"}
    tokens = client.call("POST", "/api/auth/sign-in", json=credentials)
    session_id = client.call("POST", "/api/v1/sessions", json={"name": "Long"})["session"]["id"]
    path = folder / "long.csv"
    times = np.datetime_as_string(np.datetime64("2020-01-01T00:00") + np.arange(rows), unit="m")
    values = np.cumsum(np.random.default_rng(1).normal(size=rows))
    text = "\n".join(f"{at};{value:.3f}" for at, value in zip(times, values, strict=True))
    path.write_text(f"UTC;Load\n{text}\n")
    client.upload(session_id, path, "output", {"bezeichnung": "Load"})
    while not client.call("GET", f"/api/training/csv-files/{session_id}")["data"]:
        time.sleep(0.2)
    return session_id, tokens


def _measure(url: str, session_id: str, tokens: dict[str, Any], rows: int, seconds: float) -> None:
    from tests.e2e.browser import ARGUMENTS, CHROMIUM

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        page = browser.new_page(viewport={"width": 1280, "height": 860})
        page.goto(f"{url}/favicon.svg")
        page.evaluate("text => localStorage.setItem('trainyard.tokens', text)", json.dumps(tokens))
        began = time.perf_counter()
        with page.expect_response(lambda answer: "/series?" in answer.url):
            page.goto(f"{url}/sessions/{session_id}/data")
        page.wait_for_selector(f"{CHART} canvas")
        print(f"{rows} rows; first line after {time.perf_counter() - began:.2f} s")
        page.wait_for_timeout(1500)
        for what, (across, down) in {"zoom in": (0, -60), "move": (80, 0), "zoom out": (0, 60)}.items():
            _report(what, _frames(page, across, down, seconds))
        browser.close()


def _frames(page: Page, across: int, down: int, seconds: float) -> list[float]:
    """Milliseconds between frames while the wheel is turned without a pause."""
    box = page.locator(CHART).bounding_box()
    assert box is not None
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + 120)
    page.evaluate(COUNT_FRAMES)
    end = time.perf_counter() + seconds
    turns = 0
    while time.perf_counter() < end:
        page.mouse.wheel(across if turns // 40 % 2 == 0 else -across, down)
        turns += 1
    moments: list[float] = page.evaluate("() => window.frames_.splice(0)")
    return [after - before for before, after in pairwise(moments)]


def _report(what: str, gaps: list[float]) -> None:
    ordered = sorted(gaps)
    rate = 1000 * len(gaps) / sum(gaps)
    print(f"{what:10} {rate:6.1f} frames/s   p95 between frames {ordered[int(len(ordered) * 0.95)]:6.1f} ms")


if __name__ == "__main__":
    main()
