"""Versions of what models are made with; read from the installed packages without importing them."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

PACKAGES = ("tensorflow", "keras", "numpy", "scikit-learn", "lightgbm")


def environment() -> dict[str, str | None]:
    """What a user installs to open a downloaded model; null: not installed on this server."""
    versions = {name: _version(name) for name in PACKAGES}
    pins = " ".join(f"{name}=={found}" for name, found in versions.items() if found)
    return {"python": platform.python_version(), **versions, "pip_install": f"pip install {pins}"}


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:
        return None
