"""The virtual environment of the peers: made when first asked for, kept while its requirements stay."""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import venv
from pathlib import Path

FOLDER = Path(__file__).parent
REQUIREMENTS = FOLDER / "requirements.txt"
DEFAULT = Path("build/peers")
STAMP = "requirements-installed.txt"
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")


def add_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--peers", type=Path, default=DEFAULT, help="where their environment is, or shall be made"
    )


def ready(folder: Path) -> Path:
    """The interpreter of the environment, which is made or renewed if need be (some minutes)."""
    python, stamp = folder / "bin" / "python", folder / STAMP
    wanted = REQUIREMENTS.read_text(encoding="utf-8")
    if python.exists() and stamp.exists() and stamp.read_text(encoding="utf-8") == wanted:
        return python
    print(f"Installing the peers into {folder} …", file=sys.stderr)
    venv.create(folder, with_pip=True, clear=True)
    pip = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    subprocess.run([*pip, "-r", str(REQUIREMENTS)], check=True)
    stamp.write_text(wanted, encoding="utf-8")
    return python


def run(folder: Path, script: str, *arguments: str) -> None:
    """One of the scripts beside this file, in the environment, on one thread."""
    command = [str(ready(folder)), str(FOLDER / script), *arguments]
    subprocess.run(command, check=True, env={**os.environ, **ONE_THREAD})


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    add_option(parser)
    print(ready(parser.parse_args().peers))
