"""How long building a dataset takes here: a measured rate, set right by the jobs that were done."""

from __future__ import annotations

from statistics import median
from typing import Any

from pydantic import ValidationError
from sqlalchemy import select

from services.jobs.states import Status
from services.storage.database import Database
from services.storage.tables import JobRow
from services.workloads.forecast.config import DatasetConfig

# Measured on one core for 2 000 to 105 000 samples: cutting, ranking and drawing. A cell is a step of a
# column of a sample.
BASE_SECONDS = 0.25
SECONDS_PER_COLUMN = 0.06
SECONDS_PER_CELL = 3e-8
JOBS = 20


class Pace:
    """Only jobs of this installation count, for machines differ; without any the rate is as measured."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def seconds(self, config: DatasetConfig, samples: int) -> float:
        samples_of = JobRow.outcome["n_dat"].as_integer().label("samples")
        query = (
            select(JobRow.config, samples_of, JobRow.started_at, JobRow.finished_at)
            .where(JobRow.workload == "dataset", JobRow.status == Status.COMPLETED)
            .order_by(JobRow.finished_at.desc())
            .limit(JOBS)
        )
        with self._database.read() as tx:
            found = [_ratio(job) for job in tx.execute(query)]
        ratios = [each for each in found if each is not None]
        return round(_rated(config, samples) * (median(ratios) if ratios else 1.0), 2)


def _rated(config: DatasetConfig, samples: int) -> float:
    inputs = len(config.measured_inputs) + 2 * len(config.calendar)
    outputs = sum(series.role == "output" for series in config.series)
    cells = samples * (inputs * config.steps.input_steps + outputs * config.steps.output_steps)
    return BASE_SECONDS + SECONDS_PER_COLUMN * (inputs + outputs) + SECONDS_PER_CELL * cells


def _ratio(job: Any) -> float | None:
    """What it took against what the rate says; None where that cannot be told."""
    if not job.samples or job.started_at is None or job.finished_at is None:
        return None
    try:
        config = DatasetConfig.model_validate({name: job.config[name] for name in DatasetConfig.model_fields})
    except (ValidationError, KeyError):  # of an older version
        return None
    return float((job.finished_at - job.started_at).total_seconds() / _rated(config, job.samples))
