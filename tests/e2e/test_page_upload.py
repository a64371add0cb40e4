"""Uploading as a person does it: a look first, chips changed, sent, paused, reloaded and gone on with."""

from __future__ import annotations

import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, Request, Route, expect

from examples.server import Server
from tests.e2e.browser import Visit
from tests.e2e.conftest import client_of

MEGABYTE = 1024 * 1024


def german_file(path: Path, hours: int = 60 * 24) -> Path:
    """Latin-1, semicolons, decimal commas, a text column, in local time."""
    lines = ["Zeit;Lastgang Süd [kW];Außentemperatur;Ort"]
    for hour in range(hours):
        day = hour // 24
        time = f"{1 + day % 28:02}.{1 + day // 28:02}.2023 {hour % 24:02}:00"
        lines.append(f"{time};{900 + hour % 24 * 10},5;{hour % 9},25;Graz")
    path.write_bytes("\r\n".join(lines).encode("latin-1"))
    return path


def drop(page: Page, *paths: Path) -> None:
    page.locator("input[type=file]").first.set_input_files(list(paths))


def test_a_german_file_is_looked_at_changed_and_uploaded(visit: Visit, house: Server, tmp_path: Path) -> None:
    client, tokens = client_of(house)
    session_id = client.call("POST", "/api/v1/sessions", json={"name": "Netz Süd"})["session"]["id"]
    visitor = visit(language="de")
    visitor.sign_in_by(tokens)
    page = visitor.page
    page.goto(f"/sessions/{session_id}")
    page.wait_for_url("**/upload")
    visitor.look("upload-empty")
    drop(page, german_file(tmp_path / "lastgang.csv"))
    chips = page.get_by_role("group", name="Was es zu sein scheint")
    expect(chips.get_by_role("button", name=re.compile("Trennzeichen Strichpunkt"))).to_be_visible()
    expect(chips.get_by_role("button", name=re.compile("Zeichensatz cp1252"))).to_be_visible()
    grid = page.get_by_role("region", name="Erste Zeilen von lastgang.csv")
    expect(grid.get_by_role("columnheader", name=re.compile("Lastgang Süd"))).to_be_visible()
    expect(grid.get_by_role("row").nth(2)).to_contain_text("2023-01-01 01:00:00")
    expect(grid.get_by_role("row").nth(2)).to_contain_text("910,5")
    chips.get_by_role("button", name=re.compile("Zeitzone UTC")).click()
    page.get_by_role("menuitem", name="Europe/Vienna").click()
    expect(grid.get_by_role("row").nth(2)).to_contain_text("2023-01-01 00:00:00")
    visitor.look("upload-preview")
    page.get_by_role("textbox", name="Name von Lastgang Süd [kW]").fill("Last")
    page.get_by_role("button", name="Hochladen", exact=True).click()
    files = page.get_by_role("row").filter(has_text="Ausgabe")
    expect(files).to_contain_text("Last")
    expect(files).to_contain_text("2022-12-31 23:00")
    expect(page.get_by_role("listitem").filter(has_text="bereit")).to_have_count(2)
    visitor.look("upload-done")
    rows = client.call("GET", f"/api/training/csv-files/{session_id}")["data"]
    assert sorted((row["type"], row["bezeichnung"], row["datenpunkte"]) for row in rows) == [
        ("input", "Außentemperatur", 60 * 24),
        ("input", "Last", 60 * 24),
        ("output", "Last", 60 * 24),
    ]


@pytest.mark.slow
def test_what_cannot_be_decided_is_asked_for(visit: Visit, house: Server, tmp_path: Path) -> None:
    client, tokens = client_of(house)
    session_id = client.call("POST", "/api/v1/sessions", json={})["session"]["id"]
    visitor = visit()
    visitor.sign_in_by(tokens)
    page = visitor.page
    page.goto(f"/sessions/{session_id}/upload")
    path = tmp_path / "dates.csv"
    path.write_text("time;load\n" + "".join(f"0{day}/02/2024 00:00;{day}\n" for day in range(1, 10)))
    drop(page, path)
    expect(page.get_by_role("alert")).to_contain_text("Please decide")
    expect(page.get_by_role("button", name="Upload", exact=True)).to_be_disabled()
    visitor.look("upload-question")
    page.get_by_role("button", name="2024-02-01").click()
    expect(page.get_by_role("alert")).to_have_count(0)
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("row").filter(has_text="2024-02-09")).to_have_count(2)


