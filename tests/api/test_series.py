"""A file's series over HTTP: its line at any zoom, its heat map on the session's clock, its figures."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from flask import Flask

from api.context import KEY
from services.forecasting.parquet import SeriesData, write_parquet
from services.forecasting.units import HOUR, MINUTE
from tests.api.world import World
from tests.builders import add_file, add_session, add_time_info
from tests.conftest import PASSWORD

START = datetime(2024, 3, 30, tzinfo=UTC)
FIRST = int(START.timestamp()) * 10**9


@pytest.fixture(scope="module")
def world(idle_app: Flask) -> World:
    return World.of(idle_app, idle_app.extensions[KEY].accounts.sign_up("series@example.org", PASSWORD))


def stored(world: World, folder: Path, instants: Any, value: Any, **fields: Any) -> tuple[UUID, str]:
    """A file with this series; the session's clock is that of Vienna."""
    session_id = add_session(world.database, world.user_id)
    add_time_info(world.database, session_id, zeitzone="Europe/Vienna")
    path = folder / "series.parquet"
    write_parquet(SeriesData(np.asarray(instants, dtype=np.int64), np.asarray(value, dtype=float)), path)
    key = f"series/{session_id}/load.parquet"
    world.blobs.put_file(key, path)
    start, end = (datetime.fromtimestamp(int(instants[place]) / 1e9, UTC) for place in (0, -1))
    bounds = {"utc_min": start, "utc_max": end}
    return session_id, str(
        add_file(world.database, session_id, "Load", "output", series_path=key, **bounds, **fields)
    )


@pytest.fixture(scope="module")
def minutes(world: World, tmp_path_factory: pytest.TempPathFactory) -> str:
    """30 000 rows, one a minute, with an hour and a half absent."""
    count = np.arange(30_000)
    instants = FIRST + (count + (count >= 20_000) * 90) * MINUTE
    return stored(world, tmp_path_factory.mktemp("series"), instants, np.sin(count / 700) * 50)[1]


def test_the_whole_series_comes_in_few_points(world: World, minutes: str) -> None:
    line = world.ok("GET", f"/api/v1/files/{minutes}/series?points=500")
    assert len(line["time_ms"]) == len(line["value"]) <= 501
    assert (line["rows"], line["found"], line["step_ms"]) == (30_000, 30_000, 60_000)
    assert line["bucket_ms"] > 60_000 and line["recipe"] is False
    known = [value for value in line["value"] if value is not None]
    assert max(known) == pytest.approx(50, abs=1e-3) and min(known) == pytest.approx(-50, abs=1e-3)
    assert line["time_ms"][0] == line["first_ms"] == FIRST // 10**6
    assert line["time_ms"][-1] == line["last_ms"]


def test_zooming_in_shows_every_row_and_the_gap(world: World, minutes: str) -> None:
    gap = START + timedelta(minutes=20_000)
    start, end = (gap + timedelta(minutes=each) for each in (-10, 100))
    for form in (
        lambda at: at.isoformat().replace("+00:00", "Z"),
        lambda at: str(int(at.timestamp() * 1000)),
    ):
        line = world.ok("GET", f"/api/v1/files/{minutes}/series?from={form(start)}&to={form(end)}")
        assert (line["bucket_ms"], line["found"]) == (0, 21)
        assert line["value"][10] is None
        assert [value is None for value in line["value"]].count(True) == 1
        assert line["time_ms"][11] - line["time_ms"][9] == 91 * 60_000


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("points=9", "points"),
        ("points=20001", "points"),
        ("points=many", "points"),
        ("from=yesterday", "from"),
        ("to=2024-13-01", "to"),
        ("from=2024-04-02T00:00:00Z&to=2024-04-01T00:00:00Z", "to"),
    ],
)
def test_what_cannot_be_shown_is_refused_by_name(world: World, minutes: str, query: str, field: str) -> None:
    error = world.refused("GET", f"/api/v1/files/{minutes}/series?{query}", 400)
    assert error["details"]["field"] == field


def test_a_recipe_is_drawn_on_demand(world: World, tmp_path: Path) -> None:
    value = np.full(100, 5.0)
    value[40] = 900.0
    _, file_id = stored(world, tmp_path, FIRST + np.arange(100) * HOUR, value)
    at = (START + timedelta(hours=40)).isoformat().replace("+00:00", "Z")
    recipe = [{"action": "clip", "from": at, "to": at, "high": 7.0}]
    world.ok("PUT", f"/api/training/csv-files/{file_id}/recipe", json={"recipe": recipe})
    path = f"/api/v1/files/{file_id}"
    assert max(world.ok("GET", f"{path}/series")["value"]) == 900
    mended = world.ok("GET", f"{path}/series?recipe=true")
    assert (max(mended["value"]), mended["recipe"]) == (7, True)
    assert world.ok("GET", f"{path}/summary?recipe=true")["max"] == 7
    world.ok("PUT", f"/api/training/csv-files/{file_id}/recipe", json={"recipe": []})
    assert max(world.ok("GET", f"{path}/series?recipe=true")["value"]) == 900


