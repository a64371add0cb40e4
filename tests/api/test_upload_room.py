"""Unfinished uploads take of what the plan stores, from their announcement on, and give it back."""

from __future__ import annotations

import io
import os
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any
from uuid import uuid4

import pytest
from sqlalchemy import update
from werkzeug.test import TestResponse

from api.context import KEY
from services.storage.plan_tables import UnfinishedUploadRow
from services.storage.tables import PlanRow, SubscriptionRow, now
from services.wiring import Services
from tests.api.caller import Caller, accepted, refusal, series_csv, sha256
from tests.api.test_preview import sent
from tests.api.test_tus import ended
from tests.api.tus_caller import BYTES, TusCaller

MB = 1_000_000
CONTENT = series_csv()


def services_of(caller: Caller) -> Services:
    found: Services = caller.client.application.extensions[KEY]
    return found


def limited(caller: Caller, size: int) -> Caller:
    """A plan of its own that stores so many bytes."""
    plan = PlanRow(id=f"room-{uuid4().hex}", name="Room", max_storage_gb=size / 10**9, can_use_training=True)
    for name in ("max_processing_jobs_per_month", "max_training_runs_per_month", "max_file_size_mb"):
        setattr(plan, name, -1)
    token = caller.headers["Authorization"].split()[1]
    user = services_of(caller).accounts.authenticate(token)
    with services_of(caller).database.write() as tx:
        tx.add(plan)
        tx.flush()
        mine = SubscriptionRow.user_id == user.id
        tx.execute(update(SubscriptionRow).where(mine).values(plan_id=plan.id))
    return caller


@pytest.fixture
def tus(newcomer: Caller) -> TusCaller:
    """Of a user whose plan stores one megabyte."""
    return TusCaller(limited(newcomer, MB))


def storage(caller: Caller) -> dict[str, Any]:
    answer = caller.client.get("/api/v1/usage", headers=caller.headers)
    found: dict[str, Any] = answer.get_json()["storage"]
    return found


def numbers(error: dict[str, Any]) -> tuple[int, ...]:
    assert error["code"] == "STORAGE_LIMIT_REACHED"
    return tuple(error["details"][name] for name in ("limit", "used", "reserved", "requested"))


def test_what_is_announced_counts_until_it_is_given_up(tus: TusCaller) -> None:
    path = tus.created(600_000)
    partial = tus.created(300_000, Upload_Concat="partial")
    assert numbers(refusal(tus.create(200_000), 413)) == (MB, 0, 900_000, 200_000)
    refusal(tus.create(200_000, Upload_Concat="partial"), 413)
    refusal(tus.caller.send(tus.session_id, b"x", 0, 2, fileSize=200_000), 413)
    assert tus.caller.get(f"upload-status?sessionId={tus.session_id}")["uploads"] == []
    told = storage(tus.caller)
    assert (told["used_bytes"], told["unfinished_upload_bytes"]) == (0, 900_000)
    assert told["remaining_bytes"] == 100_000
    assert tus.call("DELETE", partial).status_code == 204
    assert tus.create(200_000).status_code == 201
    assert tus.call("DELETE", path).status_code == 204
    assert storage(tus.caller)["unfinished_upload_bytes"] == 200_000


def test_numbered_parts_count_as_their_file_will(tus: TusCaller) -> None:
    caller, session_id = tus.caller, tus.session_id
    accepted(caller.send(session_id, b"x" * 100_000, 0, 6))
    assert storage(caller)["unfinished_upload_bytes"] == 500_001, "five like this, and a last one"
    wide = {"name": "wide.csv", "fileSize": 400_000}
    accepted(caller.send(session_id, b"x" * 1000, 0, 3, **wide))
    assert storage(caller)["unfinished_upload_bytes"] == 900_001, "as it says itself"
    error = refusal(caller.send(session_id, b"x" * 600_000, 1, 3, **wide), 413)
    assert numbers(error) == (MB, 0, 500_001, 601_000), "more than it said"
    (lacks,) = caller.get(f"upload-status?sessionId={session_id}&fileName=wide.csv")["uploads"]
    assert lacks["missing"] == [1, 2], "what was refused does not lie on the disk"
    caller.delete(f"upload-status?sessionId={session_id}&fileName=load.csv")
    assert storage(caller)["unfinished_upload_bytes"] == 400_000
    accepted(caller.request("POST", f"session/{session_id}/delete"))
    assert storage(caller)["unfinished_upload_bytes"] == 0


def test_without_a_length_every_patch_is_compared(tus: TusCaller) -> None:
    path = tus.created(None)
    tus.patched(path, 0, b"x" * 600_000)
    other = tus.created(300_000)
    assert numbers(refusal(tus.patch(path, 600_000, b"x" * 200_000), 413)) == (MB, 0, 300_000, 800_000)
    assert tus.offset(path) == 600_000
    tus.call("DELETE", other)
    assert tus.patched(path, 600_000, b"x" * 200_000) == 800_000
    error = refusal(tus.patch(path, 800_000, b"x", Upload_Length=MB + 1), 413)
    assert numbers(error) == (MB, 0, 0, MB + 1)


