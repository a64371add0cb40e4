"""Forecasts of the test windows of a training, some at a time, and what their errors look like."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any
from uuid import UUID

from services.errors import BadRequest, NotFound
from services.storage.blobs import BlobNotFound, Blobs
from services.storage.database import Database
from services.trained import TRAIN_FIRST, Trained, find_by_job

if TYPE_CHECKING:
    from services.forecasting.stored_forecasts import StoredForecasts

MAX_WINDOWS = 50
NO_BASELINE = "no baseline has a forecast for any test sample"
OLDER = "the model was trained before this was kept; train it again"


class WindowForecasts:
    """Reads the stored forecasts of one training; numpy is loaded with the first request."""

    def __init__(self, database: Database, blobs: Blobs) -> None:
        self._database = database
        self._blobs = blobs

    def forecasts(
        self, user_id: UUID, job_id: UUID, *, output: str | None, origin: str, count: int
    ) -> dict[str, Any]:
        """`count` windows from `origin` on: the number of a window (0 is the first), or an instant."""
        if not 1 <= count <= MAX_WINDOWS:
            raise _refused("count", f"must be from 1 to {MAX_WINDOWS}, not {count}")
        with self._stored(user_id, job_id) as (trained, stored):
            from services.forecasting import window_slices

            names = trained.results["output_features"]
            column = _column(names, output)
            references = stored.array("references")
            if len(references) == 0:
                raise _gone("This training had no test samples")
            first = _place(references, origin)
            lead, reason = _lead(trained, stored, column), None
            baseline = stored.array("baseline_names")[column] if stored.has("baseline") else None
            if baseline is None:
                reason = NO_BASELINE if stored.has("levels") else OLDER
            rows = slice(first, min(first + count, len(references)))
            return {
                "output": names[column],
                "outputs": names,
                "origins": len(references),
                "origin": first,
                "first_reference_time": window_slices.time_text(references[0]),
                "last_reference_time": window_slices.time_text(references[-1]),
                "lead_minutes": window_slices.minutes(lead),
                "baseline": None if baseline is None else str(baseline),
                "no_baseline": reason,
                "levels": window_slices.levels(stored),
                "no_quantiles": None if stored.has("levels") else OLDER,
                "windows": window_slices.windows(stored, rows, column, lead),
            }

    def residuals(
        self, user_id: UUID, job_id: UUID, *, output: str | None, step: int | None
    ) -> dict[str, Any]:
        """Of all steps together, or of one: 1 is the first of the horizon."""
        with self._stored(user_id, job_id) as (trained, stored):
            from services.forecasting.residuals import residuals

            names, steps = trained.results["output_features"], trained.results["output_steps"]
            column = _column(names, output)
            if step is not None and not 1 <= step <= steps:
                raise _refused("step", f"must be from 1 to {steps}, not {step}")
            found = residuals(
                stored.array("truth")[:, :, column],
                stored.array("forecast")[:, :, column],
                stored.array("references"),
                _lead(trained, stored, column),
                None if step is None else step - 1,
            )
            return {"output": names[column], "outputs": names, "step": step, "steps": steps, **found}

    @contextmanager
    def _stored(self, user_id: UUID, job_id: UUID) -> Iterator[tuple[Trained, StoredForecasts]]:
        from services.forecasting.errors import DataError
        from services.forecasting.stored_forecasts import StoredForecasts

        with self._database.read() as tx:
            trained = find_by_job(tx, user_id, job_id)
            artifact = trained.one("predictions", "FORECASTS_NOT_FOUND")
        with tempfile.TemporaryDirectory() as folder:
            try:
                path = self._blobs.local_path(artifact.blob_key, Path(folder))
                yield trained, StoredForecasts(path)
            except BlobNotFound:
                raise _gone("The stored forecasts of this training are gone") from None
            except DataError as error:
                raise _gone(error.message) from None


def _column(names: list[str], output: str | None) -> int:
    if output is None:
        return 0
    if output not in names:
        raise _refused("output", f"is {output[:80]!r}; it must be one of {', '.join(names)}")
    return names.index(output)


def _place(references: Any, origin: str) -> int:
    digits = origin.removeprefix("-")
    if digits.isascii() and digits.isdigit() and len(digits) <= 9:
        number = int(origin)
        if not 0 <= number < len(references):
            raise _refused("origin", f"must be from 0 to {len(references) - 1}, not {number}")
        return number
    try:
        moment = datetime.fromisoformat(origin)
        if not 1700 <= moment.year <= 2250:  # what 64 bits of nanoseconds hold
            raise ValueError
    except ValueError:
        said = f"is {origin[:60]!r}; it must be a number from 0 on or an instant such as 2024-01-31T12:00:00Z"
        raise _refused("origin", said) from None
    moment = moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment
    from services.forecasting.stored_forecasts import place_of

    return place_of(references, round(moment.timestamp() * 1e6) * 1000)


def _lead(trained: Trained, stored: StoredForecasts, column: int) -> Any:
    """When the steps lie, in ns behind the reference time; older files leave it to the config."""
    if stored.has("lead"):
        return stored.array("lead")[column]
    from services.forecasting.windows import grid

    outputs = [series for series in trained.job.config["series"] if series["role"] == "output"]
    chosen = outputs[column]
    steps = trained.results["output_steps"]
    return grid(chosen["name"], chosen["start_hours"], chosen["end_hours"], steps).offsets


def _refused(field: str, message: str) -> BadRequest:
    return BadRequest(f"{field} {message}", details={"field": field})


def _gone(message: str) -> NotFound:
    return NotFound(message, code="FORECASTS_NOT_FOUND", suggestion=TRAIN_FIRST)
