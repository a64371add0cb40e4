"""The fields of a training request as the wire names them: model, split, and how the dataset is cut."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.errors import Invalid
from services.forecasting.errors import DataError
from services.forecasting.models.parameters import OLD_FORM, ModelParams
from services.forecasting.quantile_levels import LEVELS, check_levels, check_pinball
from services.validation import checked
from services.workloads.forecast.config import Arithmetic, QuantileMethod, SplitConfig

CODE = "INVALID_MODEL_PARAMS"
DATASET_FIELDS = ("model_parameters", "training_split", "arithmetic", "max_gap_minutes")
TRAINING_FIELDS = (*DATASET_FIELDS, "allow_parallel", "quantiles", "quantile_method", "importance")
SPLIT_NAMES = {
    "trainPercentage": "train",
    "validationPercentage": "validation",
    "testPercentage": "test",
    "shuffle": "shuffle",
    "seed": "seed",
}
# an old name of shuffle, in the split or among the model's parameters
RANDOM = "random_dat"


@dataclass(frozen=True)
class DatasetOptions:
    """`honest` fits scalers on training samples alone and keeps the splits apart; `compat` is historical."""

    arithmetic: Arithmetic = "honest"
    max_gap_minutes: float | None = None


@dataclass(frozen=True)
class TrainingRequest:
    model: ModelParams
    split: SplitConfig
    options: DatasetOptions
    allow_parallel: bool
    quantiles: tuple[float, ...]
    quantile_method: QuantileMethod
    importance: bool


def read_training(body: Mapping[str, Any]) -> TrainingRequest:
    """A checked request; the split defaults to 70/20/10 percent in the order of time (shuffle false)."""
    model = read_object(body, "model_parameters")
    if not model:
        raise refusal("model_parameters", "is missing", 'Send at least {"MODE": "LIN"}')
    parameters, split = _read_both(model, read_object(body, "training_split"))
    levels = read_quantiles(body)
    return TrainingRequest(
        parameters,
        split,
        read_options(body),
        read_flag(body, "allow_parallel"),
        levels,
        _quantile_method(body, parameters.MODE, levels),
        read_flag(body, "importance", default=True),
    )


def read_dataset(body: Mapping[str, Any]) -> tuple[DatasetOptions, SplitConfig]:
    """How a dataset is cut, and the split of its instant ranking; a model that comes along is checked."""
    model, split = read_object(body, "model_parameters"), read_object(body, "training_split")
    return read_options(body), _read_both(model, split)[1] if model else read_split(split)


def read_options(body: Mapping[str, Any]) -> DatasetOptions:
    arithmetic: Any = body.get("arithmetic") or "honest"
    gap = body.get("max_gap_minutes")
    if arithmetic not in ("honest", "compat"):
        raise refusal("arithmetic", f"is {str(arithmetic)[:40]!r}", "Use 'honest' (default) or 'compat'")
    if gap is not None and not (_is_number(gap) and 0 < gap < math.inf):
        raise refusal("max_gap_minutes", "must be a number above 0", "Leave it out for the default")
    return DatasetOptions(arithmetic, gap)


def read_split(fields: Mapping[str, Any]) -> SplitConfig:
    given = {name: value for name, value in fields.items() if value is not None}
    if RANDOM in given:
        shuffle = given.pop(RANDOM)
        if given.setdefault("shuffle", shuffle) != shuffle:
            raise refusal(f"training_split.{RANDOM}", "differs from shuffle", "Send only shuffle")
    unknown = sorted(set(given) - set(SPLIT_NAMES))
    if unknown:
        known = f"Known are {', '.join(SPLIT_NAMES)}"
        raise refusal(f"training_split.{unknown[0]}", "is no known field", known)
    values = {SPLIT_NAMES[name]: value for name, value in given.items()}
    names = {inner: wire for wire, inner in SPLIT_NAMES.items()}
    return checked(SplitConfig, values, where="training_split", code=CODE, names=names, strict=True)


def refusal(field: str, message: str, suggestion: str) -> Invalid:
    return Invalid(
        f"{field} {message}",
        code=CODE,
        suggestion=suggestion,
        details={"errors": [{"field": field, "message": f"{field} {message}"}]},
    )


def _read_both(model: Mapping[str, Any], split: Mapping[str, Any]) -> tuple[ModelParams, SplitConfig]:
    model, split = dict(model), dict(split)
    if model.get(RANDOM) is not None and split.setdefault(RANDOM, model[RANDOM]) != model[RANDOM]:
        raise refusal(f"model_parameters.{RANDOM}", "differs from training_split", "Send only shuffle")
    model.pop(RANDOM, None)
    return read_model(model), read_split(split)


def read_model(fields: Mapping[str, Any]) -> ModelParams:
    """Checked parameters, each of which acts in the MODE or belongs to the form of the first system."""
    params = checked(ModelParams, fields, where="model_parameters", code=CODE)
    idle = [name for name in params.unused() if name not in OLD_FORM]
    if idle:
        field = f"model_parameters.{idle[0]}"
        raise refusal(field, f"does nothing in {params.MODE}", f"It takes {', '.join(params.reads())}")
    return params


def _quantile_method(body: Mapping[str, Any], mode: str, levels: tuple[float, ...]) -> QuantileMethod:
    method: Any = body.get("quantile_method") or "conformal"
    if method not in ("conformal", "pinball"):
        raise refusal("quantile_method", f"is {str(method)[:40]!r}", "Use 'conformal' (default) or 'pinball'")
    if method == "conformal":
        return "conformal"
    try:
        check_pinball(mode, levels)
    except DataError as error:
        text = error.message.removeprefix("quantile_method ")
        raise refusal("quantile_method", text, error.suggestion or "") from None
    return "pinball"


def read_quantiles(body: Mapping[str, Any]) -> tuple[float, ...]:
    levels = body.get("quantiles")
    if levels is None:
        return LEVELS
    if not (isinstance(levels, list) and all(_is_number(level) for level in levels)):
        raise refusal("quantiles", "must be a list of numbers", f"Leave it out for {list(LEVELS)}")
    try:
        return check_levels(levels)
    except DataError as error:
        raise refusal("quantiles", error.message.removeprefix("quantiles "), error.suggestion or "") from None


def read_flag(body: Mapping[str, Any], name: str, *, default: bool = False) -> bool:
    value = body.get(name, default)
    if not isinstance(value, bool):
        raise refusal(name, "must be true or false", f"Leave it out for {str(default).lower()}")
    return value


def read_object(body: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    """An object of the body; absent or null is an empty one."""
    value = body.get(name)
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise refusal(name, f"must be a JSON object, not {type(value).__name__}", "See docs/api.md")
    return value


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)
