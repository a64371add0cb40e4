"""What the end-to-end tests share: the reference data, where it is, and a signed-in client."""

from __future__ import annotations

import os
import secrets
from pathlib import Path

import pytest

from examples.client import Client
from examples.server import ROOT, Server


@pytest.fixture(scope="session")
def data_sets() -> Path:
    """The folder of measured series; not part of the project."""
    folder = Path(os.environ.get("DATA_SETS_DIR", ROOT.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no measured series in {folder}: set DATA_SETS_DIR")
    return folder


def signed_in(server: Server) -> Client:
    client = Client(server.url)
    client.sign_up(f"user-{secrets.token_hex(6)}@example.org", secrets.token_urlsafe(16))
    return client
