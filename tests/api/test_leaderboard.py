"""Trainings side by side: ranked with the baselines, apart where other samples judged them."""

from __future__ import annotations

import io
import json
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import update
from sqlalchemy.orm.attributes import flag_modified

from services.storage.tables import ArtifactRow, TrainingResultRow
from tests.api.world import World
from tests.builders import add_training, ready_session

BOARD = "/api/v1/sessions/{}/leaderboard"
MEASURES = ("MAE", "RMSE", "MSE", "WAPE", "sMAPE", "MAPE", "MASE", "NRMSE", "BIAS", "skill")


def judged(world: World, session_id: UUID, mode: str, errors: dict[str, float], **more: Any) -> str:
    """A training with these errors per output; the last value errs by 2 everywhere."""
    job_id = add_training(
        world.database, world.blobs, world.user_id, session_id, mode=mode, **more.pop("row", {})
    )
    compared = {
        output: {
            "samples": 10,
            "model": {
                **dict.fromkeys(MEASURES, 1.0),
                "MAE": error,
                "RMSE": 9 - error,
                "skill": 1 - error / 2,
            },
            "baselines": {
                "last value": {**dict.fromkeys(MEASURES, 1.0), "MAE": 2.0, "RMSE": 2.0, "skill": 0.0}
            },
        }
        for output, error in errors.items()
    }
    samples = {"hash": "one", "count": 10, "first": "2024-01-01T00:00:00Z", "last": "2024-01-02T00:00:00Z"}
    with world.database.write() as tx:
        row = tx.query(TrainingResultRow).filter_by(job_id=job_id).one()
        row.results |= {
            "compared": compared,
            "output_features": list(errors),
            "test_samples": {**samples, **more},
        }
        flag_modified(row, "results")
    return str(job_id)


def names(group: dict[str, Any]) -> list[str]:
    return [row["mode"] or row["name"] for row in group["rows"]]


def test_models_and_baselines_stand_in_one_order(world: World) -> None:
    session_id = ready_session(world.database, world.user_id, name="Ranked")
    for mode, error in (("LIN", 1.5), ("Dense", 2.5), ("AUTO", 1.0)):
        judged(world, session_id, mode, {"Load": error})
    board = world.ok("GET", BOARD.format(session_id))
    (group,) = board["groups"]
    assert names(group) == ["AUTO", "LIN", "last value", "Dense"]
    assert [row["rank"] for row in group["rows"]] == [1, 2, 3, 4]
    assert [row["score"] for row in group["rows"]] == [1.0, 1.5, 2.0, 2.5]
    assert [row["beats_baselines"] for row in group["rows"]] == [True, True, None, False]
    assert group["rows"][0]["session_name"] == "Ranked"
    assert group["reason"] is None and not group["relative"]
    by_rmse = world.ok("GET", BOARD.format(session_id) + "?metric=RMSE")
    assert names(by_rmse["groups"][0]) == ["last value", "Dense", "LIN", "AUTO"]
    by_skill = world.ok("GET", BOARD.format(session_id) + "?metric=skill")
    assert names(by_skill["groups"][0]) == ["AUTO", "LIN", "last value", "Dense"]


