"""A database that is closed while another thread is in the middle of a transaction."""

from __future__ import annotations

from threading import Event, Thread

import psycopg
from sqlalchemy import text

from services.storage.database import Database
from tests.daemons import PostgresServer


def test_a_connection_that_comes_back_late_is_closed(postgres: PostgresServer) -> None:
    database = Database(postgres.database())
    begun, closed = Event(), Event()
    used: list[psycopg.Connection] = []
    found: list[object] = []

    def work() -> None:
        with database.read() as tx:
            used.append(tx.connection().connection.dbapi_connection)  # type: ignore[arg-type]
            begun.set()
            closed.wait(10)
            found.append(tx.scalar(text("select 2")))

    thread = Thread(target=work)
    thread.start()
    assert begun.wait(10)
    database.close()
    closed.set()
    thread.join()
    assert found == [2], "its work goes on to its end"
    assert used[0].closed
    database.ping()
    database.close()
