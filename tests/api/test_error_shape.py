"""A walk over every route: no token 401, another user's objects 404, wrong JSON 400 or 422, one error shape.

New routes are found by themselves; one that names an object in its body or query needs a row in NAMES.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.datastructures import FileStorage
from werkzeug.test import TestResponse, encode_multipart

from api.context import KEY
from services.accounts import User
from services.uploads.tus.store import About
from tests.api.caller import refusal
from tests.api.world import World
from tests.builders import add_file, add_training, ready_session
from tests.conftest import PASSWORD

PUBLIC = {
    "/api/auth/options",
    "/api/auth/sign-up",
    "/api/auth/sign-in",
    "/api/auth/refresh",
    "/api/auth/sign-out",
}
DOCUMENTS = {"/api/docs", "/api/docs/openapi.json"}  # public too
TRAINING = "/api/training"

# What a request must hold beside its path for the object it names to be looked for.
SESSION, JOB = "{session}", "{job}"
ACTIONS = ("submit", "pause", "resume", "cancel", "retry", "restart", "finish")
ENTRY = {"fileName": "wind.csv", "bezeichnung": "Wind", "type": "input"}
KNOWN = {"fileName": "wind.csv", "fileType": "input", "fileHash": "0" * 64, "fileSize": 10}
NAMES: dict[str, dict[str, Any]] = {
    f"POST {TRAINING}/csv-files": {"json": {"sessionId": SESSION, "fileData": ENTRY}},
    f"POST {TRAINING}/upload-known": {"json": {**KNOWN, "sessionId": SESSION}},
    f"POST {TRAINING}/finalize-session": {"json": {"sessionId": SESSION}},
    f"POST {TRAINING}/generate-plot": {"json": {"sessionId": SESSION, "df_plot_out": {"Load": True}}},
    f"POST {TRAINING}/init-session": {"json": {"sessionId": SESSION}},
    f"POST {TRAINING}/create-database-session": {"json": {"sessionId": SESSION}},
    f"POST {TRAINING}/save-time-info": {"json": {"sessionId": SESSION, "timeInfo": {"jahr": True}}},
    f"POST {TRAINING}/save-zeitschritte": {"json": {"sessionId": SESSION, "zeitschritte": {"eingabe": 4}}},
    f"POST {TRAINING}/session-name-change": {"json": {"sessionId": SESSION, "sessionName": "Mine"}},
    f"POST {TRAINING}/upload-chunk": {
        "form": {
            "sessionId": SESSION,
            "fileName": "a.csv",
            "fileType": "input",
            "chunkIndex": 0,
            "totalChunks": 1,
        }
    },
    f"DELETE {TRAINING}/upload-status": {"query_string": {"sessionId": SESSION, "fileName": "a.csv"}},
    f"GET {TRAINING}/upload-status": {"query_string": {"sessionId": SESSION, "fileName": "a.csv"}},
    f"GET {TRAINING}/download-model-h5/<session_id>": {
        "query_string": {"filename": "LIN_20260105_best_model.npz"}
    },
    f"GET /api/v1{TRAINING[4:]}/jobs": {"query_string": {"session_id": SESSION}},
    f"POST {TRAINING}/api-keys/<session_id>": {"json": {"name": "Stolen"}},
    "GET /api/v1/api-keys": {"query_string": {"session_id": SESSION}},
    "POST /api/v1/api-keys": {"json": {"session_id": SESSION, "name": "Stolen"}},
    "POST /api/v1/sessions/<session_id>/shares": {"json": {"email": "a@example.org", "role": "editor"}},
    "PATCH /api/v1/sessions/<session_id>/shares/<share_id>": {"json": {"role": "editor"}},
    "GET /api/v1/leaderboard": {"query_string": {"job_id": JOB}},
    f"POST {TRAINING}/train-models/<session_id>": {"json": {"model_parameters": {"MODE": "LIN"}}},
    f"POST {TRAINING}/scale-data/<session_id>": {"json": {"input_data": [[1, 2, 3, 4]]}},
    f"POST {TRAINING}/save-forecast-config/<session_id>": {"json": {"features": []}},
    f"POST {TRAINING}/predict/<session_id>": {"json": {"input_data": [[[1, 2, 3, 4]] * 4]}},
    f"PUT {TRAINING}/csv-files/<file_id>": {"json": {"bezeichnung": "Stolen"}},
    "POST /api/v1/training/jobs": {
        "json": {
            "workload": "forecast",
            "session_id": SESSION,
            "config": {"model_parameters": {"MODE": "LIN"}},
        }
    },
    "POST /api/v1/preview": {"form": {"session_id": SESSION}},
    "PATCH /api/v1/sessions/<session_id>": {"json": {"name": "Stolen"}},
    "PATCH /api/v1/training/jobs/<job_id>": {"json": {"name": "Stolen"}},
    "POST /api/v1/sessions/<session_id>/windows/preview": {"json": {"at": -1}},
    "POST /api/v1/models": {"json": {"job_id": JOB}},
    "GET /api/v1/models": {"query_string": {"session_id": SESSION}},
    "PATCH /api/v1/models/<model>": {"json": {"name": "Stolen"}},
    "POST /api/v1/models/<model>/promote": {"json": {"version": 1}},
    "GET /api/v1/models/<model>/compare": {"query_string": {"a": "1", "b": "1"}},
    "POST /api/v1/sessions/<session_id>/predict/inputs": {"json": {"at": "2026-01-05T08:00:00Z"}},
    "POST /api/v1/sessions/<session_id>/predict": {"json": {"at": "2026-01-05T08:00:00Z"}},
    "POST /api/v1/workloads/<workload>/validate": {
        "json": {"config": {"model_parameters": {"MODE": "LIN"}}, "session_id": SESSION}
    },
}
# These speak of the caller alone.
NAMES_NOTHING = {
    "GET /api/auth/options",
    *(f"POST {path}" for path in PUBLIC - {"/api/auth/options"}),
    "GET /api/auth/me",
    "POST /api/auth/password",
    "GET /api/auth/sign-ins",
    "DELETE /api/auth/sign-ins",
    "GET /api/v1/security-events",
    "GET /api/v1/usage",
    f"GET {TRAINING}/environment-info",
    f"GET {TRAINING}/list-sessions",
    f"POST {TRAINING}/delete-all-sessions",
    *(f"GET {path}" for path in DOCUMENTS),
    "GET /api/v1/sessions",
    "GET /api/v1/sessions/tags",
    "POST /api/v1/sessions",
    "GET /api/v1/devices",
    "GET /api/v1/workers",
    "GET /api/v1/queues",
    "GET /api/v1/queues/<queue>",
    "GET /api/v1/workloads",
    "GET /api/v1/workloads/<workload>",
    "POST /files/",  # names a session in its headers: test_tus.py
}
TAKES_NO_BODY = {
    "POST /api/v1/sessions/<session_id>/duplicate",
    "POST /api/v1/sessions/<session_id>/restore",
    f"POST {TRAINING}/save-model/<session_id>",
    f"POST {TRAINING}/session/<session_id>/delete",
    *(f"POST /api/v1/training/jobs/<job_id>/{action}" for action in ACTIONS),
}
WRONG_BODIES = {
    "nothing": b"",
    "no JSON": b"{'a': 1",
    "no object": b"[1, 2]",
    "no text": b"\xff\xfe\x00",
    "NaN": b'{"sessionId": NaN}',
    "half a character": b'{"sessionId": "\\ud800"}',
    "half a character as it is": b'{"sessionId": "\xed\xa0\x80"}',
    "NUL": b'{"a": [{"b": "x\\u0000"}]}',
    "a bottomless list": b"[" * 100_000,
    "unknown fields": b'{"colour_of_the_page": "red"}',
}


@pytest.fixture(scope="module")
def world(idle_app: Flask) -> World:
    tokens = idle_app.extensions[KEY].accounts.sign_up("walker@example.org", PASSWORD)
    return World.of(idle_app, tokens)


@pytest.fixture(scope="module")
def ids(world: World) -> dict[str, str]:
    return objects_of(world)


def objects_of(world: World) -> dict[str, str]:
    """One object of every kind, named as the converters of the routes; all belong to `world`."""
    session_id = ready_session(world.database, world.user_id)
    job_id = add_training(world.database, world.blobs, world.user_id, session_id)
    file_id = add_file(world.database, session_id, "Wind", "input")
    return {
        "session_id": str(session_id),
        "job_id": str(job_id),
        "file_id": str(file_id),
        "name": "scalers.zip",
        "workload": "forecast",
        "queue": "training-low",
        "model": world.raw("POST", "/api/v1/models", json={"job_id": str(job_id)}).get_json()["model"]["id"],
        "version": "1",
        "sign_in": world.services.sign_ins.of(User(world.user_id, ""))[0]["id"],
        "share_id": world.services.sharing.share(
            world.user_id, str(session_id), "guest@example.org", "reader"
        )["id"],
        "key_id": world.services.api_keys.create(world.user_id, str(session_id), {"name": "Walk"})[0]["id"],
        "upload_id": world.services.tus.store.create(world.user_id, About(10, "", str(session_id))).id,
    }


@pytest.fixture(scope="module")
def stranger(world: World) -> World:
    return world.neighbour("passer-by@example.org")


def routes(app: Flask) -> Iterator[tuple[str, str]]:
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith(("/api/", "/files/")):
            for method in sorted((rule.methods or set()) - {"HEAD", "OPTIONS"}):
                yield method, rule.rule


def call(
    client: FlaskClient, method: str, rule: str, ids: dict[str, str], headers: dict[str, str], **more: Any
) -> TestResponse:
    path = rule
    for name, value in ids.items():
        path = path.replace(f"<{name}>", value)
    assert "<" not in path, f"{rule}: which object may stand there? Add it to `ids`"
    return client.open(path, method=method, headers=headers, buffered=True, **more)


def request_of(method: str, rule: str, ids: dict[str, str]) -> dict[str, Any]:
    """What reaches the point where the object is looked for."""
    wanted = NAMES.get(f"{method} {rule}", {"json": {}} if method in ("POST", "PUT") else {})
    text = json.dumps(wanted).replace(SESSION, ids["session_id"]).replace(JOB, ids["job_id"])
    filled = json.loads(text)
    form = filled.pop("form", None)
    return filled if form is None else filled | form_data(form)


def form_data(fields: dict[str, Any]) -> dict[str, Any]:
    boundary, data = encode_multipart({**fields, "chunk": FileStorage(io.BytesIO(b"a"), "blob")})
    return {"data": data, "content_type": f"multipart/form-data; boundary={boundary}"}


def problems(answers: dict[str, TestResponse], *statuses: int) -> list[str]:
    """The routes that answered otherwise, or in another shape."""
    wrong = []
    for route, answer in answers.items():
        try:
            refusal(answer, *statuses)
        except (AssertionError, TypeError) as error:
            wrong.append(f"{route}: {error}")
    return wrong


def test_without_a_token_every_route_answers_401(world: World, ids: dict[str, str]) -> None:
    client = world.caller.client
    for headers, code in (
        ({}, "MISSING_AUTHORIZATION"),
        ({"Authorization": "Basic dTpw"}, "MISSING_AUTHORIZATION"),
        ({"Authorization": "Bearer x.y.z"}, "INVALID_TOKEN"),
    ):
        answers = {
            f"{method} {rule}": call(client, method, rule, ids, headers)
            for method, rule in routes(client.application)
            if rule not in PUBLIC | DOCUMENTS
        }
        assert len(answers) > 40
        assert problems(answers, 401) == []
        assert {answer.get_json()["code"] for answer in answers.values()} == {code}


def test_what_belongs_to_another_user_does_not_exist(
    world: World, ids: dict[str, str], stranger: World
) -> None:
    client = world.caller.client
    answers = {
        f"{method} {rule}": call(
            client, method, rule, ids, stranger.caller.headers, **request_of(method, rule, ids)
        )
        for method, rule in routes(client.application)
        if f"{method} {rule}" not in NAMES_NOTHING
    }
    wrong = problems(answers, 404)
    assert wrong == [], "\n".join(wrong)


def test_the_owner_is_not_told_that_it_does_not_exist(world: World, ids: dict[str, str]) -> None:
    """Otherwise the walk above would prove nothing."""
    client = world.caller.client
    for method, rule in routes(client.application):
        route = f"{method} {rule}"
        if method == "GET" and route not in NAMES_NOTHING:
            answer = call(client, method, rule, ids, world.caller.headers, **request_of(method, rule, ids))
            body = answer.get_json(silent=True) or {}
            assert body.get("code") not in ("SESSION_NOT_FOUND", "JOB_NOT_FOUND"), route


@pytest.mark.parametrize("wrong", WRONG_BODIES)
def test_a_body_that_cannot_be_read_is_refused(world: World, ids: dict[str, str], wrong: str) -> None:
    client = world.caller.client
    answers = {
        f"{method} {rule}": call(
            client,
            method,
            rule,
            ids,
            world.caller.headers,
            data=WRONG_BODIES[wrong],
            content_type="application/json",
        )
        for method, rule in routes(client.application)
        if method in ("POST", "PUT", "PATCH")
        and rule.startswith("/api/")
        and (WRONG_BODIES[wrong] or f"{method} {rule}" not in TAKES_NO_BODY)
    }
    assert len(answers) > 15
    assert problems(answers, 400, 422) == []


def test_every_table_of_this_walk_names_routes_that_exist(world: World) -> None:
    known = {f"{method} {rule}" for method, rule in routes(world.caller.client.application)}
    assert {*NAMES, *NAMES_NOTHING, *TAKES_NO_BODY} <= known


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/nowhere", 404, "NOT_FOUND"),
        ("GET", "/api/training/nothing", 404, "NOT_FOUND"),
        ("GET", "/api/../../etc/passwd", 404, "NOT_FOUND"),
        ("PUT", "/api/training/list-sessions", 405, "METHOD_NOT_ALLOWED"),
        ("BREW", "/health/live", 405, "METHOD_NOT_ALLOWED"),
    ],
)
def test_what_flask_refuses_has_the_same_shape(
    world: World, method: str, path: str, status: int, code: str
) -> None:
    answer = world.caller.client.open(path, method=method)
    assert refusal(answer, status)["code"] == code
    if status == 405:
        assert "GET" in answer.headers["Allow"]


def test_a_body_that_is_too_large_is_refused_before_it_is_read(world: World) -> None:
    answer = world.caller.client.post(
        "/api/training/init-session",
        headers=world.caller.headers,
        environ_overrides={"CONTENT_LENGTH": str(10**10), "wsgi.input": io.BytesIO(b"{}")},
    )
    assert refusal(answer, 413)["code"] == "PAYLOAD_TOO_LARGE"


def test_a_fault_of_ours_is_told_in_one_sentence(
    app: Flask, client: FlaskClient, caplog: pytest.LogCaptureFixture
) -> None:
    def explode() -> str:
        raise RuntimeError("the password is 12345")

    app.view_functions["health.live"] = explode
    answer = client.get("/health/live", headers={"X-Request-Id": "walk-7"})
    body = refusal(answer, 500)
    assert body["code"] == "INTERNAL_ERROR"
    assert "walk-7" in body["suggestion"]
    assert "12345" not in answer.get_data(as_text=True)
    assert "the password is 12345" in caplog.text  # here unformatted; services.logs blots it out


def test_a_number_that_json_does_not_have_never_leaves(app: Flask, client: FlaskClient) -> None:
    app.view_functions["health.live"] = lambda: {"value": float("nan")}
    assert refusal(client.get("/health/live"), 500)["code"] == "INTERNAL_ERROR"
