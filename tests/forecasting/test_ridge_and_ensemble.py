"""RIDGE against scikit-learn and a plain search; ENSEMBLE against a grid over all weights."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest
from sklearn.linear_model import Ridge

from services.forecasting.errors import DataError
from services.forecasting.models import create, load
from services.forecasting.models.ensemble import Ensemble, best_weights
from services.forecasting.models.linear import PENALTIES
from services.forecasting.models.moments import moments
from services.forecasting.models.parameters import ModelParams
from tests.forecasting.learning import Reports, everything, fitted, usual, usual_task


def flat_data() -> tuple[np.ndarray, ...]:
    about = usual_task()
    return tuple(
        part.reshape(len(part), -1) for part in (*everything(about.train), *everything(about.validation))
    )


def test_ridge_with_a_given_penalty_is_that_of_scikit_learn() -> None:
    x, y, held, _ = flat_data()
    model, info, _ = fitted(usual_task(), "RIDGE", ALPHA=0.7)
    expected = Ridge(alpha=0.7).fit(x, y).predict(held)
    found = model.predict(everything(usual_task().validation)[0])
    np.testing.assert_allclose(found.reshape(expected.shape), expected, atol=1e-8)
    assert info.notes == ["ALPHA = 0.7, as given"]


def test_ridge_takes_the_penalty_that_is_best_on_the_validation_samples() -> None:
    x, y, held, truth = flat_data()
    alphas = PENALTIES * np.square(x - x.mean(axis=0)).sum(axis=0).mean()
    errors = [np.square(Ridge(alpha=a).fit(x, y).predict(held) - truth).sum() for a in alphas]
    model, info, _ = usual("RIDGE")
    assert model.alpha == pytest.approx(alphas[int(np.argmin(errors))])  # type: ignore[attr-defined]
    assert "chosen on" in info.notes[0]


def test_errors_from_sums_are_those_of_the_forecasts() -> None:
    about = usual_task()
    sums, held = (moments(each, lambda *_: None) for each in (about.train, about.validation))
    coefficients, intercept = sums.solve(0.5)
    x, y, held_x, held_y = flat_data()
    for data, rows, truth in ((sums, x, y), (held, held_x, held_y)):
        expected = np.square(rows @ coefficients + intercept - truth).sum(axis=0)
        np.testing.assert_allclose(data.squared_error(coefficients, intercept), expected, rtol=1e-9)


def test_weights_are_the_best_of_all_that_sum_to_one() -> None:
    random = np.random.default_rng(0)
    shares = [
        each for each in itertools.product(np.linspace(0, 1, 51), repeat=3) if abs(sum(each) - 1) < 1e-9
    ]
    for _ in range(5):
        errors = random.normal(size=(40, 3)) @ random.normal(size=(3, 3)) + random.normal(size=3)
        products = errors.T @ errors
        best = min(float(w @ products @ w) for w in np.array(shares))
        found = best_weights(products)
        assert (found >= 0).all()
        assert found.sum() == pytest.approx(1.0)
        assert float(found @ products @ found) <= best + 1e-9 * best


@pytest.mark.parametrize(
    ("products", "expected"),
    [(np.diag([1.0, 3.0]), [0.75, 0.25]), (np.zeros((2, 2)), None), (np.diag([0.0, 1.0]), [1.0, 0.0])],
)
def test_weights_of_simple_cases(products: np.ndarray, expected: list[float] | None) -> None:
    found = best_weights(products)
    assert found.sum() == pytest.approx(1.0)
    if expected is not None:
        np.testing.assert_allclose(found, expected, atol=1e-9)


def test_an_ensemble_is_the_weighted_mean_of_its_members(tmp_path: Path) -> None:
    model, info, reports = usual("ENSEMBLE")
    assert isinstance(model, Ensemble)
    assert [member.mode for member in model.members] == ["RIDGE", "Dense", "LGBMR"]
    np.testing.assert_allclose(model.weights.sum(axis=1), 1.0)
    x, _ = everything(usual_task().test)
    parts = [member.predict(x) for member in model.members]
    for output in range(2):
        mean = sum(w * part[:, :, output] for w, part in zip(model.weights[output], parts, strict=True))
        np.testing.assert_allclose(model.predict(x)[:, :, output], mean)
    assert [note for note in info.notes if note.startswith("Weights of output")]
    assert {"Dense/val_loss", "LGBMR/val_loss"} <= {
        name for told in reports.told for name in told.get("metrics") or {}
    }
    model.save(tmp_path)
    np.testing.assert_allclose(load(tmp_path).predict(x), model.predict(x), atol=1e-6)


def test_members_are_stopped_and_weighed_on_different_samples() -> None:
    about = usual_task()
    seen: dict[str, set[int]] = {"stopping": set(), "weighing": set()}
    model = create(ModelParams(MODE="ENSEMBLE", MEMBERS=["LIN", "RIDGE"]), "honest", anchors=[0, None])
    assert isinstance(model, Ensemble)
    starts = {row.tobytes(): i for i, row in enumerate(about.validation.x(slice(0, len(about.validation))))}
    ridge = model.members[1]
    fit, predict = ridge.fit, ridge.predict

    def watch_fit(train, stopping, report):  # type: ignore[no-untyped-def]
        seen["stopping"] = {starts[row.tobytes()] for row in stopping.x(slice(0, len(stopping)))}
        return fit(train, stopping, report)

    def watch_predict(x: np.ndarray) -> np.ndarray:
        seen["weighing"] |= {starts[row.tobytes()] for row in x}
        return predict(x)

    ridge.fit, ridge.predict = watch_fit, watch_predict  # type: ignore[method-assign]
    model.fit(about.train, about.validation, Reports())
    assert seen["stopping"]
    assert min(seen["weighing"]) - max(seen["stopping"]) > about.validation.output_steps


def test_an_ensemble_without_enough_validation_samples_says_so() -> None:
    about = usual_task()
    few = about.dataset.samples(np.arange(7), about.scalers)
    model = create(ModelParams(MODE="ENSEMBLE", MEMBERS=["LIN", "RIDGE"]), "honest", anchors=[0, None])
    with pytest.raises(DataError) as caught:
        model.fit(about.train, few, Reports())
    assert caught.value.code == "TOO_FEW_SAMPLES"