def test_a_body_without_a_length_is_kept_as_far_as_there_is_room(tus: TusCaller) -> None:
    path = tus.created(None)
    headers = {**tus.caller.headers, "Tus-Resumable": "1.0.0", "Upload-Offset": "0"}
    answer = tus.caller.client.patch(
        path,
        input_stream=io.BytesIO(b"x" * 1_500_000),
        content_type=BYTES,
        headers={**headers, "Transfer-Encoding": "chunked"},
    )
    refusal(answer, 413)
    assert 900_000 < tus.offset(path) <= MB


def test_a_preview_refuses_a_file_larger_than_the_plan_allows(tus: TusCaller) -> None:
    def look(size: Any) -> TestResponse:
        return sent(tus.caller, CONTENT, file_size=size, session_id=tus.session_id, complete="true")

    tus.created(600_000)
    assert accepted(look(600_000))["ready"], "it may be the one that is begun"
    with services_of(tus.caller).database.write() as tx:
        tx.execute(update(PlanRow).where(PlanRow.id.startswith("room-")).values(max_file_size_mb=1))
    assert accepted(look(MB))["ready"]
    error = refusal(look(MB + 1), 413)
    assert (error["code"], error["details"]) == (
        "FILE_TOO_LARGE",
        {"size_bytes": MB + 1, "limit_bytes": MB},
    )
    for wrong in ("-1", "1.5", "many", 2**53 + 2):
        assert refusal(look(wrong), 422)["details"]["field"] == "file_size"


def test_uploads_without_bytes_are_limited_by_their_number(
    tus: TusCaller, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.plans.room.OPEN_UPLOADS", 2)
    first, second = (tus.created(None) for _ in range(2))
    for one_more in (tus.create(None), tus.caller.send(tus.session_id, b"x", 0, 2)):
        error = refusal(one_more, 413)
        assert (error["code"], error["details"]) == ("TOO_MANY_UPLOADS", {"limit": 2, "used": 2})
    assert tus.patched(first, 0, b"x") == 1, "those that are there go on"
    assert tus.call("DELETE", second).status_code == 204
    assert tus.create(None).status_code == 201


def test_an_expired_upload_gives_its_room_back(tus: TusCaller) -> None:
    services = services_of(tus.caller)
    old, _fresh = tus.created(600_000, b"x" * 100), tus.created(300_000)
    (folder,) = Path(services.settings.data_dir / "tus_uploads").glob(f"*/{old.rpartition('/')[2]}")
    for path in (*folder.iterdir(), folder):
        os.utime(path, (0, 0))
    refusal(tus.create(200_000), 413)
    with services.database.write() as tx:
        long_ago = now() - timedelta(days=9)
        tx.execute(update(UnfinishedUploadRow).values(created_at=long_ago))
    services.retention.sweep()
    assert storage(tus.caller)["unfinished_upload_bytes"] == 300_000
    assert tus.create(200_000).status_code == 201


def test_of_uploads_announced_at_once_the_last_room_goes_to_one(tus: TusCaller) -> None:
    everybody, statuses = Barrier(8), []

    def create() -> None:
        client = tus.caller.client.application.test_client()
        mine = TusCaller.__new__(TusCaller)
        mine.caller, mine.session_id = Caller(client, tus.caller.token), tus.session_id
        everybody.wait()
        statuses.append(mine.create(400_000, Upload_Concat="partial").status_code)

    threads = [Thread(target=create) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [201, 201, *[413] * 6]


def test_parts_put_together_need_no_room_beside_themselves(tus: TusCaller) -> None:
    half = 400_000
    parts = [tus.created(half, b"x" * half, Upload_Concat="partial") for _ in range(2)]
    wrong = tus.metadata(fileHash=sha256(b"other"))
    assert refusal(tus.join(parts, Upload_Metadata=wrong), 422)["code"] == "FILE_HASH_MISMATCH"
    assert storage(tus.caller)["unfinished_upload_bytes"] == 2 * half
    path = tus.join(parts).headers["Location"]
    assert storage(tus.caller)["unfinished_upload_bytes"] == 2 * half
    for each in (*parts, path):
        tus.call("DELETE", each)
    assert storage(tus.caller)["unfinished_upload_bytes"] == 2 * half, "the bytes wait for their import"


def test_what_was_imported_counts_once_and_as_a_file(working: Caller) -> None:
    tus = TusCaller(working)
    before = storage(working)
    path = tus.created(len(CONTENT), CONTENT)
    ended(tus, path)
    by_parts = working.upload(working.new_session(), CONTENT[:-1], 3, fileSize=len(CONTENT) - 1)
    assert by_parts["status"] == "completed"
    after = storage(working)
    assert after["file_bytes"] - before["file_bytes"] == 2 * len(CONTENT) - 1
    assert after["unfinished_upload_bytes"] == before["unfinished_upload_bytes"]
