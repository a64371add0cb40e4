"""Importance finds what a forecast rests on: planted inputs, whole windows, steps, exact linear shares."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from services.forecasting.importance import (
    SIZES,
    Group,
    Windows,
    affordable,
    linear_shares,
    permutation_importance,
    spaced,
)
from services.forecasting.importance_plots import importance_plot
from tests.forecasting.learning import everything, fitted, task
from tests.forecasting.test_plots import checked

GROUPS = [Group("a", (0,)), Group("b", (1,)), Group("nothing", (2,)), Group("day", (3, 4))]


def linear_windows(n: int = 400) -> tuple[Windows, np.ndarray]:
    """Inputs a, b, one that is not used, and a pair; two steps of two outputs by known coefficients."""
    random = np.random.default_rng(2)
    x = random.normal(size=(n, 3, 5))
    coefficients = np.zeros((3, 5, 2, 2))
    coefficients[2, 0, 0, 0] = 5.0  # step 1 of output 1 from a
    coefficients[1, 1, 1, 0] = 2.0  # step 2 of output 1 from b
    coefficients[0, 3, :, 1] = 1.0  # output 2 from the pair
    coefficients[0, 4, :, 1] = -1.0

    def predict(values: np.ndarray) -> np.ndarray:
        return np.einsum("nif,ifsj->nsj", values, coefficients) + 7

    return Windows(x, predict(x) + random.normal(0, 0.1, (n, 2, 2)), predict), coefficients


def test_what_is_used_counts_in_its_step_and_what_is_not_used_is_nought() -> None:
    windows, _ = linear_windows()
    found = permutation_importance(windows, GROUPS, ["one", "two"], repeats=3, seed=0)
    one, two = found["one"]["per_step"], found["two"]["per_step"]
    # |5 (a - a')| of independent normal values has the mean 5 · 2 / sqrt(pi)
    assert one["a"][0] == pytest.approx(5 * 2 / np.sqrt(np.pi), rel=0.1)
    assert one["b"][1] == pytest.approx(2 * 2 / np.sqrt(np.pi), rel=0.1)
    assert one["a"][1] == one["b"][0] == 0
    assert one["nothing"] == two["nothing"] == [0, 0]
    assert min(two["day"]) > 1 and two["a"] == [0, 0]
    assert found["one"]["MAE"] == pytest.approx(0.1 * np.sqrt(2 / np.pi), rel=0.1)
    assert found["one"]["increase"]["a"] == pytest.approx(np.mean(one["a"]))


def test_it_equals_a_loop_that_exchanges_windows_one_by_one() -> None:
    windows, _ = linear_windows(50)
    found = permutation_importance(windows, GROUPS, ["one", "two"], repeats=2, seed=4)
    for group in GROUPS:
        random, errors = np.random.default_rng(4), []
        for _ in range(2):
            order = random.permutation(50)
            for i in range(50):
                x = windows.x[i].copy()
                for column in group.columns:
                    x[:, column] = windows.x[order[i]][:, column]
                errors.append(np.abs(windows.predict(x[None])[0] - windows.truth[i]))
        base = np.abs(windows.predict(windows.x) - windows.truth).mean(axis=0)
        expected = np.mean(errors, axis=0) - base
        for j, output in enumerate(("one", "two")):
            assert found[output]["per_step"][group.name] == pytest.approx(expected[:, j].tolist())


def test_columns_of_a_group_move_together() -> None:
    """The forecast knows only whether both columns are equal; together they always are."""
    random = np.random.default_rng(1)
    column = random.normal(size=(200, 4, 1))
    x = np.concatenate([column, column], axis=2)

    def predict(values: np.ndarray) -> np.ndarray:
        return np.abs(values[:, :1, :1] - values[:, :1, 1:])

    windows = Windows(x, np.zeros((200, 1, 1)), predict)
    together = permutation_importance(windows, [Group("both", (0, 1))], ["y"], repeats=1, seed=0)
    apart = permutation_importance(windows, [Group("first", (0,))], ["y"], repeats=1, seed=0)
    assert together["y"]["increase"]["both"] == 0
    assert apart["y"]["increase"]["first"] > 0.5


def test_a_seed_repeats_it_and_a_cancelled_one_stops() -> None:
    windows, _ = linear_windows(60)

    def once(seed: int, **more: Any) -> Any:
        return permutation_importance(windows, GROUPS, ["one", "two"], repeats=1, seed=seed, **more)

    assert once(1) == once(1) != once(2)

    def cancel() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        once(1, tick=cancel)


def test_linear_shares_are_those_of_the_coefficients_and_add_up_to_one() -> None:
    windows, coefficients = linear_windows()
    found = linear_shares(windows, GROUPS, ["one", "two"])
    assert found is not None
    forecast = windows.predict(windows.x)
    for j, output in enumerate(("one", "two")):
        for s in range(2):
            shares = {}
            for group in GROUPS:
                columns = list(group.columns)
                part = np.einsum("nif,if->n", windows.x[:, :, columns], coefficients[:, columns, s, j])
                shares[group.name] = np.cov(part, forecast[:, s, j], ddof=0)[0, 1] / forecast[:, s, j].var()
            told = {name: each[s] for name, each in found[output]["per_step"].items()}
            assert told == pytest.approx(shares, abs=1e-12)
            assert sum(told.values()) == pytest.approx(1)
        assert sum(found[output]["share"].values()) == pytest.approx(1)


def test_a_model_that_is_not_linear_has_no_linear_shares_and_a_constant_one_says_why() -> None:
    windows, _ = linear_windows(80)
    curved = Windows(windows.x, windows.truth, lambda x: windows.predict(x) * windows.predict(x)[:, :, ::-1])
    assert linear_shares(curved, GROUPS, ["one", "two"]) is None
    still = Windows(windows.x, windows.truth, lambda x: np.full((len(x), 2, 2), 3.0))
    found = linear_shares(still, GROUPS, ["one", "two"])
    assert found is not None and found["one"]["undefined"]
    assert found["one"]["per_step"]["a"] == [None, None] and found["one"]["share"]["a"] is None


def test_a_fitted_model_rests_on_what_its_output_follows_from() -> None:
    about = task()
    model, _, _ = fitted(about, "LIN")
    x, truth = everything(about.validation)
    windows = Windows(x, truth, model.predict)
    groups = [Group("load", (0,)), Group("temperature", (1,))]
    found = permutation_importance(windows, groups, ["load", "heat"], repeats=3, seed=0)
    assert found["load"]["increase"]["load"] > 0.1
    assert linear_shares(windows, groups, ["load", "heat"]) is not None


def test_few_windows_are_taken_where_a_prediction_is_dear(monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [0.0]
    monkeypatch.setattr("services.forecasting.importance.time.process_time", lambda: clock[0])

    def costing(seconds: float) -> tuple[int, int]:
        def predict(x: np.ndarray) -> np.ndarray:
            clock[0] += seconds * len(x)
            return x

        return affordable(predict, np.zeros((32, 1, 1)), 9)

    assert costing(1e-6) == SIZES[0]
    assert costing(2e-4) == SIZES[1]
    assert costing(1.0) == SIZES[-1]


def test_windows_are_taken_evenly() -> None:
    assert spaced(10, 4).tolist() == [0, 3, 6, 9]
    assert spaced(3, 500).tolist() == [0, 1, 2]


def test_the_picture_shows_the_most_important_first_for_every_output() -> None:
    windows, _ = linear_windows(60)
    found = permutation_importance(windows, GROUPS, ["$x$", "two"], repeats=1, seed=0)
    numbers = checked(importance_plot(found))
    assert numbers["outputs"]["$x$"][:2] == ["a", "b"]
    assert numbers["outputs"]["two"][0] == "day"
