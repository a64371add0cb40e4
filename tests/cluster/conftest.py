"""One Redis, one PostgreSQL and one cluster on them, for all tests of this folder."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator

import pytest

from tests.cluster.cluster import Cluster
from tests.cluster.daemons import PostgresServer, RedisServer, missing
from tests.realtime.wire import ClientProcess, Wire


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
def cluster(
    redis: RedisServer, postgres: PostgresServer, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Cluster]:
    """Two web servers, two worker machines with one training process each."""
    cluster = Cluster(tmp_path_factory.mktemp("cluster"), redis, postgres).start()
    yield cluster
    cluster.stop()


@pytest.fixture
def watch(cluster: Cluster) -> Iterator[Callable[[int, str, str], Wire]]:
    """Opens a socket to a web server and joins a session there."""
    processes = []

    def watch(server: int, token: str, session: str) -> Wire:
        process = ClientProcess(cluster.servers[server].url, "python")
        processes.append(process)
        wire = process.socket(token)
        assert wire.ask("join_training_session", {"session_id": session})["status"] == "joined"
        return wire

    yield watch
    for process in processes:
        process.close()
