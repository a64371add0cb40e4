"""An application behind a real port, in this process, and clients of its two kinds of sockets."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from threading import Thread
from typing import Any

import socketio
from flask import Flask
from socketio.exceptions import ConnectionError
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect
from werkzeug.serving import make_server

from api.slow_clients import PatientHandler
from examples.server import wait_until

PATIENCE_SECONDS = 10.0
Payload = dict[str, Any]


@contextmanager
def served(app: Flask) -> Iterator[str]:
    """Its address."""
    server = make_server("127.0.0.1", 0, app, threaded=True, request_handler=PatientHandler)
    server.daemon_threads = True  # type: ignore[attr-defined]
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join()
    server.server_close()


class Ear:
    """A Socket.IO client that remembers all it hears."""

    def __init__(self, url: str, token: str | None) -> None:
        self.heard: list[tuple[str, Payload]] = []
        self._client = socketio.Client(reconnection=False)
        self._client.on("*", lambda name, data=None: self.heard.append((name, data)))
        self._client.on("connect_error", lambda said: self.heard.append(("connect_error", said)))
        with suppress(ConnectionError):  # it was refused: that is heard
            self._client.connect(url, auth={"token": token}, transports=["websocket"])

    def ask(self, name: str, **payload: Any) -> Payload:
        answer: Payload = self._client.call(name, payload, timeout=PATIENCE_SECONDS)
        return answer

    def wait(self, name: str, **fields: Any) -> Payload:
        """The first payload of this event with these fields."""

        def found() -> Payload | None:
            told = (data for each, data in list(self.heard) if each == name)
            return next((data for data in told if fields.items() <= data.items()), None)

        payload = wait_until(found, PATIENCE_SECONDS, f"{name} {fields} among {self.heard}")
        assert payload is not None
        return payload

    def names(self) -> list[str]:
        return [name for name, _ in self.heard]

    @property
    def is_open(self) -> bool:
        return bool(self._client.connected)

    def wait_for_the_end(self) -> Payload:
        """Why it was cut off."""
        wait_until(lambda: not self.is_open, PATIENCE_SECONDS, "the end of the connection")
        name, payload = self.heard[-1]
        assert name == "access_ended"
        return payload

    def close(self) -> None:
        self._client.disconnect()


@contextmanager
def ear(url: str, token: str) -> Iterator[Ear]:
    opened = Ear(url, token)
    yield opened
    opened.close()


@contextmanager
def following(url: str, job: object, token: str | None) -> Iterator[ClientConnection]:
    """The plain WebSocket of a job."""
    with connect(f"{url.replace('http', 'ws')}/ws/training/{job}", proxy=None) as socket:
        if token is not None:
            socket.send(json.dumps({"event": "auth", "token": token}))
        yield socket


def read(socket: ClientConnection) -> Payload:
    message: Payload = json.loads(socket.recv(PATIENCE_SECONDS))
    return message


def end_of(socket: ClientConnection) -> tuple[Payload, int]:
    """The last message before the server closed, and its code."""
    last: Payload = {}
    while True:
        try:
            last = read(socket)
        except ConnectionClosed as end:
            assert end.rcvd is not None, "the server went without closing"
            return last, end.rcvd.code
