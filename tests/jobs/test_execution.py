"""What a job's end looks like, whatever its training function did."""

from __future__ import annotations

import json

import pytest

from services.jobs import JobView
from tests.jobs.house import House


def worked(house: House, workload: str, config: dict[str, object]) -> JobView:
    jobs = house.jobs()
    job = jobs.submit(house.user, workload, config)
    house.work(house.claim())
    house.assert_told_as_stored(job.id)
    return jobs.get(house.user, job.id)


def test_a_completed_job_says_so_once_and_last(house: House) -> None:
    job = worked(house, "toy_count", {"n": 3})
    assert (job.status, job.phase, job.reason, job.error) == ("completed", "register", None, None)
    assert job.outcome is not None
    assert job.outcome["counted"] == 3
    assert job.progress is not None
    assert job.progress["percent"] == 100.0
    assert house.told(job.id).count("completed") == 1
    assert house.told(job.id)[-1] == "completed"
    assert job.last_seq == len(house.told(job.id))
    assert all(event.data["total_epochs"] == 3 for event in house.heard)
    assert not list((house.settings.data_dir / "work").glob("*")), "the work folder is empty again"


@pytest.mark.parametrize(
    ("how", "reason", "code", "used"),
    [
        ("data", "data_error", "NO_SAMPLES", 1),
        ("refused", "data_error", "STEPS_BEYOND_DATA", 1),
        ("bug", "internal_error", "INTERNAL_ERROR", 0),
        ("outcome", "internal_error", "INTERNAL_ERROR", 0),
    ],
)
def test_a_failure_says_why_and_leaves_nothing(
    house: House, how: str, reason: str, code: str, used: int, caplog: pytest.LogCaptureFixture
) -> None:
    job = worked(house, "toy_fail", {"how": how})
    assert (job.status, job.reason) == ("failed", reason)
    assert job.error is not None
    assert job.error["code"] == code
    assert "secret" not in json.dumps(job.error), "a traceback is for the log"
    assert house.heard[-1].data == {"error": job.error, "reason": reason}
    assert house.used(house.user) == used
    assert house.jobs().records.artifacts(house.user, job.id) == []
    assert house.blobs_of(job.id) == []
    assert ("Traceback" in caplog.text) == (reason == "internal_error")


def test_a_data_error_keeps_its_way_out(house: House) -> None:
    job = worked(house, "toy_fail", {"how": "data"})
    assert job.error == {
        "code": "NO_SAMPLES",
        "error": "No window fits",
        "suggestion": "Use fewer steps",
        "details": {"rows": 3},
    }


def test_metrics_are_points_and_what_is_not_finite_is_null(house: House) -> None:
    job = worked(house, "toy_metrics", {"n": 50})
    records = house.jobs().records
    loss = records.metrics(house.user, job.id, keys=["loss"])
    assert [point.step for point in loss] == list(range(1, 51))
    assert loss[9].value is None
    assert loss[1].value == 0.5
    assert [point.step for point in records.metrics(house.user, job.id, keys=["loss"], after_step=48)] == [
        49,
        50,
    ]
    assert [point.value for point in records.metrics(house.user, job.id, keys=["batch/loss"])] == [0.5]
    assert records.recent_metrics(house.user, job.id, epochs=2)[0] == {
        "step": 50,
        "epoch": 50,
        "loss": None,
        "val_loss": None,
    }
    kinds = house.told(job.id)
    assert (kinds.count("metrics"), kinds.count("batch")) == (50, 1)
    for event in house.heard:
        json.dumps(event.to_json(), allow_nan=False)


def test_epochs_that_pass_between_two_reports_are_points_of_the_curve(house: House) -> None:
    job = worked(house, "toy_metrics", {"n": 2, "late": 3})
    points = house.jobs().records.metrics(house.user, job.id, keys=["loss"])
    assert [(point.step, point.value) for point in points] == [
        (1, 1.0),
        (2, 0.5),
        (3, 1.0),
        (4, 2.0),
        (5, 3.0),
    ]
    assert house.told(job.id).count("metrics") == 3


def test_plain_progress_is_thinned_out(house: House) -> None:
    job = worked(house, "toy_count", {"n": 5000})
    assert house.told(job.id).count("progress") < 30


def test_the_log_of_a_job_is_for_people(house: House) -> None:
    job = worked(house, "toy_gated", {"folder": str(house.settings.data_dir), "place": "none"})
    assert [line["message"] for line in house.jobs().records.logs(house.user, job.id)] == ["recorded"]
    artifacts = house.jobs().records.artifacts(house.user, job.id)
    assert [row.name for row in artifacts] == ["model.bin", "only-1.bin"]
    with house.blobs.open(artifacts[0].blob_key) as stream:
        assert stream.read() == b"attempt 1"


def test_a_workload_cannot_claim_to_have_completed(house: House) -> None:
    job = worked(house, "toy_liar", {})
    assert (job.status, job.reason) == ("failed", "internal_error")
    assert "completed" not in house.told(job.id)
