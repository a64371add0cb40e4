"""A fit that was stopped after an epoch goes on in another process to the very bits of one that was not."""

from __future__ import annotations

import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.forecasting.errors import DataError
from services.forecasting.models.base import Shape
from services.forecasting.models.checkpoints import ARRAYS, PLAIN, read_state
from tests.forecasting.continuing import SLOW, USUAL, Folders, Stopped, model_of, outcome, small_task
from tests.forecasting.learning import Reports, Task

keras = pytest.importorskip("keras")

from services.forecasting.models import keras_loop  # noqa: E402
from services.forecasting.models.keras_loop import Loop, Plan  # noqa: E402

ROOT = Path(__file__).resolve().parents[2]


@pytest.fixture(scope="module")
def about() -> Task:
    return small_task()


@cache
def never_stopped(name: str) -> dict[str, Any]:
    return outcome(model_of(name))


def stopped(name: str, place: Path, after: int, **more: Any) -> Reports:
    model, reports = model_of(name, **more), Reports()
    model.checkpoints = Folders(place, after)
    with pytest.raises(Stopped):
        outcome(model, reports)
    return reports


def points(reports: Reports) -> list[tuple[int, float]]:
    """Epoch and loss of everything that was told of whole epochs."""
    found = []
    for told in reports.told:
        found += [(point.epoch, point.metrics["loss"]) for point in told.get("earlier", ())]
        if told.get("metrics"):
            found.append((told["epoch"], told["metrics"]["loss"]))
    return found


@pytest.mark.slow
@pytest.mark.parametrize("names", [USUAL, SLOW], ids=["usual", "slow"])
def test_every_network_goes_on_in_another_process_as_if_never_stopped(
    names: tuple[str, ...], tmp_path: Path
) -> None:
    for name in names:
        stopped(name, tmp_path / name, 3)
    code = [sys.executable, "-m", "tests.forecasting.continuing", str(tmp_path), *names]
    other = subprocess.run(code, cwd=ROOT, capture_output=True, text=True, check=True)
    continued = json.loads(other.stdout.splitlines()[-1])
    assert continued == json.loads(json.dumps({name: never_stopped(name) for name in names}))


@pytest.mark.slow
def test_the_counter_of_the_patience_goes_on_too() -> None:
    """It ends the training of the network that the test above stops and continues."""
    assert never_stopped("Dense by XLA")["stopped_early"]


@pytest.mark.parametrize("after", [2, *(pytest.param(each, marks=pytest.mark.slow) for each in (1, 6))])
def test_after_whichever_epoch_it_stops_the_end_is_the_same(
    after: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_loop, "CALL_SECONDS", 0.0)  # other pieces of work than the uninterrupted one's
    stopped("Dense", tmp_path, after)
    monkeypatch.undo()
    model = model_of("Dense")
    model.checkpoints = Folders(tmp_path)
    assert outcome(model) == never_stopped("Dense")


def test_the_curve_of_two_attempts_is_one_curve_without_gap_or_double(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keras_loop, "REPORT_SECONDS", 1e9)  # nothing is told by itself
    monkeypatch.setattr(keras_loop, "LONGEST_SILENCE", 1e9)
    before = points(stopped("Dense", tmp_path, 4))
    model, after = model_of("Dense"), Reports()
    model.checkpoints = Folders(tmp_path)
    history = outcome(model, after)["history"]
    assert [*before, *points(after)] == list(enumerate(history["loss"], start=1))
    assert [epoch for epoch, _ in before] == [1, 2, 3, 4]
    first = after.told[0]
    assert first["epoch"] == 5
    assert 4 < first["current"] <= 5 < first["total"]


def test_the_best_weights_are_kept_apart_from_the_last(tmp_path: Path) -> None:
    stopped("Dense", tmp_path, 6, LEARNING_RATE=0.9, PATIENCE=20)  # so fast that validation rises again
    last, plain = read_state(tmp_path / "last")
    best, about_best = read_state(tmp_path / "best")
    losses = last["history_val_loss"]
    assert about_best["epoch"] == plain["best_epoch"] == np.argmin(losses) + 1 < 6
    assert best["best_loss"] == losses.min()
    assert plain["waited"] == 6 - about_best["epoch"]
    weights = [name for name in last if name.startswith("best_0")]
    assert weights
    assert all(np.array_equal(best[name], last[name]) for name in weights)
    assert not all(np.array_equal(best[name], last[name.replace("best", "variable")]) for name in weights)


def test_nothing_is_offered_after_the_last_epoch(tmp_path: Path) -> None:
    """Whoever asks for a pause then gets a fitted model."""
    model, folders = model_of("NLinear"), Folders(tmp_path, stop_after=99)
    model.checkpoints = folders
    assert outcome(model)["epochs"] == 5
    assert [epoch for _, epoch in folders.offered] == [1, 2, 3, 4]


