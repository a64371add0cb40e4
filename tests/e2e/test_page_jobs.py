"""Jobs and devices, and the account, as people see them; what happens to a job is seen as it happens."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Locator, Page, expect

from examples.client import Client
from examples.server import Server, running
from tests.e2e.browser import PASSWORD, PATIENCE_MS, Visit, Visitor
from tests.e2e.conftest import ADMIN, client_of

JOBS = "/api/v1/training/jobs"
expect.set_options(timeout=PATIENCE_MS)


def submit(client: Client, name: str, workload: str = "toy_learn", **config: Any) -> str:
    body = {"workload": workload, "job_name": name, "config": config}
    return str(client.call("POST", JOBS, json=body)["id"])


def line(page: Page, name: str) -> Locator:
    return page.get_by_role("row").filter(has_text=name)


def choose(page: Page, name: str, action: str) -> None:
    page.get_by_role("button", name=f"What to do with {name}").click()
    page.get_by_role("menuitem", name=action).click()


def visitor(visit: Visit, tokens: dict[str, Any], address: str = "/jobs", **options: Any) -> Visitor:
    found = visit(**options)
    found.sign_in_by(tokens)
    found.page.goto(address)
    return found


def test_a_job_is_seen_as_it_works_and_does_what_it_is_asked(house: Server, visit: Visit) -> None:
    client, tokens = client_of(house)
    submit(client, "Load of tomorrow", epochs=40, hold=8)
    submit(client, "Another one", epochs=3)
    me = visitor(visit, tokens)
    row = line(me.page, "Load of tomorrow")
    expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuenow", re.compile("[1-9]"))
    expect(row).to_contain_text("8 of 40")
    expect(line(me.page, "Another one")).to_contain_text("number 1 in the queue")
    expect(me.page.get_by_label("Devices")).to_contain_text("working")
    me.look("jobs")
    choose(me.page, "Another one", "Pause")
    expect(line(me.page, "Another one")).to_contain_text("Paused")
    choose(me.page, "Another one", "Go on")
    choose(me.page, "Load of tomorrow", "Keep the best and stop")
    expect(row).to_contain_text("ended early by its user")
    expect(line(me.page, "Another one")).to_contain_text("Completed")
    choose(me.page, "Another one", "Delete…")
    me.page.get_by_role("button", name="Delete for good").click()
    expect(line(me.page, "Another one")).to_have_count(0)


@pytest.mark.slow
def test_filters_stand_in_the_address_and_lead_back_after_an_ended_sign_in(
    house: Server, visit: Visit
) -> None:
    client, tokens = client_of(house)
    submit(client, "Right", "toy_count", n=1)
    submit(client, "Wrong", "toy_fail", how="data")
    me = visitor(visit, tokens)
    me.page.get_by_label("Status").select_option("failed")
    expect(line(me.page, "Wrong")).to_contain_text("No window fits")
    expect(line(me.page, "Right")).to_have_count(0)
    ended = {
        **tokens,
        "access_token": "ended",
        "refresh_token": "ended",
        "expires_at": "2020-01-01T00:00:00Z",
    }
    me.page.evaluate("text => localStorage.setItem('trainyard.tokens', text)", json.dumps(ended))
    me.page.wait_for_url(re.compile(r"/sign-in\?to="))
    expect(me.page.get_by_text("Sign in to go on where you were.")).to_be_visible()
    me.page.get_by_label("E-mail").fill(client.call("GET", "/api/auth/me")["user"]["email"])
    me.page.get_by_label("Password").fill(PASSWORD)
    me.page.get_by_role("button", name="Sign in", exact=True).click()
    me.page.wait_for_url("**/jobs?status=failed")
    expect(line(me.page, "Wrong")).to_be_visible()
    me.page.get_by_label("Status").select_option("cancelled")
    me.page.get_by_role("button", name="Clear the filters").click()
    expect(line(me.page, "Right")).to_be_visible()


@pytest.mark.slow
def test_an_admin_sees_and_stops_the_jobs_of_everybody(house: Server, visit: Visit) -> None:
    client, tokens = client_of(house)
    job = submit(client, "Too long", epochs=50, hold=2)
    _, admin = client_of(house, ADMIN)
    boss = visitor(visit, admin, language="de")
    expect(boss.page.get_by_role("heading", name="Noch keine Jobs")).to_be_visible()
    boss.page.get_by_label("Wessen").select_option("all")
    row = line(boss.page, "Too long")
    expect(row).to_contain_text(client.call("GET", "/api/auth/me")["user"]["email"])
    boss.look("jobs-admin")
    boss.page.get_by_role("button", name="Was mit Too long geschehen soll").click()
    boss.page.get_by_role("menuitem", name="Abbrechen").click()
    expect(row).to_contain_text("Abgebrochen")
    assert client.call("GET", f"{JOBS}/{job}")["job"]["status"] == "cancelled"
    me = visitor(visit, tokens, "/jobs?owner=all")
    expect(me.page.get_by_role("alert")).to_contain_text("not allowed")
    me.page.get_by_role("button", name="Clear the filters").click()
    expect(line(me.page, "Too long")).to_be_visible()


def keys_until_refused(client: Client) -> int:
    """As many API keys as the plan allows, and the refusal of one more."""
    session_id = client.call("POST", "/api/v1/sessions", json={"name": "Keys"})["session"]["id"]
    for made in range(1000):
        body = {"session_id": session_id, "name": f"Key {made}", "scopes": ["read"]}
        answer = client.http.post(f"{client.url}/api/v1/api-keys", json=body)
        if answer.status_code != 201:
            assert answer.json()["code"] == "API_KEY_LIMIT_EXCEEDED", answer.text
            return made
    raise AssertionError("there is no limit")


def test_the_account_shows_the_plan_and_what_is_used_and_signs_out(house: Server, visit: Visit) -> None:
    client, tokens = client_of(house)
    submit(client, "One", "toy_count", n=1)
    me = visitor(visit, tokens, "/account")
    expect(me.page.get_by_role("heading", name="Plan: Standard")).to_be_visible()
    limit = client.call("GET", "/api/auth/me")["usage"]["training"]["limit"]
    expect(me.page.get_by_role("meter", name="Trainings")).to_have_attribute("aria-valuenow", "1")
    expect(me.page.get_by_text(f"1 of {limit}")).to_be_visible()
    expect(me.page.get_by_role("heading", name="Limits reached lately")).to_have_count(0)
    keys = keys_until_refused(client)
    me.page.reload()
    reached = me.page.locator("section", has=me.page.get_by_role("heading", name="Limits reached lately"))
    expect(reached.get_by_role("listitem")).to_contain_text([f"API keys: {keys} of {keys}"])
    me.look("account")
    me.page.get_by_role("button", name="Account").click()
    expect(me.page.get_by_text(f"Trainings: 1 of {limit}")).to_be_visible()
    me.page.keyboard.press("Escape")
    me.page.get_by_role("main").get_by_role("button", name="Sign out", exact=True).click()
    me.page.wait_for_url("**/sign-in")
    me.page.goto("/account")
    me.page.wait_for_url(re.compile("/sign-in.to=%2Faccount"))


@pytest.mark.slow
def test_two_browsers_on_one_job_recover_by_themselves_when_the_server_is_killed(
    tmp_path: Path, visit: Visit
) -> None:
    """The worker dies with its server; the next one goes on with the job, and both see it to its end."""
    more = {"TRAINYARD_EXTRA_WORKLOADS": "tests.toy_workloads", "TRAINYARD_CHECKPOINT_SECONDS": "0"}
    more["TRAINYARD_LEASE_SECONDS"] = "2"
    with running(tmp_path / "data", TRAINYARD_WORKERS="1", **more) as server:
        client, tokens = client_of(server)
        job = submit(client, "Long one", epochs=60, pause=0.1)
        watchers = [visitor(visit, tokens, server=server, language=language) for language in ("en", "de")]
        for each in watchers:
            bar = line(each.page, "Long one").get_by_role("progressbar")
            expect(bar).to_have_attribute("aria-valuenow", re.compile("[1-9]"))
        server.kill()
        for each, words in zip(watchers, ("cannot be reached", "nicht erreichbar"), strict=True):
            expect(each.page.get_by_role("alert").filter(has_text=words)).to_be_visible()
        server.start()
        for each, words in zip(watchers, ("Completed", "Abgeschlossen"), strict=True):
            row = line(each.page, "Long one")
            expect(row).to_contain_text(words, timeout=2 * PATIENCE_MS)
            expect(row.get_by_role("progressbar")).to_have_attribute("aria-valuenow", "100")
            expect(each.page.get_by_role("alert").filter(has_text="reach")).to_have_count(0)
        found = client.call("GET", f"{JOBS}/{job}")["job"]
        assert (found["status"], found["attempt"]) == ("completed", 2)
