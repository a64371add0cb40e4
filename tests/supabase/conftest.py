"""Adapters whose Supabase is the stand-in, on an installation of the test's own."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest

from services.accounts.supabase import SupabaseAccounts
from services.plans import Plans
from services.settings import Settings
from services.storage.blobs.object_cache import ObjectCache
from services.storage.blobs.owners import Owners
from services.storage.blobs.supabase import SupabaseBlobs
from services.storage.database import Database
from services.storage.tables import now
from services.supabase.project import Project
from tests.conftest import make_settings
from tests.supabase_double.server import SupabaseDouble


class Clock:
    """A clock that tests move."""

    def __init__(self) -> None:
        self.time = now()

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **by: float) -> None:
        self.time += timedelta(**by)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def database(settings: Settings) -> Iterator[Database]:
    database = Database(settings.database_url)
    yield database
    database.close()


@pytest.fixture
def blobs(supabase_double: SupabaseDouble, settings: Settings, database: Database) -> Iterator[SupabaseBlobs]:
    """Without pauses between two tries."""
    project = Project(supabase_double.url, supabase_double.service_key, sleep=lambda _seconds: None)
    blobs = SupabaseBlobs(project, Owners(database), ObjectCache(settings.data_dir / "cache"), 300)
    yield blobs
    blobs.close()


@pytest.fixture
def accounts(
    supabase_double: SupabaseDouble, settings: Settings, database: Database, clock: Clock
) -> Iterator[SupabaseAccounts]:
    there = make_settings(settings.data_dir, **supabase_double.environment())
    accounts = SupabaseAccounts(database, Plans(database, clock), there, clock)
    yield accounts
    accounts.close()
