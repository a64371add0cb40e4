"""Who gets where: owner, editor, reader and keys of every scope, walked over every route of the server."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import select, update
from werkzeug.test import TestResponse

from api.context import KEY
from middleware import rights
from services.access import OF_SCOPE, Need, asking
from services.errors import AppError
from services.storage.access_tables import ApiKeyRow, KeyCallsRow
from services.storage.tables import PlanRow, SubscriptionRow, now
from tests.api.test_error_shape import DOCUMENTS, NAMES, PUBLIC, SESSION, call, objects_of, request_of, routes
from tests.api.world import World
from tests.builders import add_training, ready_session
from tests.conftest import PASSWORD

GUEST = "guest@example.org"


@pytest.fixture
def world(app: Flask) -> World:
    return World.of(app, app.extensions[KEY].accounts.sign_up("owner@example.org", PASSWORD))


@pytest.fixture
def guest(world: World) -> World:
    return world.neighbour(GUEST)


@pytest.fixture
def session_id(world: World) -> UUID:
    return ready_session(world.database, world.user_id)


def shares(session_id: UUID | str) -> str:
    return f"/api/v1/sessions/{session_id}/shares"


def share(world: World, session_id: UUID | str, role: str, email: str = GUEST) -> dict[str, Any]:
    answer = world.raw("POST", shares(session_id), json={"email": email, "role": role})
    assert answer.status_code == 201, answer.get_data(as_text=True)
    found: dict[str, Any] = answer.get_json()["share"]
    return found


def new_key(world: World, session_id: UUID | str, *scopes: str, **more: Any) -> str:
    body = {"session_id": str(session_id), "name": uuid4().hex, "scopes": list(scopes), **more}
    answer = world.raw("POST", "/api/v1/api-keys", json=body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    key: str = answer.get_json()["key"]
    return key


def inside(world: World) -> Iterator[tuple[str, str]]:
    """Routes that name a session or something in it, what removes things last."""
    found = [
        (method, rule)
        for method, rule in routes(world.caller.client.application)
        if rule not in PUBLIC | DOCUMENTS
        and (any(name in rule for name in rights.INSIDE) or SESSION in str(NAMES.get(f"{method} {rule}", "")))
    ]
    yield from sorted(found, key=lambda each: each[0] == "DELETE" or each[1].endswith("/delete"))


def needed(world: World, method: str, rule: str) -> Need:
    with world.caller.client.application.test_request_context("/", method=method) as context:
        context.request.url_rule = next(
            each for each in world.caller.client.application.url_map.iter_rules() if each.rule == rule
        )
        return rights.needed()


def answers(world: World, ids: dict[str, str], headers: dict[str, str]) -> dict[str, TestResponse]:
    client = world.caller.client
    return {
        f"{method} {rule}": call(client, method, rule, ids, headers, **request_of(method, rule, ids))
        for method, rule in inside(world)
    }


def code(answer: TestResponse) -> str | None:
    return (answer.get_json(silent=True) or {}).get("code") if answer.status_code >= 400 else None


def test_a_reader_looks_at_everything_in_the_session_and_changes_nothing(world: World, guest: World) -> None:
    ids = objects_of(world)
    share(world, ids["session_id"], "reader")
    for route, answer in answers(world, ids, guest.caller.headers).items():
        method, _, rule = route.partition(" ")
        if needed(world, method, rule) is Need.READ:
            assert answer.status_code != 403, route
            assert code(answer) not in ("SESSION_NOT_FOUND", "JOB_NOT_FOUND", "MODEL_NOT_FOUND"), route
        elif code(answer) != "FILE_NOT_KNOWN":  # whose own files are asked for before the session
            assert answer.status_code == 403, f"{route}: {answer.get_data(as_text=True)[:300]}"
            assert code(answer) in ("SESSION_READ_ONLY", "SESSION_NOT_YOURS"), route


def test_an_editor_does_all_but_what_owners_do(world: World, guest: World) -> None:
    ids = objects_of(world)
    share(world, ids["session_id"], "editor")
    refused = set()
    for route, answer in answers(world, ids, guest.caller.headers).items():
        if answer.status_code == 403:
            assert code(answer) == "SESSION_NOT_YOURS", f"{route}: {answer.get_data(as_text=True)[:300]}"
            refused.add(route)
    owners = {f"{m} {r}" for m, r in inside(world) if needed(world, m, r) is Need.OWN}
    unnamed = {each for each in owners if "<key_id>" in each}
    assert refused == owners - unnamed and len(refused) > 5


@pytest.mark.parametrize("scope", OF_SCOPE)
def test_a_key_gets_where_its_scope_leads_and_nowhere_else(world: World, scope: str) -> None:
    ids = objects_of(world)
    headers = {"Authorization": f"Bearer {new_key(world, ids['session_id'], scope)}"}
    client = world.caller.client
    open_to = 0
    for method, rule in sorted(routes(client.application), key=lambda each: each[0] == "DELETE"):
        if rule in PUBLIC | DOCUMENTS:
            continue
        answer = call(client, method, rule, ids, headers, **request_of(method, rule, ids))
        need = needed(world, method, rule)
        names_something = any(name in rule for name in rights.INSIDE)
        may = need in OF_SCOPE[scope] and (need in (Need.PREDICT, Need.TRAIN) or names_something)
        said = f"{method} {rule}: {answer.status_code} {answer.get_data(as_text=True)[:200]}"
        if may:
            assert answer.status_code != 403 and answer.status_code != 401, said
            assert code(answer) not in ("SESSION_NOT_FOUND", "JOB_NOT_FOUND"), said
            open_to += 1
        else:
            assert answer.status_code == 403 and code(answer) in ("KEY_SCOPE", "KEY_NOT_ALLOWED"), said
    assert open_to >= 3


def test_a_key_of_another_session_opens_nothing(world: World) -> None:
    ids = objects_of(world)
    elsewhere = ready_session(world.database, world.user_id)
    headers = {"Authorization": f"Bearer {new_key(world, elsewhere, 'read', 'train')}"}
    for route, answer in answers(world, ids, headers).items():
        assert answer.status_code in (403, 404), f"{route}: {answer.get_data(as_text=True)[:300]}"
        if "<session_id>" in route and answer.status_code == 403:
            assert code(answer) in ("KEY_SESSION_MISMATCH", "KEY_NOT_ALLOWED", "KEY_SCOPE"), route


def test_without_saying_what_is_asked_only_owners_are_let_in(
    world: World, guest: World, session_id: UUID
) -> None:
    share(world, session_id, "editor")
    with pytest.raises(AppError):
        world.services.sessions.resolve(guest.user_id, str(session_id))
    with asking(Need.EDIT):
        assert world.services.sessions.resolve(guest.user_id, str(session_id)) == session_id


# sharing


def test_a_shared_session_is_marked_in_the_list_until_it_is_withdrawn(
    world: World, guest: World, session_id: UUID
) -> None:
    own = ready_session(guest.database, guest.user_id)
    shared = share(world, session_id, "reader")
    listed = {row["id"]: row for row in guest.ok("GET", "/api/v1/sessions")["sessions"]}
    assert listed[str(session_id)]["access"] == "reader"
    assert listed[str(session_id)]["owner"] == "owner@example.org"
    assert (listed[str(own)]["access"], listed[str(own)]["owner"]) == ("owner", None)
    assert guest.ok("GET", "/api/training/list-sessions")["total_count"] == 2
    changed = world.ok("PATCH", f"{shares(session_id)}/{shared['id']}", json={"role": "editor"})
    assert changed["share"]["role"] == "editor"
    assert guest.ok("GET", f"/api/v1/sessions/{session_id}")["session"]["access"] == "editor"
    guest.ok("PATCH", f"/api/v1/sessions/{session_id}", json={"name": "By the guest"})
    world.ok("DELETE", f"{shares(session_id)}/{shared['id']}")
    assert guest.refused("GET", f"/api/v1/sessions/{session_id}", 404)["code"] == "SESSION_NOT_FOUND"
    assert [row["id"] for row in guest.ok("GET", "/api/v1/sessions")["sessions"]] == [str(own)]
    assert world.ok("GET", shares(session_id))["shares"] == []


def test_the_answer_does_not_tell_whether_there_is_an_account(
    world: World, guest: World, session_id: UUID
) -> None:
    known, unknown = share(world, session_id, "reader"), share(world, session_id, "reader", "no@example.org")
    assert set(known) == set(unknown)
    listed = world.ok("GET", shares(session_id))["shares"]
    assert [each["email"] for each in listed] == [GUEST, "no@example.org"]
    later = world.neighbour("no@example.org")
    later.refused("GET", f"/api/v1/sessions/{session_id}", 404)  # whoever takes the address was not meant
    share(world, session_id, "reader", "No@Example.org ")
    later.ok("GET", f"/api/v1/sessions/{session_id}")
    assert len(world.ok("GET", shares(session_id))["shares"]) == 2


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"email": "nobody", "role": "reader"}, "email"),
        ({"email": 3, "role": "reader"}, "email"),
        ({"email": "owner@example.org", "role": "reader"}, "email"),
        ({"email": GUEST, "role": "owner"}, "role"),
        ({"email": GUEST}, "role"),
    ],
)
def test_what_cannot_be_shared_names_its_field(
    world: World, session_id: UUID, body: dict[str, Any], field: str
) -> None:
    assert world.refused("POST", shares(session_id), 422, json=body)["details"]["field"] == field


def test_an_editors_training_counts_for_the_editor_and_belongs_to_the_session(
    world: World, guest: World, session_id: UUID
) -> None:
    shared = share(world, session_id, "editor")
    job_id = guest.accepted(
        "POST", f"/api/training/train-models/{session_id}", json={"model_parameters": {"MODE": "LIN"}}
    )["job_id"]
    assert guest.services.plans.usage(guest.user_id).counters["training"].used == 1
    assert world.services.plans.usage(world.user_id).counters["training"].used == 0
    path = f"/api/v1/training/jobs/{job_id}"
    listed = world.ok("GET", f"/api/v1/training/jobs?session_id={session_id}")
    assert [job["id"] for job in listed["jobs"]] == [job_id]
    world.ok("GET", path)
    assert [job["id"] for job in guest.ok("GET", "/api/v1/training/jobs")["jobs"]] == [job_id]
    world.ok("DELETE", f"{shares(session_id)}/{shared['id']}")
    guest.refused("GET", path, 404)
    assert guest.ok("GET", "/api/v1/training/jobs")["jobs"] == []
    assert world.ok("POST", f"{path}/cancel")["job"]["status"] == "cancelled"


def test_a_model_that_an_editor_trained_is_the_owners(world: World, guest: World, session_id: UUID) -> None:
    share(world, session_id, "editor")
    job_id = add_training(world.database, world.blobs, guest.user_id, session_id)
    model = guest.raw("POST", "/api/v1/models", json={"job_id": str(job_id)}).get_json()["model"]
    assert [each["id"] for each in world.ok("GET", "/api/v1/models")["models"]] == [model["id"]]
    world.ok("POST", f"/api/v1/models/{model['id']}/promote", json={"version": 1})


# keys


def test_a_key_is_shown_once_and_kept_as_a_hash(world: World, session_id: UUID, app: Flask) -> None:
    key = new_key(world, session_id, "read")
    assert key.startswith("ty_") and len(key) >= 46
    (listed,) = world.ok("GET", "/api/v1/api-keys")["keys"]
    assert key.startswith(listed["prefix"]) and len(listed["prefix"]) == 10
    assert (listed["last_used_at"], listed["calls"]) == (None, 0)
    with world.database.read() as tx:
        row = tx.scalars(select(ApiKeyRow)).one()
    assert key not in str({column.key: getattr(row, column.key) for column in row.__mapper__.column_attrs})
    headers = {"Authorization": f"Bearer {key}"}
    for _ in range(3):
        assert app.test_client().get(f"/api/v1/sessions/{session_id}", headers=headers).status_code == 200
    (listed,) = world.ok("GET", "/api/v1/api-keys")["keys"]
    assert listed["calls"] == 3 and listed["last_used_at"] is not None
    world.ok("DELETE", f"/api/v1/api-keys/{listed['id']}")
    answer = app.test_client().get(f"/api/v1/sessions/{session_id}", headers=headers)
    assert (answer.status_code, code(answer)) == (401, "INVALID_API_KEY")
    with world.database.read() as tx:
        assert [row.calls for row in tx.scalars(select(KeyCallsRow))] == [3], "calls stay counted"


def test_its_last_use_is_stamped_once_an_hour(world: World, session_id: UUID) -> None:
    clock = [datetime(2030, 1, 1, tzinfo=UTC)]
    keys = type(world.services.api_keys)(world.database, world.services.sessions, lambda: clock[0])
    key = keys.create(world.user_id, str(session_id), {"name": "Clocked"})[1]
    stamps = []
    for minutes in (0, 59, 60):
        clock[0] = datetime(2030, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
        keys.authenticate(key)
        stamps.append(keys.list(world.user_id)[0]["last_used_at"])
    assert stamps == ["2030-01-01T00:00:00+00:00"] * 2 + ["2030-01-01T01:00:00+00:00"]


def test_how_keys_end(world: World, session_id: UUID, app: Flask) -> None:
    key = new_key(world, session_id, "read", expires_in_days=1)

    def refused() -> tuple[int, str | None]:
        answer = app.test_client().get(
            f"/api/v1/sessions/{session_id}", headers={"Authorization": f"Bearer {key}"}
        )
        return answer.status_code, code(answer)

    assert refused()[0] == 200
    for statement, expected in (
        (update(ApiKeyRow).values(expires_at=now() - timedelta(seconds=1)), (401, "API_KEY_EXPIRED")),
        (update(ApiKeyRow).values(expires_at=None), (200, None)),
        (
            update(SubscriptionRow).values(expires_at=now() - timedelta(seconds=1)),
            (403, "SUBSCRIPTION_EXPIRED"),
        ),
    ):
        with world.database.write() as tx:
            tx.execute(statement)
        assert refused() == expected


def test_a_plan_allows_so_many_keys(world: World, session_id: UUID) -> None:
    with world.database.write() as tx:
        tx.execute(update(PlanRow).values(max_api_keys=2))
    used = []
    for _ in range(2):
        used.append(world.ok("GET", "/api/v1/usage")["api_keys"])
        new_key(world, session_id, "predict")
    assert used == [{"limit": 2, "used": 0, "remaining": 2}, {"limit": 2, "used": 1, "remaining": 1}]
    (event,) = world.ok("GET", "/api/v1/usage")["events"]
    assert (event["counter"], event["limit"], event["used"], event["plan"]) == ("api_keys", 2, 2, "standard")
    body = {"session_id": str(session_id), "name": "One more"}
    refused = world.refused("POST", "/api/v1/api-keys", 403, json=body)
    assert refused["code"] == "API_KEY_LIMIT_EXCEEDED"
    assert (refused["details"]["limit"], refused["details"]["used"]) == (2, 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"name": "so/so"}, "name"),
        ({"name": ""}, "name"),
        ({"scopes": []}, "scopes"),
        ({"scopes": ["everything"]}, "scopes"),
        ({"scopes": "read"}, "scopes"),
        ({"expires_in_days": 0}, "expires_in_days"),
        ({"expires_in_days": True}, "expires_in_days"),
    ],
)
def test_a_key_that_cannot_be_made_names_its_field(
    world: World, session_id: UUID, change: dict[str, Any], field: str
) -> None:
    body = {"session_id": str(session_id), "name": "Fine", **change}
    assert world.refused("POST", "/api/v1/api-keys", 422, json=body)["details"]["field"] == field


def test_a_guest_makes_no_key(world: World, guest: World, session_id: UUID) -> None:
    share(world, session_id, "editor")
    body = {"session_id": str(session_id), "name": "Mine"}
    assert guest.refused("POST", "/api/v1/api-keys", 403, json=body)["code"] == "SESSION_NOT_YOURS"


def test_with_a_key_no_job_begins_outside_of_its_session(world: World, session_id: UUID, app: Flask) -> None:
    headers = {"Authorization": f"Bearer {new_key(world, session_id, 'train')}"}
    body = {"workload": "ranking", "config": {}}
    answer = app.test_client().post("/api/v1/training/jobs", headers=headers, json=body)
    assert answer.status_code in (403, 422), answer.get_data(as_text=True)
    assert world.services.jobs.count(world.user_id) == 0
