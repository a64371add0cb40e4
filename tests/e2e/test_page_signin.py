"""The way in: a new account, wrong input told beside its field, and back to where one wanted to go."""

from __future__ import annotations

import re
import secrets

from playwright.sync_api import expect

from tests.e2e.browser import PASSWORD, Visit


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
