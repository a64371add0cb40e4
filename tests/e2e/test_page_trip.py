"""The whole way as a new user goes it: from two CSV files to a forecast and a model, by the page alone."""

from __future__ import annotations

import csv
import math
import os
import re
import secrets
import zipfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from playwright.sync_api import Locator, Page, expect

from examples.server import ROOT
from tests.e2e.browser import Visit

HALF_HOURS = 48 * 120


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The newest part of the measured demand of Victoria; a series of the same form where it is not there."""
    path = tmp_path_factory.mktemp("trip") / "vic_electricity.csv"
    source = Path(os.environ.get("DATA_SETS_DIR", ROOT.parent / "shared" / "data")) / path.name
    if source.is_file():
        lines = source.read_text().splitlines()
        path.write_text("\n".join([lines[0], *lines[-HALF_HOURS:]]))
        return path
    begin = datetime(2014, 9, 1, tzinfo=UTC)
    with path.open("w", newline="") as file:
        rows = csv.writer(file)
        rows.writerow(["Time", "Demand", "Temperature", "Date", "Holiday"])
        for step in range(HALF_HOURS):
            time = begin + timedelta(minutes=30 * step)
            day = math.sin(step / 48 * math.tau)
            warm = 15 + 6 * day + 4 * math.sin(step / 48 / 30)
            load = (
                4500 + 700 * day + 300 * math.sin(step / 48 / 7 * math.tau) + 40 * abs(warm - 18) + step % 31
            )
            rows.writerow(
                [f"{time:%Y-%m-%dT%H:%M:%SZ}", f"{load:.3f}", f"{warm:.2f}", f"{time:%Y-%m-%d}", "FALSE"]
            )
    return path


@pytest.fixture(scope="module")
def german(measured: Path) -> Path:
    """The temperature as a German file: latin-1, semicolons, decimal commas, a hole of five hours."""
    path = measured.with_name("außentemperatur.csv")
    rows = list(csv.DictReader(measured.read_text().splitlines()))
    lines = ["Zeitstempel;Außentemperatur [°C]"]
    for row in rows[:2000] + rows[2010:]:
        time = datetime.fromisoformat(row["Time"])
        lines.append(f"{time:%d.%m.%Y %H:%M};{row['Temperature'].replace('.', ',')}")
    path.write_bytes("\r\n".join(lines).encode("latin-1"))
    return path


def station(page: Page, name: str) -> None:
    steps = page.get_by_role("navigation", name="Steps of this session")
    steps.get_by_role("link", name=name, exact=True).click()


def test_from_two_files_to_a_forecast(visit: Visit, measured: Path, german: Path) -> None:
    person = visit()
    page = person.page
    person.sign_up(f"{secrets.token_hex(6)}@example.org")

    page.get_by_role("button", name="New session").first.click()
    page.get_by_role("textbox", name="Name").fill("Demand of Victoria")
    page.keyboard.press("Enter")
    page.wait_for_url(re.compile("/sessions/[0-9a-f-]+/upload"))
    page.locator("input[type=file]").first.set_input_files([measured, german])
    page.get_by_role("combobox", name="Use of Demand").select_option("both")
    page.get_by_role("combobox", name="Use of Temperature").select_option("none")
    page.get_by_role("combobox", name="Use of Außentemperatur").select_option("input")
    for _file in (measured, german):
        page.get_by_role("button", name="Upload", exact=True).first.click()
    expect(page.get_by_role("listitem").filter(has_text="ready")).to_have_count(3)
    person.look("trip-upload")

    station(page, "Data")
    page.get_by_role("combobox", name="File").select_option("Außentemperatur [°C] (input)")
    gap = page.get_by_role("list", name="What looks wrong").get_by_role("listitem").filter(has_text="Gap")
    expect(gap).to_contain_text("10 rows")
    gap.get_by_role("button", name=re.compile("Interpolate")).click()
    expect(page.get_by_role("list", name="Recipe").get_by_role("listitem")).to_have_count(1)
    person.look("trip-data")

    station(page, "Windows")
    page.get_by_label("Input steps").fill("48")
    page.get_by_label("Output steps").fill("48")
    page.get_by_label("Reference times every [min]").fill("60")
    page.get_by_label("Time zone").fill("Australia/Melbourne")
    set_window(page, "Demand", "Input", -23.5, 0)
    set_window(page, "Demand", "Output", 0.5, 24)
    set_window(page, "Außentemperatur [°C]", "Input", 0.5, 24)
    page.get_by_role("checkbox", name="Day", exact=True).check()
    expect(page.get_by_text("No reference time is left out.")).to_be_visible()
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_text("Everything is saved.")).to_be_visible()
    person.look("trip-windows")

    station(page, "Datasets")
    page.get_by_role("button", name="Build now").click()
    expect(page.get_by_text("samples were built")).to_be_visible()
    page.get_by_role("tab", name="By hour").click()
    expect(page.get_by_role("img", name="Distribution of Demand").first).to_be_visible()
    person.look("trip-datasets")

    station(page, "Train")
    page.get_by_role("button", name=re.compile("^LIN")).click()
    page.get_by_role("button", name=re.compile("^Dense")).click()
    page.get_by_role("button", name=re.compile("^AUTO")).click()  # chosen at first
    page.get_by_role("tab", name="Dense").click()
    page.get_by_label("Epochs at most").fill("2000")
    page.get_by_label("Patience").fill("2000")
    page.get_by_role("button", name="Start 2 jobs").click()
    page.wait_for_url("**/live")
    network = panel(page, "Dense")
    expect(network.get_by_role("img", name="Loss")).to_be_visible()
    page.reload()
    expect(network.get_by_role("img", name="Loss")).to_be_visible()
    person.look("trip-live")
    network.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(network.get_by_text("Cancelled", exact=True)).to_be_visible()
    exact = page.locator(".job-panel, main li").filter(has_text="LIN").filter(has_text="Completed")
    expect(exact.first).to_be_visible()  # among the earlier ones where it ended before the reload

    station(page, "Results")
    expect(page.get_by_role("heading", name="Error along the horizon: MAE, Demand")).to_be_visible()
    page.get_by_role("gridcell").get_by_role("button", name=re.compile("^LIN, 12 h ahead: MAE")).click()
    expect(page.get_by_role("heading", name="Worst windows of LIN")).to_be_in_viewport()
    person.look("trip-results")

    station(page, "Models")
    page.get_by_role("button", name="Make it the champion").click()
    page.get_by_role("dialog").get_by_role("button", name="Make it the champion").click()
    expect(page.get_by_role("row", name=re.compile("Champion"))).to_contain_text("LIN")
    with page.expect_download() as archive:
        page.get_by_role("button", name=re.compile("^Archive")).click()
    with zipfile.ZipFile(archive.value.path()) as files:
        assert "predict.py" in files.namelist()
    person.look("trip-models")

    station(page, "Predict")
    page.get_by_role("button", name="Hold the last").click()
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_role("img", name="Forecast of Demand")).to_be_visible()
    person.look("trip-predict")


def panel(page: Page, name: str) -> Locator:
    return page.locator(".job-panel").filter(has=page.get_by_text(name, exact=True))


def set_window(page: Page, name: str, role: str, start: float, end: float) -> None:
    cards = page.locator("section.card").filter(has=page.get_by_role("heading", name=name, exact=True))
    card = cards.filter(has=page.locator(f"option:checked:has-text('{role}')"))
    card.get_by_label("From [h]").fill(str(start))
    card.get_by_label("To [h]").fill(str(end))
