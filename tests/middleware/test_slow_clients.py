"""A client that sends nothing, or too little, is let go; one that is slow but honest is served."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from werkzeug.serving import make_server

from api import slow_clients
from api.slow_clients import PatientHandler

HEAD = b"POST / HTTP/1.1\r\nHost: here\r\nContent-Length: %d\r\n\r\n"
LARGE = 3_000_000


class Hasty(PatientHandler):
    timeout = 1.0
    head_seconds = 1.0


def application(environ: dict[str, Any], start_response: Callable[..., Any]) -> list[bytes]:
    length = int(environ.get("CONTENT_LENGTH") or 0)
    body = environ["wsgi.input"].read(length)
    start_response("200 OK", [("Content-Length", str(LARGE if body == b"large" else len(body)))])
    return [bytes(LARGE) if body == b"large" else body]


@pytest.fixture
def port(monkeypatch: pytest.MonkeyPatch) -> Iterator[int]:
    monkeypatch.setattr(slow_clients, "BODY_SECONDS", 1.0)
    server = make_server("127.0.0.1", 0, application, threaded=True, request_handler=Hasty)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield server.server_port
    server.shutdown()
    thread.join(10)
    server.server_close()


def seconds_until_closed(connection: socket.socket, drip: bytes = b"") -> float:
    """How long the server bears with it; `drip` is sent again and again."""
    started = time.monotonic()
    connection.settimeout(0.2)
    while time.monotonic() - started < 15:
        try:
            if drip:
                connection.sendall(drip)
            if connection.recv(4096) == b"":
                break
        except TimeoutError:
            continue
        except (ConnectionResetError, BrokenPipeError):
            break
    return time.monotonic() - started


@pytest.mark.parametrize(
    ("first", "drip"),
    [
        (b"", b""),
        (b"", b"G"),
        (b"GET / HTTP/1.1\r\n", b"X-More: 1\r\n"),
        (HEAD % 1_000, b""),
        (HEAD % 1_000, b"x"),
    ],
    ids=["says nothing", "drips a first line", "drips headers", "sends no body", "drips a body"],
)
def test_who_only_holds_a_connection_loses_it(port: int, first: bytes, drip: bytes) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.sendall(first)
        assert 0.5 < seconds_until_closed(connection, drip) < 10


def test_a_slow_but_honest_client_is_served(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.settimeout(10)
        for piece in (HEAD[:20], (HEAD % 6)[20:], b"hel", b"lo!"):
            connection.sendall(piece)
            time.sleep(0.1)
        answer = connection.recv(4096)
        while not answer.endswith(b"hello!"):
            answer += connection.recv(4096)
    assert answer.startswith(b"HTTP/1.1 200")


def test_a_large_answer_may_take_longer_than_any_silence(port: int) -> None:
    with socket.create_connection(("127.0.0.1", port)) as connection:
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 64 * 1024)
        connection.sendall(HEAD % 5 + b"large")
        connection.settimeout(10)
        received = 0
        while received < LARGE:
            received += len(connection.recv(256 * 1024))
            time.sleep(0.03)
    assert received >= LARGE
