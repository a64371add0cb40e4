"""Uploads that are not finished come along, and their clients go on where they were."""

from __future__ import annotations

import io
from pathlib import Path

import pytest
from flask import Flask

from api.context import KEY
from app import create_app
from services.accounts import Tokens
from services.moving.backup import backup
from services.moving.restore import restore
from services.moving.unfinished import copy_unfinished, is_piece
from services.settings import Settings
from services.uploads.tus.store import TusStore
from services.wiring import Services
from tests.api.caller import Caller, accepted, series_csv
from tests.api.tus_caller import TusCaller
from tests.conftest import make_settings

CONTENT = series_csv()
HALF = len(CONTENT) // 2


class Uploading:
    """A client with an upload of each way half done, one of them in the middle of a chunk with a checksum."""

    def __init__(self, app: Flask, user: Tokens) -> None:
        self.services: Services = app.extensions[KEY]
        self.caller = Caller(app.test_client(), user.access_token)
        self.tus = TusCaller(self.caller)
        self.path = self.tus.created(len(CONTENT), CONTENT[:HALF])
        store = TusStore(self.services.settings.data_dir / "tus_uploads")
        upload = store.find(user.user.id, self.path.rpartition("/")[2])
        assert upload is not None
        upload._mark(HALF)
        with upload.data.open("ab") as file:
            file.write(b"not verified")
        self.parts = self.caller.new_session()
        accepted(self.caller.send(self.parts, CONTENT[:HALF], 0, 2))

    def goes_on_at(self, folder: Path, token: str) -> None:
        """The same requests as if nothing had happened."""
        app = create_app(embedded(folder))
        there: Services = app.extensions[KEY]
        try:
            caller = Caller(app.test_client(), token)
            tus = TusCaller.__new__(TusCaller)
            tus.caller = caller
            assert tus.offset(self.path) == HALF
            tus.patched(self.path, HALF, CONTENT[HALF:])
            assert tus.state(self.path)["status"] == "processing"
            (upload,) = caller.get(f"upload-status?sessionId={self.parts}")["uploads"]
            assert upload["missing"] == [1]
            assert accepted(caller.send(self.parts, CONTENT[HALF:], 1, 2))["status"] == "processing"
            for key in there.blobs.list("files/"):
                with there.blobs.open(key) as file:
                    assert file.read() == CONTENT
            assert len(list(there.blobs.list("files/"))) == 2
        finally:
            there.runner.stop()
            there.database.close()


def embedded(folder: Path) -> Settings:
    """Its rows lie in its folder, whatever database the other tests work on."""
    rows = f"sqlite:///{folder / 'trainyard.db'}"
    return make_settings(folder, DATABASE_URL=rows, TRAINYARD_INTERACTIVE_WAIT_SECONDS="0.05")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return embedded(settings.data_dir)


@pytest.fixture
def uploading(app: Flask, user: Tokens) -> Uploading:
    return Uploading(app, user)


def test_a_client_goes_on_after_a_restore(uploading: Uploading, user: Tokens, tmp_path: Path) -> None:
    report = backup(uploading.services.settings, tmp_path / "backup.tar")
    assert report.uploads == 2
    assert restore(tmp_path / "backup.tar", tmp_path / "new").uploads == 2
    uploading.goes_on_at(tmp_path / "new", user.access_token)
    assert uploading.tus.offset(uploading.path) == HALF, "the old ones stay as they are"


def test_a_client_goes_on_in_another_folder(uploading: Uploading, user: Tokens, tmp_path: Path) -> None:
    backup(uploading.services.settings, tmp_path / "backup.tar")
    restore(tmp_path / "backup.tar", tmp_path / "new")
    for name in ("tus_uploads", "file_uploads"):
        (tmp_path / "new" / name).rename(tmp_path / f"aside {name}")
    here = uploading.services.settings.data_dir
    assert copy_unfinished(here, here) == 0
    assert copy_unfinished(here, tmp_path / "new") == 2
    uploading.goes_on_at(tmp_path / "new", user.access_token)


def test_bytes_that_arrive_meanwhile_are_no_part_of_a_backup(
    uploading: Uploading, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    read = io.BytesIO.read

    class Slow(io.BytesIO):
        def read(self, size: int | None = -1) -> bytes:
            if uploading.tus.offset(uploading.path) == HALF:
                uploading.tus.patched(uploading.path, HALF, CONTENT[HALF : HALF + 50])
            return read(self, size)

    monkeypatch.setattr("services.moving.unfinished.io.BytesIO", Slow)
    backup(uploading.services.settings, tmp_path / "backup.tar")
    assert uploading.tus.offset(uploading.path) == HALF + 50
    restore(tmp_path / "backup.tar", tmp_path / "new")
    (data,) = (tmp_path / "new" / "tus_uploads").glob("*/*/data")
    assert data.read_bytes() == CONTENT[:HALF], "as far as it was when it was looked at"


@pytest.mark.parametrize(
    ("name", "may"),
    [
        ("tus_uploads/user/upload/data", True),
        ("file_uploads/session/upload/0.abc.announced.part", True),
        ("file_uploads/session/.finalized", True),
        ("file_uploads/../trainyard.db", False),
        ("tus_uploads/../../../etc/passwd", False),
        ("tus_uploads/./upload/data", False),
        ("file_uploads//etc/passwd", False),
        ("file_uploads/session/upload/more/data", False),
        ("tus_uploads/user/up\nload/data", False),
        ("other/session/upload/data", False),
    ],
)
def test_a_piece_lies_where_uploads_lie(name: str, may: bool) -> None:
    assert is_piece(name) is may
