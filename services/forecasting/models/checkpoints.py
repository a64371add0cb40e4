"""States from which a fit goes on exactly: who keeps them, and their files, which are safe to open."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Protocol
from zipfile import BadZipFile

import numpy as np

from services.forecasting.errors import DataError

ARRAYS, PLAIN = "arrays.npz", "state.json"
Save = Callable[[Path], None]
Arrays = Mapping[str, np.ndarray]


class Checkpoints(Protocol):
    """Where a fit leaves its states; the fit of the same data and parameters finds the newest one there."""

    def last(self) -> Path | None:
        """The folder that the newest `save` filled; None: begin."""

    def offer(self, save: Save, *, step: int, epoch: int | None = None, best: Save | None = None) -> None:
        """Called where the fit could go on from; costs nothing unless a state is wanted.

        Then `save` writes everything into an empty folder, and `best` the best weights so far into
        another. What this raises ends the fit and passes through.
        """

    def finish_asked(self) -> bool:
        """Whether to end now with the best state there is, if there is one; costs nothing to ask."""


class NoCheckpoints:
    """services.forecasting.models.checkpoints.Checkpoints of a fit that nobody will continue."""

    def last(self) -> Path | None:
        return None

    def offer(self, save: Save, *, step: int, epoch: int | None = None, best: Save | None = None) -> None: ...

    def finish_asked(self) -> bool:
        return False


def write_state(folder: Path, arrays: Arrays, plain: Mapping[str, Any]) -> None:
    with (folder / ARRAYS).open("wb") as file:
        np.savez(file, allow_pickle=False, **arrays)
    (folder / PLAIN).write_text(json.dumps(plain, allow_nan=False), encoding="utf-8")


def read_state(folder: Path) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    try:
        with (folder / ARRAYS).open("rb") as file, np.load(file, allow_pickle=False) as stored:
            arrays = {name: stored[name] for name in stored.files}
        return arrays, json.loads((folder / PLAIN).read_text(encoding="utf-8"))
    except (OSError, ValueError, EOFError, BadZipFile) as error:
        raise broken(f"its files cannot be read: {error}") from error


def broken(why: str) -> DataError:
    return DataError(
        "BROKEN_CHECKPOINT",
        f"The training cannot go on from its checkpoint: {why}",
        suggestion="Restart the job: it then begins anew",
    )
