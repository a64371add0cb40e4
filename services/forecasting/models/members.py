"""The members of an ensemble, fitted in turn: those that are done, and the state of the one at work."""

from __future__ import annotations

import json
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from services.forecasting.models import load
from services.forecasting.models.base import Model
from services.forecasting.models.checkpoints import Checkpoints, Save

ABOUT, CURRENT = "members.json", "current"


class MembersInTurn:
    """Is the services.forecasting.models.checkpoints.Checkpoints of the member at work.

    What that one saves is kept together with the files of those before it, so that none is fitted twice.
    """

    def __init__(self, checkpoints: Checkpoints) -> None:
        self.done: list[Model] = []
        self.notes: list[list[str]] = []  # of each that is done
        self._checkpoints = checkpoints
        self._current: Path | None = None
        self._steps_before = self._steps = 0
        if (folder := checkpoints.last()) is not None:
            self._go_on(folder)

    def last(self) -> Path | None:
        return self._current

    def offer(self, save: Save, *, step: int, epoch: int | None = None, best: Save | None = None) -> None:
        self._steps = self._steps_before + step
        self._checkpoints.offer(partial(self._save, save), step=self._steps, epoch=epoch, best=best)

    def finish_asked(self) -> bool:
        return self._checkpoints.finish_asked()

    def add(self, member: Model, notes: Sequence[str], *, more: bool) -> None:
        """This one is fitted; whether another follows."""
        self.done.append(member)
        self.notes.append(list(notes))
        self._current, self._steps_before = None, self._steps
        if more:
            self._checkpoints.offer(partial(self._save, None), step=self._steps)

    def _save(self, current: Save | None, folder: Path) -> None:
        steps = [self._steps_before, self._steps]
        about = {"notes": self.notes, "steps": steps, "at_work": current is not None}
        (folder / ABOUT).write_text(json.dumps(about), encoding="utf-8")
        for place, member in enumerate(self.done):
            _folder(folder, place).mkdir()
            member.save(_folder(folder, place))
        if current is not None:
            (folder / CURRENT).mkdir()
            current(folder / CURRENT)

    def _go_on(self, folder: Path) -> None:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        self.notes = about["notes"]
        self._steps_before, self._steps = about["steps"]
        self.done = [load(_folder(folder, place)) for place in range(len(self.notes))]
        self._current = folder / CURRENT if about["at_work"] else None


def _folder(parent: Path, place: int) -> Path:
    return parent / f"member_{place}"
