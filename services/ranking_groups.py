"""Groups trainings by the samples that judged them and ranks each group, the baselines among its rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Any

MEASURES = ("MAE", "RMSE", "MSE", "WAPE", "sMAPE", "MAPE", "MASE", "NRMSE", "BIAS", "skill")
BRIEF = "trained before all measures were kept: only MAE and skill are known"
Totals = Mapping[str, Any]


@dataclass(frozen=True)
class Entry:
    """A training: what is said of it, and its results."""

    about: dict[str, Any]
    results: dict[str, Any]

    @property
    def samples(self) -> dict[str, Any]:
        found: dict[str, Any] = self.results.get("test_samples") or {}
        return {name: found.get(name) for name in ("hash", "count", "first", "last")}

    @property
    def key(self) -> str:
        """Equal where trainings were judged by the same samples; older ones by dataset and split alone."""
        return self.samples["hash"] or f"{self.results.get('fingerprint')} {self.results.get('split')}"

    def compared(self) -> dict[str, dict[str, Any]]:
        """Per output the totals of the model and of the baselines, over the same samples."""
        found: dict[str, dict[str, Any]] | None = self.results.get("compared")
        return found if found is not None else {name: _older(self.results, name) for name in self.outputs}

    @property
    def outputs(self) -> list[str]:
        names: list[str] = self.results["output_features"]
        return names


def grouped(
    entries: Sequence[Entry], metric: str, output: str | None, steps: Mapping[str, Any] | None
) -> list[dict[str, Any]]:
    """The group of the newest training first; the others say why they stand apart.

    `steps`: per job the tables per step, where they are asked for.
    """
    groups: dict[str, list[Entry]] = {}
    for entry in entries:
        groups.setdefault(entry.key, []).append(entry)
    members = list(groups.values())
    chosen = [each for each in members if output is None or output in each[0].outputs]
    return [_group(each, chosen[0], metric, output, steps) for each in chosen]


def _group(
    entries: Sequence[Entry],
    first: Sequence[Entry],
    metric: str,
    output: str | None,
    steps: Mapping[str, Any] | None,
) -> dict[str, Any]:
    newest = entries[0]
    names = newest.outputs if output is None else [output]
    baselines = _baselines(newest, steps)
    rows = [*(_model(entry, steps) for entry in entries), *baselines]
    for row in rows:
        row["outputs"] = {name: each for name, each in row["outputs"].items() if name in names}
    relative = _rank(rows, metric, names)
    return {
        "reason": None if entries is first else difference(newest, first[0]),
        "test_samples": newest.samples,
        "arithmetics": sorted({entry.results.get("arithmetic", "honest") for entry in entries}),
        "datasets": sorted({str(entry.results.get("fingerprint")) for entry in entries}),
        "outputs": names,
        "steps": newest.results.get("output_steps"),
        "lead_minutes": _lead(newest, names, steps),
        "relative": relative,
        "rows": rows,
    }


def _model(entry: Entry, steps: Mapping[str, Any] | None) -> dict[str, Any]:
    compared = entry.compared()
    told = None if steps is None else steps.get(entry.about["job_id"], {})
    return {
        "kind": "model",
        **entry.about,
        "outputs": {
            name: {
                **{measure: each["model"].get(measure) for measure in MEASURES},
                "best_baseline": (entry.results["skill"].get(name) or {}).get("best_baseline"),
                "samples": each["samples"],
                "note": each.get("note"),
                "steps": told[name]["model"]["steps"] if told and name in told else None,
            }
            for name, each in compared.items()
        },
    }


def _baselines(entry: Entry, steps: Mapping[str, Any] | None) -> list[dict[str, Any]]:
    """One row per baseline; their figures are those of any training of the group."""
    compared = entry.compared()
    told = None if steps is None else steps.get(entry.about["job_id"], {})
    names = dict.fromkeys(name for each in compared.values() for name in each["baselines"])
    nothing = dict.fromkeys(
        (
            *("job_id", "session_id", "session_name", "mode", "workload"),
            *("created_at", "completed_at", "duration_seconds"),
        )
    )
    return [
        {
            "kind": "baseline",
            **nothing,
            "name": name,
            "tags": [],
            "outputs": {
                output: {
                    **{measure: each["baselines"][name].get(measure) for measure in MEASURES},
                    "best_baseline": None,
                    "samples": each["samples"],
                    "note": each.get("note"),
                    "steps": told[output]["baselines"][name]["steps"] if told and output in told else None,
                }
                for output, each in compared.items()
                if name in each["baselines"]
            },
        }
        for name in names
    ]


def _rank(rows: list[dict[str, Any]], metric: str, names: Sequence[str]) -> bool:
    """Puts the rows in order, best first; True where their scores are relative to the best baseline.

    Outputs have units of their own: errors of several are first divided by those of the best baseline.
    """
    relative = len(names) > 1 and metric != "skill"
    scales = {name: _scale(rows, metric, name) if relative else 1.0 for name in names}
    for row in rows:
        values = [(row["outputs"].get(name) or {}).get(metric) for name in names]
        known = [
            abs(value) / scales[name] if metric == "BIAS" or relative else value
            for name, value in zip(names, values, strict=True)
            if value is not None and scales[name]
        ]
        row["score"] = fmean(known) if len(known) == len(names) else None
    rows.sort(key=lambda row: _order(row["score"], metric))
    for place, row in enumerate(rows, start=1):
        row["rank"] = place if row["score"] is not None else None
    best = next((row for row in rows if row["kind"] == "baseline" and row["rank"]), None)
    for row in rows:
        ranked = row["rank"] is not None and best is not None and row["kind"] == "model"
        row["beats_baselines"] = row["rank"] < best["rank"] if ranked and best is not None else None
    return relative


def _scale(rows: list[dict[str, Any]], metric: str, output: str) -> float:
    """Of the best baseline; where there is none, of the best model."""

    def values(kind: str) -> list[float]:
        found = (row["outputs"].get(output, {}).get(metric) for row in rows if row["kind"] == kind)
        return [abs(value) for value in found if value]

    return min(values("baseline") or values("model") or [0.0])


def _order(score: float | None, metric: str) -> tuple[bool, float]:
    if score is None:
        return True, 0.0
    return False, -score if metric == "skill" else score


def _lead(entry: Entry, names: Sequence[str], steps: Mapping[str, Any] | None) -> dict[str, Any] | None:
    told = None if steps is None else steps.get(entry.about["job_id"])
    return None if not told else {name: told[name]["lead_minutes"] for name in names if name in told}


def difference(entry: Entry, first: Entry) -> str:
    """In which way the samples of two groups differ."""
    mine, theirs = entry.samples, first.samples
    if entry.outputs != first.outputs:
        return f"forecasts {', '.join(entry.outputs)} instead of {', '.join(first.outputs)}"
    if entry.results.get("output_steps") != first.results.get("output_steps"):
        return f"{entry.results.get('output_steps')} steps instead of {first.results.get('output_steps')}"
    if mine["hash"] is None or theirs["hash"] is None:
        return "trained before the test samples were kept: another dataset or split"
    if any(mine[name] != theirs[name] for name in ("count", "first", "last")):
        return (
            f"{mine['count']} test samples from {mine['first']} to {mine['last']} instead of "
            f"{theirs['count']} from {theirs['first']} to {theirs['last']}"
        )
    return "other true values or lead times: another file, recipe, window or shuffle"


def _older(results: Mapping[str, Any], output: str) -> dict[str, Any]:
    skill = (results.get("skill") or {}).get(output) or {}
    baselines = {
        name: {"MAE": each[output]["MAE"], "RMSE": each[output]["RMSE"]}
        for name, each in (results.get("baselines") or {}).items()
        if output in each and each[output]["MAE"] is not None
    }
    model = {"MAE": skill.get("model_mae"), "skill": skill.get("skill")}
    return {"samples": skill.get("samples"), "model": model, "baselines": baselines, "note": BRIEF}
