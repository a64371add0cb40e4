"""Supabase Storage as its documentation and its published source describe it, in memory.

Signed links, resumable uploads (tus 1.0.0, parts of exactly 6 MB), flat and foldered listings with pages,
conditional reads, and its way of answering 400 with the real status in the body.
"""

from __future__ import annotations

import base64
import hashlib
import re
import secrets
import time
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

import jwt
from flask import Blueprint, Response, jsonify, request

PART = 6 * 1024 * 1024
KEY = re.compile(r"(\w|/|!|-|\.|\*|'|\(|\)| |&|\$|@|=|;|:|\+|,|\?)*", re.ASCII)
SIGNING_SECRET = secrets.token_urlsafe(40)


@dataclass
class Stored:
    content: bytes
    media_type: str
    cache_control: str
    tag: str = ""

    def __post_init__(self) -> None:
        self.tag = f'"{hashlib.md5(self.content, usedforsecurity=False).hexdigest()}"'


@dataclass
class Upload:
    bucket: str
    name: str
    length: int
    media_type: str
    cache_control: str
    received: bytearray = field(default_factory=bytearray)


class Storage:
    """The objects, the uploads under way, and how it is to behave."""

    def __init__(self, service_key: str) -> None:
        self.service_key = service_key
        self.reset(())

    def reset(self, buckets: Iterable[str]) -> None:
        self.buckets: dict[str, dict[str, Stored]] = {name: {} for name in buckets}
        self.uploads: dict[str, Upload] = {}
        self.lists_flat = True
        self.most_listed = 1000
        self.largest = 50 * 1024 * 1024
        self.cut_part_after: int | None = None  # bytes of the next part that arrive before the line breaks

    def objects(self, bucket: str) -> list[str]:
        return sorted(self.buckets.get(bucket, {}))

    def put(self, bucket: str, name: str, stored: Stored) -> None:
        self.buckets[bucket][name] = stored


def refusal(status: int, error: str, message: str) -> tuple[Response, int]:
    return jsonify({"statusCode": str(status), "error": error, "message": message}), 400


NO_OBJECT = (404, "not_found", "Object not found")
NO_BUCKET = (404, "Bucket not found", "Bucket not found")


def blueprint(storage: Storage) -> Blueprint:
    routes = Blueprint("storage", __name__, url_prefix="/storage/v1")

    @routes.before_request
    def only_with_the_service_key() -> Any:
        if request.path.startswith("/storage/v1/object/sign/") and request.method == "GET":
            return None
        given = request.headers.get("apikey"), request.headers.get("Authorization")
        if given != (storage.service_key, f"Bearer {storage.service_key}"):
            return refusal(403, "Unauthorized", "Invalid Compact JWS")
        bucket = (request.view_args or {}).get("bucket")
        if bucket is not None and bucket not in storage.buckets:
            return refusal(*NO_BUCKET)
        return None

    @routes.get("/bucket/<bucket>")
    def about(bucket: str) -> Any:
        return {"id": bucket, "name": bucket, "public": False}

    @routes.post("/object/<bucket>/<path:name>")
    def create(bucket: str, name: str) -> Any:
        file = request.files["file"]
        content = file.read()
        if not KEY.fullmatch(name):
            return refusal(400, "InvalidKey", f"Invalid key: {name}")
        if len(content) > storage.largest:
            return refusal(413, "Payload too large", "The object exceeded the maximum allowed size")
        if name in storage.buckets[bucket] and request.headers.get("x-upsert") != "true":
            return refusal(409, "Duplicate", "The resource already exists")
        control = f"max-age={request.form['cacheControl']}"
        storage.put(bucket, name, Stored(content, file.mimetype, control))
        return {"Key": f"{bucket}/{name}", "Id": secrets.token_hex(16)}

    @routes.get("/object/<bucket>/<path:name>")
    def fetch(bucket: str, name: str) -> Any:
        found = storage.buckets[bucket].get(name)
        return refusal(*NO_OBJECT) if found is None else _sent(found)

    @routes.get("/object/info/<bucket>/<path:name>")
    def info(bucket: str, name: str) -> Any:
        found = storage.buckets[bucket].get(name)
        return refusal(*NO_OBJECT) if found is None else {"name": name, "size": len(found.content)}

    @routes.delete("/object/<bucket>")
    def remove(bucket: str) -> Any:
        names = request.get_json()["prefixes"]
        gone = [name for name in names if storage.buckets[bucket].pop(name, None) is not None]
        return jsonify([{"name": name, "bucket_id": bucket} for name in gone])

    @routes.post("/object/list/<bucket>")
    def listing(bucket: str) -> Any:
        """One folder: names without their folder, and folders without id."""
        wish = request.get_json()
        prefix = f"{wish['prefix'].rstrip('/')}/" if wish["prefix"] else ""
        rest = [name.removeprefix(prefix) for name in storage.objects(bucket) if name.startswith(prefix)]
        entries = {name.split("/")[0]: None if "/" in name else "id" for name in rest}
        rows = [{"name": name, "id": entries[name]} for name in sorted(entries)]
        start = wish.get("offset", 0)
        return jsonify(rows[start : start + min(wish.get("limit", 100), storage.most_listed)])

    @routes.post("/object/list-v2/<bucket>")
    def flat_listing(bucket: str) -> Any:
        if not storage.lists_flat:
            message = f"Route POST:/object/list-v2/{bucket} not found"
            return {"message": message, "error": "Not Found", "statusCode": 404}, 404
        wish = request.get_json()
        after = base64.b64decode(wish["cursor"]).decode() if wish.get("cursor") else ""
        rest = [name for name in storage.objects(bucket) if name.startswith(wish["prefix"]) and name > after]
        page = rest[: min(wish.get("limit", 100), storage.most_listed)]
        more = len(page) < len(rest)
        time_ = "2026-01-01T00:00:00Z"
        rows = [
            {"id": "id", "name": name, "created_at": time_, "updated_at": time_, "metadata": {}}
            for name in page
        ]
        cursor = {"nextCursor": base64.b64encode(page[-1].encode()).decode()} if more else {}
        return {"hasNext": more, "folders": [], "objects": rows, **cursor}

    @routes.post("/object/sign/<bucket>/<path:name>")
    def sign(bucket: str, name: str) -> Any:
        if name not in storage.buckets[bucket]:
            return refusal(*NO_OBJECT)
        claims = {"url": f"{bucket}/{name}", "exp": int(time.time()) + int(request.get_json()["expiresIn"])}
        token = jwt.encode(claims, SIGNING_SECRET, algorithm="HS256")
        return {"signedURL": f"/object/sign/{bucket}/{name}?token={token}"}

    @routes.get("/object/sign/<bucket>/<path:name>")
    def signed(bucket: str, name: str) -> Any:
        try:
            claims = jwt.decode(request.args["token"], SIGNING_SECRET, algorithms=["HS256"])
        except jwt.PyJWTError as error:
            return refusal(400, "InvalidJWT", str(error))
        if claims["url"] != f"{bucket}/{name}":
            return refusal(400, "InvalidSignature", "The url do not match the signature")
        response = _sent(storage.buckets[bucket][name])
        if "download" in request.args:
            file = quote(request.args["download"])
            response.headers["Content-Disposition"] = f"attachment; filename={file}; filename*=UTF-8''{file};"
        return response

    _resumable(routes, storage)
    return routes


