"""The data of a session as a person looks at it: zoomed, a gap found and mended, the mended line drawn."""

from __future__ import annotations

import math
import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import expect

from examples.server import Server
from tests.e2e.browser import Visit
from tests.e2e.conftest import client_of

START = datetime(2024, 1, 1, tzinfo=UTC)
HOLE = range(500, 504)


def damaged(path: Path, hours: int = 300 * 24) -> Path:
    """A day's rhythm with a hole of four hours and one spike."""
    lines = ["UTC;Load"]
    for hour in range(hours):
        value = 900.0 if hour == 1200 else 100 + 40 * math.sin(hour / 24 * math.tau) + hour * 7919 % 13 / 3
        if hour not in HOLE:
            lines.append(f"{START + timedelta(hours=hour):%Y-%m-%d %H:%M};{value:.3f}")
    path.write_text("\n".join(lines) + "\n")
    return path


def test_a_gap_is_found_looked_at_and_mended(visit: Visit, house: Server, tmp_path: Path) -> None:
    client, tokens = client_of(house)
    session_id = client.call("POST", "/api/v1/sessions", json={"name": "Grid"})["session"]["id"]
    visitor = visit()
    visitor.sign_in_by(tokens)
    page = visitor.page
    page.goto(f"/sessions/{session_id}/data")
    expect(page.get_by_role("heading", name="No data yet")).to_be_visible()
    visitor.look("data-empty")
    client.upload(session_id, damaged(tmp_path / "load.csv"), "output", {"bezeichnung": "Load"})
    page.reload()
    found = page.get_by_role("list", name="What looks wrong")
    gap = found.get_by_role("listitem").filter(has_text="Gap")
    expect(gap).to_contain_text("4 rows")
    expect(found.get_by_role("listitem").filter(has_text="Spike")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="Greatest")).to_contain_text("900")
    visitor.look("data")
    with page.expect_response(lambda answer: "/series?" in answer.url and "from=" in answer.url) as answer:
        gap.get_by_role("button", name="Show").click()
    line = answer.value.json()
    assert line["bucket_ms"] == 0
    assert None in line["value"]
    with page.expect_response(
        lambda answer: "recipe=true" in answer.url and "/series?" in answer.url
    ) as answer:
        gap.get_by_role("button", name=re.compile("Interpolate")).click()
    assert None not in answer.value.json()["value"]
    recipe = page.get_by_role("list", name="Recipe")
    expect(recipe.get_by_role("listitem")).to_have_count(1)
    expect(gap.get_by_role("button", name="Undo")).to_be_visible()
    visitor.look("data-mended")
    found.get_by_role("listitem").filter(has_text="Spike").get_by_role("button", name="Drop rows").click()
    expect(page.get_by_role("row").filter(has_text="Greatest")).not_to_contain_text("900")
    (file,) = client.call("GET", f"/api/training/csv-files/{session_id}")["data"]
    assert sorted(step["action"] for step in file["recipe"]) == ["drop", "interpolate"]
    page.get_by_role("button", name="Undo all").click()
    expect(page.get_by_role("row").filter(has_text="Greatest")).to_contain_text("900")
    chart = page.get_by_role("img", name=re.compile("The series Load over time"))
    chart.focus()
    for key in ("Home", "+", "+", "ArrowRight", "-"):
        page.keyboard.press(key)
    page.get_by_role("button", name="All", exact=True).click()


@pytest.mark.slow
def test_the_times_are_those_of_the_sessions_clock(visit: Visit, house: Server, tmp_path: Path) -> None:
    client, tokens = client_of(house)
    session_id = client.call("POST", "/api/v1/sessions", json={"name": "Netz"})["session"]["id"]
    client.upload(session_id, damaged(tmp_path / "load.csv"), "input", {"bezeichnung": "Last"})
    zone = {"sessionId": session_id, "timeInfo": {"zeitzone": "Asia/Kolkata"}}
    client.call("POST", "/api/training/save-time-info", json=zone)
    visitor = visit(language="de", theme="dark")
    visitor.sign_in_by(tokens)
    visitor.page.goto(f"/sessions/{session_id}")
    visitor.page.wait_for_url("**/data")
    expect(visitor.page.get_by_text("Zeiten nach der Uhr von Asia/Kolkata")).to_be_visible()
    expect(visitor.page.get_by_role("heading", name="Mittelwert nach Wochentag und Stunde")).to_be_visible()
    visitor.look("data-german")
