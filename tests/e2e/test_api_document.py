"""docs/api.md is true: its blocks run as they stand, with curl alone, against a real server."""

from __future__ import annotations

import json
import os
import re
import subprocess
from pathlib import Path

import numpy as np
import pytest

from examples.server import ROOT, running

BLOCK = re.compile(r"^```bash\n(.*?)^```", re.MULTILINE | re.DOTALL)


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


def test_plots_and_violins_arrive_as_pictures(folder: Path) -> None:
    plots = json.loads((folder / "plots.json").read_text())["plots"]
    violins = json.loads((folder / "datasets.json").read_text())["violin_plots"]
    picture = json.loads((folder / "plot.json").read_text())["plot_data"]
    assert {"input_Load history", "input_Temperature", "output_Load"} <= set(violins)
    assert all(
        plot["data"].startswith("data:image/png;base64,") for plot in [*plots.values(), *violins.values()]
    )
    assert picture.startswith("data:image/png;base64,")
