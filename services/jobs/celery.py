"""Wake-ups between machines: small Celery messages that say in which lane there may be work.

A message decides nothing. Who hears it looks at our own table, and the lease there says who works on what;
so a message that comes twice trains nothing twice, and one that is lost costs a second, because idle workers
look by themselves.
"""

from __future__ import annotations

import logging
import socket
from collections.abc import Callable
from queue import SimpleQueue
from threading import Thread
from typing import Any
from uuid import UUID

from celery import Celery
from celery.signals import setup_logging, worker_shutting_down
from kombu.exceptions import KombuError
from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from services.storage.database import Database
from services.storage.tables import JobRow

TASK = "trainyard.look_for_work"
QUEUES = {
    "training": ("training-high", "training-normal", "training-low"),  # by priority
    "interactive": ("default",),
}
CONNECT_SECONDS = 4.0
ANSWER_SECONDS = 5.0  # a sender that hears nothing for longer gives this message up
STOP_SECONDS = 2.0
log = logging.getLogger(__name__)


def connected(redis_url: str, installation: str, **transport: float) -> Celery:
    """The Celery application of an installation; several may share one Redis."""
    app = Celery("trainyard", broker=redis_url, set_as_current=False)
    app.conf.update(
        task_default_queue="default",
        task_ignore_result=True,
        worker_prefetch_multiplier=1,
        worker_cancel_long_running_tasks_on_connection_loss=True,  # concerns late acknowledgement: not ours
        worker_enable_remote_control=False,
        worker_send_task_events=False,
        accept_content=["json"],
        broker_connection_retry_on_startup=True,
        broker_connection_max_retries=None,
        broker_connection_timeout=CONNECT_SECONDS,
        broker_transport_options={
            "global_keyprefix": f"trainyard:{installation}:",
            "queue_order_strategy": "priority",
            "socket_connect_timeout": CONNECT_SECONDS,
            "socket_keepalive": True,
            **transport,
        },
    )
    return app


class WakeUps:
    """Sends messages from a thread of its own, so that nobody waits for a Redis that does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._waiting: SimpleQueue[UUID | None] = SimpleQueue()
        self._thread: Thread | None = None

    def start(self, redis_url: str, installation: str) -> None:
        app = connected(redis_url, installation, socket_timeout=ANSWER_SECONDS)
        self._thread = Thread(target=self._send_all, args=(app,), name="wake-ups", daemon=True)
        self._thread.start()

    def send(self, job_id: UUID) -> None:
        """Say that this job waits."""
        self._waiting.put(job_id)

    def stop(self) -> None:
        self._waiting.put(None)
        if self._thread:
            self._thread.join(STOP_SECONDS)

    def _send_all(self, app: Celery) -> None:
        failing = False
        while job_id := self._waiting.get():
            try:
                self._send(app, job_id)
                failing = False
            except (KombuError, OSError, SQLAlchemyError) as error:
                if not failing:
                    log.warning("workers are not told of new jobs, they find them in the table: %s", error)
                failing = True

    def _send(self, app: Celery, job_id: UUID) -> None:
        queue = self._queue(job_id)
        if queue is not None:
            policy = {"max_retries": 1, "interval_start": 0}  # once more, on a new connection
            app.send_task(TASK, (str(job_id),), queue=queue, retry=True, retry_policy=policy)

    def _queue(self, job_id: UUID) -> str | None:
        with self._database.read() as tx:
            found = tx.execute(select(JobRow.lane, JobRow.priority).where(JobRow.id == job_id)).first()
        if found is None:
            return None
        lane, priority = found
        return QUEUES[lane][min(priority, len(QUEUES[lane]) - 1)]


def consume(app: Celery, lane: str, serve: Callable[[], None], leave: Callable[[], None]) -> None:
    """Take messages of a lane until the process is told to end, and call `serve` for each.

    All in this thread: no other message is taken while `serve` waits, and nobody else touches the connection
    (acknowledged from a thread of Celery's pool while Redis is gone, a consumer never comes back).
    `leave` is called beside it as soon as the end is asked for.
    """

    @app.task(name=TASK, shared=False)  # type: ignore[untyped-decorator]
    def look_for_work(_job_id: str) -> None:
        serve()

    def shutting_down(**_about: Any) -> None:
        Thread(target=leave, name="leaving", daemon=True).start()

    for chatty in ("celery.worker.strategy", "celery.app.trace"):  # two lines for every message
        logging.getLogger(chatty).setLevel(logging.WARNING)
    setup_logging.connect(_keep_logging, weak=False)
    worker_shutting_down.connect(shutting_down, weak=False)
    worker = app.Worker(
        pool="solo",
        queues=list(QUEUES[lane]),
        hostname=f"{lane}@{socket.gethostname()}",
        quiet=True,
        without_gossip=True,
        without_mingle=True,
        without_heartbeat=True,
    )
    worker.start()


def _keep_logging(**_about: Any) -> None:
    """Being connected is enough: Celery then leaves the loggers as they are."""
