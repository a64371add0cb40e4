"""Real measured series through the front door: uploaded, trained, judged, downloaded, predicted."""

from __future__ import annotations

import json
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from examples.client import Client
from examples.server import running
from tests.e2e.conftest import signed_in

PNG = "data:image/png;base64,"
pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Client]:
    with running(tmp_path_factory.mktemp("measured") / "data", TRAINYARD_WORKERS="1") as server:
        yield signed_in(server)


def new_session(client: Client, name: str, steps: dict[str, Any]) -> str:
    answer = client.call("POST", "/api/training/create-database-session", json={"sessionName": name})
    session_id: str = answer["sessionUuid"]
    body = {"sessionId": session_id, "zeitschritte": steps}
    client.call("POST", "/api/training/save-zeitschritte", json=body)
    return session_id


def train(client: Client, session_id: str, **model: Any) -> dict[str, Any]:
    """Train one model to its end and return its record."""
    client.train_and_watch(session_id, {"model_parameters": model}, lambda _percent, _message: None)
    record: dict[str, Any] = client.call("GET", f"/api/training/results/{session_id}")["results"][0]
    assert record["results"]["model_type"] == model["MODE"]
    return record


@pytest.fixture(scope="module")
def etth1(client: Client, data_sets: Path) -> str:
    """Oil temperature of ETTh1: 96 hours in, 24 out."""
    session_id = new_session(
        client, "ETTh1", {"eingabe": 96, "ausgabe": 24, "zeitschrittweite": 60, "offset": 0}
    )
    past = {"valueColumn": "OT", "zeithorizontStart": -95, "zeithorizontEnd": 0}
    ahead = {"valueColumn": "OT", "zeithorizontStart": 1, "zeithorizontEnd": 24}
    source = data_sets / "ETTh1.csv"
    client.upload(session_id, source, "input", {"bezeichnung": "OT history", **past})
    client.upload(session_id, source, "output", {"bezeichnung": "OT", **ahead})
    client.call("POST", "/api/training/finalize-session", json={"sessionId": session_id})
    answer = client.call("POST", f"/api/training/generate-datasets/{session_id}", json={})
    assert answer["n_dat"] == 17420 - 95 - 24
    assert all(plot["data"].startswith(PNG) for plot in answer["violin_plots"].values())
    return session_id


@pytest.fixture(scope="module")
def etth1_records(client: Client, etth1: str) -> dict[str, dict[str, Any]]:
    return {
        "LIN": train(client, etth1, MODE="LIN"),
        "Dense": train(client, etth1, MODE="Dense", LAY=2, N=64, EP=10, ACTF="ReLU"),
    }


@pytest.mark.parametrize("mode", ["LIN", "Dense"])
def test_on_etth1_the_test_error_lies_below_seasonal_naive(
    etth1_records: dict[str, dict[str, Any]], mode: str
) -> None:
    results = etth1_records[mode]["results"]
    naive = results["baselines"]["seasonal naive (day)"]["OT"]["MAE"]
    assert results["skill"]["OT"]["model_mae"] < naive
    assert results["skill"]["OT"]["skill"] > 0, "even the best baseline is beaten"


@pytest.mark.parametrize("mode", ["LIN", "Dense"])
def test_the_archive_of_each_model_predicts_what_the_server_predicts(
    client: Client, etth1: str, etth1_records: dict[str, dict[str, Any]], mode: str, tmp_path: Path
) -> None:
    job_id = etth1_records[mode]["job_id"]
    path = client.download(
        f"/api/training/download-archive/{etth1}?job_id={job_id}", tmp_path / "archive.zip"
    )
    with zipfile.ZipFile(path) as archive:
        archive.extractall(tmp_path / "archive")
    window = json.loads((tmp_path / "archive/example_input.json").read_text())
    request = {"input_data": window, "job_id": job_id}
    answer = client.call("POST", f"/api/training/predict/{etth1}", json=request)
    local = subprocess.run(
        [sys.executable, "predict.py", "example_input.json"],
        cwd=tmp_path / "archive",
        env={"PATH": "/usr/bin:/bin", "CUDA_VISIBLE_DEVICES": "", "TF_CPP_MIN_LOG_LEVEL": "3"},
        capture_output=True,
        text=True,
        check=True,
    )
    np.testing.assert_allclose(answer["predictions"], json.loads(local.stdout), rtol=1e-6)


def test_both_models_of_etth1_are_kept_side_by_side_with_tables_and_plots(
    client: Client, etth1: str, etth1_records: dict[str, dict[str, Any]]
) -> None:
    records = client.call("GET", f"/api/training/results/{etth1}?all=true")["results"]
    assert [record["results"]["model_type"] for record in records] == ["Dense", "LIN"]
    for record in records:
        where = f"{etth1}?job_id={record['job_id']}"
        tables = client.call("GET", f"/api/training/evaluation-tables/{where}")
        assert len(tables["df_eval"]["OT"]["MAE"]) == 12
        assert len(tables["df_eval_ts"]["OT"]["60.0"]["MAE"]) == 24
        plots = client.call("GET", f"/api/training/visualizations/{where}")["plots"]
        assert all(plot["data"].startswith(PNG) for plot in plots.values())
        assert {"forecast_OT", "residuals_OT"} <= set(plots)


def test_the_demand_of_victoria_is_forecast_better_than_naively(client: Client, data_sets: Path) -> None:
    session_id = new_session(
        client, "Victoria", {"eingabe": 48, "ausgabe": 48, "zeitschrittweite": 60, "offset": 0}
    )
    source = data_sets / "vic_electricity.csv"
    ahead = {"zeithorizontStart": 0.5, "zeithorizontEnd": 24}
    for role, name, column, window in (
        ("input", "Demand history", "Demand", {"zeithorizontStart": -23.5, "zeithorizontEnd": 0}),
        ("input", "Temperature", "Temperature", ahead),
        ("output", "Demand", "Demand", ahead),
    ):
        client.upload(session_id, source, role, {"bezeichnung": name, "valueColumn": column, **window})
    local = {**ahead, "datenform": "Zeithorizont", "detaillierteBerechnung": True}
    time_info = {"woche": True, "tag": True, "zeitzone": "Australia/Melbourne"}
    time_info["category_data"] = {"woche": local, "tag": local}
    client.call("POST", "/api/training/save-time-info", json={"sessionId": session_id, "timeInfo": time_info})
    client.call("POST", "/api/training/finalize-session", json={"sessionId": session_id})
    client.call("POST", f"/api/training/generate-datasets/{session_id}", json={})
    results = train(client, session_id, MODE="LIN")["results"]
    assert results["skill"]["Demand"]["skill"] > 0
    assert results["input_features"] == ["Demand history", "Temperature", "W_sin", "W_cos", "D_sin", "D_cos"]
