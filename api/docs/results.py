"""Routes of rankings, test windows and error tables, described."""

from __future__ import annotations

from typing import Any, Literal

from pydantic import BaseModel, Field

from api.docs.operation import Operation, Operations, answer, optional, query
from services.ranking_groups import MEASURES

RESULTS = "Results"
V = "/api/v1"
JOB = f"{V}/training/jobs/<job_id>"
Metric = Literal["MAE", "RMSE", "MSE", "WAPE", "sMAPE", "MAPE", "MASE", "NRMSE", "BIAS", "skill"]
Numbers = list[float | None]


class StepErrors(BaseModel):
    """Every measure, a value per step of the horizon; null where it is undefined."""

    MAE: Numbers
    RMSE: Numbers
    MSE: Numbers
    WAPE: Numbers
    sMAPE: Numbers  # noqa: N815 - its usual name
    MAPE: Numbers
    MASE: Numbers
    NRMSE: Numbers
    BIAS: Numbers
    skill: Numbers


class OutputErrors(BaseModel):
    """Of one output over the samples for which every baseline has a forecast, in its own units."""

    MAE: float | None
    RMSE: float | None
    MSE: float | None
    WAPE: float | None
    sMAPE: float | None  # noqa: N815
    MAPE: float | None
    MASE: float | None
    NRMSE: float | None
    BIAS: float | None
    skill: float | None = Field(description="1 - MAE / MAE of the best baseline")
    best_baseline: str | None
    samples: int | None
    note: str | None
    steps: StepErrors | None = Field(description="with ?horizon=true")


class LeaderboardRow(BaseModel):
    """A training, or a baseline: then what belongs to a job is null."""

    kind: Literal["model", "baseline"]
    rank: int | None = Field(description="1 is the best; baselines have places too")
    score: float | None = Field(description="what the rows are ranked by")
    beats_baselines: bool | None = Field(description="of models; null where there is no baseline")
    job_id: str | None
    session_id: str | None
    session_name: str | None
    name: str
    mode: str | None
    tags: list[str]
    workload: str | None
    created_at: str | None
    completed_at: str | None
    duration_seconds: float | None
    outputs: dict[str, OutputErrors]


class TestSamples(BaseModel):
    hash: str | None
    count: int | None
    first: str | None = Field(description="reference time")
    last: str | None


class LeaderboardGroup(BaseModel):
    """Trainings that were judged by the same samples."""

    reason: str | None = Field(description="why it is not ranked with the first group")
    test_samples: TestSamples
    arithmetics: list[str]
    datasets: list[str] = Field(description="fingerprints of the datasets they were trained on")
    outputs: list[str]
    steps: int | None
    lead_minutes: dict[str, list[float]] | None = Field(description="with ?horizon=true")
    relative: bool = Field(description="score is the mean over outputs, each relative to the best baseline")
    rows: list[LeaderboardRow]


class ErrorTables(BaseModel):
    """By output: a list per column (df_eval), and these by averaging level in minutes (df_eval_ts)."""

    df_eval: dict[str, dict[str, Numbers]]
    df_eval_ts: dict[str, dict[str, dict[str, Numbers]]]


class Profile(BaseModel):
    """A value per key; null where nothing falls there."""

    key: list[int | bool]
    count: list[int]
    MAE: Numbers
    BIAS: Numbers


class ErrorProfile(BaseModel):
    """Errors by the local clock of the instant that is forecast."""

    hour: Profile
    weekday: Profile = Field(description="1 is Monday")
    month: Profile
    holiday: Profile | None = Field(description="false: no holiday; null where no country is set")
    weekday_hour: list[Numbers] = Field(description="MAE: a row per weekday, a value per hour")
    timezone: str
    undefined: dict[str, str]


class Significance(BaseModel):
    """Diebold-Mariano test against the best baseline; a negative statistic speaks for the model."""

    baseline: str | None
    statistic: float | None
    p_value: float | None
    mean_difference: float | None
    samples: int
    lag: int
    reason: str | None


class Scored(BaseModel):
    total: float | None
    steps: Numbers


class Interval(BaseModel):
    levels: list[float]
    nominal: float
    coverage: Scored
    width: Scored


class QuantileScores(BaseModel):
    pinball: dict[str, Scored]
    CRPS: Scored
    below: dict[str, Scored] = Field(description="share of truths below the quantile, by level")
    intervals: list[Interval]


class Uncertainty(BaseModel):
    method: str | None
    levels: list[float]
    validation_samples: int
    notes: list[str]
    outputs: dict[str, QuantileScores]


class WorstWindow(BaseModel):
    reference_time: str
    MAE: float
    truth: Numbers
    forecast: Numbers


class ImportanceOfOutput(BaseModel):
    MAE: float
    increase: dict[str, float] = Field(description="of MAE, by input")
    per_step: dict[str, Numbers]


class LinearShares(BaseModel):
    share: dict[str, float | None]
    per_step: dict[str, Numbers]
    undefined: str = ""


class Shares(BaseModel):
    measure: str
    outputs: dict[str, LinearShares] | None


class Importance(BaseModel):
    """By how much the errors grow when an input is permuted; `undefined` where there is none."""

    measure: str = ""
    samples: int = 0
    of_samples: int = 0
    outputs: dict[str, ImportanceOfOutput] | None
    linear: Shares | None = None
    undefined: str = ""


