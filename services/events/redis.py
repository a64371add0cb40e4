"""Events between machines: what one process publishes, the others hear through a channel of Redis.

The channel is news only. What it loses, because Redis was gone or a machine died between storing and telling,
is in the rows, where those who watch look every few seconds.
"""

from __future__ import annotations

import json
import logging
import time
from collections import deque
from threading import Event as Flag
from threading import Thread
from typing import Any
from uuid import uuid4

from redis import Redis, RedisError
from redis.backoff import NoBackoff
from redis.retry import Retry

from services.events import Event, EventBus

MAX_WAITING = 10_000  # events; beyond that the oldest are left to the rows
MAX_TOLD_AT_ONCE = 100
ANSWER_SECONDS = 5.0  # a Redis that is silent for longer counts as gone
FIRST_PAUSE_SECONDS = 0.1
LONGEST_PAUSE_SECONDS = 2.0
STOP_SECONDS = 2.0
log = logging.getLogger(__name__)


class RedisEventBus(EventBus):
    """An EventBus whose listeners hear every process of the installation, each event once."""

    def __init__(self, redis_url: str) -> None:
        super().__init__()
        self._redis = Redis.from_url(
            redis_url,
            socket_timeout=ANSWER_SECONDS,
            socket_connect_timeout=ANSWER_SECONDS,
            socket_keepalive=True,
            health_check_interval=10,
            retry=Retry(NoBackoff(), 0),  # a lost connection must be noticed here, not papered over
        )
        self._sender = uuid4().hex
        self._channel = ""
        self._waiting: deque[Event] = deque(maxlen=MAX_WAITING)
        self._told = Flag()
        self._stopping = Flag()
        self._threads: list[Thread] = []

    def start(self, channel: str, *, listen: bool) -> None:
        """Begin to tell, and if wanted to listen; returns at once, whether Redis answers or not."""
        self._channel = channel
        self._stopping.clear()
        self._threads = [Thread(target=self._tell, name="events to Redis", daemon=True)]
        if listen:
            self._threads.append(Thread(target=self._listen, name="events from Redis", daemon=True))
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Tell what is waiting, if that is quickly done."""
        self._stopping.set()
        self._told.set()
        deadline = time.monotonic() + STOP_SECONDS
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def publish(self, event: Event) -> None:
        super().publish(event)
        self._waiting.append(event)
        self._told.set()

    def _tell(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while True:
            self._told.wait()
            self._told.clear()
            while self._waiting:
                try:
                    self._send()
                    pause = FIRST_PAUSE_SECONDS
                except RedisError as error:  # not sent again: it may have arrived, and once is the promise
                    pause = self._pause("events are not told to the other machines", error, pause)
            if self._stopping.is_set():
                return

    def _send(self) -> None:
        count = min(len(self._waiting), MAX_TOLD_AT_ONCE)
        events = [self._waiting.popleft().to_json() for _ in range(count)]
        message = {"sender": self._sender, "events": events}
        self._redis.publish(self._channel, json.dumps(message, ensure_ascii=False, allow_nan=False))

    def _listen(self) -> None:
        pause = FIRST_PAUSE_SECONDS
        while not self._stopping.is_set():
            try:
                with self._redis.pubsub() as subscription:  # type: ignore[no-untyped-call]
                    subscription.subscribe(self._channel)
                    pause = self._hear_all(subscription)
            except RedisError as error:
                pause = self._pause("events of the other machines are not heard", error, pause)

    def _hear_all(self, subscription: Any) -> float:
        """Until the connection fails or the server ends."""
        while not self._stopping.is_set():
            message = subscription.get_message(ignore_subscribe_messages=True, timeout=0.5)
            if message:
                self._hear(json.loads(message["data"]))
        return FIRST_PAUSE_SECONDS

    def _hear(self, message: dict[str, Any]) -> None:
        if message["sender"] != self._sender:
            for event in message["events"]:
                super().publish(Event.from_json(event))

    def _pause(self, what: str, error: RedisError, pause: float) -> float:
        if pause == FIRST_PAUSE_SECONDS:
            log.warning("%s until Redis answers again: %s", what, error)
        self._stopping.wait(pause)
        return min(LONGEST_PAUSE_SECONDS, 2 * pause)


def why_silent(url: str) -> str | None:
    """What keeps a Redis from answering now; None if it does."""
    with Redis.from_url(url, socket_timeout=ANSWER_SECONDS, socket_connect_timeout=ANSWER_SECONDS) as redis:
        try:
            redis.ping()
        except RedisError as error:
            return str(error)
    return None
