"""Windows of the test samples, one by one or by instant, and what their errors look like."""

from __future__ import annotations

import io
from uuid import UUID

import numpy as np
import pytest
from sqlalchemy import select

from services.storage.tables import ArtifactRow
from tests.api.world import World
from tests.builders import add_job, add_training, ready_session

JOB = "/api/v1/training/jobs/{}"


@pytest.fixture(scope="module")
def job_id(world: World) -> UUID:
    return add_training(
        world.database, world.blobs, world.user_id, ready_session(world.database, world.user_id)
    )


def test_a_window_has_everything_that_is_drawn_of_it(world: World, job_id: UUID) -> None:
    found = world.ok("GET", JOB.format(job_id) + "/forecasts?origin=2")
    assert (found["origins"], found["origin"], found["output"]) == (6, 2, "Load")
    assert found["lead_minutes"] == [60, 120, 180]
    (window,) = found["windows"]
    assert window["reference_time"] == "2026-01-05T10:00:00Z"
    assert window["times"] == [f"2026-01-05T{hour}:00:00Z" for hour in (11, 12, 13)]
    assert (window["truth"], window["forecast"], window["MAE"]) == ([6, 7, 8], [8, 9, 10], 2.0)
    assert (found["baseline"], window["baseline"]) == ("last value", [4, 5, 6])
    assert window["quantiles"] == {"0.1": [7, 8, 9], "0.9": [9, 10, 11]}


def test_a_window_is_found_by_its_time(world: World, job_id: UUID) -> None:
    for instant, place in (
        ("2026-01-05T11:10:00Z", 3),
        ("1999-01-01", 0),
        ("2100-01-01T00:00:00%2B01:00", 5),
    ):
        found = world.ok("GET", JOB.format(job_id) + f"/forecasts?origin={instant}&count=9")
        assert found["origin"] == place
        assert [window["index"] for window in found["windows"]] == list(range(place, 6))


def test_a_compressed_file_of_an_earlier_version_is_read_too(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    job_id = add_training(world.database, world.blobs, world.user_id, session_id)
    with world.database.read() as tx:
        query = select(ArtifactRow).where(ArtifactRow.job_id == job_id, ArtifactRow.kind == "predictions")
        key = tx.scalars(query).one().blob_key
    file, truth = io.BytesIO(), np.array([[[1.0], [2.0], [4.0]]])
    np.savez_compressed(file, references=np.array([0]), truth=truth, forecast=truth + 1, rows=np.array([0]))
    world.blobs.put(key, io.BytesIO(file.getvalue()))
    found = world.ok("GET", JOB.format(job_id) + "/forecasts")
    (window,) = found["windows"]
    assert window["forecast"] == [2, 3, 5] and window["quantiles"] is None
    assert found["lead_minutes"] == [60, 750, 1440]  # as its config says
    assert "train it again" in found["no_quantiles"] and "train it again" in found["no_baseline"]
    world.blobs.put(key, io.BytesIO(b"neither"))
    assert world.refused("GET", JOB.format(job_id) + "/forecasts", 404)["code"] == "FORECASTS_NOT_FOUND"
    world.blobs.delete(key)
    assert world.refused("GET", JOB.format(job_id) + "/residuals", 404)["code"] == "FORECASTS_NOT_FOUND"


def test_errors_are_shown_from_all_sides(world: World, job_id: UUID) -> None:
    found = world.ok("GET", JOB.format(job_id) + "/residuals")
    assert (found["mean"], found["median"], found["samples"], found["step"]) == (2.5, 2.5, 6, None)
    assert sum(found["histogram"]["counts"]) == 18
    assert (found["histogram"]["least"], found["histogram"]["greatest"]) == (0, 5)
    assert found["by_step"]["mean"] == [2.5] * 3
    assert found["autocorrelation"]["values"][0] == pytest.approx(1.0)
    one = world.ok("GET", JOB.format(job_id) + "/residuals?step=3")
    assert sum(one["histogram"]["counts"]) == 6 and one["autocorrelation"]["step"] == 3


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("forecasts?output=Moon", "output"),
        ("forecasts?origin=6", "origin"),
        ("forecasts?origin=-1", "origin"),
        ("forecasts?origin=yesterday", "origin"),
        ("forecasts?origin=0001-01-01", "origin"),
        ("forecasts?count=0", "count"),
        ("forecasts?count=51", "count"),
        ("forecasts?count=some", "count"),
        ("residuals?output=Moon", "output"),
        ("residuals?step=0", "step"),
        ("residuals?step=4", "step"),
    ],
)
def test_an_argument_that_names_nothing_is_refused(world: World, job_id: UUID, path: str, field: str) -> None:
    assert world.refused("GET", f"{JOB.format(job_id)}/{path}", 400)["details"] == {"field": field}


def test_a_job_that_trained_nothing_has_no_windows(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    job_id = add_job(world.database, world.user_id, session_id)
    answer = world.refused("GET", JOB.format(job_id) + "/forecasts", 404)
    assert answer["code"] == "RESULTS_NOT_FOUND" and "queued" in answer["error"]
