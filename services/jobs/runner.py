"""The port for what executes jobs: told of new work, it sees to it that somebody does it."""

from __future__ import annotations

from typing import Protocol
from uuid import UUID


class JobRunner(Protocol):
    """The row is the truth: a job whose `start` was never heard is found by the next free worker."""

    def start(self, job_id: UUID) -> None:
        """A job was queued (its row is committed); cheap, never blocks."""

    def start_workers(self) -> None:
        """Begin to work; called once, by the process that serves."""

    def is_working(self) -> bool:
        """Whether the workers that the settings ask for are there, none included."""

    def stop(self) -> None:
        """End cleanly: running jobs go back into the queue, which does not count as a loss."""
