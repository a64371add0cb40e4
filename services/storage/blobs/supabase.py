"""Blobs in three private buckets of Supabase Storage, with copies of what was read last on this machine."""

from __future__ import annotations

import gzip
import hashlib
import logging
import shutil
import time
import zlib
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, TypeVar
from urllib.parse import quote

from services.errors import Unavailable
from services.storage.blobs import Blob, BlobNotFound
from services.storage.blobs.keys import check_key, check_prefix
from services.storage.blobs.object_cache import ObjectCache, linked
from services.storage.blobs.owners import Owners
from services.storage.blobs.places import (
    OWNED,
    TRAINING_RESULTS,
    Place,
    buckets_of,
    encoded,
    is_gzipped,
    key_of,
    place_of,
)
from services.storage.blobs.resumable import PART_BYTES, upload
from services.supabase.project import Busy, Project, Refused, Unreadable, failure

if TYPE_CHECKING:
    import httpx
    from storage3._sync.file_api import SyncBucketProxy

BUFFER_BYTES = 256 * 1024
PAGE = 1000
CHECK_SECONDS = 30.0
CHECK_TIMEOUT = 3.0
LEAST_PAGE = 100  # a server may give shorter pages than it was asked for, but none shorter than this
Answer = TypeVar("Answer")
Paths = list[str]  # named here, since `list` is a method below
log = logging.getLogger(__name__)


class SupabaseBlobs:
    """services.storage.blobs.Blobs; with the service key: policies are for users who go there themselves."""

    def __init__(self, project: Project, owners: Owners, cache: ObjectCache, link_seconds: int) -> None:
        self._project = project
        self._owners = owners
        self._cache = cache
        self._link_seconds = link_seconds
        self._well_until = 0.0
        self._lists_flat = True  # until the server says that it cannot

    def put(self, key: str, source: BinaryIO) -> Blob:
        check_key(key)
        with self._cache.draft() as draft:
            with draft.open("wb") as file:
                shutil.copyfileobj(source, file, BUFFER_BYTES)
            return self.put_file(key, draft)

    def put_file(self, key: str, path: Path) -> Blob:
        place = self._place(key)
        with path.open("rb") as file:
            digest = hashlib.file_digest(file, "sha256").hexdigest()
        if place.gzipped:
            with self._cache.draft() as packed:
                with path.open("rb") as plain, gzip.open(packed, "wb", 6) as file:
                    shutil.copyfileobj(plain, file, BUFFER_BYTES)
                self._send(place, packed)
        else:
            self._send(place, path)
        return Blob(key, path.stat().st_size, digest)

    def open(self, key: str) -> BinaryIO:
        place = self._place(key)
        while True:
            try:
                return self._fetched(place, key).open("rb")
            except FileNotFoundError as error:  # made room for, between fetching and opening
                if isinstance(error, BlobNotFound):
                    raise

    def local_path(self, key: str, folder: Path) -> Path:
        place = self._place(key)
        while True:
            try:
                return linked(self._fetched(place, key), folder, key)
            except FileNotFoundError as error:
                if isinstance(error, BlobNotFound):
                    raise

    def exists(self, key: str) -> bool:
        place = self._place(key)
        return bool(self._ask(lambda: self._bucket(place.bucket).exists(place.path)))

    def delete(self, key: str) -> bool:
        place = self._place(key)
        self._cache.drop(_name(place))
        return bool(self._ask(lambda: self._bucket(place.bucket).remove([place.path])))

    def list(self, prefix: str) -> Iterator[str]:
        folders = check_prefix(prefix)
        found = set()
        for bucket in buckets_of(prefix):
            for owner in self._owners_under(bucket, folders):
                for path in self._walk(bucket, "/".join((owner, *map(encoded, folders)))):
                    self._owners.learn(path)
                    found.add(key_of(path))
        return iter(sorted(key for key in found if key.startswith(prefix)))

    def check(self) -> None:
        """One short request; what it found is believed for a while."""
        if time.monotonic() < self._well_until:
            return
        address = f"{self._project.url}/storage/v1/bucket/{TRAINING_RESULTS}"
        self._checked(lambda: self._project.ask(lambda: self._look(address), attempts=1))
        self._well_until = time.monotonic() + CHECK_SECONDS

    def _look(self, address: str) -> None:
        response = self._project.http.get(address, headers=self._project.headers(), timeout=CHECK_TIMEOUT)
        if response.status_code != 200:
            raise failure(*_status(response))

    def link(self, key: str, name: str) -> str | None:
        if not self._link_seconds or is_gzipped(key):
            return None
        place = self._place(key)
        options: Any = {"download": name}
        sign = self._bucket(place.bucket).create_signed_url
        try:
            signed = self._ask(lambda: sign(place.path, self._link_seconds, options))
        except FileNotFoundError:
            raise BlobNotFound(key) from None
        except Unreadable:  # then the bytes pass through us
            return None
        return signed["signedUrl"]

    def close(self) -> None:
        self._project.close()

    def _place(self, key: str) -> Place:
        return place_of(key, self._owners.folder(check_key(key)))

    def _owners_under(self, bucket: str, folders: Paths) -> Paths:
        """The users' folders in which keys of these folders can lie."""
        if folders and (len(folders) > 1 or folders[0] not in OWNED):
            return [self._owners.folder(folders)]
        owners = {path.split("/")[0] for path in self._entries(bucket, "")}
        return sorted(owners)

    def _send(self, place: Place, path: Path) -> None:
        if path.stat().st_size > PART_BYTES:
            self._checked(lambda: upload(self._project, place, path))
        else:
            options: Any = {"content-type": place.media_type, "cache-control": "0", "upsert": "true"}
            self._ask(lambda: self._bucket(place.bucket).upload(place.path, path, options))

    def _fetched(self, place: Place, key: str) -> Path:
        """A copy as new as the object; only what has changed is fetched."""
        try:
            return self._checked(lambda: self._project.ask(lambda: self._fetch(place)))
        except FileNotFoundError:
            self._cache.drop(_name(place))
            raise BlobNotFound(key) from None

    def _fetch(self, place: Place) -> Path:
        name = _name(place)
        have = self._cache.newest(name)
        known = {"If-None-Match": have[1]} if have else {}
        headers = self._project.headers(**known, **{"Accept-Encoding": "identity"})
        address = f"{self._project.url}/storage/v1/object/{quote(name)}"
        with self._project.http.stream("GET", address, headers=headers) as response:
            tag = response.headers.get("ETag", "")
            if have and (response.status_code == 304 or (response.status_code == 200 and tag == have[1])):
                have[0].touch()
                return have[0]
            if response.status_code != 200:
                response.read()
                raise failure(*_status(response))
            with self._cache.draft() as draft:
                _write(response, draft, gzipped=place.gzipped)
                return self._cache.keep(name, tag, draft)

    def _walk(self, bucket: str, folder: str) -> Iterator[str]:
        """The paths of all objects below a folder."""
        if self._lists_flat:
            try:
                yield from self._flat(bucket, f"{folder}/")
                return
            except Refused:  # an older server, which lists one folder at a time
                self._lists_flat = False
        for path in self._entries(bucket, folder):
            if path.endswith("/"):
                yield from self._walk(bucket, path.rstrip("/"))
            else:
                yield path

    def _flat(self, bucket: str, prefix: str) -> Paths:
        paths: Paths = []
        options: Any = {"prefix": prefix, "limit": PAGE, "with_delimiter": False}
        while True:
            page = self._project.ask(partial(_told, partial(self._bucket(bucket).list_v2, options)))
            paths += [_joined(prefix.rstrip("/"), each.key or each.name) for each in page.objects]
            if not page.hasNext or not page.nextCursor:
                return paths
            options = {**options, "cursor": page.nextCursor}

    def _entries(self, bucket: str, folder: str) -> Paths:
        """What lies in one folder; the paths of folders end with a slash."""
        found: Paths = []
        seen = 0
        while True:
            options: Any = {"limit": PAGE, "offset": seen, "sortBy": {"column": "name", "order": "asc"}}
            page = self._ask(partial(self._bucket(bucket).list, folder, options))
            for entry in page:
                path = _joined(folder, entry["name"])
                if path.startswith(f"{folder}/" if folder else "") and not entry["name"].startswith("."):
                    found.append(path if entry.get("id") else f"{path}/")
            seen += len(page)
            if len(page) < LEAST_PAGE:
                return found

    def _bucket(self, name: str) -> SyncBucketProxy:
        return self._project.client.storage.from_(name)

    def _ask(self, request: Callable[[], Answer]) -> Answer:
        """The answer of the official client."""
        return self._checked(lambda: self._project.ask(lambda: _told(request)))

    def _checked(self, request: Callable[[], Answer]) -> Answer:
        """FileNotFoundError for an object that is not there, Unavailable for every other refusal."""
        try:
            return request()
        except Refused as error:
            if error.status == 404 and "bucket" not in error.text.lower():
                raise FileNotFoundError(error.text) from None
            raise _in_our_words(error) from error


