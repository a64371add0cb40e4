"""Alive, ready, measured."""

from __future__ import annotations

import shutil

from flask.testing import FlaskClient

from services.storage.tables import JobRow
from services.wiring import Services
from tests.builders import add_job, add_session


def test_a_process_that_answers_is_live(client: FlaskClient) -> None:
    assert client.get("/health/live").get_json() == {"status": "live"}


def test_it_is_ready_when_database_files_and_workers_are(client: FlaskClient, services: Services) -> None:
    answer = client.get("/health/ready")
    assert answer.status_code == 200
    assert answer.get_json()["checks"] == {"database": "ok", "files": "ok", "workers": "ok"}
    assert list(services.blobs.list("health")) == []


def test_what_does_not_work_is_named(client: FlaskClient, services: Services) -> None:
    blobs = services.settings.data_dir / "blobs"
    shutil.rmtree(blobs)
    blobs.write_text("a file where the folder of the blobs should be")
    answer = client.get("/health/ready")
    assert answer.status_code == 503
    assert answer.get_json() == {
        "status": "unready",
        "checks": {"database": "ok", "files": "failed", "workers": "ok"},
    }


def test_jobs_are_counted_by_status(client: FlaskClient, services: Services) -> None:
    user_id = services.accounts.authenticate(
        client.environ_base["HTTP_AUTHORIZATION"].removeprefix("Bearer ")
    ).id
    session_id = add_session(services.database, user_id)
    done = add_job(services.database, user_id, session_id)
    add_job(services.database, user_id, session_id)
    with services.database.write() as tx:
        tx.get_one(JobRow, done).status = "completed"
    metrics = client.get("/metrics").get_data(as_text=True)
    assert 'trainyard_jobs{status="queued"} 1.0' in metrics
    assert 'trainyard_jobs{status="completed"} 1.0' in metrics
    assert 'trainyard_jobs{status="failed"} 0.0' in metrics
