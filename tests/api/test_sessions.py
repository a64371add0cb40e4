"""Sessions through the front door: one id, one row, one owner."""

from __future__ import annotations

from uuid import uuid4

import pytest

from tests.api.caller import Caller


def test_a_session_is_opened_named_listed_and_shown(newcomer: Caller) -> None:
    steps = {"eingabe": "96", "ausgabe": "4", "zeitschrittweite": "15", "offset": "0"}
    body = {"sessionId": "session_1700000000_ab12", "timeInfo": {"jahr": True}, "zeitschritte": steps}
    opened = newcomer.post("init-session", body)
    assert opened["sessionId"] == "session_1700000000_ab12"
    renamed = newcomer.post(
        "session-name-change", {"sessionId": opened["sessionUuid"], "sessionName": "Netz Süd"}
    )
    assert renamed["data"]["sessionName"] == "Netz Süd"
    listed = newcomer.get("list-sessions")
    (entry,) = listed["sessions"]
    assert listed["total_count"] == 1
    assert (entry["sessionId"], entry["sessionName"]) == ("session_1700000000_ab12", "Netz Süd")
    assert (entry["zeitschritteCount"], entry["timeInfoCount"], entry["fileCount"]) == (1, 1, 0)
    shown = newcomer.get("session/session_1700000000_ab12")["session"]
    assert shown["zeitschritte"] == steps
    assert shown["timeInfo"]["jahr"] is True
    assert shown["files"] == []


def test_both_routes_show_the_same_session_under_every_form_of_its_id(caller: Caller) -> None:
    opened = caller.post("init-session", {"sessionId": "session_17_x"})
    session_uuid = opened["sessionUuid"]
    views = [
        caller.get(f"session/{ref}{tail}")["session"]
        for ref in ("session_17_x", session_uuid, f"session_{session_uuid}")
        for tail in ("", "/database")
    ]
    assert all(view == views[0] for view in views)
    assert views[0]["databaseSessionId"] == session_uuid
    found = caller.get("get-session-uuid/session_17_x")
    assert found["data"]["sessionUuid"] == session_uuid


def test_an_id_of_the_client_opens_one_session_per_user(caller: Caller, other: Caller) -> None:
    body = {"sessionId": "session_1_a"}
    first = caller.post("create-database-session", body)["sessionUuid"]
    assert caller.post("create-database-session", body)["sessionUuid"] == first
    assert other.post("create-database-session", body)["sessionUuid"] != first


@pytest.mark.parametrize("ref", ["nonsense", "session_", "session_1", "session_1_a-b", "%00", "1" * 400])
def test_what_is_no_id_is_refused_before_anything_else(caller: Caller, ref: str) -> None:
    assert caller.refused("GET", f"session/{ref}", None, 400)["code"] == "BAD_UUID"


def test_an_unknown_uuid_never_becomes_a_session(newcomer: Caller) -> None:
    body = {"sessionId": str(uuid4())}
    assert newcomer.refused("POST", "init-session", body, 404)["code"] == "SESSION_NOT_FOUND"
    assert newcomer.get("list-sessions")["total_count"] == 0


def test_a_stranger_finds_nothing(caller: Caller, newcomer: Caller) -> None:
    session_id = caller.new_session()
    for ref in (session_id, f"session_{session_id}"):
        for path in ("session/{}", "session/{}/database", "session-status/{}", "get-session-uuid/{}"):
            assert newcomer.refused("GET", path.format(ref), None, 404)["code"] == "SESSION_NOT_FOUND"
        newcomer.refused("POST", f"session/{ref}/delete", None, 404)
        newcomer.refused("POST", "finalize-session", {"sessionId": ref}, 404)
        newcomer.refused("POST", "session-name-change", {"sessionId": ref, "sessionName": "mine"}, 404)
        newcomer.refused("POST", "create-database-session", {"sessionId": ref, "sessionName": "mine"}, 404)
    assert caller.get(f"session/{session_id}")["session"]["sessionName"] is None
    assert newcomer.get("list-sessions")["sessions"] == []


@pytest.mark.parametrize("name", ["", "   ", "x" * 256, "two\nlines", None, 5])
def test_a_name_is_a_line_of_text(caller: Caller, name: object) -> None:
    body = {"sessionId": caller.new_session(), "sessionName": name}
    assert caller.refused("POST", "session-name-change", body, 422)["code"] == "INVALID_SESSION_NAME"


def test_bad_settings_open_no_session(newcomer: Caller) -> None:
    body = {"sessionId": "session_5_z", "zeitschritte": {"zeitschrittweite": 0}}
    newcomer.refused("POST", "init-session", body, 422)
    assert newcomer.get("list-sessions")["sessions"] == []


def test_the_newest_sessions_come_first_and_the_limit_counts(newcomer: Caller) -> None:
    ids = [newcomer.new_session() for _ in range(3)]
    listed = newcomer.get("list-sessions?limit=2")
    assert [entry["sessionId"] for entry in listed["sessions"]] == [ids[2], ids[1]]
    assert listed["total_count"] == 3
    for limit in ("0", "-1", "viele", "501"):
        newcomer.refused("GET", f"list-sessions?limit={limit}", None, 400)


def test_finalizing_takes_settings_along_and_is_remembered(caller: Caller) -> None:
    session_id = caller.new_session()
    body = {
        "sessionId": session_id,
        "timeInfo": {"woche": True},
        "zeitschritte": {"eingabe": 8, "ausgabe": 2, "zeitschrittweite": 30},
        "sessionInfo": {"totalFiles": 0},
    }
    answer = caller.post("finalize-session", body)
    assert (answer["n_dat"], answer["file_count"]) == (0, 0)
    shown = caller.get(f"session/{session_id}")["session"]
    assert shown["finalized"] is True
    assert shown["zeitschritte"]["eingabe"] == "8"
    assert caller.get(f"session-status/{session_id}")["finalized"] is True


def test_a_deleted_session_is_gone_with_its_settings(caller: Caller) -> None:
    session_id = caller.new_session()
    caller.post("save-time-info", {"sessionId": session_id, "timeInfo": {"jahr": True}})
    caller.post(f"session/{session_id}/delete", None)
    caller.refused("GET", f"session/{session_id}", None, 404)
    caller.refused("POST", f"session/{session_id}/delete", None, 404)


def test_deleting_all_needs_a_word_and_spares_the_others(newcomer: Caller, other: Caller) -> None:
    kept = other.new_session()
    newcomer.new_session(), newcomer.new_session()
    for body in ({}, {"confirm_delete_all": False}, {"confirm_delete_all": "yes"}, None):
        error = newcomer.refused("POST", "delete-all-sessions", body, 400)
        assert error["code"] == "CONFIRMATION_REQUIRED"
    answer = newcomer.post("delete-all-sessions", {"confirm_delete_all": True})
    assert answer["summary"]["database_records_deleted"] == 2
    assert newcomer.get("list-sessions")["sessions"] == []
    assert kept in [entry["sessionId"] for entry in other.get("list-sessions")["sessions"]]


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"sessionId": NaN}', b"\xff\xfe"])
def test_a_body_that_is_no_object_is_refused(caller: Caller, body: bytes) -> None:
    error = caller.refused("POST", "session-name-change", body, 400)
    assert error["code"] in ("MISSING_BODY", "BAD_REQUEST")
