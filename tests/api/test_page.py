"""The page's files over HTTP: one document for all views, assets for good, a word where it is not built."""

from __future__ import annotations

import gzip
from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from api import errors, page

DOCUMENT = "<!doctype html><title>Trainyard</title>"


@pytest.fixture
def serve(tmp_path: Path) -> Callable[[], FlaskClient]:
    """A server of the page alone, of whatever lies in `tmp_path` then."""

    def start() -> FlaskClient:
        app = Flask(__name__, static_folder=None)
        errors.init_app(app)
        page.init_app(app, tmp_path)
        return app.test_client()

    return start


@pytest.fixture
def built(tmp_path: Path) -> Path:
    (tmp_path / "index.html").write_text(DOCUMENT)
    (tmp_path / "assets").mkdir()
    (tmp_path / "assets" / "index-1a.js").write_text("export const page = 1")
    (tmp_path / "assets" / "index-1a.js.gz").write_bytes(gzip.compress(b"export const page = 1"))
    (tmp_path.parent / "secret.txt").write_text("not of the page")
    return tmp_path


def test_without_a_built_page_the_server_says_how_to_build_it(serve: Callable[[], FlaskClient]) -> None:
    answer = serve().get("/")
    assert answer.status_code == 200
    assert "make build" in answer.text


@pytest.mark.parametrize("path", ["/", "/sign-in", "/sessions", "/sessions/1/data", "/jobs/x", "/account"])
def test_every_view_is_the_same_document_with_a_policy(
    serve: Callable[[], FlaskClient], built: Path, path: str
) -> None:
    answer = serve().get(path)
    assert answer.text == DOCUMENT
    assert "default-src 'self'" in answer.headers["Content-Security-Policy"]
    assert answer.headers["Cache-Control"] == "no-cache"


def test_assets_are_sent_packed_to_who_takes_that_and_kept_for_good(
    serve: Callable[[], FlaskClient], built: Path
) -> None:
    packed = serve().get("/assets/index-1a.js", headers={"Accept-Encoding": "gzip"})
    plain = serve().get("/assets/index-1a.js")
    assert "wasm-unsafe-eval" in plain.headers["Content-Security-Policy"], "a worker hashes by WebAssembly"
    assert packed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(packed.data) == plain.data == b"export const page = 1"
    assert packed.mimetype == plain.mimetype == "text/javascript"
    assert "immutable" in plain.headers["Cache-Control"]


@pytest.mark.parametrize("name", ["gone-2b.js", "../../secret.txt", "%2e%2e/%2e%2e/secret.txt"])
def test_there_is_nothing_beside_the_assets(serve: Callable[[], FlaskClient], built: Path, name: str) -> None:
    assert serve().get(f"/assets/{name}").status_code == 404


def test_an_unknown_address_of_the_api_is_no_view(serve: Callable[[], FlaskClient], built: Path) -> None:
    answer = serve().get("/api/nowhere")
    assert answer.status_code == 404
    assert answer.get_json()["code"] == "NOT_FOUND"
