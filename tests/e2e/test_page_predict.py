"""Predictions on the page: what is missing is asked for, and the forecast is the server's."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from examples.server import Server
from tests.e2e.browser import Visit
from tests.e2e.conftest import client_of
from tests.e2e.series import TrainedSession


def test_what_lies_ahead_is_asked_for_and_the_forecast_comes_in_four_forms(
    visit: Visit, trained: TrainedSession
) -> None:
    person, client, session_id, job = visit(), trained.client, trained.id, trained.jobs[1]
    page = person.page
    person.sign_in_by(trained.tokens)
    page.goto(f"/sessions/{session_id}/predict?job={job}")
    expect(page.get_by_label("Model")).to_have_value(job)
    expect(page.get_by_text("Temperature: 24 of 24 missing")).to_be_visible()
    expect(page.get_by_role("button", name="Predict", exact=True)).to_be_disabled()
    person.look("predict-missing")
    page.get_by_text("Paste a table (CSV)").click()
    inputs = client.call("GET", f"/api/v1/sessions/{session_id}/predict/inputs?job_id={job}")
    times = inputs["missing"][0]["times"]
    rows = [f"{time};{80 + place},5" for place, time in enumerate(times[:20])]
    page.get_by_label("Rows of time and values").fill("\n".join(["time;Temperature", *rows]))
    expect(page.get_by_text("Temperature: 4 of 24 missing")).to_be_visible()
    page.get_by_role("button", name="Hold the last").click()
    expect(page.get_by_text("Every missing value has a number now.")).to_be_visible()
    page.get_by_label(re.compile("^Temperature at")).last.fill("77,5")
    page.get_by_role("button", name="Predict", exact=True).click()
    expect(page.get_by_role("img", name="Forecast of Load")).to_be_visible()
    given = {time: 80 + place + 0.5 for place, time in enumerate(times[:20])}
    given |= {**dict.fromkeys(times[20:], 99.5), times[-1]: 77.5}
    body = {"given": {"Temperature": given}, "version": 2}
    expected = client.call("POST", f"/api/v1/sessions/{session_id}/predict", json=body)["outputs"][0]
    page.get_by_role("tab", name="Table").click()
    cells = page.get_by_role("region", name="Table").locator("tbody tr td:nth-child(2)")
    expect(cells).to_have_count(24)
    shown = [float(text.replace(",", "")) for text in cells.all_inner_texts()]
    assert shown == pytest.approx(expected["values"], rel=1e-3)
    with page.expect_download() as table:
        page.get_by_role("button", name="CSV", exact=True).click()
    lines = Path(table.value.path()).read_text().splitlines()
    assert len(lines) == 25 and lines[1].startswith(f"Load,{expected['times'][0]},")
    page.get_by_role("tab", name="JSON").click()
    expect(page.locator("pre")).to_contain_text('"reference_time"')
    page.get_by_role("tab", name="Picture").click()
    person.look("predict")
    page.get_by_label("Model").select_option(trained.jobs[0])
    expect(page.get_by_role("img", name="Forecast of Load")).to_have_count(0)
    expect(page).to_have_url(re.compile(f"job={trained.jobs[0]}"))
    expect(page.get_by_label("Model").locator("option:checked")).to_contain_text("Version 1")


@pytest.mark.slow
def test_before_a_training_the_way_leads_to_one(visit: Visit, house: Server) -> None:
    (client, tokens), person = client_of(house), visit()
    person.sign_in_by(tokens)
    empty = client.call("POST", "/api/training/create-database-session", json={})["sessionUuid"]
    person.page.goto(f"/sessions/{empty}/predict")
    expect(person.page.get_by_role("link", name="Train a model")).to_be_visible()
