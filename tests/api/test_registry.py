"""The model registry: versions by themselves or by request, the champion, its log, lineage, downloads."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.orm.attributes import flag_modified

from services.storage.registry_tables import PromotionRow
from services.storage.tables import ArtifactRow, JobRow, TrainingResultRow
from services.workloads.forecast.records import record_forecast
from tests.api.world import World
from tests.builders import add_job, add_training, ready_session, working

MODELS = "/api/v1/models"


def registered(world: World, session_id: UUID, mode: str = "LIN", **more: Any) -> str:
    """A training that was registered by hand, as one is that completed before there was a registry."""
    job_id = str(add_training(world.database, world.blobs, world.user_id, session_id, mode=mode, **more))
    answer = world.raw("POST", MODELS, json={"job_id": job_id})
    assert answer.status_code == 201
    return job_id


def model_of(world: World, session_id: UUID) -> dict[str, Any]:
    (model,) = world.ok("GET", f"{MODELS}?session_id={session_id}")["models"]
    return world.ok("GET", f"{MODELS}/{model['id']}")["model"]


def promote(world: World, model: dict[str, Any], version: int, **more: Any) -> dict[str, Any]:
    found: dict[str, Any] = world.ok(
        "POST", f"{MODELS}/{model['id']}/promote", json={"version": version, **more}
    )["model"]
    return found


def test_a_training_that_completes_becomes_a_version_of_its_sessions_model(world: World) -> None:
    session_id = ready_session(world.database, world.user_id, name="North/South")
    known = world.job(str(add_training(world.database, world.blobs, world.user_id, session_id)))
    for number in (1, 2):
        job_id = add_job(world.database, world.user_id, session_id, status="completed")
        with world.database.write() as tx:
            results = tx.query(TrainingResultRow).filter_by(job_id=known.id).one().results
            results |= {"epochs_completed": None, "split": {}}
            results["evaluation_metrics"]["test_metrics_original"]["MSE"] = 1.0
            outcome = {"results": results, "archive_key": None, "archive_bytes": 1, "plots": []}
            record_forecast(tx, tx.get_one(JobRow, job_id), {**outcome, "df_eval": {}, "df_eval_ts": {}})
        model = model_of(world, session_id)
        assert (model["name"], model["version_count"]) == ("North-South", number)
        assert model["versions"][0]["job_id"] == str(job_id)
        assert model["versions"][0]["outputs"]["Load"]["MAE"] == 1.0
    assert model["champion"] is None and model["latest"]["version"] == 2


def test_a_training_is_registered_once_and_under_any_name(world: World) -> None:
    session_id = ready_session(world.database, world.user_id, name="Once")
    job_id = registered(world, session_id)
    again = world.ok("POST", MODELS, json={"job_id": job_id})
    assert again["version"] == 1 and again["model"]["version_count"] == 1
    named = world.raw("POST", MODELS, json={"job_id": job_id, "name": "Best of all"})
    assert named.status_code == 201
    assert named.headers["Location"] == f"{MODELS}/{named.json['model']['id']}/versions/1"
    assert world.ok("GET", f"{MODELS}/Best of all")["model"]["session_id"] is None
    found = world.ok("GET", f"{MODELS}?search=OF ALL")
    assert ([each["name"] for each in found["models"]], found["total"]) == (["Best of all"], 1)


def test_models_of_sessions_of_one_name_get_names_of_their_own(world: World) -> None:
    names = []
    for _ in range(2):
        session_id = ready_session(world.database, world.user_id, name="Twins")
        registered(world, session_id)
        names.append(model_of(world, session_id)["name"])
    assert names == ["Twins", "Twins (2)"]


def test_the_champion_moves_and_the_log_only_grows(world: World) -> None:
    session_id = ready_session(world.database, world.user_id, name="Champions")
    jobs = [registered(world, session_id, mode, days=i) for i, mode in enumerate(("LIN", "Dense", "AUTO"))]
    model = model_of(world, session_id)
    assert [each["mode"] for each in model["versions"]] == ["AUTO", "Dense", "LIN"]
    promote(world, model, 1, note="the first")
    after = promote(world, model, 3)
    assert after["champion"]["job_id"] == jobs[2]
    assert [each["champion"] for each in after["versions"]] == [True, False, False]
    log = [(each["version"], each["previous"], each["note"]) for each in after["promotions"]]
    assert log == [(3, 1, None), (1, None, "the first")]
    refusal = world.refused("POST", f"{MODELS}/{model['id']}/promote", 409, json={"version": 3})
    assert refusal["code"] == "ALREADY_CHAMPION"
    assert promote(world, model, 1)["champion"]["version"] == 1  # and back
    assert world.ok("GET", f"{MODELS}/{model['id']}/versions/champion")["version"]["version"] == 1
    assert world.ok("GET", f"{MODELS}/{model['id']}/versions/latest")["version"]["version"] == 3


def test_a_version_without_a_model_is_not_promoted(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    job_id = registered(world, session_id)
    with world.database.write() as tx:
        tx.query(ArtifactRow).filter_by(job_id=UUID(job_id), kind="bundle").delete()
    model = model_of(world, session_id)
    refusal = world.refused("POST", f"{MODELS}/{model['id']}/promote", 409, json={"version": 1})
    assert refusal["code"] == "NO_MODEL"
    assert model_of(world, session_id)["promotions"] == []


def test_a_deleted_champion_leaves_none_and_its_number_is_not_given_again(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    registered(world, session_id)
    job_id = registered(world, session_id, days=1)
    model = promote(world, model_of(world, session_id), 2)
    assert world.raw("DELETE", f"/api/v1/training/jobs/{job_id}").status_code == 204
    after = model_of(world, session_id)
    assert after["champion"] is None and [each["version"] for each in after["versions"]] == [1]
    assert after["promotions"] == model["promotions"]
    registered(world, session_id, days=2)
    assert [each["version"] for each in model_of(world, session_id)["versions"]] == [3, 1]


def test_the_model_of_a_deleted_session_is_gone_until_it_is_restored(world: World) -> None:
    session_id = ready_session(world.database, world.user_id, name="Bin")
    registered(world, session_id)
    model = model_of(world, session_id)
    assert world.raw("DELETE", f"/api/v1/sessions/{session_id}").status_code == 200
    world.refused("GET", f"{MODELS}/{model['id']}", 404)
    world.ok("POST", f"/api/v1/sessions/{session_id}/restore")
    assert world.ok("GET", f"{MODELS}/Bin")["model"]["id"] == model["id"]


def test_a_version_tells_where_it_comes_from(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    job_id = registered(world, session_id)
    model = model_of(world, session_id)
    found = world.ok("GET", f"{MODELS}/{model['id']}/versions/1")
    lineage = found["lineage"]
    assert [(each["role"], each["name"], each["state"]) for each in lineage["files"]] == [
        ("input", "Load history", "gone"),
        ("input", "Temperature", "gone"),
        ("output", "Load", "gone"),
    ]
    assert lineage["job"]["id"] == job_id and lineage["job"]["status"] == "completed"
    assert lineage["config"]["model"]["MODE"] == "LIN" and lineage["parameters"]["MODE"] == "LIN"
    assert "EPSILON" in lineage["config"]["model"] and "EPSILON" not in lineage["parameters"]
    assert "blob_key" not in str(lineage["config"])
    assert lineage["metrics"]["Load"]["model"] == {"MAE": 1.0, "skill": 0.5}
    assert [each["format"] for each in lineage["formats"]] == ["archive", "npz", "scalers_save"]
    assert all(len(each["sha256"]) == 64 for each in lineage["artifacts"])


def test_files_of_a_version_are_taken_home_by_format(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    job_id = registered(world, session_id, "LGBMR", files=("best_model_1.txt", "best_model_2.txt"))
    model = model_of(world, session_id)
    place = f"{MODELS}/{model['id']}/versions/1/download"
    archive = world.raw("GET", place)
    assert archive.data == f"archive of {job_id}".encode()
    assert "filename=LGBMR_v1_archive.zip" in archive.headers["Content-Disposition"]
    assert archive.headers["X-Model-Env-Python"] == "3.11.9"
    assert world.refused("GET", place + "?format=keras", 404)["code"] == "FORMAT_NOT_FOUND"
    several = world.refused("GET", place + "?format=txt", 404)
    names = [each["name"] for each in several["details"]["formats"][2]["files"]]
    assert len(names) == 2 and several["code"] == "FILE_NOT_FOUND"
    one = world.raw("GET", place + f"?format=txt&file={names[1]}")
    assert one.status_code == 200 and names[1] in one.headers["Content-Disposition"]


def test_two_versions_are_compared_by_errors_and_settings(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    first, second = registered(world, session_id), registered(world, session_id, "RIDGE", days=1)
    with world.database.write() as tx:
        row = tx.query(TrainingResultRow).filter_by(job_id=UUID(second)).one()
        row.results["skill"]["Load"] |= {"model_mae": 0.5, "skill": 0.75}
        flag_modified(row, "results")
        job = tx.get_one(JobRow, UUID(second))
        job.config = {**tx.get_one(JobRow, UUID(first)).config, "model": {"MODE": "RIDGE", "ALPHA": 2.0}}
        job.config["steps"] = {**job.config["steps"], "input_steps": 5}
    model = model_of(world, session_id)
    found = world.ok("GET", f"{MODELS}/{model['id']}/compare?a=1&b=latest")
    assert found["comparable"] and found["reason"] is None
    assert found["outputs"]["Load"]["MAE"] == {"a": 1.0, "b": 0.5, "change": -0.5, "better": "b"}
    assert found["outputs"]["Load"]["skill"]["better"] == "b"
    assert found["outputs"]["Load"]["RMSE"]["change"] is None
    changes = {each["path"]: (each["a"], each["b"]) for each in found["config"]}
    assert changes["model.MODE"] == ("LIN", "RIDGE") and changes["steps.input_steps"] == (4, 5)
    assert not any(path.startswith("series") for path in changes)


def test_a_model_gets_another_name_and_description(world: World) -> None:
    session_id = ready_session(world.database, world.user_id, name="Old name")
    registered(world, session_id)
    registered(world, ready_session(world.database, world.user_id, name="Taken"))
    place = f"{MODELS}/Old name"
    assert world.refused("PATCH", place, 409, json={"name": "Taken"})["code"] == "NAME_TAKEN"
    changed = world.ok("PATCH", place, json={"name": "New name", "description": "of 2026"})["model"]
    assert (changed["name"], changed["description"]) == ("New name", "of 2026")
    world.refused("GET", place, 404)
    assert world.ok("PATCH", f"{MODELS}/New name", json={"description": None})["model"]["description"] is None


def test_the_champion_predicts_where_no_training_is_named(world: World) -> None:
    session_id = ready_session(world.database, world.user_id)
    jobs = [registered(world, session_id, days=i) for i in range(3)]
    body = {"input_data": [[[1, 2, 3, 4]] * 4]}
    outcome = {
        "predictions": [[[1.0]] * 3],
        "output_features": ["Load"],
        "quantiles": None,
        "no_quantiles": "-",
    }

    def predicted(**more: Any) -> tuple[str, str]:
        with working(world.database, world.bus, lambda _job: outcome):
            answer = world.ok("POST", f"/api/training/predict/{session_id}", json={**body, **more})
        return answer["trained_job_id"], answer["chosen_by"]

    assert predicted() == (jobs[2], "newest")
    promote(world, model_of(world, session_id), 2)
    assert predicted() == (jobs[1], "champion")
    scalers = world.ok("GET", f"/api/training/scalers/{session_id}")["scalers"]
    assert scalers["metadata"]["job_id"] == jobs[1]  # those that fit the forecasts
    assert predicted(job_id=jobs[0]) == (jobs[0], "request")


def test_a_model_made_by_name_is_deleted_and_its_trainings_stay(world: World) -> None:
    session_id = ready_session(world.database, world.user_id, name="Kept")
    jobs = [registered(world, session_id, days=i) for i in range(2)]
    for job_id in jobs:
        world.raw("POST", MODELS, json={"job_id": job_id, "name": "Best ever"})
    best = f"{MODELS}/Best ever"
    world.ok("POST", f"{best}/promote", json={"version": 2})
    assert world.refused("DELETE", f"{best}/versions/champion", 409)["code"] == "VERSION_IN_USE"
    world.ok("DELETE", f"{best}/versions/1")
    assert [each["version"] for each in world.ok("GET", best)["model"]["versions"]] == [2]
    world.neighbour("deleter@example.org").refused("DELETE", best, 404)
    world.ok("DELETE", best)
    assert world.refused("GET", best, 404)["code"] == "MODEL_NOT_FOUND"
    own = model_of(world, session_id)
    assert [each["job_id"] for each in own["versions"]] == jobs[::-1]
    for place in ("", "/versions/1"):
        answer = world.refused("DELETE", f"{MODELS}/{own['id']}{place}", 409)
        assert (answer["code"], answer["details"]["session_id"]) == ("MODEL_OF_SESSION", str(session_id))


@pytest.mark.parametrize(
    ("method", "path", "status", "code", "body"),
    [
        ("POST", "", 422, "INVALID_FIELD", {}),
        ("POST", "", 400, "BAD_UUID", {"job_id": "x"}),
        ("POST", "", 404, "JOB_NOT_FOUND", {"job_id": str(UUID(int=3))}),
        ("POST", "", 422, "INVALID_FIELD", {"job_id": str(UUID(int=3)), "name": "a/b"}),
        ("POST", "", 422, "INVALID_FIELD", {"job_id": str(UUID(int=3)), "name": str(UUID(int=4))}),
        ("GET", "?limit=0", 400, "BAD_REQUEST", None),
        ("GET", "?offset=-1", 400, "BAD_REQUEST", None),
        ("GET", "/nobody", 404, "MODEL_NOT_FOUND", None),
        ("GET", "/Wrongs/versions/two", 400, "BAD_REQUEST", None),
        ("GET", "/Wrongs/versions/2", 404, "VERSION_NOT_FOUND", None),
        ("GET", "/Wrongs/versions/champion", 404, "VERSION_NOT_FOUND", None),
        ("GET", "/Wrongs/compare?a=1", 422, "INVALID_FIELD", None),
        ("GET", "/Wrongs/versions/1/download?format=exe", 404, "FORMAT_NOT_FOUND", None),
        ("POST", "/Wrongs/promote", 422, "INVALID_FIELD", {"version": 0}),
        ("POST", "/Wrongs/promote", 422, "INVALID_FIELD", {"version": True}),
        ("POST", "/Wrongs/promote", 404, "VERSION_NOT_FOUND", {"version": 9}),
        ("POST", "/Wrongs/promote", 422, "INVALID_FIELD", {"version": 1, "note": 5}),
        ("PATCH", "/Wrongs", 422, "INVALID_FIELD", {}),
        ("PATCH", "/Wrongs", 422, "INVALID_FIELD", {"name": " "}),
    ],
)
def test_what_makes_no_sense_is_refused(
    world: World, wrongs: None, method: str, path: str, status: int, code: str, body: Any
) -> None:
    more = {} if body is None else {"json": body}
    assert world.refused(method, MODELS + path, status, **more)["code"] == code


@pytest.fixture(scope="module")
def wrongs(world: World) -> None:
    registered(world, ready_session(world.database, world.user_id, name="Wrongs"))


def test_nobody_else_sees_or_promotes_a_model(world: World) -> None:
    session_id = ready_session(world.database, world.user_id, name="Mine")
    registered(world, session_id)
    model = model_of(world, session_id)
    other = world.neighbour("registry@example.org")
    assert other.ok("GET", MODELS)["models"] == []
    for ref in (model["id"], "Mine"):
        other.refused("GET", f"{MODELS}/{ref}", 404)
        other.refused("POST", f"{MODELS}/{ref}/promote", 404, json={"version": 1})
    with world.database.read() as tx:
        assert tx.query(PromotionRow).filter_by(model_id=UUID(model["id"])).count() == 0
