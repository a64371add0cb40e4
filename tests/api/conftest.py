"""Worlds for the tests of the API: one signed-in user with the rows and blobs behind the routes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest
from flask import Flask

from api.context import KEY
from app import create_app
from services.accounts import Tokens
from services.jobs.local import LocalRunner
from services.wiring import Services
from tests.api.caller import Caller
from tests.api.world import World
from tests.conftest import PASSWORD, make_settings


@pytest.fixture(scope="session", autouse=True)
def nothing_is_late() -> Iterator[None]:
    """Requests of the test client come one after the other."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("services.uploads.tus.arrivals.HEAD_START_SECONDS", 0.0)
        yield


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[World]:
    """Shared by the tests of a module, each in sessions of its own; requests wait for small jobs as long
    as a stand-in for a worker may need."""
    folder = tmp_path_factory.mktemp("world") / "data"
    folder.mkdir()
    shutil.copy(migrated, folder / "trainyard.db")
    app = create_app(make_settings(folder, TRAINYARD_INTERACTIVE_WAIT_SECONDS="20"))
    services: Services = app.extensions[KEY]
    yield World.of(app, services.accounts.sign_up("world@example.org", PASSWORD))
    services.runner.stop()
    services.database.close()


@pytest.fixture(scope="session")
def at_work(running: Flask) -> World:
    """A user with a world of an application whose workers work."""
    tokens = running.extensions[KEY].accounts.sign_up(f"user-{uuid4().hex}@example.org", PASSWORD)
    return World.of(running, tokens)


@pytest.fixture
def impatient(app: Flask, user: Tokens) -> World:
    """The wait for small jobs is over before they can be done."""
    return World.of(app, user)


@pytest.fixture(scope="session")
def idle_app(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[Flask]:
    """An application that takes small chunks and does no jobs; every test brings users of its own."""
    folder = tmp_path_factory.mktemp("idle") / "data"
    folder.mkdir()
    shutil.copy(migrated, folder / "trainyard.db")
    wishes = {"TRAINYARD_INTERACTIVE_WAIT_SECONDS": "0.05", "TRAINYARD_CHUNK_MEGABYTES": "1"}
    app = create_app(make_settings(folder, **wishes))
    yield app
    services: Services = app.extensions[KEY]
    services.runner.stop()
    services.database.close()


@pytest.fixture(scope="session")
def caller(idle_app: Flask) -> Caller:
    """One user for all tests that look at sessions of their own only: signing up is slow by design."""
    return _new_user(idle_app)


@pytest.fixture
def newcomer(idle_app: Flask) -> Caller:
    """A user who has no session yet."""
    return _new_user(idle_app)


@pytest.fixture(scope="session")
def other(idle_app: Flask) -> Caller:
    """Signed in as well, and owner of nothing that `caller` has."""
    return _new_user(idle_app)


@pytest.fixture(scope="session")
def working(running: Flask) -> Caller:
    """A user of an application whose workers work."""
    return _new_user(running)


@pytest.fixture
def working_dir(running: Flask) -> Path:
    services: Services = running.extensions[KEY]
    return services.settings.data_dir


@pytest.fixture(scope="session")
def toy_app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with toy workloads and a worker."""
    folder = tmp_path_factory.mktemp("jobs") / "data"
    settings = make_settings(folder, TRAINYARD_WORKERS="1", TRAINYARD_EXTRA_WORKLOADS="tests.toy_workloads")
    app = create_app(settings)
    services: Services = app.extensions[KEY]
    assert isinstance(services.runner, LocalRunner)
    services.runner.start_workers()
    yield app
    services.runner.stop()
    services.database.close()


def _new_user(app: Flask) -> Caller:
    services: Services = app.extensions[KEY]
    tokens = services.accounts.sign_up(f"user-{uuid4().hex}@example.org", PASSWORD)
    return Caller(app.test_client(), tokens.access_token)
