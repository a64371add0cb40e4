"""The exact linear models against windows that are really cut, and against scikit-learn."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import Ridge

from services.forecasting.exact.choice import Candidate, Setup, choose, fold_ranges, judge
from services.forecasting.exact.fit import fit
from services.forecasting.exact.moments import moments
from services.forecasting.exact.parts import Part, runs
from services.forecasting.exact.problem import Problem, standardise
from services.forecasting.exact.solve import IllConditioned, Ladder, Offset, deviations, squared_errors

STEPS, HORIZON, DAY = 48, 12, 24


def series(n: int, seed: int) -> np.ndarray:
    random = np.random.default_rng(seed)
    daily = np.sin(np.arange(n) * 2 * np.pi / DAY)
    return daily + 0.1 * random.normal(size=n).cumsum() + random.normal(size=n) * 0.3


def problem(n: int = 900) -> Problem:
    """Two features of the past, one with a gap; a value per sample; what is known of the day ahead."""
    first, second, ahead = series(n, 1), series(n, 2), series(n, 3)
    second[400:403] = np.nan
    return Problem(
        history=(Part(first, 1, 1, STEPS), Part(second, 1, 1, STEPS)),
        shared=(Part(ahead, 1, 1, 3, first=STEPS), Part(np.sin(np.arange(n)), 1, 0, 1)),
        targets=(Part(first, 1, 1, HORIZON, STEPS), Part(second, 1, 1, HORIZON, STEPS)),
        anchors=(0, 1),
    )


def complete(of: Problem, n: int = 900) -> np.ndarray:
    index = np.arange(n - STEPS - HORIZON)
    parts = (*of.history, *of.targets)
    return index[np.all([np.isfinite(part.at(index)).all(axis=1) for part in parts], axis=0)]


def close(found: np.ndarray, wanted: np.ndarray, to: float = 1e-10) -> bool:
    return bool(np.abs(found - wanted).max() <= to * max(1.0, np.abs(wanted).max()))


class TestMoments:
    @pytest.mark.parametrize("per_sample, per_step", [(1, 1), (1, 4), (2, 2), (4, 1)])
    def test_they_are_the_sums_over_the_cut_windows(self, per_sample: int, per_step: int) -> None:
        values, other = series(9000, 1), series(9000, 2)
        parts = [
            Part(values, per_sample, per_step, 40),
            Part(other, per_sample, per_step, 30, first=5),
            Part(other, 1, 0, 1),
        ]
        index = np.concatenate([np.arange(3, 700), np.arange(900, 2000)])
        found = moments(parts, index)
        cut = np.concatenate([part.at(index) for part in parts], axis=1)
        assert close(found.products, cut.T @ cut)
        assert close(found.sums, cut.sum(axis=0))

    @settings(max_examples=40, deadline=None)
    @given(kept=st.sets(st.integers(0, 180), min_size=1), seed=st.integers(0, 99))
    def test_samples_that_are_left_out_leave_the_sums(self, kept: set[int], seed: int) -> None:
        values = series(200, seed)
        index = np.array(sorted(kept))
        part = Part(values, 1, 1, 20)
        assert close(moments([part], index).products, part.at(index).T @ part.at(index))

    def test_weights_count_samples_more_than_once(self) -> None:
        part, index = Part(series(300, 1), 1, 1, 10), np.arange(280)
        weights = 1.0 + np.arange(280) % 3
        twice = np.repeat(part.at(index), weights.astype(int), axis=0)
        found = moments([part], index, weights)
        assert found.weight == len(twice)
        assert close(found.products, twice.T @ twice)

    def test_holes_end_a_run(self) -> None:
        assert runs(np.array([4, 5, 6, 9, 11, 12])) == [slice(4, 7), slice(9, 10), slice(11, 13)]


class TestSolutions:
    @pytest.mark.parametrize("penalty", [1e-5, 1e-2, 1.0])
    @pytest.mark.parametrize("length", [0, 1, DAY])
    @pytest.mark.parametrize("look_back", [DAY, STEPS])
    def test_they_are_those_of_scikit_learn_on_cut_windows(
        self, penalty: float, length: int, look_back: int
    ) -> None:
        """The offset: the mean of the newest values, taken from inputs and targets and put back."""
        index = np.arange(800)
        whole = Part(series(900, 4), 1, 1, STEPS + HORIZON).at(index)
        x, y = whole[:, :STEPS][:, ::-1], whole[:, STEPS:]
        columns = np.concatenate([np.arange(STEPS)[::-1], STEPS + np.arange(HORIZON)])
        found = moments([Part(series(900, 4), 1, 1, STEPS + HORIZON)], index).pick(columns)
        ladder = Ladder(found.centred(), STEPS, penalty)
        weights = np.zeros(STEPS + HORIZON)
        weights[:length] = 1 / max(1, length)
        offset = Offset(weights, np.ones(STEPS + HORIZON)) if length else None
        (solved,) = ladder.coefficients(look_back, np.arange(HORIZON), [offset])
        level = x[:, :length].mean(axis=1, keepdims=True) if length else 0.0
        alpha = penalty * np.mean(np.var(x, axis=0)) * len(x)
        peer = Ridge(alpha=alpha).fit(x[:, :look_back] - level, y - level)
        forecast = peer.predict(x[:, :look_back] - level) + level
        mean = found.sums / found.weight
        intercept = mean[STEPS:] - mean[:look_back] @ solved
        assert close(x[:, :look_back] @ solved + intercept, forecast, 1e-8)

    def test_errors_without_forecasts_are_those_of_the_forecasts(self) -> None:
        part = Part(series(900, 5), 1, 1, STEPS + HORIZON)
        known, judged = moments([part], np.arange(500)), moments([part], np.arange(600, 800))
        ladder = Ladder(known.centred(), STEPS, 1e-3)
        (solved,) = ladder.coefficients(STEPS, np.arange(HORIZON), [None])
        mean = known.sums / known.weight
        found = squared_errors(deviations(judged, mean), STEPS, np.arange(HORIZON), solved)
        windows = part.at(np.arange(600, 800))
        forecast = (windows[:, :STEPS] - mean[:STEPS]) @ solved + mean[STEPS:]
        assert close(found, ((windows[:, STEPS:] - forecast) ** 2).sum(axis=0))

    def test_equations_without_digits_are_refused(self) -> None:
        twice = np.repeat(series(600, 6), 2)
        found = moments([Part(twice, 2, 1, 20)], np.arange(500))
        with pytest.raises(IllConditioned, match="depend on each other"):
            Ladder(found.centred(), 18, 1e-16)
        with pytest.raises(IllConditioned, match="never change"):
            Ladder(np.zeros((4, 4)), 3, 1e-3)


class TestSearch:
    def test_the_average_is_that_of_ridge_models_on_cut_windows(self) -> None:
        """Every design with every kind of input, against scikit-learn on windows, in original units."""
        posed = problem()
        index = complete(posed)
        standard, units = standardise(posed, index)
        own = [Candidate("own", DAY, 1, 1e-3), Candidate("own", STEPS, DAY, 1e-2)]
        everything = [Candidate("all", DAY, 0, 1e-2)]
        found = fit(standard, units, index, [own, everything], DAY)
        shared = np.concatenate([part.at(index) for part in posed.shared], axis=1)
        pasts = [part.at(index) for part in posed.history]
        for j in range(2):
            forecast = sum(pasts[i] @ found.history[j][i] for i in range(2)) + shared @ found.shared[j]
            forecast = forecast + found.intercept[j]
            wanted = np.mean([slow(standard, units, index, each, j) for each in (own, everything)[j]], axis=0)
            assert close(forecast, wanted, 1e-8)

    def test_every_candidate_is_judged_by_what_comes_after_its_training(self) -> None:
        posed = problem()
        index = complete(posed)
        standard, _ = standardise(posed, index)
        setup = Setup(embargo=HORIZON, day=DAY)
        scores = judge(standard, index, setup, lambda *_: None)
        folds = fold_ranges(index, setup)
        assert scores.errors.shape == (len(scores.candidates), len(folds), 2)
        assert len(scores.candidates) > 100
        one = Candidate("own", STEPS, 1, 3e-3)
        training, judged = folds[-1]
        truth = standard.targets[0].at(judged)[:, ::1]
        forecast = slow(standard, None, training, one, 0, judged)
        found = scores.errors[scores.candidates.index(one), -1, 0]
        assert found == pytest.approx(((truth - forecast) ** 2).mean(), rel=1e-8)

    def test_training_targets_end_before_the_judged_time_begins(self) -> None:
        index = complete(problem())
        for training, judged in fold_ranges(index, Setup(embargo=HORIZON, day=DAY)):
            assert training[-1] + STEPS + HORIZON <= judged[0] + STEPS

    def test_the_choice_is_the_best_of_each_kind(self) -> None:
        posed = problem()
        standard, _ = standardise(posed, complete(posed))
        scores = judge(standard, complete(posed), Setup(HORIZON, DAY), lambda *_: None)
        chosen = choose(standard, scores, Setup(HORIZON, DAY))
        marks = np.log(scores.errors).mean(axis=1)
        for j, few in enumerate(chosen):
            assert few[0] == scores.candidates[int(marks[:, j].argmin())]
            assert len({(each.design, each.look_back, each.offset) for each in few}) == len(few)

    def test_too_few_samples_give_one_cautious_model(self) -> None:
        posed = problem()
        standard, _ = standardise(posed, np.arange(30))
        scores = judge(standard, np.arange(30), Setup(HORIZON, DAY), lambda *_: None)
        assert choose(standard, scores, Setup(HORIZON, DAY)) == [[Candidate("own", STEPS, 1, 1e-2)]] * 2


def slow(
    standard: Problem,
    units: object,
    index: np.ndarray,
    each: Candidate,
    target: int,
    at: np.ndarray | None = None,
) -> np.ndarray:
    """A candidate by scikit-learn on cut windows; in original units where units are given."""
    features = [target] if each.design == "own" else [0, 1]

    def cut(rows: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        shared = np.concatenate([part.at(rows) for part in standard.shared], axis=1)
        pasts = [standard.history[i].at(rows)[:, ::-1] for i in features]
        return shared, np.stack(pasts, axis=2)

    def level(past: np.ndarray) -> np.ndarray:
        return (
            past[:, : each.offset, features.index(target)].mean(axis=1)
            if each.offset
            else np.zeros(len(past))
        )

    shared, past = cut(index)
    widest = np.concatenate([shared, past.reshape(len(past), -1)], axis=1)
    alpha = each.penalty * np.mean(np.var(widest, axis=0)) * len(index)
    rows = index if at is None else at
    shared_at, past_at = cut(rows)
    taken, taken_at = past[:, : each.look_back].copy(), past_at[:, : each.look_back].copy()
    place = features.index(target)
    taken[:, :, place] -= level(past)[:, None]
    taken_at[:, :, place] -= level(past_at)[:, None]
    x = np.concatenate([shared, taken.reshape(len(taken), -1)], axis=1)
    x_at = np.concatenate([shared_at, taken_at.reshape(len(taken_at), -1)], axis=1)
    y = standard.targets[target].at(index) - level(past)[:, None]
    forecast = Ridge(alpha=alpha, solver="cholesky").fit(x, y).predict(x_at) + level(past_at)[:, None]
    if units is None:
        return np.asarray(forecast)
    middle, spread = units.targets[target]  # type: ignore[attr-defined]
    return np.asarray(forecast * spread + middle)
