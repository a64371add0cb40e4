"""The word of a proxy counts where settings say that there is one."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import request

from api.context import KEY
from app import create_app
from tests.conftest import make_settings

SAID = {
    "X-Forwarded-For": "10.9.9.9, 192.0.2.7",
    "X-Forwarded-Proto": "https",
    "X-Forwarded-Host": "evil.example",
}


@pytest.mark.parametrize(
    ("proxies", "seen"),
    [("0", ("127.0.0.1", "http://localhost/seen")), ("1", ("192.0.2.7", "https://localhost/seen"))],
)
def test_the_address_and_the_scheme_of_a_client(tmp_path: Path, proxies: str, seen: tuple[str, str]) -> None:
    app = create_app(make_settings(tmp_path, TRAINYARD_PROXIES=proxies))
    app.add_url_rule("/seen", view_func=lambda: [request.remote_addr, request.url])
    assert tuple(app.test_client().get("/seen", headers=SAID).json) == seen
    app.extensions[KEY].database.close()
