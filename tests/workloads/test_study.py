"""The search keeps to its space and budget, repeats itself by its seed, prunes, and survives failures."""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any
from uuid import UUID

import pytest

from services.forecasting.models.parameters import ModelParams
from services.workloads.base import Cancelled
from services.workloads.search.config import SearchConfig
from services.workloads.search.dimensions import Dimension
from services.workloads.search.pruning import MedianRule
from services.workloads.search.spaces import SPACES
from services.workloads.search.study import Attempt, Study, Watch

Evaluate = Callable[[ModelParams, Watch], float]


def config(modes: Mapping[str, Mapping[str, Dimension]], **more: Any) -> SearchConfig:
    values = {
        "session_id": UUID(int=1),
        "series": [],
        "calendar": [],
        "steps": {"input_steps": 2, "output_steps": 1, "stride_minutes": 60},
        "model": {"MODE": next(iter(modes))},
        "space": {"modes": modes},
    }
    return SearchConfig.model_validate({**values, **more})


def dense(*names: str) -> dict[str, dict[str, Dimension]]:
    return {"Dense": {name: SPACES["Dense"][name] for name in names}}


def searched(about: SearchConfig, evaluate: Evaluate, **more: Any) -> tuple[Study, str]:
    study = Study(about, evaluate, **more)
    go_on(study, about)
    return study, study.why_over()


def go_on(study: Study, about: SearchConfig, *, until: int | None = None) -> None:
    """Trials that are not done yet, as a job works on them."""
    done = {each.number for each in study.attempts if each.state != "failed"}
    for number in range(1, (until or about.trials) + 1):
        with suppress(ValueError):
            if number not in done and study.attempt(number) is None:
                return


def far_from_a_hundredth(params: ModelParams, _watch: Watch) -> float:
    return abs(math.log10(params.LEARNING_RATE or 1) + 2)


def test_the_first_trial_is_the_default_and_later_ones_find_better() -> None:
    study, stopped = searched(config(dense("LEARNING_RATE"), trials=25), far_from_a_hundredth)
    assert study.attempts[0].params == {"MODE": "Dense", "LEARNING_RATE": 1e-3}
    assert (stopped, len(study.attempts)) == ("trials", 25)
    assert study.best is not None and study.best.value is not None
    assert study.best.value < 0.2 < (study.attempts[0].value or 0)
    assert all(1e-4 <= float(each.params["LEARNING_RATE"]) <= 1e-2 for each in study.attempts)


def test_the_better_of_two_settings_is_found_and_then_nothing_is_left_to_try() -> None:
    space = {"Dense": {"ACTF": SPACES["Dense"]["ACTF"].among(("relu", "tanh"))}}
    study, stopped = searched(config(space), lambda params, _: 1.0 if params.ACTF == "relu" else 0.5)
    assert stopped == "exhausted"
    assert sorted(str(each.params["ACTF"]) for each in study.attempts) == ["relu", "tanh"]
    assert study.best is not None and study.best.params["ACTF"] == "tanh"


def test_a_seed_makes_a_search_repeatable_and_another_seed_another_search() -> None:
    space = dense("LAY", "N", "ACTF", "LEARNING_RATE")

    def proposals(seed: int) -> list[Any]:
        study, _ = searched(config(space, trials=15, seed=seed), far_from_a_hundredth)
        return [each.params for each in study.attempts]

    assert proposals(3) == proposals(3)
    assert proposals(3) != proposals(4)


def test_modes_are_a_choice_with_parameters_of_their_own() -> None:
    modes = {"LIN": {}, "Dense": dense("LAY", "N")["Dense"], "LGBMR": SPACES["LGBMR"]}

    def evaluate(params: ModelParams, _watch: Watch) -> float:
        return {"LIN": 3.0, "Dense": 2.0 + params.LAY, "LGBMR": params.MAX_DEPTH / 10}[params.MODE]

    study, _ = searched(config(modes, trials=30), evaluate)
    tried = [str(each.params["MODE"]) for each in study.attempts]
    assert tried[:3] == ["LIN", "Dense", "LGBMR"] and tried.count("LIN") == 1
    for each in study.attempts:
        assert set(each.params) == {"MODE", *modes[str(each.params["MODE"])]}
    assert study.best is not None
    assert (study.best.params["MODE"], study.best.params["MAX_DEPTH"]) == ("LGBMR", 3)
    importance, why = study.importance()
    assert why is None and importance is not None and sum(importance.values()) == pytest.approx(1)


