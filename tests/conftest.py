"""What most tests need: an application on an empty folder and two users who know nothing of each other."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import pytest
from argon2 import PasswordHasher
from flask import Flask
from flask.testing import FlaskClient

from api.context import KEY
from app import create_app
from examples.server import UNLIMITED, Server
from services.accounts import Tokens, passwords
from services.settings import Settings
from services.storage.database import Database
from services.wiring import Services
from tests.daemons import PostgresServer, RedisServer, missing
from tests.databases import DATABASES, ON_POSTGRES, instead_of_sqlite
from tests.supabase_double.server import SupabaseDouble
from tests.supabase_lite.server import SupabaseLite
from tests.supabase_lite.server import missing as supabase_lite_is_missing

# A thousand tests sign somebody up: what makes guessing slow would take them four minutes.
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
# Most tests train toys: idle workers that load the libraries of real models would be most of the work.
COLD = {"TRAINYARD_WORKERS_START": "cold"}
PASSWORD = "correct horse battery"
# Folders whose files take longest begin, so that no process is left with one of them at the end.
SLOWEST_FIRST = ("e2e", "cluster", "realtime", "workloads", "forecasting", "jobs")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    places = {folder: place for place, folder in enumerate(SLOWEST_FIRST)}
    items.sort(key=lambda item: places.get(item.path.parent.name, len(places)))


def pytest_configure() -> None:
    patch.dict(Server.everywhere, COLD).start()
    patch.object(passwords, "hasher", lambda: CHEAP).start()
    if ON_POSTGRES:
        instead_of_sqlite()


def pytest_unconfigure() -> None:
    DATABASES.stop()


@pytest.fixture(autouse=ON_POSTGRES)
def databases_go_with_their_test(tmp_path: Path) -> Iterator[None]:
    yield
    DATABASES.forget(tmp_path)


def make_settings(data_dir: Path, **environment: str) -> Settings:
    """Settings of an installation in this folder, with no worker unless asked for."""
    return Settings.from_env(
        {"DATA_DIR": str(data_dir), "TRAINYARD_WORKERS": "0", **COLD, **UNLIMITED, **environment}
    )


@pytest.fixture(scope="session")
def migrated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database file with the newest schema, to be copied."""
    path = tmp_path_factory.mktemp("migrated") / "trainyard.db"
    database = Database(f"sqlite:///{path}")
    database.migrate()
    database.close()
    return path


@pytest.fixture
def settings(tmp_path: Path, migrated: Path) -> Settings:
    folder = tmp_path / "data"
    folder.mkdir()
    shutil.copy(migrated, folder / "trainyard.db")
    return make_settings(folder, TRAINYARD_INTERACTIVE_WAIT_SECONDS="0.05")


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    services: Services = app.extensions[KEY]
    services.runner.stop()
    services.database.close()


@pytest.fixture
def services(app: Flask) -> Services:
    found: Services = app.extensions[KEY]
    return found


@pytest.fixture
def user(services: Services) -> Tokens:
    return services.accounts.sign_up("user@example.org", PASSWORD)


@pytest.fixture
def stranger(services: Services) -> Tokens:
    return services.accounts.sign_up("stranger@example.org", PASSWORD)


@pytest.fixture
def client(app: Flask, user: Tokens) -> FlaskClient:
    """Signed in as `user`."""
    return signed_in(app, user)


def signed_in(app: Flask, tokens: Tokens) -> FlaskClient:
    client = app.test_client()
    client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {tokens.access_token}"
    return client


@pytest.fixture(scope="session")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    """An application with real worker processes, shared by the tests that need work to be done."""
    folder = tmp_path_factory.mktemp("running") / "data"
    app = create_app(make_settings(folder, TRAINYARD_WORKERS="1", TRAINYARD_INTERACTIVE_WAIT_SECONDS="60"))
    services: Services = app.extensions[KEY]
    services.runner.start_workers()
    yield app
    services.runner.stop()
    services.database.close()


@pytest.fixture(scope="session")
def daemons() -> None:
    reason = missing()
    if reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no cluster here: {reason}")


@pytest.fixture(scope="session")
def redis(daemons: None, tmp_path_factory: pytest.TempPathFactory) -> Iterator[RedisServer]:
    server = RedisServer(tmp_path_factory.mktemp("redis")).start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def postgres(daemons: None) -> Iterator[PostgresServer]:
    server = PostgresServer().start()
    yield server
    server.stop()


@pytest.fixture(scope="session")
def one_supabase_double() -> Iterator[SupabaseDouble]:
    server = SupabaseDouble()
    yield server.start()
    server.stop()


@pytest.fixture
def supabase_double(one_supabase_double: SupabaseDouble) -> SupabaseDouble:
    """As new for every test."""
    one_supabase_double.reset()
    return one_supabase_double


@pytest.fixture(scope="session")
def supabase_lite() -> Iterator[SupabaseLite]:
    reason = supabase_lite_is_missing()
    if reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"no Supabase Lite here: {reason}")
    server = SupabaseLite()
    yield server.start()
    server.stop()
