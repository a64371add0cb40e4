"""GEFCom2014-L: twelve months of hourly load, 99 quantiles each, from what was known before each month.

First the competition's own benchmark is scored and compared with its score sheet, to show that scoring and
reading are right; then our forecasts are. One configuration serves all months, chosen on earlier years
(--choose); it was found after the event, with the winners' papers at hand.
"""

from __future__ import annotations

import argparse
import os
import sys
import time
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np

from benchmarks.gefcom_files import LEVELS, SCORED, Track, pinball, read
from services.forecasting.errors import DataError
from services.forecasting.scenarios import ScenarioConfig, TemperatureScenarioModel

# Score sheet of the competition: the benchmark in the twelve scored tasks (Hong et al. 2016).
REPORTED = {4: 18.738, 5: 22.758, 6: 13.216, 7: 8.363}
REPORTED_MEAN = 15.581
WINNER, BEST_MEAN = 7.505, 7.454
HALF_LIVES = (0.25, 0.35, 0.5, 0.7, 1.0, 2.0)
MOST_MEAN, MOST_SECONDS = 7.6, 120.0


@dataclass(frozen=True)
class Score:
    month: str
    ours: float
    benchmark: float
    seconds: float


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    default = os.environ.get("DATA_SETS_DIR", "../shared/data")
    parser.add_argument("--data", type=Path, default=Path(default), help="folder of the zip file")
    parser.add_argument("--choose", action="store_true", help="how the half-life was chosen, on 2008 to 2010")
    arguments = parser.parse_args()
    try:
        track = read(arguments.data)
    except DataError as error:
        print(f"{error.message}. {error.suggestion}.", file=sys.stderr)
        return 2
    if arguments.choose:
        return _compare_half_lives(track)
    if not benchmark_is_reproduced(track):
        return 1
    scores = [_score(track, task) for task in SCORED]
    _print_table(scores)
    mean = float(np.mean([score.ours for score in scores]))
    return 0 if mean <= MOST_MEAN and sum(score.seconds for score in scores) <= MOST_SECONDS else 1


def benchmark_scores(track: Track) -> dict[int, float]:
    return {task: pinball(track.load[track.month(task)], track.benchmark[task], LEVELS) for task in SCORED}


def benchmark_is_reproduced(track: Track) -> bool:
    found = benchmark_scores(track)
    mean = float(np.mean(list(found.values())))
    print("Benchmark as reported:", *(f"{value:.3f}" for value in REPORTED.values()), "…", REPORTED_MEAN)
    print("Benchmark as found:   ", *(f"{found[task]:.3f}" for task in REPORTED), "…", f"{mean:.3f}\n")
    return round(mean, 3) == REPORTED_MEAN and all(
        round(found[task], 3) == value for task, value in REPORTED.items()
    )


def forecast(track: Track, month: slice, config: ScenarioConfig | None = None) -> np.ndarray:
    """(hours, 99) for the rows of a month; nothing of it or after it is handed to the model."""
    known = slice(0, month.start)
    model = TemperatureScenarioModel(config, us_holidays())
    model.fit(track.time[known], track.load[known], track.temperatures[known])
    return model.quantiles(track.time[month], LEVELS)


def us_holidays() -> set[date]:
    from holidays import country_holidays

    return set(country_holidays("US", years=range(2001, 2013)))


def _score(track: Track, task: int) -> Score:
    started = time.process_time()
    month = track.month(task)
    quantiles = forecast(track, month)
    seconds = time.process_time() - started
    return Score(
        month=str(np.datetime64(int(track.time[month.start]), "ns"))[:7],
        ours=pinball(track.load[month], quantiles, LEVELS),
        benchmark=pinball(track.load[month], track.benchmark[task], LEVELS),
        seconds=seconds,
    )


def _compare_half_lives(track: Track) -> int:
    """Every month of three years before the scored one, from what was known before it."""
    print("| Half-life, years | 2008 | 2009 | 2010 | mean |\n|---|---|---|---|---|")
    for half_life in HALF_LIVES:
        config = ScenarioConfig(half_life_years=half_life)
        months = [track.rows_of(month) for month in np.arange("2008-01", "2011-01", dtype="datetime64[M]")]
        losses = [pinball(track.load[rows], forecast(track, rows, config), LEVELS) for rows in months]
        years = np.reshape(losses, (3, 12)).mean(axis=1)
        print(
            f"| {half_life} |", *(f"{year:.3f} |" for year in years), f"{np.mean(losses):.3f} |", flush=True
        )
    return 0


def _print_table(scores: list[Score]) -> None:
    print("| Month | Ours | Benchmark | CPU s |\n|---|---|---|---|")
    for score in scores:
        print(f"| {score.month} | {score.ours:.3f} | {score.benchmark:.3f} | {score.seconds:.1f} |")
    ours = np.mean([score.ours for score in scores])
    theirs = np.mean([score.benchmark for score in scores])
    print(f"| mean | {ours:.3f} | {theirs:.3f} | {sum(score.seconds for score in scores):.1f} in total |")
    print(f"\nMean pinball loss, 99 quantiles. Winner of the competition {WINNER}, best mean {BEST_MEAN}.")


if __name__ == "__main__":
    sys.exit(main())
