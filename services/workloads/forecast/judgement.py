"""Judges a training by its test samples: in full for the evaluation artifact, in short for its record."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from services.forecasting.baselines import predict_baselines
from services.forecasting.comparison import compared, totals
from services.forecasting.conformal import split_conformal
from services.forecasting.error_profile import error_profile
from services.forecasting.evaluation import comparable
from services.forecasting.horizon_tables import horizon_tables
from services.forecasting.quantile_scores import crps_skill, quantile_scores
from services.forecasting.significance import against_best, overlap_of
from services.forecasting.windows import MINUTE
from services.forecasting.worst_windows import worst_windows

if TYPE_CHECKING:
    from services.workloads.forecast.config import DatasetConfig
    from services.workloads.forecast.training import Trained

Naive = tuple[np.ndarray, np.ndarray]
# So many validation samples tell the quantiles of a baseline well enough.
VALIDATION_SAMPLES = 2000
NO_BASELINE = "no baseline has a forecast for any test sample"
NO_ERROR = "the best baseline is without error"
METHODS = {False: "split conformal", True: "pinball loss, conformally corrected"}
BRIEF = ("MAE", "RMSE", "BIAS", "skill")


def judge(trained: Trained, naive: Naive, skill: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Per output: horizon tables, profile, significance, uncertainty, worst windows; JSON without NaN.

    `naive` is truth and seasonal naive forecast of training samples, `skill` names the best baselines.
    """
    dataset, test = trained.dataset, trained.split.test
    truth, forecast, names = trained.truth, trained.forecast, list(dataset.output_names)
    windows = [history.window for history in dataset.histories]
    stride = round(trained.config.steps.stride_minutes * MINUTE)
    references = np.asarray(dataset.references[test])
    lead = [(window.offsets / MINUTE).tolist() for window in windows]
    best = {name: skill[name]["best_baseline"] for name in names}
    overlaps = [overlap_of(window.end, stride) for window in windows]
    profile, worst = {}, {}
    for j, name in enumerate(names):
        y, p = truth[:, :, j], forecast[:, :, j]
        profile[name] = error_profile(
            y,
            p,
            references,
            windows[j].offsets,
            zone=trained.config.steps.timezone,
            country=holiday_country(trained.config),
        )
        worst[name] = worst_windows(y, p, references, windows[j].step * windows[j].steps)
    return {
        "horizon": horizon_tables(truth, forecast, trained.baselines, names, lead, naive),
        "compared": compared(truth, forecast, trained.baselines, names, lead, naive),
        "profile": profile,
        "significance": against_best(
            truth, forecast, trained.baselines, best, names, np.asarray(dataset.index[test]), overlaps
        ),
        "uncertainty": _uncertainty(trained, names, best),
        "worst_windows": worst,
    }


def summary(details: dict[str, Any]) -> dict[str, Any]:
    """What a record shows of it: no list per step, no window's values."""
    return {
        "horizon": {name: _edges(table) for name, table in details["horizon"].items()},
        "compared": {name: totals(each) for name, each in details["compared"].items()},
        "profile": {
            name: {group: table for group, table in each.items() if group != "weekday_hour"}
            for name, each in details["profile"].items()
        },
        "significance": details["significance"],
        "uncertainty": {
            **details["uncertainty"],
            "outputs": {name: _totals(each) for name, each in details["uncertainty"]["outputs"].items()},
        },
        "worst_windows": {
            name: [{key: window[key] for key in ("reference_time", "MAE")} for window in windows]
            for name, windows in details["worst_windows"].items()
        },
    }


def holiday_country(config: DatasetConfig) -> str | None:
    """Whose holidays the calendar of this config names."""
    return next((each.country for each in config.calendar if each.component == "H"), None)


def _uncertainty(trained: Trained, names: list[str], best: dict[str, str | None]) -> dict[str, Any]:
    quantiles = trained.quantiles
    scores = (
        quantile_scores(trained.truth, trained.base_of_quantiles, quantiles, names)
        if quantiles.levels
        else {}
    )
    for j, name in enumerate(scores):
        scores[name]["against_baseline"] = _against_baseline(trained, j, best[name])
    return {
        "method": METHODS[quantiles.own] if quantiles.levels else None,
        "levels": list(quantiles.levels),
        "validation_samples": quantiles.samples,
        "notes": quantiles.notes,
        "outputs": scores,
    }


def _against_baseline(trained: Trained, output: int, best: str | None) -> dict[str, Any]:
    """CRPS beside that of the best baseline, whose quantiles come from validation samples as the model's."""
    if best is None:
        return {"baseline": None, "reason": NO_BASELINE}
    dataset, validation = trained.dataset, trained.split.validation
    rows = validation[:: -(-len(validation) // VALIDATION_SAMPLES)]
    naive = predict_baselines(dataset, rows)[best][:, :, [output]]
    told = np.isfinite(naive).all(axis=(1, 2))
    learned = split_conformal(
        dataset.raw_outputs(rows[told])[:, :, [output]], naive[told], trained.config.quantiles
    )
    if not learned.levels:
        return {"baseline": best, "reason": "the best baseline has no forecast for any validation sample"}
    known = comparable(trained.baselines, output)
    found = crps_skill(
        trained.truth[known, :, output],
        trained.base_of_quantiles[..., output][..., known, :],
        trained.quantiles.of_output(output),
        trained.baselines[best][known, :, output],
        learned.of_output(0),
    )
    return {"baseline": best, **found, "reason": None if found["skill"] is not None else NO_ERROR}


def _edges(table: dict[str, Any]) -> dict[str, Any]:
    """First and last step, and the step with the least skill, by name of what they are."""
    lead, skill = table["lead_minutes"], table["skill"]
    steps = {"first": 0, "last": len(lead) - 1}
    known = [i for i, value in enumerate(skill) if value is not None]
    if known:
        steps["least_skill"] = min(known, key=skill.__getitem__)
    return {
        name: {"lead_minutes": lead[i], **{column: table[column][i] for column in BRIEF}}
        for name, i in steps.items()
    }


def _totals(scores: dict[str, Any]) -> dict[str, Any]:
    def total(values: dict[str, Any]) -> Any:
        return values["total"]

    return {
        "pinball": {level: total(each) for level, each in scores["pinball"].items()},
        "CRPS": total(scores["CRPS"]),
        "below": {level: total(each) for level, each in scores["below"].items()},
        "against_baseline": scores["against_baseline"],
        "intervals": [
            {**each, "coverage": total(each["coverage"]), "width": total(each["width"])}
            for each in scores["intervals"]
        ],
    }
