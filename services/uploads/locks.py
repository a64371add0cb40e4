"""Locks on folders of uploads: seen by every thread and process, freed with the one that holds them."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

PAUSE_SECONDS = 0.005


@contextmanager
def file_lock(path: Path, *, make_folder: bool = True) -> Iterator[None]:
    """Held by one at a time; asks again and again because waiting in flock would stop green threads.

    Without `make_folder` a folder that is not there is a FileNotFoundError.
    """
    file = _locked_file(path, make_folder)
    while file is None:
        time.sleep(PAUSE_SECONDS)
        file = _locked_file(path, make_folder)
    with file:
        yield


def try_lock(file: BinaryIO) -> bool:
    """Whether the open file is ours now, for as long as it stays open."""
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def is_at(file: BinaryIO, path: Path) -> bool:
    """Whether the open file is still the one that the path names."""
    try:
        return path.stat().st_ino == os.fstat(file.fileno()).st_ino
    except FileNotFoundError:
        return False


def _locked_file(path: Path, make_folder: bool) -> BinaryIO | None:
    """The locked file, or None where another holds it or the folder was replaced meanwhile."""
    if make_folder:
        path.parent.mkdir(parents=True, exist_ok=True)
    file = path.open("ab")
    if try_lock(file) and is_at(file, path):
        return file
    file.close()
    return None
