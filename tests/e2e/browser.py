"""A real Chromium on a real server: pages that fail a test when the page throws or the server answers 500."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from examples.server import ROOT, Server

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = (
    "--no-sandbox",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--disable-gpu",
)
PAGE = ROOT / "web/dist/index.html"
# Screenshots are for people: `SCREENSHOTS=folder make test` keeps them.
SCREENSHOTS = os.environ.get("SCREENSHOTS")
PASSWORD = "correct horse battery"
PATIENCE_MS = 30_000
DESKTOP, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
# What a browser itself writes to the console when an answer is no 2xx; the page shows the refusal.
REFUSALS = re.compile(r"Failed to load resource: the server responded with a status of 4\d\d")

expect.set_options(timeout=PATIENCE_MS)


def require_browser() -> None:
    """Skips where there is no browser or no built page; in CI both must be there."""
    for missing in (
        "no chromium: install the Debian package chromium" if CHROMIUM is None else "",
        "" if PAGE.is_file() else "the page is not built: make build",
    ):
        if missing and os.environ.get("CI") == "true":
            pytest.fail(missing)
        if missing:
            pytest.skip(missing)


@contextmanager
def chromium() -> Iterator[Browser]:
    require_browser()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            browser.close()


class Visitor:
    """One person at one browser; `faults` collects what must never happen on any page."""

    def __init__(
        self, browser: Browser, server: Server, *, language: str = "en", theme: str = "light"
    ) -> None:
        self.server = server
        self.theme = theme
        self.faults: list[str] = []
        self.context: BrowserContext = browser.new_context(
            base_url=server.url,
            viewport=DESKTOP,  # type: ignore[arg-type]
            locale="de-AT" if language == "de" else "en-GB",
            timezone_id="Europe/Vienna",
            color_scheme=theme,  # type: ignore[arg-type]
            accept_downloads=True,
        )
        self.context.set_default_timeout(PATIENCE_MS)
        self.page: Page = self.context.new_page()
        self.page.on("pageerror", lambda error: self.faults.append(f"the page threw: {error}"))
        self.page.on("console", self._listen)
        self.page.on("response", self._watch)

    def _listen(self, message: object) -> None:
        kind, text = message.type, message.text  # type: ignore[attr-defined]
        if kind == "error" and not REFUSALS.search(text) and "net::ERR_" not in text:
            self.faults.append(f"console: {text}")

    def _watch(self, response: object) -> None:
        status, url = response.status, response.url  # type: ignore[attr-defined]
        if status >= 500 and status != 503:
            self.faults.append(f"{status} from {url}")
        if not url.startswith((self.server.url, "data:", "blob:")):
            self.faults.append(f"an asset of another host: {url}")

    def sign_up(self, email: str) -> None:
        """Through the form, as a new user does."""
        page = self.page
        page.goto("/sign-in?new")
        page.get_by_label(re.compile("E-?mail", re.I)).fill(email)
        page.get_by_label(re.compile("Password|Passwort")).fill(PASSWORD)
        page.locator("form button[type=submit]").click()
        page.wait_for_url("**/sessions")

    def sign_in_by(self, tokens: dict[str, object]) -> None:
        """With tokens that the API gave; for tests of other things than the form."""
        import json

        self.page.goto("/favicon.svg")
        self.page.evaluate("text => localStorage.setItem('trainyard.tokens', text)", json.dumps(tokens))

    def shot(self, name: str, *, full_page: bool = True) -> None:
        """Screenshots in both themes and at 390 px, where somebody wants to look.

        A view that is wider than the phone is a fault.
        """
        for theme in ("light", "dark"):
            self.wear(theme)
            self._picture(f"{name}-{theme}", full_page)
        self.wear(self.theme)
        self.page.set_viewport_size(PHONE)  # type: ignore[arg-type]
        self.page.wait_for_function("() => document.documentElement.clientWidth === 390")
        self._picture(f"{name}-390", full_page)
        wider = self._wider_than_the_window()
        self.page.set_viewport_size(DESKTOP)  # type: ignore[arg-type]
        if wider > 0:
            self.faults.append(f"{name} is {wider} px wider than a phone of 390 px")

    def _wider_than_the_window(self) -> int:
        """By how many px, once drawn: a chart takes its new size a frame after its surroundings, or later.

        What is still too wide after five seconds stays so.
        """
        return self.page.evaluate("""async () => {
            const end = performance.now() + 5000
            const wider = () => document.documentElement.scrollWidth - window.innerWidth
            while (wider() > 0 && performance.now() < end) await new Promise(requestAnimationFrame)
            return wider()
        }""")

    def wear(self, theme: str) -> None:
        """This theme, now, without a reload."""
        self.page.evaluate("theme => { document.documentElement.dataset.theme = theme }", theme)

    def _picture(self, name: str, full_page: bool) -> None:
        if SCREENSHOTS:
            folder = Path(SCREENSHOTS)
            folder.mkdir(parents=True, exist_ok=True)
            self.page.evaluate("() => window.scrollTo(0, 0)")
            self.page.wait_for_timeout(300)  # transitions; a picture is judged by eye only
            self.page.screenshot(path=folder / f"{name}.png", full_page=full_page)

    def check_access(self, view: str, *, only: str = "") -> None:
        """axe-core: no serious or critical violation (of one rule) in what is shown now."""
        if not self.page.evaluate("() => 'axe' in window"):
            axe = ROOT / "web/node_modules/axe-core/axe.min.js"
            self.page.evaluate(axe.read_text(encoding="utf-8") + "; null")
        found = self.page.evaluate(
            "async only => (await axe.run(document, {resultTypes: ['violations'],"
            " ...(only && {runOnly: [only]})})).violations"
            ".filter(each => ['serious', 'critical'].includes(each.impact))"
            ".map(each => `${each.id}: ${each.nodes.slice(0, 3).map(node => node.html).join(' | ')}`)",
            only,
        )
        self.faults += [f"{view}: {each}" for each in found]

    def look(self, view: str) -> None:
        """What every view must stand: accessibility in both themes, screenshots, the width of a phone."""
        self.wear("light")
        self.check_access(f"{view} (light)")
        self.wear("dark")
        self.check_access(f"{view} (dark)", only="color-contrast")  # nothing else differs
        self.shot(view)

    def close(self) -> None:
        self.context.close()
        assert self.faults == [], self.faults


Visit = Callable[..., Visitor]
