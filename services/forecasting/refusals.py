"""Why no dataset can be built: what is missing, where, and the way out."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from services.forecasting.errors import DataError
from services.forecasting.windows import FeatureSpec, Grid


def refuse_missing_roles(inputs: Sequence[FeatureSpec], outputs: Sequence[FeatureSpec]) -> None:
    for role, files in (("input", inputs), ("output", outputs)):
        if not files:
            raise DataError(
                "MISSING_FILES",
                f"There is no {role} file",
                suggestion=f"Upload at least one file of type {role}",
                details={"field": "type"},
            )


MEND = "Shorten the windows (zeithorizontStart, zeithorizontEnd), allow longer gaps or add data"


def no_room(series: list[tuple[FeatureSpec, Grid]]) -> DataError:
    """Name the two features that leave no reference time between them."""
    late, first = max(series, key=lambda pair: pair[0].time[0] - pair[1].start)
    early, last = min(series, key=lambda pair: pair[0].time[-1] - pair[1].end)
    begin, end = _text(int(late.time[0]) - first.start), _text(int(early.time[-1]) - last.end)
    return DataError(
        "NO_SAMPLES",
        "The windows reach beyond the data: "
        f"{late.name!r} allows reference times from {begin} on, {early.name!r} until {end}",
        suggestion=MEND,
        details={"reference_times": 0, "incomplete": {}},
    )


def _text(instant: int) -> str:
    return f"{np.datetime_as_string(np.datetime64(instant, 'ns'), unit='s')}Z"


def no_samples(references: int, dropped: dict[str, int]) -> DataError:
    why = ", ".join(f"{name!r} is incomplete for {count}" for name, count in dropped.items() if count)
    return DataError(
        "NO_SAMPLES",
        f"Of {references} reference times none has complete windows: {why}",
        suggestion=MEND,
        details={"reference_times": references, "incomplete": dropped},
    )
