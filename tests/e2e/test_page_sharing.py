"""Sharing and API keys on the page: let somebody in, take a key along, and both gone again."""

from __future__ import annotations

import re
import secrets
from typing import Any

from playwright.sync_api import expect

from examples.client import Client
from examples.server import Server
from tests.e2e.browser import Visit


def somebody(server: Server) -> tuple[Client, dict[str, Any], str]:
    email = f"{secrets.token_hex(5)}@example.org"
    client = Client(server.url)
    about = {"email": email, "password": "correct horse battery"}
    tokens = client.call("POST", "/api/auth/sign-up", json=about)
    client.http.headers["Authorization"] = f"Bearer {tokens['access_token']}"
    return client, tokens, email


def test_a_session_is_shared_and_a_key_is_made_by_the_page(house: Server, visit: Visit) -> None:
    owner, tokens, _ = somebody(house)
    _, guest_tokens, guest_email = somebody(house)
    session = owner.call("POST", "/api/v1/sessions", json={"name": "Grid load"})["session"]["id"]
    me = visit()
    me.sign_in_by(tokens)
    page = me.page
    page.goto(f"/sessions/{session}/upload")
    page.get_by_role("button", name="Share").click()
    page.get_by_label("E-mail address").fill("no-address")
    page.keyboard.press("Enter")
    expect(page.get_by_text("Email is no address")).to_be_visible()
    page.get_by_label("E-mail address").fill(guest_email)
    page.keyboard.press("Enter")
    expect(page.get_by_role("listitem").filter(has_text=guest_email)).to_be_visible()
    me.look("share-dialog")
    page.keyboard.press("Escape")

    page.get_by_role("button", name="API keys").click()
    page.get_by_label("Name of the key").fill("Control room")
    page.get_by_role("button", name="Make key").click()
    key = page.locator(".dialog .code pre", has_text=re.compile("^ty_")).inner_text()
    expect(page.get_by_role("listitem").filter(has_text="Control room")).to_contain_text(key[:10])
    me.look("keys-dialog")
    page.get_by_role("button", name="Delete key Control room").click()
    expect(page.get_by_text("No keys yet.")).to_be_visible()
    page.keyboard.press("Escape")

    guest = visit(language="de")
    guest.sign_in_by(guest_tokens)
    guest.page.goto(f"/sessions/{session}/upload")
    expect(guest.page.get_by_text("darf ansehen")).to_be_visible()
    expect(guest.page.get_by_role("button", name="Teilen")).to_have_count(0)
