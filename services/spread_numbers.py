"""Counts the distributions of a dataset's variables, in the form in which they are told."""

from __future__ import annotations

from typing import Any, cast

from services.forecasting.spreads import By, spreads
from services.windows.series import KeptSeries
from services.workloads.forecast.arrays import specs_of, split_spec
from services.workloads.forecast.config import DatasetConfig, SplitConfig


def counted(config: DatasetConfig, series: KeptSeries, by: str, split: SplitConfig) -> dict[str, Any]:
    specs = specs_of(config, series.read)
    found = spreads(
        specs.inputs,
        specs.outputs,
        specs.calendar,
        specs.windows,
        specs.arithmetic,
        split_spec(split),
        cast(By, by),
    )
    files = {role: [each for each in config.series if each.role == role] for role in ("input", "output")}
    return {
        "by": by,
        "groups": found.groups,
        "timezone": config.steps.timezone,
        "samples": found.samples,
        "of_samples": found.of_samples,
        "variables": [
            {
                "name": each.name,
                "role": each.role,
                "file_id": None
                if each.series is None
                else str(files["output" if each.role == "output" else "input"][each.series].file_id),
                "groups": [
                    {"group": name, **numbers} for name, numbers in zip(found.groups, groups, strict=True)
                ],
            }
            for each, groups in found.variables
        ],
    }
