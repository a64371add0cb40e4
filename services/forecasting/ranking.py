"""The first honest table: baselines and AUTO on the validation part, before anything is trained for long."""

from __future__ import annotations

import time
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from services.forecasting.absolute_errors import by_step
from services.forecasting.baselines import predict_baselines
from services.forecasting.dataset import Dataset
from services.forecasting.evaluation import comparable
from services.forecasting.metrics import finite, mae, rmse
from services.forecasting.models.auto import Auto, describe
from services.forecasting.models.base import Report
from services.forecasting.split import SplitSpec
from services.forecasting.windows import MINUTE

Array = NDArray[np.float64]
AUTO = "AUTO"
MOST_SAMPLES = 4000
# Of long series the newest training samples are ranked by; a training of AUTO takes them all.
MOST_TRAINED = 100_000


def rank(
    dataset: Dataset,
    spec: SplitSpec,
    anchors: Sequence[int | None],
    pasts: Sequence[int],
    report: Report,
) -> dict[str, Any]:
    """Every output's models from the best to the worst, in total and step by step.

    AUTO is fitted on the newest MOST_TRAINED training samples; all are judged on at most MOST_SAMPLES
    validation samples, evenly spaced. Test samples are not read. Errors are in original units, over the
    samples for which every baseline has a forecast.
    """
    began = time.process_time()
    split = dataset.split(spec, "honest")
    trained = split.train[-MOST_TRAINED:]
    scalers = dataset.fit_scalers(trained)
    model = Auto(anchors, pasts)
    fit = model.fit(dataset.samples(trained, scalers), dataset.samples(split.validation, scalers), report)
    rows = split.validation[:: max(1, -(-len(split.validation) // MOST_SAMPLES))]
    forecasts = predict_baselines(dataset, rows)
    baselines = dict(forecasts)
    x = dataset.samples(rows, scalers).x(slice(0, len(rows)))
    forecasts[AUTO] = scalers.unscale_outputs(model.predict(x))
    truth = dataset.raw_outputs(rows)
    outputs = {}
    for j, name in enumerate(dataset.output_names):
        known = comparable(baselines, j)
        of_output = {each: values[known, :, j] for each, values in forecasts.items()}
        lead = (dataset.histories[j].window.offsets / MINUTE).tolist()
        outputs[name] = _table(truth[known, :, j], of_output, lead)
    return {
        "part": "validation",
        "samples": len(rows),
        "of_samples": len(split.validation),
        "trained_on": len(trained),
        "of_trained": len(split.train),
        "outputs": outputs,
        "auto": {
            "judged": model.judged,
            "folds": model.folds,
            "averaged": {
                name: [describe(each) for each in chosen]
                for name, chosen in zip(dataset.output_names, model.chosen, strict=True)
            },
            "notes": fit.notes,
        },
        "cpu_seconds": round(time.process_time() - began, 3),
    }


def _table(truth: Array, forecasts: dict[str, Array], lead_minutes: list[float]) -> dict[str, Any]:
    """Models from the best to the worst; per step their errors, the winner, and AUTO's skill."""
    errors = {name: by_step(truth, forecast) for name, forecast in forecasts.items()}
    names = sorted(errors, key=lambda name: float(np.nan_to_num(errors[name].mean(), nan=np.inf)))
    floor = np.min([errors[name] for name in names if name != AUTO], axis=0)
    best = min(float(errors[name].mean()) for name in names if name != AUTO)
    with np.errstate(divide="ignore", invalid="ignore"):
        skills = {name: 1 - errors[name].mean() / np.float64(best) for name in names}
        steps = 1 - errors[AUTO] / floor
    winners = np.stack([errors[name] for name in names]).argmin(axis=0)
    return {
        "samples": len(truth),
        "models": [
            {
                "model": name,
                "MAE": mae(truth, forecasts[name]),
                "RMSE": rmse(truth, forecasts[name]),
                "skill": finite(np.array([skills[name]]))[0],
            }
            for name in names
        ],
        "steps": {
            "lead_minutes": lead_minutes,
            "MAE": {name: finite(errors[name]) for name in names},
            "skill": finite(steps),
            "best": [names[i] if len(truth) else None for i in winners],
        },
        "undefined": None if len(truth) else "no validation sample has a forecast of every baseline",
    }
