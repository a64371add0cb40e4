"""The whole way with accounts and blobs in a Supabase project, by our API alone, on Supabase Lite."""

from __future__ import annotations

import gzip
import json
import zipfile
from pathlib import Path

import httpx

from examples.client import Client
from examples.server import running, wait_until
from tests.e2e.series import ready_session
from tests.supabase_lite.server import SupabaseLite

LINEAR = {"model_parameters": {"MODE": "LIN"}}


def test_from_sign_up_to_the_archive_with_nothing_kept_here(
    supabase_lite: SupabaseLite, tmp_path: Path
) -> None:
    supabase_lite.empty()
    supabase_lite.forget_users()
    with running(tmp_path / "data", TRAINYARD_WORKERS="1", **supabase_lite.environment()) as server:
        client = Client(server.url)
        client.sign_up("ada@example.org", "correct horse battery")
        me = client.call("GET", "/api/auth/me")
        session_id = ready_session(client, tmp_path)
        job_id = client.call("POST", f"/api/training/train-models/{session_id}", json=LINEAR)["job_id"]
        wait_until(lambda: status(client, session_id) == "completed", 120, "the training")
        archive = client.download(f"/api/training/download-archive/{session_id}", tmp_path / "archive.zip")
        assert zipfile.ZipFile(archive).testzip() is None
        assert client.call("GET", f"/api/training/evaluation/{session_id}")["job_id"] == job_id
        owner = me["user"]["id"]
        assert not (tmp_path / "data" / "blobs").exists()
        stored = {
            bucket: supabase_lite.objects(bucket) for bucket in ("csv-files", "training-results", "models")
        }
        assert all(path.startswith(f"{owner}/") for paths in stored.values() for path in paths)
        assert [path.rsplit(".", 1)[1] for path in stored["csv-files"]] == ["csv"]
        names = {path.rsplit("/", 1)[1] for path in stored["models"]}
        assert {"model_bundle.zip", "scalers.json.gz", "scalers.zip"} <= names
        evaluation = next(path for path in stored["training-results"] if path.endswith("evaluation.json.gz"))
        assert json.loads(gzip.decompress(fetched(supabase_lite, f"training-results/{evaluation}")))
        client.call("POST", f"/api/training/session/{session_id}/delete")
        assert [path for bucket in stored for path in supabase_lite.objects(bucket)] == []


def status(client: Client, session_id: str) -> str:
    found: str = client.call("GET", f"/api/training/status/{session_id}")["status"]
    assert found not in ("failed", "cancelled")
    return found


def fetched(lite: SupabaseLite, path: str) -> bytes:
    headers = {"apikey": lite.service_key, "Authorization": f"Bearer {lite.service_key}"}
    return (
        httpx.get(f"{lite.url}/storage/v1/object/{path}", headers=headers, timeout=30)
        .raise_for_status()
        .content
    )
