"""What the end-to-end tests share: the reference data, a house with a worker, and a trained session in it."""

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
from tests.e2e.browser import PASSWORD, Visit, Visitor, chromium
from tests.e2e.series import TrainedSession, complete_session, train

ADMIN = "boss@example.org"


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


def client_of(house: Server, email: str | None = None) -> tuple[Client, dict[str, Any]]:
    """A new user, with the tokens for a browser."""
    client = Client(house.url)
    body = {"email": email or f"{secrets.token_hex(6)}@example.org", "password": PASSWORD}
    tokens = client.call("POST", "/api/auth/sign-up", json=body)
    client.token = tokens["access_token"]
    client.http.headers["Authorization"] = f"Bearer {client.token}"
    return client, tokens


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """Of one file: while Playwright runs, nothing else in this process could run an event loop."""
    with chromium() as browser:
        yield browser


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """The server of all pages, with one worker, toys to work on and an admin.

    To start it and its worker takes longer than most tests of a page; so a test keeps apart from the others
    by a user of its own.
    """
    more = {"TRAINYARD_EXTRA_WORKLOADS": "tests.toy_workloads", "TRAINYARD_ADMINS": ADMIN}
    with running(tmp_path_factory.mktemp("house") / "data", TRAINYARD_WORKERS="1", **more) as server:
        yield server


@pytest.fixture(scope="session")
def trained(house: Server, tmp_path_factory: pytest.TempPathFactory) -> TrainedSession:
    """A session to look at, with three trainings; who changes its settings or files takes a copy.

    The first is judged on other test windows than the two that follow.
    """
    client, tokens = client_of(house)
    session_id = complete_session(client, tmp_path_factory.mktemp("trained"))
    other = {"trainPercentage": 60, "validationPercentage": 20, "testPercentage": 20, "shuffle": False}
    jobs = [
        train(client, session_id, {"model_parameters": parameters, **more})
        for parameters, more in (
            ({"MODE": "LIN"}, {"training_split": other}),
            ({"MODE": "RIDGE", "ALPHA": 5.0}, {}),
            ({"MODE": "LIN"}, {}),
        )
    ]
    return TrainedSession(client, tokens, session_id, jobs)


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
