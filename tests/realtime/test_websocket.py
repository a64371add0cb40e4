"""The plain WebSocket of a job, word by word as its contract has it, in both async modes."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from itertools import pairwise
from typing import Any
from uuid import UUID, uuid4

import pytest
import requests
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from tests.realtime.conftest import House

PERIOD = 5.0
STAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
STATUS_KEYS = {
    "event",
    "job_id",
    "status",
    "current_epoch",
    "total_epochs",
    "progress_percent",
    "metrics",
    "error_message",
    "timestamp",
}
METRICS = {"train_loss", "val_loss", "train_accuracy", "val_accuracy", "learning_rate"}
Payload = dict[str, Any]


@contextmanager
def opened(house: House, job: object, token: str | None = None, **options: Any) -> Iterator[ClientConnection]:
    url = house.server.url.replace("http", "ws")
    with connect(f"{url}/ws/training/{job}", proxy=None, **options) as socket:
        if token is not None:
            socket.send(json.dumps({"event": "auth", "token": token}))
        yield socket


def read(socket: ClientConnection, seconds: float = 20.0) -> Payload:
    message: Payload = json.loads(socket.recv(seconds), parse_constant=pytest.fail)
    return message


def all_until_closed(socket: ClientConnection) -> tuple[list[Payload], int]:
    """What came until the server closed, and its code."""
    messages = []
    while True:
        try:
            messages.append(read(socket))
        except ConnectionClosed as end:
            assert end.rcvd is not None, "the server went without closing"
            return messages, end.rcvd.code


def owned(house: House, workload: str, **config: Any) -> tuple[UUID, str, UUID]:
    user, token = house.account()
    session, _ = house.session(user)
    return user, token, house.submit(user, session, workload, **config)


@pytest.fixture(scope="module", autouse=True)
def silent(house: House) -> Iterator[Future[Any]]:
    """A client that says nothing, beside all other tests: seconds, messages and code until it is closed."""

    def wait() -> tuple[float, list[Payload], int]:
        began = time.monotonic()
        with opened(house, uuid4()) as socket:
            messages, code = all_until_closed(socket)
        return time.monotonic() - began, messages, code

    with ThreadPoolExecutor(1) as pool:
        yield pool.submit(wait)


def test_a_client_is_greeted_told_the_status_and_sent_off_at_the_end(house: House) -> None:
    _, token, job = owned(house, "toy_count", n=8, pause=0.1)
    with opened(house, job, token) as socket:
        messages, code = all_until_closed(socket)
    assert code == 1000
    greeting, *statuses = messages
    assert STAMP.fullmatch(greeting.pop("timestamp"))
    assert greeting == {
        "event": "connected",
        "job_id": str(job),
        "message": "Connected to training job",
    }
    for status in statuses:
        assert set(status) == STATUS_KEYS
        assert set(status["metrics"]) == METRICS
        assert (status["event"], status["job_id"]) == ("training_status", str(job))
        assert STAMP.fullmatch(status["timestamp"])
    told = [status["status"] for status in statuses]
    assert told == sorted(told, key=["queued", "running", "completed"].index)
    assert (told[-1], told.count("completed")) == ("completed", 1)
    assert (statuses[-1]["progress_percent"], statuses[-1]["total_epochs"]) == (100.0, 8)
    assert statuses[-1]["error_message"] is None


def test_the_last_status_of_a_failed_job_says_why(house: House) -> None:
    _, token, job = owned(house, "toy_fail", how="data")
    with opened(house, job, token) as socket:
        messages, code = all_until_closed(socket)
    assert (messages[-1]["status"], messages[-1]["error_message"]) == ("failed", "No window fits")
    assert code == 1000


def test_a_job_that_has_ended_is_told_once(house: House) -> None:
    user, token, job = owned(house, "toy_metrics", n=9)
    house.finished(user, job)
    with opened(house, job, additional_headers={"Authorization": f"Bearer {token}"}) as socket:
        (greeting, status), code = all_until_closed(socket)
    assert (greeting["event"], status["status"], code) == ("connected", "completed", 1000)
    assert (status["current_epoch"], status["metrics"]["train_loss"]) == (9, 1 / 9)
    assert status["metrics"]["learning_rate"] is None


def test_a_client_pinging_every_second_still_gets_its_status(house: House) -> None:
    """And one that is silent gets it as often."""
    user, token, job = owned(house, "toy_hang")
    with opened(house, job, token) as busy, opened(house, job, token) as silent:
        arrived: list[float] = []
        pongs = 0
        periods: list[float] = []
        next_ping = began = time.monotonic()
        while not periods and time.monotonic() < began + 4 * PERIOD:
            if time.monotonic() >= next_ping:
                busy.send(json.dumps({"event": "ping"}))
                next_ping += 1.0
            try:
                message = read(busy, max(0.0, next_ping - time.monotonic()))
            except TimeoutError:
                continue
            pongs += message["event"] == "pong" and STAMP.fullmatch(message["timestamp"]) is not None
            if message["event"] == "training_status":
                arrived.append(time.monotonic())
                gaps = [b - a for a, b in pairwise(arrived)]
                periods = [gap for gap in gaps if gap > PERIOD / 2]  # the others tell of changes
        assert pongs >= 4
        assert periods == pytest.approx([PERIOD], abs=1.0)
        house.services.jobs.cancel(user, job)
        messages, code = all_until_closed(silent)
    assert [each["event"] for each in messages].count("training_status") >= 3, "at once, once more, the last"
    assert (messages[-1]["status"], code) == ("cancelled", 1000)


def test_without_a_token_it_is_closed_with_a_reason(house: House) -> None:
    _, _, job = owned(house, "toy_count")
    for said in (
        '{"event": "ping"}',
        "no json",
        '{"event": "auth"}',
        b"\x00",
        '{"event": "auth", "token": 7}',
    ):
        with opened(house, job) as socket:
            socket.send(said)
            (refusal,), code = all_until_closed(socket)
        assert (refusal["event"], refusal["code"], code) == ("error", "MISSING_AUTHORIZATION", 4401)
        assert "auth" in refusal["message"]
    for options in ({"token": "no.such.token"}, {"additional_headers": {"Authorization": "Basic eA=="}}):
        with opened(house, job, **options) as socket:
            (refusal,), code = all_until_closed(socket)
        assert (refusal["event"], code) == ("error", 4401)


def test_the_jobs_of_others_do_not_exist(house: House) -> None:
    _, _, job = owned(house, "toy_count")
    _, token = house.account()
    for foreign in (job, uuid4(), "seven"):
        with opened(house, foreign, token) as socket:
            (refusal,), code = all_until_closed(socket)
        assert (refusal["event"], refusal["code"], code) == ("error", "JOB_NOT_FOUND", 4404)


def test_it_is_closed_when_the_sign_in_has_ended(house: House) -> None:
    user, token, job = owned(house, "toy_hang")
    with opened(house, job, token) as socket:
        assert read(socket)["event"] == "connected"
        house.services.sign_ins.end_all(house.services.accounts.authenticate(token))
        messages, code = all_until_closed(socket)
    assert (messages[-1]["event"], messages[-1]["code"], code) == ("error", "SIGNED_OUT", 4401)
    house.services.jobs.cancel(user, job)


def test_what_is_malformed_is_answered_and_the_connection_stays(house: House) -> None:
    user, token, job = owned(house, "toy_hang")
    with opened(house, job, token) as socket:
        wrong = ("no json", "[1]", "{", b"\xff\xfe", '{"event": "reboot"}', '{"event": {"ping": 1}}', "7")
        for said in wrong:
            socket.send(said)
        socket.send(json.dumps({"event": "ping"}))
        answers: list[Payload] = []
        while not answers or answers[-1]["event"] != "pong":
            answers.append(read(socket))
        errors = [each for each in answers if each["event"] == "error"]
        assert len(errors) == len(wrong)
        assert {each["code"] for each in errors} == {"INVALID_MESSAGE", "UNKNOWN_EVENT"}
        house.services.jobs.cancel(user, job)
        assert all_until_closed(socket)[1] == 1000


def test_a_message_of_megabytes_ends_only_its_own_connection(house: House) -> None:
    user, token, job = owned(house, "toy_hang")
    with opened(house, job, token, close_timeout=1) as greedy, opened(house, job, token) as other:
        assert read(other)["event"] == "connected"
        greedy.send("x" * 1_000_000)
        with pytest.raises(ConnectionClosed):
            while True:
                read(greedy)
        other.send('{"event": "ping"}')
        while read(other)["event"] != "pong":
            pass
        house.services.jobs.cancel(user, job)


def test_a_plain_request_is_told_that_this_is_a_websocket(house: House) -> None:
    url = f"{house.server.url}/ws/training/{uuid4()}"
    half = {"Connection": "Upgrade", "Upgrade": "websocket"}
    for headers in ({}, half, {**half, "Sec-WebSocket-Key": "x", "Sec-WebSocket-Version": "1"}):
        answer = requests.get(url, headers=headers, timeout=10)
        assert answer.status_code == 400
        assert answer.json()["success"] is False


def test_who_sends_no_token_is_closed_within_ten_seconds(silent: Future[Any]) -> None:
    seconds, (refusal,), code = silent.result(20)
    assert (refusal["code"], code) == ("MISSING_AUTHORIZATION", 4401)
    assert 8 < seconds < 12
