"""What violins are drawn from: the distribution of every variable in the samples of a session."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any
from uuid import UUID

from services.datasets import Datasets
from services.errors import BadRequest, NotFound
from services.sessions import Sessions
from services.training_fields import DatasetOptions, read_split
from services.windows.kept import Kept
from services.workloads.forecast.config import DatasetConfig, SplitConfig
from utils.csv_text import as_csv
from utils.recent import Recent

WAYS = ("all", "split", "hour", "weekday")
SPLIT = {"train": "trainPercentage", "validation": "validationPercentage", "test": "testPercentage"}
ARGUMENTS = ("by", "variable", *SPLIT, "shuffle", "seed")
KEPT_ANSWERS = 32
NUMBERS = ("n", "mean", "std", "min", "max")
Answer = dict[str, Any]
_DECIMAL = re.compile(r"-?[0-9]{1,12}(\.[0-9]{1,12})?")


class Distributions:
    """Counted from samples spread over all of them, within the request; the last answers are kept."""

    def __init__(self, sessions: Sessions, datasets: Datasets, kept: Kept) -> None:
        self._sessions = sessions
        self._datasets = datasets
        self._kept = kept
        self._answers: Recent[tuple[str, str, str], Answer] = Recent(KEPT_ANSWERS)

    def show(self, user_id: UUID, ref: str, arguments: Mapping[str, str]) -> Answer:
        """Of all variables or of one; `by` says what the groups are."""
        by = arguments.get("by", "all")
        if by not in WAYS:
            raise BadRequest(f"by must be one of {', '.join(WAYS)}, not {by[:40]!r}", details={"field": "by"})
        split = _split(arguments)
        config = self._datasets.config(self._sessions.resolve(user_id, ref), DatasetOptions())
        found = self._counted(config, by, split)
        return found if "variable" not in arguments else _only(found, arguments["variable"])

    def table(self, user_id: UUID, ref: str, arguments: Mapping[str, str]) -> str:
        """The same as CSV: a row per variable and group."""
        found = self.show(user_id, ref, arguments)
        levels = list(_levels(found))
        rows = [["variable", "role", found["by"], *NUMBERS, *(f"q{level}" for level in levels)]]
        for variable in found["variables"]:
            for group in variable["groups"]:
                quantiles = group["quantiles"] or {}
                cells = [*(group[name] for name in NUMBERS), *(quantiles.get(level) for level in levels)]
                rows.append([variable["name"], variable["role"], group["group"], *cells])
        return as_csv(rows)

    def _counted(self, config: DatasetConfig, by: str, split: SplitConfig) -> Answer:
        key = (config.fingerprint(), by, split.model_dump_json() if by == "split" else "")
        return self._answers.get(key, lambda: self._count(config, by, split))

    def _count(self, config: DatasetConfig, by: str, split: SplitConfig) -> Answer:
        from services.spread_numbers import counted  # what cuts windows is loaded when it is needed

        return counted(config, self._kept.series, by, split)


def _split(arguments: Mapping[str, str]) -> SplitConfig:
    """Percentages as in a training; without any of them its defaults."""
    fields: dict[str, Any] = {
        wire: _number(name, arguments[name]) for name, wire in SPLIT.items() if name in arguments
    }
    if "seed" in arguments:
        fields["seed"] = int(_number("seed", arguments["seed"]))
    if "shuffle" in arguments:
        if arguments["shuffle"] not in ("true", "false"):
            raise BadRequest("shuffle must be true or false", details={"field": "shuffle"})
        fields["shuffle"] = arguments["shuffle"] == "true"
    return read_split(fields)


def _number(name: str, text: str) -> float:
    if not _DECIMAL.fullmatch(text):
        raise BadRequest(f"{name} must be a number, not {text[:40]!r}", details={"field": name})
    return float(text)


def _only(found: Answer, name: str) -> Answer:
    chosen = [variable for variable in found["variables"] if variable["name"] == name]
    if not chosen:
        known = ", ".join(variable["name"] for variable in found["variables"])
        raise NotFound(
            f"There is no variable {name[:80]!r}", code="VARIABLE_NOT_FOUND", suggestion=f"There are {known}"
        )
    return {**found, "variables": chosen}


def _levels(found: Answer) -> Mapping[str, float]:
    groups = (group for variable in found["variables"] for group in variable["groups"])
    return next((group["quantiles"] for group in groups if group["quantiles"]), {})
