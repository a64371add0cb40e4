"""The fields of a search request as the wire names them: what is fixed, what is tried, and the budget."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from services.forecasting.models.parameters import READS, ModelParams
from services.training_fields import (
    CODE,
    DatasetOptions,
    read_flag,
    read_object,
    read_options,
    read_quantiles,
    read_split,
    refusal,
)
from services.validation import checked
from services.workloads.forecast.config import SplitConfig
from services.workloads.search.config import Budget
from services.workloads.search.dimensions import Dimension, SearchSpace
from services.workloads.search.spaces import FURTHER, SPACES, acting

BUDGET = ("trials", "minutes", "seed")
SEARCH_FIELDS = (
    *("model_parameters", "training_split", "space", *BUDGET),
    *("max_gap_minutes", "allow_parallel", "quantiles", "importance"),
)
SEE = "docs/api.md lists what can be searched"


@dataclass(frozen=True)
class SearchRequest:
    """`fixed` is what is not searched, by name; `model` the first MODE that is tried."""

    model: ModelParams
    fixed: dict[str, Any]
    space: SearchSpace
    split: SplitConfig
    budget: Budget
    options: DatasetOptions
    allow_parallel: bool
    quantiles: tuple[float, ...]
    importance: bool


def read_search(body: Mapping[str, Any]) -> SearchRequest:
    """A checked request; without `space` the default one of the MODE is searched."""
    fixed = {name: v for name, v in read_object(body, "model_parameters").items() if v is not None}
    wishes = {name: v for name, v in read_object(body, "space").items() if v is not None}
    modes = _modes(fixed, wishes)
    _refuse_idle(fixed, modes)
    models = [_fixed(mode, fixed) for mode in modes]
    space = _space(modes, set(fixed) - {"MODE"}, wishes)
    split = read_split(read_object(body, "training_split"))
    if split.validation == 0:
        way = "Give the validation samples a share: they alone decide which trial is best"
        raise refusal("training_split.validationPercentage", "is 0", way)
    return SearchRequest(
        models[0],
        {name: value for name, value in fixed.items() if name != "MODE"},
        space,
        split,
        _budget(body),
        read_options(body),
        read_flag(body, "allow_parallel"),
        read_quantiles(body),
        read_flag(body, "importance", default=True),
    )


def _budget(body: Mapping[str, Any]) -> Budget:
    given = {name: body[name] for name in BUDGET if body.get(name) is not None}
    return checked(Budget, given, where="", code=CODE, strict=True)


def _modes(fixed: Mapping[str, Any], wishes: dict[str, Any]) -> list[str]:
    """The MODE of model_parameters, or the set that the space names; takes it out of the wishes."""
    wish = wishes.pop("MODE", None)
    if wish is None:
        if "MODE" not in fixed:
            raise refusal(
                "space.MODE",
                "is missing",
                'Send "MODE": ["Dense", "LIN"] in space, or one in model_parameters',
            )
        return [checked(ModelParams, {"MODE": fixed["MODE"]}, where="model_parameters", code=CODE).MODE]
    if "MODE" in fixed:
        raise refusal("space.MODE", "is fixed in model_parameters too", "Send only one of the two")
    if not isinstance(wish, list) or not wish:
        raise refusal("space.MODE", "must be a list of modes", 'For example ["Dense", "LIN"]')
    models = [checked(ModelParams, {"MODE": mode}, where="space", code=CODE) for mode in wish]
    modes: list[str] = [model.MODE for model in models]
    if len(set(modes)) < len(modes):
        raise refusal("space.MODE", f"names a mode twice: {', '.join(modes)}", "Name each once")
    return modes


def _refuse_idle(fixed: Mapping[str, Any], modes: list[str]) -> None:
    """What is fixed must act in one of the modes at least."""
    names = frozenset({"MODE"}).union(*(acting(mode, _members(fixed)) for mode in modes))
    idle = sorted(set(fixed) - names)
    if idle:
        way = f"Known for {', '.join(modes)} are {', '.join(sorted(names - {'MODE'}))}"
        raise refusal(f"model_parameters.{idle[0]}", f"does nothing in {', '.join(modes)}", way)


def _members(fixed: Mapping[str, Any]) -> list[str]:
    """Of an ensemble, as far as they are named rightly; the others are refused with the model."""
    given = fixed.get("MEMBERS")
    return (
        [each for each in given if isinstance(each, str) and each in READS] if isinstance(given, list) else []
    )


def _fixed(mode: str, fixed: Mapping[str, Any]) -> ModelParams:
    names = acting(mode, _members(fixed))
    values = {name: value for name, value in fixed.items() if name in names}
    return checked(ModelParams, {**values, "MODE": mode}, where="model_parameters", code=CODE)


def _space(modes: list[str], fixed: set[str], wishes: Mapping[str, Any]) -> SearchSpace:
    found = {mode: {n: each for n, each in SPACES[mode].items() if n not in fixed} for mode in modes}
    for name, wish in wishes.items():
        if name in fixed:
            raise refusal(f"space.{name}", "is fixed in model_parameters too", "Send only one of the two")
        for mode, dimension in _dimensions(name, modes).items():
            found[mode][name] = _narrowed(dimension, name, wish, mode)
    if len(modes) == 1 and not found[modes[0]]:
        way = f"Train {modes[0]} with train-models, or search over several modes (space.MODE)"
        raise refusal("space", f"leaves nothing to search: {modes[0]} has no free parameter", way)
    return SearchSpace(modes=found)


def _dimensions(name: str, modes: list[str]) -> dict[str, Dimension]:
    """What this parameter is in those of the modes where it acts."""
    everywhere = {mode: {**FURTHER.get(mode, {}), **SPACES[mode]} for mode in SPACES}
    if not any(name in space for space in everywhere.values()):
        known = sorted({each for space in everywhere.values() for each in space})
        raise refusal(
            f"space.{name}", "is no parameter that can be searched", f"Known are MODE, {', '.join(known)}"
        )
    acting = {mode: everywhere[mode][name] for mode in modes if name in everywhere[mode]}
    if not acting:
        raise refusal(f"space.{name}", f"does nothing in {', '.join(modes)}", SEE)
    return acting


def _narrowed(dimension: Dimension, name: str, wish: Any, mode: str) -> Dimension:
    """The dimension within the request's limits, which must lie in the bounds of ModelParams."""
    if not isinstance(wish, list) or not wish or None in wish:
        raise refusal(
            f"space.{name}", "must be a list without null", "Send [low, high] for numbers, or a list of names"
        )
    values = [
        getattr(checked(ModelParams, {"MODE": mode, name: value}, where="space", code=CODE), name)
        for value in wish
    ]
    if dimension.kind == "choice":
        if len(set(values)) < len(values):
            raise refusal(f"space.{name}", f"names a value twice: {', '.join(values)}", "Name each once")
        return dimension.among(tuple(values))
    if len(values) != 2 or not values[0] < values[1]:
        shown = ", ".join(map(str, wish[:5]))
        raise refusal(
            f"space.{name}", f"is [{shown}]; it must be [low, high] with low < high", "For example [1, 3]"
        )
    return dimension.between(values[0], values[1])
