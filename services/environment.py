"""Versions of what models are made with; read from the installed packages without importing them."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

# package → the distributions that bring it
PACKAGES = {
    "tensorflow": ("tensorflow", "tensorflow-cpu"),
    "keras": ("keras",),
    "numpy": ("numpy",),
    "scikit-learn": ("scikit-learn",),
    "lightgbm": ("lightgbm",),
    "skops": ("skops",),
}


def versions() -> dict[str, str]:
    """Python and the packages that are installed here."""
    found = {package: _version(names) for package, names in PACKAGES.items()}
    return {"python": platform.python_version()} | {name: text for name, text in found.items() if text}


def environment() -> dict[str, str | None]:
    """What a user installs to open a downloaded model; null: not installed on this server."""
    found = versions()
    pins = " ".join(f"{package}=={found[package]}" for package in PACKAGES if package in found)
    shown = {package: found.get(package) for package in PACKAGES}
    return {"python": found["python"], **shown, "pip_install": f"pip install {pins}"}


def _version(distributions: tuple[str, ...]) -> str | None:
    for name in distributions:
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return None
