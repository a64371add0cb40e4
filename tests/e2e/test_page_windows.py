"""Windows and datasets on the page: what it shows is what the server builds."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from examples.client import Client
from examples.server import Server
from tests.e2e.browser import Visit, Visitor
from tests.e2e.conftest import client_of
from tests.e2e.series import complete_session


@pytest.fixture(scope="module")
def owner(house: Server) -> tuple[Client, dict[str, Any]]:
    return client_of(house)


@pytest.fixture(scope="module")
def client(owner: tuple[Client, dict[str, Any]]) -> Client:
    return owner[0]


@pytest.fixture(scope="module")
def session_id(client: Client, tmp_path_factory: pytest.TempPathFactory) -> str:
    """For the settings, which the tests change."""
    return complete_session(client, tmp_path_factory.mktemp("series"))


@pytest.fixture
def person(visit: Visit, owner: tuple[Client, dict[str, Any]]) -> Visitor:
    somebody = visit()
    somebody.sign_in_by(owner[1])
    return somebody


def saved(client: Client, session_id: str) -> dict[str, Any]:
    return client.call("GET", f"/api/v1/sessions/{session_id}/windows")


def test_settings_show_their_window_before_they_are_saved(
    person: Visitor, client: Client, session_id: str
) -> None:
    page = person.page
    page.goto(f"/sessions/{session_id}/windows")
    preview = client.call("POST", f"/api/v1/sessions/{session_id}/windows/preview", json={})
    count = preview["samples"]["count"]
    summary = page.locator(".summary")
    expect(summary).to_contain_text(f"{count:,} samples")
    drawn = page.locator(".window-picture svg")
    expect(drawn).to_have_accessible_name(re.compile("Load history.*Temperature"))
    person.look("windows")
    page.get_by_role("slider").fill("0")
    expect(page.get_by_text(f"Sample 1 of {count:,}")).to_be_visible()
    load = page.locator(".card", has=page.get_by_role("heading", name="Load", exact=True))
    load.get_by_label("To [h]").fill("0")
    expect(load.get_by_role("alert")).to_contain_text("after its end at 0 h")
    expect(page.get_by_role("button", name="Save", exact=True)).to_be_disabled()
    load.get_by_label("From [h]").fill("6")
    load.get_by_label("To [h]").fill("29")
    expect(page.locator(".area.gap")).to_be_visible()
    page.get_by_label("Input steps").fill("12")
    page.get_by_role("checkbox", name="Week").check()
    expect(page.get_by_role("img", name=re.compile("Week over the window"))).to_be_visible()
    expect(page.get_by_text("Not saved yet")).to_be_visible()
    assert saved(client, session_id)["zeitschritte"]["eingabe"] == 24
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Everything is saved.")).to_be_visible()
    now = saved(client, session_id)
    assert (now["zeitschritte"]["eingabe"], now["timeInfo"]["woche"]) == (12, True)
    assert now["timeInfo"]["category_data"]["feiertag"]["land"] == "AT"
    assert {(each["zeithorizont_start"], each["zeithorizont_end"]) for each in now["files"]} >= {(6.0, 29.0)}


@pytest.mark.slow
def test_a_save_that_stops_in_the_middle_says_so_and_goes_on_with_the_rest(
    person: Visitor, client: Client, session_id: str
) -> None:
    page = person.page
    page.goto(f"/sessions/{session_id}/windows")
    group = page.get_by_role("group", name="School holidays")
    group.get_by_role("button", name="Add school holidays").click()
    group.get_by_label("First day").fill("2024-02-10")
    group.get_by_label("Last day").fill("2024-02-05")
    expect(group.get_by_role("alert")).to_contain_text("before von")
    group.get_by_label("Last day").fill("2024-02-17")
    expect(group.get_by_role("alert")).to_have_count(0)
    page.get_by_label("Input steps").fill("18")
    page.route("**/save-time-info", lambda route: route.abort())
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Saved: Steps.")).to_be_visible()
    expect(page.get_by_text("Not saved yet: Calendar features.")).to_be_visible()
    assert saved(client, session_id)["zeitschritte"]["eingabe"] == 18
    person.look("windows-stopped")
    page.unroute("**/save-time-info")
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url) if request.method != "GET" else None)
    page.get_by_role("button", name="Try again").click()
    expect(page.get_by_text("Everything is saved.")).to_be_visible()
    assert [url.rsplit("/", 1)[1] for url in sent if "/preview" not in url] == ["save-time-info"]
    holidays = saved(client, session_id)["timeInfo"]["category_data"]["feiertag"]
    assert holidays["schulferien"] == [{"von": "2024-02-10", "bis": "2024-02-17"}]


@pytest.mark.slow
def test_a_gap_limit_and_an_arithmetic_are_tried_and_taken_to_the_training(
    person: Visitor, client: Client, session_id: str
) -> None:
    page = person.page
    page.goto(f"/sessions/{session_id}/windows")
    limit = page.get_by_label("Longest gap bridged [min]")
    limit.fill("none")
    expect(limit).to_have_accessible_description(re.compile("above 0"))
    limit.fill("45")
    told = client.call("POST", f"/api/v1/sessions/{session_id}/windows/preview", json={"max_gap_minutes": 45})
    expect(page.locator(".summary, .note.warn").first).to_contain_text(
        f"{told['samples']['count']:,} samples" if told["samples"] else told["errors"][0]["message"]
    )
    page.get_by_role("button", name="The same by API").click()
    expect(page.get_by_role("dialog")).to_contain_text('"max_gap_minutes":45')
    page.keyboard.press("Escape")
    page.get_by_label("Arithmetic").select_option("As in the first system")
    page.get_by_role("link", name="Train with these").click()
    written = page.get_by_label("As JSON")
    expect(written).to_have_value(re.compile('"max_gap_minutes": 45'))
    expect(written).to_have_value(re.compile('"arithmetic": "compat"'))


@pytest.mark.slow
def test_a_session_without_files_leads_to_the_upload(person: Visitor, client: Client) -> None:
    empty = client.call("POST", "/api/training/create-database-session", json={})["sessionUuid"]
    person.page.goto(f"/sessions/{empty}/windows")
    expect(person.page.get_by_role("link", name="Upload files")).to_be_visible()


def test_violins_are_the_numbers_of_the_server_and_can_be_taken_away(
    person: Visitor, client: Client, session_id: str
) -> None:
    page = person.page
    page.goto(f"/sessions/{session_id}/datasets")
    told = client.call("GET", f"/api/v1/sessions/{session_id}/distributions?by=hour")
    page.get_by_role("tab", name="By hour").click()
    load = page.locator(".card", has=page.get_by_role("heading", name="Load", exact=True))
    violins = load.get_by_role("img", name="Distribution of Load")
    expect(violins.locator("path")).to_have_count(24)
    box = violins.bounding_box()
    assert box is not None
    violins.hover(position={"x": 54 + (box["width"] - 54) / 24 * 12.5, "y": 60})
    noon = next(each for each in told["variables"] if each["name"] == "Load")["groups"][12]
    median = float(f"{noon['quantiles']['0.5']:.4g}")
    expect(load.locator(".told")).to_contain_text(f"12 median {median:g}")
    with page.expect_download() as csv:
        load.get_by_role("button", name="Download Load").click()
        page.get_by_role("menuitem", name="Numbers as CSV").click()
    lines = Path(csv.value.path()).read_text().splitlines()
    assert len(lines) == 25 and lines[13].startswith("Load,output,12,")
    for kind, magic in (("SVG", b"<svg"), ("PNG", b"\x89PNG")):
        with page.expect_download() as picture:
            load.get_by_role("button", name="Download Load").click()
            page.get_by_role("menuitem", name=f"Picture as {kind}").click()
        assert Path(picture.value.path()).read_bytes().startswith(magic)
    page.get_by_role("tab", name="By part of the split").click()
    expect(violins.locator("path")).to_have_count(3)
    page.get_by_label("Test [%]").fill("30")
    expect(page.get_by_role("alert").first).to_contain_text("add up to 100")
    page.get_by_label("Training [%]").fill("50")
    expect(page.get_by_role("alert")).to_have_count(0)
    person.look("datasets")


@pytest.mark.slow
def test_building_brings_the_pictures_of_the_server(person: Visitor, client: Client, session_id: str) -> None:
    page = person.page
    page.goto(f"/sessions/{session_id}/datasets")
    page.get_by_role("button", name="Build now").click()
    expect(page.get_by_text("Built before:")).to_be_visible(timeout=60_000)
    load = page.locator(".card", has=page.get_by_role("heading", name="Load", exact=True))
    with page.expect_download() as picture:
        load.get_by_role("button", name="Download Load").click()
        page.get_by_role("menuitem", name="Picture of the server").click()
    assert Path(picture.value.path()).read_bytes().startswith(b"\x89PNG")
