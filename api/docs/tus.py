"""The routes of the tus protocol, described."""

from __future__ import annotations

from typing import Any

from api.docs.operation import Operation, Operations, answer, maybe, optional, query

UPLOADS = "tus uploads"
RESUMABLE = {"Tus-Resumable": optional(str, "1.0.0")}
OFFSET = {"Upload-Offset": optional(str, "where the bytes begin; 409 says the expected one")}
CHECKSUM = {"Upload-Checksum": optional(str, "sha1, sha256, sha512 or md5, and the digest in Base64")}
OVERRIDE = {"X-HTTP-Method-Override": optional(str, "PATCH, HEAD or DELETE")}
TOLD = {"Upload-Expires": "until when it is kept", "Upload-Offset": "how many bytes are kept"}
JOB = {"X-Job-Id": "of the import, once all bytes are there"}
CREATE = query(
    "TusCreateHeaders",
    **RESUMABLE,
    **CHECKSUM,
    **{
        "Upload-Length": optional(str, "bytes of the file"),
        "Upload-Defer-Length": optional(str, "1: the length comes with a later PATCH"),
        "Upload-Metadata": optional(
            str,
            "sessionId, fileType (input or output), filename, fileMetadata (JSON), fileHash (SHA-256), "
            "timeInfo and zeitschritte (JSON); each value in Base64",
        ),
        "Upload-Concat": optional(str, "partial; or final; and the addresses of the parts"),
    },
)
STATE = answer(
    "TusUpload",
    id=str,
    offset=int,
    length=(int | None, ...),
    expires_at=str,
    status=str,
    **{
        name: maybe(kind)
        for name, kind in {
            "final": str | None,
            "sessionId": str,
            "fileName": str,
            "fileType": str,
            "fileHash": str | None,
            "job_id": str,
            "fileIds": list[str],
            "problem": dict[str, Any],
        }.items()
    },
)
_PATH = "/files/<upload_id>"
_APPEND = (400, 403, 404, 409, 410, 412, 413, 415, 422, 423, 460, 507)
OPERATIONS: Operations = {
    "POST /files/": Operation(
        "Create an upload (tus 1.0); everything that can be refused is refused before a byte is sent.",
        UPLOADS,
        {201: None},
        headers=CREATE,
        answer_headers={201: {"Location": "of the upload", **TOLD}},
        refuses=(400, 403, 404, 409, 410, 412, 413, 422, 423, 460, 507),
    ),
    f"GET {_PATH}": Operation(
        "HEAD: the offset (tus 1.0). GET: how far it is, and what became of it.",
        UPLOADS,
        {200: STATE},
        answer_headers={200: {**TOLD, **JOB}},
        refuses=(404, 410, 412),
    ),
    f"PATCH {_PATH}": Operation(
        "Append bytes (tus 1.0); the last one begins the import.",
        UPLOADS,
        {204: None},
        headers=query("TusPatchHeaders", **RESUMABLE, **OFFSET, **CHECKSUM),
        answer_headers={204: {**TOLD, **JOB}},
        refuses=_APPEND,
    ),
    f"DELETE {_PATH}": Operation(
        "Give up an upload (tus 1.0).",
        UPLOADS,
        {204: None},
        headers=query("TusHeaders", **RESUMABLE),
        refuses=(404, 410, 412),
    ),
    f"POST {_PATH}": Operation(
        "What X-HTTP-Method-Override says (tus 1.0), for clients that can only POST.",
        UPLOADS,
        {200: None, 204: None},
        headers=query("TusOverrideHeaders", **RESUMABLE, **OVERRIDE, **OFFSET, **CHECKSUM),
        refuses=_APPEND,
    ),
}
