"""Log lines: one form, their request id, no secret."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from examples.server import ROOT

JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiI3In0.c2lnbmF0dXJl"
SCRIPT = """
import logging, sys
from pathlib import Path
from services import logs
from services.settings import Settings
logs.configure(Settings.from_env({"DATA_DIR": sys.argv[1], "TRAINYARD_LOG_FORMAT": sys.argv[2]}))
log = logging.getLogger("tests")
logs.bind(request_id="r-1")
log.info("got %s", "Bearer abc.def")
log.warning("{'password': 'geheim1', 'refresh_token': 'geheim2'} and " + sys.argv[3], extra={"size": 7})
log.info("GET %s", "/x\\n2026-01-01 [info     ] all is well \\x1b[2J\\u2028")
logs.unbind()
log.debug("not shown")
try:
    raise ValueError("token=geheim3")
except ValueError:
    log.exception("failed")
"""


def logged(folder: Path, form: str) -> str:
    run = subprocess.run(
        [sys.executable, "-c", SCRIPT, str(folder), form, JWT],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stdout == ""
    return run.stderr


def test_json_lines_carry_level_logger_time_and_request_id(tmp_path: Path) -> None:
    lines: list[dict[str, Any]] = [json.loads(line) for line in logged(tmp_path, "json").splitlines()]
    assert [line["level"] for line in lines] == ["info", "warning", "info", "error"]
    assert [line.get("request_id") for line in lines] == ["r-1", "r-1", "r-1", None]
    assert lines[1]["size"] == 7
    assert lines[0]["logger"] == "tests" and lines[0]["timestamp"].endswith("Z")
    assert "ValueError" in lines[3]["exception"]


@pytest.mark.parametrize("form", ["text", "json"])
def test_no_line_holds_a_secret(tmp_path: Path, form: str) -> None:
    text = logged(tmp_path, form)
    assert "redacted" in text
    assert not any(secret in text for secret in ("abc.def", "geheim", JWT))


@pytest.mark.parametrize("form", ["text", "json"])
def test_nobody_writes_a_line_by_what_he_sends(tmp_path: Path, form: str) -> None:
    text = logged(tmp_path, form)
    assert not any(line.startswith("2026-01-01") for line in text.splitlines())
    assert not any(sign in text for sign in ("\x1b", "\u2028"))
    assert "all is well" in text
