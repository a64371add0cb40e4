"""The list of sessions as a person uses it: made, found, renamed, copied, deleted and brought back."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from examples.server import Server
from tests.e2e.browser import Visit
from tests.e2e.conftest import client_of


def named(page: Page, name: str) -> Locator:
    return page.get_by_role("listitem").filter(has=page.get_by_role("link", name=name, exact=True))


def test_a_session_is_made_renamed_copied_deleted_and_brought_back(visit: Visit, house: Server) -> None:
    client, tokens = client_of(house)
    visitor = visit()
    visitor.sign_in_by(tokens)
    page = visitor.page
    page.goto("/sessions")
    expect(page.get_by_role("heading", name="Your first session")).to_be_visible()
    visitor.look("sessions-empty")
    for name in ("Load of Graz", "Heat of Linz"):
        client.call("POST", "/api/v1/sessions", json={"name": name, "tags": ["winter"]})
    page.reload()
    line = named(page, "Load of Graz")
    line.get_by_role("button", name="Rename Load of Graz").click()
    page.get_by_role("textbox", name="Rename Load of Graz").fill("Grid load of Graz")
    page.keyboard.press("Enter")
    expect(named(page, "Grid load of Graz")).to_be_visible()
    page.get_by_role("button", name="More about Grid load of Graz").click()
    page.get_by_role("menuitem", name="Tags…").click()
    page.get_by_role("textbox", name="Tags of Grid load of Graz").fill("winter, grid")
    page.get_by_role("button", name="Save").click()
    expect(named(page, "Grid load of Graz").get_by_role("button", name="grid", exact=True)).to_be_visible()
    page.get_by_role("button", name="More about Grid load of Graz").click()
    page.get_by_role("menuitem", name="Duplicate").click()
    expect(named(page, "Grid load of Graz (2)")).to_be_visible()
    page.get_by_role("searchbox").fill("linz")
    expect(named(page, "Heat of Linz")).to_be_visible()
    expect(page.get_by_text("1 found")).to_be_visible()
    expect(named(page, "Grid load of Graz")).to_have_count(0)
    page.get_by_role("searchbox").fill("")
    page.get_by_role("combobox", name="Tag").select_option("grid")
    expect(page.get_by_text("2 found")).to_be_visible()
    page.get_by_role("combobox", name="Tag").select_option("")
    page.get_by_role("button", name="More about Grid load of Graz (2)").click()
    page.get_by_role("menuitem", name="Delete").click()
    expect(named(page, "Grid load of Graz (2)")).to_have_count(0)
    page.get_by_role("button", name="Undo").click()
    expect(named(page, "Grid load of Graz (2)")).to_be_visible()
    page.get_by_role("button", name="More about Heat of Linz").click()
    page.get_by_role("menuitem", name="Delete").click()
    page.get_by_role("checkbox", name="Deleted").check()
    page.get_by_role("button", name="Restore").click()
    expect(page.get_by_role("heading", name="Nothing was deleted lately")).to_be_visible()
    page.get_by_role("checkbox", name="Deleted").uncheck()
    for name in ("Heat of Linz", "Grid load of Graz"):
        page.get_by_role("checkbox", name=f"Select {name}", exact=True).check()
    visitor.look("sessions")
    page.get_by_role("link", name="Compare").click()
    page.wait_for_url("**/compare?*")
    expect(page.get_by_text("No training of this session has been completed yet.")).to_have_count(2)
    visitor.look("compare-empty")


@pytest.mark.slow
def test_hundreds_are_scrolled_through_to_the_last(visit: Visit, house: Server) -> None:
    """A row exists only while it is in sight."""
    client, tokens = client_of(house)
    for number in range(260):
        client.call("POST", "/api/v1/sessions", json={"name": f"Session {number:03}"})
    visitor = visit(language="de")
    visitor.sign_in_by(tokens)
    page = visitor.page
    page.goto("/sessions?order=name")
    expect(page.get_by_text("260 insgesamt")).to_be_visible()
    expect(named(page, "Session 000")).to_be_visible()
    for _ in range(40):
        page.mouse.wheel(0, 4000)
        if named(page, "Session 259").count():
            break
        page.wait_for_timeout(50)
    expect(named(page, "Session 259")).to_be_visible()
    assert (
        page.get_by_role("listitem").filter(has=page.get_by_role("link", name=re.compile("^Session"))).count()
        < 80
    )
