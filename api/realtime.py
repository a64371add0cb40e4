"""Socket.IO: connect with a token, join what one owns, hear what was missed and then what happens."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from threading import local
from typing import Annotated, Any, TypeVar, cast
from uuid import UUID

from flask import Flask, request
from flask_socketio import ConnectionRefusedError, SocketIO
from pydantic import BaseModel, ConfigDict, Field, ValidationError
from sqlalchemy.exc import SQLAlchemyError

from api.v1.jobs import shown
from services import access
from services.errors import AppError, BadRequest, Unauthenticated
from services.events.feeds import Feeds, newest_heard
from services.events.rounds import Rounds
from services.events.translate import DATASET_WORKLOAD, training_progress
from services.jobs import JobView
from services.jobs.states import Status
from services.jobs.watching import StoredEvents
from services.settings import Settings
from services.storage.tables import now
from services.wiring import Services

log = logging.getLogger(__name__)
Payload = dict[str, Any]
Reference = Annotated[str, Field(min_length=1, max_length=200)]
Seq = Annotated[int, Field(ge=0)]
MAX_MESSAGE_BYTES = 64_000  # what a client may send; the longest request is a map of positions
REFRESH_SECONDS = 3.0  # what is stored but was never heard of here is told after this at the latest


class _Request(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)


class SessionRequest(_Request):
    session_id: Reference


class JoinRequest(SessionRequest):
    after_seq: Seq | dict[Annotated[UUID, Field(strict=False)], Seq] | None = None


class JobRequest(_Request):
    job_id: Annotated[UUID, Field(strict=False)]


class SubscribeRequest(JobRequest):
    after_seq: Seq | None = None


class UploadRequest(_Request):
    uploadId: Reference  # noqa: N815 - the page's spelling


def init_app(app: Flask, services: Services, settings: Settings) -> SocketIO:
    """Serve Socket.IO beside the routes and forward every published event to its room."""
    socketio = SocketIO(
        app,
        async_mode=settings.async_mode,
        cors_allowed_origins=list(settings.cors_origins) or None,  # None: the server's own origin only
        async_handlers=False,  # one client's requests are answered in the order it sent them
        manage_session=False,
        max_http_buffer_size=MAX_MESSAGE_BYTES,
    )
    Realtime(socketio, services).register()
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


R = TypeVar("R", bound=BaseModel)


class Realtime:
    """The events clients may send; each is answered by an event and, where asked for, by the same ack."""

    def __init__(self, socketio: SocketIO, services: Services) -> None:
        self.socketio = socketio
        self.services = services
        self.rooms = Rooms(socketio)
        self.feeds = Feeds(services.jobs, StoredEvents(services.database), self.rooms)
        self.rounds = Rounds("the rooms of jobs", self.refresh)
        self.after_answer = AfterAnswer(socketio)

    def register(self) -> None:
        on = self.socketio.on_event
        on("connect", self.connect)
        on("disconnect", lambda *_reason: self.feeds.drop(_sid()))
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
        self.socketio.server.save_session(_sid(), {"user_id": user.id})

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
        return self._say("training_status_update", **base, **_standing(job), models_trained=done)

    def dataset_status(self, user_id: UUID, wanted: SessionRequest) -> Payload:
        jobs = [job for job in self._jobs(user_id, wanted) if job.workload == DATASET_WORKLOAD]
        job = jobs[-1] if jobs else None
        standing = _standing(job)
        progress = (job.progress or {}).get("percent") if job else None
        if job and Status(job.status).is_active:
            standing["status"] = "processing"
        return self._say(
            "dataset_status_update",
            session_id=wanted.session_id,
            job_id=str(job.id) if job else None,
            progress=100 if job and job.status == Status.COMPLETED else progress,
            processing_stopped=standing["status"] != "processing",
            **standing,
        )

    def join_upload(self, user_id: UUID, wanted: UploadRequest) -> Payload:
        self.rooms.enter(_sid(), self._upload_room(user_id, wanted))
        return self._say("joined_room", uploadId=wanted.uploadId)

    def join_any(self, user_id: UUID, wanted: UploadRequest) -> Payload:
        self.rooms.enter(_sid(), self._upload_room(user_id, wanted))
        return self._say("status", message=f"Joined upload room {wanted.uploadId}")

    def leave_upload(self, user_id: UUID, wanted: UploadRequest) -> Payload:
        self.rooms.leave(_sid(), self._upload_room(user_id, wanted))
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
                with access.asking(access.Need.READ):
                    return work(self._user_id(), _read(model, sent))
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

    def _user_id(self) -> UUID:
        return cast(UUID, self.socketio.server.get_session(_sid())["user_id"])

    def _jobs(self, user_id: UUID, wanted: SessionRequest) -> list[JobView]:
        session_id = self.services.sessions.resolve(user_id, wanted.session_id)
        return newest_heard(self.services.jobs, user_id, session_id)

    def _upload_room(self, user_id: UUID, wanted: UploadRequest) -> str:
        """An upload belongs to a session; its room never shares a name with a training's."""
        return f"upload_{self.services.sessions.resolve(user_id, wanted.uploadId)}"


def _sid() -> str:
    """The socket of the event being served."""
    return cast(str, cast(Any, request).sid)


def _read(model: type[R], sent: tuple[object, ...]) -> R:
    """The one argument of a client event, checked."""
    if len(sent) != 1 or not isinstance(sent[0], dict):
        fields = ", ".join(model.model_fields)
        raise BadRequest(f"The event takes one object with: {fields}", code="INVALID_PAYLOAD")
    try:
        return model.model_validate(sent[0])
    except ValidationError as error:
        faults = [
            {"field": ".".join(str(part) for part in fault["loc"]), "error": fault["msg"]}
            for fault in error.errors(include_input=False, include_url=False)
        ]
        text = "; ".join(f"{fault['field']}: {fault['error']}" for fault in faults)
        raise BadRequest(text, code="INVALID_PAYLOAD", details={"fields": faults}) from None


def refused(error: AppError) -> Payload:
    """The error shape of the API, with the `status` and `message` the page's socket code reads."""
    body: Payload = {"success": False, "status": "error", "code": error.code}
    body |= {"error": error.message, "message": error.message}
    if error.suggestion:
        body["suggestion"] = error.suggestion
    if error.details is not None:
        body["details"] = error.details
    return body


def _standing(job: JobView | None) -> Payload:
    """Where a job stands, from its row."""
    if job is None:
        return {"status": "idle", "message": "Nothing was started in this session", "last_updated": None}
    error = job.error or {}
    changed = job.finished_at or job.started_at or job.created_at
    return {
        "status": str(job.status),
        "message": error.get("error") or f"{job.workload} is {job.status}",
        "error_details": error or None,
        "last_updated": changed.isoformat(),
    }