def test_what_decides_counts_most() -> None:
    study, _ = searched(config(dense("LEARNING_RATE", "LAY"), trials=30), far_from_a_hundredth)
    importance, _ = study.importance()
    assert importance is not None and importance["LEARNING_RATE"] > 0.8
    few, _ = searched(config(dense("LAY"), trials=2), lambda params, _: params.LAY)
    assert few.importance()[0] is None and "4" in (few.importance()[1] or "")


def curve_of(params: ModelParams, watch: Watch) -> float:
    """Falls to a height that the learning rate decides."""
    height = far_from_a_hundredth(params, watch)
    for epoch in range(1, 11):
        watch.point(epoch, 10, height + 1 / epoch)
    return height


def test_a_trial_that_stays_above_the_median_is_pruned_and_not_the_best() -> None:
    study, _ = searched(config(dense("LEARNING_RATE"), trials=25), curve_of)
    pruned = [each for each in study.attempts if each.state == "pruned"]
    assert pruned and all(each.value is None and len(each.curve) < 10 for each in pruned)
    assert {each.state for each in study.attempts[:3]} == {"complete"}
    assert study.best is not None and study.best.state == "complete"
    better = [far_from_a_hundredth(_params(each), _NOBODY) for each in pruned]
    assert min(better) >= (study.best.value or 0)


def test_the_median_is_that_of_the_same_mode_at_the_same_step() -> None:
    rule = MedianRule(needed=3, warm_up=0)
    for height in (1.0, 2.0, 3.0):
        rule.finished("Dense", {1: height + 1, 2: height})
    assert rule.hopeless("Dense", {1: 3.5}, 2) and not rule.hopeless("Dense", {1: 3.0}, 2)
    assert not rule.hopeless("Dense", {1: 3.0, 2: 2.0}, 2) and rule.hopeless("Dense", {1: 3.0, 2: 2.1}, 2)
    assert not rule.hopeless("LGBMR", {1: 9.0}, 2)
    rule.warm_up = 0.5
    assert not rule.hopeless("Dense", {1: 9.0}, 2) and rule.hopeless("Dense", {1: 9.0}, 1)


def test_a_trial_that_fails_is_recorded_with_its_reason_and_the_search_goes_on() -> None:
    def evaluate(params: ModelParams, _watch: Watch) -> float:
        if params.LAY > 1:
            raise ValueError("the training diverged")
        return params.N

    study, stopped = searched(config(dense("LAY", "N"), trials=12), evaluate)
    failed = [each for each in study.attempts if each.state == "failed"]
    assert failed and {each.reason for each in failed} == {"the training diverged"}
    assert (stopped, len(study.attempts)) == ("trials", 12)
    assert study.best is not None and study.best.params["LAY"] == 1


def test_minutes_end_the_search_within_a_trial_but_not_before_the_first_result() -> None:
    now = [0.0]

    def evaluate(params: ModelParams, watch: Watch) -> float:
        for _ in range(5):
            now[0] += 20
            watch.refuse_overtime()
        return float(params.N)

    study, stopped = searched(config(dense("N"), trials=100, minutes=4), evaluate, clock=lambda: now[0])
    assert stopped == "minutes"
    assert [each.state for each in study.attempts] == ["complete", "complete", "out_of_time"]
    assert study.remaining_share() == 0
    now[0] = 0.0
    study, _ = searched(config(dense("N"), minutes=0.1), evaluate, clock=lambda: now[0])
    assert [each.state for each in study.attempts] == ["complete"]


def test_cancelling_passes_through() -> None:
    def evaluate(params: ModelParams, watch: Watch) -> float:
        if watch.number == 4:
            raise Cancelled
        return float(params.N)

    study = Study(config(dense("N")), evaluate)
    with pytest.raises(Cancelled):
        go_on(study, config(dense("N")))
    assert [each.number for each in study.attempts if each.state == "complete"] == [1, 2, 3]


def restored(about: SearchConfig, evaluate: Evaluate, study: Study, **more: Any) -> Study:
    """In another process, from what JSON carries there."""
    stored = json.loads(json.dumps([each.to_stored() for each in study.attempts]))
    other = Study(about, evaluate, **more)
    other.restore(Attempt.restored(each) for each in stored)
    return other


def told(study: Study) -> list[Any]:
    return [(each.params, each.state, each.value, each.curve) for each in study.attempts]


