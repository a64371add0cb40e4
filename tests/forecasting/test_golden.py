"""The historical arithmetic gives the numbers of the first system, case by case (GOLDEN_DIR)."""

from __future__ import annotations

import csv
import json
import os
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from services.forecasting.calendar import CalendarSpec, Component, component_values
from services.forecasting.dataset import Dataset, FeatureSpec, SplitSpec, WindowSpec, build
from services.forecasting.evaluation import Evaluation, evaluate
from services.forecasting.metrics import NAMES, measure
from services.forecasting.models import create
from services.forecasting.models.base import Model
from services.forecasting.models.parameters import ModelParams

REPOSITORY = Path(__file__).parents[2]
GOLDEN = (REPOSITORY / os.environ.get("GOLDEN_DIR", "../shared/golden")).resolve()
CASES = sorted(GOLDEN.glob("case_*.json"))
NONE = "there are no golden cases; set GOLDEN_DIR to their folder"
DIGITS = 1e-9  # relative: the files hold ten significant digits
EXACT = 1e-6


@dataclass(frozen=True)
class Case:
    """A golden case, and what the library makes of its configuration."""

    path: Path

    @cached_property
    def expected(self) -> dict[str, Any]:
        return json.loads(self.path.read_text(encoding="utf-8"))

    @cached_property
    def means(self) -> list[list[str]]:
        """Header and rows of the file of sample means."""
        path = self.path.with_name(f"{self.path.stem}_sample_means.csv")
        with path.open(encoding="utf-8", newline="") as file:
            return list(csv.reader(file))

    @cached_property
    def dataset(self) -> Dataset:
        config, info = self.expected["config"], self.expected["info"]
        steps = config["MTS"]
        return build(
            [feature(each, info["i"][each["name"]]) for each in config["inputs"]],
            [feature(each, info["o"][each["name"]]) for each in config["outputs"]],
            [component(name, each) for name, each in config["time"].items() if each.get("IMP")],
            WindowSpec(steps["I_N"], steps["O_N"], steps["DELT"], steps["OFST"], config["TZ"]),
            arithmetic="compat",
        )

    @cached_property
    def split(self) -> Any:
        return self.dataset.split(SplitSpec(), "compat")

    @cached_property
    def scalers(self) -> Any:
        return self.dataset.fit_scalers(np.arange(self.dataset.n))

    @cached_property
    def model(self) -> Model:
        model = create(ModelParams(**self.expected["config"]["MDL"]), "compat", anchors=[])
        train, validation = (
            self.dataset.samples(rows, self.scalers) for rows in (self.split.train, self.split.validation)
        )
        model.fit(train, validation, lambda _current, _total, **_more: None)
        return model

    @cached_property
    def forecast(self) -> np.ndarray:
        """Of all test samples, scaled."""
        return self.model.predict(self.dataset.samples(self.split.test, self.scalers).x(slice(None)))

    @cached_property
    def evaluation(self) -> Evaluation:
        dataset = self.dataset
        truth = dataset.raw_outputs(self.split.test)
        forecast = self.scalers.unscale_outputs(self.forecast)
        return evaluate(truth, forecast, dataset.output_names, dataset.step_minutes, arithmetic="compat")


def ns(text: str) -> int:
    return int(datetime.fromisoformat(text).replace(tzinfo=UTC).timestamp()) * 10**9


def feature(config: dict[str, Any], info: dict[str, Any]) -> FeatureSpec:
    time, value = series(GOLDEN / "inputs" / config["path"])
    start, end = config["th"]
    bounds = {"scale": info["scal"], "scale_min": info["scal_min"], "scale_max": info["scal_max"]}
    return FeatureSpec(config["name"], time, value, start, end, window_mean=info["avg"], **bounds)


def component(name: str, config: dict[str, Any]) -> CalendarSpec:
    return CalendarSpec(
        name,  # type: ignore[arg-type]
        local=config["LT"],
        per_step=config["SPEC"] == "Zeithorizont",
        start_hours=config["TH_STRT"],
        end_hours=config["TH_END"],
        scale=config["SCAL"],
        scale_min=config["SCAL_MIN"],
        scale_max=config["SCAL_MAX"],
        country=config.get("CNTRY", "AT"),
    )


@lru_cache(maxsize=16)
def series(path: Path) -> tuple[np.ndarray, np.ndarray]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.reader(file, delimiter=";"))[1:]
    time = np.array([ns(row[0]) for row in rows], dtype=np.int64)
    return time, np.array([float(row[1]) if row[1] else np.nan for row in rows])


def close(found: Any, expected: Any, tolerance: float, scale: float = 1.0) -> None:
    """Within the tolerance of the larger of the number itself and `scale`."""
    np.testing.assert_allclose(found, np.array(expected), rtol=tolerance, atol=tolerance * scale)


def table_tolerance(case: Case) -> float:
    """Where libsvm stops differs between processors for a polynomial kernel; the others are exact."""
    return 5e-3 if case.expected["config"]["MDL"].get("KERNEL") == "poly" else EXACT


def prediction_tolerance(case: Case) -> float:
    """Of the scaled range: support vectors are found by an iteration that ends somewhere near."""
    return 1e-3 if case.expected["config"]["MDL"]["MODE"].startswith("SVR") else EXACT


@pytest.fixture(scope="module", params=CASES, ids=[path.stem for path in CASES])
def case(request: pytest.FixtureRequest) -> Case:
    return loaded(request.param)


@lru_cache(maxsize=32)
def loaded(path: Path) -> Case:
    return Case(path)


def test_there_are_golden_cases() -> None:
    if not CASES:
        pytest.skip(NONE)


