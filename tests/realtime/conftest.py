"""A real server in each async mode, and a second hand on its database that submits toy jobs."""

from __future__ import annotations

import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from examples.server import Server, running, wait_until
from services.events import Event
from services.events.translate import translate
from services.jobs.states import Status
from services.settings import Settings
from services.wiring import Services, build
from tests.realtime.wire import PATIENCE_SECONDS, ClientProcess, Wire, missing

TOYS = {"TRAINYARD_EXTRA_WORKLOADS": "tests.toy_workloads"}
OFTEN = {"TRAINYARD_ACCESS_CHECK_SECONDS": "0.3"}
USUAL = ("threading", "python")
# These would notice first that an async mode or a client differs; of the others every combination but the
# usual one is left to `make test-all`.
EVERYWHERE = frozenset(
    {
        "test_between_replay_and_live_nothing_is_lost_or_doubled",
        "test_a_client_is_greeted_told_the_status_and_sent_off_at_the_end",
        "test_a_token_may_come_in_auth_or_in_the_query",
        "test_who_signs_out_hears_why_and_is_cut_off",
        "test_it_is_closed_when_the_sign_in_has_ended",
    }
)
Clients = Callable[..., Wire]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        chosen = getattr(item, "callspec", None)
        if not isinstance(item, pytest.Function) or chosen is None or "house" not in chosen.params:
            continue
        mode, client = chosen.params["house"], chosen.params.get("client", "python")
        if (mode, client) != USUAL and item.originalname not in EVERYWHERE:
            item.add_marker(pytest.mark.slow)


@dataclass
class House:
    """The server under test, and its services without workers in this process."""

    server: Server
    services: Services

    def account(self) -> tuple[UUID, str]:
        """A new user and an access token."""
        tokens = self.services.accounts.sign_up(
            f"{secrets.token_hex(6)}@example.org", "correct horse battery"
        )
        return tokens.user.id, tokens.access_token

    def session(self, user_id: UUID) -> tuple[UUID, str]:
        """A session with a text id of its own."""
        alias = f"session_{secrets.randbelow(10**12)}_{secrets.token_hex(4)}"
        return self.services.sessions.create(user_id, ref=alias), alias

    def submit(self, user_id: UUID, session_id: UUID, workload: str, **config: Any) -> UUID:
        return self.services.jobs.submit(user_id, workload, config, session_id=session_id).id

    def finished(self, user_id: UUID, job_id: UUID) -> str:
        def status() -> str | None:
            job = self.services.jobs.get(user_id, job_id)
            return job.status if Status(job.status) not in (Status.QUEUED, Status.RUNNING) else None

        return wait_until(status, PATIENCE_SECONDS, f"the end of {job_id}; log: {self.server.log}") or ""

    def events(self, user_id: UUID, job_id: UUID) -> list[Event]:
        return list(self.services.jobs.events(user_id, job_id))

    def told(self, user_id: UUID, job_id: UUID) -> list[int]:
        """The numbers of those stored events that a client is to hear."""
        return [event.seq for event in self.events(user_id, job_id) if translate(event, "any")]


@contextmanager
def opened(folder: Path, async_mode: str) -> Iterator[House]:
    with running(folder, TRAINYARD_WORKERS="1", TRAINYARD_ASYNC_MODE=async_mode, **TOYS, **OFTEN) as server:
        services = build(Settings.from_env({"DATA_DIR": str(folder), "TRAINYARD_WORKERS": "0", **TOYS}))
        yield House(server, services)
        services.database.close()


@pytest.fixture(scope="session", params=["threading", "eventlet"])
def house(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with opened(tmp_path_factory.mktemp(request.param) / "data", request.param) as house:
        yield house


@pytest.fixture(scope="session", params=["python", "javascript"])
def client(request: pytest.FixtureRequest, house: House) -> Iterator[Clients]:
    """Opens sockets of this client."""
    reason = missing(request.param)
    if reason:
        (pytest.fail if os.environ.get("CI") else pytest.skip)(f"the {request.param} client: {reason}")
    process = ClientProcess(house.server.url, request.param)
    yield process.socket
    process.close()