@pytest.mark.parametrize("stop", [1, 4, 11, 19])
def test_a_study_that_stopped_goes_on_with_the_same_proposals(stop: int) -> None:
    """Beyond the random ones too; with pruned, failed and repeated ones among those before."""
    modes = {
        "LIN": {},
        "Dense": {**dense("LAY", "LEARNING_RATE")["Dense"]},
        "CNN": dense("ACTF", "N")["Dense"],
    }

    def evaluate(params: ModelParams, watch: Watch) -> float:
        if params.MODE == "LIN":
            return 5.0
        if params.MODE == "CNN" and params.ACTF == "gelu":
            raise ValueError("the training diverged")
        return curve_of(params, watch) + params.LAY

    about = config(modes, trials=24, seed=5)
    whole, _ = searched(about, evaluate)
    assert {each.state for each in whole.attempts} == {"complete", "pruned", "failed"}
    first = Study(about, evaluate)
    go_on(first, about, until=stop)
    second = restored(about, evaluate, first)
    failed = [each.number for each in second.attempts if each.state == "failed"]
    for number in range(stop + 1, 25):
        with suppress(ValueError):
            second.attempt(number)
    assert told(second) == told(whole)
    assert len(second.attempts) == 24
    assert second.importance() == whole.importance()
    assert failed == [each.number for each in whole.attempts[:stop] if each.state == "failed"]


def test_a_failed_trial_is_tried_again_with_the_same_parameters_and_takes_its_place() -> None:
    broken = {"are": True}

    def evaluate(params: ModelParams, watch: Watch) -> float:
        if watch.number in (2, 5) and broken["are"]:
            raise ValueError("the disk is gone")
        return far_from_a_hundredth(params, watch)

    about = config(dense("LEARNING_RATE"), trials=7)
    study, _ = searched(about, evaluate)
    assert [each.state for each in study.attempts if each.number in (2, 5)] == ["failed", "failed"]
    broken["are"] = False
    whole, _ = searched(about, evaluate)
    again = restored(about, evaluate, study)
    go_on(again, about)
    assert told(again) == told(whole), "the first eight are proposed at random, whatever came of the others"


def test_the_minutes_of_a_search_that_stopped_count_on() -> None:
    now = [0.0]

    def evaluate(params: ModelParams, watch: Watch) -> float:
        now[0] += 60
        return float(params.N)

    about = config(dense("N"), trials=100, minutes=5)
    first = Study(about, evaluate, clock=lambda: now[0])
    go_on(first, about, until=2)
    now[0] += 3600  # the job rests
    second = restored(about, evaluate, first, clock=lambda: now[0])
    assert second.remaining_share() == pytest.approx(0.6)
    go_on(second, about)
    assert (len(second.attempts), second.why_over()) == (5, "minutes")


class _Nobody:
    number = 0

    def point(self, step: int, of: int, value: float) -> None: ...

    def refuse_overtime(self) -> None: ...


_NOBODY = _Nobody()


def _params(attempt: Attempt) -> ModelParams:
    return ModelParams(**attempt.params)  # type: ignore[arg-type]


def test_what_is_fixed_is_given_to_the_modes_where_it_acts() -> None:
    about = config({"LGBMR": SPACES["LGBMR"], "LIN": {}}, fixed={"PATIENCE": 3, "SEED": 9}, trials=2)
    seen: list[ModelParams] = []

    def evaluate(params: ModelParams, _watch: Watch) -> float:
        seen.append(params)
        return 1.0

    searched(about, evaluate)
    assert [(each.MODE, each.PATIENCE, each.SEED) for each in seen] == [("LGBMR", 3, 9), ("LIN", None, 9)]


def test_what_is_proposed_does_not_depend_on_the_order_in_which_a_database_keeps_the_space() -> None:
    """PostgreSQL puts the keys of an object into an order of its own."""
    space = {**dense("N", "LAY", "LEARNING_RATE"), "LIN": {}, "RIDGE": {}}
    about = config(space, trials=12)
    kept = about.model_dump(mode="json")
    kept["space"]["modes"] = {
        mode: dict(reversed(kept["space"]["modes"][mode].items())) for mode in ("RIDGE", "LIN", "Dense")
    }
    again = SearchConfig.model_validate(kept)
    one, other = (searched(each, far_from_a_hundredth)[0] for each in (about, again))
    assert [each.params for each in one.attempts] == [each.params for each in other.attempts]
    assert one.attempts[0].params["MODE"] == "Dense", "the first of the request"
