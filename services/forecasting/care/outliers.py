"""Values far outside the distribution, and marks such as -999 that stand for no value."""

from __future__ import annotations

import numpy as np

from services.forecasting.care.finding import Finding, Found, graded, stamp, step, worst
from services.forecasting.care.rows import Mask, Rows, Values, runs_of

INNER = (0.005, 0.5, 0.995)
# Beyond three times the distance from the median to where 99 % of the values end; 7.7 sigma of a normal one.
BEYOND = 3.0
ISOLATED = 1.5  # an extreme this many ranges of all others away from them is a mark, however often it comes
FEW = 1e-4


def limits(number: Values) -> tuple[float, float]:
    """Below the first and above the second lie outliers."""
    if number.size < 20:
        return -np.inf, np.inf
    inner = _without_marks(number)
    low, middle, high = _quantiles(inner)
    return (
        float(middle - BEYOND * (_width(middle - inner) if low == middle else middle - low)),
        float(middle + BEYOND * (_width(inner - middle) if high == middle else high - middle)),
    )


def outside(number: Values) -> Mask:
    low, high = limits(number)
    return np.asarray((number < low) | (number > high))


def outliers(rows: Rows, mask: Mask) -> Found:
    """Runs of neighbouring rows (k,) that lie outside."""
    if not mask.any():
        return Found("outlier", 0, [])
    middle, bounds = float(np.median(rows.number[~mask])), limits(rows.number)
    first, last = runs_of(mask)
    away = np.maximum.reduceat(np.where(mask, np.abs(rows.number - middle), 0.0), first)
    listed = [_finding(rows, int(first[i]), int(last[i]), middle, bounds) for i in worst(away)]
    return Found("outlier", len(first), listed)


def _finding(rows: Rows, first: int, last: int, middle: float, bounds: tuple[float, float]) -> Finding:
    values = rows.number[first : last + 1]
    value = float(values[np.argmax(np.abs(values - middle))])
    limit = bounds[1] if value > middle else bounds[0]
    start, end = int(rows.time[rows.known[first]]), int(rows.time[rows.known[last]])
    score = abs(value - middle) / max(abs(limit - middle), 1e-300)
    return Finding(
        kind="outlier",
        start=start,
        end=end,
        rows=last - first + 1,
        size=value,
        unit="value",
        severity=graded(score * 1.5),
        message=f"{value:g} at {stamp(start)} lies far outside the usual values "
        f"(limit {limit:g}, median {middle:g}).",
        score=score,
        fix=step("mark_missing", start, end),
    )


def _without_marks(number: Values) -> Values:
    """Without a lowest or highest value that lies alone, far away from all others."""
    for extreme, sign in ((number.min(), 1.0), (number.max(), -1.0)):
        rest = number[number != extreme]
        if 1 < rest.size < number.size - 1:
            away = (rest.min() if sign > 0 else rest.max()) - extreme
            if sign * away > ISOLATED * (rest.max() - rest.min()) > 0:
                number = rest
    return number


def _quantiles(number: Values) -> tuple[float, float, float]:
    places = [round(share * (len(number) - 1)) for share in INNER]
    ordered = np.partition(number, places)
    return float(ordered[places[0]]), float(ordered[places[1]]), float(ordered[places[2]])


def _width(away: Values) -> float:
    """For series that mostly stand at one value: how far the others on this side usually are."""
    others = away[away > 0]
    if others.size <= max(3, FEW * away.size):
        return 0.0
    return float(np.quantile(others, 0.99))
