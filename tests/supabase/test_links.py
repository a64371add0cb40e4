"""Downloads whose bytes do not pass through us: a redirect, or the address for a page; against a stand-in."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from flask import Flask

from api.context import KEY
from api.training.answers import LINK_TYPE
from app import create_app
from services.accounts import Tokens
from services.settings import Settings
from services.storage.tables import ArtifactRow, JobRow
from services.wiring import Services
from tests.conftest import PASSWORD, make_settings, signed_in
from tests.supabase_double.server import SupabaseDouble


@pytest.fixture
def there(settings: Settings, supabase_double: SupabaseDouble) -> Iterator[Flask]:
    app = create_app(make_settings(settings.data_dir, **supabase_double.environment()))
    yield app
    services: Services = app.extensions[KEY]
    services.runner.stop()
    services.database.close()
    services.blobs.close()  # type: ignore[attr-defined]
    services.accounts.close()  # type: ignore[attr-defined]


def artifact(services: Services, user: Tokens, path: Path, name: str) -> str:
    """Where to download a file that a job left."""
    job = JobRow(user_id=user.user.id, workload="forecast", lane="training", config={}, config_hash="")
    with services.database.write() as tx:
        tx.add(job)
    blob = services.blobs.put_file(f"jobs/{job.id}/1/{name}", path)
    with services.database.write() as tx:
        row = ArtifactRow(job_id=job.id, attempt=1, kind="archive", name=name, media_type="application/zip")
        row.size_bytes, row.sha256, row.blob_key = blob.size_bytes, blob.sha256, blob.key
        tx.add(row)
    return f"/api/v1/training/jobs/{job.id}/artifacts/{name}"


def test_a_download_is_a_link_of_the_store_for_its_owner_only(there: Flask, tmp_path: Path) -> None:
    services: Services = there.extensions[KEY]
    (tmp_path / "x").write_bytes(b"archive")
    ada, eve = (services.accounts.sign_up(f"{name}@example.org", PASSWORD) for name in ("ada", "eve"))
    address = artifact(services, ada, tmp_path / "x", "archive.zip")
    client = signed_in(there, ada)
    answer = client.get(address)
    assert answer.status_code == 302
    assert answer.headers["Cache-Control"] == "no-store"
    assert httpx.get(answer.headers["Location"]).content == b"archive"
    for_a_page = client.get(address, headers={"Accept": f"{LINK_TYPE}, */*;q=0.5"})
    assert (for_a_page.status_code, for_a_page.content_type) == (200, LINK_TYPE)
    told = for_a_page.get_json(force=True)
    assert told["name"] == "archive.zip"
    assert (
        httpx.get(told["url"]).headers["Content-Disposition"].startswith("attachment; filename=archive.zip")
    )
    assert signed_in(there, eve).get(address).status_code == 404
    assert there.test_client().get(address).status_code == 401


def test_what_lies_there_compressed_passes_through_us(there: Flask, tmp_path: Path) -> None:
    services: Services = there.extensions[KEY]
    (tmp_path / "x").write_bytes(b"{}")
    ada = services.accounts.sign_up("ada@example.org", PASSWORD)
    address = artifact(services, ada, tmp_path / "x", "evaluation.json")
    with signed_in(there, ada).get(address) as answer:
        assert (answer.status_code, answer.data) == (200, b"{}")


def test_a_server_whose_store_is_away_is_not_ready_and_says_so(
    there: Flask, supabase_double: SupabaseDouble
) -> None:
    supabase_double.fail(503)
    answer = there.test_client().get("/health/ready")
    assert (answer.status_code, answer.get_json()["checks"]["files"]) == (503, "failed")
    for _ in range(5):
        assert there.test_client().get("/health/ready").get_json()["checks"]["files"] == "ok"
    assert len(supabase_double.requests) == 2  # it is not asked at every question of a balancer


def test_a_store_that_stays_away_answers_503_with_the_way_out(
    there: Flask, supabase_double: SupabaseDouble, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("services.supabase.project.FIRST_PAUSE", 0.0)
    services: Services = there.extensions[KEY]
    (tmp_path / "x").write_bytes(b"archive")
    ada = services.accounts.sign_up("ada@example.org", PASSWORD)
    client, address = signed_in(there, ada), artifact(services, ada, tmp_path / "x", "archive.zip")
    assert client.get(address).status_code == 302
    supabase_double.fail(*[500] * 6)
    answer = client.get(address)
    assert answer.status_code == 503
    assert answer.get_json()["code"] == "SUPABASE_UNAVAILABLE"
    assert "Try again" in answer.get_json()["suggestion"]
