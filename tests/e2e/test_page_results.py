"""Results in a browser: ranked with the baselines, from a cell to the worst windows, tables to take home."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from examples.server import Server
from tests.e2e.browser import Visit, Visitor
from tests.e2e.conftest import client_of
from tests.e2e.series import TrainedSession, ready_session, train


@pytest.fixture
def visitor(visit: Visit, trained: TrainedSession) -> Visitor:
    somebody = visit()
    somebody.sign_in_by(trained.tokens)
    return somebody


def test_models_stand_in_one_order_with_the_baselines(visitor: Visitor, trained: TrainedSession) -> None:
    page = visitor.page
    page.goto(f"/sessions/{trained.id}/results")
    first = page.get_by_role("region", name="Ranking").first
    rows = first.get_by_role("row")
    expect(rows).to_have_count(1 + 2 + 4)
    expect(first.get_by_role("checkbox", checked=True)).to_have_count(1)
    expect(page.get_by_role("heading", name="Not comparable with the first group")).to_be_visible()
    page.get_by_label("Measure").select_option("skill")
    expect(page.get_by_role("heading", name="Error along the horizon: Skill, Load")).to_be_visible()
    first.get_by_role("checkbox", checked=False).first.click()
    expect(first.get_by_role("checkbox", checked=True)).to_have_count(2)
    page.reload()
    expect(first.get_by_role("checkbox", checked=True)).to_have_count(2)
    visitor.look("results")


def test_a_cell_leads_to_the_worst_windows_and_these_to_their_pictures(
    visitor: Visitor, trained: TrainedSession
) -> None:
    page = visitor.page
    page.goto(f"/sessions/{trained.id}/results?show=tables")
    page.get_by_role("gridcell").get_by_role("button", name=re.compile("^LIN, 5 h ahead: MAE")).click()
    expect(page.get_by_role("heading", name="Worst windows of LIN")).to_be_in_viewport()
    worst = page.locator(".worst button").first
    worst.click()
    shown = page.locator(".slider output strong")
    expect(shown).to_have_text(worst.locator("span").first.inner_text())
    expect(page.get_by_role("img", name=re.compile("Forecast and truth: Load"))).to_be_visible()
    slider = page.get_by_role("slider", name="Reference time")
    before = int(slider.input_value())
    slider.press("ArrowLeft")
    expect(slider).to_have_value(str(before - 1))
    expect(page).to_have_url(re.compile(f"origin={before - 1}"))


@pytest.mark.slow
def test_every_face_of_the_errors_is_drawn(visitor: Visitor, trained: TrainedSession) -> None:
    page = visitor.page
    page.goto(f"/sessions/{trained.id}/results")
    for tab, heading in (
        ("When it errs", "By more than chance?"),
        ("Residuals", "Autocorrelation"),
        ("What it rests on", "Along the horizon"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_role("heading", name=heading, exact=True)).to_be_visible()
        visitor.look(f"results-{tab.split()[0].lower()}")


@pytest.mark.slow
def test_tables_are_sorted_and_taken_home(visitor: Visitor, trained: TrainedSession, tmp_path: Path) -> None:
    page = visitor.page
    page.goto(f"/sessions/{trained.id}/results?show=tables")
    table = page.get_by_role("region", name="Tables")
    deltas = table.locator("tbody td:first-child")
    expect(deltas.first).to_have_text("60")
    table.get_by_role("button", name="MAE", exact=True).click()
    expect(table.get_by_role("columnheader", name="MAE", exact=True)).to_have_attribute(
        "aria-sort", "ascending"
    )
    errors = [float(text) for text in table.locator("tbody td:nth-child(2)").all_inner_texts()]
    assert errors == sorted(errors) and len(errors) == 12
    with page.expect_download() as taken:
        page.get_by_role("button", name="XLSX").click()
    assert taken.value.suggested_filename.endswith(".xlsx")
    assert Path(taken.value.path()).read_bytes().startswith(b"PK")
    page.get_by_role("button", name="CSV").click()
    with page.expect_download() as taken:
        page.get_by_role("menuitem", name="CSV with decimal comma").click()
    assert "output;delta [min];MAE" in Path(taken.value.path()).read_text(encoding="utf-8-sig")
    visitor.look("results-tables")


@pytest.mark.slow
def test_two_trained_sessions_stand_beside_each_other(
    visitor: Visitor, trained: TrainedSession, tmp_path: Path
) -> None:
    """The other one has less data: its own numbers, its own best baseline."""
    other = ready_session(trained.client, tmp_path, days=45)
    train(trained.client, other, {"model_parameters": {"MODE": "LIN"}})
    boards = [
        trained.client.call("GET", f"/api/v1/sessions/{each}/leaderboard")["groups"][0]
        for each in (trained.id, other)
    ]
    page = visitor.page
    page.goto(f"/compare?session={trained.id}&session={other}")
    for place, group in enumerate(boards):
        table = page.get_by_role("table").nth(place)
        expect(table).to_contain_text(f"{group['test_samples']['count']:,}")
        best = next(row for row in group["rows"] if row["kind"] == "model")
        shown = table.get_by_role("row", name=re.compile(f"^{best['mode']} Load")).first
        error = float(shown.get_by_role("cell").nth(2).inner_text())
        assert error == pytest.approx(best["outputs"]["Load"]["MAE"], rel=1e-2)
        expect(table.locator(".chip")).to_have_count(1)
    expect(page.get_by_role("figure", name=re.compile("^Skill of the best model"))).to_contain_text("LIN")
    visitor.look("compare")


@pytest.mark.slow
def test_a_session_without_a_training_leads_to_one(visit: Visit, house: Server) -> None:
    client, tokens = client_of(house)
    somebody = visit(language="de")
    somebody.sign_in_by(tokens)
    answer = client.call("POST", "/api/training/create-database-session", json={"sessionName": "Leer"})
    somebody.page.goto(f"/sessions/{answer['sessionUuid']}/results")
    expect(somebody.page.get_by_role("heading", name="Noch ist kein Training abgeschlossen")).to_be_visible()
    link = somebody.page.get_by_role("link", name="Modelle trainieren")
    expect(link).to_have_attribute("href", f"/sessions/{answer['sessionUuid']}/train")
    somebody.look("results-empty")
