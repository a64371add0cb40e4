"""Which quantiles may be asked for, and by which method; read by the web process too, so without numpy."""

from __future__ import annotations

from collections.abc import Sequence
from math import isfinite

from services.forecasting.errors import DataError

LEVELS = (0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95)
MOST_LEVELS = 99
# Modes whose model offers it; the web process, which loads no model, refuses the others by this.
PINBALL_MODES = ("LGBMR",)
# Each level is a fit of its own, and its forecasts of all test samples are held at once.
MOST_PINBALL_LEVELS = 19


def check_levels(levels: Sequence[float]) -> tuple[float, ...]:
    """Levels strictly between 0 and 1, ascending, at most 99; none switches quantiles off."""
    if len(levels) > MOST_LEVELS:
        raise _refuse(f"hold {len(levels)} levels; at most {MOST_LEVELS} are possible")
    for i, level in enumerate(levels):
        if not (isfinite(level) and 0 < level < 1):
            raise _refuse(f"hold {level} at place {i}; a level lies between 0 and 1")
        if i and level <= levels[i - 1]:
            raise _refuse(f"do not ascend: {level} at place {i} follows {levels[i - 1]}")
    return tuple(float(level) for level in levels)


def check_pinball(mode: str, levels: Sequence[float]) -> None:
    if mode not in PINBALL_MODES:
        raise _refuse_method(f"is 'pinball', which {mode} cannot be trained for", "Use 'conformal'")
    if len(levels) > MOST_PINBALL_LEVELS:
        raise _refuse_method(
            f"is 'pinball' with {len(levels)} levels: each is a fit of its own",
            f"Send at most {MOST_PINBALL_LEVELS} quantiles, or use 'conformal'",
        )


def _refuse_method(text: str, suggestion: str) -> DataError:
    about = {"field": "quantile_method"}
    return DataError("INVALID_QUANTILES", f"quantile_method {text}", suggestion=suggestion, details=about)


def _refuse(text: str) -> DataError:
    return DataError(
        "INVALID_QUANTILES",
        f"quantiles {text}",
        suggestion=f"Send ascending numbers between 0 and 1, such as {list(LEVELS)}, or [] for none",
        details={"field": "quantiles"},
    )