def test_a_file_too_large_is_refused_at_once(visit: Visit, house: Server, tmp_path: Path) -> None:
    """Before its bytes are hashed or sent, with the plan's number; another one beside it is not held up."""
    client, tokens = client_of(house)
    session_id = client.call("POST", "/api/v1/sessions", json={"name": "Too much"})["session"]["id"]
    large = german_file(tmp_path / "large.csv")
    os.truncate(large, client.call("GET", "/api/v1/usage")["plan"]["max_file_size_mb"] * 1_000_000 + 1)
    visitor = visit()
    visitor.sign_in_by(tokens)
    page = visitor.page
    page.goto(f"/sessions/{session_id}/upload")
    drop(page, large, german_file(tmp_path / "small.csv"))
    alert = page.get_by_role("alert")
    expect(alert).to_contain_text("500000001 bytes; your plan allows 500000000")
    expect(alert).to_contain_text("Split the series")
    buttons = page.get_by_role("button", name="Upload", exact=True)
    expect(buttons.nth(0)).to_be_disabled()
    expect(buttons.nth(1)).to_be_enabled()
    alert.get_by_role("button", name="Remove").click()
    expect(alert).to_have_count(0)
    expect(buttons).to_have_count(1)


@pytest.mark.slow
def test_a_question_is_asked_in_the_language_of_the_page(visit: Visit, house: Server, tmp_path: Path) -> None:
    client, tokens = client_of(house)
    session_id = client.call("POST", "/api/v1/sessions", json={})["session"]["id"]
    visitor = visit(language="de")
    visitor.sign_in_by(tokens)
    page = visitor.page
    page.goto(f"/sessions/{session_id}/upload")
    path = tmp_path / "tage.csv"
    path.write_text(
        "Zeit;Last;Geschätzt\n" + "".join(f"0{day}/02/2024;{day};FALSCH\n" for day in range(1, 9))
    )
    drop(page, path)
    question = page.get_by_role("alert")
    expect(question).to_contain_text("kann 2024-02-01 (Tag zuerst) oder 2024-01-02 (Monat zuerst) sein")
    expect(question).not_to_contain_text("row")
    page.get_by_role("button", name="2024-02-01").click()
    estimated = page.get_by_role("columnheader", name=re.compile("Geschätzt"))
    expect(estimated).to_contain_text("wahr = 1, falsch = 0")
    expect(page.get_by_role("combobox", name="Verwendung von Geschätzt")).to_have_value("none")
    visitor.look("upload-german")
    broken = tmp_path / "kaputt.csv"
    broken.write_text("Zeit;Last\n2024-02-01;1\n2024-02-02;2;3\n2024-02-03;4\n")
    drop(page, broken)
    expect(page.get_by_text("Zeile 3 hat 3 Zellen, die Tabelle 2 Spalten.")).to_be_visible()


@pytest.mark.slow
def test_a_folder_is_dropped_with_what_lies_in_it(visit: Visit, house: Server, tmp_path: Path) -> None:
    """As the desktop hands it to the browser: the path of the folder, which the page walks through."""
    client, tokens = client_of(house)
    session_id = client.call("POST", "/api/v1/sessions", json={})["session"]["id"]
    for name in ("load.csv", "deeper/wind.csv", "deeper/notes.md"):
        path = tmp_path / "measured" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("UTC;value\n" + "".join(f"2024-01-{day:02};{day}.5\n" for day in range(1, 20)))
    visitor = visit()
    visitor.sign_in_by(tokens)
    page = visitor.page
    page.goto(f"/sessions/{session_id}/upload")
    place = page.get_by_role("heading", name="Drop CSV files or a folder here").bounding_box()
    assert place is not None
    devtools = visitor.context.new_cdp_session(page)
    dragged = {"items": [], "files": [str(tmp_path / "measured")], "dragOperationsMask": 1}
    for kind in ("dragEnter", "dragOver", "drop"):
        about = {"type": kind, "x": place["x"] + 5, "y": place["y"] + 5, "data": dragged}
        devtools.send("Input.dispatchDragEvent", about)
    for name in ("load.csv", "wind.csv"):
        expect(page.get_by_role("region", name=f"First rows of {name}")).to_be_visible()
    expect(page.get_by_role("button", name="Remove from the list")).to_have_count(2)


