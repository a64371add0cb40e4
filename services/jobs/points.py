"""The metric points of an attempt on their way into the database."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from uuid import UUID

from sqlalchemy import insert
from sqlalchemy.orm import Session

from services.jobs.blocks import BATCH, Blocks
from services.jobs.event_log import plain
from services.storage.tables import MetricRow

Measured = tuple[int | None, int | None, Mapping[str, float]]  # step, epoch, metrics
_STORE = insert(MetricRow.metadata.tables[MetricRow.__tablename__])


class Points:
    """Numbers those that have no step of their own by `reports`."""

    def __init__(self, job_id: UUID, attempt: int) -> None:
        self.reports = 0
        self._job_id, self._attempt = job_id, attempt
        self._blocks = Blocks(job_id)

    def add(self, tx: Session, kind: str, phase: str | None, measured: Sequence[Measured]) -> None:
        """Points of batches have keys of their own, so that a curve over epochs stays one."""
        rows = []
        for step, epoch, metrics in measured:
            self.reports += 1
            position = next((each for each in (step, epoch) if each is not None), self.reports)
            rows += [
                {
                    "job_id": self._job_id,
                    "attempt": self._attempt,
                    "key": f"{BATCH}{key}" if kind == "batch" else key,
                    "value": value,
                    "step": position,
                    "epoch": epoch,
                    "phase": phase,
                }
                for key, value in plain(metrics).items()
            ]
        if rows:
            tx.connection().execute(_STORE, rows)
            self._blocks.note(tx, len(rows))

    def close(self, tx: Session) -> None:
        """Nothing more comes; to be called while the lease is held."""
        self._blocks.close(tx, self._attempt)
