"""The doctor on this machine: folder, disk, secret, and the Redis of a cluster."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

from services.doctor.findings import Finding, well, wrong
from services.settings import Settings

LEAST_FREE_BYTES = 2 * 1024**3  # an upload of the largest plan, its series, a training's files


def look(settings: Settings) -> Iterator[Finding]:
    yield _folder(settings.data_dir)
    if settings.data_dir.is_dir():
        yield _disk(settings.data_dir)
    yield _secret(settings.data_dir)
    if settings.redis_url:
        yield _redis(settings.redis_url)


def _folder(folder: Path) -> Finding:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=folder) as file:
            file.write(b"doctor")
            file.flush()
    except OSError as error:
        repair = f"Let the account of the server own it: chown -R <account> {folder}"
        return wrong("data folder", f"{folder} cannot be written to: {error.strerror}", repair)
    return well("data folder", f"{folder} can be written to")


def _disk(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    said = f"{free / 1024**3:.1f} GB free in {folder}"
    if free < LEAST_FREE_BYTES:
        return wrong("disk", said, "Make room, or set DATA_DIR to a larger disk and move the folder there")
    return well("disk", said)


def _secret(folder: Path) -> Finding:
    path = folder / "secret_key"
    if not path.exists():
        return well("secret", "TRAINYARD_SECRET_KEY is set")
    if path.stat().st_mode & 0o077:
        return wrong("secret", f"{path} can be read by other accounts of this machine", f"chmod 600 {path}")
    if len(path.read_text(encoding="ascii")) < 32:
        repair = f"Remove {path}: the next start makes a new key, and everybody signs in again"
        return wrong("secret", f"{path} is too short to sign with", repair)
    return well("secret", f"{path} is there, and only for its owner")


def _redis(url: str) -> Finding:
    from services.events.redis import why_silent

    reason = why_silent(url)
    if reason is not None:
        repair = "Start Redis, or correct REDIS_URL; jobs run without it, but pages hear of them late"
        return wrong("redis", f"does not answer: {reason}", repair)
    return well("redis", "answers")
