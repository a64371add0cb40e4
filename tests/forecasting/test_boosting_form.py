"""Trees are told levels or changes, whichever forecasts better; older saved models mean what they meant."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

from services.forecasting import predict_scripts
from services.forecasting.models import load
from services.forecasting.models.boosting import Boosting
from services.forecasting.models.boosting_table import Form, table
from services.forecasting.models.parameters import ModelParams

Array = NDArray[np.float64]
STEPS = 4
SCRIPT = Path(predict_scripts.__path__[0]) / "apply_boosting.txt"
PARAMS = ModelParams(MODE="LGBMR", N_ESTIMATORS=60, LEARNING_RATE=0.1)


class Windows:
    """Samples over two series: a past of the first, the coming values of the second."""

    def __init__(self, series: Array, known: Array, rows: range) -> None:
        self._series, self._known, self._rows = series, known, np.array(rows)
        self.input_steps = self.output_steps = STEPS
        self.n_inputs, self.n_outputs = 2, 1

    def __len__(self) -> int:
        return len(self._rows)

    def _at(self, values: Array, rows: slice, first: int) -> Array:
        return values[self._rows[rows][:, None] + first + np.arange(STEPS)]

    def x(self, rows: slice) -> Array:
        past, ahead = self._at(self._series, rows, 0), self._at(self._known, rows, STEPS)
        return np.stack([past, ahead], axis=2)

    def y(self, rows: slice) -> Array:
        return self._at(self._series, rows, STEPS)[:, :, None]


def parts(series: Array, known: Array) -> tuple[Windows, Windows, Windows]:
    return (
        Windows(series, known, range(1_000)),
        Windows(series, known, range(1_010, 1_200)),
        Windows(series, known, range(1_210, 1_390)),
    )


def fitted(train: Windows, validation: Windows) -> Boosting:
    model = Boosting(PARAMS, anchors=[0])
    model.mode = "LGBMR"
    model.fit(train, validation, lambda *_given, **_named: None)
    return model


def weather_driven() -> tuple[Windows, Windows, Windows]:
    rng = np.random.default_rng(0)
    known = rng.normal(size=1_400)
    return parts(np.abs(known) * 10 + rng.normal(0, 0.1, 1_400), known)


def wandering() -> tuple[Windows, Windows, Windows]:
    rng = np.random.default_rng(0)
    return parts(np.cumsum(0.5 + rng.normal(size=1_400)), rng.normal(size=1_400))


def error(model: Boosting, samples: Windows) -> float:
    rows = slice(0, len(samples))
    return float(np.abs(model.predict(samples.x(rows)) - samples.y(rows)).mean())


def test_a_series_that_follows_its_inputs_is_told_by_levels() -> None:
    train, validation, test = weather_driven()
    model = fitted(train, validation)
    assert model.form == Form((None,), ())
    assert error(model, test) < 1.0  # the series spreads over 6


def test_a_series_that_wanders_is_told_by_changes_and_followed_beyond_what_was_seen() -> None:
    train, validation, test = wandering()
    model = fitted(train, validation)
    assert model.form == Form((0,), (0,))
    assert error(model, test) < 4.0
    assert test.y(slice(0, 1)).min() > train.y(slice(0, len(train))).max() + 50


def test_without_validation_changes_are_told() -> None:
    train, validation, _ = weather_driven()
    nothing = Windows(validation._series, validation._known, range(0))
    assert fitted(train, nothing).form == Form((0,), (0,))


@pytest.mark.parametrize("data", [weather_driven, wandering])
def test_the_form_is_saved_with_the_model(data, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    train, validation, test = data()
    model = fitted(train, validation)
    model.save(tmp_path)
    again = load(tmp_path)
    assert isinstance(again, Boosting) and again.form == model.form
    x = test.x(slice(0, 5))
    np.testing.assert_allclose(again.predict(x), model.predict(x))
    script: dict[str, Any] = {}
    exec(SCRIPT.read_text(encoding="utf-8"), script)
    np.testing.assert_allclose(script["apply"](tmp_path, x), model.predict(x))


def test_a_model_saved_before_forms_tells_every_input_by_changes(tmp_path: Path) -> None:
    train, validation, _ = weather_driven()
    model = fitted(train, validation)
    model.save(tmp_path)
    about = json.loads((tmp_path / "shape.json").read_text())
    del about["relative"]
    (tmp_path / "shape.json").write_text(json.dumps(about))
    old = load(tmp_path)
    assert isinstance(old, Boosting) and old.form.relative == (0, 1)


def test_only_relative_inputs_are_told_from_their_newest_value() -> None:
    x = np.arange(16.0).reshape(2, 4, 2)
    sample, step = np.array([1]), np.array([2])
    levels = table(x, Form.levels(1), sample, step, STEPS)[0]
    changes = table(x, Form((0,), (0,)), sample, step, STEPS)[0]
    assert list(levels) == [8, 9, 10, 11, 12, 13, 14, 15, 14, 15, 11, 12, 12, 13, 2]
    assert list(changes) == [-6, 9, -4, 11, -2, 13, 0, 15, 14, 15, -3, 12, -2, 13, 2]
