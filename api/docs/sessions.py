"""Routes of sessions, their files and time settings, described."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from api.docs.file_rows import CareReport, RecipeStep, SeriesFile
from api.docs.operation import (
    DONE,
    Obj,
    Objects,
    Operation,
    Operations,
    answer,
    body,
    given,
    maybe,
    optional,
    query,
)

SESSIONS, FILES, TIME = "Sessions", "Files", "Time"
T = "/api/training"
REF = {
    "sessionId": optional(str, "a session's UUID or the page's own id of it"),
    "session_id": optional(str, "the same by another name"),
}
NAME = {"sessionName": optional(str, "for people", max_length=255)}
TIME_INFO = optional(
    dict[str, Any], "time features: jahr, monat, woche, tag, feiertag, zeitzone, category_data"
)
STEPS = optional(dict[str, Any], "eingabe, ausgabe, zeitschrittweite, offset")
SETTINGS = {"timeInfo": TIME_INFO, "zeitschritte": STEPS}
BINARY = {"contentMediaType": "application/octet-stream"}
SESSION = answer("Session", session=Obj)
SAVED = answer("Saved", data=(Obj | None, ...), message=str)
FILE = answer("File", data=Obj)
ONE_FILE = answer("OneFile", data=SeriesFile)
UPLOAD_STATE: Any = query(
    "UploadState",
    fileName=given(str),
    fileType=given(str),
    bezeichnung=given(str | None),
    totalChunks=given(int),
    receivedChunks=given(int),
    missing=given(list[int], "the first of the missing chunks"),
    missingCount=given(int),
    fileHash=given(str | None, "SHA-256 that was announced, or of the whole file"),
    status=given(str, "uploading, received, processing, completed or failed"),
    job_id=optional(str, "of the import"),
    fileIds=optional(list[str], "what a completed one became"),
    problem=optional(dict[str, Any], "why the import failed"),
)
UPLOAD = query(
    "UploadQuery",
    **REF,
    fileName=optional(str, "one file of the session"),
    fileType=optional(str, "input or output"),
)
CHUNK_ANSWER = answer(
    "ChunkReceived",
    chunkIndex=int,
    totalChunks=int,
    chunkHash=str,
    complete=bool,
    status=str,
    message=str,
    **{
        name: maybe(kind)
        for name, kind in {
            "fileHash": str | None,
            "fileIds": list[str],
            "files": Objects,
            "job_id": str,
            "receivedChunks": int,
            "missing": list[int],
        }.items()
    },
)
KNOWN = body(
    "KnownFile",
    sessionId=given(str),
    fileName=given(str),
    fileType=given(str, "input or output"),
    fileHash=given(str, "SHA-256 of the whole file"),
    fileSize=given(int, "bytes of the whole file"),
    fileMetadata=optional(dict[str, Any], "as with upload-chunk"),
)
KNOWN_ANSWER = answer(
    "KnownFileTaken",
    complete=bool,
    status=str,
    message=str,
    fileHash=str,
    job_id=str,
    fileIds=maybe(list[str]),
    files=maybe(Objects),
)
CHUNK = query(
    "Chunk",
    chunk=given(bytes, "the bytes", json_schema_extra=BINARY),
    metadata=optional(
        str, "JSON: sessionId, fileName, fileType, chunkIndex, totalChunks, chunkHash?, fileHash?, fileSize?"
    ),
    additionalData=optional(str, "JSON: fileMetadata, timeInfo, zeitschritte, sessionInfo"),
)
WHOLE_FILE = query(
    "WholeFile",
    file=given(bytes, "the whole file", json_schema_extra=BINARY),
    **REF,
    fileData=optional(str, "JSON: what the file is"),
    fileHash=optional(str, "SHA-256 of the file"),
)
ENTRY = body("FileEntry", **REF, fileData=given(dict[str, Any], "what the file is; uploaded later"))


class FileFields(BaseModel):
    """Any of the settings that GET csv-files shows; an unknown one is refused."""

    model_config = ConfigDict(extra="allow")


_SESSIONS: Operations = {
    f"POST {T}/init-session": Operation(
        "The page's own session id becomes a session, with its time settings if they are known.",
        SESSIONS,
        {200: answer("Opened", sessionId=str, sessionUuid=str, message=str)},
        body=body("InitSession", **REF, **NAME, **SETTINGS),
        refuses=(400, 404, 422),
    ),
    f"POST {T}/create-database-session": Operation(
        "Open a session.",
        SESSIONS,
        {200: answer("Created", sessionUuid=str, message=str)},
        body=body("CreateSession", **REF, **NAME),
        refuses=(400, 404, 422),
    ),
    f"POST {T}/finalize-session": Operation(
        "Declare the files complete; refused while one is not.",
        SESSIONS,
        {200: answer("Finalized", message=str, sessionId=str, n_dat=int, file_count=int)},
        body=body(
            "FinalizeSession",
            **REF,
            **NAME,
            **SETTINGS,
            sessionInfo=optional(dict[str, Any], "what the page repeats; only its form is checked"),
            files=optional(list[Any], "what the page repeats; only its form is checked"),
            finalized=optional(Any, "not read: the route says it"),
            finalizationTime=optional(Any, "not read: the server's clock counts"),
            n_dat=optional(Any, "not read: counted"),
            file_count=optional(Any, "not read: counted"),
        ),
        refuses=(400, 404, 409, 422),
    ),
    f"GET {T}/list-sessions": Operation(
        "The caller's sessions, newest first.",
        SESSIONS,
        {200: answer("SessionList", sessions=Objects, total_count=int)},
        query=query("ListSessionsQuery", limit=(int, Field(default=50, ge=1))),
        refuses=(400,),
    ),
    f"GET {T}/session/<session_id>": Operation("A session with its files.", SESSIONS, {200: SESSION}),
    f"GET {T}/session/<session_id>/database": Operation(
        "The same by the page's other path.", SESSIONS, {200: SESSION}
    ),
    f"GET {T}/session-status/<session_id>": Operation(
        "How far the uploads of a session are, and which chunks they lack.",
        SESSIONS,
        {
            200: answer(
                "SessionStatus",
                status=str,
                progress=float,
                message=str,
                finalized=bool,
                uploads=list[UPLOAD_STATE],
            )
        },
    ),
    f"POST {T}/session/<session_id>/delete": Operation(
        "Delete a session and everything in it.", SESSIONS, {200: DONE}, refuses=(400, 404, 409)
    ),
    f"POST {T}/delete-all-sessions": Operation(
        "Delete all sessions of the caller, or, if one is busy, none.",
        SESSIONS,
        {200: answer("AllDeleted", message=str, summary=Obj, details=Obj)},
        body=body("DeleteAll", confirm_delete_all=given(bool, "must be true")),
        refuses=(400, 409),
    ),
    f"GET {T}/get-session-uuid/<session_id>": Operation(
        "The UUID of a session that the page knows by its own id.", SESSIONS, {200: SAVED}
    ),
    f"POST {T}/session-name-change": Operation(
        "Rename a session.",
        SESSIONS,
        {200: SAVED},
        body=body("RenameSession", **REF, sessionName=given(str, max_length=255)),
        refuses=(400, 404, 422),
    ),
}
_FILES: Operations = {
    f"POST {T}/upload-chunk": Operation(
        "One chunk of a file; the last missing one is answered with what was found in the file.",
        FILES,
        {200: CHUNK_ANSWER, 202: CHUNK_ANSWER},
        form=CHUNK,
        refuses=(400, 403, 404, 409, 413, 422, 503),
    ),
    f"POST {T}/upload-known": Operation(
        "Make a file of what the caller sent before, found by SHA-256 and size; 404 where it must be sent.",
        FILES,
        {200: KNOWN_ANSWER, 202: KNOWN_ANSWER},
        body=KNOWN,
        refuses=(400, 403, 404, 409, 413, 422, 503),
    ),
    f"GET {T}/upload-status": Operation(
        "Which chunks are missing, so that a client goes on where it was stopped.",
        FILES,
        {200: answer("UploadStatus", sessionId=str, uploads=list[UPLOAD_STATE])},
        query=UPLOAD,
    ),
    f"DELETE {T}/upload-status": Operation("Give up an unfinished upload.", FILES, {200: DONE}, query=UPLOAD),
    f"GET {T}/csv-files/<session_id>": Operation(
        "The files of a session.",
        FILES,
        {200: answer("FileList", data=list[SeriesFile])},
        query=query("FilesQuery", type=optional(str, "input or output")),
    ),
    f"POST {T}/csv-files": Operation(
        "JSON: an entry without data. Multipart: a whole file in one request.",
        FILES,
        {200: FILE, 202: FILE},
        body=ENTRY,
        form=WHOLE_FILE,
        refuses=(400, 403, 404, 413, 422, 503),
    ),
    f"PUT {T}/csv-files/<file_id>": Operation(
        "Describe a file anew.", FILES, {200: ONE_FILE}, body=FileFields, refuses=(400, 404, 409, 422)
    ),
    f"DELETE {T}/csv-files/<file_id>": Operation(
        "Delete a file.", FILES, {200: DONE}, refuses=(400, 404, 409)
    ),
    f"GET {T}/csv-files/<file_id>/care": Operation(
        "What looks wrong in a series, and the step that would mend it.",
        FILES,
        {200: answer("Care", data=CareReport)},
    ),
    f"PUT {T}/csv-files/<file_id>/recipe": Operation(
        "The list of mending steps, in the order in which they are applied.",
        FILES,
        {200: ONE_FILE},
        body=body("Recipe", recipe=given(list[RecipeStep], "an empty list undoes all")),
        refuses=(400, 404, 409, 422),
    ),
}
_TIME: Operations = {
    f"POST {T}/save-time-info": Operation(
        "Save the time features of a session.",
        TIME,
        {200: SAVED},
        body=body("SaveTimeInfo", **REF, timeInfo=given(dict[str, Any])),
        refuses=(400, 404, 422),
    ),
    f"POST {T}/save-zeitschritte": Operation(
        "Save the window steps of a session.",
        TIME,
        {200: SAVED},
        body=body("SaveSteps", **REF, zeitschritte=given(dict[str, Any])),
        refuses=(400, 404, 422),
    ),
    f"GET {T}/get-time-info/<session_id>": Operation(
        "The time features.", TIME, {200: answer("TimeInfo", data=(Obj | None, ...))}
    ),
    f"GET {T}/get-zeitschritte/<session_id>": Operation(
        "The window steps.", TIME, {200: answer("Steps", data=(Obj | None, ...))}
    ),
}
OPERATIONS: Operations = {**_SESSIONS, **_FILES, **_TIME}
