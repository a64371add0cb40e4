"""Short excursions: one to three rows that leave the level of their neighbours and come back."""

from __future__ import annotations

import numpy as np

from services.forecasting.care.finding import Finding, Found, graded, stamp, step, worst
from services.forecasting.care.rows import Mask, Rows, Values, runs_of

REACH = 3  # rows on each side; the median of seven is blind to excursions of up to three
BLOCK = 96
CHUNK = 1 << 13  # arrays that stay in the cache
NEIGHBOURS = 8.0  # times the robust standard deviation of the neighbourhood
SERIES = 4.0  # times what one row in a hundred of the whole series deviates
MAD_TO_SIGMA = 1.4826  # of a normal distribution
FEW = 1e-4


def deviations(number: Values) -> Values:
    """Each value minus the median of the seven around it; zero at the ends."""
    result = np.zeros(len(number))
    for start in range(REACH, len(number) - REACH, CHUNK):
        stop = min(start + CHUNK, len(number) - REACH)
        shifted = [number[start + by : stop + by] for by in range(-REACH, REACH + 1)]
        result[start:stop] = number[start:stop] - _median_of_seven(shifted)
    return result


def limits(size: Values) -> Values:
    """How far the rows of each block may deviate: eight sigmas of the neighbourhood, and four times the
    99 % quantile of the series; `size` (blocks, BLOCK) are absolute deviations."""
    return np.asarray(np.maximum(NEIGHBOURS * _local_sigmas(size), SERIES * _usual(size.ravel())))


def spikes(rows: Rows) -> tuple[Found, Mask]:
    """The findings, and which of the rows (k,) they cover."""
    if len(rows.number) <= 2 * REACH:
        return Found("spike", 0, []), np.zeros(len(rows.number), dtype=bool)
    deviation = deviations(rows.number)
    size = _in_blocks(np.abs(deviation))
    limit = limits(size)
    mask = (size > limit[:, None]).ravel()[: len(deviation)]
    first, last = runs_of(mask)
    if not first.size:
        return Found("spike", 0, []), mask
    place = np.flatnonzero(mask)
    score = np.abs(deviation[place]) / np.maximum(limit[place // BLOCK], 1e-300)
    highest = np.maximum.reduceat(score, np.searchsorted(place, first))
    listed = [
        _finding(rows, deviation, int(first[i]), int(last[i]), float(highest[i])) for i in worst(highest)
    ]
    return Found("spike", len(first), listed), mask


def _finding(rows: Rows, deviation: Values, first: int, last: int, score: float) -> Finding:
    place = int(first + np.argmax(np.abs(deviation[first : last + 1])))
    size = float(deviation[place])
    start, end = int(rows.time[rows.known[first]]), int(rows.time[rows.known[last]])
    at = stamp(int(rows.time[rows.known[place]]))
    return Finding(
        kind="spike",
        start=start,
        end=end,
        rows=last - first + 1,
        size=size,
        unit="value",
        severity=graded(score),
        message=f"{rows.number[place]:g} at {at} is {abs(size):g} {'above' if size > 0 else 'below'} "
        "its neighbours.",
        score=score,
        fix=step("drop", start, end),
    )


def _median_of_seven(shifted: list[Values]) -> Values:
    """By forgetting: of the first five the smallest and largest cannot be the median, and so on."""
    pool = [each.copy() for each in shifted[:5]]
    for following in (shifted[5], shifted[6], None):
        _to_ends(pool)
        pool = pool[1:-1]
        if following is not None:
            pool.append(following.copy())
    return pool[0]


def _to_ends(pool: list[Values]) -> None:
    """Element by element the smallest to the front and the largest to the back, in place."""
    for place in range(1, len(pool)):
        _sort_two(pool, 0, place)
    for place in range(1, len(pool) - 1):
        _sort_two(pool, place, len(pool) - 1)


def _sort_two(pool: list[Values], low: int, high: int) -> None:
    smaller = np.minimum(pool[low], pool[high])
    np.maximum(pool[low], pool[high], out=pool[high])
    pool[low] = smaller


def _in_blocks(size: Values) -> Values:
    """(blocks, BLOCK), the last one filled up with its own rows."""
    blocks = -(-len(size) // BLOCK)
    if len(size) < blocks * BLOCK:
        size = np.concatenate([size, np.resize(size[-BLOCK:], blocks * BLOCK - len(size))])
    return size.reshape(blocks, BLOCK)


def _local_sigmas(size: Values) -> Values:
    """Of each block the largest of its own and its two neighbours: a calm night lies beside a wild noon."""
    middle = np.median(size, axis=1)
    around = np.concatenate([middle[:1], middle, middle[-1:]])
    return np.asarray(MAD_TO_SIGMA * np.maximum(np.maximum(around[:-2], around[2:]), middle))


def _usual(size: Values) -> float:
    """The 99 % quantile; of the deviating rows alone where nearly all values equal their neighbours."""
    place = round(0.99 * (len(size) - 1))
    found = float(np.partition(size, place)[place])
    if found > 0:
        return found
    deviating = size[size > 0]
    return float(np.quantile(deviating, 0.99)) if deviating.size > max(3, FEW * size.size) else 0.0
