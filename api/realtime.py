"""Socket.IO: connect with a token, join what one owns, hear what was missed and then what happens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from threading import local
from typing import Any, Literal, cast
from uuid import UUID

from flask import Flask, request
from flask_socketio import ConnectionRefusedError, SocketIO
from sqlalchemy.exc import SQLAlchemyError

from api.socket_messages import (
    JobRequest,
    JoinRequest,
    Payload,
    R,
    SessionRequest,
    SubscribeRequest,
    UploadRequest,
    read,
    refused,
    standing,
)
from api.v1.jobs import shown
from services import access
from services.errors import AppError, BadRequest, Unauthenticated
from services.events.feed import Topic
from services.events.feeds import Feeds, JobTopic, newest_heard
from services.events.rounds import Rounds
from services.events.translate import DATASET_WORKLOAD, training_progress
from services.jobs import JobView
from services.jobs.states import Status
from services.jobs.watching import StoredEvents
from services.open_connections import Heard, Held, OpenConnections
from services.settings import Settings
from services.storage.tables import now
from services.wiring import Services

log = logging.getLogger(__name__)
MAX_MESSAGE_BYTES = 64_000  # what a client may send; the longest request is a map of positions
REFRESH_SECONDS = 3.0  # what is stored but was never heard of here is told after this at the latest


def init_app(app: Flask, services: Services, settings: Settings, open_: OpenConnections) -> SocketIO:
    """Serve Socket.IO beside the routes and forward every published event to its room."""
    socketio = SocketIO(
        app,
        async_mode=settings.async_mode,
        cors_allowed_origins=list(settings.cors_origins) or None,  # None: the server's own origin only
        async_handlers=False,  # one client's requests are answered in the order it sent them
        manage_session=False,
        max_http_buffer_size=MAX_MESSAGE_BYTES,
    )
    Realtime(socketio, services, open_).register()
    return socketio


class Rooms:
    """services.events.feeds.Outlet on a Socket.IO server."""

    def __init__(self, socketio: SocketIO) -> None:
        self._socketio = socketio

    def emit(self, name: str, payload: Payload, to: str) -> None:
        self._socketio.emit(name, payload, to=to)

    def enter(self, sid: str, room: str) -> None:
        self._socketio.server.enter_room(sid, room)

    def leave(self, sid: str, room: str) -> None:
        self._socketio.server.leave_room(sid, room)


class AfterAnswer:
    """Work that begins when the answer to the request being served is on its way to the client.

    Flask-SocketIO sends an answer after its handler has returned. A room entered before that would let a live
    event overtake the answer; packets of one client leave in the order in which they were queued.
    """

    def __init__(self, socketio: SocketIO) -> None:
        self._waiting = local()
        engine = socketio.server.eio
        self._serve = engine.handlers["message"]
        engine.on("message", self._message)

    def do(self, work: Callable[[], None]) -> None:
        self._waiting.work = work

    def _message(self, engine_sid: str, data: object) -> None:
        self._waiting.work = None
        self._serve(engine_sid, data)
        if self._waiting.work is not None:
            self._waiting.work()


@dataclass(frozen=True)
class Guest:
    """Who opened a connection, with what; its upload rooms are kept here, those of feeds by the feeds."""

    user_id: UUID
    token: str
    uploads: set[UUID] = field(default_factory=set)


class Realtime:
    """The events clients may send; each is answered by an event and, where asked for, by the same ack.

    None of them changes anything: they say what one wants to hear.
    """

    def __init__(self, socketio: SocketIO, services: Services, open_: OpenConnections) -> None:
        self.socketio = socketio
        self.services = services
        self.open = open_
        self.guests: dict[str, Guest] = {}
        self.rooms = Rooms(socketio)
        self.feeds = Feeds(services.jobs, StoredEvents(services.database), self.rooms)
        self.rounds = Rounds("the rooms of jobs", self.refresh)
        self.after_answer = AfterAnswer(socketio)

    def register(self) -> None:
        on = self.socketio.on_event
        on("connect", self.connect)
        on("disconnect", self.disconnect)
        serve = self._serve
        serve("join_training_session", JoinRequest, self.join, "training_session_error")
        serve("leave_training_session", SessionRequest, self.leave, "training_session_error")
        serve("request_training_status", SessionRequest, self.training_status, "training_status_error")
        serve("request_dataset_status", SessionRequest, self.dataset_status, "dataset_status_error")
        serve("join_upload_room", UploadRequest, self.join_upload, "upload_room_error")
        serve("join", UploadRequest, self.join_any, "upload_room_error")
        serve("leave", UploadRequest, self.leave_upload, "upload_room_error")
        serve("job.subscribe", SubscribeRequest, self.subscribe, None)
        serve("job.unsubscribe", JobRequest, self.unsubscribe, None)
        on("ping", self.ping)
        on("*", self.unknown)
        self.socketio.on_error_default(self.broken)
        self.services.bus.subscribe(self.feeds.forward)
        self.open.add_source(self.held)

    def connect(self, auth: object) -> None:
        """Only with a valid access token; the query form is the older page's."""
        token = auth.get("token") if isinstance(auth, Mapping) else None
        token = token or request.args.get("token")
        try:
            if not isinstance(token, str) or not token:
                raise Unauthenticated("Connecting needs an access token: auth {token: ...}")
            user = self.services.accounts.authenticate(token)
        except AppError as error:
            raise ConnectionRefusedError(error.message, refused(error)) from None
        self.guests[_sid()] = Guest(user.id, token)
        self.open.opened()

    def disconnect(self, *_reason: object) -> None:
        self.guests.pop(_sid(), None)
        self.feeds.drop(_sid())

    def held(self) -> Iterator[Held]:
        """services.open_connections.Source: what is open, and what each hears."""
        watched = self.feeds.watched()
        for sid, guest in list(self.guests.items()):
            hears = [self._heard(sid, topic, form) for topic, form in watched.get(sid, ())]
            hears += [
                Heard("session", each, partial(self._stop_upload, sid, each)) for each in list(guest.uploads)
            ]
            yield Held(guest.token, guest.user_id, hears, partial(self._cut, sid))

    def join(self, user_id: UUID, wanted: JoinRequest) -> Payload:
        session_id = self.services.sessions.resolve(user_id, wanted.session_id)
        answer = self.feeds.join(
            _sid(), user_id, session_id, written=wanted.session_id, after_seq=wanted.after_seq
        )
        self.rounds.wake()  # now that there is somebody to serve: rounds end where nobody watches
        return answer

    def subscribe(self, user_id: UUID, wanted: SubscribeRequest) -> Payload:
        """A job as it stands, what was missed, then live events; see services/events/news.py."""
        job, answer, let_in = self.feeds.subscribe(_sid(), user_id, wanted.job_id, wanted.after_seq)
        self.after_answer.do(self._or_disconnect(_sid(), let_in))
        self.rounds.wake()
        return {**answer, "snapshot": shown(job)}

    def unsubscribe(self, _user_id: UUID, wanted: JobRequest) -> Payload:
        self.feeds.unsubscribe(_sid(), wanted.job_id)
        return {"ok": True, "job_id": str(wanted.job_id)}

    def ping(self, *_data: object) -> Payload:
        return self._say("pong", ts=now().isoformat())

    def refresh(self) -> float | None:
        """For events that were stored but never heard of in this process."""
        return REFRESH_SECONDS if self.feeds.refresh() else None

    def leave(self, user_id: UUID, wanted: SessionRequest) -> Payload:
        self.feeds.leave(_sid(), self.services.sessions.resolve(user_id, wanted.session_id))
        return self._say("training_session_left", session_id=wanted.session_id, status="left", message="Left")

    def training_status(self, user_id: UUID, wanted: SessionRequest) -> Payload:
        """The newest training as its row tells it."""
        jobs = [job for job in self._jobs(user_id, wanted) if job.workload != DATASET_WORKLOAD]
        job = jobs[-1] if jobs else None
        base = {"session_id": wanted.session_id, "job_id": str(job.id) if job else None}
        if job and job.status == Status.RUNNING:
            shown = training_progress(job.progress or {"phase": job.phase}, at=now().isoformat())
            return self._say("training_progress", **base, **shown)
        done = sum(each.status == Status.COMPLETED for each in jobs)
        return self._say("training_status_update", **base, **standing(job), models_trained=done)

    def dataset_status(self, user_id: UUID, wanted: SessionRequest) -> Payload:
        jobs = [job for job in self._jobs(user_id, wanted) if job.workload == DATASET_WORKLOAD]
        job = jobs[-1] if jobs else None
        stands = standing(job)
        progress = (job.progress or {}).get("percent") if job else None
        if job and Status(job.status).is_active:
            stands["status"] = "processing"
        return self._say(
            "dataset_status_update",
            session_id=wanted.session_id,
            job_id=str(job.id) if job else None,
            progress=100 if job and job.status == Status.COMPLETED else progress,
            processing_stopped=stands["status"] != "processing",
            **stands,
        )

    def join_upload(self, user_id: UUID, wanted: UploadRequest) -> Payload:
        self._enter_upload(user_id, wanted)
        return self._say("joined_room", uploadId=wanted.uploadId)

    def join_any(self, user_id: UUID, wanted: UploadRequest) -> Payload:
        self._enter_upload(user_id, wanted)
        return self._say("status", message=f"Joined upload room {wanted.uploadId}")

    def leave_upload(self, user_id: UUID, wanted: UploadRequest) -> Payload:
        session_id = self.services.sessions.resolve(user_id, wanted.uploadId)
        self._guest().uploads.discard(session_id)
        self.rooms.leave(_sid(), _upload_room(session_id))
        return self._say("left_room", uploadId=wanted.uploadId)

    def unknown(self, name: str, *_data: object) -> Payload:
        error = BadRequest(f"There is no event {name[:80]!r}", code="UNKNOWN_EVENT")
        return self._say("request_error", **refused(error))

    def broken(self, _error: Exception) -> Payload:
        """A fault of ours: logged in full, told in one sentence."""
        log.exception("a socket request failed")
        error = AppError("The server failed on this request", code="INTERNAL_ERROR")
        return self._say("request_error", **refused(error))

    def _serve(
        self, name: str, model: type[R], work: Callable[[UUID, R], Payload], refusal: str | None
    ) -> None:
        """Answer this event with what the work returns, or with the refusal, also told as an event."""

        def answer(*sent: object) -> Payload:
            try:
                guest = self._guest()
                self.services.accounts.still_signed_in(guest.token)
                with access.asking(access.Need.READ):
                    return work(guest.user_id, read(model, sent))
            except AppError as error:
                if refusal is None:
                    return {"ok": False, **refused(error)}
                return self._say(refusal, **refused(error))

        self.socketio.on_event(name, answer)

    def _or_disconnect(self, sid: str, let_in: Callable[[], None]) -> Callable[[], None]:
        """Who was answered but could not be let in is cut off: it comes back and asks for what it missed."""

        def work() -> None:
            try:
                let_in()
            except SQLAlchemyError:
                log.exception("a subscriber could not be let in")
                self.socketio.server.disconnect(sid)

        return work

    def _say(self, name: str, **payload: Any) -> Payload:
        """Tell only the client that asked; the payload is also its ack."""
        self.rooms.emit(name, payload, to=_sid())
        return payload

    def _guest(self) -> Guest:
        found = self.guests.get(_sid())
        if found is None:  # cut off while its last request was on the way
            raise Unauthenticated(
                "This connection has ended", code="ACCESS_ENDED", suggestion="Connect again"
            )
        return found

    def _heard(self, sid: str, topic: Topic, form: str) -> Heard:
        what: Literal["job", "session"] = "job" if isinstance(topic, JobTopic) else "session"

        def stop(why: AppError) -> None:
            self.feeds.dismiss(sid, topic)
            named = {f"{what}_id": form or str(topic.key)}
            self.rooms.emit("access_ended", {**refused(why), **named}, to=sid)

        return Heard(what, topic.key, stop)

    def _stop_upload(self, sid: str, session_id: UUID, why: AppError) -> None:
        guest = self.guests.get(sid)
        if guest is not None:
            guest.uploads.discard(session_id)
            self.rooms.leave(sid, _upload_room(session_id))
            self.rooms.emit("access_ended", {**refused(why), "session_id": str(session_id)}, to=sid)

    def _cut(self, sid: str, why: AppError) -> None:
        """Says why, then ends the connection; what is on the way to it arrives before."""
        self.guests.pop(sid, None)
        self.feeds.drop(sid)
        self.rooms.emit("access_ended", refused(why), to=sid)
        with suppress(KeyError):  # it left by itself at this moment
            self.socketio.server.disconnect(sid)

    def _jobs(self, user_id: UUID, wanted: SessionRequest) -> list[JobView]:
        session_id = self.services.sessions.resolve(user_id, wanted.session_id)
        return newest_heard(self.services.jobs, user_id, session_id)

    def _enter_upload(self, user_id: UUID, wanted: UploadRequest) -> None:
        session_id = self.services.sessions.resolve(user_id, wanted.uploadId)
        self._guest().uploads.add(session_id)
        self.rooms.enter(_sid(), _upload_room(session_id))


def _upload_room(session_id: UUID) -> str:
    """An upload belongs to a session; its room never shares a name with a training's."""
    return f"upload_{session_id}"


def _sid() -> str:
    """The socket of the event being served."""
    return cast(str, cast(Any, request).sid)
