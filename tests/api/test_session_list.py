"""The native sessions: pages, search, tags, copies, and deletion that can be taken back."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
from flask import Flask
from sqlalchemy import func, select

from api.context import KEY
from services.retention import Retention
from services.storage.tables import FileRow, SessionRow
from tests.api.test_error_shape import NAMES_NOTHING, call, objects_of, problems, request_of, routes
from tests.api.world import World
from tests.builders import add_file, add_job, add_session, add_training, ready_session
from tests.conftest import PASSWORD

S = "/api/v1/sessions"
START = datetime(2026, 2, 1, tzinfo=UTC)


@pytest.fixture
def world(idle_app: Flask) -> World:
    """A user of its own for every test, on a server that does no jobs."""
    return World.of(
        idle_app, idle_app.extensions[KEY].accounts.sign_up(f"{uuid4().hex}@example.org", PASSWORD)
    )


@pytest.fixture(scope="module")
def shared(idle_app: Flask) -> World:
    """For what leaves nothing behind."""
    return World.of(idle_app, idle_app.extensions[KEY].accounts.sign_up("lists@example.org", PASSWORD))


def made(world: World, **body: Any) -> dict[str, Any]:
    answer = world.raw("POST", S, json=body)
    assert answer.status_code == 201, answer.get_data(as_text=True)
    session: dict[str, Any] = answer.get_json()["session"]
    assert answer.headers["Location"] == f"{S}/{session['id']}"
    return session


def pages(world: World, query: str) -> Iterator[dict[str, Any]]:
    cursor = ""
    while True:
        page = world.ok("GET", f"{S}?{query}{cursor}")
        yield page
        if page["next_cursor"] is None:
            return
        cursor = f"&cursor={page['next_cursor']}"


def names(world: World, query: str) -> list[str]:
    return [row["name"] for page in pages(world, query) for row in page["sessions"]]


def test_a_session_is_created_shown_changed_and_listed(world: World) -> None:
    session = made(world, name="Netz Süd", tags=["winter", "heat", "winter"])
    assert (session["name"], session["tags"]) == ("Netz Süd", ["winter", "heat"])
    assert session["files"] == {"input": 0, "output": 0}
    path = f"{S}/{session['id']}"
    changed = world.ok("PATCH", path, json={"tags": ["summer"]})["session"]
    assert (changed["name"], changed["tags"]) == ("Netz Süd", ["summer"])
    assert changed["updated_at"] > session["updated_at"]
    assert world.ok("PATCH", path, json={"name": None})["session"]["name"] is None
    page = world.ok("GET", S)
    assert page["sessions"] == [world.ok("GET", path)["session"]]
    assert (page["total"], page["next_cursor"]) == (1, None)


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"name": ""}, "name"),
        ({"name": "x" * 256}, "name"),
        ({"name": "two\nlines"}, "name"),
        ({"name": 5}, "name"),
        ({"tags": "winter"}, "tags"),
        ({"tags": [5]}, "tags.0"),
        ({"tags": [""]}, "tags.0"),
        ({"tags": ["x" * 61]}, "tags.0"),
        ({"tags": [str(number) for number in range(21)]}, "tags"),
    ],
)
def test_names_and_tags_are_checked(shared: World, body: dict[str, Any], field: str) -> None:
    session = made(shared)
    count = shared.ok("GET", S)["total"]
    for method, path in (("POST", S), ("PATCH", f"{S}/{session['id']}")):
        details = shared.refused(method, path, 422, json=body)["details"]
        told = [details["field"]] if "field" in details else [each["field"] for each in details["errors"]]
        assert told == [field]
    assert shared.ok("GET", S)["total"] == count


def test_what_is_in_a_session_is_counted(world: World) -> None:
    session_id = ready_session(world.database, world.user_id, name="Load")
    other = ready_session(world.database, world.user_id, name="Other")
    job_id = add_training(world.database, world.blobs, world.user_id, session_id)
    add_job(world.database, world.user_id, session_id, status="failed", lane="training")
    add_job(world.database, world.user_id, session_id, status="running", lane="training")
    add_job(world.database, world.user_id, session_id, status="running", lane="interactive")
    rows = {row["id"]: row for row in world.ok("GET", S)["sessions"]}
    row = rows[str(session_id)]
    assert row["files"] == {"input": 2, "output": 1}
    assert row["jobs"] == {"active": 1, "completed": 1, "failed": 1}
    assert row["best"] == {"job_id": str(job_id), "mode": "LIN", "skill": 0.5}
    assert rows[str(other)]["best"] is None
    assert rows[str(other)]["jobs"] == {"active": 0, "completed": 0, "failed": 0}


@pytest.mark.parametrize("order", ["updated", "created", "name"])
def test_pages_hold_every_session_once_in_order(world: World, order: str) -> None:
    """Also where many share a name or a moment, and where some have no name."""
    with world.database.write() as tx:
        for number in range(23):
            tx.add(
                SessionRow(
                    id=uuid4(),
                    user_id=world.user_id,
                    session_name=None if number % 5 == 0 else f"{'aB'[number % 2]}{number % 3}",
                    created_at=START + timedelta(days=number // 4),
                    updated_at=START - timedelta(days=number // 6),
                )
            )
    found = list(pages(world, f"order={order}&limit=4"))
    rows = [row for page in found for row in page["sessions"]]
    assert {page["total"] for page in found} == {23}
    assert [len(page["sessions"]) for page in found] == [4, 4, 4, 4, 4, 3]
    assert len({row["id"] for row in rows}) == 23
    if order == "name":
        keys = [(row["name"] or "").lower() for row in rows]
        assert keys == sorted(keys)
    else:
        times = [row[f"{order}_at"] for row in rows]
        assert times == sorted(times, reverse=True)


def test_search_finds_parts_of_names_and_tags_in_any_case(world: World) -> None:
    made(world, name="NETZ SÜD 100%", tags=["Fernwärme"])
    made(world, name="Netz Nord", tags=["Strom", "Strom Netz"])
    made(world, name="a_b")
    assert names(world, "search=netz&order=name") == ["Netz Nord", "NETZ SÜD 100%"]
    assert names(world, "search=süd") == ["NETZ SÜD 100%"]
    assert names(world, "search=fernwärme") == ["NETZ SÜD 100%"]
    assert names(world, "search=0%25") == ["NETZ SÜD 100%"]
    assert names(world, "search=a_b") == ["a_b"]
    assert names(world, "search=axb") == []
    assert names(world, "tag=Strom") == ["Netz Nord"]
    assert names(world, "tag=Stro") == []
    assert names(world, "tag=Fernwärme&search=nord") == []
    told = world.ok("GET", f"{S}/tags")["tags"]
    assert told == [{"tag": tag, "sessions": 1} for tag in ("Fernwärme", "Strom", "Strom Netz")]


@pytest.mark.parametrize(
    "query",
    [
        "order=size",
        "limit=0",
        "limit=201",
        "limit=ten",
        "deleted=maybe",
        "cursor=nonsense",
        "cursor=WzFd",
        "page=2",
    ],
)
def test_a_page_that_cannot_be_is_refused(shared: World, query: str) -> None:
    shared.refused("GET", f"{S}?{query}", 400)


def test_a_cursor_belongs_to_its_order(world: World) -> None:
    made(world), made(world)
    cursor = world.ok("GET", f"{S}?limit=1&order=name")["next_cursor"]
    error = world.refused("GET", f"{S}?limit=1&order=created&cursor={cursor}", 400)
    assert error["details"] == {"field": "cursor"}


def test_a_copy_has_files_and_settings_and_a_name_of_its_own(world: World) -> None:
    session_id = ready_session(world.database, world.user_id, name="Load")
    add_training(world.database, world.blobs, world.user_id, session_id)
    world.ok("PATCH", f"{S}/{session_id}", json={"tags": ["winter"]})
    copy = world.raw("POST", f"{S}/{session_id}/duplicate").get_json()["session"]
    assert (copy["name"], copy["tags"], copy["files"]) == ("Load (2)", ["winter"], {"input": 2, "output": 1})
    assert copy["jobs"] == {"active": 0, "completed": 0, "failed": 0}
    again = world.raw("POST", f"{S}/{session_id}/duplicate", json={"name": "Mine"}).get_json()["session"]
    assert again["name"] == "Mine"
    assert world.raw("POST", f"{S}/{session_id}/duplicate").get_json()["session"]["name"] == "Load (3)"
    first, second = (
        world.ok("GET", f"/api/training/session/{each}")["session"] for each in (session_id, copy["id"])
    )
    assert second["timeInfo"] == first["timeInfo"] and second["zeitschritte"] == first["zeitschritte"]
    own = ("id", "sessionId", "createdAt", "updatedAt")
    assert [{name: value for name, value in file.items() if name not in own} for file in second["files"]] == [
        {name: value for name, value in file.items() if name not in own} for file in first["files"]
    ]
    assert not {file["id"] for file in first["files"]} & {file["id"] for file in second["files"]}


def test_a_change_of_a_copy_leaves_the_original_alone(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    copy = world.raw("POST", f"{S}/{session_id}/duplicate").get_json()["session"]["id"]
    file = world.ok("GET", f"/api/training/csv-files/{copy}")["data"][0]
    world.ok("PUT", f"/api/training/csv-files/{file['id']}", json={"bezeichnung": "Other"})
    world.ok(
        "POST", "/api/training/save-zeitschritte", json={"sessionId": copy, "zeitschritte": {"eingabe": 9}}
    )
    session = world.ok("GET", f"/api/training/session/{session_id}")["session"]
    assert "Other" not in [each["bezeichnung"] for each in session["files"]]
    assert session["zeitschritte"]["eingabe"] == "4"


def test_shared_blobs_stay_until_the_last_file_goes(world: World) -> None:
    """Whichever of the two sessions, files or the job that imported them is deleted first."""
    original = add_session(world.database, world.user_id)
    job_id = add_job(world.database, world.user_id, original, workload="series_import", status="completed")
    keys = [f"files/{original}/abc.csv", f"jobs/{job_id}/1/load.parquet"]
    for key in keys:
        world.blobs.put(key, io.BytesIO(b"data"))
    add_file(world.database, original, "Load", "output", storage_path=keys[0], series_path=keys[1])
    copy, last = (
        world.raw("POST", f"{S}/{original}/duplicate").get_json()["session"]["id"] for _ in range(2)
    )
    world.raw("DELETE", f"/api/v1/training/jobs/{job_id}")
    assert all(world.blobs.exists(key) for key in keys), "the file of the job's session needs them"
    world.ok("POST", f"/api/training/session/{original}/delete")
    assert all(world.blobs.exists(key) for key in keys), "two copies need them"
    (file,) = world.ok("GET", f"/api/training/csv-files/{copy}")["data"]
    world.ok("DELETE", f"/api/training/csv-files/{file['id']}")
    assert all(world.blobs.exists(key) for key in keys), "one copy needs them"
    world.ok("POST", f"/api/training/session/{last}/delete")
    # Blobs beside a session of another id are the clean-up's, once nobody names them
    with world.database.read() as tx:
        assert tx.scalar(select(func.count()).where(FileRow.storage_path == keys[0])) == 0


def test_a_deleted_session_is_hidden_everywhere_and_comes_back(world: World) -> None:
    ids = objects_of(world)
    client, headers = world.caller.client, world.caller.headers
    before = world.ok("GET", f"{S}/{ids['session_id']}")["session"]
    gone = world.ok("DELETE", f"{S}/{ids['session_id']}")["session"]
    lasts = datetime.fromisoformat(gone["restorable_until"]) - datetime.fromisoformat(gone["deleted_at"])
    assert lasts == timedelta(days=7)
    restore = "POST /api/v1/sessions/<session_id>/restore"
    of_the_account = "DELETE /api/auth/sign-ins/<sign_in>"
    answers = {
        f"{method} {rule}": call(client, method, rule, ids, headers, **request_of(method, rule, ids))
        for method, rule in routes(client.application)
        if f"{method} {rule}" not in {*NAMES_NOTHING, restore, of_the_account}
    }
    assert problems(answers, 404) == []
    for path in (S, "/api/training/list-sessions", "/api/v1/training/jobs"):
        listed = world.ok("GET", path)
        assert (listed.get("sessions") or listed.get("jobs") or []) == [], path
        assert listed.get("total", 0) == 0
    assert [row["id"] for row in world.ok("GET", f"{S}?deleted=true")["sessions"]] == [gone["id"]]
    assert world.ok("GET", f"{S}/tags")["tags"] == []
    back = world.ok("POST", f"{S}/{gone['id']}/restore")["session"]
    assert back == before
    assert world.ok("GET", f"/api/v1/training/jobs/{ids['job_id']}")["job"]["status"] == "completed"
    assert world.ok("GET", f"{S}?deleted=true")["sessions"] == []
    assert world.ok("POST", f"{S}/{gone['id']}/restore")["session"] == before, "twice is once"


def test_deleting_cancels_what_waits_and_asks_what_works(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    waiting = add_job(world.database, world.user_id, session_id, status="queued")
    paused = add_job(world.database, world.user_id, session_id, status="paused")
    working = add_job(world.database, world.user_id, session_id, status="running")
    world.ok("DELETE", f"{S}/{session_id}")
    assert [world.job(str(each)).status for each in (waiting, paused)] == ["cancelled", "cancelled"]
    row = world.job(str(working))
    assert (row.status, row.requested_action) == ("running", "cancel")
    world.ok("POST", f"{S}/{session_id}/restore")
    shown = {job["id"]: job["status"] for job in world.ok("GET", "/api/v1/training/jobs")["jobs"]}
    assert shown == {str(waiting): "cancelled", str(paused): "cancelled", str(working): "running"}


def test_a_client_may_use_its_id_again(world: World) -> None:
    opened = world.ok("POST", "/api/training/init-session", json={"sessionId": "session_1_a"})["sessionUuid"]
    world.ok("DELETE", f"{S}/session_1_a")
    again = world.ok("POST", "/api/training/init-session", json={"sessionId": "session_1_a"})["sessionUuid"]
    assert again != opened
    world.ok("POST", f"{S}/{opened}/restore")
    assert {row["id"] for row in world.ok("GET", S)["sessions"]} == {opened, again}


def test_what_was_deleted_long_ago_is_removed_for_good(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    kept = ready_session(world.database, world.user_id)
    busy = ready_session(world.database, world.user_id)
    add_job(world.database, world.user_id, busy, status="running")
    key = f"files/{session_id}/abc.csv"
    world.blobs.put(key, io.BytesIO(b"data"))
    for each in (session_id, kept, busy):
        world.ok("DELETE", f"{S}/{each}")
    later = datetime.now(UTC) + timedelta(days=6, hours=23)
    clock = {"now": later}
    retention = Retention(world.database, world.blobs, world.services.settings, lambda: clock["now"])
    retention.sweep()
    assert there(world, session_id) and world.blobs.exists(key)
    world.ok("POST", f"{S}/{kept}/restore")
    clock["now"] += timedelta(hours=2)
    assert retention.sweep()["sessions"] >= 1
    assert not there(world, session_id) and not world.blobs.exists(key)
    assert there(world, kept)
    assert there(world, busy), "its worker has not stopped yet"
    world.refused("POST", f"{S}/{session_id}/restore", 404)


def there(world: World, session_id: UUID) -> bool:
    with world.database.read() as tx:
        return tx.get(SessionRow, session_id) is not None
