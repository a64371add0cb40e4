"""The way in: a new account, wrong input told beside its field, and back to where one wanted to go."""

from __future__ import annotations

import re
import secrets

import pytest
from playwright.sync_api import expect

from examples.server import Server
from tests.e2e.browser import PASSWORD, Visit
from tests.e2e.conftest import client_of


def test_a_wrong_password_is_told_in_the_servers_words(visit: Visit) -> None:
    somebody = visit()
    somebody.page.goto("/sign-in")
    somebody.page.get_by_label("E-mail").fill("nobody@example.org")
    somebody.page.get_by_label("Password").fill(PASSWORD)
    somebody.page.get_by_role("button", name="Sign in", exact=True).click()
    expect(somebody.page.get_by_role("alert")).to_contain_text("password")
    somebody.look("sign-in")


def test_what_is_wrong_with_a_new_account_stands_beside_its_field(visit: Visit) -> None:
    somebody = visit(language="de")
    somebody.page.goto("/sign-in?new")
    somebody.page.get_by_label("E-Mail").fill(f"{secrets.token_hex(4)}@example.org")
    somebody.page.get_by_label("Passwort").fill("short")
    somebody.page.get_by_role("button", name="Konto anlegen", exact=True).click()
    field = somebody.page.get_by_label("Passwort")
    expect(field).to_have_attribute("aria-invalid", "true")
    expect(field).to_have_accessible_description(re.compile("10"))


@pytest.mark.slow
def test_whoever_must_sign_in_first_comes_to_where_they_wanted_to_go(visit: Visit) -> None:
    somebody = visit()
    somebody.page.goto("/sign-in?new")
    address = f"{secrets.token_hex(4)}@example.org"
    somebody.sign_up(address)
    somebody.page.evaluate("() => localStorage.removeItem('trainyard.tokens')")
    somebody.page.goto("/sessions/00000000-0000-4000-8000-000000000000")
    somebody.page.wait_for_url(re.compile("/sign-in.to="))
    somebody.page.get_by_label("E-mail").fill(address)
    somebody.page.get_by_label("Password").fill(PASSWORD)
    somebody.page.get_by_role("button", name="Sign in", exact=True).click()
    somebody.page.wait_for_url("**/sessions/00000000-0000-4000-8000-000000000000")
    expect(somebody.page.get_by_role("alert")).to_contain_text("There is nothing here")


@pytest.mark.slow
def test_sign_ins_are_seen_and_ended_and_the_password_changed(visit: Visit, house: Server) -> None:
    email = f"{secrets.token_hex(6)}@example.org"
    client, tokens = client_of(house, email)
    elsewhere = client.call("POST", "/api/auth/sign-in", json={"email": email, "password": PASSWORD})
    visitor = visit()
    visitor.sign_in_by(tokens)
    page = visitor.page
    page.goto("/account")
    rows = page.locator(".account-list li")
    expect(rows).to_have_count(2)
    visitor.look("account-list")
    rows.get_by_role("button", name="End").click()
    expect(rows).to_have_count(1)
    refused = client.http.get(
        f"{house.url}/api/auth/me", headers={"Authorization": f"Bearer {elsewhere['access_token']}"}
    )
    assert refused.json()["code"] == "SIGNED_OUT"
    page.get_by_label("Current password").fill("not the right one")
    page.get_by_label("New password").fill("four plain words together")
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("current_password is wrong")).to_be_visible()
    page.get_by_label("Current password").fill(PASSWORD)
    page.get_by_role("button", name="Change password").click()
    expect(page.get_by_text("Password changed.")).to_be_visible()


@pytest.mark.slow
def test_a_page_that_listens_asks_to_sign_in_when_its_sign_in_is_ended_elsewhere(
    visit: Visit, house: Server
) -> None:
    """Nothing is clicked: the socket says that access has ended, and the page believes it."""
    email = f"{secrets.token_hex(6)}@example.org"
    client, _ = client_of(house, email)
    tokens = client.call("POST", "/api/auth/sign-in", json={"email": email, "password": PASSWORD})
    job = client.call("POST", "/api/v1/training/jobs", json={"workload": "toy_hang", "config": {}})["id"]
    path = f"/api/v1/training/jobs/{job}"
    visitor = visit()
    visitor.sign_in_by(tokens)
    frames: list[str] = []
    visitor.page.on("websocket", lambda line: line.on("framereceived", lambda said: frames.append(str(said))))
    visitor.page.goto("/jobs")

    def heard(word: str) -> bool:
        visitor.page.wait_for_timeout(50)
        return any(word in frame for frame in frames)

    for number in range(100):  # until the page listens
        if heard("job.event"):
            break
        client.call("PATCH", path, json={"name": f"Name {number}"})
    sign_ins = client.call("GET", "/api/auth/sign-ins")["sign_ins"]
    (pages,) = [each["id"] for each in sign_ins if not each["current"]]
    visitor.page.route("**/api/v1/**", lambda request: request.abort())  # no question asked tells it
    client.call("DELETE", f"/api/auth/sign-ins/{pages}")
    visitor.page.wait_for_url(re.compile("/sign-in"))
    assert heard("access_ended"), frames
    assert visitor.page.evaluate("() => localStorage.getItem('trainyard.tokens')") is None
    client.call("POST", f"{path}/cancel")
