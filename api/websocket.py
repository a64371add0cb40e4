"""Plain WebSocket `/ws/training/<job_id>`: a token, then where the job stands until it has ended."""

from __future__ import annotations

import json
import logging
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from functools import partial
from queue import Full, Queue
from threading import Thread
from typing import TYPE_CHECKING, Any, NamedTuple
from uuid import UUID

from flask import Flask, Response, current_app, request

from api.context import services
from api.v1.answers import job_id_of
from middleware.auth import bearer
from services import access
from services.errors import AppError, BadRequest, NotFound, Unauthenticated
from services.events.statuses import UNKNOWN_JOB, Statuses, error_text, message, stamp
from services.jobs.watching import StoredEvents
from services.open_connections import Heard, Held, OpenConnections
from services.wiring import Services

if TYPE_CHECKING:
    from simple_websocket import Server

PATH = "/ws/training/<job_id>"
KEY = "trainyard-statuses"
TOKEN_SECONDS = 10.0
NO_TOKEN = 4401  # close codes from 4000 on are ours to give
CLOSING_SECONDS = 2.0  # for the client's half of the closing handshake
LISTENING_SECONDS = 5.0
PING_SECONDS = 25.0  # a client that answers no ping of the protocol is gone
MAX_MESSAGE_BYTES = 16_000
UNREAD_MESSAGES = 100  # a client that leaves so many unread is cut off
log = logging.getLogger(__name__)


class _House(NamedTuple):
    """What the WebSockets of an application share."""

    statuses: Statuses
    open: OpenConnections
    held: set[Held]


def init_app(app: Flask, services: Services, open_: OpenConnections) -> None:
    """Serve plain WebSockets beside the routes."""
    house = _House(Statuses(StoredEvents(services.database)), open_, set())
    services.bus.subscribe(house.statuses.forward)
    open_.add_source(lambda: list(house.held))
    app.extensions[KEY] = house
    app.add_url_rule(PATH, "follow_job", follow, websocket=True)


def follow(job_id: str) -> Response:
    """Serves one client until it leaves or the job has ended."""
    connection = _accept()
    from simple_websocket import ConnectionClosed

    try:
        _serve(connection, job_id)
    except ConnectionClosed:
        log.debug("the client of job %s has gone", job_id[:80])
    connection.thread.join(CLOSING_SECONDS)
    with suppress(OSError):  # Werkzeug would wait for another request, the client for the end of this one
        connection.sock.shutdown(socket.SHUT_RDWR)
    return _Served(connection.mode)


class _Served(Response):
    """What the server is told in place of an answer: the socket was already used for one."""

    def __init__(self, mode: str) -> None:
        super().__init__(status=101)
        self._mode = mode

    def __call__(self, environ: Any, start_response: Callable[..., Any]) -> Any:
        if self._mode == "werkzeug":
            raise ConnectionError
        if self._mode == "gunicorn":
            raise StopIteration
        from eventlet.wsgi import WSGI_LOCAL

        WSGI_LOCAL.already_handled = True
        return []


class _Outbox:
    """services.events.statuses.Line: what is said waits for a thread that sends it, in order."""

    def __init__(self, connection: Server) -> None:
        self._connection = connection
        self._waiting: Queue[tuple[str | None, int | None]] = Queue(UNREAD_MESSAGES)
        Thread(target=self._send, name="websocket sender", daemon=True).start()

    def say(self, text: str) -> None:
        self._put(text, None)

    def end(self, text: str | None, code: int) -> None:
        self._put(text, code)

    def _put(self, text: str | None, code: int | None) -> None:
        try:
            self._waiting.put_nowait((text, code))
        except Full:
            self._cut()

    def _cut(self) -> None:
        """Of a client that does not read no closing handshake can be expected."""
        with suppress(OSError):
            self._connection.sock.shutdown(socket.SHUT_RDWR)

    def _send(self) -> None:
        from simple_websocket import ConnectionClosed

        code = None
        while code is None:
            text, code = self._waiting.get()
            try:
                if text is not None:
                    self._connection.send(text)
                if code is not None:
                    self._connection.close(code)
                    self._connection.event.set()  # the reader learns of it
            except (ConnectionClosed, OSError):
                return


def _accept() -> Server:
    from simple_websocket import Server
    from wsproto.utilities import ProtocolError

    try:
        return Server.accept(request.environ, ping_interval=PING_SECONDS, max_message_size=MAX_MESSAGE_BYTES)
    except ProtocolError as error:
        raise BadRequest(f"This is no WebSocket handshake: {error}") from None


def _serve(connection: Server, job_id: str) -> None:
    try:
        token = _token(connection)
        user_id = services().accounts.authenticate(token).id
        with access.asking(access.Need.READ):
            job = services().jobs.get(user_id, job_id_of(job_id))
    except AppError as error:
        connection.send(error_text(error.code, error.message))
        connection.close(UNKNOWN_JOB if isinstance(error, NotFound) else NO_TOKEN)
        return
    outbox = _Outbox(connection)
    shown = {"job_id": str(job.id), "timestamp": stamp(), "message": "Connected to training job"}
    outbox.say(message("connected", **shown))
    with _told(outbox, job.id, token, user_id):
        while True:  # woken now and then: simple-websocket can miss the end that it brings about itself
            sent = connection.receive(LISTENING_SECONDS)
            if sent is not None:
                outbox.say(_answer(sent))


@contextmanager
def _told(outbox: _Outbox, job_id: UUID, token: str, user_id: UUID) -> Iterator[None]:
    """Within, the client is told of the job for as long as it may hear of it."""
    house: _House = current_app.extensions[KEY]

    def end(code: int, why: AppError) -> None:
        leave()
        outbox.end(error_text(why.code, why.message), code)

    heard = Heard("job", job_id, partial(end, UNKNOWN_JOB))
    held = Held(token, user_id, (heard,), partial(end, NO_TOKEN))

    def leave() -> None:
        house.held.discard(held)
        house.statuses.remove(outbox)

    house.statuses.add(job_id, outbox)
    house.held.add(held)
    house.open.opened()
    try:
        yield
    finally:
        leave()
        outbox.end(None, 1000)


def _token(connection: Server) -> str:
    """From the header, or from the client's first message."""
    if "Authorization" in request.headers:
        return bearer(request.headers["Authorization"])
    sent = connection.receive(TOKEN_SECONDS)
    wanted = 'The first message must be {"event": "auth", "token": "<access token>"}'
    if sent is None:
        raise Unauthenticated(
            f"No token came within {TOKEN_SECONDS:g} s. {wanted}", code="MISSING_AUTHORIZATION"
        )
    said = _object(sent)
    if said is None or said.get("event") != "auth" or not isinstance(said.get("token"), str):
        raise Unauthenticated(wanted, code="MISSING_AUTHORIZATION")
    return str(said["token"])


def _answer(sent: str | bytes) -> str:
    said = _object(sent)
    if said is None:
        return error_text("INVALID_MESSAGE", 'Messages are JSON objects such as {"event": "ping"}')
    if said.get("event") == "ping":
        return message("pong", timestamp=stamp())
    return error_text("UNKNOWN_EVENT", f"There is no event {str(said.get('event'))[:80]!r}, only 'ping'")


def _object(sent: str | bytes) -> dict[str, Any] | None:
    try:
        said = json.loads(sent)
    except ValueError:
        return None
    return said if isinstance(said, dict) else None