def _sent(found: Stored) -> Response:
    if request.headers.get("If-None-Match") == found.tag:
        return Response(status=304, headers={"ETag": found.tag})
    headers = {"ETag": found.tag, "Cache-Control": found.cache_control}
    return Response(found.content, content_type=found.media_type, headers=headers)


def _resumable(routes: Blueprint, storage: Storage) -> None:
    @routes.post("/upload/resumable")
    def begin() -> Any:
        pairs = [pair.split(" ") for pair in request.headers["Upload-Metadata"].split(",")]
        about = {name: base64.b64decode(value, validate=True).decode() for name, value in pairs}
        bucket, name = about["bucketName"], about["objectName"]
        if request.headers["Tus-Resumable"] != "1.0.0":
            return "Unsupported version", 412
        if bucket not in storage.buckets:
            return NO_BUCKET[2], 404
        if int(request.headers["Upload-Length"]) > storage.largest:
            return "The object exceeded the maximum allowed size", 413
        if name in storage.buckets[bucket] and request.headers.get("x-upsert") != "true":
            return "The resource already exists", 409
        number = (
            base64.urlsafe_b64encode(f"{bucket}/{name}/{secrets.token_hex(8)}".encode()).decode().rstrip("=")
        )
        length, control = int(request.headers["Upload-Length"]), f"max-age={about['cacheControl']}"
        storage.uploads[number] = Upload(bucket, name, length, about["contentType"], control)
        # A proxy in between often spoils host and prefix of the address.
        headers = {"Location": f"http://storage.internal/upload/resumable/{number}", "Tus-Resumable": "1.0.0"}
        return Response(status=201, headers=headers)

    @routes.route("/upload/resumable/<number>", methods=["HEAD"])
    def how_far(number: str) -> Any:
        upload = storage.uploads.get(number)
        if upload is None:
            return "", 410
        return Response(headers={"Upload-Offset": str(len(upload.received)), "Tus-Resumable": "1.0.0"})

    @routes.patch("/upload/resumable/<number>")
    def more(number: str) -> Any:
        upload = storage.uploads.get(number)
        if upload is None:
            return "The file for this url was not found", 404
        if request.content_type != "application/offset+octet-stream":
            return "Content-Type must be application/offset+octet-stream", 415
        if int(request.headers["Upload-Offset"]) != len(upload.received):
            return "Upload-Offset conflict", 409
        part = request.get_data()
        if len(part) != min(PART, upload.length - len(upload.received)):
            return "Parts have 6 MB, but the last one", 400
        if storage.cut_part_after is not None:
            upload.received += part[: storage.cut_part_after]
            storage.cut_part_after = None
            return "the line broke", 502
        upload.received += part
        if len(upload.received) == upload.length:
            content = Stored(bytes(upload.received), upload.media_type, upload.cache_control)
            if upload.name in storage.buckets[upload.bucket] and request.headers.get("x-upsert") != "true":
                return "The resource already exists", 409
            storage.put(upload.bucket, upload.name, content)
            del storage.uploads[number]
        offset = str(len(upload.received))
        return Response(status=204, headers={"Upload-Offset": offset, "Tus-Resumable": "1.0.0"})
