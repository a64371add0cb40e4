"""Trainings in the page: a form drawn from the schema, two models at once, watched live over a reload."""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from examples.server import Server, running
from tests.e2e.browser import PATIENCE_MS, Visit, Visitor
from tests.e2e.conftest import client_of
from tests.e2e.series import ready_session


class Somebody:
    """With a session that only needs a training."""

    def __init__(self, house: Server, visit: Visit, folder: Path) -> None:
        self.client, self.tokens = client_of(house)
        self.session = ready_session(self.client, folder)
        self.visitor: Visitor = visit()
        self.visitor.sign_in_by(self.tokens)

    @property
    def page(self) -> Page:
        return self.visitor.page

    def jobs(self) -> list[dict[str, Any]]:
        path = f"/api/v1/training/jobs?session_id={self.session}"
        found = self.client.call("GET", path)["jobs"]
        return [job for job in found if job["workload"] == "forecast"]

    def panel(self, name: str) -> Any:
        return self.page.locator(".job-panel").filter(has=self.page.get_by_text(name, exact=True))


@pytest.fixture
def somebody(house: Server, visit: Visit, tmp_path: Path) -> Somebody:
    return Somebody(house, visit, tmp_path)


@pytest.mark.slow
def test_two_models_are_started_together_watched_over_a_reload_and_one_is_cancelled(
    somebody: Somebody,
) -> None:
    page = somebody.page
    page.goto(f"/sessions/{somebody.session}/train")
    page.get_by_role("button", name="Compare now").click()
    expect(page.get_by_role("rowheader", name="AUTO", exact=True)).to_be_visible()

    page.get_by_role("button", name=re.compile("^NLinear")).click()
    page.get_by_role("button", name=re.compile("^AUTO")).click()  # taken away again
    epochs = page.get_by_label("Epochs at most")
    epochs.fill("0")
    expect(epochs).to_have_accessible_description(re.compile("at least 1"))
    expect(page.get_by_role("button", name="Start the job")).to_be_disabled()
    epochs.fill("2000")
    page.get_by_role("button", name=re.compile("^LIN")).click()
    expect(page.get_by_label("Epochs at most")).to_have_count(0)
    page.get_by_role("tab", name="NLinear").click()
    text = page.get_by_label("As JSON")
    expect(text).to_have_value(re.compile('"EP": 2000'))
    text.fill(text.input_value().replace('"EP": 2000', '"EP": 2000, "PATIENCE": 2000, "BATCH_SIZE": 2'))
    expect(page.get_by_label("Patience")).to_have_value("2000")
    expect(page.get_by_text("The server would accept this")).to_be_visible()
    somebody.visitor.look("train")
    page.get_by_role("button", name="Start 2 jobs").click()

    page.wait_for_url("**/live")
    network, exact = somebody.panel("NLinear"), somebody.panel("LIN")
    expect(network.get_by_text("At work", exact=True)).to_be_visible()
    expect(exact.get_by_text(re.compile("Number 1 in the queue"))).to_be_visible()
    expect(network.get_by_role("img", name="Loss")).to_be_visible()
    expect(network.get_by_text(re.compile("Best simple forecast")).first).to_be_visible()
    first = network.get_by_role("listitem").filter(has_text="to validate")
    said = first.inner_text()
    page.reload()
    expect(network.get_by_role("img", name="Loss")).to_be_visible()
    expect(first).to_have_text(said, use_inner_text=True)
    somebody.visitor.look("live")

    network.get_by_role("button", name="Cancel").click()
    page.get_by_role("button", name="Cancel the job").click()
    expect(network.get_by_text("Cancelled", exact=True)).to_be_visible()
    expect(exact.get_by_text("Completed", exact=True)).to_be_visible()
    expect(exact.get_by_role("img", name="Error by hour of the horizon")).to_be_visible()
    assert {job["job_name"]: job["status"] for job in somebody.jobs()} == {
        "NLinear": "cancelled",
        "LIN": "completed",
    }
    somebody.visitor.look("live-ended")


