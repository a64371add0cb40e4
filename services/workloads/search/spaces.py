"""What a search tries for each MODE unless the request narrows it: data inside ModelParams' bounds."""

from __future__ import annotations

from collections.abc import Iterable

from services.forecasting.models.parameters import READS, ModelParams
from services.workloads.search.dimensions import Dimension

Space = dict[str, Dimension]


def _whole(low: int, high: int, start: int, *, log: bool = False) -> Dimension:
    return Dimension(kind="whole", low=low, high=high, start=start, log=log)


def _real(low: float, high: float, start: float) -> Dimension:
    return Dimension(kind="real", low=low, high=high, start=start, log=True)


def _choice(*choices: str) -> Dimension:
    return Dimension(kind="choice", choices=choices, start=choices[0])


# `start` is what the first trial of a MODE tries: the default of ModelParams, or of the family.
_FITTED: Space = {
    "LEARNING_RATE": _real(1e-4, 1e-2, 1e-3),
    "BATCH_SIZE": _whole(16, 256, 32, log=True),
}
_NETWORK: Space = {"LAY": _whole(1, 3, 2), "N": _whole(16, 256, 64, log=True), **_FITTED}
# A recurrent step costs far more than a dense one, so its networks stay smaller.
_RECURRENT: Space = {**_NETWORK, "LAY": _whole(1, 2, 1), "N": _whole(16, 128, 64, log=True)}
_ACTIVATION: Space = {"ACTF": _choice("relu", "tanh", "gelu", "elu")}
_VECTORS: Space = {
    "C": _real(1e-2, 1e2, 1.0),
    "EPSILON": _real(1e-3, 0.5, 0.1),
    "KERNEL": _choice("rbf", "linear"),
}

SPACES: dict[str, Space] = {
    "AUTO": {},  # searches by itself
    "LIN": {},
    "RIDGE": {},  # chooses its penalty by itself
    "NLinear": _FITTED,
    "DLinear": {**_FITTED, "K": _whole(3, 49, 25)},
    "Dense": {**_NETWORK, **_ACTIVATION},
    "CNN": {**_NETWORK, **_ACTIVATION, "K": _whole(2, 9, 3)},
    "LSTM": _RECURRENT,
    "AR LSTM": _RECURRENT,
    "SVR_dir": _VECTORS,
    "SVR_MIMO": _VECTORS,
    "ENSEMBLE": {},
    "LGBMR": {
        "N_ESTIMATORS": _whole(50, 800, 100, log=True),
        "LEARNING_RATE": _real(1e-2, 0.3, 0.05),
        "MAX_DEPTH": _whole(3, 12, 8),
    },
}

# What a request may search besides: it acts in this MODE, but is no part of the default.
_PATIENT: Space = {"EP": _whole(1, 2000, 20), "PATIENCE": _whole(1, 2000, 5)}
FURTHER: dict[str, Space] = {
    "RIDGE": {"ALPHA": _real(1e-6, 1e6, 1.0)},
    "NLinear": _PATIENT,
    "DLinear": _PATIENT,
    "Dense": _PATIENT,
    "CNN": _PATIENT,
    "LSTM": {**_PATIENT, **_ACTIVATION},
    "AR LSTM": {**_PATIENT, **_ACTIVATION},
    "SVR_dir": {"MAX_ROWS": _whole(10, 1_000_000, 5000, log=True)},
    "SVR_MIMO": {"MAX_ROWS": _whole(10, 1_000_000, 5000, log=True)},
    "LGBMR": {"PATIENCE": _whole(1, 2000, 20)},
}


def acting(mode: str, members: Iterable[str] = ()) -> frozenset[str]:
    """The parameters that act in this MODE; in an ensemble those of its members too."""
    if mode == "ENSEMBLE":
        families = tuple(members) or ModelParams.model_fields["MEMBERS"].default
        return frozenset({"SEED", "MEMBERS"}).union(*(READS[each] for each in families))
    return READS[mode] | {"SEED"}
