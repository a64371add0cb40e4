"""Holds the house in shape: who imports whom, what the web process loads, how large things get."""

from __future__ import annotations

import ast
import statistics
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("api", "services", "middleware", "utils")
# Light enough for a request that needs them, but a server that starts need not wait for them.
SLOW_TO_START = ("numpy", "pandas", "polars", "scipy", "lightgbm", "optuna", "holidays")
HEAVY = ("tensorflow", "keras", "torch", "sklearn", "matplotlib", "seaborn", "optuna")
FORBIDDEN_NAMES = (
    "manager",
    "helper",
    "handler",
    "orchestrator",
    "pipeline",
    "integration",
    "modern",
    "common",
    "misc",
)


def sources() -> list[Path]:
    files = [ROOT / "app.py"]
    for package in PACKAGES:
        files += sorted((ROOT / package).rglob("*.py"))
    return files


def imported(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def place(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def under(name: str, *roots: str) -> bool:
    return any(name == root or name.startswith(root + ".") for root in roots)


def offenders(allowed: tuple[str, ...], *modules: str) -> list[str]:
    return [
        f"{place(path)} imports {name}"
        for path in sources()
        if not place(path).startswith(allowed)
        for name in imported(path)
        if under(name, *modules)
    ]


def test_flask_stays_in_the_web_layer() -> None:
    assert offenders(("app.py", "api/", "middleware/"), "flask") == []


def test_socketio_stays_in_two_files() -> None:
    assert offenders(("app.py", "api/realtime.py"), "flask_socketio", "socketio") == []


@pytest.mark.parametrize(
    ("packages", "home"),
    [(("celery", "kombu"), "services/jobs/celery.py"), (("redis",), "services/events/redis.py")],
)
def test_a_broker_stays_in_one_file(packages: tuple[str, ...], home: str) -> None:
    assert offenders((home,), *packages) == []


def test_the_training_engine_knows_nothing_of_the_product() -> None:
    wrong = [
        f"{place(path)} imports {name}"
        for path in sources()
        if place(path).startswith("services/forecasting/")
        for name in imported(path)
        if under(name, *PACKAGES, "sqlalchemy", "flask") and not under(name, "services.forecasting", "utils")
    ]
    assert wrong == []


def test_services_never_look_up_to_the_web_layer() -> None:
    assert offenders(("app.py", "api/", "middleware/"), "api", "middleware", "app") == []


def test_utils_import_nothing_of_ours() -> None:
    wrong = [
        f"{place(path)} imports {name}"
        for path in sources()
        if place(path).startswith("utils/")
        for name in imported(path)
        if under(name, "api", "services", "middleware", "app")
    ]
    assert wrong == []


def test_the_environment_is_read_in_one_file() -> None:
    readers = {
        place(path)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
        if not (isinstance(node.value, ast.Name) and node.value.id == "request")  # that of one request
    }
    assert readers <= {"services/settings.py", "services/jobs/crew.py", "services/jobs/worker.py"}


def test_the_web_process_loads_no_heavy_package(tmp_path: Path) -> None:
    code = (
        "import sys\nfrom services.settings import Settings\nfrom app import create_app\n"
        f"create_app(Settings.from_env({{'DATA_DIR': {str(tmp_path)!r}, 'TRAINYARD_WORKERS': '0'}}))\n"
        f"print(sorted(set({HEAVY + SLOW_TO_START!r}) & set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert run.stdout.strip().splitlines()[-1] == "[]"


@pytest.mark.parametrize("path", sources(), ids=place)
def test_a_file_has_one_job_and_says_it_first(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    limit = 120 if path.name == "app.py" else 150 if place(path).startswith("utils/") else 400
    assert len(text.splitlines()) <= limit
    assert ast.get_docstring(ast.parse(text)), "the file does not open with one sentence saying its job"
    assert not any(word in path.stem for word in FORBIDDEN_NAMES)


def function_lengths() -> dict[str, int]:
    lengths: dict[str, int] = {}
    for path in sources():
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                body = node.body[1:] if ast.get_docstring(node) else node.body
                length = (body[-1].end_lineno or 0) - body[0].lineno + 1 if body else 0
                lengths[f"{place(path)}:{node.name}"] = length
    return lengths


def test_functions_stay_short() -> None:
    lengths = function_lengths()
    assert {name: length for name, length in lengths.items() if length > 50} == {}
    ordered = sorted(lengths.values())
    assert statistics.median(ordered) <= 8
    assert ordered[int(len(ordered) * 0.9)] <= 25


def test_a_route_is_thin() -> None:
    routes = {name: length for name, length in function_lengths().items() if name.startswith("api/")}
    assert {name: length for name, length in routes.items() if length > 30} == {}


def test_broad_handlers_stand_in_two_files_only() -> None:
    broad = {
        place(path)
        for path in sources()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.ExceptHandler)
        and (
            node.type is None
            or (isinstance(node.type, ast.Name) and node.type.id in {"Exception", "BaseException"})
        )
    }
    assert broad <= {"services/jobs/execute.py", "services/events/__init__.py"}
