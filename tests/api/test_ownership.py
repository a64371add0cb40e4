"""Every route of results and models: no token 401, somebody else's session 404, no session id 400."""

from __future__ import annotations

from typing import Any
from uuid import UUID

import pytest

from tests.api.world import World
from tests.builders import add_training, ready_session

ROUTES: list[tuple[str, str, Any]] = [
    ("POST", "generate-datasets/{}", {}),
    ("POST", "train-models/{}", {"model_parameters": {"MODE": "LIN"}}),
    ("GET", "status/{}", None),
    ("GET", "results-summary/{}", None),
    ("GET", "results/{}", None),
    ("GET", "results/{}?all=true", None),
    ("GET", "get-training-results/{}", None),
    ("GET", "download-arrays/{}", None),
    ("GET", "download-archive/{}", None),
    ("GET", "plot-variables/{}", None),
    ("GET", "visualizations/{}", None),
    ("GET", "evaluation-tables/{}", None),
    ("GET", "evaluation/{}", None),
    ("POST", "save-evaluation-tables/{}", {}),
    ("GET", "scalers/{}", None),
    ("GET", "scalers/{}/download", None),
    ("POST", "scale-data/{}", {"input_data": [[1, 2, 3, 4]]}),
    ("POST", "save-model/{}", {}),
    ("GET", "list-models-database/{}", None),
    ("GET", "download-model-h5/{}", None),
    ("POST", "predict/{}", {"input_data": [[[1, 2, 3, 4]] * 4]}),
]


@pytest.fixture(scope="module")
def foreign(world: World) -> UUID:
    """A session with everything in it, of another user of the same server."""
    stranger = world.neighbour("stranger@example.org")
    session_id = ready_session(world.database, stranger.user_id, alias="session_1700000000_abc")
    add_training(world.database, world.blobs, stranger.user_id, session_id)
    assert stranger.ok("GET", f"/api/training/results/{session_id}")["count"] == 1
    return session_id


@pytest.mark.parametrize(("method", "path", "body"), ROUTES, ids=lambda value: str(value)[:40])
def test_what_belongs_to_somebody_else_does_not_exist(
    world: World, foreign: UUID, method: str, path: str, body: Any
) -> None:
    more = {} if body is None else {"json": body}
    for ref in (str(foreign), f"session_{foreign}", "session_1700000000_abc"):
        answer = world.refused(method, f"/api/training/{path.format(ref)}", 404, **more)
        assert answer["code"] == "SESSION_NOT_FOUND"
    assert (
        world.refused(method, f"/api/training/{path.format('nonsense')}", 400, **more)["code"] == "BAD_UUID"
    )
    answer = world.caller.client.open(f"/api/training/{path.format(foreign)}", method=method, **more)
    assert (answer.status_code, answer.get_json()["code"]) == (401, "MISSING_AUTHORIZATION")


def test_a_plot_of_somebody_elses_session_is_not_drawn(world: World, foreign: UUID) -> None:
    request = {"sessionId": str(foreign), "df_plot_out": {"Load": True}}
    answer = world.refused("POST", "/api/training/generate-plot", 404, json=request)
    assert answer["code"] == "SESSION_NOT_FOUND"


def test_somebody_elses_job_is_not_a_model_of_mine(world: World, foreign: UUID) -> None:
    mine = ready_session(world.database, world.user_id)
    job_id = world.jobs(foreign)[0].id
    for path in ("results/{}", "scalers/{}", "download-model-h5/{}", "download-archive/{}"):
        answer = world.refused("GET", f"/api/training/{path.format(mine)}?job_id={job_id}", 404)
        assert answer["code"] == "JOB_NOT_FOUND"
