"""Model files over HTTP: listed with their training, downloaded by a bare name and by nothing else."""

from __future__ import annotations

from uuid import UUID

import pytest

from tests.api.world import World
from tests.builders import VERSIONS, add_artifact, add_session, add_training, ready_session

DOWNLOAD = "/api/training/download-model-h5/{}"


@pytest.fixture
def session_id(world: World) -> UUID:
    return ready_session(world.database, world.user_id, name="Load of tomorrow")


def train(world: World, session_id: UUID, mode: str, *files: str, days: int = 0) -> str:
    return str(
        add_training(
            world.database, world.blobs, world.user_id, session_id, mode=mode, files=files, days=days
        )
    )


def test_every_file_is_listed_with_what_it_belongs_to(world: World, session_id: UUID) -> None:
    train(world, session_id, "LIN", "best_model.npz")
    dense = train(world, session_id, "Dense", "best_model.keras", "best_model.h5", days=1)
    body = world.ok("GET", f"/api/training/list-models-database/{session_id}")
    models = body["data"]["models"]
    assert body["data"]["count"] == 3
    assert [model["format"] for model in models] == ["h5", "keras", "npz"]
    assert [model["model_type"] for model in models] == ["Dense", "Dense", "LIN"]
    assert models[0]["dataset_name"] == "Load of tomorrow"
    assert models[0]["job_id"] == dense
    assert models[0]["storage_path"].endswith(models[0]["filename"])
    assert models[0]["file_size_mb"] >= 0 and models[0]["modified_time"]


def test_no_models_is_an_empty_list(world: World, session_id: UUID) -> None:
    body = world.ok("GET", f"/api/training/list-models-database/{session_id}")
    assert body["data"] == {"models": [], "count": 0}


def test_saving_models_confirms_what_is_stored_already(world: World, session_id: UUID) -> None:
    assert world.refused("POST", f"/api/training/save-model/{session_id}", 404)["code"] == "MODEL_NOT_FOUND"
    train(world, session_id, "Dense", "best_model.keras", "best_model.h5")
    body = world.ok("POST", f"/api/training/save-model/{session_id}")
    assert body["total_uploaded"] == len(body["models"]) == 2


def test_without_a_name_the_h5_of_the_newest_training_comes(world: World, session_id: UUID) -> None:
    dense = train(world, session_id, "Dense", "best_model.keras", "best_model.h5")
    answer = world.raw("GET", DOWNLOAD.format(session_id))
    assert answer.data == f"model of {dense}".encode()
    assert ".h5" in answer.headers["Content-Disposition"]
    assert answer.headers["X-Model-Env-Keras"] == VERSIONS["keras"]
    assert answer.headers["X-Model-Env-TensorFlow"] == VERSIONS["tensorflow"]
    assert answer.headers["X-Model-Env-Numpy"] == VERSIONS["numpy"]
    assert answer.headers["X-Model-Env-Python"] == VERSIONS["python"]


def test_without_a_name_a_model_of_one_file_comes_whatever_its_format(world: World, session_id: UUID) -> None:
    dense = train(world, session_id, "Dense", "best_model.h5")
    train(world, session_id, "LIN", "best_model.npz", days=1)
    assert ".npz" in world.raw("GET", DOWNLOAD.format(session_id)).headers["Content-Disposition"]
    answer = world.raw("GET", DOWNLOAD.format(session_id) + f"?job_id={dense}")
    assert ".h5" in answer.headers["Content-Disposition"]


def test_of_several_files_one_must_be_named(world: World, session_id: UUID) -> None:
    train(world, session_id, "LGBMR", "step_1.txt", "step_2.txt")
    body = world.refused("GET", DOWNLOAD.format(session_id), 404)
    assert body["code"] == "MODEL_NOT_FOUND"
    assert len(body["details"]["filenames"]) == 2
    named = world.raw("GET", DOWNLOAD.format(session_id) + f"?filename={body['details']['filenames'][1]}")
    assert named.status_code == 200


@pytest.mark.parametrize(
    "name", ["../secret", "/etc/passwd", "a/b.h5", "a\\b.h5", "..", ".hidden", "a%00b", "x" * 300]
)
def test_a_path_is_no_file_name(world: World, session_id: UUID, name: str) -> None:
    train(world, session_id, "Dense", "best_model.h5")
    body = world.refused("GET", DOWNLOAD.format(session_id) + f"?filename={name}", 400)
    assert body["code"] == "INVALID_MODEL_FILENAME"


def test_files_of_another_session_and_of_other_kinds_are_not_found(world: World, session_id: UUID) -> None:
    job_id = train(world, session_id, "Dense", "best_model.h5")
    (model,) = world.ok("GET", f"/api/training/list-models-database/{session_id}")["data"]["models"]
    other = add_session(world.database, world.user_id)
    path = DOWNLOAD.format(other) + f"?filename={model['filename']}"
    assert world.refused("GET", path, 404)["code"] == "MODEL_NOT_FOUND"
    add_artifact(world.database, world.blobs, UUID(job_id), "checkpoint", "inner.bin", b"inner")
    path = DOWNLOAD.format(session_id) + "?filename=inner.bin"
    assert world.refused("GET", path, 404)["code"] == "MODEL_NOT_FOUND"


def test_a_model_whose_file_is_gone_is_a_clear_404(world: World, session_id: UUID) -> None:
    train(world, session_id, "LIN", "best_model.npz")
    (model,) = world.ok("GET", f"/api/training/list-models-database/{session_id}")["data"]["models"]
    world.blobs.delete(model["storage_path"])
    assert world.refused("GET", DOWNLOAD.format(session_id), 404)["code"] == "FILE_NOT_FOUND"


def test_the_environment_names_what_a_download_needs(world: World) -> None:
    body = world.ok("GET", "/api/training/environment-info")
    assert body["python"].startswith("3.")
    assert body["numpy"] and body["tensorflow"] and body["keras"]
    assert f"numpy=={body['numpy']}" in body["pip_install"]
