"""docs/api.md is true: its blocks run as they stand, with curl alone, against a real server."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from examples.server import ROOT, running

EVALUATION_PLOTS = ("horizon_error", "error_heatmap", "quantile_fan", "reliability")
BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which all blocks of the document were run one after the other."""
    folder = tmp_path_factory.mktemp("api")
    (folder / ".venv").symlink_to(ROOT / ".venv")
    script = "set -euo pipefail\n" + "\n".join(BLOCK.findall((ROOT / "docs/api.md").read_text()))
    with running(folder / "data", TRAINYARD_WORKERS="1") as server:
        done = subprocess.run(
            ["bash", "-c", script],
            cwd=folder,
            env={**os.environ, "BASE": server.url, "PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=240,
        )
        said = f"{done.stdout[-2000:]}\n{done.stderr[-2000:]}\n{server.log.read_text()[-2000:]}"
        assert done.returncode == 0, said
    return folder


def test_the_document_ends_with_the_prediction_that_the_archive_promises(folder: Path) -> None:
    expected = json.loads((folder / "archive/expected_output.json").read_text())
    predicted = json.loads((folder / "prediction.json").read_text())["predictions"]
    np.testing.assert_allclose(predicted, expected, rtol=1e-6)


def test_the_model_of_the_document_beats_the_naive_forecasts(folder: Path) -> None:
    (record,) = json.loads((folder / "results.json").read_text())["results"]
    assert record["results"]["skill"]["Load"]["skill"] > 0


def test_the_evaluation_of_the_document_is_complete(folder: Path) -> None:
    (record,) = json.loads((folder / "results.json").read_text())["results"]
    results, full = record["results"], json.loads((folder / "evaluation.json").read_text())
    assert full["job_id"] == record["job_id"]
    table = full["horizon"]["Load"]
    assert {len(table[name]) for name in ("MAE", "MASE", "BIAS", "NRMSE_range", "skill")} == {24}
    assert np.mean(table["MAE"]) == pytest.approx(results["skill"]["Load"]["model_mae"])
    assert results["horizon"]["Load"]["last"]["MAE"] == table["MAE"][-1]
    assert sum(full["profile"]["Load"]["hour"]["count"]) == 24 * table["samples"]
    assert results["significance"]["Load"]["p_value"] < 0.05
    assert results["significance"]["Load"]["statistic"] < 0, "it is the model that is better"
    widest = results["uncertainty"]["outputs"]["Load"]["intervals"][0]
    assert widest["levels"] == [0.05, 0.95] and 0.7 < widest["coverage"] <= 1
    assert len(full["worst_windows"]["Load"]) == len(results["worst_windows"]["Load"]) == 20
    plots = json.loads((folder / "plots.json").read_text())["plots"]
    assert {f"{kind}_Load" for kind in EVALUATION_PLOTS} <= set(plots)


def test_server_and_archive_give_the_same_quantiles(folder: Path) -> None:
    answer = json.loads((folder / "prediction.json").read_text())
    levels = ["0.05", "0.1", "0.25", "0.5", "0.75", "0.9", "0.95"]
    assert (list(answer["quantiles"]), answer["no_quantiles"]) == (levels, None)
    drawn = np.array(list(answer["quantiles"].values()))
    assert drawn.shape == (7, *np.shape(answer["predictions"])) and (np.diff(drawn, axis=0) >= 0).all()
    command = [sys.executable, "predict.py", "example_input.json", "--quantiles"]
    printed = subprocess.run(command, cwd=folder / "archive", capture_output=True, text=True, check=True)
    np.testing.assert_allclose(list(json.loads(printed.stdout).values()), drawn, rtol=1e-6)


def test_plots_and_violins_arrive_as_pictures(folder: Path) -> None:
    plots = json.loads((folder / "plots.json").read_text())["plots"]
    violins = json.loads((folder / "datasets.json").read_text())["violin_plots"]
    picture = json.loads((folder / "plot.json").read_text())["plot_data"]
    assert {"input_Load history", "input_Temperature", "output_Load"} <= set(violins)
    assert all(
        plot["data"].startswith("data:image/png;base64,") for plot in [*plots.values(), *violins.values()]
    )
    assert picture.startswith("data:image/png;base64,")