class TestWindow(BaseModel):
    index: int
    reference_time: str
    times: list[str]
    truth: Numbers
    forecast: Numbers
    MAE: float
    baseline: Numbers | None
    quantiles: dict[str, Numbers] | None


class Histogram(BaseModel):
    edges: list[float]
    counts: list[int] = Field(description="the outer bins hold all that lies beyond")
    least: float
    greatest: float


class Autocorrelation(BaseModel):
    step: int = Field(description="whose errors, from one reference time to the next; 1 is the first")
    lag_minutes: list[float]
    values: Numbers
    band: float | None = Field(description="white noise stays so close to 0 with 95 %")
    reason: str | None = Field(description="why there are none")


class Bins(BaseModel):
    forecast: list[float]
    quantiles: dict[str, list[float]]


class AgainstForecast(BaseModel):
    forecast: list[float]
    residual: list[float]
    bins: Bins = Field(description="errors in tenths of the forecasts")


class ByStep(BaseModel):
    mean: Numbers
    quantiles: dict[str, Numbers]


BOARD = {
    "metric": Metric,
    "output": (str | None, ...),
    "outputs": list[str],
    "truncated": (bool, Field(description="there are more than 100 trainings: the newest are ranked")),
    "groups": list[LeaderboardGroup],
}
WISHES = {
    "metric": (Metric, Field(default="MAE", description="what to rank by")),
    "output": optional(str, "rank by this output; without it by all, relative to the best baseline of each"),
    "horizon": (bool, Field(default=False, description="every measure of every step too")),
}
OUTPUT = optional(str, "which output; without it the first")
assert set(MEASURES) == set(StepErrors.model_fields)

OPERATIONS: Operations = {
    f"GET {V}/sessions/<session_id>/leaderboard": Operation(
        "All completed trainings of a session, ranked with the baselines where the same samples judged them.",
        RESULTS,
        {200: answer("SessionLeaderboard", session_id=str, **BOARD)},
        query=query("SessionLeaderboardQuery", **WISHES),
    ),
    f"GET {V}/leaderboard": Operation(
        "Chosen trainings of any sessions, ranked alike.",
        RESULTS,
        {200: answer("Leaderboard", **BOARD)},
        query=query(
            "LeaderboardQuery",
            job_id=(list[str], Field(description="once for each training, at most 100")),
            **WISHES,
        ),
    ),
    f"GET {JOB}/forecasts": Operation(
        "Test windows of a training: truth, forecast, quantiles and the best baseline.",
        RESULTS,
        {
            200: answer(
                "TestWindows",
                job_id=str,
                output=str,
                outputs=list[str],
                origins=(int, Field(description="how many windows there are")),
                origin=(int, Field(description="the number of the first one shown")),
                first_reference_time=str,
                last_reference_time=str,
                lead_minutes=list[float],
                baseline=(str | None, ...),
                no_baseline=(str | None, Field(description="why there is none")),
                levels=list[float],
                no_quantiles=(str | None, Field(description="why there are none")),
                windows=list[TestWindow],
            )
        },
        query=query(
            "ForecastsQuery",
            output=OUTPUT,
            origin=optional(str, "a number from 0 on, or an instant: the window nearest to it; default 0"),
            count=(int, Field(default=1, ge=1, le=50)),
        ),
    ),
    f"GET {JOB}/evaluation": Operation(
        "When a model errs, whether it is better by more than chance, its worst windows, what it rests on.",
        RESULTS,
        {
            200: answer(
                "JobEvaluation",
                job_id=str,
                model_type=str,
                outputs=list[str],
                profile=(dict[str, ErrorProfile] | None, ...),
                significance=(dict[str, Significance] | None, ...),
                uncertainty=(Uncertainty | None, ...),
                worst_windows=(dict[str, list[WorstWindow]] | None, ...),
                importance=(Importance | None, ...),
                notes=list[str],
                dataset_notes=list[Any],
            )
        },
    ),
    f"GET {JOB}/tables": Operation(
        "The error tables of a training, for a program or a spreadsheet.",
        RESULTS,
        {200: answer("JobTables", job_id=str, model_type=str, outputs=list[str], tables=ErrorTables)},
        query=query(
            "TablesQuery",
            format=(Literal["json", "csv", "xlsx"], Field(default="json", description="csv, xlsx: a file")),
            output=optional(str, "one output; without it all"),
            table=optional(Literal["df_eval", "df_eval_ts"], "which one, of csv; default df_eval"),
            decimal=optional(
                Literal["point", "comma"], "of csv; comma separates the columns by ; default point"
            ),
        ),
    ),
    f"GET {JOB}/residuals": Operation(
        "What the errors (forecast - truth) of the test windows look like.",
        RESULTS,
        {
            200: answer(
                "Residuals",
                job_id=str,
                output=str,
                outputs=list[str],
                step=(int | None, ...),
                steps=int,
                samples=(int, Field(description="windows looked at, evenly spaced")),
                of_samples=int,
                lead_minutes=list[float],
                mean=float,
                std=float,
                median=float,
                histogram=Histogram,
                autocorrelation=Autocorrelation,
                against_forecast=AgainstForecast,
                by_step=ByStep,
            )
        },
        query=query(
            "ResidualsQuery", output=OUTPUT, step=optional(int, "one step, 1 is the first; without it all")
        ),
    ),
}