def test_outputs_in_units_of_their_own_count_alike(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    judged(world, session_id, "LIN", {"Load": 1.0, "Heat": 2.0})
    judged(world, session_id, "AUTO", {"Load": 2.0, "Heat": 0.5})
    (group,) = world.ok("GET", BOARD.format(session_id))["groups"]
    assert group["relative"]
    assert [(row["mode"], row["score"]) for row in group["rows"]][:2] == [("AUTO", 0.625), ("LIN", 0.75)]
    (alone,) = world.ok("GET", BOARD.format(session_id) + "?output=Load")["groups"]
    assert names(alone)[0] == "LIN" and alone["rows"][0]["score"] == 1.0
    assert list(alone["rows"][0]["outputs"]) == ["Load"]


def test_other_test_samples_stand_apart_with_the_reason(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    judged(world, session_id, "LIN", {"Load": 1.0}, hash="two", count=9, row={"days": 1})
    judged(world, session_id, "Dense", {"Load": 1.0}, hash="three", row={"days": 2})
    judged(world, session_id, "AUTO", {"Load": 1.0}, row={"days": 3})
    judged(world, session_id, "SVR_dir", {"Heat": 1.0}, hash="four")
    groups = world.ok("GET", BOARD.format(session_id))["groups"]
    assert [names(group)[0] for group in groups] == ["AUTO", "Dense", "LIN", "SVR_dir"]
    assert groups[0]["reason"] is None
    assert groups[1]["reason"].startswith("other true values")
    assert groups[2]["reason"].startswith("9 test samples from 2024-01-01")
    assert groups[3]["reason"] == "forecasts Heat instead of Load"


def test_the_heat_map_has_every_measure_of_every_step(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    job_id = judged(world, session_id, "LIN", {"Load": 1.0})
    steps = {name: [0.5, None, 1.5] for name in MEASURES}
    details = {
        "Load": {
            "lead_minutes": [60, 120, 180],
            "model": {"steps": steps},
            "baselines": {"last value": {"steps": steps}},
        }
    }
    with world.database.write() as tx:
        where = ArtifactRow.job_id == UUID(job_id), ArtifactRow.kind == "evaluation"
        key = f"jobs/{job_id}/1/full.json"
        tx.execute(update(ArtifactRow).where(*where).values(blob_key=key))
    world.blobs.put(key, io.BytesIO(json.dumps({"compared": details}).encode()))
    (group,) = world.ok("GET", BOARD.format(session_id) + "?horizon=true")["groups"]
    assert group["lead_minutes"] == {"Load": [60, 120, 180]}
    assert [row["outputs"]["Load"]["steps"]["MAE"] for row in group["rows"]] == [[0.5, None, 1.5]] * 2
    (brief,) = world.ok("GET", BOARD.format(session_id))["groups"]
    assert brief["lead_minutes"] is None and brief["rows"][0]["outputs"]["Load"]["steps"] is None


def test_an_earlier_training_is_ranked_by_what_is_known_of_it(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    add_training(world.database, world.blobs, world.user_id, session_id)
    (group,) = world.ok("GET", BOARD.format(session_id) + "?horizon=true")["groups"]
    (row,) = group["rows"]
    assert (row["score"], row["outputs"]["Load"]["skill"], row["outputs"]["Load"]["RMSE"]) == (1.0, 0.5, None)
    assert "only MAE and skill" in row["outputs"]["Load"]["note"]


def test_trainings_of_several_sessions_are_compared(world: World) -> None:
    sessions = [ready_session(world.database, world.user_id, name=name) for name in ("One", "Two")]
    jobs = [judged(world, each, "LIN", {"Load": 1.0 + i}) for i, each in enumerate(sessions)]
    board = world.ok("GET", f"/api/v1/leaderboard?job_id={jobs[1]}&job_id={jobs[0]}&job_id={jobs[0]}")
    (group,) = board["groups"]
    assert [row["session_name"] for row in group["rows"] if row["kind"] == "model"] == ["One", "Two"]
    queued = world.refused("GET", f"/api/v1/leaderboard?job_id={jobs[0]}&job_id={UUID(int=7)}", 404)
    assert queued["code"] == "JOB_NOT_FOUND"
    world.refused("GET", "/api/v1/leaderboard", 400)


def test_a_session_without_trainings_has_an_empty_board(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    board = world.ok("GET", BOARD.format(session_id))
    assert (board["groups"], board["outputs"], board["truncated"]) == ([], [], False)


@pytest.mark.parametrize(
    ("query", "field"), [("metric=R2", "metric"), ("output=Moon", "output"), ("horizon=maybe", "horizon")]
)
def test_a_wish_that_cannot_be_met_is_named(world: World, query: str, field: str) -> None:
    session_id = ready_session(world.database, world.user_id)
    judged(world, session_id, "LIN", {"Load": 1.0})
    assert field in world.refused("GET", BOARD.format(session_id) + "?" + query, 400)["error"]