def test_a_reload_in_the_middle_sends_only_the_rest(visit: Visit, house: Server, tmp_path: Path) -> None:
    client, tokens = client_of(house)
    session_id = client.call("POST", "/api/v1/sessions", json={"name": "Large"})["session"]["id"]
    path = tmp_path / "large.csv"
    with path.open("w") as file:
        file.write("time;load\n")
        for minute in range(140_000):
            day, rest = divmod(minute, 1440)
            time = f"2024-{1 + day // 28:02}-{1 + day % 28:02} {rest // 60:02}:{rest % 60:02}"
            file.write(f"{time};{minute % 977}.25\n")
    total = -(-path.stat().st_size // MEGABYTE)
    assert total >= 3
    visitor = visit()
    visitor.sign_in_by(tokens)
    page = visitor.page
    sent: list[int] = []
    held = {"from": 2}

    def chunk_of(request: Request) -> int | None:
        found = re.search(rb'"chunkIndex": ?(\d+)', request.post_data_buffer or b"")
        return None if found is None else int(found[1])

    def watch(route: Route) -> None:
        index = chunk_of(route.request)
        assert index is not None
        if index >= held["from"]:
            return  # it never arrives: the network hangs
        sent.append(index)
        route.continue_()

    page.route("**/upload-chunk", watch)
    page.goto(f"/sessions/{session_id}/upload")
    drop(page, path)
    page.get_by_role("combobox", name="Use of load").select_option("output")
    with page.expect_request(lambda request: chunk_of(request) == 2):  # so those before it have been answered
        page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_role("progressbar", name="Progress of large.csv")).to_have_attribute(
        "aria-valuenow", re.compile(r"[4-9]\d")
    )
    visitor.look("upload-sending")
    page.get_by_role("button", name="Pause large.csv").click()
    expect(page.get_by_text("paused")).to_be_visible()
    assert sent == [0, 1]
    page.reload()
    expect(page.get_by_text("waits for its file")).to_be_visible()
    held["from"] = 99
    other = tmp_path / "other" / "large.csv"
    other.parent.mkdir()
    content = path.read_bytes()
    other.write_bytes(content[:-3] + b"9\n" + content[-1:])
    drop(page, other)
    expect(page.get_by_text(re.compile("This is another file"))).to_be_visible()
    page.reload()
    expect(page.get_by_text("waits for its file")).to_be_visible()
    drop(page, path)
    expect(page.get_by_role("row").filter(has_text="output")).to_contain_text("140,000")
    assert sent == [0, 1, *range(2, total)]


@pytest.mark.slow
def test_a_file_that_the_server_has_is_there_at_once_and_not_sent_again(
    visit: Visit, house: Server, tmp_path: Path
) -> None:
    client, tokens = client_of(house)
    first, second = (
        client.call("POST", "/api/v1/sessions", json={"name": name})["session"]["id"]
        for name in ("Once", "Again")
    )
    path = tmp_path / "load.csv"
    path.write_text("time;load\n" + "".join(f"2024-01-{day:02} 00:00;{day}\n" for day in range(1, 29)))
    metadata = {"columns": [{"column": "load", "bezeichnung": "load"}]}
    client.upload(first, path, "input", metadata)
    visitor = visit()
    visitor.sign_in_by(tokens)
    page = visitor.page
    sent: list[str] = []
    page.on("request", lambda request: sent.append(request.url))
    page.goto(f"/sessions/{second}/upload")
    drop(page, path)
    page.get_by_role("combobox", name="Use of load").select_option("output")
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.get_by_text("ready: the server had it already")).to_be_visible()
    expect(page.get_by_role("row").filter(has_text="output")).to_contain_text("2024-01-28")
    assert [url for url in sent if url.endswith("/upload-chunk")] == []
