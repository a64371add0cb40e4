"""One cluster, for all tests of this folder."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from tests.clusters import Cluster
from tests.daemons import PostgresServer, RedisServer
from tests.realtime.wire import ClientProcess, Wire


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
