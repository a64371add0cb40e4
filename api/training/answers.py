"""Answers that several routes share: a stored file, a job that was queued, one that is still at work."""

from __future__ import annotations

import json

from flask import Response, request, send_file

from services.artifacts import Download
from services.jobs import JobView

LINK_TYPE = "application/vnd.trainyard.link+json"
ENVIRONMENT_HEADERS = {
    "python": "X-Model-Env-Python",
    "tensorflow": "X-Model-Env-TensorFlow",
    "keras": "X-Model-Env-Keras",
    "numpy": "X-Model-Env-Numpy",
}


def file(download: Download) -> Response:
    """Stream it under its name, or say where it is; with the versions it was made with."""
    if download.stream is not None:
        response = send_file(
            download.stream,
            mimetype=download.media_type,
            as_attachment=True,
            download_name=download.name,
            max_age=0,
        )
        if download.size_bytes is not None:
            response.content_length = download.size_bytes
    else:
        response = _link(download)
    for package, header in ENVIRONMENT_HEADERS.items():
        if package in download.versions:
            response.headers[header] = download.versions[package]
    return response


def _link(download: Download) -> Response:
    """A redirect, or the address as JSON for a page that must not follow one to another host."""
    address = download.link or ""
    if LINK_TYPE not in request.accept_mimetypes.values():
        return Response(status=302, headers={"Location": address})
    body = {"success": True, "url": address, "name": download.name}
    return Response(json.dumps(body), content_type=LINK_TYPE)


def queued(session_id: str, job: JobView, message: str) -> tuple[dict[str, object], int]:
    """202: a worker will do it."""
    return {
        "success": True,
        "message": message,
        "note": "It runs in a worker; join the Socket.IO room of the session, or ask this address with GET",
        "session_id": session_id,
        "job_id": str(job.id),
        "status": str(job.status),
        "queue_position": job.queue_position,
    }, 202


def still_working(job: JobView) -> tuple[dict[str, object], int]:
    """202: the wait was over before the job was."""
    message = f"Still {job.status}; follow GET /api/v1/training/jobs/{job.id}, then ask again"
    body = {"success": True, "job_id": str(job.id), "status": str(job.status), "message": message}
    return body, 202