def test_a_recipe_that_leaves_nothing_is_said(world: World, tmp_path: Path) -> None:
    _, file_id = stored(world, tmp_path, FIRST + np.arange(10) * HOUR, np.arange(10))
    step = {"action": "drop", "from": "2024-01-01T00:00:00Z", "to": "2025-01-01T00:00:00Z"}
    world.ok("PUT", f"/api/training/csv-files/{file_id}/recipe", json={"recipe": [step]})
    error = world.refused("GET", f"/api/v1/files/{file_id}/series?recipe=true", 422)
    assert error["code"] == "RECIPE_LEAVES_NOTHING"


def test_the_heat_map_shows_hours_of_the_sessions_clock(world: World, tmp_path: Path) -> None:
    """The last Sunday of March 2024 has no hour 2 in Vienna; the value of a row is its local hour."""
    instants = [START - timedelta(hours=1) + timedelta(minutes=30 * step) for step in range(3 * 48)]
    local = [at.astimezone(ZoneInfo("Europe/Vienna")).hour for at in instants]
    ns = [int(at.timestamp()) * 10**9 for at in instants]
    _, file_id = stored(world, tmp_path, ns, local)
    heat = world.ok("GET", f"/api/v1/files/{file_id}/heatmap")
    assert (heat["zone"], heat["first_day"], heat["days_per_row"]) == ("Europe/Vienna", "2024-03-30", 1)
    hours = [float(hour) for hour in range(24)]
    assert heat["day_hour"][0] == hours
    assert heat["day_hour"][1] == [*hours[:2], None, *hours[3:]]
    assert heat["weekday_hour"][5] == hours
    assert heat["weekday_hour"][2] == [None] * 24


def test_the_summary_says_what_is_missing(world: World, tmp_path: Path) -> None:
    value = np.arange(101, dtype=float)
    value[3] = np.nan
    instants = FIRST + (np.arange(101) + (np.arange(101) > 50) * 5) * HOUR
    _, file_id = stored(world, tmp_path, instants, value)
    told = world.ok("GET", f"/api/v1/files/{file_id}/summary")
    assert (told["rows"], told["values"], told["missing"], told["zeros"]) == (101, 100, 1, 1)
    assert (told["min"], told["max"], told["step_minutes"]) == (0, 100, 60)
    assert told["longest_step"] == {
        "from": "2024-04-01T02:00:00Z",
        "to": "2024-04-01T08:00:00Z",
        "minutes": 360,
    }
    assert [each["level"] for each in told["quantiles"]] == [0.01, 0.05, 0.25, 0.5, 0.75, 0.95, 0.99]
    assert told["mean"] == pytest.approx((5050 - 3) / 100)


def test_a_series_without_a_number_has_no_figures(world: World, tmp_path: Path) -> None:
    _, file_id = stored(world, tmp_path, FIRST + np.arange(5) * HOUR, np.full(5, np.nan))
    told = world.ok("GET", f"/api/v1/files/{file_id}/summary")
    assert (told["values"], told["min"], told["mean"], told["quantiles"]) == (0, None, None, [])
    assert set(world.ok("GET", f"/api/v1/files/{file_id}/series")["value"]) == {None}
    assert {
        cell for row in world.ok("GET", f"/api/v1/files/{file_id}/heatmap")["day_hour"] for cell in row
    } == {None}


@pytest.mark.parametrize("what", ["series", "heatmap", "summary"])
def test_a_file_without_data_is_told_from_one_that_is_not_there(world: World, what: str) -> None:
    session_id = add_session(world.database, world.user_id)
    file_id = add_file(world.database, session_id, "Load", "input", series_path=None)
    assert world.refused("GET", f"/api/v1/files/{file_id}/{what}", 409)["code"] == "NO_DATA"
    lost = add_file(world.database, session_id, "Lost", "input", series_path="series/x/lost.parquet")
    assert world.refused("GET", f"/api/v1/files/{lost}/{what}", 409)["code"] == "NO_DATA"
    assert world.refused("GET", f"/api/v1/files/{uuid4()}/{what}", 404)["code"] == "FILE_NOT_FOUND"
    assert world.refused("GET", f"/api/v1/files/nonsense/{what}", 400)["code"] == "BAD_UUID"
