"""The routes of /api/training, one module per resource; importing the package registers them."""

from api.training import (
    api_keys,
    backtests,
    datasets,
    files,
    forecasts,
    models,
    plots,
    results,
    scalers,
    searches,
    sessions,
    time_settings,
    training,
)
from api.training.blueprint import blueprint

__all__ = [
    "api_keys",
    "backtests",
    "blueprint",
    "datasets",
    "files",
    "forecasts",
    "models",
    "plots",
    "results",
    "scalers",
    "searches",
    "sessions",
    "time_settings",
    "training",
]
