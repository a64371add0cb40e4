"""Models in a browser: versions, a promotion with its note, two compared, an origin, files to take home."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from playwright.sync_api import expect

from examples.server import Server
from tests.e2e.browser import Visit
from tests.e2e.conftest import client_of
from tests.e2e.series import TrainedSession


def test_a_version_is_compared_promoted_and_taken_home(visit: Visit, trained: TrainedSession) -> None:
    somebody = visit()
    somebody.sign_in_by(trained.tokens)
    page = somebody.page
    page.goto(f"/sessions/{trained.id}/models")
    versions = page.get_by_role("region", name="Versions")
    expect(versions.get_by_role("radio")).to_have_count(3)
    expect(page.get_by_role("heading", name="Version 3, LIN")).to_be_visible()
    expect(page.get_by_text("No version is the champion yet")).to_be_visible()

    page.get_by_label("Compare with").select_option("2")
    differences = page.get_by_role("region", name="Settings that differ")
    expect(differences.get_by_role("row", name=re.compile("model.MODE"))).to_contain_text("RIDGELIN")
    versions.get_by_role("radio", name="Look at version 1").click()
    expect(page.get_by_role("heading", name="Version 1, LIN")).to_be_visible()
    expect(page.locator(".lineage")).to_contain_text("unchanged since")

    page.get_by_role("button", name="Make it the champion").click()
    page.get_by_label("Note").fill("simple and good")
    page.get_by_role("dialog").get_by_role("button", name="Make it the champion").click()
    expect(page.get_by_text("simple and good")).to_be_visible()
    expect(versions.get_by_role("row", name=re.compile("Champion"))).to_contain_text("LIN")
    page.get_by_role("button", name="ONNX, scalers included").scroll_into_view_if_needed()
    with page.expect_download() as taken:
        page.get_by_role("button", name="ONNX, scalers included").click()
    assert taken.value.suggested_filename.endswith(".onnx")
    assert Path(taken.value.path()).stat().st_size > 1000
    page.get_by_label("Compare with").select_option("2")
    expect(page.get_by_role("heading", name="Version 2 and version 1")).to_be_visible()
    somebody.look("models")


@pytest.mark.slow
def test_a_name_that_cannot_be_is_told_beside_its_field(visit: Visit, trained: TrainedSession) -> None:
    somebody = visit(language="de")
    somebody.sign_in_by(trained.tokens)
    page = somebody.page
    page.goto(f"/sessions/{trained.id}/models")
    page.get_by_role("button", name="Name und Beschreibung").click()
    field = page.get_by_role("dialog").get_by_label("Name")
    field.fill("a/b")
    page.get_by_role("button", name="Speichern").click()
    expect(field).to_have_attribute("aria-invalid", "true")
    field.fill("Last von morgen")
    page.get_by_role("button", name="Speichern").click()
    expect(page.get_by_role("heading", name="Last von morgen")).to_be_visible()


@pytest.mark.slow
def test_a_session_without_a_model_leads_to_a_training(visit: Visit, house: Server) -> None:
    client, tokens = client_of(house)
    somebody = visit()
    somebody.sign_in_by(tokens)
    answer = client.call("POST", "/api/training/create-database-session", json={"sessionName": "Empty"})
    somebody.page.goto(f"/sessions/{answer['sessionUuid']}/models")
    expect(somebody.page.get_by_role("heading", name="There is no model yet")).to_be_visible()
    somebody.look("models-empty")
