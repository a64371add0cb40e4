"""What the end-to-end tests share: the reference data, where it is, and a signed-in client."""

from __future__ import annotations

import os
import secrets
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from examples.client import Client
from examples.server import ROOT, Server, running
from tests.e2e.browser import Visit, Visitor, chromium


@pytest.fixture(scope="session")
def data_sets() -> Path:
    """The folder of measured series; not part of the project."""
    folder = Path(os.environ.get("DATA_SETS_DIR", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no measured series in {folder}: set DATA_SETS_DIR")
    return folder


def signed_in(server: Server) -> Client:
    client = Client(server.url)
    client.sign_up(f"user-{secrets.token_hex(6)}@example.org", secrets.token_urlsafe(16))
    return client


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """A server for the pages of one file of tests, with one worker."""
    with running(tmp_path_factory.mktemp("house") / "data", TRAINYARD_WORKERS="1") as server:
        yield server


@pytest.fixture
def visit(browser: Browser, house: Server) -> Iterator[Visit]:
    """Opens browsers of different people on the house's server; their faults fail the test."""
    visitors: list[Visitor] = []

    def open_one(**options: Any) -> Visitor:
        visitors.append(Visitor(browser, options.pop("server", house), **options))
        return visitors[-1]

    yield open_one
    for visitor in visitors:
        visitor.close()
