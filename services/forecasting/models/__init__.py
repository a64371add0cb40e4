"""The model families; importing this loads none of them."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from zipfile import BadZipFile

from services.forecasting.errors import DataError
from services.forecasting.models.files import META
from services.forecasting.models.parameters import NETWORKS, ModelParams

if TYPE_CHECKING:
    from services.forecasting.models.base import Model

Arithmetic = Literal["honest", "compat"]


def create(
    params: ModelParams, arithmetic: Arithmetic, *, anchors: list[int | None], pasts: Sequence[int] = ()
) -> Model:
    """A model to be fitted; `anchors[j]` is the input column that is output j's own past, if there is one,
    `pasts` are the input columns whose window ends at the reference time."""
    if arithmetic == "compat" and params.MODE not in ("LIN", "SVR_MIMO", "Dense"):
        raise DataError(
            "NO_COMPAT_ARITHMETIC",
            f"{params.MODE} has no historical arithmetic: the first system's never gave a right result",
            suggestion='Leave "arithmetic": "compat" out, or take LIN, SVR_MIMO or Dense',
            details={"field": "MODE"},
        )
    model = _family(params, arithmetic, anchors, pasts)
    model.mode = params.MODE
    return model


def _family(
    params: ModelParams, arithmetic: Arithmetic, anchors: list[int | None], pasts: Sequence[int]
) -> Model:
    if params.MODE == "AUTO":
        from services.forecasting.models import auto

        return auto.Auto(anchors, pasts)
    if params.MODE == "LIN":
        from services.forecasting.models import linear

        return linear.StepwiseLinear() if arithmetic == "compat" else linear.DirectLinear()
    if params.MODE == "RIDGE":
        from services.forecasting.models import linear

        return linear.Ridge(params.ALPHA)
    if params.MODE == "ENSEMBLE":
        from services.forecasting.models import ensemble

        return ensemble.Ensemble.of(params, anchors, pasts)
    if params.MODE in NETWORKS:
        from services.forecasting.models import keras_model

        return keras_model.KerasModel(params, arithmetic, anchors)
    if params.MODE == "LGBMR":
        from services.forecasting.models import boosting

        return boosting.Boosting(params, anchors)
    from services.forecasting.models import svr

    return svr.create(params, arithmetic)


def load(folder: Path) -> Model:
    """A fitted model from the files that Model.save wrote; nothing in them is executed."""
    try:
        mode: str = json.loads((folder / META).read_text(encoding="utf-8"))["mode"]
        model = _load(mode, folder)
    except DataError:
        raise
    except (OSError, ValueError, KeyError, TypeError, BadZipFile) as error:
        raise DataError("BROKEN_MODEL", f"The files of the model cannot be read: {error}") from error
    model.mode = mode
    return model


def _load(mode: str, folder: Path) -> Model:
    if mode in ("AUTO", "LIN", "RIDGE"):
        from services.forecasting.models import linear

        return linear.load(folder)
    if mode == "ENSEMBLE":
        from services.forecasting.models import ensemble

        return ensemble.load(folder)
    if mode in NETWORKS:
        from services.forecasting.models import keras_model

        return keras_model.load(folder)
    if mode == "LGBMR":
        from services.forecasting.models import boosting

        return boosting.load(folder)
    if mode in ("SVR_dir", "SVR_MIMO"):
        from services.forecasting.models import svr

        return svr.load(folder)
    raise ValueError(f"unknown mode {mode}")
