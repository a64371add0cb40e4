"""Which texts are keys of blobs; every adapter refuses the same ones."""

from __future__ import annotations


def check_key(key: str) -> list[str]:
    """The parts of a key; ValueError for one that could lead anywhere else."""
    parts = key.split("/")
    if not key or "\0" in key or "\\" in key or any(not part or part.startswith(".") for part in parts):
        raise ValueError(f"{key!r} is no blob key")
    return parts


def check_prefix(prefix: str) -> list[str]:
    """The folders that a beginning of keys names whole."""
    *folders, _ = prefix.split("/")
    if ".." in folders:
        raise ValueError(f"{prefix!r} is no beginning of a blob key")
    return folders
