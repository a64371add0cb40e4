"""Worlds for the tests of the API: one signed-in user with the rows and blobs behind the routes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from api.context import KEY
from app import create_app
from services.accounts import Tokens
from services.wiring import Services
from tests.api.caller import Caller
from tests.api.world import World
from tests.conftest import PASSWORD, make_settings


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, migrated: Path) -> Iterator[World]:
    """Shared by the tests of a module, each in sessions of its own; requests wait for small jobs as long
    as a stand-in for a worker may need."""
    folder = tmp_path_factory.mktemp("world") / "data"
    folder.mkdir()
    shutil.copy(migrated, folder / "trainyard.db")
    app = create_app(make_settings(folder, TRAINYARD_INTERACTIVE_WAIT_SECONDS="20"))
    services: Services = app.extensions[KEY]
    yield _world(app, services.accounts.sign_up("world@example.org", PASSWORD))
    services.runner.stop()
    services.database.close()


@pytest.fixture
def impatient(app: Flask, user: Tokens) -> World:
    """The wait for small jobs is over before they can be done."""
    return _world(app, user)


def _world(app: Flask, tokens: Tokens) -> World:
    services: Services = app.extensions[KEY]
    caller = Caller(app.test_client(), tokens.access_token)
    return World(caller, services.database, services.blobs, services.bus, tokens.user.id)
