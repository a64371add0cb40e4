"""Answers that several routes share: a stored file, a job that was queued, one that is still at work."""

from __future__ import annotations

from flask import Response, send_file

from services.artifacts import Download
from services.jobs import JobView

ENVIRONMENT_HEADERS = {
    "python": "X-Model-Env-Python",
    "tensorflow": "X-Model-Env-TensorFlow",
    "keras": "X-Model-Env-Keras",
    "numpy": "X-Model-Env-Numpy",
}


def file(download: Download) -> Response:
    """Stream it under its name, with the versions it was made with."""
    response = send_file(
        download.stream,
        mimetype=download.media_type,
        as_attachment=True,
        download_name=download.name,
        max_age=0,
    )
    if download.size_bytes is not None:
        response.content_length = download.size_bytes
    for package, header in ENVIRONMENT_HEADERS.items():
        if package in download.versions:
            response.headers[header] = download.versions[package]
    return response


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
