"""The OpenAPI document: every route, true parameters and fields, answers as they are; and its page."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate

from api.context import KEY
from api.docs.document import OPERATIONS, UndescribedRoute, described
from tests.api.test_error_shape import DOCUMENTS, PUBLIC, call, objects_of, request_of, routes
from tests.api.world import World
from tests.conftest import PASSWORD

SPEC = "/api/docs/openapi.json"
KNOWN = re.compile(r"Known are (.+)")


@pytest.fixture(scope="module")
def world(idle_app: Flask) -> World:
    return World.of(idle_app, idle_app.extensions[KEY].accounts.sign_up("reader@example.org", PASSWORD))


@pytest.fixture(scope="module")
def ids(world: World) -> dict[str, str]:
    return objects_of(world)


@pytest.fixture(scope="module")
def document(idle_app: Flask) -> dict[str, Any]:
    found: dict[str, Any] = idle_app.test_client().get(SPEC).get_json()
    return found


def operations(document: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def of(document: dict[str, Any], method: str, rule: str) -> dict[str, Any]:
    """What is said of a route; parameters of the path may have other names."""
    shape = re.sub(r"<[^>]+>", "{}", rule)
    found = [
        operation
        for each, path, operation in operations(document)
        if each == method and re.sub(r"\{[^}]+\}", "{}", path) == shape
    ]
    assert len(found) == 1, f"{method} {rule}"
    return found[0]


def schema_errors(document: dict[str, Any], schema: dict[str, Any], value: Any) -> list[str]:
    whole = {**schema, "components": document["components"]}
    return [error.message for error in Draft202012Validator(whole).iter_errors(value)]


def test_the_document_is_valid_openapi_3_1(document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1.")
    validate(document)


def test_every_route_is_in_the_document_and_nothing_else(idle_app: Flask, document: dict[str, Any]) -> None:
    there = {f"{method} {rule}" for method, rule in routes(idle_app)}
    assert there == set(OPERATIONS)
    assert len(list(operations(document))) == len(there)
    for method, rule in routes(idle_app):
        assert of(document, method, rule)["summary"].endswith(".")


def test_a_route_that_nobody_described_is_missed() -> None:
    with pytest.raises(UndescribedRoute, match="/api/v1/elsewhere"):
        described("GET /api/v1/elsewhere")


def test_what_needs_a_token_says_so(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        public = path in PUBLIC | DOCUMENTS
        assert (operation["security"] == []) is public, f"{method} {path}"
        assert ("401" in operation["responses"]) is (not public) or path.startswith("/api/auth")
        errors = [answer for status, answer in operation["responses"].items() if status >= "400"]
        for answer in errors:
            schema = answer["content"]["application/json"]["schema"]
            assert schema == {"$ref": "#/components/schemas/Error"}


def test_query_parameters_are_those_that_a_route_knows(
    world: World,
    ids: dict[str, str],
    document: dict[str, Any],
) -> None:
    """Routes name what they know when they refuse an argument; that is what the document says."""
    compared = 0
    for method, rule in routes(world.caller.client.application):
        if method not in ("GET", "DELETE"):
            continue
        headers = world.caller.headers
        answer = call(world.caller.client, method, rule, ids, headers, query_string={"colour": "red"})
        known = KNOWN.search((answer.get_json(silent=True) or {}).get("suggestion") or "")
        if answer.status_code == 400 and known:
            told = {
                each["name"] for each in of(document, method, rule)["parameters"] if each["in"] == "query"
            }
            assert told == set(known[1].split(", ")) - {"none"}, f"{method} {rule}"
            compared += 1
    assert compared > 25


def test_fields_of_bodies_are_those_that_a_route_knows(
    world: World,
    ids: dict[str, str],
    document: dict[str, Any],
) -> None:
    compared = 0
    for method, rule in routes(world.caller.client.application):
        if method not in ("POST", "PUT", "PATCH"):
            continue
        answer = call(world.caller.client, method, rule, ids, world.caller.headers, json={"colour": 1})
        details = (answer.get_json() or {}).get("details") or {}
        if "known" in details:
            content = of(document, method, rule).get("requestBody", {}).get("content", {})
            reference = content.get("application/json", {}).get("schema", {}).get("$ref", "/nothing")
            model = document["components"]["schemas"].get(reference.rpartition("/")[2], {})
            if model.get("additionalProperties") is not True:
                assert set(model.get("properties", {})) == set(details["known"]), f"{method} {rule}"
                compared += 1
    assert compared > 20


def test_answers_are_as_the_document_says(
    world: World,
    ids: dict[str, str],
    document: dict[str, Any],
) -> None:
    """Every GET that has something to show, against the schema of its status; no field untold."""
    compared = 0
    for method, rule in routes(world.caller.client.application):
        if method != "GET" or rule == SPEC:
            continue
        arguments = request_of(method, rule, ids)
        answer = call(world.caller.client, method, rule, ids, world.caller.headers, **arguments)
        said = of(document, method, rule)["responses"]
        assert str(answer.status_code) in said, f"{method} {rule}: {answer.status_code}"
        if answer.is_json and answer.status_code < 300:
            schema = said[str(answer.status_code)]["content"]["application/json"]["schema"]
            assert schema_errors(document, schema, answer.get_json()) == [], f"{method} {rule}"
            model = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
            if "Evaluation" not in schema["$ref"]:
                assert set(answer.get_json()) <= set(model["properties"]), f"{method} {rule}"
            compared += 1
    assert compared > 25


def test_the_page_shows_every_route_and_loads_nothing(client: FlaskClient, app: Flask) -> None:
    answer = app.test_client().get("/api/docs")
    html = answer.get_data(as_text=True)
    assert (answer.status_code, answer.mimetype) == (200, "text/html")
    assert not re.search(r"<(script|img|iframe|link)|https?://|@import|url\(", html)
    for method, rule in routes(app):
        if "csv-files/<" not in rule and "training/api-keys/<" not in rule:
            path = rule.replace("<", "{").replace(">", "}")
            assert f"<code>{path}</code>" in html, f"{method} {rule}"


def test_a_server_starts_without_the_library_of_the_document() -> None:
    """It is loaded by the first who asks."""
    text = Path("app.py").read_text() + Path("api/docs/__init__.py").read_text()
    assert not re.search(r"^(from|import) (spectree|api\.docs\.)", text, re.MULTILINE)