def _told(request: Callable[[], Answer]) -> Answer:
    """The client's error as ours."""
    from pydantic import ValidationError
    from storage3.exceptions import StorageApiError

    try:
        return request()
    except (ValidationError, KeyError) as error:
        raise Unreadable(str(error)) from None
    except StorageApiError as error:
        raise failure(int(error.status), f"{error.code}: {error.message}") from None


def _status(response: httpx.Response) -> tuple[int, str]:
    """Storage answers 400 and tells the real status in the body."""
    try:
        return int(response.json()["statusCode"]), response.text
    except (ValueError, TypeError, KeyError):
        return response.status_code, response.text


def _write(response: httpx.Response, draft: Path, *, gzipped: bool) -> None:
    if not gzipped:
        with draft.open("wb") as file:
            for part in response.iter_raw(BUFFER_BYTES):
                file.write(part)
        return
    packed = draft.with_name(f"{draft.name[:-4]}.gz.tmp")
    try:
        _write(response, packed, gzipped=False)
        with gzip.open(packed) as source, draft.open("wb") as file:
            shutil.copyfileobj(source, file, BUFFER_BYTES)
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        raise Busy(f"what came is damaged: {error}") from None
    finally:
        packed.unlink(missing_ok=True)


def _in_our_words(error: Refused) -> Unavailable:
    log.error("Supabase Storage refused: %s", error)
    if error.status == 413 or "exceeded the maximum" in error.text.lower():
        return Unavailable(
            "The storage takes no file of this size",
            code="STORAGE_LIMIT",
            suggestion="The operator can raise the file size limit of Supabase Storage and of its buckets",
        )
    return Unavailable(
        "The storage does not take what this server asks of it",
        code="STORAGE_MISCONFIGURED",
        suggestion="Tell the operator: `flask doctor` checks the buckets and the service key",
    )


def _joined(folder: str, name: str) -> str:
    """The whole path of an entry, of which some servers tell only the last part."""
    return name if "/" in name or not folder else f"{folder}/{name}"


def _name(place: Place) -> str:
    return f"{place.bucket}/{place.path}"
