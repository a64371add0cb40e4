"""Uploads of large files to Supabase Storage in parts of 6 MB that survive a broken line (tus 1.0.0)."""

from __future__ import annotations

from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, NoReturn

from services.storage.blobs.places import Place
from services.supabase.project import Busy, Project, Refused, failure

if TYPE_CHECKING:
    import httpx

PART_BYTES = 6 * 1024 * 1024  # what Storage demands of every part but the last
ENDPOINT = "storage/v1/upload/resumable"
TUS = {"Tus-Resumable": "1.0.0", "x-upsert": "true"}  # Storage asks for both with every part


class Lost(Exception):
    """The upload is not there any more: it has to begin anew."""


def upload(project: Project, place: Place, path: Path, again: int = 3) -> None:
    """Store a file; what has arrived is not sent again."""
    for _ in range(again):
        try:
            _Upload(project, place, path).run()
            return
        except Lost:
            continue
    raise Refused(410, "the upload was lost several times")


class _Upload:
    """One address at Storage, and how far we are."""

    def __init__(self, project: Project, place: Place, path: Path) -> None:
        self._project = project
        self._place = place
        self._path = path
        self._size = path.stat().st_size
        self._offset = 0
        self._is_sure = True  # False after a part of which no answer came

    def run(self) -> None:
        self._address = self._project.ask(self._created)
        with self._path.open("rb") as file:
            while self._offset < self._size:
                self._project.ask(lambda: self._send_from(file))

    def _send_from(self, file: BinaryIO) -> None:
        if not self._is_sure:
            self._offset = self._arrived()
        file.seek(self._offset)
        part = file.read(PART_BYTES)
        self._is_sure = False
        if part:
            self._send(part)
        self._is_sure = True

    def _created(self) -> str:
        about = {
            "bucketName": self._place.bucket,
            "objectName": self._place.path,
            "contentType": self._place.media_type,
            "cacheControl": "0",
        }
        coded = ",".join(f"{name} {b64encode(text.encode()).decode()}" for name, text in about.items())
        more = {"Upload-Length": str(self._size), "Upload-Metadata": coded}
        endpoint = f"{self._project.url}/{ENDPOINT}"
        response = self._project.http.post(endpoint, headers=self._project.headers(**TUS, **more))
        if response.status_code != 201 or "Location" not in response.headers:
            _fail(response)
        # Only the name is taken: the key goes to no other host, whatever a proxy made of the address.
        return f"{endpoint}/{response.headers['Location'].rstrip('/').rsplit('/', 1)[-1]}"

    def _send(self, part: bytes) -> None:
        more = {"Upload-Offset": str(self._offset), "Content-Type": "application/offset+octet-stream"}
        response = self._project.http.patch(
            self._address, headers=self._project.headers(**TUS, **more), content=part
        )
        if response.status_code != 204:
            _fail(response)
        self._offset = int(response.headers["Upload-Offset"])

    def _arrived(self) -> int:
        response = self._project.http.head(self._address, headers=self._project.headers(**TUS))
        if response.status_code not in (200, 204):
            _fail(response)
        return int(response.headers["Upload-Offset"])


def _fail(response: httpx.Response) -> NoReturn:
    status = response.status_code
    if status in (404, 410) and response.request.method != "POST":
        raise Lost
    if status in (409, 423):  # somebody, perhaps our own broken try, still holds the lock
        raise Busy(f"{status}: {response.text[:200]}")
    raise failure(status, response.text)