def test_as_many_samples_of_the_same_features_are_found(case: Case) -> None:
    expected, dataset = case.expected, case.dataset
    assert dataset.n == expected["n_dat"]
    assert dataset.input_names == expected["input_features"]
    assert dataset.output_names == expected["output_features"]
    assert list(dataset.raw_inputs(slice(None)).shape) == expected["i_shape"]
    assert list(dataset.raw_outputs(slice(None)).shape) == expected["o_shape"]


def test_reference_times_and_their_gaps_are_the_same(case: Case) -> None:
    expected, references = case.expected, case.dataset.references
    assert [references[0], references[-1]] == [ns(expected["utc_ref_first"]), ns(expected["utc_ref_last"])]
    stride = round(expected["config"]["MTS"]["DELT"] * 60) * 10**9
    wide = np.flatnonzero(np.diff(references) > stride)
    gaps = [[references[i], references[i + 1]] for i in wide]
    assert gaps == [[ns(before), ns(after)] for before, after in expected["utc_ref_gaps"]]


def test_the_recorded_samples_are_the_same_in_every_step(case: Case) -> None:
    for number, sample in case.expected["samples"].items():
        row = np.array([int(number)])
        assert case.dataset.references[int(number)] == ns(sample["utc_ref"])
        close(case.dataset.raw_inputs(row)[0], sample["x"], DIGITS)
        close(case.dataset.raw_outputs(row)[0], sample["y"], DIGITS)


def test_the_mean_of_every_sample_and_feature_is_the_same(case: Case) -> None:
    dataset, (header, *rows) = case.dataset, case.means
    names = [f"x:{name}" for name in dataset.input_names] + [f"y:{name}" for name in dataset.output_names]
    assert header == ["utc_ref", *names]
    assert dataset.references.tolist() == [ns(row[0]) for row in rows]
    means = [dataset.raw_inputs(slice(None)).mean(axis=1), dataset.raw_outputs(slice(None)).mean(axis=1)]
    close(
        np.concatenate(means, axis=1), [[float(text) for text in row[1:]] for row in rows], 6e-9
    )  # nine digits


def test_scalers_take_the_same_extremes_over_all_samples(case: Case) -> None:
    for side in ("input", "output"):
        for found, expected in zip(getattr(case.scalers, side), case.expected["scalers"][side], strict=True):
            assert (found.data_min is None) == (expected is None)
            if expected is not None:
                close([found.data_min, found.data_max], [expected["data_min"], expected["data_max"]], DIGITS)
                close([found.factor, found.shift], [expected["scale"], expected["min"]], DIGITS)
                assert [found.low, found.high] == expected["feature_range"]


def test_the_split_has_the_same_sizes(case: Case) -> None:
    sizes = [len(case.split.train), len(case.split.validation), len(case.split.test)]
    assert sizes == [case.expected["n_train"], case.expected["n_val"], case.expected["n_tst"]]


def test_linear_coefficients_are_the_same(case: Case) -> None:
    if "lin" not in case.expected:
        pytest.skip("this case has no linear model")
    model: Any = case.model
    close(model.coefficients, [each["coef"] for each in case.expected["lin"]], EXACT)
    close(model.intercept, [each["intercept"] for each in case.expected["lin"]], EXACT)


def test_the_first_and_last_forecast_of_the_test_samples_are_the_same(case: Case) -> None:
    tolerance = prediction_tolerance(case)
    original = case.scalers.unscale_outputs(case.forecast)
    units = 1 / np.array([scaler.factor for scaler in case.scalers.output])
    for number, expected in case.expected["test_prediction_scaled"].items():
        np.testing.assert_allclose(case.forecast[int(number)], expected, rtol=1e-9, atol=tolerance)
    for number, expected in case.expected["test_prediction_original_units"].items():
        apart = np.abs(original[int(number)] - expected)
        assert (apart <= tolerance * units + 1e-9 * np.abs(original[int(number)])).all()


def test_the_table_of_averaging_levels_is_the_same(case: Case) -> None:
    assert list(case.evaluation.df_eval) == list(case.expected["df_eval"])
    for name, table in case.expected["df_eval"].items():
        for column, values in table.items():
            close(case.evaluation.df_eval[name][column], values, table_tolerance(case))


def test_the_tables_of_block_positions_are_the_same(case: Case) -> None:
    for name, tables in case.expected["df_eval_ts"].items():
        for delta, table in tables.items():
            for column, values in table.items():
                close(case.evaluation.df_eval_ts[name][delta][column], values, table_tolerance(case))


def test_calendar_features_are_the_same_in_utc_and_on_the_clock_of_vienna() -> None:
    path = GOLDEN / "time_features.csv"
    if not path.exists():
        pytest.skip(NONE)
    with path.open(encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    time = np.array([ns(row["utc"]) for row in rows], dtype=np.int64)
    for column in list(rows[0])[1:]:
        name, part, clock = column.split("_")
        country = part if name == "H" else None
        letter: Component = name  # type: ignore[assignment]
        spec = CalendarSpec(letter, local=clock == "vienna", country=country)
        found = component_values(spec, time, "Europe/Vienna", "compat")[part == "cos"]
        close(found, [float(row[column]) for row in rows], 1e-8)


def test_metrics_of_small_vectors_are_the_same_and_undefined_ones_say_why() -> None:
    path = GOLDEN / "metrics_unit.json"
    if not path.exists():
        pytest.skip(NONE)
    for each in json.loads(path.read_text(encoding="utf-8")).values():
        truth, forecast = np.array(each["y_true"], float), np.array(each["y_pred"], float)
        for name in NAMES:
            value, reason = measure(name, truth, forecast, "compat")
            expected = each["expected"][name]
            if isinstance(expected, str):
                assert value is None
                assert reason
            else:
                close(value, expected, EXACT)
