"""Takes the README's pictures of the page, on generated data: `python -m docs.screenshots`."""

from __future__ import annotations

import secrets
import tempfile
from pathlib import Path

from playwright.sync_api import Page

from examples.client import Client
from examples.demo import configure, upload_sample
from examples.server import running
from tests.e2e.browser import PASSWORD, Visitor, chromium

HERE = Path(__file__).resolve().parent
SIZE = {"width": 1280, "height": 900}
MODELS = (
    {"MODE": "AUTO"},
    {"MODE": "LIN"},
    {"MODE": "LGBMR", "N_ESTIMATORS": 60},
    {"MODE": "Dense", "LAY": 2, "N": 64, "EP": 8, "ACTF": "relu"},
)
LONG = {"MODE": "Dense", "LAY": 2, "N": 128, "EP": 200, "PATIENCE": 200}


def main() -> None:
    with (
        tempfile.TemporaryDirectory(prefix="trainyard-pictures-") as folder,
        running(Path(folder) / "data") as server,
        chromium() as browser,
    ):
        client = Client(server.url)
        email = f"{secrets.token_hex(4)}@example.org"
        client.sign_up(email, PASSWORD)
        session_id = client.call("POST", "/api/v1/sessions", json={"name": "Load of tomorrow"})["session"][
            "id"
        ]
        _output, step = upload_sample(client, session_id, Path(folder) / "sample")
        configure(client, session_id, step)
        client.call("POST", f"/api/training/generate-datasets/{session_id}", json={})
        for model in MODELS:
            client.train_and_watch(session_id, {"model_parameters": model}, lambda _percent, _message: None)
        visitor = Visitor(browser, server)
        visitor.sign_in_by(
            client.call("POST", "/api/auth/sign-in", json={"email": email, "password": PASSWORD})
        )
        page = visitor.page
        page.set_viewport_size(SIZE)  # type: ignore[arg-type]
        picture(page, f"/sessions/{session_id}/windows", "section.card svg", "page-windows")
        picture(page, f"/sessions/{session_id}/results", ".heat-map", "page-results")
        client.call("POST", f"/api/training/train-models/{session_id}", json={"model_parameters": LONG})
        visitor.wear("dark")
        page.evaluate("() => localStorage.setItem('trainyard.theme', 'dark')")
        picture(page, f"/sessions/{session_id}/live", "text=/Epoch (2[0-9]|[3-9][0-9]) of 200/", "page-live")
        visitor.close()


def picture(page: Page, path: str, there: str, name: str) -> None:
    """Of what is seen first, as soon as `there` is."""
    page.goto(path)
    page.locator(there).first.wait_for(timeout=120_000)
    page.wait_for_load_state("networkidle")
    page.screenshot(path=HERE / f"{name}.png")


if __name__ == "__main__":
    main()
