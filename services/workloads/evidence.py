"""What an item-wise job leaves as evidence of a model: who computed it, and the sum of what came out."""

from __future__ import annotations

import hashlib

import numpy as np

from services.environment import versions
from services.forecasting.models.parameters import NETWORKS, ModelParams

LIBRARIES = {
    "LGBMR": "lightgbm",
    "SVR_dir": "scikit-learn",
    "SVR_MIMO": "scikit-learn",
    **dict.fromkeys(NETWORKS, "keras"),
}
OTHERWISE = "numpy"


def computed_by(params: ModelParams) -> str:
    """The model and the libraries that fit it, as installed here: "LGBMR lightgbm 4.6.0"."""
    modes = params.MEMBERS if params.MODE == "ENSEMBLE" and params.MEMBERS else (params.MODE,)
    installed = versions()
    used = sorted({LIBRARIES.get(mode, OTHERWISE) for mode in modes})
    return " ".join([params.MODE, *(f"{name} {installed[name]}" for name in used)])


def checksum(values: np.ndarray) -> str:
    """sha256 of the numbers in C order."""
    return hashlib.sha256(np.ascontiguousarray(values).tobytes()).hexdigest()
