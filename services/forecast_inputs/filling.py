"""The window of a model, filled: series extended by given values, cut as in the training."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from services.forecast_inputs.given import Values, no_such_step
from services.forecasting.one_sample import Strip, newest_reference, sample_at
from services.forecasting.windows import FeatureSpec
from services.windows.instants import instant, instants, numbers
from services.windows.series import KeptSeries
from services.workloads.forecast.arrays import Specs, specs_of
from services.workloads.forecast.config import DatasetConfig, SeriesInput

if TYPE_CHECKING:
    from services.forecast_inputs import Asked


@dataclass(frozen=True)
class Filled:
    """`origins` of the strips say `given` where a user's value stands."""

    asked: Asked
    reference: int
    newest: int
    strips: list[Strip]

    @property
    def inputs(self) -> list[Strip]:
        return [strip for strip in self.strips if strip.role != "output"]

    @property
    def outputs(self) -> list[Strip]:
        return [strip for strip in self.strips if strip.role == "output"]

    @property
    def rows(self) -> list[list[float]]:
        """(steps, features) in the order of the training."""
        rows: list[list[float]] = np.stack([strip.values for strip in self.inputs], axis=1).tolist()
        return rows

    @property
    def missing(self) -> list[dict[str, Any]]:
        return [
            {"feature": strip.name, "times": instants(strip.instants[~np.isfinite(strip.values)])}
            for strip in self.inputs
            if not np.isfinite(strip.values).all()
        ]

    def to_json(self) -> dict[str, Any]:
        config = self.asked.config
        return {
            **self._about(),
            "newest_reference_time": instant(self.newest),
            "timezone": config.steps.timezone,
            "features": [_feature(strip, config) for strip in self.inputs],
            "outputs": [_known(strip) for strip in self.outputs],
            "missing": self.missing,
            "complete": not self.missing,
        }

    def forecast(self, predicted: Mapping[str, Any]) -> dict[str, Any]:
        """The forecast of every output at its instants, beside what was measured there, where it was."""
        quantiles = predicted["quantiles"]
        return {
            **self._about(),
            "job_id": predicted["job_id"],
            "model_used": predicted["model_used"],
            "no_quantiles": predicted["no_quantiles"],
            "outputs": [
                {
                    **_known(strip),
                    "values": [step[place] for step in predicted["predictions"][0]],
                    "quantiles": quantiles
                    and {level: [step[place] for step in of[0]] for level, of in quantiles.items()},
                }
                for place, strip in enumerate(self.outputs)
            ],
            "features": [_feature(strip, self.asked.config) for strip in self.inputs],
        }

    def _about(self) -> dict[str, Any]:
        trained = self.asked.trained
        return {
            "session_id": str(self.asked.session_id),
            "trained_job_id": str(trained.job.id),
            "model_type": trained.results["model_type"],
            "reference_time": instant(self.reference),
        }


def fill(asked: Asked, series: KeptSeries) -> Filled:
    """At the newest reference time at which the past is known, unless another one is asked for."""
    specs = specs_of(asked.config, series.read)
    newest = newest_reference(specs.inputs, specs.windows, specs.arithmetic)
    reference = newest if asked.at is None else asked.at
    strips = _cut(specs, reference)
    if asked.given.rows:
        further = replace(
            specs, inputs=[_with_rows(each, asked.given.rows, reference) for each in specs.inputs]
        )
        strips = [
            _marked(before, after) for before, after in zip(strips, _cut(further, reference), strict=True)
        ]
    return Filled(asked, reference, newest, [_with_steps(strip, asked.given.steps) for strip in strips])


def newest(asked: Asked, series: KeptSeries, present: int) -> int:
    """The last reference time of the training's grid at which files and given rows reach to the end of
    every measured past, and not later than the present."""
    specs = specs_of(asked.config, series.read)
    inputs = [_with_rows(each, asked.given.rows, present) for each in specs.inputs]
    found = newest_reference(inputs, specs.windows, specs.arithmetic)
    late = max(found - present, 0)
    return found - -(-late // specs.windows.stride) * specs.windows.stride


def _cut(specs: Specs, reference: int) -> list[Strip]:
    return sample_at(reference, specs.inputs, specs.outputs, specs.calendar, specs.windows, specs.arithmetic)


def _with_rows(series: FeatureSpec, rows: Values, reference: int) -> FeatureSpec:
    """Given rows replace those of the file; as forecasts they were issued at the reference time."""
    given = rows.get(series.name)
    if not given:
        return series
    at = np.array(sorted(given), dtype=np.int64)
    kept = np.ones(len(series.time), dtype=bool)
    issued = None
    if series.issued is None:
        kept = ~np.isin(series.time, at)
    else:
        kept = ~(np.isin(series.time, at) & (series.issued == reference))
        issued = np.concatenate([series.issued[kept], np.full(len(at), reference, dtype=np.int64)])
    time = np.concatenate([series.time[kept], at])
    value = np.concatenate([series.value[kept], [given[each] for each in at.tolist()]])
    order = np.argsort(time, kind="stable") if issued is None else np.lexsort((issued, time))
    return replace(
        series, time=time[order], value=value[order], issued=None if issued is None else issued[order]
    )


def _marked(before: Strip, after: Strip) -> Strip:
    changed = np.isfinite(after.values) & ~(before.values == after.values)
    origins = ["given" if is_new else origin for origin, is_new in zip(after.origins, changed, strict=True)]
    return replace(after, origins=origins)


def _with_steps(strip: Strip, steps: Values) -> Strip:
    """Given values in their steps; instants are told to the microsecond, and so they are found again."""
    given = {} if strip.role in ("calendar", "output") else steps.get(strip.name, {})
    if not given:
        return strip
    places = {int(at) // 1000: place for place, at in enumerate(strip.instants)}
    unknown = [at for at in given if at // 1000 not in places]
    if unknown:
        raise no_such_step(strip.name, instant(unknown[0]))
    values, origins = strip.values.copy(), list(strip.origins)
    for at, value in given.items():
        values[places[at // 1000]], origins[places[at // 1000]] = value, "given"
    return replace(strip, values=values, origins=origins)


def _feature(strip: Strip, config: DatasetConfig) -> dict[str, Any]:
    inputs = [series for series in config.series if series.role == "input"]
    of_file: SeriesInput | None = None if strip.series is None else inputs[strip.series]
    return {
        "name": strip.name,
        "role": strip.role,
        "file_id": None if of_file is None else str(of_file.file_id),
        "known_ahead": of_file is not None and strip.role == "input" and of_file.end_hours > 0,
        **_known(strip, "values"),
        "origins": strip.origins,
    }


def _known(strip: Strip, name: str = "truth") -> dict[str, Any]:
    return {"name": strip.name, "times": instants(strip.instants), name: numbers(strip.values)}