@pytest.mark.slow
def test_a_lost_connection_leaves_no_hole_and_the_best_can_be_kept(somebody: Somebody) -> None:
    config = {"model_parameters": {"MODE": "Dense", "EP": 2000, "PATIENCE": 2000, "BATCH_SIZE": 2}}
    body = {"workload": "forecast", "session_id": somebody.session, "config": config, "job_name": "Kept"}
    job = somebody.client.call("POST", "/api/v1/training/jobs", json=body)["id"]
    page = somebody.page
    page.goto(f"/sessions/{somebody.session}/live")
    panel = somebody.panel("Kept")
    expect(panel.get_by_role("img", name="Loss")).to_be_visible()
    somebody.visitor.context.set_offline(True)
    expect(panel.get_by_text("The connection is lost", exact=False)).to_be_visible()
    somebody.client.call("POST", f"/api/v1/training/jobs/{job}/pause")
    somebody.visitor.context.set_offline(False)
    expect(panel.get_by_text("Paused", exact=True)).to_be_visible()
    panel.get_by_role("button", name="Resume").click()
    expect(panel.get_by_text("At work", exact=True)).to_be_visible()
    panel.get_by_role("button", name="Keep best and stop").click()
    expect(panel.get_by_text("Completed", exact=True)).to_be_visible()
    expect(panel.get_by_text("Ended early on request")).to_be_visible()
    events = somebody.client.call("GET", f"/api/v1/training/jobs/{job}/events?after_seq=0")["events"]
    told = [event["data"]["message"] for event in events if event["type"] == "log"]
    shown = panel.locator(".job-log li span").all_inner_texts()
    assert shown == told, "every line, in order, once"


@pytest.mark.slow
def test_folds_and_trials_are_dots_as_they_end(somebody: Somebody) -> None:
    start = f"/api/training/{{}}/{somebody.session}"
    client, page = somebody.client, somebody.page
    client.call("POST", start.format("backtest"), json={"model_parameters": {"MODE": "LIN"}})
    body = {"space": {"MODE": ["LIN", "RIDGE"]}, "trials": 2, "allow_parallel": True}
    client.call("POST", start.format("search"), json=body)
    page.goto(f"/sessions/{somebody.session}/live")
    for title, line in (("Folds", "Mean so far"), ("Trials", "Best so far")):
        chart = page.get_by_role("img", name=title)
        expect(chart).to_be_visible()
        expect(page.locator(".job-panel").filter(has=chart)).to_contain_text(line)
    expect(page.get_by_text("Completed", exact=True)).to_have_count(2)
    somebody.visitor.look("live-studies")


@pytest.mark.slow
def test_two_browsers_miss_nothing_when_the_server_is_killed_in_the_middle(
    visit: Visit, tmp_path: Path
) -> None:
    """The worker dies with its server and goes on from a checkpoint; each page tells all that was stored."""
    settings = {"TRAINYARD_WORKERS": "1", "TRAINYARD_CHECKPOINT_SECONDS": "0", "TRAINYARD_LEASE_SECONDS": "2"}
    with running(tmp_path / "data", **settings) as server:
        first = Somebody(server, partial(visit, server=server), tmp_path)
        second = visit(server=server, language="de", theme="dark")
        second.sign_in_by(first.tokens)
        config = {"model_parameters": {"MODE": "NLinear", "EP": 2000, "PATIENCE": 2000, "BATCH_SIZE": 4}}
        body = {"workload": "forecast", "session_id": first.session, "config": config, "job_name": "Long"}
        job = first.client.call("POST", "/api/v1/training/jobs", json=body)["id"]
        pages = (first.page, second.page)
        for page in pages:
            page.goto(f"/sessions/{first.session}/live")
            expect(page.get_by_role("img", name=re.compile("^(Loss|Verlust)"))).to_be_visible()
        server.kill()
        for page in pages:
            expect(page.get_by_role("alert").first).to_be_visible()
        server.start()
        place = f"/api/v1/training/jobs/{job}"
        for page in pages:
            expect(page.get_by_text(re.compile("goes on from its checkpoint")).first).to_be_visible()
        first.page.get_by_role("button", name="Keep best and stop").click()
        for page, word in zip(pages, ("Completed", "Abgeschlossen"), strict=True):
            expect(page.get_by_text(word, exact=True).first).to_be_visible(timeout=2 * PATIENCE_MS)
        events = first.client.call("GET", f"{place}/events")["events"]
        told = [each["data"]["message"] for each in events if each["type"] == "log"]
        assert first.client.call("GET", place)["job"]["attempt"] == 2 and len(told) >= 3
        for page in pages:
            log = page.locator(".job-panel li", has=page.locator("time"))
            expect(log).to_have_count(len(told))
            assert [line.partition(" ")[2] for line in log.all_inner_texts()] == told