def test_layers_that_draw_at_random_go_on_with_their_draws(about: Task) -> None:
    plan = Plan(epochs=4, batch_size=32, patience=9, rate=0.01, clip_norm=1.0, seed=3, products=False)

    def loop(**more: Any) -> Loop:
        keras.utils.set_random_seed(more.get("seed", 0))
        shape = Shape.of(about.train)
        x = keras.Input((shape.input_steps, shape.n_inputs))
        hidden = keras.layers.Dropout(0.5)(keras.layers.Flatten()(x))
        flat = keras.layers.Dense(shape.output_steps * shape.n_outputs)(hidden)
        net = keras.Model(x, keras.layers.Reshape((shape.output_steps, shape.n_outputs))(flat))
        return Loop(net, plan, about.train, about.validation, Reports())

    states = []

    class Watched(Folders):
        def offer(self, *_: Any, **__: Any) -> None:
            states.append(whole.state())

    whole, other = loop(), loop(seed=1)
    history = whole.run(Watched(Path(), stop_after=99))
    other.restore(*states[1])
    assert other.run() == history


def test_a_state_of_another_network_or_half_a_file_is_refused(tmp_path: Path) -> None:
    stopped("NLinear", tmp_path, 2)
    other = model_of("Dense")
    other.checkpoints = Folders(tmp_path)
    with pytest.raises(DataError) as refused:
        outcome(other)
    assert refused.value.code == "BROKEN_CHECKPOINT"
    for name in (ARRAYS, PLAIN):
        whole = (tmp_path / "last" / name).read_bytes()
        (tmp_path / "last" / name).write_bytes(whole[: len(whole) // 2])
        with pytest.raises(DataError) as refused:
            read_state(tmp_path / "last")
        assert refused.value.code == "BROKEN_CHECKPOINT"
        (tmp_path / "last" / name).write_bytes(whole)


ENSEMBLE: dict[str, Any] = {
    "MEMBERS": ["Dense", "LGBMR", "NLinear"],
    "N": 8,
    "EP": 3,
    "N_ESTIMATORS": 10,
    "BATCH_SIZE": 16,
}


@pytest.fixture(scope="module")
def whole_ensemble() -> tuple[dict[str, Any], list[tuple[int, int | None]]]:
    """What comes of it, and what it offered."""
    whole = model_of("ENSEMBLE", **ENSEMBLE)
    whole.checkpoints = everything = Folders(Path(), stop_after=99)
    return outcome(whole), everything.offered


# Dense offers two, one follows it, one LGBMR, two NLinear
@pytest.mark.parametrize("after", [3, *(pytest.param(each, marks=pytest.mark.slow) for each in (2, 5))])
def test_an_ensemble_goes_on_inside_and_between_its_members(
    after: int, tmp_path: Path, whole_ensemble: tuple[dict[str, Any], list[tuple[int, int | None]]]
) -> None:
    stopped("ENSEMBLE", tmp_path, after, **ENSEMBLE)
    model, (whole, everything) = model_of("ENSEMBLE", **ENSEMBLE), whole_ensemble
    model.checkpoints = folders = Folders(tmp_path)
    assert outcome(model) == whole
    assert len(everything) == 6
    assert folders.offered == everything[after:], "what was done before is not done again"
    assert everything == sorted(everything, key=lambda offered: offered[0])


def test_a_state_holds_no_pickle(tmp_path: Path) -> None:
    stopped("NLinear", tmp_path, 1)
    assert sorted(path.name for path in (tmp_path / "last").iterdir()) == [ARRAYS, PLAIN]
    with np.load(tmp_path / "last" / ARRAYS, allow_pickle=False) as stored:
        assert all(stored[name].dtype.kind in "fiu" for name in stored.files)
    assert json.loads((tmp_path / "last" / PLAIN).read_text())["random"]["bit_generator"] == "PCG64"


@pytest.mark.parametrize("after", [1, *(pytest.param(each, marks=pytest.mark.slow) for each in (0, 3))])
def test_a_fit_that_is_ended_early_keeps_the_best_weights_so_far(after: int, tmp_path: Path) -> None:
    """In the middle of an epoch, which then counts for nothing; never before the first is complete."""
    model, folders = model_of("Dense", LEARNING_RATE=0.9, PATIENCE=20), Folders(tmp_path, stop_after=99)
    model.checkpoints, folders.finish_after = folders, after
    about = small_task()
    fit = model.fit(about.train, about.validation, Reports())
    assert (fit.epochs_completed, fit.finished_early, fit.stopped_early) == (max(1, after), True, False)
    assert len(fit.history["val_loss"]) == max(1, after)
    rows = slice(0, len(about.validation))
    errors = model.predict(about.validation.x(rows)) - about.validation.y(rows)
    assert np.mean(errors**2) == pytest.approx(min(fit.history["val_loss"]), rel=1e-4)


def test_an_ensemble_that_is_ended_early_weighs_the_members_it_has(tmp_path: Path) -> None:
    model, folders = model_of("ENSEMBLE", **ENSEMBLE), Folders(tmp_path, stop_after=99)
    model.checkpoints, folders.finish_after = folders, 1  # in the second epoch of the first member
    about = small_task()
    fit = model.fit(about.train, about.validation, Reports())
    assert (fit.finished_early, model.modes) == (True, ["ENSEMBLE", "Dense"])
    assert "Left out, because the training was ended before: LGBMR, NLinear" in fit.notes
    assert np.isfinite(model.predict(about.test.x(slice(0, 5)))).all()
